"""The fake runner: a training process that tells recorded events as fast as it is asked to, and trains nothing.

It is started as the true one is, by another command alone; its files, lock, heartbeat, statuses and answers to requests are
true. Run as a program it is the process; imported it is the launcher that a test hands to the window.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

import msgspec  # noqa: E402
import psutil  # noqa: E402

from kdstudio.runs.events import (  # noqa: E402
    AnyEvent,
    EventReader,
    EventWriter,
    ModelReady,
    Note,
    RunEnded,
    RunStarted,
    Saved,
    StageStarted,
    StepLogged,
)
from kdstudio.runs.files import write_json  # noqa: E402
from kdstudio.runs.folder import Request, RunFolder  # noqa: E402
from kdstudio.runs.home import Home  # noqa: E402
from kdstudio.runs.launch import launch  # noqa: E402
from kdstudio.runs.state import RunState, State  # noqa: E402
from kdstudio.runs.summary import summarise  # noqa: E402
from tests.fakes import a_story  # noqa: E402

SPEED = 100.0  # times as fast as it was recorded
RECORDINGS = Path(__file__).parent / "recordings"
RECORDED = """
kind: classification
title: A recorded run
dataset: {kind: digits, labelled: 0.2}
teacher: {kind: mlp, hidden: [16]}
student: {kind: mlp, hidden: [8]}
method: {kind: soft-targets, temperature: 3, alpha: 0.5}
teacher_training: {steps: 60, learning_rate: 0.01, evaluate_every: {steps: 20}, checkpoint_every: {steps: 20}}
training: {steps: 80, learning_rate: 0.01, evaluate_every: {steps: 20}, checkpoint_every: {steps: 20}}
compute: {device: cpu, threads: 1}
seeds: [0, 1]
"""
"""What `record.py` carries out."""
PLACES = ("queued", "preparing", "teacher", "teacher-outputs", "baseline", "student", "evaluation", "pausing", "stopping")
"""Where something may befall it: a state, or the middle of the first stage of that name."""


def recording(name: str) -> list[AnyEvent]:
    """The events of a real run that ended so: normal, not-a-number, out-of-memory, disk-full."""
    return EventReader(RECORDINGS / f"{name}.jsonl").read()


class Player:
    """A launcher.

    Args:
        pace: seconds between two events, beside those that were recorded.
        habits: "deaf" (hears no request), "dies" (before its first word), "sleeps" (never says one), "fails" (says so),
            "silent" (waits for ever after the first events), "clock" (the computer's clock jumps by hours, ahead and back);
            at one of PLACES: "hold=" (waits there for a request, or for a file "go"), "kill=" (kill -9, in the middle of a
            line), "freeze=" (is stopped by the system, heartbeat and all).
        story: the recording that is told; "" for a made-up one.
    """

    def __init__(self, pace: float = 0.0, *habits: str, story: str = "") -> None:
        self.pace, self.habits, self.story = pace, habits, story
        self.processes: list[subprocess.Popen[bytes]] = []

    def command(self, folder: RunFolder, home: Home) -> list[str]:
        """What stands in for `kdstudio.runs.launch.command`."""
        return [sys.executable, __file__, str(folder.path), str(self.pace), self.story, *self.habits]

    def __call__(self, folder: RunFolder, home: Home) -> "subprocess.Popen[bytes]":
        process = launch(folder, home, self.command)
        self.processes.append(process)
        return process

    def end(self) -> None:
        """End every process that is still there, whoever has started it."""
        for child in psutil.Process().children():
            try:
                if __file__ in child.cmdline():
                    child.kill()
            except psutil.Error:  # it has just ended
                continue
        for process in self.processes:
            process.wait()


def rest(story: Sequence[AnyEvent], told: Sequence[AnyEvent]) -> list[AnyEvent]:
    """How an attempt goes on with `story` when `told` has been told: as the engine does, from the last checkpoint."""
    for event in reversed(told):
        if isinstance(event, Saved | StageStarted):
            place = next(number for number, each in enumerate(story) if _same(each, event))
            step = event.step if isinstance(event, Saved) else 0
            first = next(number for number, each in enumerate(story) if isinstance(each, StageStarted))
            again = place + isinstance(event, Saved)
            return [RunStarted(resumes_from=[event.stage, event.seed, step]), *story[1:first], *story[again:]]
    return list(story)


def _same(one: AnyEvent, other: AnyEvent) -> bool:
    def sign(event: AnyEvent) -> tuple[object, ...]:
        return type(event), event.stage, event.seed, getattr(event, "step", None)

    return sign(one) == sign(other)


class Runner:
    """The process: one attempt."""

    def __init__(self, folder: RunFolder, pace: float, story: str, habits: Sequence[str]) -> None:
        self._folder, self._pace, self._habits = folder, pace, habits
        self._recorded, self._story = bool(story), recording(story) if story else a_story()
        self._state, self._jump = RunState(), timedelta()
        self._asked: Request | None = None
        self._stage: StageStarted | None = None

    def run(self) -> int:
        """Tell the story, or as much of it as is wanted; the exit code of the true runner."""
        told = EventReader(self._folder.events_file).read()
        self._state.apply_all(told)
        self._attempt = max(self._folder.status().attempt, self._state.attempt) + 1
        self._seq, self._began, self._before = len(told), time.monotonic(), 0.0
        self._experiment = self._folder.experiment()
        events = rest(self._story, told) if self._recorded else self._story
        with self._folder.hold():
            threading.Thread(target=self._beat, daemon=True).start()
            self._set(State.QUEUED)
            with EventWriter(self._folder.events_file) as self._writer:
                self._reach("queued")
                return self._tell(events)

    def _tell(self, events: Sequence[AnyEvent]) -> int:
        if not self._recorded:  # the made-up story has no word on the device
            self._set(State.PREPARING)
            self._set(State.RUNNING)
        self._offset = next(event.seconds for event in events if not isinstance(event, RunStarted))
        for number, event in enumerate(events):
            if "clock" in self._habits:
                self._jump = timedelta(hours=(0, 5, -30)[3 * number // len(events)])
            if "fails" in self._habits and number == 30:
                place = {"stage": "teacher", "step": 7, "term": "labels"}
                event = RunEnded(outcome="failed", code="not-a-number", parameters=place)
            if self._listen():
                event = self._obeyed()
            self._append(event)
            if isinstance(event, RunEnded):
                return self._end(event)
            while "silent" in self._habits and number == 30:
                time.sleep(0.1)
            self._reach_with(event)
        raise AssertionError("a story ends with RunEnded")

    def _append(self, event: AnyEvent) -> None:
        """Write an event when its time has come, and say what the true runner says with it."""
        seconds = max(0.0, event.seconds - self._offset)
        time.sleep(self._pace + (max(0.0, seconds - self._before) / SPEED if self._recorded else 0.0))
        self._before = max(self._before, seconds)
        self._seq += 1
        at = (datetime.now(UTC) + self._jump).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        stamped = msgspec.structs.replace(
            event, seq=self._seq, attempt=self._attempt, at=at, seconds=seconds or self._before
        )
        self._writer.append(stamped)
        self._state.apply(stamped)
        match stamped:
            case Note(code="device-ready"):
                self._set(State.PREPARING)
                self._reach("preparing")
            case ModelReady() if self._folder.status().state is State.PREPARING:
                self._set(State.RUNNING)
            case StageStarted():
                self._stage = stamped
                write_json(self._folder.summary_file, summarise(self._state, self._experiment.title, self._experiment))

    def _reach_with(self, event: AnyEvent) -> None:
        """The middle of a training, and the beginning of any other stage."""
        stage = self._stage
        if stage is None or stage.stage is None or event.stage != stage.stage:
            return
        counted = stage.unit != "steps"
        if counted or (isinstance(event, StepLogged) and event.step >= stage.planned / 2):
            self._reach(stage.stage)

    def _reach(self, place: str) -> None:
        """What befalls it at `place`."""
        for fate in ("kill", "freeze", "hold"):
            if f"{fate}={place}" in self._habits:
                getattr(self, f"_{fate}")()

    def _kill(self) -> None:
        self._tear()
        os.kill(os.getpid(), signal.SIGKILL)

    def _tear(self) -> None:
        with self._folder.events_file.open("ab") as file:
            file.write(b'{"type":"StepLogged","seq":')

    def _freeze(self) -> None:
        self._habits = [habit for habit in self._habits if not habit.startswith("freeze=")]
        os.kill(os.getpid(), signal.SIGSTOP)

    def _hold(self) -> None:
        while not self._listen() and not (self._folder.path / "go").exists():
            time.sleep(0.02)

    def _listen(self) -> bool:
        """Whether it is to end."""
        if "deaf" not in self._habits:
            for request in self._folder.take_requests(self._attempt):
                if request in (Request.STOP, Request.PAUSE):
                    self._asked = self._asked or request
        return self._asked is not None

    def _obeyed(self) -> RunEnded:
        stopping = self._asked is Request.STOP
        self._set(State.STOPPING if stopping else State.PAUSING)
        self._reach("stopping" if stopping else "pausing")
        return RunEnded(outcome="stopped" if stopping else "paused")

    def _end(self, event: RunEnded) -> int:
        write_json(self._folder.summary_file, summarise(self._state, self._experiment.title, self._experiment))
        self._set(State(event.outcome), event.code, **event.parameters)
        return {"completed": 0, "failed": 1}.get(event.outcome, 130)

    def _set(self, state: State, code: str | None = None, **parameters: object) -> None:
        self._folder.set_status(state, attempt=self._attempt, code=code, **parameters)

    def _beat(self) -> None:
        count = 0
        while True:
            try:
                self._folder.heartbeat_file.write_text(str(count))
            except OSError:  # the test is over, and its home is gone
                return
            count += 1
            time.sleep(0.2)


if __name__ == "__main__":
    if "dies" in sys.argv:
        sys.exit("the interpreter could not find its feet")
    while "sleeps" in sys.argv:
        time.sleep(0.1)
    sys.exit(Runner(RunFolder(Path(sys.argv[1])), float(sys.argv[2]), sys.argv[3], sys.argv[4:]).run())
