"""Keeping the machine awake while a run is at work: asked of the desktop in a thread, since it may take its time to answer."""

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal

log = logging.getLogger(__name__)


def keep_running() -> AbstractContextManager[Any]:
    """What keeps the machine awake while it is entered; `active` of what it gives says whether it does."""
    from wakepy import keep

    made: AbstractContextManager[Any] = keep.running(on_fail="pass")
    return made


class Awake(QThread):
    """Keeps the machine awake from `start` to `leave`.

    Signals:
        refused: the machine may fall asleep all the same.
    """

    refused = Signal()

    def __init__(self, keeper: Callable[[], AbstractContextManager[Any]] | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("awake")
        self._keeper = keeper
        self._over = threading.Event()
        self.active = False

    def run(self) -> None:
        """The thread: never called directly."""
        try:
            with (self._keeper or keep_running)() as mode:
                self.active = bool(mode.active)
                if not self.active:
                    self.refused.emit()
                self._over.wait()
        except Exception as error:  # a desktop can fail in any way, and none of them may end the window
            log.info("the machine cannot be kept awake: %s", error)
            self.refused.emit()
        self.active = False

    def leave(self) -> None:
        """Let the machine sleep again; the thread ends by itself."""
        self._over.set()
