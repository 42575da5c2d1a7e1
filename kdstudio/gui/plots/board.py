"""The three plots of a run, which share their x: one pointer reads all of them, one zoom moves all of them."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from kdstudio.gui.plots import curves
from kdstudio.gui.plots.curve_plot import CurvePlot
from kdstudio.gui.plots.linked import Linked
from kdstudio.gui.plots.options import Options
from kdstudio.gui.theme import GAP, theme
from kdstudio.runs.state import RunState

LEAST = 404  # pixels of height: the page scrolls before the plots become stripes
BESIDE = (300, 220)  # shares of it where agreement, which has two lines of names, stands above the loss
LEAST_ABOVE, LEAST_BELOW = 280, 250  # the same where accuracy stands above the others
LEAST_TIGHT = 170  # the same of accuracy where there is no more height for it
NARROW = 950  # pixels of width, below which accuracy stands above the others


class Board(QWidget):
    """Signals:
    failed: something could not be exported; carries what to say.
    exported: something has been; carries its path.
    """

    failed = Signal(str)
    exported = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.accuracy = CurvePlot(self.tr("Validation accuracy"), "plot.accuracy", "%")
        self.agreement = CurvePlot(
            self.tr("Agreement with the teacher"), "plot.agreement", "%", briefly=self.tr("Agreement")
        )
        self.loss = CurvePlot(self.tr("Loss"), "plot.loss")
        self.plots = (self.accuracy, self.agreement, self.loss)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GAP)
        self._narrow: bool | None = None
        self._tight = False
        self._place(narrow=True)  # a wide row would keep the page from ever being narrow
        theme().changed.connect(self._fit)
        self._linked = Linked(self.plots, self)
        for plot in self.plots:
            plot.menu.failed.connect(self.failed)
            plot.menu.exported.connect(self.exported)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    @Slot()
    def _fit(self) -> None:
        factor = theme().factor
        narrow = self.width() < NARROW * factor
        self._place(narrow=narrow)
        above = LEAST_TIGHT if self._tight and narrow else LEAST_ABOVE
        if narrow:
            self._grid.setRowStretch(0, above)
        self.setMinimumHeight(round(factor * (above + GAP + LEAST_BELOW if narrow else LEAST)))

    def set_tight(self, tight: bool) -> None:
        """Let accuracy be lower, so that the whole of it is in view."""
        if tight != self._tight:
            self._tight = tight
            self._fit()

    def _place(self, *, narrow: bool) -> None:
        """Accuracy stands at the left of the others, or above them."""
        if narrow == self._narrow:
            return
        self._narrow, grid = narrow, self._grid
        for plot in self.plots:
            grid.removeWidget(plot)
        grid.addWidget(self.accuracy, 0, 0, *((1, 2) if narrow else (2, 1)))
        grid.addWidget(self.agreement, 1 if narrow else 0, 0 if narrow else 1)
        grid.addWidget(self.loss, 1, 1)
        for column, share in enumerate((50, 50) if narrow else (55, 45)):
            grid.setColumnStretch(column, share)
        for row, share in enumerate((LEAST_ABOVE, LEAST_BELOW) if narrow else BESIDE):
            grid.setRowStretch(row, share)
        self.agreement.show_axis_name(narrow)  # else it stands under the plot below

    def show_accuracy(self, state: RunState) -> None:
        """Draw the first plot; they are drawn one by one, so that no frame waits for all of them."""
        self.accuracy.show_picture(curves.accuracy(state))

    def show_agreement(self, state: RunState) -> None:
        """Draw the second plot."""
        self.agreement.show_picture(curves.agreement(state))

    def show_loss(self, state: RunState) -> None:
        """Draw the third plot."""
        who = curves.training_of(state)
        brief = self.tr("Loss")
        self.loss.title.set_text(self.tr("Loss of the {0}").format(who) if who else brief, brief)
        self.loss.show_picture(curves.loss(state))

    def show_all(self) -> None:
        """Forget where people were looking: another run is in view."""
        self._linked.forget()

    @Slot(object)
    def set_options(self, options: Options) -> None:
        """Show all plots another way."""
        for plot in self.plots:
            plot.set_options(options)


__all__ = ["Board"]
