"""What lies in a home, how much room it takes, who needs it, and how it goes: to the system's trash, never for good."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.launch import starting
from kdstudio.runs.status import State
from kdstudio.spec.errors import KnownFailure
from kdstudio.spec.regular_files import read_text

_NAMES_RUN = re.compile(r"weights:\s*['\"]?run:([\w.-]+)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """Bytes taken by each kind of thing in a home."""

    runs: int
    teachers: int
    outputs: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.runs + self.teachers + self.outputs


def _always() -> bool:
    return True


def room_of(home: Home, go_on: Callable[[], bool] = _always) -> Room:
    """How much room a home takes. Walks all files: not for the window's thread.

    Args:
        go_on: asked at each folder; says False to end at once, with what has been counted so far.
    """
    runs, teachers, outputs = (bytes_in(folder, go_on) for folder in (home.runs, home.teachers, home.outputs))
    return Room(runs=runs, teachers=teachers, outputs=outputs)


def bytes_in(folder: Path, go_on: Callable[[], bool] = _always) -> int:
    """The bytes of all files below `folder`; what vanishes meanwhile does not count."""
    total = 0
    for path, _, names in os.walk(folder):
        if not go_on():
            return total
        for name in names:
            try:
                total += (Path(path) / name).lstat().st_size
            except OSError:
                continue
    return total


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaving:
    """A run that shall go: the bytes it takes, and the runs that start from its student."""

    run: RunFolder
    bytes: int
    users: tuple[RunFolder, ...]


def leaving(runs: Sequence[RunFolder], home: Home, go_on: Callable[[], bool] = _always) -> list[Leaving]:
    """What goes with each of `runs`. Reads the experiment of every run once: not for the window's thread.

    Args:
        go_on: asked at each folder; says False to end at once, with nothing.
    """
    going = {run.path for run in runs}
    users: dict[str, list[RunFolder]] = {}
    for other in home.folders():
        if not go_on():
            return []
        if other.path not in going:
            for name in set(_runs_named_by(other)):
                users.setdefault(name, []).append(other)
    found = [
        Leaving(run=run, bytes=bytes_in(run.path, go_on), users=tuple(_users_of(run, users))) for run in runs if go_on()
    ]
    return found if go_on() else []


def _users_of(run: RunFolder, users: dict[str, list[RunFolder]]) -> Iterator[RunFolder]:
    """Runs made by earlier versions may name another by the beginning of its id."""
    for name, found in users.items():
        if run.id.startswith(name):
            yield from found


def _runs_named_by(run: RunFolder) -> Iterator[str]:
    try:
        text = read_text(run.experiment_file, errors="replace")
    except OSError:
        return
    yield from _NAMES_RUN.findall(text)


def at_work(run: RunFolder) -> bool:
    """Whether a process works on it, or has been launched to and is still importing: it holds no lock yet."""
    return run.alive() or starting(run) is not None


def discard_run(run: RunFolder) -> None:
    """Move a run to the system's trash.

    Raises:
        KnownFailure: it is at work, or the trash does not take it; it is as it was.
    """
    if at_work(run):
        raise KnownFailure("run-at-work", run=run.id)
    _discard(run.path)


def shared(folder: Path) -> list[Path]:
    """What lies in `folder` (a home's teachers or outputs) and can go: all but what a run is building or reading now.

    Raises:
        OSError: the folder cannot be read.
    """
    return [path for path in sorted(folder.iterdir()) if path.is_dir() and _is_idle(_lock_of(path))]


def discard_shared(path: Path) -> bool:
    """Move a teacher, or outputs, to the trash; False where a run has begun to build or read it: it stays.

    Raises:
        KnownFailure: the trash does not take it.
    """
    if not _is_idle(_lock_of(path)):
        return False
    if path.exists():
        _discard(path)
    return True


def needing_teachers(home: Home, go_on: Callable[[], bool] = _always) -> list[RunFolder]:
    """The runs that are not over and learn from a teacher that is trained here: without it they train it again.

    Reads every run once: not for the window's thread.

    Args:
        go_on: asked at each run; says False to end at once, with those found so far.
    """
    found: list[RunFolder] = []
    for run in home.folders():
        if not go_on():
            break
        if run.status().state is not State.COMPLETED and _trains_a_teacher(run):
            found.append(run)
    return found


def _trains_a_teacher(run: RunFolder) -> bool:
    from kdstudio.spec import Classification, SpecError
    from kdstudio.spec.models import TRAIN

    try:
        asked = run.experiment()
    except (SpecError, OSError):
        return False
    return isinstance(asked, Classification) and asked.teacher.weights == TRAIN


def _lock_of(path: Path) -> Path:
    """What a run holds while it builds or reads `path`; what it builds lies aside, as .NAME.part, until it is whole."""
    name = path.name.removeprefix(".").removesuffix(".part") if path.name.startswith(".") else path.name
    return path.with_name(f"{name}.lock")


def _is_idle(lock: Path) -> bool:
    if not lock.exists():
        return True
    try:
        with FileLock(lock, timeout=0):
            return True
    except (Timeout, OSError):
        return False


def _discard(path: Path) -> None:
    from send2trash import send2trash

    try:
        send2trash(path)
    except OSError as error:
        raise KnownFailure("trash-refuses", path=str(path), why=str(error)) from None
