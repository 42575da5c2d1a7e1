"""Where a run stands: nothing moves when it ends, and its verdict is no praise where the student learned almost nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.pages.run import CURVES, TESTED, RunPage
from kdstudio.gui.pages.run_captions import caption
from kdstudio.gui.plots import plot_menu
from kdstudio.gui.theme import theme
from kdstudio.runs.events import AnyEvent, Note, RunEnded, RunStarted
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.state import RunState, State
from kdstudio.spec import loads
from tests.fakes import EXPERIMENT, a_story, a_told_run, stamped
from tests.gui.player import Player

LEFT = Qt.MouseButton.LeftButton


def place(widget: QWidget, window: QWidget) -> QRect:
    """Where a widget is in its window."""
    return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())


@pytest.mark.parametrize("size", [(1280, 860), (1024, 640)])
@pytest.mark.parametrize("large", [False, True])
def test_that_nothing_moves_when_a_run_completes(
    qtbot: QtBot, window: MainWindow, player: Player, size: tuple[int, int], large: bool
) -> None:
    player.pace = 0.003
    window.resize(*size)
    try:
        theme().present(large)
        window.start_experiment(loads(EXPERIMENT))
        page = window.run_page
        parts = (page.tiles, page.choices, page.accuracy, page.title)
        qtbot.waitUntil(lambda: page.tiles.gain.number.endswith("points"))
        before = [place(part, window).topLeft() for part in parts]
        assert page.standing.progress_shown
        assert not page.verdict.isVisible()
        qtbot.waitUntil(lambda: window.controller.status.state is State.COMPLETED)
        qtbot.waitUntil(page.verdict.isVisible)
        qtbot.wait(50)
        assert [place(part, window).topLeft() for part in parts] == before
        assert not page.standing.progress_shown, "its place is the verdict's now"
    finally:
        theme().present(False)


@pytest.mark.parametrize("size", [(1280, 860), (1024, 640)])
def test_that_continue_stands_where_pause_was(
    qtbot: QtBot, window: MainWindow, player: Player, size: tuple[int, int]
) -> None:
    player.pace = 0.02
    window.resize(*size)
    window.start_experiment(loads(EXPERIMENT))
    page = window.run_page
    qtbot.waitUntil(lambda: page.pause.isEnabled() and page.controls.save.isEnabled())
    qtbot.wait(100)
    clicked = place(page.pause, window).center()
    qtbot.mouseClick(page.pause, LEFT)
    qtbot.waitUntil(page.resume.isVisible)
    qtbot.waitUntil(lambda: place(page.resume, window).contains(clicked))


def at_chance(
    *, who: str = "student", seeds: tuple[int, ...] = (0,), weak: tuple[int, ...] | None = None
) -> list[AnyEvent]:
    """The events of a run that warns of a student, or a baseline, that is hardly better than guessing."""
    story: list[AnyEvent] = []
    for event in a_story(seeds=seeds):
        story.append(event)
        if event.stage == who and type(event).__name__ == "StageStarted" and (weak is None or event.seed in weak):
            parameters = {"student": 0.134, "chance": 0.1, "who": who}
            story.append(
                Note(stage=who, seed=event.seed, who=who, level="warning", code="student-weak", parameters=parameters)
            )
    return stamped(story)


def test_that_a_student_at_chance_is_said_in_amber_with_the_field_to_change(
    home: Home, open_run_page: Callable[[RunFolder], RunPage]
) -> None:
    page = open_run_page(a_told_run(home, at_chance(), text=EXPERIMENT.replace("[0, 1, 2]", "[0]")))
    assert page.verdict.title == "Completed, but the student learned almost nothing"
    assert "13.4 %" in page.verdict.detail and "guessing gives 10.0 %" in page.verdict.detail
    assert page.verdict.detail.endswith("Field: Training, Learning rate")
    assert (page.verdict._role, page.pill.text, page.pill._role, page.bar._role) == (
        "teacher", "Completed", "teacher", "teacher",
    )  # fmt: skip
    assert not page.notice.isVisible(), "it would repeat the verdict"


def test_that_the_verdict_is_the_headline_where_only_some_seeds_learned_nothing(
    home: Home, open_run_page: Callable[[RunFolder], RunPage]
) -> None:
    page = open_run_page(a_told_run(home, at_chance(seeds=(0, 1, 2), weak=(1,))))
    assert page.verdict.title.startswith("+5.0 points with the teacher")
    assert page.notice.title == "The student learned almost nothing", "the warning of that seed stays"
    assert page.pill._role == "agreement"


def test_that_a_weak_student_is_warned_of_while_the_run_goes_on(
    home: Home, open_run_page: Callable[[RunFolder], RunPage]
) -> None:
    story = at_chance(seeds=(0, 1))
    second = next(place for place, event in enumerate(story) if (event.stage, event.seed) == ("baseline", 1))
    page = open_run_page(a_told_run(home, [*story[: second + 1], RunEnded(outcome="paused")]))
    assert page.notice.title == "The student learned almost nothing"
    assert page.notice.detail.endswith("Field: Training, Learning rate")
    assert not page.verdict.isVisible()


def test_that_a_weak_baseline_is_no_weak_student(home: Home, open_run_page: Callable[[RunFolder], RunPage]) -> None:
    page = open_run_page(a_told_run(home, at_chance(who="baseline", seeds=(0, 1, 2))))
    assert page.verdict.title.startswith("+5.0 points with the teacher")
    assert page.pill._role == "agreement"
    assert page.notice.title == "The baseline learned almost nothing"


def test_that_a_paused_run_says_where_it_paused_and_how_it_resumes(
    home: Home, open_run_page: Callable[[RunFolder], RunPage]
) -> None:
    story = a_story()
    begun = next(
        place for place, event in enumerate(story) if event.stage == "teacher" and getattr(event, "step", 0) == 8
    )
    page = open_run_page(a_told_run(home, [*story[:begun], RunEnded(outcome="paused")]))
    assert page.standing.caption.whole == "Paused at step 6. Continue resumes here."
    assert page.agreement.waiting.text() == (
        "Paused before an evaluation of the student, at step 6. Continue resumes here."
    )


def test_that_a_run_says_in_a_sentence_what_it_does(qtbot: QtBot, window: MainWindow, player: Player) -> None:
    player.pace = 0.005
    window.start_experiment(loads(EXPERIMENT))
    page = window.run_page
    qtbot.waitUntil(lambda: page.standing.caption.whole.startswith("The baseline trains"))
    qtbot.waitUntil(lambda: "the dashed line is the same student without it" in page.standing.caption.whole)


def test_that_a_new_run_opens_on_its_curves_and_a_finished_one_on_the_part_used_last(
    qtbot: QtBot, window: MainWindow, player: Player, home: Home
) -> None:
    window.open_run(a_told_run(home))
    window.show_page("run")
    page = window.run_page
    qtbot.mouseClick(page.tabs.group.button(TESTED), LEFT)
    window.open_run(a_told_run(home))
    assert page.tabs.chosen == TESTED
    player.pace = 0.02
    window.start_experiment(loads(EXPERIMENT))
    assert page.tabs.chosen == CURVES
    assert page.board.isVisible()


@pytest.mark.parametrize(("button", "said"), [("save", "Saved at step "), ("evaluate", "Evaluated at step ")])
def test_that_the_window_says_when_a_wish_has_come_true(
    qtbot: QtBot, window: MainWindow, player: Player, button: str, said: str
) -> None:
    player.pace = 0.02
    window.start_experiment(loads(EXPERIMENT))
    wish = getattr(window.run_page.controls, button)
    qtbot.waitUntil(lambda: wish.isVisible() and wish.isEnabled())
    assert not window.message.isVisible()
    qtbot.mouseClick(wish, LEFT)
    qtbot.waitUntil(lambda: window.message.title.startswith(said))


def test_that_the_window_says_where_an_export_went(
    qtbot: QtBot, window: MainWindow, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.open_run(a_told_run(home))
    window.show_page("run")
    plot = window.run_page.accuracy
    qtbot.waitUntil(lambda: not plot.picture.empty)
    monkeypatch.setattr(plot_menu, "pick_export", lambda *_: str(tmp_path / "plot.csv"))
    plot.menu.actions_by_name["csv"].trigger()
    assert window.message.title == f"Exported to {tmp_path / 'plot.csv'}"


def test_that_a_run_that_waits_for_its_device_says_for_whom() -> None:
    run = RunState()
    run.apply(RunStarted(attempt=1))
    run.apply(Note(attempt=1, level="info", code="waiting-for-device", parameters={"device": "cpu"}))
    assert caption(run, State.QUEUED) == "Another run is using cpu."
    assert caption(RunState(), State.QUEUED) == "Curves appear with the first evaluation."
