"""The drawing surface of a plot: a view, two thin axes, and nothing else of pyqtgraph.

Its own PlotItem brings seven menus, a form with forty fields and buttons, for each plot; they take longer to make than the
rest of a page.
"""

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPen
from PySide6.QtWidgets import QFrame, QSizePolicy

from kdstudio.gui.theme import SPACE, theme

AXIS = 38  # pixels for the numbers at the left


class Canvas(pg.GraphicsLayoutWidget):
    """Curves over steps. Zoom and cursors come with the full window."""

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)  # its own wish is 640 x 480
        for part in (self, self.viewport()):
            part.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.view = pg.ViewBox(enableMenu=False, enableMouse=False, defaultPadding=0.0)
        self.view.disableAutoRange()
        self.left, self.bottom = pg.AxisItem("left"), pg.AxisItem("bottom")
        self.ci.layout.setSpacing(0)
        self.ci.layout.setContentsMargins(0, SPACE, 2 * SPACE, 0)
        for item, row, column in ((self.left, 0, 0), (self.view, 0, 1), (self.bottom, 1, 1)):
            self.addItem(item, row, column)
        for axis in (self.left, self.bottom):
            axis.linkToView(self.view)
            axis.setStyle(tickLength=0, tickTextOffset=6, maxTickLevel=0)
            axis.setTickDensity(1.6)
            axis.enableAutoSIPrefix(False)
        self.left.setWidth(AXIS)
        self.left.setGrid(80)
        self.left.setZValue(-1)  # its lines lie under the curves

    def show_axes(self, shown: bool) -> None:
        """Show or hide the axes: without a curve they would measure nothing."""
        for axis in (self.left, self.bottom):
            axis.setVisible(shown)

    def dress(self, label: str) -> None:
        """Take on the colours in force: pyqtgraph does not follow the palette by itself."""
        font: QFont = theme().font("caption")
        quiet: QColor = theme().color("quiet")
        self.setBackground(theme().color("card"))
        for axis in (self.left, self.bottom):
            axis.setPen(QPen(theme().color("border"), 1.0))
            axis.setTextPen(QPen(quiet))
            axis.setStyle(tickFont=font)
            axis.label.setFont(font)
        self.bottom.setLabel(label, color=quiet.name())
        # pyqtgraph leaves half a line of air below the label
        self.bottom.setHeight(2 * QFontMetrics(font).height() + SPACE)

    def curve(self) -> Any:
        """A new, empty curve."""
        item = pg.PlotCurveItem(skipFiniteCheck=True)
        self.view.addItem(item, ignoreBounds=True)
        return item

    def level(self) -> Any:
        """A new level line."""
        item = pg.InfiniteLine(angle=0, movable=False)
        self.view.addItem(item, ignoreBounds=True)
        return item

    def remove(self, item: Any) -> None:
        """Take a curve or a line away."""
        self.view.removeItem(item)

    def set_range(self, x_end: float, low: float, high: float) -> None:
        """Show steps from 0 to `x_end`, and values from `low` to `high`; fixed ranges paint twice as fast."""
        self.view.setRange(xRange=(0.0, x_end), yRange=(low, high), padding=0.01, disableAutoRange=True)


__all__ = ["Canvas"]
