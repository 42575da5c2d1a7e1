"""Real training processes for tests: started as anyone starts them, watched through the run's own files."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from kdstudio.runs.events import AnyEvent, EventReader
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.launch import launch
from tests.fakes import ROOT

PATIENCE = 90.0  # seconds, for a process that imports torch on a busy computer

EXPERIMENT = """
kind: classification
title: Digits, few labels
dataset: {kind: digits, labelled: 0.2}
teacher: {kind: cnn, width: 4, dropout: 0.2}
student: {kind: mlp, hidden: [8], dropout: 0.1}
method: {kind: soft-targets, temperature: 3, alpha: 0.5}
teacher_training: {steps: 60, checkpoint_every: {steps: 20}, evaluate_every: {steps: 20}}
training: {steps: 200, checkpoint_every: {steps: 20}, evaluate_every: {steps: 20}}
compute: {device: cpu, threads: 1}
seeds: [0, 1]
"""


class AtWork:
    """One attempt of a run, in a process of its own. A context that kills the process if it is still there at its end."""

    def __init__(self, folder: RunFolder, home: Home) -> None:
        self.folder = folder
        self._before = folder.fold()[0].attempt
        self._reader = EventReader(folder.events_file)
        self._waiting: list[AnyEvent] = []
        self.process = launch(folder, home)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def until(self, wanted: Callable[[AnyEvent], bool]) -> AnyEvent:
        """The next event of this attempt that is `wanted`, as soon as it is on disk."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            over = self.process.poll() is not None  # asked first, so that its last words are read all the same
            self._waiting += self._reader.read()
            while self._waiting:
                event = self._waiting.pop(0)
                if event.attempt > self._before and wanted(event):
                    return event
            assert not over, f"it ended early:\n{self.folder.log_file.read_text()}"
            time.sleep(0.001)
        raise AssertionError(f"not seen within {PATIENCE} s:\n{self.folder.log_file.read_text()}")

    def until_step(self, stage: str, seed: int | None, step: int) -> AnyEvent:
        """The first logged step of a stage that is not before `step`."""
        return self.until(
            lambda event: (event.stage, event.seed) == (stage, seed) and getattr(event, "step", -1) >= step
        )

    def kill(self) -> bool:
        """End it as the system does when memory is short, with no chance to say or write anything: whether it was at work."""
        self.process.kill()
        return self.process.wait(PATIENCE) == -signal.SIGKILL

    def end(self) -> int:
        """Wait until it ends by itself; its exit code."""
        return self.process.wait(PATIENCE)


def cli(*arguments: str | Path, given: str = "", timeout: float = PATIENCE) -> "subprocess.CompletedProcess[str]":
    """`kdstudio` with `arguments`, its output piped; `given` is what it reads from its standard input."""
    command = [sys.executable, "-m", "kdstudio", *map(str, arguments)]
    return subprocess.run(
        command, input=given, capture_output=True, text=True, timeout=timeout, cwd=ROOT, check=False
    )
