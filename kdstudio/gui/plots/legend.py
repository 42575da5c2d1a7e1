"""The legend of a plot as widgets: it costs the plot nothing, shows the newest values, and can be read aloud."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from kdstudio.gui.cards import Painted
from kdstudio.gui.theme import GAP, SPACE, Role, theme


class LegendEntry(Painted):
    """A piece of line and its name, with the newest value."""

    def __init__(self, label: str, role: Role, style: Qt.PenStyle, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label, self._role, self._style = label, role, style
        self._value = ""
        self._short = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def text(self) -> str:
        """What stands beside the line."""
        return f"{self.label}  {self._value}".strip()

    @property
    def _shown(self) -> str:
        return self.label if self._short else self.text

    def set_short(self, short: bool) -> None:
        """Leave the value out where there is no room for it."""
        if short != self._short:
            self._short = short
            self.updateGeometry()
            self.update()

    def show_value(self, value: str) -> None:
        """Show the newest value beside the name."""
        if value != self._value:
            self._value = value
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(theme().font("caption"))
        return QSize(metrics.horizontalAdvance(self._shown) + 34, metrics.height() + SPACE)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(theme().color(self._role), 2.0, self._style)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        middle = self.height() / 2
        painter.drawLine(0, round(middle), 22, round(middle))
        painter.setPen(theme().color("quiet"))
        painter.setFont(theme().font("caption"))
        painter.drawText(self.rect().adjusted(28, 0, 6, 0), Qt.AlignmentFlag.AlignVCenter, self._shown)
        painter.end()


class Legend(QWidget):
    """The names of what a plot shows, as widgets: they cost the plot nothing, and can be read aloud."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(GAP)
        self.entries: dict[str, LegendEntry] = {}

    def show_entries(self, wanted: dict[str, tuple[Role, Qt.PenStyle, str]]) -> None:
        """Show these: label -> role, line, value."""
        if list(wanted) != list(self.entries):
            for entry in self.entries.values():
                self._row.removeWidget(entry)
                entry.deleteLater()
            self.entries = {label: LegendEntry(label, role, style, self) for label, (role, style, _) in wanted.items()}
            for entry in self.entries.values():
                self._row.addWidget(entry)
        for label, (_, _, value) in wanted.items():
            self.entries[label].show_value(value)

    def wish(self, *, short: bool = False) -> int:
        """The width that the entries want, in pixels, with their values or `short`, without."""
        metrics = QFontMetrics(theme().font("caption"))
        words = [entry.label if short else entry.text for entry in self.entries.values()]
        return sum(metrics.horizontalAdvance(word) + 34 for word in words) + GAP * max(0, len(words) - 1)

    def fit(self, width: int) -> None:
        """Leave the values out where `width` has no room for them."""
        short = self.wish() > width
        for entry in self.entries.values():
            entry.set_short(short)
