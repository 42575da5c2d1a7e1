"""The legend of a plot as widgets: it costs the plot nothing, shows the newest values, hides a curve at a click, and can
be read aloud."""

from collections.abc import Mapping

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from kdstudio.gui.flow import FlowLayout
from kdstudio.gui.plain_tips import plain_tip
from kdstudio.gui.theme import GAP, SPACE, Role, theme

LINE, SQUARE = 22, 10  # pixels of a piece of line, or of area
AREA_SHARE = 0.55  # of its role's colour in an area, as the plot paints it
ROWS = 2  # of a legend at most, while its names can be cut


class LegendEntry(QAbstractButton):
    """A piece of line, or of area, and its name, with the newest value. A click, or the space bar, takes the curve out."""

    def __init__(self, label: str, role: Role, style: Qt.PenStyle, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label, self._role, self._style = label, role, style
        self._value, self._briefly = "", label
        self._widest = [0, 0]  # with its values so far, whole and brief: a legend must not tremble while they change
        self._most: int | None = None
        self._brief = self._ringed = False
        self.setText(label)
        self.setCheckable(True)
        self.setChecked(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.toggled.connect(self._say)
        theme().changed.connect(self._repaint_in_new_colours)
        self._say()

    @property
    def area(self) -> bool:
        """Whether it stands for an area."""
        return self._style is Qt.PenStyle.NoPen

    @property
    def line(self) -> Qt.PenStyle:
        """How the curve that it stands for is drawn."""
        return self._style

    @property
    def words(self) -> str:
        """What stands beside the line."""
        return f"{self.label}  {self._value}".strip()

    @property
    def shown_words(self) -> str:
        """The same in as few words as there is room for, always with the value."""
        return self._words(brief=self._brief)

    def _words(self, *, brief: bool) -> str:
        return f"{self._briefly if brief else self.label}  {self._value}".strip()

    def fit(self, *, brief: bool, most: int | None) -> None:
        """Be said in fewer words, and in no more pixels than `most`."""
        if (brief, most) != (self._brief, self._most):
            self._brief, self._most = brief, most
            self.updateGeometry()
            self.update()

    def show_value(self, value: str, briefly: str = "") -> None:
        """Show the newest value beside the name, which is `briefly` where there is little room."""
        if (value, briefly or self.label) != (self._value, self._briefly):
            self._value, self._briefly = value, briefly or self.label
            self._widest = [self.wish(brief=brief) for brief in (False, True)]
            self.updateGeometry()
            self.update()
            self._say()

    def wish(self, *, brief: bool = False) -> int:
        """The width that it wants, with its value."""
        return max(self._widest[brief], self.width_of(self._words(brief=brief)))

    def width_of(self, text: str) -> int:
        """The width of the entry with `text` beside its line."""
        sign = SQUARE if self.area else LINE
        return QFontMetrics(theme().font("caption")).horizontalAdvance(text) + sign + 2 * SPACE + 2

    def sizeHint(self) -> QSize:
        wide = self.wish(brief=self._brief)
        return QSize(wide if self._most is None else min(wide, self._most), QFontMetrics(theme().font("caption")).height() + SPACE)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._ringed = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        super().focusInEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() / 2
        on = self.isChecked()
        if self.area:
            painter.setPen(QPen(theme().color(self._role, AREA_SHARE), 1.0))
            painter.setBrush(theme().color(self._role, AREA_SHARE) if on else Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(0.5, middle - SQUARE / 2 + 0.5, SQUARE - 1, SQUARE - 1), 2, 2)
        else:
            pen = QPen(theme().color(self._role if on else "border"), 2.0, self._style)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            painter.setPen(pen)
            painter.drawLine(0, round(middle), LINE, round(middle))
        font = theme().font("caption")
        font.setStrikeOut(not on)
        painter.setFont(font)
        painter.setPen(theme().color("text" if self.underMouse() else "quiet"))
        room = self.rect().adjusted((SQUARE if self.area else LINE) + SPACE + 2, 0, 0, 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, self.painted_words(self.width()))
        if self._ringed and self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme().color("student", 0.75), 1.5))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.75, 0.75, -0.75, -0.75), 4, 4)
        painter.end()

    def painted_words(self, width: int) -> str:
        """Its words in an entry of `width` pixels: the name gives way, never the value."""
        metrics, words = QFontMetrics(theme().font("caption")), self.shown_words
        room = width - self.width_of("")
        value = f"  {self._value}" if self._value else ""
        if metrics.horizontalAdvance(words) <= room:
            return words
        left = max(0, room - metrics.horizontalAdvance(value))
        return metrics.elidedText(words.removesuffix(value), Qt.TextElideMode.ElideRight, left) + value

    @Slot()
    def _repaint_in_new_colours(self) -> None:
        self._widest = [0, 0]  # the type may be another one
        self.updateGeometry()
        self.update()

    @Slot()
    def _say(self) -> None:
        shown = self.isChecked()
        said = self.tr("{0}, shown") if shown else self.tr("{0}, hidden")
        self.setAccessibleName(said.format(self.words))
        tip = self.tr("Hide {0}") if shown else self.tr("Show {0}")
        self.setToolTip(plain_tip(tip.format(self.label)))


