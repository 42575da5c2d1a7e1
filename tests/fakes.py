"""Hand-made stand-ins that tests pass in: a clock, the events of a run that never trained, processes at work.

Nothing here imports torch or Qt.
"""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from kdstudio.runs.events import (
    AnyEvent,
    Evaluated,
    EventWriter,
    ModelReady,
    Note,
    Progress,
    RunEnded,
    RunStarted,
    Sampled,
    Saved,
    StageEnded,
    StageStarted,
    StepLogged,
)
from kdstudio.runs.files import write_json
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.launch import new_run
from kdstudio.runs.state import RunState
from kdstudio.runs.summary import summarise
from kdstudio.spec import loads

ROOT = Path(__file__).resolve().parent.parent
EXPERIMENT = "kind: classification\ntitle: Digits of a test\nseeds: [0, 1, 2]\n"
SPLIT = ("both", "teacher_only", "student_only", "neither")


class FakeClock:
    """Monotonic seconds that pass when the test says so."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


def a_story(
    *, seeds: Sequence[int] = (0, 1, 2), steps: int = 40, gain: float = 0.05, baseline: bool = True
) -> list[AnyEvent]:
    """The events of one undisturbed, completed run, in the order in which the engine writes them.

    Args:
        steps: optimiser steps of each network; a multiple of 10, at which it is evaluated and saved.
        gain: how much better the student is than the baseline on test data, a little different for each seed.
    """
    events: list[AnyEvent] = [RunStarted()]
    events += _models(baseline)
    events += _training("teacher", None, steps, top=0.97)
    events += _counted("teacher-check", 100, [_measured("teacher-check", None, "teacher", "validation", 0, 0.97)])
    events += _counted("teacher-outputs", 1000, [])
    for seed in seeds:
        if baseline:
            events += _training("baseline", seed, steps, top=0.85 + 0.01 * (seed % 3))
        events += _training("student", seed, steps, top=0.85 + 0.01 * (seed % 3) + gain)
    final = [_measured("evaluation", None, "teacher", "test", 0, 0.96)]
    for seed in seeds:
        alone = 0.84 + 0.01 * (seed % 3)
        if baseline:
            final.append(_measured("evaluation", seed, "baseline", "test", 0, alone))
        final.append(_measured("evaluation", seed, "student", "test", 0, alone + gain + 0.001 * (seed % 2)))
    events += _counted("evaluation", float(1 + len(final)), final)
    events.append(RunEnded(outcome="completed"))
    return stamped(events)


def stamped(events: Iterable[AnyEvent], attempt: int = 1, first: int = 0) -> list[AnyEvent]:
    """`events` with what the writer of attempt `attempt` stamps on them."""
    return [
        msgspec.structs.replace(event, seq=number, attempt=attempt, at="2026-11-24T03:05:41Z", seconds=0.25 * number)
        for number, event in enumerate(events, start=first)
    ]


def resumed(story: Sequence[AnyEvent], *kills: int) -> list[AnyEvent]:
    """`story` as several attempts tell it: one is killed before each of `kills` (places in `story`), the next
    goes on from the last checkpoint before that."""
    told: list[AnyEvent] = []
    start: list[AnyEvent] = []
    place = 0
    for attempt, killed_at in enumerate([*sorted(kills), len(story)], start=1):
        told += stamped([*start, *story[place:killed_at]], attempt, first=len(told))
        checkpoint, place = _checkpoint(story[:killed_at])
        models = [event for event in story if isinstance(event, ModelReady)]
        start = [RunStarted(resumes_from=checkpoint), *models]
    return told


def _checkpoint(events: Sequence[AnyEvent]) -> tuple[list[Any] | None, int]:
    """[stage, seed, step] of the last checkpoint in `events`, and where the story goes on after it."""
    for place in range(len(events) - 1, -1, -1):
        event = events[place]
        if isinstance(event, Saved):
            return [event.stage, event.seed, event.step], place + 1
        if isinstance(event, StageStarted):
            return [event.stage, event.seed, 0], place
    return None, 1


def _models(baseline: bool) -> Iterator[AnyEvent]:
    yield ModelReady(who="teacher", parameters=90_000, macs=800_000, bytes=360_000, input=[1, 8, 8], classes=3)
    for who in ("baseline", "student") if baseline else ("student",):
        yield ModelReady(who=who, parameters=2_400, macs=2_400, bytes=9_600, input=[1, 8, 8], classes=3)


def _training(stage: str, seed: int | None, steps: int, *, top: float) -> Iterator[AnyEvent]:
    at: dict[str, Any] = {"stage": stage, "seed": seed, "who": stage}
    yield StageStarted(**at, planned=float(steps), unit="steps")
    if stage == "student":
        yield Note(**at, level="info", code="few-labels", parameters={"count": 3})
    yield from (_measured(stage, seed, stage, split, 0, 0.3) for split in ("train", "validation"))
    for step in range(1, steps + 1):
        share = step / steps
        terms = {"labels": 2.0 * (1 - share) + 0.1}
        if stage == "student":
            terms["soft targets"] = 5.0 * (1 - share) + 0.2
        if step % 2 == 0:
            yield StepLogged(**at, step=step, epoch=step / 8, lr=0.001 * (1 - share), terms=terms, rate=400.0)
            yield Progress(**at, done=float(step), total=float(steps), unit="steps", rate=400.0)
        if step % 10 == 0:
            value = top * (0.5 + 0.5 * share)
            yield from (_measured(stage, seed, stage, split, step, value) for split in ("train", "validation"))
            if stage == "student":
                yield Sampled(**at, step=step, artefact=f"artefacts/samples_{step}.json")
            yield Saved(**at, step=step, best=step)
    yield StageEnded(**at)


def _counted(stage: str, total: float, between: Iterable[AnyEvent]) -> Iterator[AnyEvent]:
    yield StageStarted(stage=stage, planned=total, unit="images")
    yield from between
    yield Progress(stage=stage, done=total, total=total, unit="images")
    yield StageEnded(stage=stage)


def _measured(stage: str, seed: int | None, who: str, split: str, step: int, accuracy: float) -> Evaluated:
    metrics: dict[str, Any] = {
        "accuracy": accuracy,
        "nll": 1 - accuracy,
        "ece": 0.02,
        "recall": [accuracy, None, 0.5],
    }
    if who != "teacher":
        metrics |= {"agreement": accuracy, "kl": 0.4}
        metrics |= dict(zip(SPLIT, (accuracy - 0.02, 0.98 - accuracy, 0.02, 0.02), strict=True))
    return Evaluated(stage=stage, seed=seed, who=who, split=split, step=step, metrics=metrics)


def a_run(home: Home, *, text: str = EXPERIMENT) -> RunFolder:
    """A queued run of the experiment in `text`."""
    return new_run(loads(text), home)


def a_told_run(home: Home, story: Sequence[AnyEvent] | None = None, *, text: str = EXPERIMENT) -> RunFolder:
    """A completed run whose files say what `story` says, as if it had been trained."""
    folder = a_run(home, text=text)
    told = a_story() if story is None else story
    with EventWriter(folder.events_file) as writer:
        for event in told:
            writer.append(event)
    state = RunState()
    state.apply_all(told)
    write_json(folder.summary_file, summarise(state, loads(text).title, loads(text)))
    last = told[-1]
    outcome = last.outcome if isinstance(last, RunEnded) else "running"
    write_json(folder.status_file, {"state": outcome, "attempt": state.attempt, "host": "here", "pid": 1})
    return folder


def runs_named(home: Home, *titles: str) -> list[RunFolder]:
    """A completed run of each title, the last one newest."""
    made = []
    for number, title in enumerate(titles):
        folder = a_told_run(home, a_story(seeds=[0], steps=10), text=EXPERIMENT.replace("Digits of a test", title))
        moved = folder.path.with_name(f"20260101-00000{number}_{title}_{title * 4:.8}")
        made.append(RunFolder(folder.path.rename(moved)))
    return made


def a_tested_run(home: Home, classes: int = 3, *, story: Sequence[AnyEvent] | None = None) -> RunFolder:
    """A completed run with test artefacts in which class 1 is taken for class 0 twice, the second time more surely."""
    import numpy as np

    folder = a_told_run(home, story)
    labels = np.array([0, 1, 1, 2], dtype=np.int64)
    logits = np.full((4, classes), -1.0, dtype=np.float32)
    logits[[0, 3], [0, 2]] = 3.0
    logits[1, 0], logits[2, 0] = 1.0, 4.0
    names = np.array([f"class {number}" for number in range(classes)])
    np.savez(folder.artefacts / "test_outputs.npz", labels=labels, classes=names, student=logits, teacher=logits)
    pixels = np.arange(4 * 64, dtype=np.uint8).reshape(4, 8, 8)
    np.savez(folder.artefacts / "test_images.npz", images=pixels)
    return folder


AT_WORK = """
import pathlib, signal, sys, time
from kdstudio.runs.events import EventWriter
from kdstudio.runs.folder import Request, RunFolder
from kdstudio.runs.state import State
if "ignores-terminate" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
folder = RunFolder(pathlib.Path(sys.argv[1]))
with folder.hold():
    folder.set_status(State.PREPARING, attempt=1)
    folder.set_status(State.RUNNING, attempt=1)
    print("held", flush=True)
    while True:
        if "obeys" in sys.argv and Request.STOP in folder.take_requests(1):
            folder.set_status(State.STOPPED, attempt=1)
            break
        time.sleep(0.02)
