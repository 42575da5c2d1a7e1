"""The stage: one run, one plot, one sentence, and the window as it was when people leave it."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QRect, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.pages.stage_view import ACCURACY, AGREEMENT, LOSS, StageView
from kdstudio.gui.plots import captions
from kdstudio.gui.replay import TARGET
from kdstudio.gui.stage_mode import LARGEST, SETTLE, StageMode
from kdstudio.gui.theme import PRESENTING, theme
from kdstudio.runs.events import Note, RunEnded
from kdstudio.runs.files import read_json
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.settings import read_settings
from kdstudio.runs.state import RunState
from kdstudio.runs.summary import summarise
from kdstudio.spec import loads
from tests.fakes import EXPERIMENT, a_story, a_told_run, stamped
from tests.gui.player import Player

pytestmark = pytest.mark.gui
PLACE = QRect(40, 30, 900, 580)  # the offscreen screen is 800 x 800


def bring(qtbot: QtBot, window: MainWindow, run: RunFolder) -> None:
    window.open_run(run)
    qtbot.waitUntil(lambda: not window.controller.active and window.controller.state.events > 0)


def press(window: MainWindow, key: Qt.Key) -> None:
    QTest.keyClick(window.focusWidget() or window, key)
    QApplication.processEvents()


def stage_of(window: MainWindow) -> StageView:
    view = window.stage.view
    assert view is not None
    view._refresh()
    return view


@pytest.fixture
def finished(qtbot: QtBot, window: MainWindow, home: Home) -> MainWindow:
    """A window with the keys, and a finished run in view."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.setGeometry(PLACE)
    bring(qtbot, window, a_told_run(home))
    return window


def test_that_f11_leaves_the_run_alone_on_the_screen_and_escape_brings_the_window_back(
    finished: MainWindow, home: Home
) -> None:
    window = finished
    before = window.geometry()
    window.run_page.pause.setFocus()
    window.run_page.tabs.group.button(2).click()
    press(window, Qt.Key.Key_F11)
    view = stage_of(window)
    assert window.isFullScreen()
    assert view.isVisible()
    assert not any(part.isVisible() for part in (window.menuBar(), window.navigation, window.pages, window.message))
    assert theme().factor >= PRESENTING
    assert theme().presenter  # paths are masked
    assert not read_settings(home).presenter
    press(window, Qt.Key.Key_Escape)
    assert not window.stage.on
    assert window.isFullScreen() is False
    assert all(part.isVisible() for part in (window.menuBar(), window.navigation, window.run_page))
    assert window.geometry() == before
    assert (theme().presenter, theme().factor) == (False, 1.0)
    assert window.run_page.tabs.chosen == 2


def test_that_f11_leaves_too_and_comes_back_as_often_as_it_is_wanted(finished: MainWindow) -> None:
    for _ in range(3):
        press(finished, Qt.Key.Key_F11)
        assert finished.stage.on
        press(finished, Qt.Key.Key_F11)
        assert not finished.stage.on
    assert finished.geometry() == PLACE


def test_that_nothing_of_the_stage_is_left_when_it_is_over(finished: MainWindow) -> None:
    press(finished, Qt.Key.Key_F11)
    view = stage_of(finished)
    press(finished, Qt.Key.Key_Escape)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not isValid(view)
    assert not finished.findChildren(StageView)
    finished.controller.changed.emit()  # nobody is left who would hear it and draw


def test_that_presenter_mode_which_was_on_stays_on(finished: MainWindow, home: Home) -> None:
    finished.preferences.change(presenter=True)
    press(finished, Qt.Key.Key_F11)
    press(finished, Qt.Key.Key_Escape)
    assert (theme().presenter, theme().factor) == (True, PRESENTING)
    finished.preferences.change(presenter=False)


def test_that_the_help_beside_the_page_is_there_again(finished: MainWindow) -> None:
    finished.shell.show_curves()
    press(finished, Qt.Key.Key_F11)
    assert not finished.shell.help.isVisible()
    press(finished, Qt.Key.Key_Escape)
    assert finished.shell.help.isVisible()


def test_that_each_number_makes_its_plot_large_and_says_what_it_shows(finished: MainWindow) -> None:
    press(finished, Qt.Key.Key_F11)
    view = stage_of(finished)
    assert "+5.0 points" in view.headline.text()
    for key, number, said in (
        (Qt.Key.Key_2, AGREEMENT, "the share of images on which student and teacher give the same answer"),
        (Qt.Key.Key_3, LOSS, "The loss of the student: the solid curve"),
        (Qt.Key.Key_1, ACCURACY, "The dashed line is the same student without a teacher"),
    ):
        press(finished, key)
        assert [plot.isVisible() for plot in view.plots] == [number == each for each in range(3)]
        assert view.plots[number].picture.curves
        assert said in view.caption.text()
        assert view.choice.chosen == number
    QTest.mouseClick(view.choice.group.button(AGREEMENT), Qt.MouseButton.LeftButton)
    assert view.agreement.isVisible()


