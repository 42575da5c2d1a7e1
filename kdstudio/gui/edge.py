"""The outline of what is typed into or chosen from: Qlementine's own is hardly there, and its colour is that of the menu bar's
lines too."""

from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLineEdit, QWidget

from kdstudio.gui.theme import theme

CORNER, PLAIN_CORNER = 6.0, 2.0  # radius in Qlementine, and in Fusion


def paint_edge(field: QWidget, part: QWidget | None = None) -> None:
    """Draw the outline over the one that the style has drawn; what cannot be used keeps the style's.

    Args:
        part: what lies on `field` and is painted after it, to be given its share of the outline.
    """
    if not field.isEnabled():
        return
    painter = QPainter(part or field)
    painter.translate(-part.pos() if part else QPoint())
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    quiet = theme().color("quiet") if field.underMouse() else theme().edge
    painter.setPen(QPen(theme().color("student") if field.hasFocus() else quiet, 1.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    corner = PLAIN_CORNER if theme().fallback else CORNER
    painter.drawRoundedRect(QRectF(field.rect()).adjusted(0.5, 0.5, -0.5, -0.5), corner, corner)
    painter.end()


class Line(QLineEdit):
    """A line of text with an outline that is seen."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        paint_edge(self)


class PartLine(QLineEdit):
    """The line of text within a spin box, which has the outline of the whole."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        whole = self.parentWidget()
        if whole is not None:
            paint_edge(whole, self)


__all__ = ["Line", "PartLine", "paint_edge"]
