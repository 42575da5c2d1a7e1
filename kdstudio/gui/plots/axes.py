"""An axis whose numbers may stand for powers of ten, or for seconds.

pyqtgraph's own logarithmic mode is rough with values at or below zero: the plots transform their values themselves, and
only the axis says what they stand for.
"""

import math
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetrics

from kdstudio.gui.plots.spoken import figure
from kdstudio.gui.theme import SPACE
from kdstudio.runs.outlook import clock

HALF = 10.0  # pixels of a line of numbers, in large type too
BESIDE = 2.0 * SPACE  # pixels at the right of the view
APART = 2.0 * SPACE  # pixels between the end of an axis and the numbers beside it
MADE: Any = object()  # in place of a QPicture
MOST = 7  # marks of a logarithmic axis
SIZES = (100.0, 250.0, 600.0)  # pixels of an axis
LARGE = 1e3  # from which values have separators, and then powers of ten


class ValueAxis(pg.AxisItem):
    """An axis of plain values; `logarithmic` where they are the tenth logarithms of what is meant; `seconds` for times."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        self._logarithmic = self._seconds = False
        self._end: float | None = None
        self._drawn: Any = None

    @property
    def logarithmic(self) -> bool:
        """Whether its values are logarithms."""
        return self._logarithmic

    def show_as(self, *, logarithmic: bool = False, seconds: bool = False) -> None:
        """What the values are."""
        if (logarithmic, seconds) != (self._logarithmic, self._seconds):
            self._logarithmic, self._seconds = logarithmic, seconds
            self.picture = None
            self.update()

    def show_end(self, end: float | None) -> None:
        """The value at which everything ends: it is written wherever it is in view."""
        if end != self._end:
            self._end = end
            self.picture = None
            self.update()

    def generateDrawSpecs(self, painter: Any) -> Any:
        """As its base does, and the end besides, at the cost of a number that stands too near to it."""
        specs = super().generateDrawSpecs(painter)
        end = self._end_words(painter)
        if specs is None or end is None:
            return specs
        line, ticks, words = specs
        before = [each for each in words if each[0].right() + APART <= end[0].left()]
        beyond = [each for each in words if each[0].left() >= end[0].right() + APART]
        return line, ticks, [*before, end, *beyond]

    def _end_words(self, painter: Any) -> tuple[QRectF, Qt.AlignmentFlag, str] | None:
        """Place, alignment and words of the end; None where it is out of view."""
        low, high = self.range
        if self._end is None or not low < self._end <= high:
            return None
        words = clock(self._end) if self._seconds else f"{self._end:,.1f}".removesuffix(".0")
        area = self.mapRectFromParent(self.geometry())
        room = painter.boundingRect(QRectF(0, 0, 100, 100), Qt.AlignmentFlag.AlignCenter, words)
        middle = area.left() + area.width() * (self._end - low) / (high - low)
        left = min(middle - room.width() / 2, self.boundingRect().right() - room.width())
        place = QRectF(left, area.top() + self.style["tickTextOffset"][1], room.width(), room.height())
        return place, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextDontClip, words

    def boundingRect(self) -> QRectF:
        """Half a line more, and the margins beside the first and the last step: numbers at both ends are not left out."""
        area: QRectF = super().boundingRect()
        return area.adjusted(0, -HALF, 0, HALF) if self.orientation == "left" else area.adjusted(-2 * BESIDE, 0, BESIDE, 0)

    def paint(self, painter: Any, option: Any, widget: Any) -> None:
        """As its base does, but from the list of what there is to draw: to play a QPicture takes longer than all curves."""
        painter.save()
        font = self.style["tickFont"]
        if font is not None:
            painter.setFont(font)
        if self.picture is None:  # the base wants it made anew
            self._drawn = self.generateDrawSpecs(painter)
            self.picture = MADE
        if self._drawn is not None:
            self.drawPicture(painter, *self._drawn)
        painter.restore()

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, list[float]]]:
        if self._logarithmic:
            return [(1.0, marks(minVal, maxVal))]
        values: list[tuple[float, list[float]]] = super().tickValues(minVal, maxVal, size)
        return values

    def tickStrings(self, values: Any, scale: float, spacing: float) -> list[str]:
        if self._logarithmic:
            return [figure(10**value) for value in values]
        if self._seconds and spacing >= 1:
            return [clock(value) for value in values]
        if self.orientation == "bottom" and spacing >= 1:
            return [f"{value:,.0f}" for value in values]
        if self.orientation == "left" and max((abs(value) for value in values), default=0.0) >= LARGE:
            return [figure(value) for value in values]
        strings: list[str] = super().tickStrings(values, scale, spacing)
        return strings

    def widest(self, low: float, high: float, size: float, metrics: QFontMetrics) -> int:
        """The pixels that its numbers take where it shows values from `low` to `high`; those that are wider than the axis
        would be left out."""
        strings: list[str] = []
        for high_as in (size, *SIZES):  # it may not have been laid out yet
            levels = self.tickValues(low, high, high_as)
            strings += self.tickStrings(levels[0][1], 1.0, levels[0][0]) if levels else []
        return max((metrics.horizontalAdvance(each) for each in strings), default=0)


def marks(low: float, high: float) -> list[float]:
    """Round values whose tenth logarithms lie in `low` to `high`: whole powers, then 2 and 5 of each, then finer ones."""
    for steps in ((1,), (1, 3), (1, 2, 5), range(1, 10)):
        powers = range(math.floor(low), math.ceil(high) + 1)
        found = [power + math.log10(step) for power in powers for step in steps]
        inside = [value for value in found if low <= value <= high]
        if len(inside) >= 3:
            return inside[:: math.ceil(len(inside) / MOST)]
    return [low + share * (high - low) for share in (0.1, 0.5, 0.9)]


__all__ = ["ValueAxis", "marks"]
