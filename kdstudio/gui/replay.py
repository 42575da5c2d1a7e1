"""A finished run told again: a clock over its events' seconds, across attempts, feeding the same fold as a live run."""

import time
from bisect import bisect_right
from collections.abc import Iterable

from PySide6.QtCore import QObject, QThread, QTimer, Signal, Slot

from kdstudio.runs.events import AnyEvent, EventReader
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.state import RunState

SPEEDS = (1, 5, 20, 60)
TARGET = 20.0  # seconds that a whole replay takes, unless people choose a speed of their own
TICK = 50  # milliseconds
FRAME = 0.010  # seconds of folding at a time, so that a jump never holds up a click


class Reading(QThread):
    """Reads all events of a run."""

    def __init__(self, folder: RunFolder, parent: QObject) -> None:
        super().__init__(parent)
        self.folder = folder
        self.events: list[AnyEvent] = []

    def run(self) -> None:
        """The thread: never called directly."""
        self.events = EventReader(self.folder.events_file).read()


def times_of(events: Iterable[AnyEvent]) -> list[float]:
    """When each event happened, in seconds at work since the run began; never going back, whatever a clock did."""
    times: list[float] = []
    before, attempt, latest = 0.0, None, 0.0
    for event in events:
        if event.attempt != attempt:
            before, attempt = latest, event.attempt
        latest = max(latest, before + event.seconds)
        times.append(latest)
    return times


def fit_speed(seconds: float, target: float = TARGET) -> float:
    """The speed at which a replay of `seconds` takes about `target` seconds; never slower than the run was."""
    return max(1.0, seconds / target)


class Replay(QObject):
    """The replay of one run. `state` is the fold up to `now`; `fitted`: its speed follows from its length.

    Signals:
        changed: `now`, `state` or `playing` are other ones.
    """

    changed = Signal()

    def __init__(self, folder: RunFolder, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = RunState()
        self.now = 0.0
        self.playing = True
        self.speed = 1.0
        self.fitted = True
        self._events: list[AnyEvent] = []
        self._times: list[float] = []
        self._done = 0
        self._last = time.monotonic()
        self._reading: Reading | None = Reading(folder, self)
        self._reading.finished.connect(self._read)
        self._reading.start()
        self._timer = QTimer(self)
        self._timer.setInterval(TICK)
        self._timer.timeout.connect(self._tick)

    @property
    def length(self) -> float:
        """Seconds at work that the run took; 0 while it is being read."""
        return self._times[-1] if self._times else 0.0

    @property
    def ready(self) -> bool:
        """Whether its events have been read."""
        return self._reading is None

    @property
    def over(self) -> bool:
        """Whether everything has been told."""
        return self.ready and self._done == len(self._events)

    def play(self) -> None:
        """Go on; from the beginning, when all has been told."""
        if self.over and self.now >= self.length:
            self.seek(0.0)
        self.playing, self._last = True, time.monotonic()
        self._timer.start()
        self.changed.emit()

    def pause(self) -> None:
        """Stand still."""
        self.playing = False
        self.changed.emit()

    def seek(self, seconds: float) -> None:
        """Go to another moment; back means from the beginning, in slices."""
        self.now = min(max(0.0, seconds), self.length)
        if self._done > bisect_right(self._times, self.now):
            self.state, self._done = RunState(), 0
        self._last = time.monotonic()
        self._timer.start()
        self._advance()

    def fit(self) -> None:
        """Take about TARGET seconds for the whole."""
        self.speed, self.fitted = fit_speed(self.length), True
        self.changed.emit()

    def set_speed(self, speed: float) -> None:
        """Go `speed` times as fast as the run did."""
        self.speed, self.fitted = speed, False
        self.changed.emit()

    def shutdown(self) -> None:
        """Stop, and wait for the thread."""
        self._timer.stop()
        if self._reading is not None:
            self._reading.wait()
            self._reading = None  # its last word is still on the way, and must not set the clock going again

    @Slot()
    def _read(self) -> None:
        if self._reading is None:
            return
        self._events, self._reading = self._reading.events, None
        self._times = times_of(self._events)
        if self.fitted:
            self.fit()
        self.play()

    @Slot()
    def _tick(self) -> None:
        now = time.monotonic()
        if self.playing:
            self.now = min(self.length, self.now + self.speed * (now - self._last))
        self._last = now
        self._advance()

    def _advance(self) -> None:
        """Fold what has happened by now, for as long as a frame allows."""
        until, target = time.monotonic() + FRAME, bisect_right(self._times, self.now)
        while self._done < target and time.monotonic() < until:
            part = self._events[self._done : min(target, self._done + 500)]
            self.state.apply_all(part)
            self._done += len(part)
        if self._done == target and (self.over or not self.playing):
            self.playing = self.playing and not self.over
            self._timer.stop()
        self.changed.emit()


__all__ = ["SPEEDS", "Replay", "fit_speed", "times_of"]
