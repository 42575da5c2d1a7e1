"""Runs that wait for their turn: off until it is switched on, one run at a time per device, in the order that people give it.

The queue lives in the window alone. What waits in it are ordinary run folders, queued or resumable: when the window closes,
the queue ends, and nothing is lost but the order. A run that people pause keeps its device: the queue starts nothing there
until it is resumed, or until they let the next one start.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from kdstudio.gui.language import explain
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.library import Row, read_row
from kdstudio.runs.status import State

LOOK_EVERY = 500  # milliseconds while it is on
PATIENCE = 60.0  # seconds that a started run may take to take hold of its folder
STARTABLE = frozenset({State.QUEUED, State.PAUSED, State.STOPPED, State.FAILED, State.LOST})
# What would meet the next run too: better to stop than to fail them all.
_CATCHING = ("disk-full", "not-writable", "device-lost", "device-missing", "home-unusable")


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """A run in the queue."""

    folder: RunFolder
    title: str
    device: str

    @property
    def key(self) -> str:
        """What tells it from every other run; a copy has the same id."""
        return self.folder.path.name


@dataclass(kw_only=True, slots=True)
class _Started:
    """A run that the queue has started, and the attempt before."""

    run: Waiting
    attempt: int
    looks: int = 0


class RunQueue(QObject):
    """The queue.

    Args:
        start: begins or goes on with a run, without waiting for it.
        others: the rows of the library, to see what else is at work.
        here: the runs that this window has at work; one that it has just started is not in the library yet.

    Signals:
        changed: what waits, or whether it is on.
        said: something happened that people want to know; carries title and detail.
        paused: a run was paused, and what waits stays behind it; carries its title.
    """

    changed = Signal()
    said = Signal(str, str)
    paused = Signal(str)

    def __init__(
        self,
        start: Callable[[RunFolder], object],
        others: Callable[[], Sequence[Row]] = tuple,
        here: Callable[[], Sequence[RunFolder]] = tuple,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._start, self._others, self._here = start, others, here
        self._seen: tuple[int, int, int, str] | None = None
        self.waiting: list[Waiting] = []
        self._started: list[_Started] = []
        self._seen_at_work: dict[Path, Waiting] = {}  # at the last look
        self._paused: list[Waiting] = []  # runs that keep their device while they are paused
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_EVERY)
        self._timer.timeout.connect(self.look)

    @property
    def on(self) -> bool:
        """Whether it starts runs."""
        return self._timer.isActive()

    @property
    def at_work(self) -> list[Waiting]:
        """The runs that it has started and that are not over."""
        return [each.run for each in self._started]

    @property
    def farewell(self) -> str:
        """What closing the window means for it, "" when it means nothing."""
        if not (self.on and self.waiting):
            return ""
        if len(self.waiting) == 1:
            return self.tr("The queue stops. The run that waits stays queued: start it from Runs.")
        return self.tr("The queue stops. The {0} runs that wait stay queued: start them from Runs.").format(len(self.waiting))

    def switch(self, on: bool) -> None:
        """Start runs from now on, or do not; what is at work goes on."""
        if on != self.on:
            if on:
                self._seen_at_work, self._paused = {}, []
                self._timer.start()
            else:
                self._timer.stop()
            self.changed.emit()
        if on:
            self.look()

    def add(self, folder: RunFolder, title: str, device: str = "auto") -> bool:
        """Put a run at the end; False where it waits already, or has nothing left to do."""
        known = any(each.folder == folder for each in (*self.waiting, *self.at_work))
        if known or folder.current().state not in STARTABLE:
            return False
        self._paused = [each for each in self._paused if each.folder != folder]
        self.waiting.append(Waiting(folder=folder, title=title, device=device or "auto"))
        self.changed.emit()
        return True

    def start_next(self) -> None:
        """Let the next run start although one that is paused would want its device again."""
        self._paused = []
        self.changed.emit()
        self.look()

    def remove(self, key: str) -> None:
        """Take a run out. It stays what it is: a queued run."""
        self.order([each.key for each in self.waiting if each.key != key])

    def move(self, key: str, by: int) -> None:
        """Move a run up (below 0) or down."""
        names = [each.key for each in self.waiting]
        if key in names:
            place = names.index(key)
            names.insert(max(0, min(len(names) - 1, place + by)), names.pop(place))
            self.order(names)

    def order(self, keys: Sequence[str]) -> None:
        """Let exactly these wait, in this order."""
        known = {each.key: each for each in self.waiting}
        ordered = [known[key] for key in keys if key in known]
        if ordered != self.waiting:
            self.waiting = ordered
            self.changed.emit()

    def take_names(self, name_of: Callable[[RunFolder], str]) -> None:
        """Call the runs as `name_of` does, where it knows one: people rename runs while they wait, and at work."""

        def named(run: Waiting) -> Waiting:
            return replace(run, title=name_of(run.folder) or run.title)

        before = self.waiting, self.at_work
        self.waiting = [named(run) for run in self.waiting]
        self._paused = [named(run) for run in self._paused]
        for each in self._started:
            each.run = named(each.run)
        if (self.waiting, self.at_work) != before:
            self.changed.emit()

    def holds(self, run: Waiting) -> str:
        """The title of the run at work that keeps `run` from starting, "" for none."""
        return self._held_by(run, self._rows_here())

    @property
    def waits_for_paused(self) -> bool:
        """Whether it is on, and the first run that waits stays behind one that is paused."""
        return self.on and bool(self.waiting) and self.paused_before(self.waiting[0])

    def paused_before(self, run: Waiting) -> bool:
        """Whether it is a paused run that keeps `run` from starting."""
        busy = any(_same_device(started.device, run.device) for started in self.at_work)
        return not busy and self._paused_on(run) is not None

    def _paused_on(self, run: Waiting) -> Waiting | None:
        others = (each for each in self._paused if each.folder != run.folder)
        return next((each for each in others if _same_device(each.device, run.device)), None)

    def _rows_here(self) -> list[Row]:
        return [read_row(folder) for folder in self._here()]

    def _held_by(self, run: Waiting, here: Sequence[Row]) -> str:
        for started in self.at_work:
            if _same_device(started.device, run.device):
                return started.title
        paused = self._paused_on(run)
        if paused is not None:
            return paused.title
        for mine in here:
            if Path(mine.folder) != run.folder.path and _same_device(mine.device, run.device):
                return mine.title
        for row in self._others():
            other = row.begun and Path(row.folder) != run.folder.path and _same_device(row.device, run.device)
            if other and RunFolder(Path(row.folder)).alive():  # the library may be a few seconds old
                return row.title
        return ""

    def shutdown(self) -> None:
        """Start nothing any more."""
        self._timer.stop()

    @Slot()
    def look(self) -> None:
        """Forget what is over, and start what may start."""
        for each in list(self._started):
            self._see_to(each)
        here = self._rows_here() if self.on else []
        self._keep_paused(here)
        for run in list(self.waiting) if self.on else ():
            if run.folder.current().state not in STARTABLE or not run.folder.status_file.exists() or run.folder.alive():
                self.waiting.remove(run)  # done by somebody else, or thrown away
            elif not self._held_by(run, here):
                self.waiting.remove(run)
                self._started.append(_Started(run=run, attempt=run.folder.status().attempt))
                self._start(run.folder)
        self._seen_at_work |= {each.folder.path: each for each in self.at_work}
        holder = self._held_by(self.waiting[0], here) if self.on and self.waiting else ""
        seen = len(self._started), len(self.waiting), len(self._paused), holder
        if seen != self._seen:
            self._seen = seen
            self.changed.emit()

    def _keep_paused(self, here: Sequence[Row]) -> None:
        """Keep the device of a run that was at work at the last look and is paused now; let go of one that is not any more."""
        before = self._seen_at_work
        self._seen_at_work = {
            Path(row.folder): Waiting(folder=RunFolder(Path(row.folder)), title=row.title, device=row.device) for row in here
        } | {each.folder.path: each for each in self.at_work}
        self._paused = [run for run in self._paused if run.folder.current().state is State.PAUSED]
        for path, run in before.items() if self.on else ():
            if path not in self._seen_at_work and run.folder.current().state is State.PAUSED:
                self._paused.append(run)
                if any(self._paused_on(waiting) for waiting in self.waiting):
                    self.paused.emit(run.title)

    def _see_to(self, each: _Started) -> None:
        said = each.run.folder.status()
        each.looks += 1
        if said.attempt <= each.attempt and not each.run.folder.alive():
            if each.looks * LOOK_EVERY < 1000 * PATIENCE and said.state is not State.LOST:
                return
            self._started.remove(each)
            self._hold(each.run, self.tr("The run did not start. Its log may say why."))
            return
        status = each.run.folder.current()
        if not status.state.active:
            self._started.remove(each)
            if status.state in (State.FAILED, State.LOST) and status.code in _CATCHING:
                words = explain(status.code or "internal", status.parameters)
                self._hold(each.run, f"{words.title}. {words.remedy}")

    def _hold(self, run: Waiting, why: str) -> None:
        """Stop starting runs: the next one would meet the same."""
        if self.on:
            self._timer.stop()
            self.said.emit(self.tr("The queue stopped after “{0}”").format(run.title), why)


def _same_device(one: str, other: str) -> bool:
    """Whether two runs may meet on one device: nobody knows beforehand where "auto" will be."""
    return one == other or "auto" in (one, other) or not one or not other


__all__ = ["RunQueue", "Waiting"]
