"""What a plot says of the place under the pointer: every curve, with its value there."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from kdstudio.gui.cards import Painted
from kdstudio.gui.theme import SPACE, Role, theme

WIDEST = 0.55  # of the card
HIGHEST = 0.6  # of the plot


class Readout(Painted):
    """A small opaque box in a corner of the plot, away from the pointer; opaque, so that no curve is painted again. Over a low
    plot it would hide the curves: there it stands above the plot, over the legend, whose values it repeats, in two columns."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._card = parent
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.title = ""
        self.columns = 1
        self.lines: list[tuple[str, str, Role]] = []
        self.hide()

    def say(self, title: str, lines: list[tuple[str, str, Role]], place: QRectF, *, left: bool, low: bool) -> None:
        """Show all of `lines` (label, value, role) in a corner of `place`; where that is too low, over what stands above it,
        and what has no room in the parent is counted."""
        self.columns = 1
        self.title, self.lines = title, self._as_fit(lines)
        size = self.sizeHint()
        above = size.height() > HIGHEST * place.height()
        if above:
            self.columns, self.lines = 2, lines
            size = self.sizeHint()
        x = place.left() + 2 * SPACE if left else place.right() - size.width() - 2 * SPACE
        y = place.bottom() - size.height() - 2 * SPACE if low else place.top() + 2 * SPACE
        x = max(2.0, min(x, self._card.width() - size.width() - 2.0))
        y = max(2.0, min(y, place.bottom() - size.height()) if not above else place.top() - size.height())
        self.setGeometry(round(x), round(y), size.width(), size.height())
        self.setVisible(bool(lines))
        self.raise_()
        self.update()

    def _as_fit(self, lines: list[tuple[str, str, Role]]) -> list[tuple[str, str, Role]]:
        room = (self._card.height() - 5 * SPACE) // QFontMetrics(theme().font("caption")).height() - 1
        if len(lines) <= room:
            return lines
        return [*lines[: max(0, room - 1)], (self.tr("and {0} more").format(len(lines) - max(0, room - 1)), "", "quiet")]

    def sizeHint(self) -> QSize:
        metrics, strong = QFontMetrics(theme().font("caption")), QFontMetrics(theme().font("strong"))
        labels = max((metrics.horizontalAdvance(label) for label, _, _ in self.lines), default=0)
        values = max((metrics.horizontalAdvance(value) for _, value, _ in self.lines), default=0)
        width = max(labels + values + 5 * SPACE + 8, strong.horizontalAdvance(self.title)) + 4 * SPACE
        if self.columns > 1:
            rows = -(-len(self.lines) // self.columns)
            width = self.columns * (labels + values + 5 * SPACE + 8) + 4 * SPACE
            return QSize(min(width, self._card.width() - 4), metrics.height() * (rows + 1) + 3 * SPACE)
        most = max(190, round(WIDEST * self._card.width()))  # the pointer must not be under its own words
        return QSize(min(width, most), metrics.height() * (len(self.lines) + 1) + 3 * SPACE)

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
        top, wide = line.top(), line.width() / self.columns
        rows = max(1, -(-len(self.lines) // self.columns))
        for number, (label, value, role) in enumerate(self.lines):
            column, row = divmod(number, rows)
            between = 2 * SPACE if self.columns > 1 else 0
            line = QRectF(2 * SPACE + column * wide, top + (1 + row) * height, wide - between, height)
            painter.fillRect(QRectF(line.left(), line.center().y() - 4, 8, 8), theme().color(role))
            painter.setPen(theme().color("text"))
            words = line.adjusted(8 + SPACE + 2, 0, -painter.fontMetrics().horizontalAdvance(value) - 2 * SPACE, 0)
            shown = painter.fontMetrics().elidedText(label, Qt.TextElideMode.ElideMiddle, int(words.width()))
            painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
            painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, value)
        painter.end()


__all__ = ["Readout"]