def test_that_space_replays_the_run_in_twenty_seconds_and_leaving_ends_the_replay(
    qtbot: QtBot, finished: MainWindow
) -> None:
    press(finished, Qt.Key.Key_F11)
    view, controller = stage_of(finished), finished.controller
    press(finished, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: controller.replay is not None and controller.replay.ready)
    replay = controller.replay
    assert replay is not None
    assert replay.length / replay.speed == pytest.approx(TARGET)
    assert replay.playing
    press(finished, Qt.Key.Key_Space)
    assert not replay.playing
    replay.seek(0.5 * replay.length)
    view._refresh()
    assert view.pill.text == "Replay"
    assert view.bar.fraction == pytest.approx(0.5)
    assert "points" not in view.headline.text()
    press(finished, Qt.Key.Key_Space)
    assert replay.playing
    press(finished, Qt.Key.Key_Escape)
    assert controller.replay is None


def test_that_a_replay_that_was_there_before_goes_on(qtbot: QtBot, finished: MainWindow) -> None:
    controller = finished.controller
    controller.start_replay()
    qtbot.waitUntil(lambda: controller.replay is not None and controller.replay.ready)
    assert controller.replay is not None
    speed = controller.replay.speed
    press(finished, Qt.Key.Key_F11)
    press(finished, Qt.Key.Key_Escape)
    assert controller.replay is not None
    assert controller.replay.speed == speed


def test_that_a_stage_without_a_run_says_what_to_do_and_starts_the_demo(
    qtbot: QtBot, window: MainWindow, player: Player
) -> None:
    window.show_page("home")
    window.actions_by_id["view.stage"].trigger()
    view = stage_of(window)
    assert view.nothing.isVisible()
    assert "Start the first sample" in view.way_on.text()
    assert not view.newest.isVisible()
    QTest.mouseClick(view.demo, Qt.MouseButton.LeftButton)
    assert window.stage.on
    qtbot.waitUntil(lambda: not window.controller.active and window.controller.state.events > 0)
    view._refresh()
    assert not view.nothing.isVisible()
    assert view.accuracy.isVisible()
    window.stage.leave()
    assert window.run_page.isVisible()


def test_that_a_stage_without_a_run_shows_the_newest_one(qtbot: QtBot, window: MainWindow, home: Home) -> None:
    run = a_told_run(home)
    window.show_page("home")
    window.lobby.feed.refresh()
    qtbot.waitUntil(lambda: bool(window.lobby.feed.rows))
    window.stage.enter()
    view = stage_of(window)
    QTest.mouseClick(view.newest, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.controller.active and window.controller.state.events > 0)
    view._refresh()
    assert window.controller.folder == run
    assert "+5.0 points" in view.headline.text()
    window.stage.leave()
    assert window.lobby.home_page.isVisible()


def test_that_a_live_run_is_followed_and_says_that_it_cannot_be_replayed_yet(
    qtbot: QtBot, open_window: Callable[[], MainWindow], player: Player
) -> None:
    player.habits = ("hold=student",)
    window = open_window()
    window.start_experiment(loads(EXPERIMENT))
    qtbot.waitUntil(lambda: window.controller.state.current == ("student", 0))
    window.stage.enter()
    view = stage_of(window)
    assert view.headline.text() == "Training the student"
    assert view.detail.text().startswith("seed 1 of 3")
    press(window, Qt.Key.Key_Space)
    assert "live" in view.hint.text()
    assert window.controller.active
    window.stage.leave()
    window.controller.stop()
    qtbot.waitUntil(lambda: not window.controller.active)


def test_that_a_run_that_failed_says_why(qtbot: QtBot, window: MainWindow, home: Home) -> None:
    story = a_story()
    cut = next(n for n, event in enumerate(story) if (event.stage, getattr(event, "step", 0)) == ("student", 30))
    end = RunEnded(outcome="failed", code="not-a-number", parameters={"stage": "student", "step": 30, "term": "labels"})
    bring(qtbot, window, a_told_run(home, [*story[:cut], end]))
    window.stage.enter()
    view = stage_of(window)
    assert view.headline.text() == "The loss is no longer a number"
    assert "learning rate" in view.detail.text()
    window.stage.leave()


