"""A run's progress in a terminal: a live bar where somebody watches, plain lines where nobody does. On stderr only."""

import os
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from kdstudio.runs.events import AnyEvent, Evaluated, Note, Progress, RunEnded, StageEnded, StageStarted, StepLogged
from kdstudio.runs.failures import explain
from kdstudio.runs.state import RunState
from kdstudio.runs.summary import percent
from kdstudio.terminal_text import escaped

if TYPE_CHECKING:
    import rich.progress

STAGES = {
    "teacher": "Teacher",
    "teacher-check": "Teacher check",
    "teacher-outputs": "Teacher's outputs",
    "baseline": "Baseline",
    "student": "Student",
    "evaluation": "Test",
}


def say(text: str, stream: TextIO) -> None:
    """Print a line to stdout or stderr. Where nobody reads it any more, it and what follows go nowhere: how a command ends
    depends on the run alone."""
    try:
        print(text, file=stream, flush=True)
    except OSError:
        with suppress(OSError, ValueError), Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())


class Watcher:
    """Shows the events of a run as they come. Use as a context; call it with each event and the fold."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._bar: rich.progress.Progress | None = None
        self._task: rich.progress.TaskID | None = None
        self._accuracy = ""

    def __enter__(self) -> Self:
        if self._live:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (
                TextColumn("{task.description}", markup=False), BarColumn(), TextColumn("{task.percentage:>3.0f} %"),
                TimeRemainingColumn(), TextColumn("{task.fields[accuracy]}", markup=False),
            )  # fmt: skip
            self._bar = Progress(*columns, console=Console(stderr=True))
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            with suppress(OSError):  # the terminal is gone
                self._bar.stop()

    def __call__(self, event: AnyEvent, state: RunState) -> None:
        """Show one event."""
        match event:
            case StageStarted():
                self._begin(event, state)
            case Progress() | StepLogged():
                self._move(event)
            case Evaluated(split="validation"):
                self._accuracy = self._accuracy_of(event)
                self._move(event)
            case StageEnded():
                self._finish(event)
            case Note() if event.code != "device-ready":
                words = explain(event.code, event.parameters)
                self._say(f"  {words.title}: {words.cause} {words.remedy}".rstrip())
            case RunEnded(outcome="failed"):
                words = explain(event.code, event.parameters)
                self._say(f"Failed. {words.title}.\n  {words.cause}\n  {words.remedy}")

    def _say(self, text: str) -> None:
        text = escaped(text)
        if self._bar is not None:
            self._bar.console.print(text, markup=False, highlight=False)
        else:
            print(text, file=sys.stderr, flush=True)

    def _begin(self, event: StageStarted, state: RunState) -> None:
        name = _named(event)
        self._accuracy = ""
        if self._bar is None:
            return
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task(name, total=event.planned or None, accuracy="")

    def _move(self, event: AnyEvent) -> None:
        if self._bar is None or self._task is None:
            return
        if isinstance(event, Progress):
            self._bar.update(self._task, completed=event.done, total=event.total)
        self._bar.update(self._task, accuracy=self._accuracy)

    def _accuracy_of(self, event: Evaluated) -> str:
        accuracy, agreement = event.metrics.get("accuracy"), event.metrics.get("agreement")
        told = f"accuracy {percent(accuracy)}" if accuracy is not None else ""
        return f"{told}, agreement {percent(agreement)}" if agreement is not None else told

    def _finish(self, event: StageEnded) -> None:
        if self._bar is not None and self._task is not None:
            self._bar.remove_task(self._task)
            self._task = None
        how = " (reused)" if event.reused else f": {self._accuracy}" if self._accuracy else ""
        self._say(f"{_named(event)}{how}")


def _named(event: AnyEvent) -> str:
    name = STAGES.get(event.stage or "", event.stage or "")
    return f"{name}, seed {event.seed}" if event.seed is not None else name
