"""A curve of a thumb's size: in a cell of the table, and beside a run on Home."""

from collections.abc import Sequence
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from kdstudio.gui.cards import Painted
from kdstudio.gui.plain_tips import plain_tip
from kdstudio.gui.theme import SPACE, Role, theme
from kdstudio.runs.summary import percent


def heights(curve: Sequence[float]) -> list[float]:
    """How high each value stands: 0 for an accuracy of 0 %, 1 for 100 %, in every row, so that rows can be compared."""
    return [min(1.0, max(0.0, value)) for value in curve]


def draw_sparkline(painter: QPainter, area: QRectF, curve: Sequence[float], role: Role = "student") -> None:
    """`curve` over the whole of `area`, with a dot at its end, above a faint line that stands for 0 %."""
    if len(curve) < 2:
        return
    painter.fillRect(QRectF(area.left(), area.bottom(), area.width(), 1.0), theme().color("border"))
    step = area.width() / (len(curve) - 1)
    points = [
        QPointF(area.left() + number * step, area.bottom() - height * area.height())
        for number, height in enumerate(heights(curve))
    ]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme().color(role), 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawPolyline(QPolygonF(points))
    painter.setBrush(theme().color(role))
    painter.drawEllipse(points[-1], 1.8, 1.8)
    painter.restore()


@lru_cache(maxsize=256)
def picture(curve: tuple[float, ...], colour: str, width: int, height: int, scale: float) -> QPixmap:
    """The curve in a cell, kept: a table is painted far more often than its curves change."""
    made = QPixmap(round(width * scale), round(height * scale))
    made.setDevicePixelRatio(scale)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    area = QRectF(0, 0, width, height).adjusted(2 * SPACE, 2 * SPACE, -3 * SPACE, -2 * SPACE)
    draw_sparkline(painter, area, curve)
    painter.end()
    return made


class Sparkline(Painted):
    """The same as a widget."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._curve: tuple[float, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_curve(self, curve: tuple[float, ...]) -> None:
        """Show `curve`."""
        if curve != self._curve:
            self._curve = curve
            said = self.tr("validation accuracy from {0} to {1}")
            words = said.format(percent(curve[0]), percent(curve[-1])) if curve else ""
            self.setAccessibleDescription(words)
            self.setToolTip(plain_tip(words))
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(96, 28)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        draw_sparkline(painter, QRectF(self.rect()).adjusted(2, 4, -4, -4), self._curve)
        painter.end()