"""


@contextlib.contextmanager
def a_process_at_work(folder: RunFolder, *habits: str) -> Iterator["subprocess.Popen[str]"]:
    """A real process that holds the lock of `folder` as attempt 1, until the block is left.

    Args:
        habits: "obeys" (ends on a request to stop), "ignores-terminate".
    """
    process = subprocess.Popen(
        [sys.executable, "-c", AT_WORK, str(folder.path), *habits], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def a_folder_of_pictures(folder: Path, *, each: int = 10, torn: int = 0) -> Path:
    """`each` grey pictures of cats and of dogs below `folder`; the first `torn` dogs cannot be read."""
    from PIL import Image  # not at the top: processes that tests start import this file too

    for number, name in enumerate(("cats", "dogs")):
        (folder / name).mkdir(parents=True)
        for which in range(each):
            Image.new("L", (8, 8), 100 * number + which).save(folder / name / f"{which}.png")
    for which in range(torn):
        (folder / "dogs" / f"{which}.png").write_bytes(b"no picture")
    return folder


@contextlib.contextmanager
def a_small_disk(place: Path, kilobytes: int) -> Iterator[Path]:
    """A disk of its own at `place`, so small that it can be filled; a test is skipped where none can be mounted."""
    import pytest  # not at the top: processes that tests start import this file too

    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(place)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if done.returncode != 0:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def until(condition: Any, patience: float = 60.0) -> bool:
    """Whether `condition()` comes true within `patience` seconds."""
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
