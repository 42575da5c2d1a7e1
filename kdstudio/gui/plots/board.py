"""The three plots of a run, which share their x: one pointer reads all of them, one zoom moves all of them."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from kdstudio.gui.plots import curves
from kdstudio.gui.plots.curve_plot import CurvePlot
from kdstudio.gui.plots.linked import Linked
from kdstudio.gui.plots.options import Options
from kdstudio.gui.theme import GAP, PRESENTING, theme
from kdstudio.runs.state import RunState

LEAST, LEAST_NARROW = 392, 500  # pixels of height: the page scrolls before the plots become stripes
NARROW = 950  # pixels of width, below which legends take lines of their own


class Board(QWidget):
    """Signals:
    failed: something could not be exported; carries what to say.
    """

    failed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.accuracy = CurvePlot(self.tr("Validation accuracy"), "plot.accuracy", "%")
        self.agreement = CurvePlot(self.tr("Agreement with the teacher"), "plot.agreement", "%")
        self.loss = CurvePlot(self.tr("Loss"), "plot.loss")
        self.plots = (self.accuracy, self.agreement, self.loss)
        self.agreement.show_axis_name(False)  # it stands under the plot below
        theme().changed.connect(self._fit)
        self._fit()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(GAP)
        grid.addWidget(self.accuracy, 0, 0, 2, 1)
        grid.addWidget(self.agreement, 0, 1)
        grid.addWidget(self.loss, 1, 1)
        grid.setColumnStretch(0, 55)
        grid.setColumnStretch(1, 45)
        self._linked = Linked(self.plots, self)
        for plot in self.plots:
            plot.menu.failed.connect(self.failed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    @Slot()
    def _fit(self) -> None:
        type_size = PRESENTING if theme().presenter else 1.0
        least = LEAST if self.width() >= NARROW * type_size else LEAST_NARROW
        self.setMinimumHeight(round(least * type_size))

    def show_accuracy(self, state: RunState) -> None:
        """Draw the first plot; they are drawn one by one, so that no frame waits for all of them."""
        self.accuracy.show_picture(curves.accuracy(state))

    def show_agreement(self, state: RunState) -> None:
        """Draw the second plot."""
        self.agreement.show_picture(curves.agreement(state))

    def show_loss(self, state: RunState) -> None:
        """Draw the third plot."""
        who = curves.training_of(state)
        self.loss.title.set_text(self.tr("Loss of the {0}").format(who) if who else self.tr("Loss"))
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
