"""The library as the window knows it: read in the background again and again while somebody looks, and shared by pages."""

import logging
import time

from PySide6.QtCore import QObject, QThread, QTimer, Signal, Slot

from kdstudio.runs.home import Home
from kdstudio.runs.library import Library, Row

log = logging.getLogger(__name__)

REFRESH_EVERY = 2000  # milliseconds while somebody looks
SHARE = 0.05  # of the time that may go into reading: a library of 10,000 runs is read less often
HOLD = 0.4  # seconds for which a reading stands back after a keystroke
FIRST = 150  # milliseconds between two words on how far the first reading is


class LibraryReader(QThread):
    """Reads the library once; `rows` and `problem` are there when it has finished. It looks up from every file, so the
    window never waits for it."""

    def __init__(self, library: Library, where: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("read the library")
        self._library, self._where = library, where
        self._leaving = False
        self.held_until = self._held = 0.0
        self.rows: list[Row] = []
        self.done: tuple[int, int] = (0, 0)
        self.seconds = 0.0
        self.problem = ""

    def leave(self) -> None:
        """End soon, with what has been read."""
        self._leaving = True

    def run(self) -> None:
        """The thread: never called directly."""
        began = time.monotonic()
        try:
            self.rows = self._library.rows(self._go_on)
        except Exception as error:  # whatever lies in the home, the window goes on
            log.info("the library cannot be read: %s", error)
            self.problem = f"{self._where}: {error}"
        self.seconds = time.monotonic() - began - self._held

    def _go_on(self, done: int, of: int) -> bool:
        self.done = (done, of)
        began = time.monotonic()
        while not self._leaving and (rest := self.held_until - time.monotonic()) > 0:
            time.sleep(min(rest, 0.05))
        self._held += time.monotonic() - began
        return not self._leaving


class LibraryFeed(QObject):
    """All runs of the home, newest first.

    Signals:
        changed: `rows` or `problem` are other ones now.
        progressed: the first reading is further; see `done`.

    Attributes:
        rows: the runs.
        problem: why they could not be read, "" when they could.
        known: whether they have been read at all.
        done: folders read, of how many, while that goes on.
    """

    changed = Signal()
    progressed = Signal()

    def __init__(self, home: Home, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.home = home
        self.rows: list[Row] = []
        self.problem = ""
        self.known = self._again = self._down = False
        self.done: tuple[int, int] = (0, 0)
        self._library = Library(home)
        self._reader: LibraryReader | None = None
        self._watchers: set[str] = set()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.refresh)
        self._ticks = QTimer(self)
        self._ticks.setInterval(FIRST)
        self._ticks.timeout.connect(self._tell)

    def watch(self, who: str) -> None:
        """Read again and again from now on, for `who`."""
        self._watchers.add(who)
        self.refresh()

    def unwatch(self, who: str) -> None:
        """`who` does not look any more."""
        self._watchers.discard(who)
        if not self._watchers:
            self._timer.stop()

    @Slot()
    def refresh(self) -> None:
        """Read the library, in the background; once more where it is being read already."""
        if self._down:
            return
        if self._reader is not None:
            self._again = True
            return
        self._timer.stop()
        self._reader = LibraryReader(self._library, str(self.home.root), self)
        self._reader.finished.connect(self._read)
        self._reader.start()
        if not self.known:
            self._ticks.start()

    def hold(self) -> None:
        """Let a reading stand back for a moment: somebody types, and both would wait for the interpreter in turns."""
        if self._reader is not None:
            self._reader.held_until = time.monotonic() + HOLD

    def shutdown(self) -> None:
        """Let the reader end, and wait for it."""
        self._down = True
        self._timer.stop()
        self._ticks.stop()
        if self._reader is not None:
            self._reader.leave()
            self._reader.wait()
            self._reader = None

    @Slot()
    def _tell(self) -> None:
        if self._reader is not None and self._reader.done != self.done:
            self.done = self._reader.done
            self.progressed.emit()

    @Slot()
    def _read(self) -> None:
        reader, self._reader = self._reader, None
        if reader is None or self._down:
            return
        self._ticks.stop()
        same = self.known and reader.problem == self.problem and _equal(self.rows, reader.rows)
        self.rows, self.problem, self.known = reader.rows, reader.problem, True
        reader.deleteLater()
        if not same:
            self.changed.emit()
        if self._again:
            self._again = False
            self.refresh()
        elif self._watchers:
            self._timer.start(max(REFRESH_EVERY, round(1000 * reader.seconds / SHARE)))


def _equal(old: list[Row], new: list[Row]) -> bool:
    """Whether two readings say the same. A run that did not change is the same object, so that this takes no time."""
    return len(old) == len(new) and all(a is b or a == b for a, b in zip(old, new, strict=True))
