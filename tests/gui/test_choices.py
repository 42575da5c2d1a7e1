"""Device and weights are chosen, not typed: what this computer and this home have, and whatever a file says."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from kdstudio.gui import editors
from kdstudio.gui.editors import WeightsEditor
from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.pages.new_experiment import NewExperimentPage
from kdstudio.runs.home import Home
from tests.fakes import a_told_run
from tests.gui.desks import FakeDesk
from tests.gui.form_fields import field
from tests.gui.test_forms import pick

LEFT = Qt.MouseButton.LeftButton


def combo(page: NewExperimentPage, path: str) -> QComboBox:
    focus = field(page, path).editor.focus  # type: ignore[union-attr]
    assert isinstance(focus, QComboBox)
    return focus


def entries(page: NewExperimentPage, path: str) -> list[str]:
    return [combo(page, path).itemText(row) for row in range(combo(page, path).count())]


def test_that_the_devices_are_those_that_the_desk_finds(qtbot: QtBot, new_page: NewExperimentPage, desk: FakeDesk) -> None:
    assert entries(new_page, "compute.device") == ["auto", "cpu"]
    desk.say(part="devices", values={"available": ["cuda", "cuda:1", "cpu"], "torch": "2", "cores": 2})
    qtbot.waitUntil(lambda: len(entries(new_page, "compute.device")) == 4)
    pick(combo(new_page, "compute.device"), "cuda:1")
    assert new_page.experiment().compute.device == "cuda:1"


def test_that_a_device_that_a_file_names_is_kept_though_it_is_not_here(new_page: NewExperimentPage, tmp_path: Path) -> None:
    file = tmp_path / "far.yaml"
    file.write_text("kind: classification\ncompute: {device: 'cuda:7'}\nteacher: {kind: cnn, weights: 'run:gone'}\n")
    new_page.open_file(file)
    assert combo(new_page, "compute.device").currentText() == "cuda:7"
    assert combo(new_page, "teacher.weights").currentText() == "Student of run gone"
    new_page.board.offer("devices", [("cpu", "cpu")])
    made = new_page.experiment()
    assert (made.compute.device, made.teacher.weights) == ("cuda:7", "run:gone")
    assert not new_page.document.edited(new_page.values())


def test_that_the_student_of_a_run_is_chosen_by_the_title_of_the_run(qtbot: QtBot, window: MainWindow, home: Home) -> None:
    taught, empty = a_told_run(home), a_told_run(home)
    (taught.path / "student").mkdir(exist_ok=True)
    (taught.path / "student" / "model.safetensors").touch()
    (empty.path / "student" / "model.safetensors").unlink(missing_ok=True)
    window.show_page("runs")
    qtbot.waitUntil(lambda: len(window.lobby.feed.rows) == 2)
    window.show_page("new")
    page = window.new_page
    page.detail.group.button(1).click()
    assert entries(page, "teacher.weights") == ["Train here", f"Digits of a test ({taught.id})"]
    pick(combo(page, "teacher.weights"), f"Digits of a test ({taught.id})")
    assert page.experiment().teacher.weights == f"run:{taught.id}"
    page.cards[1].forms["teacher"].picker.setCurrentIndex(0)  # type: ignore[union-attr]
    assert page.values()["teacher"]["weights"] == f"run:{taught.id}"
    assert len(entries(page, "teacher.weights")) == 2


def test_that_a_file_with_weights_is_picked(
    qtbot: QtBot, new_page: NewExperimentPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_page.sheet.set_detail(1)
    picked = str(tmp_path / "best.safetensors")
    monkeypatch.setattr(editors, "choose_weights", lambda *_: picked)
    editor = field(new_page, "teacher.weights").editor
    assert isinstance(editor, WeightsEditor)
    qtbot.mouseClick(editor.browse, LEFT)
    assert new_page.experiment().teacher.weights == picked
    assert editor.said() == "best.safetensors"
    new_page.history.undo()
    assert editor.said() == "Train here"