class Legend(QWidget):
    """The names of what a plot shows, each with its value: in fewer words, then in two lines, where there is little room.

    Signals:
        toggled: the label of what was taken out or put back, and whether it is shown.
    """

    toggled = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None, *, gap: int = GAP) -> None:
        super().__init__(parent)
        self._gap = gap
        self._brief = False
        self._row = FlowLayout(self, gap, between=2)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.entries: dict[str, LegendEntry] = {}
        self.off: set[str] = set()

    def show_entries(
        self, wanted: dict[str, tuple[Role, Qt.PenStyle, str]], briefly: Mapping[str, str] | None = None
    ) -> None:
        """Show these: label -> role, line (none for an area), value; `briefly` has shorter labels of some."""
        if list(wanted) != list(self.entries):
            for entry in self.entries.values():
                self._row.removeWidget(entry)
                entry.hide()
                entry.deleteLater()
            self.entries = {label: self._entry(label, role, style) for label, (role, style, _) in wanted.items()}
        for label, (_, _, value) in wanted.items():
            self.entries[label].show_value(value, (briefly or {}).get(label, ""))

    def wish(self, *, brief: bool = False) -> int:
        """The width that the entries want side by side, in pixels."""
        wide = [entry.wish(brief=brief) for entry in self.entries.values()]
        return sum(wide) + self._gap * max(0, len(wide) - 1)

    def fit(self, width: int) -> None:
        """Find room in `width`: in one line, if need be with fewer words; else in two, where names that are long give way."""
        whole = self.wish() <= width
        self._brief = not whole and (self.wish(brief=True) <= width or self._rows(width, brief=False) > ROWS)
        most = None
        if self._rows(width, brief=self._brief) > ROWS:
            columns = -(-len(self.entries) // ROWS)
            most = (width - self._gap * (columns - 1)) // columns
        for entry in self.entries.values():
            entry.fit(brief=self._brief, most=most)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(self.wish(brief=self._brief), super().sizeHint().height())

    def _rows(self, width: int, *, brief: bool) -> int:
        """How many lines the entries take in `width`."""
        rows, x = 1, 0
        for entry in self.entries.values():
            wide = entry.wish(brief=brief)
            if x and x + wide > width:
                rows, x = rows + 1, 0
            x += wide + self._gap
        return rows

    def _entry(self, label: str, role: Role, style: Qt.PenStyle) -> LegendEntry:
        entry = LegendEntry(label, role, style, self)
        entry.setObjectName(f"legend.{label}")
        entry.setChecked(label not in self.off)
        entry.toggled.connect(self._toggle)
        self._row.addWidget(entry)
        return entry

    @Slot(bool)
    def _toggle(self, shown: bool) -> None:
        entry = self.sender()
        assert isinstance(entry, LegendEntry)
        self.off = self.off - {entry.label} if shown else self.off | {entry.label}
        self.toggled.emit(entry.label, shown)


__all__ = ["AREA_SHARE", "Legend", "LegendEntry"]
