"""What a plot says of the place under the pointer: every curve, with its value there."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from kdstudio.gui.cards import Painted
from kdstudio.gui.theme import SPACE, Role, theme


class Readout(Painted):
    """A small opaque box in a corner of the plot, away from the pointer; opaque, so that no curve is painted again."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.title = ""
        self.lines: list[tuple[str, str, Role]] = []
        self.hide()

    def say(self, title: str, lines: list[tuple[str, str, Role]], place: QRectF, *, left: bool, low: bool) -> None:
        """Show all of `lines` (label, value, role) in a corner of `place`; where that is too low, over what stands above it."""
        self.title, self.lines = title, lines
        size = self.sizeHint()
        x = place.left() + 2 * SPACE if left else place.right() - size.width() - 2 * SPACE
        y = place.bottom() - size.height() - 2 * SPACE if low else place.top() + 2 * SPACE
        y = max(2.0, min(y, place.bottom() - size.height()))
        self.setGeometry(round(x), round(y), size.width(), size.height())
        self.setVisible(bool(lines))
        self.raise_()
        self.update()

    def sizeHint(self) -> QSize:
        metrics, strong = QFontMetrics(theme().font("caption")), QFontMetrics(theme().font("strong"))
        labels = max((metrics.horizontalAdvance(label) for label, _, _ in self.lines), default=0)
        values = max((metrics.horizontalAdvance(value) for _, value, _ in self.lines), default=0)
        width = max(labels + values + 5 * SPACE + 8, strong.horizontalAdvance(self.title))
        return QSize(width + 4 * SPACE, metrics.height() * (len(self.lines) + 1) + 3 * SPACE)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("raised"))
        painter.setPen(QPen(theme().color("border"), 1.0))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.setFont(theme().font("caption"))
        height = painter.fontMetrics().height()
        line = QRectF(2 * SPACE, 1.5 * SPACE, self.width() - 4 * SPACE, height)
        painter.setPen(theme().color("quiet"))
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self.title)
        for label, value, role in self.lines:
            line.translate(0, height)
            painter.fillRect(QRectF(line.left(), line.center().y() - 4, 8, 8), theme().color(role))
            painter.setPen(theme().color("text"))
            painter.drawText(
                line.adjusted(8 + SPACE + 2, 0, 0, 0), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, label
            )
            painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, value)
        painter.end()


__all__ = ["Readout"]
