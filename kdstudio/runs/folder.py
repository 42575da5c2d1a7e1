"""One run on disk: its files, its status, its lock, and the requests that others leave for it."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kdstudio.runs.files import patiently, read_json, remove, write_json, write_whole
from kdstudio.runs.status import State, check_transition
from kdstudio.spec.errors import KnownFailure

# yaml, filelock and the events take a twentieth of a second to import: only what needs them does.
if TYPE_CHECKING:
    from filelock import FileLock

    from kdstudio.runs.events import EventReader
    from kdstudio.runs.state import RunState
    from kdstudio.spec import Experiment


LONGEST = 500  # letters of what a run is called, and of its headline


class Request(StrEnum):
    """What somebody else may ask of a run at work."""

    STOP = "stop"
    PAUSE = "pause"
    SAVE = "save"
    EVALUATE = "evaluate"


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """What status.json says. `code` and `parameters` are those of the failure, when there is one."""

    state: State = State.QUEUED
    attempt: int = 0
    host: str = ""
    pid: int = 0
    code: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class About:
    """What people wrote about a run: about.yaml. The runner never touches it."""

    name: str = ""
    tags: tuple[str, ...] = ()
    notes: str = ""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of one run. Reading it never fails for what a crash may have left in it."""

    path: Path

    @property
    def id(self) -> str:
        """The short name of the run: the end of its folder's name."""
        return self.path.name.rsplit("_", 1)[-1]

    @property
    def created(self) -> str:
        """When the run was made, UTC: "2026-11-24 03:05:41", or "" where the folder's name does not say."""
        stamp = self.path.name.split("_", 1)[0]
        try:
            return time.strftime("%Y-%m-%d %H:%M:%S", time.strptime(stamp, "%Y%m%d-%H%M%S"))
        except ValueError:
            return ""

    @property
    def called(self) -> str:
        """What people call the run: the name that it was given, else its experiment's title, else its folder's name."""
        from kdstudio.spec import SpecError

        named = self.about().name or str(self.summary().get("title") or "")
        if named:
            return named[:LONGEST]
        try:
            return self.experiment().title or self.path.name
        except SpecError:
            return self.path.name

    @property
    def events_file(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def summary_file(self) -> Path:
        return self.path / "summary.json"

    @property
    def status_file(self) -> Path:
        return self.path / "status.json"

    @property
    def experiment_file(self) -> Path:
        return self.path / "experiment.yaml"

    @property
    def log_file(self) -> Path:
        return self.path / "log.txt"

    @property
    def heartbeat_file(self) -> Path:
        return self.path / "heartbeat"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def artefacts(self) -> Path:
        return self.path / "artefacts"

    @property
    def student(self) -> Path:
        return self.path / "student"

    @property
    def lock(self) -> "FileLock":
        """The lock that the runner holds for its life; a fresh handle each time."""
        from filelock import FileLock

        return FileLock(self.path / "run.lock", timeout=0)

    def create(self, experiment: "Experiment") -> None:
        """Make the folder, queued, with `experiment` in it, under a title in any case: the folder is the truth.

        Raises:
            OSError: it cannot be written; nothing is left of it.
        """
        from kdstudio.spec import dump, titled

        self.path.mkdir(parents=True)
        try:
            for folder in (self.checkpoints, self.artefacts, self.path / "control"):
                folder.mkdir()
            write_whole(self.experiment_file, dump(titled(experiment)), durable=True)
            write_json(self.status_file, _plain(Status()))
        except OSError:
            remove(self.path)  # what is left of it would be listed as a run that was killed
            raise

    def experiment(self) -> "Experiment":
        """The experiment of this run.

        Raises:
            SpecError: experiment.yaml is missing or damaged.
        """
        from kdstudio.spec import load

        return load(self.experiment_file)

    def status(self) -> Status:
        """What the status file says, even when the process that wrote it is gone."""
        values = read_json(self.status_file) or {}
        known = {name: values[name] for name, kinds in _STATUS.items() if type(values.get(name)) in kinds}
        try:
            return Status(**{**known, "state": State(known.get("state", State.LOST))})
        except ValueError:
            return Status(state=State.LOST)

    def current(self) -> Status:
        """The status as it is: a run that should be at work but has no process is lost, or ended without being able to say so."""
        said = self.status()
        waiting = said.state is State.QUEUED and said.attempt == 0
        if not said.state.active or waiting or self.alive():
            return said
        # It may have ended between the two looks.
        again = self.status()
        if not again.state.active:
            return again
        from kdstudio.runs.lost import verdict

        return verdict(self, again)

    def set_status(self, state: State, *, attempt: int, code: str | None = None, **parameters: Any) -> None:
        """Move to `state`, as this process.

        Raises:
            ForbiddenTransition: the run is in a state that `state` cannot follow.
        """
        import socket  # 3 ms, and who only reads runs needs it not

        old = self.status()
        if old.attempt == attempt:
            check_transition(old.state, state)
        write_json(self.status_file, _plain(Status(
            state=state, attempt=attempt, host=socket.gethostname(), pid=os.getpid(), code=code, parameters=parameters,
        )))  # fmt: skip

    def alive(self) -> bool:
        """Whether a process holds the run's lock."""
        if not (self.path / "run.lock").is_file():
            return False
        try:
            with self.lock:
                return False
        except TimeoutError:
            return True
        except OSError:  # in a place that can only be read, the lock cannot be taken as a runner takes it
            return _is_locked(self.path / "run.lock")

    def hold(self, patience: float = 1.0) -> contextlib.AbstractContextManager[object]:
        """Take the run's lock, until the end of a `with` block. A reader that asks `alive` holds it for an instant, so this
        asks again for `patience`.

        Raises:
            KnownFailure: another process is at work on the run.
        """
        lock = self.lock
        try:
            return lock.acquire(timeout=patience, poll_interval=0.02)
        except TimeoutError:
            raise KnownFailure("already-running", run=self.id, pid=self.status().pid) from None

    def ask(self, request: Request) -> bool:
        """Leave a request for the attempt at work; False when there is none."""
        status = self.current()
        if not status.state.active or status.attempt == 0:
            return False
        control = self.path / "control"
        control.mkdir(exist_ok=True)
        write_json(control / f"{request}.json", {"attempt": status.attempt})
        return True

    def take_requests(self, attempt: int) -> Iterator[Request]:
        """Take the requests left for `attempt`, stop first; those for other attempts are removed."""
        for request in Request:
            path = self.path / "control" / f"{request}.json"
            if not path.exists():
                continue
            values = read_json(path)
            with contextlib.suppress(FileNotFoundError):
                patiently(path.unlink)
            if values is not None and values.get("attempt") == attempt:
                yield request

    def summary(self) -> dict[str, Any]:
        """The last summary that the run wrote; empty when there is none yet."""
        return read_json(self.summary_file) or {}

    def fold(self) -> "tuple[RunState, EventReader]":
        """All events so far, folded, and the reader that stands behind them."""
        from kdstudio.runs.events import EventReader
        from kdstudio.runs.state import RunState

        reader, state = EventReader(self.events_file), RunState()
        state.apply_all(reader.read())
        return state, reader

    def about(self) -> About:
        """What people wrote about the run; empty where nothing, or nothing readable, is there."""
        from kdstudio.spec.plain_yaml import UNREADABLE, read_yaml_file

        try:
            values = read_yaml_file(self.path / "about.yaml")
            tags = tuple(str(tag) for tag in values.get("tags") or ())
            return About(name=str(values.get("name") or ""), tags=tags, notes=str(values.get("notes") or ""))
        except (OSError, *UNREADABLE):
            return About()

    def set_about(self, about: About) -> None:
        """Write about.yaml."""
        from kdstudio.spec.yaml_file import to_yaml

        values = {"name": about.name, "tags": list(about.tags), "notes": about.notes}
        write_whole(self.path / "about.yaml", to_yaml(values), durable=True)


def _is_locked(path: Path) -> bool:
    """Whether a process holds the lock at `path`, asked without writing there; True where nobody can know."""
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    return False


# What each field of status.json may be; what is something else is left out.
_STATUS: dict[str, tuple[type, ...]] = {
    "state": (str,), "attempt": (int,), "host": (str,), "pid": (int,), "code": (str,), "parameters": (dict,),
}  # fmt: skip


def _plain(status: Status) -> dict[str, Any]:
    return {**asdict(status), "state": str(status.state)}
