"""Home: samples with one click, what runs now, what was done lately, and a place to drop things on."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRect, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QScrollArea
from pytestqt.qtbot import QtBot

from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.pages import home as home_module
from kdstudio.gui.pages.home import HomePage
from kdstudio.gui.tables import library_feed
from kdstudio.gui.tables.library_feed import LibraryFeed
from kdstudio.gui.theme import GAP
from kdstudio.runs.files import write_json
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.sample_experiments import sample_experiments
from kdstudio.runs.state import State
from kdstudio.spec import copy_of, load, loads
from tests.fakes import EXPERIMENT, a_process_at_work, a_run, a_story, a_told_run
from tests.gui.player import Player


@pytest.fixture
def feed(qapp: object, home: Home) -> Iterator[LibraryFeed]:
    made = LibraryFeed(home)
    yield made
    made.shutdown()


@pytest.fixture
def page(qtbot: QtBot, feed: LibraryFeed) -> HomePage:
    made = HomePage(feed)
    qtbot.addWidget(made)
    made.resize(1000, 800)
    return made


def shown(qtbot: QtBot, page: HomePage) -> None:
    page.show()
    qtbot.waitUntil(lambda: page.feed.known)


def test_that_every_sample_says_what_it_shows_and_how_long_it_takes() -> None:
    samples = sample_experiments()
    assert len(samples) >= 4
    for sample in samples:
        assert load(sample.path).title == sample.title
        assert 0 < sample.minutes < 10
        assert sample.shows.endswith(".")


def test_that_a_sample_starts_with_one_click(qtbot: QtBot, page: HomePage) -> None:
    shown(qtbot, page)
    card = page.samples[0]
    with qtbot.waitSignal(page.start_wanted) as said:
        qtbot.mouseClick(card.start, Qt.MouseButton.LeftButton)
    assert said.args == [card.sample.path]
    with qtbot.waitSignal(page.look_wanted):
        qtbot.mouseClick(card.look, Qt.MouseButton.LeftButton)


def test_that_an_empty_home_says_what_to_do(qtbot: QtBot, page: HomePage) -> None:
    shown(qtbot, page)
    assert "Start one of the samples" in page.nothing.text()


def test_that_recent_runs_show_state_verdict_and_curve_and_open_by_click_and_key(
    qtbot: QtBot, page: HomePage, home: Home
) -> None:
    folder = a_told_run(home)
    shown(qtbot, page)
    (line,) = page._recent_lines
    assert (line.pill.text, line.name.whole, line.number.text()) == ("Completed", "Digits of a test", "90.0 %")
    assert line.split.text() == "test"
    assert line.said.whole.startswith("+5.0 points with the teacher")
    assert line.curve.accessibleDescription() == "validation accuracy from 30.0 % to 92.0 %"
    assert "Completed" in line.accessibleName()
    with qtbot.waitSignal(page.run_wanted) as said:
        qtbot.mouseClick(line, Qt.MouseButton.LeftButton)
    assert said.args == [folder]
    with qtbot.waitSignal(page.run_wanted):
        qtbot.keyClick(line, Qt.Key.Key_Return)


def test_that_a_run_that_waits_for_its_device_is_called_so_and_not_starting(
    qtbot: QtBot, page: HomePage, home: Home
) -> None:
    folder = a_run(home)
    with a_process_at_work(folder):
        parameters = {"device": "CPU"}
        waits = {"state": "queued", "attempt": 1, "code": "waiting-for-device", "parameters": parameters}
        write_json(folder.status_file, waits)
        shown(qtbot, page)
        assert page._recent_lines[0].pill.text == "Waiting for the device"


def test_that_accuracy_on_validation_data_is_marked(qtbot: QtBot, page: HomePage, home: Home) -> None:
    story = a_story()
    a_told_run(home, story[: next(place for place, event in enumerate(story) if event.stage == "evaluation")])
    shown(qtbot, page)
    (line,) = page._recent_lines
    assert (line.number.text(), line.split.text()) == ("92.0 %", "validation")


def test_that_nothing_moves_when_a_run_begins_and_when_it_ends(qtbot: QtBot, page: HomePage, home: Home) -> None:
    a_told_run(home)
    folder = a_run(home)
    shown(qtbot, page)
    parts = [*page.samples, *(card.start for card in page.samples), page.place, page.all, *page._recent_lines]

    def places() -> list[QRect]:
        QApplication.processEvents()
        return [QRect(part.mapTo(page, QPoint(0, 0)), part.size()) for part in parts]

    before = places()
    with a_process_at_work(folder):
        write_json(folder.summary_file, {"live": {"whole": 0.4}})
        page.feed.refresh()
        line = next(each for each in page._recent_lines if each.objectName() == f"line.{folder.id}")
        qtbot.waitUntil(lambda: line.pill.text == "Running" and line.bar.isVisible())
        assert line.said.whole.startswith("40 % done")
        assert places() == before
    page.feed.refresh()
    qtbot.waitUntil(lambda: line.pill.text == "Killed")
    assert places() == before


def test_that_an_older_run_at_work_stands_above_the_newest(qtbot: QtBot, page: HomePage, home: Home) -> None:
    older = a_run(home)
    older = RunFolder(older.path.rename(older.path.with_name(f"20200101-000000_older_{older.id}")))
    for _ in range(home_module.RECENT + 1):
        a_told_run(home)
    with a_process_at_work(older):
        shown(qtbot, page)
        lines = [line.objectName() for line in page._recent_lines if line.isVisible()]
        assert lines[0] == f"line.{older.id}"
        assert len(lines) == home_module.RECENT + 1


def test_that_a_run_that_failed_says_its_cause(qtbot: QtBot, page: HomePage, home: Home) -> None:
    folder = a_run(home)
    place = {"stage": "student", "step": 7, "term": "labels"}
    write_json(folder.status_file, {"state": "failed", "attempt": 1, "code": "not-a-number", "parameters": place})
    killed = a_run(home)
    write_json(killed.status_file, {"state": "running", "attempt": 1})
    shown(qtbot, page)
    said = {line.objectName(): line.said.whole for line in page._recent_lines}
    assert said[f"line.{folder.id}"].startswith('The loss is no longer a number. The term "labels" became')
    assert said[f"line.{killed.id}"].startswith("The run was killed.")


def data_of(path: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    return data


def test_that_a_file_or_a_folder_is_taken_where_it_falls(qtbot: QtBot, page: HomePage, tmp_path: Path) -> None:
    shown(qtbot, page)
    both, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    for path in (sample_experiments()[0].path, tmp_path):
        data = data_of(path)
        enter = QDragEnterEvent(QPoint(5, 5), both, data, left, Qt.KeyboardModifier.NoModifier)
        page.dragEnterEvent(enter)
        assert enter.isAccepted()
        assert page.place.words.text() == "Drop to open"
        with qtbot.waitSignal(page.dropped) as said:
            page.dropEvent(QDropEvent(QPointF(5, 5), both, data, left, Qt.KeyboardModifier.NoModifier))
        assert said.args == [path]
        assert page.place.words.text() != "Drop to open"


def test_that_what_can_be_dropped_can_be_picked_too(
    qtbot: QtBot, page: HomePage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown(qtbot, page)
    monkeypatch.setattr(home_module, "pick_file", lambda _: str(tmp_path / "x.yaml"))
    monkeypatch.setattr(home_module, "pick_folder", lambda _: str(tmp_path))
    for button, path in ((page.file, tmp_path / "x.yaml"), (page.folder, tmp_path)):
        with qtbot.waitSignal(page.dropped) as said:
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert said.args == [path]


@pytest.mark.parametrize("width", [704, 828, 1160])
def test_that_the_cards_find_room_in_every_width(qtbot: QtBot, page: HomePage, width: int) -> None:
    shown(qtbot, page)
    page.resize(width, 600)
    area = page.findChild(object, "home.scroll")
    assert area.widget().minimumSizeHint().width() <= area.viewport().width()  # type: ignore[attr-defined]


def test_that_the_window_opens_at_home_and_a_sample_runs_from_there(qtbot: QtBot, window: MainWindow) -> None:
    page = window.lobby.home_page
    assert window.pages.currentWidget() is page
    qtbot.mouseClick(page.samples[0].start, Qt.MouseButton.LeftButton)
    assert window.pages.currentWidget() is window.run_page
    qtbot.waitUntil(lambda: window.controller.status.state is State.COMPLETED, timeout=20_000)
    window.show_page("home")
    qtbot.waitUntil(lambda: bool(page._recent_lines))
    assert page._recent_lines[0].name.whole == page.samples[0].sample.title


def test_that_a_run_that_ends_is_listed_at_once_and_not_at_the_next_look(
    qtbot: QtBot, window: MainWindow, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = window.lobby.home_page
    player.habits = ("hold=student",)
    qtbot.waitUntil(lambda: page.feed.known)
    monkeypatch.setattr(library_feed, "REFRESH_EVERY", 3_600_000)
    page.feed.refresh()
    qtbot.waitUntil(lambda: page.feed._reader is None)
    window.start_experiment(loads(EXPERIMENT))
    window.show_page("home")
    qtbot.waitUntil(lambda: bool(page._recent_lines) and page.feed._reader is None, timeout=20_000)
    assert window.controller.folder is not None
    (window.controller.folder.path / "go").touch()
    qtbot.waitUntil(lambda: window.controller.status.state is State.COMPLETED, timeout=20_000)
    qtbot.waitUntil(lambda: bool(page._recent_lines) and page._recent_lines[0].pill.text == "Completed")


def test_that_a_hidden_first_page_is_filled_when_it_is_looked_at(qtbot: QtBot, page: HomePage, home: Home) -> None:
    folder = a_told_run(home)
    page.feed.watch("runs")  # as the table does
    qtbot.waitUntil(lambda: page.feed.known)
    page.feed.unwatch("runs")
    assert page._recent_lines == [], "a library of thousands is gone through for nobody"
    page.show()
    assert [line.name.whole for line in page._recent_lines] == [folder.experiment().title]


def test_that_a_copy_of_a_run_is_opened_from_the_first_page(qtbot: QtBot, page: HomePage, home: Home) -> None:
    folder = a_told_run(home)
    copy = folder.path.with_name(f"20260101-000000_copy_{folder.id}")
    shutil.copytree(folder.path, copy)
    shown(qtbot, page)
    wanted = []
    for line in page._recent_lines:
        with qtbot.waitSignal(page.run_wanted) as said:
            qtbot.mouseClick(line, Qt.MouseButton.LeftButton)
        wanted.append(said.args[0].path)
    assert wanted == [folder.path, copy]


def test_that_a_run_in_the_table_can_be_used_again(qtbot: QtBot, window: MainWindow, home: Home) -> None:
    folder = a_told_run(home)
    window.show_page("runs")
    qtbot.waitUntil(lambda: window.runs_page.model.rowCount() == 1)
    window.runs_page.table.choose({str(folder.path)})
    window.runs_page.actions_by_id["runs.duplicate"].trigger()
    assert window.new_page.experiment() == copy_of(folder.experiment(), folder.id)


def test_that_nothing_is_cut_off_where_type_grew_while_another_page_was_in_view(
    qtbot: QtBot, window: MainWindow
) -> None:
    page = window.lobby.home_page
    window.resize(1360, 860)
    area, card = page.findChild(QScrollArea, "home.scroll"), page.samples[0]
    small = card.minimumSizeHint().width()
    presenter = window.actions_by_id["view.presenter"]
    window.show_page("settings")
    presenter.trigger()
    QApplication.processEvents()  # the page that is not in view has heard of it by now
    try:
        window.show_page("home")
        qtbot.waitUntil(lambda: card.minimumSizeHint().width() > small)
        qtbot.waitUntil(lambda: page._columns * (page._narrowest() + GAP) - GAP <= area.viewport().width())
    finally:
        presenter.trigger()
