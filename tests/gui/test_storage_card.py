"""The home's parts in the settings: counted, and cleared to the trash when that is asked for."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.pages import clearing, discarding
from kdstudio.gui.pages.discarding import ChosenRuns, Discarding, Going
from kdstudio.gui.pages.storage_card import StorageCard
from kdstudio.gui.words import size
from kdstudio.runs import storage
from kdstudio.runs.folder import About
from kdstudio.runs.home import Home
from kdstudio.runs.storage import bytes_in
from kdstudio.spec.errors import KnownFailure
from tests.fakes import a_process_at_work, a_run, a_told_run


def a_teacher(home: Home) -> Path:
    folder = home.teachers / "a1b2"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"x" * 5000)
    return folder


def trashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    gone: list[str] = []
    monkeypatch.setattr(storage, "_discard", lambda path: (gone.append(path.name), path.rename(path.parent.parent / path.name)))
    return gone


def cleared(qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch, part: str) -> StorageCard:
    """The card, after a click on the button that clears `part`, and yes to its question."""
    monkeypatch.setattr(discarding, "ask_to_discard", lambda *_: True)
    window.show_page("settings")
    card = window.settings_page.storage
    qtbot.waitUntil(card.buttons[part].isEnabled)
    qtbot.mouseClick(card.buttons[part], Qt.MouseButton.LeftButton)
    return card


def test_that_storage_is_counted_and_cleared_to_the_trash_when_asked(
    qtbot: QtBot, window: MainWindow, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_teacher(home)
    gone, asked = trashed(monkeypatch), []
    monkeypatch.setattr(discarding, "ask_to_discard", lambda *said: asked.append(said[1:]) or len(asked) > 1)
    window.show_page("settings")
    card = window.settings_page.storage
    qtbot.waitUntil(lambda: card.room is not None)
    assert card.room is not None
    assert card.room.teachers == 5000
    assert card.buttons["outputs"].toolTip() == "There is nothing to clear"
    assert not card.buttons["outputs"].isEnabled()
    qtbot.mouseClick(card.buttons["teachers"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(card.buttons["teachers"].isEnabled)
    assert asked[0][0] == "Move a trained teacher (5.0 kB) to the system's trash?"
    assert "No unfinished run learns from a teacher trained here." in asked[0][1]
    assert (gone, card.said.title) == ([], "")
    assert window.focusWidget() is card.buttons["teachers"]
    qtbot.mouseClick(card.buttons["teachers"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: card.said.title == "1 moved to the trash")
    assert gone == ["a1b2"]
    qtbot.waitUntil(lambda: card.room is not None and card.room.teachers == 0)


def test_that_closing_does_not_wait_until_a_large_home_is_counted(
    qtbot: QtBot, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = time.monotonic()

    def walk(folder: Path) -> Iterator[tuple[str, list[str], list[str]]]:
        while time.monotonic() - began < 60:
            time.sleep(0.01)
            yield str(folder), [], []

    monkeypatch.setattr(storage.os, "walk", walk)
    card = StorageCard(home)
    qtbot.addWidget(card)
    card.refresh()
    card.shutdown()
    assert time.monotonic() - began < 30


def going_of(home: Home, what: str) -> Going:
    runs = list(home.folders())
    return ChosenRuns(runs, [run.path.name for run in runs], home) if what == "chosen" else clearing.clearing(home, what)


@pytest.mark.parametrize("what", ["chosen", "runs", "teachers"])
def test_that_closing_does_not_wait_until_it_has_been_found_out_what_goes(
    qtbot: QtBot, home: Home, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    a_teacher(home)
    for _ in range(3):
        a_told_run(home)
    looking, pause, asked = threading.Event(), threading.Event(), []
    whole: list[Path] = []

    def walk(folder: Path) -> Iterator[tuple[str, list[str], list[str]]]:
        looking.set()
        for _ in range(6000):
            pause.wait(0.01)
            yield str(folder), [], []
        whole.append(folder)

    monkeypatch.setattr(storage.os, "walk", walk)
    monkeypatch.setattr(discarding, "ask_to_discard", lambda *said: asked.append(said) or True)
    page = QWidget()
    qtbot.addWidget(page)
    finding = Discarding(going_of(home, what), page)
    qtbot.waitUntil(looking.is_set)
    finding.shutdown()
    QApplication.processEvents()
    assert (whole, asked) == ([], [])
    assert all(run.path.exists() for run in home.folders())


def test_that_clearing_runs_says_first_what_goes_how_much_and_who_uses_it(
    qtbot: QtBot, window: MainWindow, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    used, other = a_told_run(home), a_told_run(home)
    (used.path / "log.txt").write_bytes(bytes(1_000_000))
    used.set_about(About(name="The great one"))
    pupil = a_run(home, text=f"kind: classification\nteacher: {{kind: mlp, weights: 'run:{used.id}'}}\n")
    gone, asked = trashed(monkeypatch), []
    with a_process_at_work(pupil):
        card = cleared(qtbot, window, monkeypatch, "runs")
        monkeypatch.setattr(discarding, "ask_to_discard", lambda *said: asked.append(said[1:]) or False)
        qtbot.waitUntil(lambda: len(asked) == 1 and card._going is None)
    total = size(bytes_in(used.path) + bytes_in(other.path))
    each = [size(bytes_in(run.path)) for run in (used, other)]
    question, detail = asked[0]
    assert question == f"Move 2 runs ({total}) to the system's trash?"
    assert f"The great one ({each[0]})\nDigits of a test ({each[1]})" in detail
    assert f"Used as a teacher by:\n{pupil.path.name}\nThese runs could not start again." in detail
    assert "Running runs stay: 1." in detail
    assert gone == []


def test_that_a_run_made_after_the_question_stays(
    qtbot: QtBot, window: MainWindow, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_told_run(home)
    gone, made = trashed(monkeypatch), []
    card = cleared(qtbot, window, monkeypatch, "runs")
    monkeypatch.setattr(discarding, "ask_to_discard", lambda *_: made.append(a_told_run(home)) or True)
    qtbot.waitUntil(lambda: card.said.title == "1 moved to the trash")
    assert len(gone) == 1
    assert made[0].path.exists()
    qtbot.waitUntil(lambda: card._reader is None)


def test_that_clearing_teachers_names_the_runs_that_would_train_them_again(
    qtbot: QtBot, window: MainWindow, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_teacher(home)
    a_told_run(home)
    waiting, asked = a_run(home), []
    card = cleared(qtbot, window, monkeypatch, "teachers")
    monkeypatch.setattr(discarding, "ask_to_discard", lambda *said: asked.append(said[1:]) or False)
    qtbot.waitUntil(lambda: len(asked) == 1 and card._going is None)
    assert f"learn from a teacher trained here:\n{waiting.path.name}" in asked[0][1]


@pytest.mark.parametrize(("also", "questions"), [("teachers", 1), ("runs", 2)])
def test_that_what_is_asked_for_while_a_question_is_made_is_asked_at_once_and_never_on_a_later_visit(
    qtbot: QtBot, window: MainWindow, home: Home, monkeypatch: pytest.MonkeyPatch, also: str, questions: int
) -> None:
    a_teacher(home)
    a_told_run(home)
    asked: list[str] = []
    card = cleared(qtbot, window, monkeypatch, "teachers")
    monkeypatch.setattr(discarding, "ask_to_discard", lambda _, question, *__: asked.append(question) and False)
    card.clear(also)
    qtbot.waitUntil(lambda: len(asked) == questions and card._going is None and card._reader is None)
    window.show_page("home")
    window.show_page("settings")
    qtbot.waitUntil(lambda: card._reader is None)
    assert card._going is None
    assert len(asked) == questions


def test_that_nothing_is_asked_where_all_runs_are_at_work(
    qtbot: QtBot, window: MainWindow, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    working = a_run(home)
    with a_process_at_work(working):
        card = cleared(qtbot, window, monkeypatch, "runs")
        qtbot.waitUntil(lambda: card.said.title == "There is nothing to clear")
    assert card.said.detail == "Running runs stayed: 1."
    assert working.path.exists()


def test_that_clearing_runs_leaves_those_at_work(
    qtbot: QtBot, window: MainWindow, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, working = a_told_run(home), a_run(home)
    gone = trashed(monkeypatch)
    with a_process_at_work(working):
        card = cleared(qtbot, window, monkeypatch, "runs")
        qtbot.waitUntil(lambda: card.said.detail == "Running runs stayed: 1.")
    assert gone == [ended.path.name]
    assert working.path.exists()
    qtbot.waitUntil(lambda: card._reader is None)


def test_that_a_trash_that_refuses_is_explained(
    qtbot: QtBot, window: MainWindow, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise KnownFailure("trash-refuses", path=str(path), why="no trash here")

    a_teacher(home)
    monkeypatch.setattr(storage, "_discard", refuse)
    card = cleared(qtbot, window, monkeypatch, "teachers")
    qtbot.waitUntil(lambda: card.said.title == "The run cannot be moved to the trash")
    assert "no trash here" in card.said.detail
    qtbot.waitUntil(lambda: card._reader is None)


def test_that_a_folder_that_cannot_be_cleared_is_told_and_is_no_success(
    qtbot: QtBot, window: MainWindow, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path) -> int:
        raise PermissionError(13, "Permission denied", str(folder))

    a_teacher(home)
    monkeypatch.setattr(clearing, "shared", refuse)
    card = cleared(qtbot, window, monkeypatch, "teachers")
    qtbot.waitUntil(lambda: "Permission denied" in card.said.detail)
    assert "moved to the trash" not in card.said.title
    qtbot.waitUntil(lambda: card._reader is None)
