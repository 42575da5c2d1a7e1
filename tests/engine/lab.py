"""Real, tiny experiments for tests of the engine, carried out in the test's own process."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from kdstudio.data import load
from kdstudio.engine.checkpoint import Checkpoints
from kdstudio.engine.context import Context
from kdstudio.engine.control import Control
from kdstudio.engine.device import Place
from kdstudio.engine.driver import drive
from kdstudio.engine.session import session
from kdstudio.runs.events import AnyEvent, EventReader, EventWriter
from kdstudio.runs.folder import Request, RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.launch import new_run
from kdstudio.runs.state import RunState
from kdstudio.spec import Classification, loads
from tests.fakes import stamped

CPU = Place(device=torch.device("cpu"), precision=torch.float32, threads=1, name="CPU")

EXPERIMENT = """
kind: classification
title: Tiny
dataset: {kind: digits, labelled: 0.2}
teacher: {kind: mlp, hidden: [16]}
student: {kind: mlp, hidden: [8]}
method: {kind: soft-targets, temperature: 3, alpha: 0.5}
teacher_training: {steps: 60, learning_rate: 0.01, evaluate_every: {steps: 20}, checkpoint_every: {steps: 20}}
training: {steps: 40, learning_rate: 0.01, evaluate_every: {steps: 20}, checkpoint_every: {steps: 20}}
compute: {device: cpu, threads: 1}
seeds: [0, 1]
"""


def tiny(*changes: str) -> Classification:
    """An experiment that takes about half a second, with `changes` like `training.steps=3`."""
    return loads(EXPERIMENT, changes=list(changes))


def a_run(home: Home, *changes: str) -> RunFolder:
    """A queued run of `tiny`."""
    return new_run(tiny(*changes), home)


def carried_out(home: Home, *changes: str, outcome: str = "completed") -> RunFolder:
    """A run of `tiny` that was driven to its end in this very process."""
    folder = a_run(home, *changes)
    assert drive(folder, home) == outcome, folder.status()
    return folder


def a_context(home: Home, *changes: str, requests: Callable[[], Request | None] = lambda: None) -> Context:
    """What the stages of a fresh run share."""
    experiment = tiny(*changes)
    folder = new_run(experiment, home)
    return Context(
        folder=folder, home=home, experiment=experiment, images=load(experiment.dataset), place=CPU,
        checkpoints=Checkpoints(folder.checkpoints), control=Control(requests),
    )  # fmt: skip


def events_of(folder: RunFolder) -> list[AnyEvent]:
    """Everything that `folder` says has happened."""
    return EventReader(folder.events_file).read()


def codes(folder: RunFolder) -> list[str]:
    """The codes of a run's notes, in order."""
    return [note.code for note in folder.fold()[0].notes]


def drained(events: Iterator[AnyEvent]) -> tuple[list[AnyEvent], Any]:
    """What a generator yielded, and its value."""
    told = []
    while True:
        try:
            told.append(next(events))
        except StopIteration as end:
            return told, end.value


def steps_logged(folder: RunFolder, stage: str, seed: int | None) -> dict[str, list[tuple[int, float]]]:
    """term -> (step, value) of one stage."""
    found = folder.fold()[0].stages[(stage, seed)]
    return {term: list(zip(*map(list, series.arrays()), strict=True)) for term, series in found.terms.items()}


def files_in(folder: Path) -> set[str]:
    """The names of all files below `folder`."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def cut(folder: RunFolder, home: Home, events: int) -> bool:
    """Carry an attempt out until so many events are written, then leave it as kill -9 would: what comes before the
    next event is done, the event itself is not written. Whether the run was still at work."""
    attempt = folder.fold()[0].attempt + 1
    told = session(folder, lambda: None, home=home)
    with EventWriter(folder.events_file) as writer:
        for number, event in enumerate(told):
            if number == events:
                told.close()
                return True
            writer.append(stamped([event], attempt, first=number)[0])
    return False


def as_an_earlier_version(checkpoints: Path) -> None:
    """Put the only checkpoint where runs begun by earlier versions have theirs: beside the results, for all stages."""
    (folder,) = [path for path in checkpoints.iterdir() if path.name != "results"]
    for path in list(folder.iterdir()):
        path.rename(checkpoints / path.name)
    folder.rmdir()


class Halt(Exception):
    """A mistake of the program, for tests that want one."""


def halt_at(wanted: Callable[[AnyEvent], bool]) -> Callable[[AnyEvent, RunState], None]:
    """An observer of `drive` that breaks the attempt at the first event that is `wanted`."""

    def watch(event: AnyEvent, state: RunState) -> None:
        if wanted(event):
            raise Halt

    return watch
