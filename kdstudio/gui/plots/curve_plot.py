"""A card with live curves: pyqtgraph drawn by the house rule, a legend of our own, and words while it is empty.

The house rule (measured, see the design's traps): a noisy raw curve has width 1, a dim but opaque colour and no
antialiasing; its debiased moving average lies on top with width 2, opaque, no antialiasing. Short smooth curves (the
evaluations) may be antialiased: that costs with the number of points, and they have few.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QColor, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from kdstudio.gui.cards import Card, Elided, Text
from kdstudio.gui.plots.canvas import Canvas
from kdstudio.gui.plots.curves import Curve, Level, Line, Picture
from kdstudio.gui.plots.legend import Legend
from kdstudio.gui.theme import GAP, Role, theme
from kdstudio.runs.series import Series, smoothed, thinned

Floats = np.ndarray[Any, np.dtype[np.float64]]

POINTS = 2000  # more than a plot has pixels
SMOOTH = 0.9  # weight of the moving average, at most
SPAN = 15  # points that it spans at least: a short curve needs no smoothing
STYLES: dict[Line, Qt.PenStyle] = {
    "solid": Qt.PenStyle.SolidLine,
    "dashed": Qt.PenStyle.DashLine,
    "dotted": Qt.PenStyle.DotLine,
}
EARLY = 0.08  # the first part of a curve, in which everybody learns the obvious, may leave the picture
FEW = 300  # up to so many points a curve may be antialiased and wide


@dataclass(slots=True)
class _Drawn:
    """What is on the canvas for one curve, and what of it is wanted again."""

    raw: Any
    average: Any
    series: Series | None = None
    mark: tuple[int, float | None] = (0, None)
    low: float = 0.0
    high: float = 0.0
    newest: float = 0.0


class CurvePlot(Card):
    """One plot. `show_picture` is cheap to call again: items are kept, only what they show changes.

    Args:
        title: above it, and for screen readers.
        name: its object name.
        unit: of the values, as in "%".
    """

    def __init__(self, title: str, name: str, unit: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._unit = unit
        self._picture = Picture()
        self._items: dict[str, _Drawn] = {}
        self._lines: dict[str, Any] = {}
        self.legend = Legend()
        self.title = Elided(title, "strong")
        self._head()
        self.plot = Canvas()
        self.plot.setAccessibleName(title)
        self.body.addWidget(self.plot, 1)
        self.waiting = Text("", "body", "quiet", self.plot, wrap=True)
        self.waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.waiting.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setMinimumSize(220, 170)
        theme().changed.connect(self._dress)
        self._dress()

    @property
    def summary(self) -> str:
        """What the plot shows, in words: a curve is silent."""
        said = [f"{name} {entry.text.removeprefix(name).strip()}" for name, entry in self.legend.entries.items()]
        return f"{self.title.whole}: {', '.join(said)}" if said else f"{self.title.whole}: {self.waiting.text()}"

    def show_picture(self, picture: Picture) -> None:
        """Draw `picture`."""
        self._picture = picture
        self.waiting.setText("" if not picture.empty else picture.waiting)
        self.waiting.setVisible(picture.empty)
        self.plot.show_axes(not picture.empty)
        self._forget({curve.key for curve in picture.curves}, {level.label for level in picture.levels})
        for curve in picture.curves:
            self._draw(curve)
        for level in picture.levels:
            self._draw_level(level)
        self._fit(picture)
        self.legend.show_entries(self._entries(picture))
        self._place_legend()
        self.plot.setAccessibleDescription(self.summary)

    def clear(self) -> None:
        """Show nothing, as before the first picture."""
        self.show_picture(Picture())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.waiting.setGeometry(self.plot.rect())
        self._place_legend()

    def _place_legend(self) -> None:
        margins = self.body.contentsMargins()
        room = self.width() - margins.left() - margins.right()
        beside = room - self.title.sizeHint().width() - GAP
        below = self.legend.wish(short=True) > beside
        if below != (self._below.count() > 0):
            old, new = (self._line, self._below) if below else (self._below, self._line)
            old.removeWidget(self.legend)
            new.addWidget(self.legend)
            new.setAlignment(self.legend, Qt.AlignmentFlag.AlignLeft if below else Qt.AlignmentFlag.AlignRight)
        self.legend.fit(room if below else beside)

    def _head(self) -> None:
        """The legend stands at the right of the title, or below it where the card is narrow."""
        self._line = QHBoxLayout()
        self._line.setSpacing(GAP)
        self._line.addWidget(self.title, 1)
        self._line.addWidget(self.legend)
        self._below = QHBoxLayout()
        self.body.addLayout(self._line)
        self.body.addLayout(self._below)

    def _forget(self, curves: set[str], levels: set[str]) -> None:
        for key in set(self._items) - curves:
            gone = self._items.pop(key)
            for item in (gone.raw, gone.average):
                if item is not None:
                    self.plot.remove(item)
        for label in set(self._lines) - levels:
            self.plot.remove(self._lines.pop(label))

    def _draw(self, curve: Curve) -> None:
        """Curves of other seeds do not change any more: what is drawn already is only given its pens."""
        drawn = self._items.get(curve.key)
        if drawn is None:
            drawn = _Drawn(raw=self.plot.curve(), average=self.plot.curve() if curve.noisy else None)
            self._items[curve.key] = drawn
        mark = (len(curve.series), curve.series.last)
        if drawn.series is not curve.series or drawn.mark != mark:
            drawn.series, drawn.mark = curve.series, mark
            self._set_data(drawn, curve)
        self._pens(drawn, curve)

    def _set_data(self, drawn: "_Drawn", curve: Curve) -> None:
        steps, values = curve.series.arrays()
        if not len(values):
            return
        values = values * curve.scale
        drawn.raw.setData(*thinned(steps, values, POINTS))
        drawn.low = _low(values) if self._unit else float(np.min(values))
        drawn.high, drawn.newest = float(np.max(values)), float(values[-1])
        if drawn.average is not None:  # it is what the eye follows, and what the legend reads out
            average = averaged(values)
            drawn.average.setData(*thinned(steps, average, POINTS))
            drawn.newest = float(average[-1])

    def _pens(self, drawn: "_Drawn", curve: Curve) -> None:
        few = len(curve.series) <= FEW
        strong = theme().color(curve.role)
        share = 0.38 if curve.noisy else 0.45 if curve.weak else 1.0
        thin = curve.noisy or curve.weak or not few
        pen = _pen(theme().color(curve.role, share), 1.0 if thin else self._wide, curve.line if few else "solid")
        _dress_item(drawn.raw, pen, few)
        drawn.raw.setZValue(1 if curve.noisy else 2 if curve.weak else 4)
        if drawn.average is not None:
            _dress_item(drawn.average, _pen(strong, self._wide), few)
            drawn.average.setZValue(5)

    @property
    def _wide(self) -> float:
        """Width 2, also where a pixel of the screen is half a pixel of ours: the pens are cosmetic."""
        return 2.0 * max(1.0, self.devicePixelRatioF())

    def _draw_level(self, level: Level) -> None:
        if level.label not in self._lines:
            self._lines[level.label] = self.plot.level()
            self._lines[level.label].setZValue(3)
        line = self._lines[level.label]
        line.setPen(_pen(theme().color(level.role), self._wide, "dotted"))
        line.setValue(level.value)

    def _fit(self, picture: Picture) -> None:
        """Fixed x from the plan; y around what is there."""
        ends = [curve.series.last_step for curve in picture.curves if curve.series.last_step]
        drawn = [self._items[curve.key] for curve in picture.curves if len(curve.series)]
        levels = [level.value for level in picture.levels]
        if not drawn:
            return
        low = min([each.low for each in drawn] + levels)
        high = max([each.high for each in drawn] + levels)
        room = max(0.06 * (high - low), 0.5 if self._unit else 0.01)
        top = min(high + room, 101.5) if self._unit else high + room
        self.plot.set_range(picture.x_end or max(ends, default=1), max(low - room, 0.0), max(top, 1e-6))

    def _entries(self, picture: Picture) -> dict[str, tuple[Role, Qt.PenStyle, str]]:
        wanted: dict[str, tuple[Role, Qt.PenStyle, str]] = {}
        for level in picture.levels:
            wanted[level.label] = (level.role, Qt.PenStyle.DotLine, self._worded(level.value))
        for curve in picture.curves:
            if not curve.weak and len(curve.series):
                style = STYLES[curve.line]
                wanted[curve.label] = (curve.role, style, self._worded(self._items[curve.key].newest))
        return wanted

    def _worded(self, value: float) -> str:
        return f"{value:.1f} {self._unit}" if self._unit else f"{value:.3g}"

    @Slot()
    def _dress(self) -> None:
        """Take on the colours in force."""
        self.plot.dress(self.tr("steps"))
        self.show_picture(self._picture)


def averaged(values: Floats) -> Floats:
    """The debiased moving average that lies over a noisy curve; the shorter the curve, the lighter."""
    return smoothed(values, max(0.0, min(SMOOTH, 1.0 - SPAN / max(1, len(values)))))


def _low(values: Floats) -> float:
    """The lowest value that must be in the picture."""
    return float(np.min(values[round(EARLY * len(values)) :])) if len(values) >= 12 else float(np.min(values))


def _pen(colour: QColor, width: float, line: Line = "solid") -> QPen:
    pen = QPen(colour, width)
    pen.setCosmetic(True)
    if line == "dashed":
        pen.setDashPattern([4.0, 2.5])
    elif line == "dotted":
        pen.setStyle(Qt.PenStyle.DotLine)
    return pen


def _dress_item(item: Any, pen: QPen, antialias: bool) -> None:
    if item.opts["pen"] != pen:
        item.setPen(pen)
    if item.opts["antialias"] != antialias:
        item.opts["antialias"] = antialias
        item.update()


__all__ = ["CurvePlot", "averaged"]
