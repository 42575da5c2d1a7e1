"""A check box that paints itself: Qlementine's empty box is a line that is hardly there, most of all in the dark."""

from PySide6.QtCore import QPointF, QRectF, Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QStyle, QStyleOptionButton, QWidget

from kdstudio.gui.theme import theme

BOX = 16.0  # pixels
MARK = ((0.25, 0.53), (0.43, 0.70), (0.75, 0.32))  # of the box


class Check(QCheckBox):
    """On or off: a filled box with a mark in it, or an outlined one. Its words are the style's."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        theme().changed.connect(self._repaint_in_new_colours)

    @property
    def box(self) -> QRectF:
        """Where its box is."""
        option = QStyleOptionButton()
        self.initStyleOption(option)
        place = QRectF(self.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self))
        box = QRectF(0, 0, BOX, BOX)
        box.moveCenter(place.center())
        return box

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.rect = self.style().subElementRect(QStyle.SubElement.SE_CheckBoxContents, option, self)
        painter = QPainter(self)
        self.style().drawControl(QStyle.ControlElement.CE_CheckBoxLabel, option, painter, self)
        self._paint_box(painter)
        painter.end()

    def _paint_box(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        on, strong, box = self.isChecked(), 1.0 if self.isEnabled() else 0.4, self.box
        outline = theme().color("student" if on else "quiet", strong)
        painter.setPen(QPen(outline, 1.5))
        painter.setBrush(outline if on else theme().color("raised" if self.underMouse() else "card"))
        painter.drawRoundedRect(box.adjusted(0.75, 0.75, -0.75, -0.75), 4, 4)
        if on:
            painter.setPen(
                QPen(theme().color("on_accent"), 2.0, c=Qt.PenCapStyle.RoundCap, j=Qt.PenJoinStyle.RoundJoin)
            )
            painter.drawPolyline([QPointF(box.x() + x * BOX, box.y() + y * BOX) for x, y in MARK])
        if theme().fallback and self.hasFocus():  # Qlementine puts a frame around it
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme().color("student", 0.75), 2.0))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)

    @Slot()
    def _repaint_in_new_colours(self) -> None:
        self.update()


__all__ = ["Check"]
