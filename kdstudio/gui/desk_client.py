"""Asks the desk on the page's behalf: one question at a time, the newest one, polled by a timer; nothing here waits.

The desk's process is imported, started and asked only when a page in view wants a preview, which is after the first paint.
"""

import logging
import time
from typing import Any, Protocol

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from kdstudio.gui.language import explain
from kdstudio.runs.desk import Answer, Desk
from kdstudio.runs.home import Home

log = logging.getLogger(__name__)

SETTLE = 100  # milliseconds after the last edit
POLL = 10  # milliseconds between two looks at what came, while something is open
PATIENCE = 3.0  # seconds that a cancelled question may go on before its desk is replaced
AGAIN = 2  # times that a desk which died is asked the same once more


class Asked(Protocol):
    """What is needed of a desk."""

    def ask(self, question: str, **given: Any) -> int: ...
    def cancel(self, number: int) -> None: ...
    def answers(self) -> list[Answer]: ...
    def kill(self) -> None: ...
    def close(self) -> None: ...


def open_desk(home: Home) -> Asked:
    """A desk over `home`; its process starts with the first question. Tests put another function in its place."""
    return Desk(home)


class DeskClient(QObject):
    """Previews of what the form holds.

    Signals:
        began: a question is on its way.
        part: (name, values) of a piece of the answer.
        failed: the answer is that it cannot be had; carries `Words`.
        done: the whole answer has come.
    """

    began = Signal()
    part = Signal(str, object)
    failed = Signal(object)
    done = Signal()

    def __init__(self, desk: Asked, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._wanted: dict[str, Any] | None = None
        self._last: dict[str, Any] = {}
        self._asked: int | None = None
        self._parts = self._losses = 0
        self._cancelled_at: float | None = None
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.timeout.connect(self._ask)
        self._poll = QTimer(self)
        self._poll.setInterval(POLL)
        self._poll.timeout.connect(self._take)

    def look(self, experiment: dict[str, Any], after: int = SETTLE) -> None:
        """Preview `experiment`, plain data without mistakes, when nothing newer comes within `after` milliseconds."""
        self._wanted, self._losses = experiment, 0
        self._settle.start(after)

    def forget(self) -> None:
        """Nobody looks: whatever is open is not wanted any more."""
        self._wanted = None
        self._settle.stop()
        if self._asked is not None:
            self._cancel(self._asked)

    def shutdown(self) -> None:
        """End the desk."""
        self._settle.stop()
        self._poll.stop()
        self._wanted = self._asked = None
        self._desk.kill()
        self._desk.close()

    @Slot()
    def _ask(self) -> None:
        """Ask what is wanted, or first end what is being answered: the desk is asked one thing at a time, so that its
        pipe never fills."""
        if self._wanted is None:
            return
        if self._asked is None:
            self._send(self._wanted)
        elif self._parts or self._wanted.get("dataset") != self._last.get("dataset"):
            self._cancel(self._asked)  # else the same data is being loaded, which would only begin anew

    def _send(self, experiment: dict[str, Any]) -> None:
        self._last, self._wanted = experiment, None
        self._parts, self._cancelled_at = 0, None
        try:
            self._asked = self._desk.ask("preview", experiment=experiment)
        except OSError as error:
            log.info("the desk cannot be started: %s", error)
            self.failed.emit(explain("desk-gone"))
            return
        self._poll.start()
        self.began.emit()

    def _cancel(self, number: int) -> None:
        if self._cancelled_at is None:
            self._cancelled_at = time.monotonic()
            self._desk.cancel(number)

    @Slot()
    def _take(self) -> None:
        for answer in self._desk.answers():
            if answer.id == self._asked:
                self._hear(answer)
        if self._asked is None:
            self._poll.stop()
            if not self._settle.isActive():
                self._ask()
        elif self._cancelled_at is not None and time.monotonic() - self._cancelled_at > PATIENCE:
            self._desk.kill()  # it is deep in something that nobody wants

    def _hear(self, answer: Answer) -> None:
        unwanted = self._cancelled_at is not None
        if answer.over:
            self._asked, self._cancelled_at = None, None
            if not unwanted:
                self._end(answer)
            return
        self._parts += 1
        if not unwanted:
            self.part.emit(answer.part, answer.values)
        if not self._settle.isActive():
            self._ask()

    def _end(self, answer: Answer) -> None:
        if answer.failed == "desk-gone" and self._losses < AGAIN:
            self._losses += 1
            self._wanted = self._wanted or self._last
        elif answer.failed is not None:
            self.failed.emit(explain(answer.failed, answer.parameters))
        elif not answer.cancelled:
            self._losses = 0
            self.done.emit()
