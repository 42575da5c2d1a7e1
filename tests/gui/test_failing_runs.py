"""Runs that go wrong in every way, told a hundred times as fast by the fake runner to a window that is driven by clicks."""

import contextlib
import re
import signal
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from kdstudio.gui import main_window
from kdstudio.gui.main_window import Closing, MainWindow
from kdstudio.gui.pages.run import RunPage
from kdstudio.gui.states import STAGES
from kdstudio.runs import follow, launch
from kdstudio.runs.events import EventReader
from kdstudio.runs.home import Home
from kdstudio.runs.state import RunState
from kdstudio.spec import loads
from tests.fakes import a_small_disk
from tests.gui.player import PLACES, RECORDED, Player, recording

LEFT = Qt.MouseButton.LeftButton
PATIENCE = 60_000  # milliseconds
CORE = ("student", "stopping")
"""The phases in which every run of the suite kills a run; the others come with `-m slow`."""


@pytest.fixture
def runner(player: Player, monkeypatch: pytest.MonkeyPatch) -> Player:
    """Stands in for the training process in whatever the window starts: the command is another one, and nothing else."""
    monkeypatch.setattr(launch, "command", player.command)
    player.story = "normal"
    return player


@pytest.fixture
def window(qtbot: QtBot, home: Home, runner: Player, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    return a_window(qtbot, home, monkeypatch)


def a_window(qtbot: QtBot, home: Home, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    monkeypatch.setattr(main_window, "ask_on_close", lambda *_: Closing.LEAVE)
    window = MainWindow(home)
    qtbot.addWidget(window, before_close_func=lambda window: window.shutdown())
    window.show()
    qtbot.waitUntil(lambda: window.pages.count() > 0)
    return window


def click(qtbot: QtBot, button: QAbstractButton) -> None:
    assert button.isVisible() and button.isEnabled(), button.toolTip()
    qtbot.mouseClick(button, LEFT)


def start(qtbot: QtBot, window: MainWindow, experiment: str = RECORDED) -> RunPage:
    """Start an experiment by a click on Start."""
    qtbot.mouseClick(window.navigation.buttons["new"], LEFT)
    window.new_page.show_experiment(loads(experiment))
    click(qtbot, window.new_page.start_button)
    assert window.pages.currentWidget() is window.run_page
    return window.run_page


def ended(qtbot: QtBot, window: MainWindow, patience: int = PATIENCE) -> None:
    """Wait until the run in view has ended, and the page has drawn all that it was."""
    qtbot.waitUntil(lambda: not window.controller.active and window.controller._worker is None, timeout=patience)
    qtbot.waitUntil(lambda: not window.run_page._stale, timeout=PATIENCE)


def is_drawn(page: RunPage, state: RunState) -> None:
    """Every curve of the fold is on the plots, to its last point."""
    for stage in state.stages.values():
        for (who, split, metric), series in stage.curves.items():
            if (split, metric) == ("validation", "accuracy") and who == stage.name:
                key = ".".join([who, split, metric, *([str(stage.seed)] if stage.seed is not None else [])])
                drawn = page.accuracy.items.get(key)
                if who == "teacher" and drawn is None:
                    continue
                assert drawn is not None, (key, list(page.accuracy.items))
                assert len(drawn.raw.getData()[0]) == max(2, len(series)), key  # a single point is drawn as a short line


def all_of(name: str) -> dict[str, object]:
    state = RunState()
    state.apply_all(recording(name))
    return state.timeless()


def goes_on_to_the_same_end(qtbot: QtBot, window: MainWindow, runner: Player, attempt: int = 2) -> None:
    """A click on Continue, and the run ends as if nothing had happened, in the window and in its files."""
    runner.habits, runner.story = (), "normal"
    click(qtbot, window.run_page.resume)
    ended(qtbot, window)
    controller, page = window.controller, window.run_page
    assert (page.pill.text, controller.status.attempt) == ("Completed", attempt)
    assert controller.folder is not None
    assert controller.state.timeless() == controller.folder.fold()[0].timeless() == all_of("normal")
    assert page.verdict.title and controller.folder.summary()["headline"].startswith(page.verdict.title)
    assert not page.notice.isVisible()
    is_drawn(page, controller.state)


def at_place(qtbot: QtBot, window: MainWindow, stage: str = "student") -> None:
    """Wait until the run is in the middle of `stage`, and the page says so."""
    state, words = window.controller, STAGES[stage]
    qtbot.waitUntil(lambda: window.run_page.pill.text == words, timeout=PATIENCE)
    qtbot.waitUntil(lambda: state.state.stages[state.state.current].step >= 40, timeout=PATIENCE)


def test_that_a_run_that_goes_well_is_drawn_whole_and_can_be_told_again(
    qtbot: QtBot, window: MainWindow, runner: Player
) -> None:
    page = start(qtbot, window)
    ended(qtbot, window)
    assert page.pill.text == "Completed"
    assert page.verdict.isVisible() and not page.notice.isVisible()
    assert window.controller.state.timeless() == all_of("normal")
    is_drawn(page, window.controller.state)
    assert shown(page) == {"duplicate", "replay.start"}
    click(qtbot, page.controls.replay)
    assert page.pill.text.startswith("Replay")


@pytest.mark.parametrize(
    ("story", "title", "cause", "remedy", "field"),
    [
        ("not-a-number", "The loss is no longer a number", "in step 2 of student", "Lower the learning rate",
         "training.learning_rate"),
        ("out-of-memory", "The computer ran out of memory", "refused more memory (baseline)", "Halve the batch size",
         "training.batch_size"),
        ("disk-full", "The disk is full", "Nothing more could be written to", "Free some space, then resume", ""),
    ],
)  # fmt: skip
def test_that_a_failed_run_says_cause_and_remedy_keeps_its_curves_and_offers_the_ways_out(
    qtbot: QtBot, window: MainWindow, runner: Player, story: str, title: str, cause: str, remedy: str, field: str
) -> None:
    runner.story = story
    page = start(qtbot, window)
    ended(qtbot, window)
    assert (page.pill.text, page.notice.title) == ("Failed", title)
    assert cause in page.notice.detail and remedy in page.notice.detail
    assert shown(page) == {"duplicate", "replay.start", "resume"}
    assert window.controller.state.timeless() == all_of(story)
    is_drawn(page, window.controller.state)

    click(qtbot, page.sentences.copy)
    copied = QGuiApplication.clipboard().text()
    assert title in copied and remedy in copied and str(window.home.root) not in copied
    assert page.mend.isVisible() is bool(field)
    assert page.resume.leads is not bool(field), "what a field must change first would only fail again"
    if field:
        click(qtbot, page.mend)
        row = window.new_page.board.row(field)
        assert window.pages.currentWidget() is window.new_page
        assert row is not None and row.isVisible()
    else:  # what a full disk ended goes on once there is room
        goes_on_to_the_same_end(qtbot, window, runner)


def test_that_a_runner_that_a_full_disk_left_speechless_is_told_of_all_the_same(
    qtbot: QtBot, runner: Player, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk really is full: the window cannot write either, and lives."""
    with a_small_disk(tmp_path / "disk", 4096) as disk:
        window = a_window(qtbot, Home.locate(disk / "home"), monkeypatch)
        runner.habits = ("hold=student",)
        page = start(qtbot, window)
        at_place(qtbot, window)
        filler = fill(disk)
        runner.end()
        ended(qtbot, window)
        assert (page.pill.text, page.notice.title) == ("Failed", "The disk is full")
        assert "Free some space, then resume" in page.notice.detail
        is_drawn(page, window.controller.state)

        click(qtbot, page.resume)  # still full: the next process says as much as its files' last blocks have room for
        ended(qtbot, window)
        assert (page.pill.text in ("Failed", "Killed"), page.notice.title) == (True, "The disk is full")
        for name in ("home", "new", "runs", "settings", "run"):
            qtbot.mouseClick(window.navigation.buttons[name], LEFT)

        folder = window.controller.folder
        assert folder is not None
        heard = max(folder.status().attempt, folder.fold()[0].attempt)
        filler.unlink()
        goes_on_to_the_same_end(qtbot, window, runner, attempt=heard + 1)
        window.shutdown()
        runner.end()


def fallen_silent(qtbot: QtBot, window: MainWindow, title: str, *said: str) -> RunPage:
    """Start a run, and wait until the page says that nothing is heard of it: it can still be asked to end."""
    page = start(qtbot, window)

    def is_said() -> bool:  # a slow start may be said to be silent too, at first
        notice = page.notice
        return notice.isVisible() and notice.title == title and all(part in notice.detail for part in said)

    qtbot.waitUntil(is_said, timeout=PATIENCE)
    qtbot.waitUntil(lambda: is_said() and not page._stale, timeout=PATIENCE)
    assert {"pause", "stop"} <= shown(page)
    return page


def test_that_silence_is_said_while_the_process_lives_and_stop_is_heard(
    qtbot: QtBot, window: MainWindow, runner: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "NO_PROGRESS", 0.6)
    runner.habits = ("hold=student",)
    page = fallen_silent(qtbot, window, "Nothing has happened for a while", "The process is running", "(student)")
    assert page.pill.text == "Training the student"
    assert "left" not in page.times.text() and "estimating" not in page.times.text(), "nobody knows"
    assert not page.mend.isVisible() and not page.sentences.copy.isVisible()
    is_drawn(page, window.controller.state)

    click(qtbot, page.stop)
    click(qtbot, page.sentences.stop_save)
    assert page.pill.text == "Stopping..."
    ended(qtbot, window)
    assert page.pill.text == "Stopped" and not page.notice.isVisible()
    goes_on_to_the_same_end(qtbot, window, runner)


def test_that_a_process_without_a_heartbeat_is_said_until_it_goes_on(
    qtbot: QtBot, window: MainWindow, runner: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "HEARTBEAT_STALE", 1.0)
    runner.habits = ("freeze=student",)
    page = fallen_silent(qtbot, window, "The run does not answer", "has not reported for", "Wait, or stop the run")

    process = psutil.Process(window.controller.status.pid)
    qtbot.waitUntil(lambda: process.status() == psutil.STATUS_STOPPED, timeout=PATIENCE)
    process.send_signal(signal.SIGCONT)
    qtbot.waitUntil(lambda: not page.notice.isVisible(), timeout=PATIENCE)
    ended(qtbot, window)
    assert page.pill.text == "Completed"
    assert window.controller.state.timeless() == all_of("normal")


@pytest.mark.slow
def test_that_a_process_that_answers_nothing_at_all_is_ended_by_stop_and_can_go_on(
    qtbot: QtBot, window: MainWindow, runner: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "PATIENCE", 0.3)
    monkeypatch.setattr(launch, "LAST_RESORT", 0.3)
    runner.habits = ("freeze=student",)
    page = start(qtbot, window)
    at_place(qtbot, window)
    click(qtbot, page.stop)
    click(qtbot, page.sentences.stop_save)
    ended(qtbot, window)
    assert page.pill.text == "Killed"
    goes_on_to_the_same_end(qtbot, window, runner)


@pytest.mark.parametrize("place", [place if place in CORE else pytest.param(place, marks=pytest.mark.slow) for place in PLACES])
def test_that_a_run_killed_in_any_phase_is_said_to_be_lost_and_goes_on_to_the_same_end(
    qtbot: QtBot, window: MainWindow, runner: Player, place: str
) -> None:
    asked = place in ("pausing", "stopping")
    runner.habits = (f"kill={place}", *(["hold=student"] if asked else []))
    page = start(qtbot, window)
    if asked:
        at_place(qtbot, window)
        click(qtbot, page.pause if place == "pausing" else page.stop)
    if place == "stopping":
        click(qtbot, page.sentences.stop_save)
    ended(qtbot, window)
    assert (page.pill.text, page.notice.title) == ("Killed", "The run was killed")
    assert "Resume the run from its last checkpoint" in page.notice.detail
    assert {"resume", "duplicate"} <= shown(page) and not shown(page) & {"pause", "stop"}
    is_drawn(page, window.controller.state)
    goes_on_to_the_same_end(qtbot, window, runner)


def test_that_a_process_killed_before_its_first_word_is_said_to_be_lost(
    qtbot: QtBot, window: MainWindow, runner: Player
) -> None:
    runner.habits = ("sleeps",)
    page = start(qtbot, window)
    assert page.pill.text == "Starting"
    qtbot.waitUntil(lambda: any("sleeps" in each.cmdline() for each in psutil.Process().children()), timeout=PATIENCE)
    runner.end()
    ended(qtbot, window)
    assert (page.pill.text, page.notice.title) == ("Killed", "The run was killed")
    goes_on_to_the_same_end(qtbot, window, runner, attempt=1)


def test_that_a_clock_that_jumps_by_hours_changes_no_time_that_is_shown(
    qtbot: QtBot, window: MainWindow, runner: Player
) -> None:
    runner.habits = ("clock",)
    runner.pace = 0.002
    page = start(qtbot, window)
    said: set[str] = set()
    window.controller.changed.connect(lambda: said.add(page.times.text()))
    ended(qtbot, window)
    days = {event.at[:13] for event in EventReader(window.controller.folder.events_file).read()}
    assert len(days) >= 3, "the clock did jump"
    seconds = window.controller.state.seconds
    assert seconds < 10
    elapsed = {time for text in said for time in re.findall(r"([\d:]+) elapsed", text)}
    left = {time for text in said for time in re.findall(r"([\d:]+) left", text)}
    assert elapsed and all(0 <= in_seconds(time) <= seconds + 1 for time in elapsed), elapsed
    assert all(0 <= in_seconds(time) <= 60 for time in left), left
    assert page.times.text() == f"100 %   0:{round(seconds):02} elapsed"
    qtbot.mouseClick(window.navigation.buttons["runs"], LEFT)
    qtbot.waitUntil(lambda: bool(window.lobby.feed.rows) and window.lobby.feed.rows[0].state == "completed")
    assert window.lobby.feed.rows[0].seconds == pytest.approx(seconds, abs=0.5)


def in_seconds(clock: str) -> int:
    parts = [int(part) for part in clock.split(":")]
    return sum(part * 60**place for place, part in enumerate(reversed(parts)))


def shown(page: RunPage) -> set[str]:
    """The names of the buttons that are there."""
    return {button.objectName() for button in page.controls.buttons if button.isVisible()}


def fill(disk: Path) -> Path:
    """Write until nothing more can be written."""
    filler = disk / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        for size in (65536, 512, 1):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)) == size:
                    pass
    return filler
