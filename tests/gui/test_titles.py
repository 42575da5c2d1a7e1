"""The title of an experiment in the window: made up while nobody types one."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.pages.new_experiment import NewExperimentPage
from kdstudio.gui.pages.sheet import YAML
from kdstudio.gui.tables.columns import PLACES
from kdstudio.runs.home import Home
from kdstudio.runs.launch import new_run
from kdstudio.spec import loads
from tests.gui.form_fields import field

PLAIN = "digits: cnn-32 to mlp-32, soft targets"
LABELS = "digits: mlp-32, labels only"


@pytest.fixture
def page(new_page: NewExperimentPage) -> NewExperimentPage:
    return new_page


def line(page: NewExperimentPage, path: str) -> QLineEdit:
    focus = field(page, path).editor.focus  # type: ignore[union-attr]
    assert isinstance(focus, QLineEdit)
    return focus


def retype(page: NewExperimentPage, path: str, text: str) -> None:
    line(page, path).selectAll()
    QTest.keyClicks(line(page, path), text) if text else QTest.keyClick(line(page, path), Qt.Key.Key_Delete)
    page.check()


def suggested(page: NewExperimentPage) -> str:
    return line(page, "title").placeholderText()


def pick_method(page: NewExperimentPage, number: int) -> None:
    card = next(card for card in page.cards if card.name == "Method")
    card.forms["method"].picker.setCurrentIndex(number)  # type: ignore[union-attr]


def test_that_the_title_follows_the_pickers_while_it_is_empty(qtbot: QtBot, page: NewExperimentPage) -> None:
    assert (suggested(page), line(page, "title").text()) == (PLAIN, "")
    pick_method(page, 0)
    qtbot.waitUntil(lambda: suggested(page) == LABELS)
    retype(page, "student.hidden", "300, 30")
    qtbot.waitUntil(lambda: suggested(page) == "digits: mlp-300-30, labels only")


def test_that_a_typed_title_overrides_and_clearing_goes_back(page: NewExperimentPage) -> None:
    retype(page, "title", "Mine")
    assert page.experiment().title == "Mine"
    pick_method(page, 0)
    page.check()
    retype(page, "title", "")
    assert page.experiment().title == ""
    assert suggested(page) == LABELS
    page.history.undo()
    assert line(page, "title").text() == "Mine"
    page.history.undo()
    page.history.undo()
    assert (suggested(page), line(page, "title").text()) == (PLAIN, "")


def test_that_an_edit_is_one_step_and_no_field_counts_twice(page: NewExperimentPage) -> None:
    page.change({"student.hidden": [16]})
    step = page.history.undoable
    assert step is not None and step.title == "student, hidden", "the title that follows is no edit of its own"


def test_that_text_and_command_leave_a_title_empty_that_is_made_up(page: NewExperimentPage) -> None:
    page.copy_command()
    assert "title: ''" in QGuiApplication.clipboard().text()
    page.detail.choose(YAML)
    page.sheet.set_detail(YAML)
    assert loads(page.yaml.text).title == ""
    page.yaml.editor.setPlainText(f"{page.yaml.text}title: By hand\n")
    page.yaml.check()
    assert field(page, "title").editor.value() == "By hand"


def test_that_a_copy_of_a_run_follows_again_if_its_title_was_made_up(page: NewExperimentPage, home: Home) -> None:
    page.take_dropped(new_run(loads("kind: classification\n"), home).path)
    assert (suggested(page), line(page, "title").text()) == (PLAIN, "")
    pick_method(page, 0)
    page.check()
    assert suggested(page) == LABELS
    page.take_dropped(new_run(loads("kind: classification\ntitle: Mine\n"), home).path)
    assert line(page, "title").text() == "Mine (2)"
    other = new_run(loads(f"kind: classification\ntitle: '{LABELS}'\n"), home)
    page.take_dropped(other.path)
    assert line(page, "title").text() == f"{LABELS} (2)", "that of another experiment was given by somebody"


def test_that_a_run_is_made_under_the_title_that_was_shown(
    qtbot: QtBot, open_window: Callable[[], MainWindow], home: Home
) -> None:
    """In its folder, in the list, in the queue and on its page."""
    window = open_window()
    window.show_page("new")
    page = window.new_page
    QTest.mouseClick(page.summary.queue, Qt.MouseButton.LeftButton)
    queue = window.lobby.queue
    assert [waiting.title for waiting in queue.waiting] == [PLAIN]
    folder = queue.waiting[0].folder
    assert folder.experiment().title == PLAIN and "digits-cnn-32-to-mlp-32" in folder.path.name
    assert page.document.clean(page.values())
    shown = window.runs_page.model
    qtbot.waitUntil(lambda: shown.rowCount() == 1)
    assert shown.index(0, PLACES["title"]).data() == PLAIN
    window.open_run(folder)
    qtbot.waitUntil(lambda: window.run_page.title.whole == PLAIN)
    window.duplicate()
    assert (suggested(page), line(page, "title").text()) == (PLAIN, "")
