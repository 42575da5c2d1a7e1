"""The band behind the mean of several seeds: from the lowest to the highest of them."""

from typing import Any

from kdstudio.gui.plots.canvas import Canvas
from kdstudio.gui.plots.curves import Band
from kdstudio.gui.plots.options import Options
from kdstudio.gui.theme import theme

SHARE = 0.22  # of its role's colour
Z = -4  # above the space between two curves, below every curve


class BandItem:
    """One band on the canvas: made once, given new data when there are new."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self.edges: list[Any] = [canvas.curve(), canvas.curve()]
        for edge in self.edges:
            edge.setPen(None)
        self._fill = canvas.area(*self.edges)
        self._fill.setZValue(Z)
        self._mark: tuple[object, ...] = ()
        self._colour = ""

    def show(self, band: Band, options: Options, *, shown: bool) -> None:
        """Show what `band` holds now, in the colours in force."""
        mark = (band.low, band.high, band.pace.epochs, options.axis)
        if mark != self._mark:
            self._mark = mark
            for edge, series in zip(self.edges, (band.low, band.high), strict=True):
                steps, values = series.arrays()
                edge.setData(band.pace.along(options.axis, steps), band.scale * values)
        colour = theme().color(band.role, SHARE)
        if colour.name() != self._colour:
            self._colour = colour.name()
            self._fill.setBrush(colour)
        self._fill.setVisible(shown)

    def remove(self) -> None:
        """Take it off the canvas."""
        for item in (self._fill, *self.edges):
            self._canvas.remove(item)


__all__ = ["BandItem"]
