"""What became of a run whose process is gone, and whose status still says that it is at work: what the dead could not write."""

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from kdstudio.runs.status import State
from kdstudio.spec.regular_files import read_end

if TYPE_CHECKING:
    from kdstudio.runs.folder import RunFolder, Status

ROOM = 1 << 20  # bytes; with less of them free a run can write neither its events nor how it ended
TAIL = 1 << 16  # bytes of the events in which the last one is looked for


def verdict(folder: "RunFolder", said: "Status") -> "Status":
    """How the attempt of `said` ended: by its last event where there is one, else lost, on a full disk or for no reason known."""
    ended = _ended(folder, said)
    if ended is not None:
        return ended
    if disk_is_full(folder):
        return replace(said, state=State.LOST, code="disk-full", parameters={"path": str(folder.path)})
    return replace(said, state=State.LOST, code="killed", parameters={})


def _ended(folder: "RunFolder", said: "Status") -> "Status | None":
    """By the attempt's last event; one that says "completed" is not believed, since files may be missing that come after it."""
    from kdstudio.runs.events import BadLine, RunEnded, UnknownType, from_json

    for line in reversed(_tail(folder).splitlines()):
        try:
            event = from_json(line)
        except (BadLine, UnknownType):
            continue
        if not isinstance(event, RunEnded) or event.attempt != said.attempt:
            return None
        if event.outcome not in (State.STOPPED, State.PAUSED, State.FAILED):
            return None
        return replace(said, state=State(event.outcome), code=event.code, parameters=dict(event.parameters))
    return None


def _tail(folder: "RunFolder") -> bytes:
    try:
        return read_end(folder.events_file, TAIL)
    except OSError:
        return b""


def disk_is_full(folder: "RunFolder") -> bool:
    """Whether nothing more can be written to the run."""
    try:
        return shutil.disk_usage(folder.path).free < ROOM
    except OSError:
        return False


__all__ = ["disk_is_full", "verdict"]
