"""Runs that end while nobody follows them: each is asked to save and end, and is ended step by step where it does not listen."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from kdstudio.runs.folder import RunFolder
from kdstudio.runs.launch import StopLadder

LOOK_EVERY = 100  # milliseconds


class Stopping(QObject):
    """Stops `folders`.

    Signals:
        over: none of them is at work any more.
    """

    over = Signal()

    def __init__(self, folders: Sequence[RunFolder], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ladders = [StopLadder(folder) for folder in folders]
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_EVERY)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def shutdown(self) -> None:
        """Look no longer; what was asked of the runs stands."""
        self._timer.stop()

    @Slot()
    def _look(self) -> None:
        self._ladders = [ladder for ladder in self._ladders if not ladder.climb()]
        if not self._ladders:
            self._timer.stop()
            self.over.emit()
