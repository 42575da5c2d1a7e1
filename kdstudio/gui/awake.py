"""Keeping the machine awake while a run is at work: asked of the desktop in a thread, since it may take its time to answer."""

import contextlib
import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from PySide6.QtCore import QObject, Signal

log = logging.getLogger(__name__)

PATIENCE = 0.5  # seconds that the closing of the window may take for a desktop to let go


def keep_running() -> AbstractContextManager[Any]:
    """What keeps the machine awake while it is entered; `active` of what it gives says whether it does."""
    from wakepy import keep

    made: AbstractContextManager[Any] = keep.running(on_fail="pass")
    return made


class Awake(QObject):
    """Keeps the machine awake from `start` to `leave`.

    A desktop that does not answer may hold its thread for ever, and nobody waits for that: it is one that ends with the
    process, which a QThread at work would abort.

    Signals:
        refused: the machine may fall asleep all the same.
    """

    refused = Signal()

    def __init__(
        self, keeper: Callable[[], AbstractContextManager[Any]] | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._keeper = keeper
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="awake", daemon=True)
        self.active = False

    def start(self) -> None:
        """Ask the desktop, in the background."""
        self._thread.start()

    def leave(self) -> None:
        """Let the machine sleep again; nothing is said any more, and the thread ends by itself."""
        self._over.set()

    def wait(self, seconds: float = PATIENCE) -> bool:
        """Wait until the desktop has let go, so that nothing keeps the machine awake by mistake; False where it does not
        answer in this time: it lets go when the process ends."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _keep(self) -> None:
        """The thread."""
        try:
            with (self._keeper or keep_running)() as mode:
                self.active = bool(mode.active)
                if not self.active:
                    self._refuse()
                self._over.wait()
        except Exception as error:  # a desktop can fail in any way, and none of them may end the window
            log.info("the machine cannot be kept awake: %s", error)
            self._refuse()
        self.active = False

    def _refuse(self) -> None:
        if not self._over.is_set():
            with contextlib.suppress(RuntimeError):  # the window has gone in this very moment
                self.refused.emit()
