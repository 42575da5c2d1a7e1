"""Suggestions beside a verdict, a warning and a failure: a click opens the form with the change marked."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.pages.run import RunPage
from kdstudio.runs.events import Note, RunEnded
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from tests.fakes import EXPERIMENT, a_story, a_told_run, stamped
from tests.gui.hand import Hand

pytestmark = pytest.mark.gui
LEFT = Qt.MouseButton.LeftButton
ONE_SEED = EXPERIMENT.replace("[0, 1, 2]", "[0]")


def failing(code: str, **parameters: object) -> list[object]:
    story = a_story()
    cut = next(n for n, event in enumerate(story) if (event.stage, getattr(event, "step", 0)) == ("student", 30))
    return [*story[:cut], RunEnded(outcome="failed", code=code, parameters={"stage": "student", **parameters})]


def bring(qtbot: QtBot, window: MainWindow, run: RunFolder) -> RunPage:
    window.open_run(run)
    qtbot.waitUntil(lambda: not window.controller.active and window.controller.state.events > 0)
    window.run_page._refresh()
    return window.run_page


def named(page: RunPage, name: str) -> QAbstractButton:
    found = page.findChild(QAbstractButton, f"suggest.{name}")
    assert isinstance(found, QAbstractButton)
    assert found.isVisible()
    return found


def test_that_one_seed_is_answered_by_three_in_the_form_with_the_change_marked(
    qtbot: QtBot, window: MainWindow, home: Home
) -> None:
    run = a_told_run(home, a_story(seeds=[0]), text=ONE_SEED)
    page = bring(qtbot, window, run)
    button = named(page, "interval-seeds")
    assert button.text() == "Run 3 seeds for an interval"
    assert "An interval of the gain needs three seeds." in button.toolTip()
    qtbot.mouseClick(button, LEFT)
    form = window.new_page
    assert form.isVisible()
    asked = form.experiment()
    assert asked is not None
    assert (asked.seeds, asked.parent) == ((0, 1, 2), run.id)
    row = form.board.row("seeds")
    assert row is not None
    assert row.marked
    assert "An interval of the gain needs three seeds." in form.banner.detail
    assert run.experiment().seeds == (0,)


def test_that_a_failure_is_answered_beside_its_remedy(qtbot: QtBot, window: MainWindow, home: Home) -> None:
    page = bring(qtbot, window, a_told_run(home, failing("not-a-number", step=30, term="labels")))  # type: ignore[arg-type]
    assert page.mend.isVisible()
    assert not page.mend.leads
    assert [button.text() for button in page.sentences.remedies.buttons] == [
        "Lower the learning rate to 0.0001", "Clip gradients at 1",
    ]  # fmt: skip
    qtbot.mouseClick(named(page, "clip"), LEFT)
    asked = window.new_page.experiment()
    assert asked is not None
    assert asked.training.clip == 1.0
    row = window.new_page.board.row("training.clip")
    assert row is not None
    assert row.marked
    assert row.isVisible()  # an advanced field, shown because it is the change


def test_that_a_warning_is_answered_and_a_failure_without_a_change_is_not(
    qtbot: QtBot, window: MainWindow, home: Home
) -> None:
    story = a_story()
    place = next(n for n, event in enumerate(story) if event.stage == "student")
    parameters = {"student": 0.1, "chance": 0.1, "who": "student"}
    weak = Note(stage="student", seed=0, who="student", level="warning", code="student-weak", parameters=parameters)
    page = bring(qtbot, window, a_told_run(home, stamped([*story[: place + 1], weak, *story[place + 1 :]])))
    assert named(page, "lower-rate").text() == "Lower the learning rate to 0.0001"
    standing = page.standing
    qtbot.waitUntil(
        lambda: standing.height() == max(standing._typical_height(), standing.verdict.heightForWidth(standing.width()))
    )
    page = bring(qtbot, window, a_told_run(home, failing("disk-full", path="/x")))  # type: ignore[arg-type]
    assert page.notice.isVisible()
    assert page.sentences.remedies.buttons == []


def test_that_a_replay_suggests_nothing_until_it_is_over(
    qtbot: QtBot, home: Home, open_run_page: Callable[[RunFolder], RunPage]
) -> None:
    page = open_run_page(a_told_run(home, a_story(seeds=[0]), text=ONE_SEED))
    assert page.sentences.advice.buttons
    controller = page._controller
    controller.start_replay()
    page._refresh()
    assert page.sentences.advice.buttons == []
    controller.end_replay()
    page._refresh()
    assert [button.text() for button in page.sentences.advice.buttons] == ["Run 3 seeds for an interval"]


def test_that_the_palette_applies_them_too(qtbot: QtBot, window: MainWindow, home: Home) -> None:
    hand = Hand(qtbot, window)
    assert hand.grey("run.suggestions") == "No run is in view"
    bring(qtbot, window, a_told_run(home, a_story(seeds=[0]), text=ONE_SEED))
    hand("run.suggestions", "Run 3 seeds for an interval")
    asked = window.new_page.experiment()
    assert asked is not None
    assert asked.seeds == (0, 1, 2)
    bring(qtbot, window, a_told_run(home, failing("disk-full", path="/x")))  # type: ignore[arg-type]
    assert hand.grey("run.suggestions") == "There is nothing to suggest for the run in view"
