"""A bracket beside the end of two curves: how far apart they are, in words, where the eye is anyway."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPen

from kdstudio.gui.theme import SPACE, Role, theme

LEAST = 6  # pixels between the curves from which there is something to mark


@dataclass(frozen=True, kw_only=True, slots=True)
class Bracket:
    """From `low` to `high` at `x`; `words` stand beside it, `detail` below them where there is room. `floor` is the lowest
    value of both curves just before `x`: words that do not fit between the curves stand below it."""

    x: float
    low: float
    high: float
    floor: float
    words: str
    detail: str
    role: Role


def paint_bracket(
    painter: QPainter, bracket: Bracket, area: QRectF, place: Callable[[float, float], QPointF]
) -> None:
    """Paint it within `area`; `place` tells where a point of the curves is."""
    start, end = place(bracket.x, bracket.low), place(bracket.x, bracket.high)
    low, high = min(start.y(), area.bottom()), max(end.y(), area.top())
    top, bottom = min(low, high), max(low, high)
    if bottom - top < LEAST or not area.left() <= start.x() <= area.right() + 1:
        return
    strong, caption = QFontMetrics(theme().font("strong")), QFontMetrics(theme().font("caption"))
    width = max(strong.horizontalAdvance(bracket.words), caption.horizontalAdvance(bracket.detail)) + 2 * SPACE
    right = start.x() + width + 4 * SPACE < area.right()
    x = start.x() + 2 * SPACE if right else min(start.x(), area.right()) - 2 * SPACE
    _paint_line(painter, bracket.role, x, top + 2, bottom - 2, -SPACE if right else SPACE)
    words = QRectF(x + 2 * SPACE if right else x - 2 * SPACE - width, top, width, bottom - top)
    if bottom - top < 2 * strong.height():  # on a ground of their own: over the curve that goes on, or below both
        width = strong.horizontalAdvance(bracket.words) + SPACE
        height = strong.height() + 2
        if right:
            words = QRectF(x + SPACE, (top + bottom - height) / 2, width, height)
        else:
            floor = min(place(bracket.x, bracket.floor).y() + SPACE, area.bottom() - height)
            words = QRectF(area.right() - width - SPACE, floor, width, height)
        painter.fillRect(words, theme().color("card"))
    _paint_words(painter, bracket, words, left_aligned=right)


def _paint_line(painter: QPainter, role: Role, x: float, top: float, bottom: float, serif: float) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(QPen(theme().color(role), 1.5))
    painter.drawLine(QPointF(x, top), QPointF(x, bottom))
    for y in (top, bottom):
        painter.drawLine(QPointF(x, y), QPointF(x + serif, y))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)


def _paint_words(painter: QPainter, bracket: Bracket, area: QRectF, *, left_aligned: bool) -> None:
    strong, caption = QFontMetrics(theme().font("strong")), QFontMetrics(theme().font("caption"))
    detailed = area.height() >= strong.height() + caption.height() + 2 * SPACE
    height = strong.height() + (caption.height() if detailed else 0)
    side = Qt.AlignmentFlag.AlignLeft if left_aligned else Qt.AlignmentFlag.AlignRight
    line = QRectF(area.left(), area.center().y() - height / 2, area.width(), strong.height())
    painter.setFont(theme().font("strong"))
    painter.setPen(theme().color(bracket.role, 0.9, "text"))
    painter.drawText(line, side | Qt.AlignmentFlag.AlignVCenter, bracket.words)
    if detailed:
        painter.setFont(theme().font("caption"))
        painter.setPen(theme().color("quiet"))
        line.translate(0, strong.height())
        painter.drawText(line, side | Qt.AlignmentFlag.AlignVCenter, bracket.detail)


__all__ = ["Bracket", "paint_bracket"]
