"""A card with live curves: pyqtgraph drawn by the house rule, a legend of our own, and words while it is empty.

The house rule (measured, see the design's traps): a noisy raw curve has width 1, a dim but opaque colour and no
antialiasing; its debiased moving average lies on top with width 2, opaque, no antialiasing. Short smooth curves (the
evaluations) may be antialiased: that costs with the number of points, and they have few.
"""

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
from kdstudio.runs.series import smoothed, thinned

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
        self._items: dict[str, tuple[Any, Any]] = {}
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
            for item in self._items.pop(key):
                if item is not None:
                    self.plot.remove(item)
        for label in set(self._lines) - levels:
            self.plot.remove(self._lines.pop(label))

    def _draw(self, curve: Curve) -> None:
        if curve.key not in self._items:
            raw, average = self.plot.curve(), self.plot.curve() if curve.noisy else None
            self._items[curve.key] = (raw, average)
        raw, average = self._items[curve.key]
        steps, values = curve.series.arrays()
        values = values * curve.scale
        self._pens(curve, len(values))
        raw.setData(*thinned(steps, values, POINTS))
        if average is not None:
            average.setData(*thinned(steps, averaged(values), POINTS))

    def _pens(self, curve: Curve, points: int) -> None:
        raw, average = self._items[curve.key]
        few = points <= FEW
        strong = theme().color(curve.role)
        dim = theme().color(curve.role, 0.38)
        weak = theme().color(curve.role, 0.45)
        colour = dim if curve.noisy else weak if curve.weak else strong
        thin = curve.noisy or curve.weak or not few
        _dress_item(raw, _pen(colour, 1.0 if thin else self._wide, curve.line if few else "solid"), few)
        raw.setZValue(1 if curve.noisy else 2 if curve.weak else 4)
        if average is not None:
            _dress_item(average, _pen(strong, self._wide), few)
            average.setZValue(5)

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
        values = [curve.series.arrays()[1] * curve.scale for curve in picture.curves if len(curve.series)]
        levels = [level.value for level in picture.levels]
        if not values:
            return
        low = min([_low(part) if self._unit else float(np.min(part)) for part in values] + levels)
        high = max([float(np.max(part)) for part in values] + levels)
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
                wanted[curve.label] = (curve.role, style, self._worded(self._newest(curve)))
        return wanted

    def _newest(self, curve: Curve) -> float:
        """The last value; of a noisy curve the last of its average, which is what the eye follows."""
        values = curve.series.arrays()[1] * curve.scale
        return float(averaged(values)[-1]) if curve.noisy else float(values[-1])

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
