"""What people write about runs is never lost to an older reading of the library, and holds no window up."""

import threading
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from kdstudio.gui.pages import notes_card
from kdstudio.gui.pages.notes_card import NotesCard
from kdstudio.runs.folder import About, RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.library import read_row
from tests.fakes import a_run


@pytest.fixture
def card(qtbot: QtBot) -> Iterator[NotesCard]:
    made = NotesCard()
    qtbot.addWidget(made)
    made.show()
    yield made
    made.shutdown()


def test_that_a_reading_from_before_a_note_was_kept_does_not_bring_the_old_one_back(
    qtbot: QtBot, card: NotesCard, home: Home
) -> None:
    folder = a_run(home)
    folder.set_about(About(notes="old"))
    old = read_row(folder)
    card.show_rows([old])
    for typed in (" and new", ", and newer"):
        card.notes.moveCursor(card.notes.textCursor().MoveOperation.End)
        qtbot.keyClicks(card.notes, typed)
        card.keep()
    card.show_rows([old])
    assert card.notes.toPlainText() == "old and new, and newer"
    card.notes.moveCursor(card.notes.textCursor().MoveOperation.End)
    qtbot.keyClicks(card.notes, "!")
    card.keep()
    assert folder.about().notes == "old and new, and newer!"


def test_that_an_old_reading_does_not_bring_an_old_note_back_by_way_of_another_run(
    qtbot: QtBot, card: NotesCard, home: Home
) -> None:
    folder, other = a_run(home), a_run(home)
    old = read_row(folder)
    card.show_rows([old])
    qtbot.keyClicks(card.tags, "mine")
    qtbot.keyClicks(card.notes, "new")
    card.show_rows([read_row(other)])
    card.show_rows([old])
    assert (card.tags.text(), card.notes.toPlainText()) == ("mine", "new")


def test_that_what_somebody_else_takes_back_is_not_there_and_does_not_come_back(
    qtbot: QtBot, card: NotesCard, home: Home
) -> None:
    folder = a_run(home)
    old = read_row(folder)
    card.show_rows([old])
    qtbot.keyClicks(card.tags, "mine")
    card.keep()
    folder.set_about(About())
    card.tags.clearFocus()
    card.show_rows([read_row(folder)])
    assert card.tags.text() == ""
    card.tags.setFocus()
    qtbot.keyClicks(card.tags, "theirs")
    card.keep()
    assert folder.about().tags == ("theirs",)


def test_that_what_somebody_else_writes_is_shown(qtbot: QtBot, card: NotesCard, home: Home) -> None:
    folder = a_run(home)
    card.show_rows([read_row(folder)])
    qtbot.keyClicks(card.notes, "mine")
    card.keep()
    card.show_rows([read_row(folder)])
    folder.set_about(About(notes="of the command line"))
    card.show_rows([read_row(folder)])
    assert card.notes.toPlainText() == "of the command line"
    folder.set_about(About(notes=""))
    card.show_rows([read_row(folder)])
    assert card.notes.toPlainText() == ""


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Nothing is written in a thread until it is set."""
    go, write = threading.Event(), notes_card.write_about

    def hold(folder: RunFolder, change: Callable[[About], About]) -> str:
        assert threading.current_thread() is threading.main_thread() or go.wait(10)
        return write(folder, change)

    monkeypatch.setattr(notes_card, "write_about", hold)
    yield go
    go.set()


def test_that_a_tag_for_many_runs_is_written_beside_the_window(
    qtbot: QtBot, card: NotesCard, home: Home, held: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notes_card, "AT_ONCE", 2)
    folders = [a_run(home) for _ in range(4)]
    rows = [read_row(folder) for folder in folders]
    card.show_rows(rows)
    qtbot.keyClicks(card.tags, "mnist")
    qtbot.keyClick(card.tags, Qt.Key.Key_Return)
    assert not any(folder.about().tags for folder in folders), "the window would have waited"
    card.tags.clearFocus()
    card.show_rows(rows)  # a reading that knows nothing of it
    assert card.tags.text() == "mnist"
    card.show_rows(rows[:1])
    qtbot.keyClicks(card.notes, "the first")
    with qtbot.waitSignals([card.kept, card.kept]):
        card.keep()
        held.set()
    assert [folder.about().tags for folder in folders] == [("mnist",)] * 4
    assert folders[0].about().notes == "the first"
    card.show_rows(rows)
    assert card.tags.text() == "mnist"


def test_that_closing_waits_until_all_is_written(
    qtbot: QtBot, card: NotesCard, home: Home, held: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notes_card, "AT_ONCE", 2)
    folders = [a_run(home) for _ in range(3)]
    card.show_rows([read_row(folder) for folder in folders])
    qtbot.keyClicks(card.tags, "mnist")
    card.show_rows([read_row(folders[0])])
    qtbot.keyClicks(card.notes, "waits for its turn")
    threading.Timer(0.2, held.set).start()
    card.shutdown()
    assert [folder.about().tags for folder in folders] == [("mnist",)] * 3
    assert folders[0].about().notes == "waits for its turn"


def test_that_one_that_cannot_be_written_is_said_and_the_others_are(qtbot: QtBot, card: NotesCard, home: Home) -> None:
    broken, whole = a_run(home), a_run(home)
    (broken.path / "about.yaml").mkdir()
    card.show_rows([read_row(broken), read_row(whole)])
    with qtbot.waitSignal(card.failed) as said:
        qtbot.keyClicks(card.tags, "mnist")
        card.keep()
    assert said.args[0].startswith(broken.path.name)
    assert whole.about().tags == ("mnist",)
