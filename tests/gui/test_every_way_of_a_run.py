"""One sitting at the window, by real clicks on real training processes: what people ask of a run, up to the close of the window."""

import contextlib
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from kdstudio.gui import main_window
from kdstudio.gui.asking import TrainingRun
from kdstudio.gui.main_window import Closing, MainWindow
from kdstudio.gui.tables.columns import PLACES
from kdstudio.runs.events import Evaluated, EventReader, RunEnded, RunStarted, Saved, StageEnded, StageStarted
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.launch import process_of
from kdstudio.runs.state import State
from kdstudio.spec import loads
from tests.gui.form_fields import field, retype

QUICK = """
kind: classification
title: Asked for everything
dataset: {kind: digits, labelled: 0.05}
teacher: {kind: mlp, hidden: [32]}
student: {kind: mlp, hidden: [8]}
teacher_training: {epochs: 350, evaluate_every: {steps: 1000000}, checkpoint_every: {steps: 1000000}}
training: {epochs: 15, evaluate_every: {steps: 1000000}, checkpoint_every: {steps: 1000000}}
compute: {device: cpu, threads: 1}
seeds: [0]
"""
"""Nothing is saved or evaluated before a stage's end unless somebody asks for it."""
PATIENCE = 60_000  # milliseconds


class Sitting:
    """The window, the person at it, and what the runs write."""

    def __init__(self, qtbot: QtBot, home: Home) -> None:
        self.qtbot, self.home = qtbot, home
        self.window = MainWindow(home)
        qtbot.addWidget(self.window)
        self.window.resize(1360, 860)
        self.window.show()
        self.until(lambda: self.window.pages.count() > 0)
        self.controller, self.run = self.window.controller, self.window.run_page

    def until(self, condition: Any) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=PATIENCE)

    def click(self, button: QWidget) -> None:
        """What people can see and is not grey is clicked, as soon as it is both."""
        self.until(lambda: button.isVisible() and button.isEnabled())
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def go_to(self, page: str) -> None:
        self.click(self.window.navigation.buttons[page])

    def choose(self, title: str) -> None:
        """Click on the first run of this title in the table."""
        page = self.window.runs_page
        self.until(lambda: title in [row.title for row in page.model.shown()])
        place = [row.title for row in page.model.shown()].index(title)
        area = page.table.visualRect(page.table.model().index(place, PLACES["title"]))
        self.qtbot.mouseClick(page.table.viewport(), Qt.MouseButton.LeftButton, pos=area.center())

    @contextlib.contextmanager
    def meanwhile(self) -> Iterator[None]:
        """The training stands still, so that it is still where it was when the clicks are done, on whatever computer."""
        process = process_of(self.folder)
        assert process is not None
        process.suspend()
        try:
            yield
        finally:
            process.resume()

    @property
    def folder(self) -> RunFolder:
        assert self.controller.folder is not None
        return self.controller.folder

    def ended(self, as_: State) -> None:
        self.until(lambda: not self.controller.active and self.controller.status.state is as_)


def told(folder: RunFolder, kind: type[Any]) -> list[Any]:
    """The events of one kind that a run has written."""
    return [event for event in EventReader(folder.events_file).read() if isinstance(event, kind)]


def begun(folder: RunFolder) -> list[str]:
    """The stages that a run has begun, in their order."""
    return [event.stage for event in told(folder, StageStarted)]


