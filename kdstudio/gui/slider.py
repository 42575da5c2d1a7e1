"""A slider that paints itself: Qlementine's handle has the colour of words on the accent, which is near black in the dark."""

from PySide6.QtCore import QEvent, QRectF, Qt, Slot
from PySide6.QtGui import QEnterEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSlider, QStyle, QStyleOptionSlider, QWidget

from kdstudio.gui.theme import theme

GROOVE, KNOB = 4.0, 14.0  # pixels
HALO = 20.0  # of a knob under the pointer, or in the hand


class Slider(QSlider):
    """A place on a line from left to right, in the accent colour up to its knob."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        theme().changed.connect(self._repaint_in_new_colours)

    @property
    def knob(self) -> QRectF:
        """Where its knob is."""
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        part = QStyle.SubControl.SC_SliderHandle
        handle = QRectF(self.style().subControlRect(QStyle.ComplexControl.CC_Slider, option, part, self))
        knob = QRectF(0, 0, KNOB, KNOB)
        knob.moveCenter(handle.center())
        return knob

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        knob, enabled = self.knob, self.isEnabled()
        groove = QRectF(0, knob.center().y() - GROOVE / 2, self.width(), GROOVE)
        painter.setBrush(theme().color("quiet", 0.35))
        painter.drawRoundedRect(groove, GROOVE / 2, GROOVE / 2)
        accent = theme().color("student", 1.0 if enabled else 0.4)
        painter.setBrush(accent)
        groove.setRight(knob.center().x())
        painter.drawRoundedRect(groove, GROOVE / 2, GROOVE / 2)
        if enabled and (self.underMouse() or self.isSliderDown() or (theme().fallback and self.hasFocus())):
            halo = QRectF(0, 0, HALO, HALO)
            halo.moveCenter(knob.center())
            painter.setBrush(theme().color("student", 0.35))
            painter.drawEllipse(halo)
        painter.setBrush(accent)
        painter.drawEllipse(knob)
        painter.end()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.update()

    @Slot()
    def _repaint_in_new_colours(self) -> None:
        self.update()


__all__ = ["Slider"]
