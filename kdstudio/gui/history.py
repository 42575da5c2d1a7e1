"""Undo and redo over what the form holds: a step is the whole experiment before and after, so nothing can be forgotten.

The steps are our own. Qt's QUndoStack was here: when Python collects a stack together with its commands, each half believes
that it owns them, and now and then the second one to go takes the program with it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from kdstudio.gui.command_line import differences
from kdstudio.gui.language import tr
from kdstudio.spec import row_path

TOGETHER = 1.5  # seconds between two edits of the same field that are one step
STEPS = 200

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """From one experiment to the next: plain data, as the form holds it.

    Attributes:
        paths: the fields that differ.
        at: monotonic seconds of the last edit in it.
        places: the file that they belonged to before and after, as `place` of the history told it.
    """

    before: Values
    after: Values
    paths: frozenset[str]
    at: float
    places: tuple[Any, Any] = (None, None)

    @property
    def title(self) -> str:
        """What it changes, in a few words."""
        return _title(self.paths)

    def goes_on(self, later: "Step") -> bool:
        """Whether `later` is more of the same: letters typed into one field, one soon after the other."""
        return len(later.paths) == 1 and self.paths == later.paths and later.at - self.at <= TOGETHER


def _title(paths: frozenset[str]) -> str:
    if len(paths) != 1:
        return tr("{0} fields").format(len(paths))
    return next(iter(paths)).replace("_", " ").replace(".", ", ")


class History(QObject):
    """The steps, and the values that the form had at the last one.

    Args:
        show: puts values into the form.
        held: what the form holds now.
        place: what file the values belong to now; undo and redo bring that back too.
        move: makes the values belong to such a place.

    Signals:
        changed: what can be undone or redone is another thing now.
    """

    changed = Signal()

    def __init__(
        self,
        show: Callable[[Values], None],
        held: Callable[[], Values],
        parent: QObject | None = None,
        *,
        place: Callable[[], Any] = lambda: None,
        move: Callable[[Any], None] = lambda place: None,
    ) -> None:
        super().__init__(parent)
        self._show, self._now = show, held
        self._place, self._move = place, move
        self._was_at: Any = place()
        self._held: Values | None = None
        self._done: list[Step] = []
        self._undone: list[Step] = []

    @property
    def undoable(self) -> Step | None:
        """What `undo` would take back."""
        return self._done[-1] if self._done else None

    @property
    def redoable(self) -> Step | None:
        """What `redo` would bring back."""
        return self._undone[-1] if self._undone else None

    def note(self, values: Values) -> None:
        """The form holds `values` now."""
        before, self._held = self._held, values
        place, self._was_at = self._was_at, self._place()
        if before is None or before == values:
            return
        paths = frozenset(row_path(path) for path, _ in differences(before, values))
        self._push(Step(before, values, paths, time.monotonic(), (place, self._was_at)))

    @Slot()
    def undo(self) -> None:
        """Put the form back to where it was before the last step."""
        if self._done:
            step = self._done.pop()
            self._undone.append(step)
            self._put(step.before, step.places[0], step.places[1])

    @Slot()
    def redo(self) -> None:
        """Take the last step that was undone once more."""
        if self._undone:
            step = self._undone.pop()
            self._done.append(step)
            self._put(step.after, step.places[1], step.places[0])

    def _push(self, step: Step) -> None:
        last = self.undoable if not self._undone else None
        if last is not None and last.goes_on(step):
            self._done.pop()
            step = Step(last.before, step.after, step.paths, step.at, (last.places[0], step.places[1]))
        if step.before != step.after:
            self._done.append(step)
        self._undone.clear()
        del self._done[:-STEPS]
        self.changed.emit()

    def _put(self, values: Values, place: Any, left: Any) -> None:
        self._held = None  # showing them is no new edit
        if place != left:  # the step led from one file to another
            self._move(place)
        self._show(values)
        self._held = self._now()  # not `values`: what the form makes of them is no new edit
        self.changed.emit()
