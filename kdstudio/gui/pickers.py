"""A picker of kinds: a combo box whose list can be searched, and says of each kind in a line what it is."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from kdstudio.gui.cards import rounded
from kdstudio.gui.edge import Line
from kdstudio.gui.editors import QuietCombo
from kdstudio.gui.theme import GAP, SPACE, theme

PLACE = Qt.ItemDataRole.UserRole  # the row of the combo box that an entry stands for
BLURB = Qt.ItemDataRole.UserRole + 1
WIDEST, SHOWN = 460, 8  # pixels; entries before the list scrolls
_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class KindPicker(QuietCombo):
    """A combo box over `entries` (name, what it is)."""

    def __init__(self, entries: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        assert entries, "a combo box is never empty"
        super().__init__(parent)
        for name, blurb in entries:
            self.addItem(name)
            self.setItemData(self.count() - 1, blurb, Qt.ItemDataRole.ToolTipRole)
        self.list: KindList | None = None

    def showPopup(self) -> None:
        """Show the list that can be searched, in place of Qt's own."""
        self.list = KindList(self)
        self.list.picked.connect(self.setCurrentIndex)
        self.list.drop()


class KindList(QFrame):
    """The list of a picker: type to search, arrows to move, Enter to pick, Escape to leave.

    Signals:
        picked: the row of the combo box.
    """

    picked = Signal(int)

    def __init__(self, picker: KindPicker) -> None:
        super().__init__(picker, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("kinds")
        self._picker = picker
        self.search = Line()
        self.search.setObjectName("kinds.search")
        self.search.setPlaceholderText(self.tr("Search"))
        self.search.setAccessibleName(self.tr("Search"))
        self.search.installEventFilter(self)
        self.entries = QListWidget()
        self.entries.setObjectName("kinds.list")
        self.entries.setAccessibleName(picker.accessibleName())
        self.entries.setFrameShape(QFrame.Shape.NoFrame)
        self.entries.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.entries.setMouseTracking(True)
        self.entries.setItemDelegate(_TwoLines(self.entries))
        self._arrange()
        self._fill("")
        self.search.textChanged.connect(self._fill)
        self.entries.itemClicked.connect(self._pick)

    def drop(self) -> None:
        """Show it beneath the picker, with the present choice marked."""
        width = max(self._picker.width(), min(WIDEST, self._picker.window().width() - 2 * GAP))
        lines = min(SHOWN, self._picker.count())
        self.resize(width, self.search.sizeHint().height() + lines * _line_height() + 5 * SPACE)
        corner = self._picker.mapToGlobal(QPoint(self._picker.width() - width, self._picker.height() + 2))
        screen = self._picker.screen().availableGeometry()
        if corner.y() + self.height() > screen.bottom():  # above, where there is no room beneath
            corner.setY(self._picker.mapToGlobal(QPoint(0, 0)).y() - self.height() - 2)
        self.move(max(screen.left(), corner.x()), max(screen.top(), corner.y()))
        self.show()
        self.search.setFocus(Qt.FocusReason.PopupFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys that move through the list or pick from it, while the focus stays in the search line."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            item = self.entries.currentItem()
            if item is not None:
                self._pick(item)
            return True
        if event.key() in _MOVES:
            self.entries.keyPressEvent(event)
            return True
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("card"))
        rounded(painter, self.rect().toRectF(), "card", "border", 2)
        painter.end()

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        column.setSpacing(SPACE)
        column.addWidget(self.search)
        column.addWidget(self.entries, 1)

    @Slot(str)
    def _fill(self, text: str) -> None:
        """List what has every word of `text` in its name or its description."""
        words = text.casefold().split()
        self.entries.clear()
        for row in range(self._picker.count()):
            name, blurb = self._picker.itemText(row), str(self._picker.itemData(row, Qt.ItemDataRole.ToolTipRole) or "")
            if all(word in f"{name} {blurb}".casefold() for word in words):
                self._add(row, name, blurb)
        if self.entries.count() == 0:
            nothing = QListWidgetItem(self.tr("No matches"), self.entries)
            nothing.setFlags(Qt.ItemFlag.NoItemFlags)
        elif self.entries.currentItem() is None:
            self.entries.setCurrentRow(0)

    def _add(self, row: int, name: str, blurb: str) -> None:
        item = QListWidgetItem(name, self.entries)
        item.setData(PLACE, row)
        item.setData(BLURB, blurb)
        item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, blurb)
        item.setToolTip(blurb)
        if row == self._picker.currentIndex():
            self.entries.setCurrentItem(item)

    @Slot(QListWidgetItem)
    def _pick(self, item: QListWidgetItem) -> None:
        row = item.data(PLACE)
        if row is not None:
            self.close()
            self.picked.emit(row)


class _TwoLines(QStyledItemDelegate):
    """A name, and beneath it in a quieter line what it is."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(200, _line_height())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        from PySide6.QtWidgets import QStyle

        state = option.state
        area = QRect(option.rect)
        if state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            strong = bool(state & QStyle.StateFlag.State_Selected)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().color("student", 0.15 if strong else 0.07))
            painter.drawRoundedRect(area.adjusted(0, 1, 0, -1).toRectF(), 6, 6)
        self._line(painter, area.adjusted(GAP, SPACE, -GAP, -area.height() // 2), index.data(), "strong", "text")
        blurb = index.data(BLURB)
        quiet = "text" if state & QStyle.StateFlag.State_Selected else "quiet"  # quiet is too quiet on the tint
        self._line(painter, area.adjusted(GAP, area.height() // 2, -GAP, -SPACE), blurb, "caption", quiet)

    def _line(self, painter: QPainter, area: QRect, text: str | None, scale: str, role: str) -> None:
        painter.setFont(theme().font(scale))  # type: ignore[arg-type]
        painter.setPen(theme().color(role))  # type: ignore[arg-type]
        shown = painter.fontMetrics().elidedText(text or "", Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)


def _line_height() -> int:
    from PySide6.QtGui import QFontMetrics

    return QFontMetrics(theme().font("strong")).height() + QFontMetrics(theme().font("caption")).height() + 3 * SPACE
