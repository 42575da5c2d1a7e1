"""Following a run from outside: new events, its state, and whether its silence means anything."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from kdstudio.runs.events import AnyEvent, EventReader
from kdstudio.runs.folder import RunFolder, Status
from kdstudio.runs.state import State
from kdstudio.spec.regular_files import KIB, read_text

HEARTBEAT_STALE = 20.0  # seconds without a change in the counter
NO_PROGRESS = 180.0  # seconds without an event


@dataclass(frozen=True, kw_only=True, slots=True)
class News:
    """What a look at a run brought. `silence` is a code of `failures` while the run's silence means something."""

    events: tuple[AnyEvent, ...]
    status: Status
    silence: str | None = None
    silent_for: float = 0.0

    @property
    def over(self) -> bool:
        """Whether nothing more will come from this attempt."""
        return not self.status.state.active


class Follower:
    """Looks at a run again and again. All times are this process's own monotonic clock, never the run's.

    Args:
        folder: the run.
        clock: monotonic seconds.
        at: bytes of the events that are known already.
    """

    def __init__(self, folder: RunFolder, clock: Callable[[], float] = time.monotonic, *, at: int = 0) -> None:
        self.folder = folder
        self.reader = EventReader(folder.events_file, at)
        self._clock = clock
        self._beat: str | None = None
        self._beat_seen = self._event_seen = clock()

    def look(self) -> News:
        """What is new. The status is read first, so that an ended run's last events are never missed."""
        status = self.folder.current()
        events = tuple(self.reader.read())
        now = self._clock()
        beat = self._read_beat()
        if beat != self._beat:
            self._beat, self._beat_seen = beat, now
        if events:
            self._event_seen = now
        code, seconds = self._silence(status, now)
        return News(events=events, status=status, silence=code, silent_for=seconds)

    def _silence(self, status: Status, now: float) -> tuple[str | None, float]:
        waiting = status.state is State.QUEUED
        if not status.state.active or waiting:
            return None, 0.0
        if now - self._beat_seen > HEARTBEAT_STALE:
            return "no-heartbeat", now - self._beat_seen
        if now - self._event_seen > NO_PROGRESS:
            return "no-progress", now - self._event_seen
        return None, 0.0

    def _read_beat(self) -> str | None:
        try:
            return read_text(self.folder.heartbeat_file, limit=KIB)
        except (OSError, UnicodeDecodeError):
            return None