def at_work(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def sitting(qtbot: QtBot, home: Home) -> Iterator[Sitting]:
    made = Sitting(qtbot, home)
    yield made
    made.window.shutdown()


@pytest.mark.timeout(400)
def test_that_one_sitting_of_clicks_does_all_that_can_be_asked_of_real_runs(
    sitting: Sitting, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def stop_and_save(parent: QWidget, runs: list[TrainingRun]) -> Closing:
        asked.append([run.title for run in runs])
        return Closing.STOP

    monkeypatch.setattr(main_window, "ask_on_close", stop_and_save)
    first = starts_saves_evaluates_and_stops(sitting)
    resumes_to_the_end(sitting, first)
    second, third = queues_it_for_longer_twice(sitting, first)
    carries_out_one_after_the_other(sitting, second, third)
    assert asked == []
    stops_and_saves_at_close(sitting, third)
    assert asked == [["Asked for everything, twice as long"]]


def starts_saves_evaluates_and_stops(sitting: Sitting) -> RunFolder:
    controls = sitting.run.controls
    sitting.go_to("new")
    sitting.window.new_page.show_experiment(loads(QUICK))
    sitting.click(sitting.window.new_page.start_button)
    sitting.until(lambda: begun(sitting.folder))
    with sitting.meanwhile():
        sitting.click(controls.save)
    sitting.until(lambda: told(sitting.folder, Saved))
    with sitting.meanwhile():
        sitting.click(controls.evaluate)
    sitting.until(lambda: [event for event in told(sitting.folder, Evaluated) if event.step > 0])
    with sitting.meanwhile():
        sitting.click(controls.stop)
        assert sitting.controller.asked is None, "it asks first"
        sitting.click(sitting.run.sentences.stop_save)
    sitting.ended(State.STOPPED)
    stages = {event.stage for event in (*told(sitting.folder, Saved), *told(sitting.folder, Evaluated))}
    assert stages == {"teacher"} and begun(sitting.folder) == ["teacher"]
    return sitting.folder


def resumes_to_the_end(sitting: Sitting, run: RunFolder) -> None:
    at = told(run, Saved)[-1].step
    sitting.go_to("runs")
    sitting.choose("Asked for everything")
    sitting.click(sitting.window.runs_page.resume)
    assert sitting.window.run_in_view()
    sitting.until(lambda: sitting.controller.status.attempt == 2)
    sitting.ended(State.COMPLETED)
    assert told(run, RunStarted)[-1].resumes_from == ["teacher", None, at]
    assert {"teacher", "baseline", "student", "evaluation"} <= set(begun(run))
    sitting.until(sitting.run.verdict.isVisible)


def queues_it_for_longer_twice(sitting: Sitting, run: RunFolder) -> tuple[RunFolder, RunFolder]:
    page = sitting.window.new_page
    sitting.click(sitting.run.sentences.longer)
    assert sitting.window.pages.currentWidget() is page
    made = page.experiment()
    assert made is not None and (made.parent, made.training.epochs) == (run.id, 30)
    sitting.click(page.summary.queue)
    sitting.go_to("new")
    assert field(page, "training.epochs").isVisible()
    retype(page, "training.epochs", "100000")  # still at work when the window closes
    sitting.click(page.summary.queue)
    second, third = (waiting.folder for waiting in sitting.window.lobby.queue.waiting)
    assert [each.status().state for each in (second, third)] == [State.QUEUED, State.QUEUED]
    assert sitting.folder == run, "nothing starts by itself"
    return second, third


def carries_out_one_after_the_other(sitting: Sitting, second: RunFolder, third: RunFolder) -> None:
    sitting.click(sitting.window.navigation.queue.switch)
    sitting.until(lambda: told(third, StageStarted))
    assert second.status().state is State.COMPLETED
    teacher = next(end for end in told(second, StageEnded) if end.stage == "teacher")
    assert teacher.reused, "the first run has trained it"
    assert told(second, RunEnded)[-1].at <= told(third, RunStarted)[0].at


def stops_and_saves_at_close(sitting: Sitting, run: RunFolder) -> None:
    sitting.until(lambda: sitting.folder == run and "baseline" in begun(run))
    sitting.window.close()
    sitting.until(lambda: not sitting.window.isVisible())
    assert run.status().state is State.STOPPED
    assert told(run, Saved)
    left = psutil.Process().children(recursive=True)  # the last one may still be on its way out
    sitting.until(lambda: not any(map(at_work, left)))
    assert not run.alive()
