"""The drawing surface of a plot: a view, two thin axes, and nothing else of pyqtgraph.

Its own PlotItem brings seven menus, a form with forty fields and buttons, for each plot; they take longer to make than the
rest of a page. A drag moves the view, Shift and a drag zoom into the part that was drawn over, Ctrl and the wheel zoom it
(the wheel alone scrolls the page), a double click or 0 shows everything again; the keys + - and the arrows do the same for
those who use no mouse.
"""

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QSizePolicy

from kdstudio.gui.plots.axes import BESIDE, ValueAxis
from kdstudio.gui.plots.bracket import Bracket, paint_bracket
from kdstudio.gui.theme import SPACE, theme

AXIS, AXIS_OF_POWERS = 38, 54  # pixels for the numbers at the left: 0.05, and 5×10⁻⁶
ZOOM = 1.25
LEAST_BAND = 6  # pixels: less is a click
STEP = 0.1  # of the view, for an arrow key
MOST, POWERS = 1e307, 300.0  # the highest value that can be looked at; as a tenth logarithm


class Canvas(pg.GraphicsLayoutWidget):
    """Curves over steps.

    Signals:
        hovered: the x value under the pointer; nan when it has left.
        moved: people have chosen another part of x to look at, (from, to).
        reset: they want to see everything again.
    """

    hovered = Signal(float)
    moved = Signal(float, float)
    reset = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)  # its own wish is 640 x 480
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.viewport().setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setMouseTracking(True)
        self.view = pg.ViewBox(enableMenu=False, enableMouse=True, defaultPadding=0.0)
        self.view.disableAutoRange()
        self.view.sigRangeChangedManually.connect(self._moved)
        self.free = False  # whether people look at a part of their own choice
        self._ringed = False
        self._cross: float | None = None
        self._band: tuple[float, float] | None = None  # pixels, from where a person drags to where they are
        self._bracket: Bracket | None = None
        self.left, self.bottom = ValueAxis("left"), ValueAxis("bottom")
        self.ci.layout.setSpacing(0)
        self.ci.layout.setContentsMargins(0, 2 * SPACE, round(BESIDE), 0)
        for item, row, column in ((self.left, 0, 0), (self.view, 0, 1), (self.bottom, 1, 1)):
            self.addItem(item, row, column)
        for axis in (self.left, self.bottom):
            axis.linkToView(self.view)
            axis.setStyle(tickLength=0, tickTextOffset=6, maxTickLevel=0)
            axis.setTickDensity(1.6)
            axis.enableAutoSIPrefix(False)
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
        self._fit_left()
        self.bottom.setLabel(label or None, color=quiet.name())
        self.bottom.showLabel(bool(label))
        self.bottom.setHeight((2 if label else 1) * QFontMetrics(font).height() + 2 * SPACE)

    def show_powers(self, powers: bool) -> None:
        """Whether its values are tenth logarithms: then there is no looking further than to where numbers end."""
        self.left.show_as(logarithmic=powers)
        most = POWERS if powers else MOST
        self.view.setLimits(yMin=-most, yMax=most)

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

    def area(self, low: Any, high: Any) -> Any:
        """A new area between two curves of this canvas."""
        item = pg.FillBetweenItem(low, high)
        item.setZValue(-5)
        self.view.addItem(item, ignoreBounds=True)
        return item

    def remove(self, item: Any) -> None:
        """Take a curve or a line away."""
        self.view.removeItem(item)

    def set_range(self, x_end: float, low: float, high: float) -> None:
        """Show steps from 0 to `x_end`, and values from `low` to `high`; fixed ranges paint twice as fast. Where people
        look at a part of their own choice they keep it."""
        self.bottom.show_end(x_end)
        self._fit_left((low, high))
        if not self.free:
            self.view.setRange(xRange=(0.0, x_end), yRange=(low, high), padding=0.01, disableAutoRange=True)

    def _fit_left(self, shown: tuple[float, float] | None = None) -> None:
        """Give the numbers at the left the room that they take in the range `shown`, and never less than usual."""
        wide = (AXIS_OF_POWERS if self.left.logarithmic else AXIS) * theme().factor
        if shown is not None:
            metrics = QFontMetrics(theme().font("caption"))
            wide = max(wide, self.left.widest(*shown, max(1.0, self.view.height()), metrics) + BESIDE + SPACE)
        if round(wide) != round(self.left.width()):
            self.left.setWidth(round(wide))

    def look_at(self, low: float, high: float) -> None:
        """Show this part of x, as another plot does."""
        self.free = True
        self.view.setXRange(low, high, padding=0.0)

    def show_cross(self, x: float | None) -> None:
        """A line at `x`, None for none. It is painted over the curves, which are not painted again as a whole."""
        if x == self._cross:
            return
        for place in (self._cross, x):
            if place is not None:
                at = round(self.pixel_of(place))
                self.viewport().update(at - 2, 0, 5, self.viewport().height())
        self._cross = x

    def show_bracket(self, bracket: Bracket | None) -> None:
        """Mark how far two curves are apart; None for nothing. Painted over the curves too."""
        if bracket != self._bracket:
            self._bracket = bracket
            self.viewport().update()

    def pixel_of(self, x: float) -> float:
        """Where the value `x` is on the viewport."""
        return float(self.mapFromScene(self.view.mapViewToScene(QPointF(x, 0.0))).x())

    def zoom(self, factor: float) -> None:
        """Show a smaller (above 1) or larger part of x, around its middle."""
        low, high = self.view.viewRange()[0]
        middle, half = (low + high) / 2, (high - low) / 2 / factor
        self._show_x(middle - half, middle + half)

    def pan(self, share: float) -> None:
        """Show a part of x further right (above 0) or left, by a share of what is shown."""
        low, high = self.view.viewRange()[0]
        self._show_x(low + share * (high - low), high + share * (high - low))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._cross is None and self._bracket is None and self._band is None and not self._ringed:
            return
        painter = QPainter(self.viewport())
        if self._band is not None:
            low, high = sorted(self._band)
            band = QRectF(low, 1, high - low, self.viewport().height() - 2)
            painter.setPen(QPen(theme().color("student"), 1.0))
            painter.setBrush(theme().color("student", 0.25))
            painter.setOpacity(0.5)
            painter.drawRect(band)
            painter.setOpacity(1.0)
        if self._bracket is not None:
            area = self.mapFromScene(self.view.sceneBoundingRect()).boundingRect()
            paint_bracket(painter, self._bracket, QRectF(area), self._place)
        if self._cross is not None:
            area = self.mapFromScene(self.view.sceneBoundingRect()).boundingRect()
            at = round(self.pixel_of(self._cross))
            painter.setPen(QPen(theme().color("quiet"), 1.0))
            if area.left() <= at <= area.right():
                painter.drawLine(at, area.top(), at, area.bottom())
        if self._ringed:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme().color("student", 0.75), 2.0))
            painter.drawRoundedRect(self.viewport().rect().adjusted(1, 1, -2, -2), 6, 6)
        painter.end()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event)
        else:
            event.ignore()  # the page scrolls

    def mousePressEvent(self, event: QMouseEvent) -> None:
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if shift and event.button() is Qt.MouseButton.LeftButton:
            self._stretch(event.position().x(), event.position().x())
        else:
            super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        band = self._band
        if band is None:
            super().mouseReleaseEvent(event)
            return
        self._band = None
        self.viewport().update()
        low, high = sorted(self._value_at(pixel) for pixel in band)
        if abs(band[1] - band[0]) >= LEAST_BAND:
            self._show_x(low, high)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._band is not None:
            self._stretch(self._band[0], event.position().x())
        else:
            super().mouseMoveEvent(event)
        place = self.mapToScene(event.position().toPoint())
        inside = self.view.sceneBoundingRect().contains(place)
        self.hovered.emit(self.view.mapSceneToView(place).x() if inside else float("nan"))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.show_all()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.hovered.emit(float("nan"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = Qt.Key
        match event.key():
            case keys.Key_Plus | keys.Key_Equal:
                self.zoom(ZOOM)
            case keys.Key_Minus:
                self.zoom(1 / ZOOM)
            case keys.Key_Left:
                self.pan(-STEP)
            case keys.Key_Right:
                self.pan(STEP)
            case keys.Key_0 | keys.Key_Home:
                self.show_all()
            case _:
                event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._ringed = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._ringed = False
        self.viewport().update()

    def show_all(self) -> None:
        """Give the view back to the plot."""
        self.free = False
        self.reset.emit()

    def _stretch(self, start: float, end: float) -> None:
        self._band = start, end
        self.viewport().update()

    def _value_at(self, pixel: float) -> float:
        """The value of x at a pixel of the viewport, at most at the edge of what is shown."""
        area = self.mapFromScene(self.view.sceneBoundingRect()).boundingRect()
        inside = min(max(pixel, area.left()), area.right())
        return float(self.view.mapSceneToView(self.mapToScene(round(inside), area.center().y())).x())

    def _place(self, x: float, y: float) -> QPointF:
        """Where a point of the curves is on the viewport."""
        return QPointF(self.mapFromScene(self.view.mapViewToScene(QPointF(x, y))))

    def _show_x(self, low: float, high: float) -> None:
        self.look_at(low, high)
        self.moved.emit(low, high)

    @Slot()
    def _moved(self, *_: object) -> None:
        self.free = True
        low, high = self.view.viewRange()[0]
        self.moved.emit(low, high)


__all__ = ["Canvas"]