def test_that_a_student_that_learned_nothing_is_not_praised(qtbot: QtBot, window: MainWindow, home: Home) -> None:
    story = a_story()
    place = next(n for n, event in enumerate(story) if event.stage == "student")
    parameters = {"student": 0.1, "chance": 0.1, "who": "student"}
    weak = [
        Note(stage="student", seed=seed, who="student", level="warning", code="student-weak", parameters=parameters)
        for seed in (0, 1, 2)
    ]
    bring(qtbot, window, a_told_run(home, stamped([*story[: place + 1], *weak, *story[place + 1 :]])))
    window.stage.enter()
    view = stage_of(window)
    assert view.headline.text() == "Completed, but the student learned almost nothing"
    assert "10.0 %" in view.detail.text()
    assert "worth" not in view.caption.text()
    window.stage.leave()


def test_that_the_keys_are_shown_for_a_few_seconds_and_again_when_somebody_is_lost(finished: MainWindow) -> None:
    press(finished, Qt.Key.Key_F11)
    view = stage_of(finished)
    assert "Esc: leave stage mode" in view.hint.text()
    QTest.qWait(4 * SETTLE)
    place = view.caption.geometry()
    view._hide_hint.timeout.emit()
    QApplication.processEvents()
    assert not view.hint.text().strip()
    assert view.caption.geometry() == place
    press(finished, Qt.Key.Key_Q)
    assert "Esc: leave stage mode" in view.hint.text()


def test_that_another_page_that_is_wanted_is_seen(qtbot: QtBot, finished: MainWindow) -> None:
    """A second start of the program opens a file in this window, for example."""
    press(finished, Qt.Key.Key_F11)
    finished.show_page("new")
    qtbot.waitUntil(lambda: not finished.stage.on)
    assert finished.new_page.isVisible()


def test_that_a_window_that_closes_on_the_stage_comes_back_where_it_was(finished: MainWindow, home: Home) -> None:
    press(finished, Qt.Key.Key_F11)
    finished.close()
    kept = read_json(home.root / "window.json")
    assert kept is not None
    assert [kept[name] for name in ("x", "y", "width", "height", "maximized")] == [40, 30, 900, 580, False]
    assert theme().factor == 1.0


@pytest.mark.parametrize(
    ("size", "factor"),
    [
        (QSize(800, 600), PRESENTING), (QSize(1024, 640), PRESENTING), (QSize(1920, 640), PRESENTING),
        (QSize(1280, 800), 1.69), (QSize(3840, 2160), LARGEST),
    ],
)  # fmt: skip
def test_that_type_grows_with_the_screen(size: QSize, factor: float) -> None:
    assert StageMode.type_for(size) == factor


# The sentences


def told(**how: object) -> RunState:
    state = RunState()
    state.apply_all(a_story(**how))  # type: ignore[arg-type]
    return state


def gain_of(state: RunState) -> dict[str, object]:
    gain: dict[str, object] = summarise(state, "")["gain"]
    return gain


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({}, "the space up to the solid line is what the teacher is worth"),
        ({"gain": -0.05}, "on test images it does better than the one with a teacher"),
        ({"gain": 0.0}, "it may be chance"),
        ({"seeds": (0,)}, "with fewer than 3 seeds (1 here)"),
        ({"baseline": False}, "there is no baseline to compare with"),
    ],
)
def test_that_the_caption_follows_the_verdict(qapp: QApplication, how: dict[str, object], said: str) -> None:
    state = told(**how)
    assert said in captions.of_accuracy(state, gain_of(state))


def test_that_the_caption_of_a_run_that_failed_promises_no_student() -> None:
    story = a_story()
    cut = next(n for n, event in enumerate(story) if event.stage == "student")
    state = RunState()
    state.apply_all([*story[:cut], RunEnded(outcome="failed", code="not-a-number")])
    said = captions.of_accuracy(state)
    assert "will be compared" not in said
    assert "the run ended before the one with a teacher" in said


def test_that_the_caption_follows_the_run_from_its_first_word_on(qapp: QApplication) -> None:
    state = RunState()
    said: list[tuple[str, str, str]] = []
    for event in a_story():
        state.apply(event)
        now = captions.of_accuracy(state), captions.of_agreement(state), captions.of_loss(state)
        if not said or now[0] != said[-1][0]:
            said.append(now)
    assert [each[0].split(";")[0].split(":")[0] for each in said] == [
        "The first curve begins with the first evaluation.",
        "The dotted line is the teacher",
        "The dashed line is the same student without a teacher",
        "The dashed line is the same student without a teacher",
    ]
    assert "it begins with the student" in said[0][1]
    assert said[1][2].startswith("The loss is what training makes small")
    assert captions.of_agreement(state).endswith("here 91.0 %.")  # the mean over seeds, as the plot has it
