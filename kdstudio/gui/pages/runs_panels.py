"""What stands below the table of runs: nothing, notes, the overlay, or the queue. One of them at a time."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from kdstudio.gui.pages.notes_card import NotesCard
from kdstudio.gui.pages.page import scrolling
from kdstudio.gui.pages.queue_card import QueueCard
from kdstudio.gui.queue import RunQueue
from kdstudio.gui.theme import GAP
from kdstudio.runs.library import Row

if TYPE_CHECKING:
    from kdstudio.gui.pages.overlay_card import OverlayCard

NOTHING, NOTES, OVERLAY, QUEUE = range(4)
LEAST, MOST = 0.36, 0.55  # of the height, for a panel


class RunsPanels(QSplitter):
    """`above`, the table, with the panel that was asked for below it.

    Args:
        chosen: the runs that are chosen now.
        actions: those of the window, for the queue.

    Signals:
        marked: the overlay's marks, by run.
        failed: a plot could not be exported; carries what to say.
    """

    marked = Signal(object)
    failed = Signal(str)

    def __init__(
        self,
        above: QWidget,
        queue: RunQueue,
        chosen: Callable[[], Sequence[Row]],
        actions: dict[str, QAction] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self._chosen = chosen
        self._what = NOTHING
        self.setObjectName("runs.splitter")
        self.setHandleWidth(GAP)
        self.setChildrenCollapsible(False)
        self.notes, self.queue_card = NotesCard(), QueueCard(queue, actions)
        self.overlay: OverlayCard | None = None
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        for panel in (self.notes, self.queue_card):
            self._column.addWidget(panel)
            panel.hide()
        self.area = scrolling(inside, "runs.scroll")  # else three plots and twelve names would push the window's edge
        self.area.setMinimumHeight(140)
        self.area.hide()
        for part in (above, self.area):
            self.addWidget(part)
        self.setStretchFactor(0, 1)

    def show_panel(self, what: int) -> None:
        """Show one of them."""
        self.notes.keep()
        self._what = what
        if what == OVERLAY:
            self._make_overlay()
        panels = {NOTES: self.notes, OVERLAY: self.overlay, QUEUE: self.queue_card}
        had = 0 if self.area.isHidden() else self.area.height()
        self.area.setVisible(what != NOTHING)
        for number, panel in panels.items():
            if panel is not None:
                panel.setVisible(number == what)
        wanted = panels.get(what)
        if wanted is not None:
            self.show_rows(self._chosen())
            self._make_room(had, wanted.minimumSizeHint().height() + 3 * GAP, MOST if what == OVERLAY else LEAST)

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Other runs are chosen."""
        if self._what == NOTES:
            self.notes.show_rows(rows)
        elif self._what == OVERLAY and self.overlay is not None:
            self.overlay.show_rows(rows)

    def shutdown(self) -> None:
        """Keep what was typed, and wait for what is read."""
        self.notes.shutdown()
        if self.overlay is not None:
            self.overlay.shutdown()

    def _make_room(self, had: int, needed: int, share: float) -> None:
        """A panel that has come gets its share, or what it needs, as far as the table stays the larger part or nearly so."""
        height = self.height()
        wanted = min(round(MOST * height), max(needed, round(share * height)))
        if had == 0 or had < min(needed, wanted) or share == MOST:
            self.setSizes([height - wanted, wanted])

    def _make_overlay(self) -> None:
        """Made when it is first wanted: pyqtgraph takes 0.4 s to import."""
        if self.overlay is None:
            from kdstudio.gui.pages.overlay_card import OverlayCard

            self.overlay = OverlayCard()
            self.overlay.marked.connect(self.marked)
            self.overlay.failed.connect(self.failed)
            self._column.addWidget(self.overlay)


__all__ = ["NOTES", "NOTHING", "OVERLAY", "QUEUE", "RunsPanels"]
