"""Plots that share their x: one pointer reads all of them, one zoom moves all of them, and one look at everything ends it."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, Slot

from kdstudio.gui.plots.curve_plot import CurvePlot, finite


class Linked(QObject):
    """Keeps `plots` together for as long as `parent` lives."""

    def __init__(self, plots: Sequence[CurvePlot], parent: QObject) -> None:
        super().__init__(parent)
        self._plots = tuple(plots)
        for plot in self._plots:
            plot.hovered.connect(self._hover)
            plot.moved.connect(self._move)
            plot.reset.connect(self._reset)

    def forget(self) -> None:
        """Forget where people were looking: something else is in view."""
        for plot in self._plots:
            plot.plot.free = False
            plot.show_cross(None)

    @Slot(float)
    def _hover(self, x: float) -> None:
        for plot in self._plots:
            plot.show_cross(finite(x))

    @Slot(float, float)
    def _move(self, low: float, high: float) -> None:
        for plot in self._plots:
            if plot is not self.sender() and not plot.picture.empty:
                plot.plot.look_at(low, high)

    @Slot()
    def _reset(self) -> None:
        for plot in self._plots:
            if plot.plot.free:
                plot.plot.free = False
                plot.refresh()


__all__ = ["Linked"]
