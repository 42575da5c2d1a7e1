"""The run's page with real clicks: its parts, the question before a stop, and the replay."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace as replace_event
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtWidgets import QApplication, QScrollArea
from pytestqt.qtbot import QtBot

from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.pages.run import CONFIGURATION, LOG, TESTED, RunPage
from kdstudio.gui.replay import fit_speed, times_of
from kdstudio.gui.theme import SPACE, theme
from kdstudio.runs.events import RunEnded, RunStarted, StepLogged
from kdstudio.runs.folder import Request, RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.state import RunState, State
from kdstudio.spec import loads
from tests.fakes import EXPERIMENT, a_run, a_story, a_tested_run, a_told_run, resumed
from tests.gui.player import Player

LEFT = Qt.MouseButton.LeftButton


def see_results(qtbot: QtBot, page: RunPage) -> None:
    """Bring the test results into view, and wait until they are there."""
    with qtbot.waitSignal(page.results.ready):
        qtbot.mouseClick(page.tabs.group.button(TESTED), LEFT)


def test_that_a_cell_of_the_confusion_opens_its_images_the_surest_first(
    qtbot: QtBot, home: Home, open_run_page: Callable[[RunFolder], RunPage]
) -> None:
    page = open_run_page(a_tested_run(home))
    see_results(qtbot, page)
    matrix = page.results.matrix
    qtbot.mouseClick(matrix, LEFT, pos=matrix.place_of(1, 0))
    assert page.results.cell.text() == "2 images of class class 1 predicted as class 0"
    sure = [words for _, words in page.results.gallery.pictures]
    assert sure == sorted(sure, reverse=True)
    assert len(sure) == 2
    assert not page.results.who.group.button(1).isEnabled()
    assert page.results.who.group.button(1).toolTip() == "This run had no baseline"


def test_that_the_keyboard_walks_the_confusion_and_the_table_has_the_worst_class_first(
    qtbot: QtBot, home: Home, open_run_page: Callable[[RunFolder], RunPage]
) -> None:
    page = open_run_page(a_tested_run(home))
    see_results(qtbot, page)
    assert page.results.cell.text() == "The most frequent mistake: 2 images of class class 1 predicted as class 0"
    assert len(page.results.gallery.pictures) == 2
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
        qtbot.keyClick(page.results.matrix, key)
    assert page.results.matrix.accessibleDescription() == "2 images of class class 1 predicted as class 0"
    model = page.results.table.model()
    assert model.data(model.index(0, 0)) == "class 1"


def test_that_log_and_configuration_stand_off_their_frames(
    qtbot: QtBot, home: Home, open_run_page: Callable[[RunFolder], RunPage]
) -> None:
    folder = a_told_run(home)
    folder.log_file.write_text("a line\n")
    page = open_run_page(folder)
    for part, text in ((LOG, page.log), (CONFIGURATION, page.configuration.text)):
        qtbot.mouseClick(page.tabs.group.button(part), LEFT)
        qtbot.waitUntil(lambda text=text: bool(text.toPlainText()))  # type: ignore[misc]
        text.moveCursor(QTextCursor.MoveOperation.Start)
        assert text.cursorRect().left() >= 2 * SPACE
        assert text.cursorRect().top() >= 2 * SPACE


def test_that_a_hundred_classes_fit(qtbot: QtBot, home: Home, open_run_page: Callable[[RunFolder], RunPage]) -> None:
    page = open_run_page(a_tested_run(home, classes=100))
    see_results(qtbot, page)
    matrix = page.results.matrix
    qtbot.waitUntil(lambda: matrix.cell_at(matrix.place_of(99, 99)) == (99, 99))
    assert matrix.rect().contains(matrix.place_of(99, 99))
    assert not matrix.grab().isNull()


def test_that_the_classes_need_no_sideways_scrolling_and_tell_long_names_in_full(
    qtbot: QtBot, home: Home, open_run_page: Callable[[RunFolder], RunPage]
) -> None:
    folder = a_tested_run(home)
    with np.load(folder.artefacts / "test_outputs.npz") as file:
        arrays = dict(file)
    arrays["classes"] = np.array([f"{bird} with a name that is as long as its tail" for bird in ("jay", "tit", "owl")])
    np.savez(folder.artefacts / "test_outputs.npz", **arrays)
    page = open_run_page(folder)
    see_results(qtbot, page)
    table = page.results.table
    for width in (1100, 780, 1500):
        page.resize(width, 700)
        qtbot.waitUntil(lambda: table.horizontalHeader().length() <= table.viewport().width())
        assert table.horizontalScrollBar().maximum() == 0
        assert table.columnWidth(0) >= 60
        assert table.columnWidth(5) >= 60
    first = table.model().index(0, 0)
    assert table.model().data(first, Qt.ItemDataRole.ToolTipRole) == arrays["classes"][1]


def test_that_without_a_mistake_there_is_a_cell_to_choose(
    qtbot: QtBot, home: Home, open_run_page: Callable[[RunFolder], RunPage]
) -> None:
    page = open_run_page(a_tested_run(home))
    see_results(qtbot, page)
    page.results.outcome = replace(page.results.outcome, labels=page.results.outcome.answers["student"][0].predicted)
    page.results._show_who(0)
    assert page.results.cell.text() == "Choose a cell to see its images"
    assert page.results.gallery.pictures == []
    qtbot.mouseClick(page.results.matrix, LEFT, pos=page.results.matrix.place_of(0, 0))
    assert len(page.results.gallery.pictures) == 3


def test_that_damaged_test_outputs_are_said(
    qtbot: QtBot, home: Home, open_run_page: Callable[[RunFolder], RunPage]
) -> None:
    folder = a_tested_run(home)
    (folder.artefacts / "test_outputs.npz").write_bytes(b"PK\x03\x04 torn")
    page = open_run_page(folder)
    see_results(qtbot, page)
    assert "missing or damaged" in page.results.waiting.text()


def test_that_the_tab_names_the_machine_and_shows_it(
    qtbot: QtBot, home: Home, open_run_page: Callable[[RunFolder], RunPage]
) -> None:
    page = open_run_page(a_told_run(home))
    (tab,) = [button for button in page.tabs.group.buttons() if "machine" in button.text()]
    qtbot.mouseClick(tab, LEFT)
    assert page.machine.isVisible()


def test_that_log_and_configuration_show_what_the_files_say(
    qtbot: QtBot, home: Home, open_run_page: Callable[[RunFolder], RunPage]
) -> None:
    folder = a_told_run(home)
    folder.log_file.write_text("first line\nsecond line\nhalf a li")
    page = open_run_page(folder)
    qtbot.mouseClick(page.tabs.group.button(LOG), LEFT)
    assert page.log.toPlainText() == "first line\nsecond line"
    with folder.log_file.open("a") as file:
        file.write("ne\n")
    page.log.read()
    assert page.log.toPlainText().endswith("half a line")
    qtbot.mouseClick(page.tabs.group.button(CONFIGURATION), LEFT)
    qtbot.mouseClick(page.configuration.copy, LEFT)
    assert loads(QGuiApplication.clipboard().text()) == loads(EXPERIMENT)


@pytest.mark.parametrize(("way", "place"), [("samples", "home"), ("new", "new")])
def test_that_without_a_run_the_page_leads_to_one(qtbot: QtBot, window: MainWindow, way: str, place: str) -> None:
    window.show_page("run")
    qtbot.mouseClick(getattr(window.run_page.sentences.ways, way), LEFT)
    assert window.pages.currentWidget() is (window.lobby.home_page if place == "home" else window.new_page)


def test_that_the_ways_to_a_run_leave_room_for_the_words_beside_them(qtbot: QtBot, window: MainWindow) -> None:
    window.show_page("run")
    ways = window.run_page.sentences.ways
    try:
        for large in (False, True):
            theme().present(large)
            window.resize(1024, 640)
            qtbot.waitUntil(lambda large=large: (ways.new.y() > ways.samples.y()) is large)  # type: ignore[misc]
            assert ways.width() < 0.52 * window.run_page.sentences.width()
    finally:
        theme().present(False)


def test_that_the_way_to_a_run_is_gone_once_there_is_one(
    home: Home, open_run_page: Callable[[RunFolder], RunPage]
) -> None:
    assert not open_run_page(a_told_run(home)).sentences.empty.isVisible()


def test_that_without_a_run_nothing_is_waited_for(qtbot: QtBot, window: MainWindow, home: Home) -> None:
    window.show_page("run")
    page = window.run_page
    page._refresh()
    tiles = (page.tiles.accuracy, page.tiles.agreement, page.tiles.gain, page.tiles.cost)
    assert {plot.waiting.text() for plot in page.board.plots} == {"The curves of a run appear here"}
    assert [tile.note for tile in tiles] == [
        "share of images classified correctly", "share of equal predictions", "student minus baseline", "parameters of the student",
    ]  # fmt: skip
    window.open_run(a_run(home))
    page._refresh()
    assert page.accuracy.waiting.text().startswith("Waiting for")
    assert page.tiles.accuracy.note == "waiting for the student"


def test_that_a_run_that_goes_on_is_not_blanked_before_its_events_are_read(
    qtbot: QtBot, home: Home, window: MainWindow, player: Player
) -> None:
    run = a_told_run(home, [*a_story()[:150], RunEnded(outcome="stopped")])
    window.open_run(run)
    page = window.run_page
    qtbot.waitUntil(lambda: page.tiles.accuracy.number == "56.2 %", timeout=15_000)
    events: list[int] = []
    show = page.tiles.show_run

    def watched(state: RunState, summary: dict[str, Any] | None) -> None:
        events.append(state.events)
        show(state, summary)

    page.tiles.show_run = watched  # type: ignore[method-assign]
    player.pace = 0.05
    qtbot.mouseClick(page.resume, LEFT)
    qtbot.waitUntil(lambda: len(events) > 2, timeout=15_000)
    assert 0 not in events


def test_that_the_first_sentence_of_a_verdict_is_its_title(
    home: Home, open_run_page: Callable[[RunFolder], RunPage]
) -> None:
    page = open_run_page(a_told_run(home))
    verdict = page.verdict
    assert verdict.title == "+5.0 points with the teacher (+4.9 to +5.2, 3 seeds)."
    assert verdict.detail.startswith("The student reaches 90.0 % (teacher 96.0 %)")


def test_that_nothing_on_the_page_of_a_killed_run_says_that_it_still_waits(
    qtbot: QtBot, home: Home, open_run_page: Callable[[RunFolder], RunPage]
) -> None:
    story = a_story()
    begun = next(place for place, event in enumerate(story) if isinstance(event, StepLogged))
    page = open_run_page(a_told_run(home, story[: begun + 1]))
    qtbot.waitUntil(lambda: page.tiles.agreement.note == "the run ended before the student")
    qtbot.waitUntil(lambda: page.agreement.waiting.text() == "The run ended before an evaluation of the student")
    assert page.pill.text == "Killed"
    assert "epoch" not in page.subtitle.whole


def test_that_the_bar_does_not_tremble_with_the_words_beside_it(
    qtbot: QtBot, home: Home, window: MainWindow, player: Player
) -> None:
    player.pace = 0.05
    window.start_experiment(loads(EXPERIMENT))
    page = window.run_page
    qtbot.waitUntil(lambda: "steps/s" in page.times.text(), timeout=15_000)
    widths, bars = [], []
    for _ in range(5):
        told = window.controller.state.events
        qtbot.waitUntil(lambda told=told: window.controller.state.events > told + 5, timeout=15_000)  # type: ignore[misc]
        widths.append(page.times.width())
        bars.append(page.bar.width())
    assert widths == sorted(widths)
    assert bars == sorted(bars, reverse=True)
    qtbot.waitUntil(lambda: page.times.minimumWidth() == page.times.width())
    assert page.times.width() >= widths[-1]


def test_that_stop_asks_first_and_keep_training_forgets_it(qtbot: QtBot, window: MainWindow, player: Player) -> None:
    player.pace = 0.05
    window.start_experiment(loads(EXPERIMENT))
    qtbot.waitUntil(lambda: window.controller.state.events > 2, timeout=15_000)
    page = window.run_page
    qtbot.mouseClick(page.stop, LEFT)
    assert page.sentences.stopping.isVisible()
    assert page.sentences.stop_save.hasFocus()
    qtbot.mouseClick(page.sentences.keep, LEFT)
    assert not page.sentences.stopping.isVisible()
    assert window.controller.asked is None
    qtbot.mouseClick(page.stop, LEFT)
    qtbot.keyClick(page.sentences.stop_save, Qt.Key.Key_Space)
    focus = QApplication.focusWidget()
    assert focus is not None and focus.objectName() == "run.scroll"  # not what comes next, with a ring around it
    assert window.controller.asked is Request.STOP
    qtbot.waitUntil(lambda: window.controller.status.state is State.STOPPED, timeout=15_000)


def test_that_a_replay_says_that_it_is_one_and_ends_as_the_run_did(
    qtbot: QtBot, home: Home, open_run_page: Callable[[RunFolder], RunPage]
) -> None:
    page = open_run_page(a_told_run(home))
    controller = page._controller
    qtbot.mouseClick(page.controls.replay, LEFT)
    replay = controller.replay
    assert replay is not None
    qtbot.waitUntil(lambda: replay.ready)
    assert page.replay_bar.isVisible()
    assert page.pill.text.startswith("Replay: ")
    assert not page.verdict.isVisible()
    qtbot.mouseClick(page.replay_bar.pause, LEFT)
    assert not replay.playing
    replay.seek(replay.length / 2)
    qtbot.waitUntil(lambda: 0 < replay.state.events < controller.state.events)
    replay.seek(0.0)
    qtbot.waitUntil(lambda: replay.state.events <= 1)
    qtbot.mouseClick(page.replay_bar.speed.group.button(4), LEFT)
    assert replay.speed == 60
    replay.seek(replay.length)
    qtbot.waitUntil(lambda: replay.over)
    assert replay.state.timeless() == controller.state.timeless()
    qtbot.mouseClick(page.replay_bar.end, LEFT)
    assert controller.replay is None
    assert not page.replay_bar.isVisible()


def test_that_a_replay_goes_on_across_attempts_and_never_back() -> None:
    story = a_story()
    told = resumed(story, 100, 200)
    times = times_of(told)
    assert times == sorted(times)
    state = RunState()
    state.apply_all(told)
    assert times[-1] == pytest.approx(state.seconds)


def test_that_a_replay_takes_about_twenty_seconds_unless_a_speed_is_chosen(
    qtbot: QtBot, home: Home, open_run_page: Callable[[RunFolder], RunPage]
) -> None:
    assert [fit_speed(seconds) for seconds in (2.0, 17.0, 60.0, 3600.0)] == [1.0, 1.0, 3.0, 180.0]
    assert fit_speed(60.0, target=10.0) == 6.0
    slow = [replace_event(event, seconds=event.seconds * 10) for event in a_story()]
    page = open_run_page(a_told_run(home, slow))
    qtbot.mouseClick(page.controls.replay, LEFT)
    replay = page._controller.replay
    assert replay is not None
    qtbot.waitUntil(lambda: replay.ready)
    assert replay.length / replay.speed == pytest.approx(20.0)
    speeds = page.replay_bar.speed
    assert speeds.group.button(speeds.chosen).text() == "Fit"
    qtbot.mouseClick(speeds.group.button(2), LEFT)
    assert (replay.speed, replay.fitted) == (5, False)
    qtbot.mouseClick(speeds.group.button(0), LEFT)
    assert replay.length / replay.speed == pytest.approx(20.0)


def test_that_a_clock_that_jumps_back_does_not_turn_a_replay_around() -> None:
    jumped = [RunStarted(attempt=1, seconds=value) for value in (0.0, 5.0, 2.0, 6.0)]
    assert times_of(jumped) == [0.0, 5.0, 5.0, 6.0]


def stopping(page: RunPage) -> None:
    page.sentences.ask_stop()


def replaying(page: RunPage) -> None:
    page.controls.replay.click()


def at_results(page: RunPage) -> None:
    page.tabs.group.button(TESTED).click()


def as_it_is(page: RunPage) -> None:
    """Nothing is done."""


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("does", [as_it_is, stopping, replaying, at_results])
@pytest.mark.parametrize("ends", ["completed", "failed"])
def test_that_nothing_stands_beyond_the_edge_of_the_smallest_window(
    qtbot: QtBot,
    home: Home,
    open_run_page: Callable[[RunFolder], RunPage],
    ends: str,
    does: Callable[[RunPage], None],
    large: bool,
) -> None:
    failed = RunEnded(outcome="failed", code="not-a-number", parameters={"stage": "student", "step": 8, "term": "labels"})
    run = a_told_run(home, None if ends == "completed" else [*a_story()[:150], failed])
    page = open_run_page(run)
    try:
        theme().present(large)
        page.resize(1024 - (245 if large else 196), 600)
        does(page)
        area = page.findChild(QScrollArea, "run.scroll")
        qtbot.waitUntil(lambda: area.widget().width() == area.viewport().width())
    finally:
        theme().present(False)


def test_that_a_narrow_page_shortens_the_word_for_the_machine_and_then_puts_the_options_below_the_tabs(
    qtbot: QtBot, home: Home, open_run_page: Callable[[RunFolder], RunPage]
) -> None:
    page = open_run_page(a_told_run(home))
    log = page.tabs.group.button(LOG)
    assert (page.choices.below.count(), log.text(), log.toolTip()) == (0, "Log and machine", "")
    page.resize(1024 - 196, 600)
    assert (page.choices.below.count(), log.text(), log.toolTip()) == (0, "Log", "Log and machine")
    page.resize(720, 600)
    assert (page.choices.below.count(), log.text(), log.toolTip()) == (1, "Log and machine", "")
    qtbot.waitUntil(lambda: page.options.mapTo(page, page.options.rect().bottomRight()).x() < page.width())
