"""Undo and redo over what the form holds: a step is the whole experiment before and after, so nothing can be forgotten."""

import time
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QUndoCommand, QUndoStack

from kdstudio.gui.command_line import differences

TOGETHER = 1.5  # seconds between two edits of the same field that are one step
STEPS = 200

Values = dict[str, Any]


class Edit(QUndoCommand):
    """From one experiment to the next.

    Args:
        before, after: plain data, as the form holds it.
        show: puts values into the form.
    """

    def __init__(self, before: Values, after: Values, show: Callable[[Values], None]) -> None:
        changed = differences(before, after)
        self.paths = frozenset(path for path, _ in changed)
        super().__init__(_title(self.paths))
        self._before, self._after, self._show = before, after, show
        self._at = time.monotonic()
        self._done = True  # the form holds `after` already when the step is pushed

    def undo(self) -> None:
        self._show(self._before)

    def redo(self) -> None:
        if self._done:
            self._done = False
        else:
            self._show(self._after)

    def id(self) -> int:
        return 1

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Letters typed into one field, one soon after the other, are one step."""
        if not isinstance(other, Edit) or len(other.paths) != 1 or self.paths != other.paths:
            return False
        if other._at - self._at > TOGETHER:
            return False
        self._after, self._at = other._after, other._at
        self.setObsolete(self._before == self._after)
        return True


def _title(paths: frozenset[str]) -> str:
    if len(paths) != 1:
        return QCoreApplication.translate("history", "{0} fields").format(len(paths))
    return next(iter(paths)).replace("_", " ").replace(".", ", ")


class History:
    """The steps, and the values that the form had at the last one.

    Args:
        show: puts values into the form.
        held: what the form holds now.
    """

    def __init__(self, show: Callable[[Values], None], held: Callable[[], Values]) -> None:
        self.stack = QUndoStack()
        self.stack.setUndoLimit(STEPS)
        self._show, self._now = show, held
        self._held: Values | None = None

    def note(self, values: Values) -> None:
        """The form holds `values` now."""
        before, self._held = self._held, values
        if before is not None and before != values:
            self.stack.push(Edit(before, values, self._put))

    def _put(self, values: Values) -> None:
        self._held = None  # a step pushed while one is undone would take that one from under Qt's feet
        self._show(values)
        self._held = self._now()  # not `values`: what the form makes of them is no new edit
