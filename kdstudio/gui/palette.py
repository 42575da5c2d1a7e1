"""The command palette: type a few letters of any command, and Enter carries it out. Keyboard alone, and in nobody's way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Slot,
)
from PySide6.QtGui import QAction, QFocusEvent, QFontMetrics, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import QFrame, QLineEdit, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget
from shiboken6 import isValid

from kdstudio.gui.cards import Card, Text
from kdstudio.gui.commands.command import plain
from kdstudio.gui.plain_tips import plain_tip
from kdstudio.gui.theme import GAP, SPACE, theme

if TYPE_CHECKING:
    from app_model import Application

    from kdstudio.gui.commands.command import Offer

WIDTH = 560
ROWS = 9  # in view at once
LESS = 1.0  # what counts against what cannot be carried out now, and what a command offers: a letter or so
HINT = Qt.ItemDataRole.UserRole + 1
REASON = Qt.ItemDataRole.UserRole + 2

_Index = QModelIndex | QPersistentModelIndex
Offered: TypeAlias = "Callable[[], Sequence[tuple[QAction, Sequence[Offer]]]]"


@dataclass(frozen=True, slots=True)
class Entry:
    """A command as the palette shows it."""

    id: str
    title: str
    category: str
    action: QAction

    @property
    def name(self) -> str:
        """What is searched: "Run: Pause"."""
        return f"{self.category}: {self.title}"

    @property
    def keys(self) -> str:
        """Its shortcut, as the platform writes it."""
        return self.action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)

    @property
    def hint(self) -> str:
        """What stands at the right of it: whether it is on, its keys, or that there is something to choose."""
        on = "✓" if self.action.isCheckable() and self.action.isChecked() else ""
        return "  ".join(part for part in (on, self.keys or self._more) if part)

    @property
    def _more(self) -> str:
        return "›" if self.action.menu() is not None else ""

    @property
    def reason(self) -> str:
        """Why it cannot be carried out now; "" when it can."""
        return "" if self.action.isEnabled() else self.action.toolTip()


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that a command offers, as the palette shows it: `name` tells of the command too."""

    name: str
    offer: "Offer"

    @property
    def hint(self) -> str:
        """Whether it is on."""
        return "✓" if self.offer.on else ""

    @property
    def reason(self) -> str:
        """Why it cannot be chosen now; "" when it can."""
        return self.offer.why_not


def entries_of(application: "Application", actions: dict[str, QAction]) -> list[Entry]:
    """The commands that the palette of `application` holds, in the order of the menus."""
    items = application.menus.get_menu(application.menus.COMMAND_PALETTE_ID)
    return [
        Entry(item.command.id, item.command.title, item.command.category or "", actions[item.command.id])
        for item in items
        if hasattr(item, "command")
    ]


def choices_of(action: QAction, offers: "Sequence[Offer]") -> list[Choice]:
    """What the command of `action` offers, each under a name that tells of the command too."""
    return [Choice(f"{plain(action.text())}: {offer.title}", offer) for offer in offers]


def _less(entry: Entry | Choice) -> float:
    return LESS * (bool(entry.reason) + isinstance(entry, Choice))


def likeness(wanted: str, name: str) -> float | None:
    """How well `name` fits the letters of `wanted`, or None where it does not have them in this order. Higher is better.

    Of all ways to find the letters the best counts: beginnings of words, and letters that stand side by side.
    """
    text, best = name.lower(), {-1: 0.0}  # the score of the best way whose last letter stands at this place
    for letter in wanted.lower().replace(" ", ""):
        placed: dict[int, float] = {}
        for at in (at for at, each in enumerate(text) if each == letter):
            ways = [score + (2.0 if 0 <= place == at - 1 else 0.0) for place, score in best.items() if place < at]
            if ways:
                placed[at] = max(ways) + (1.5 if at == 0 or not text[at - 1].isalnum() else 0.1)
        best = placed
    return max(best.values()) - 0.01 * len(text) if best else None


class PaletteModel(QAbstractListModel):
    """The commands that fit what is typed, the best first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: Sequence[Entry | Choice] = ()
        self._more: Sequence[Choice] = ()
        self.found: list[Entry | Choice] = []

    def show_entries(self, entries: Sequence[Entry | Choice], more: Sequence[Choice] = ()) -> None:
        """Search among these; `more` are only shown when they are looked for."""
        self._all, self._more = entries, more
        self.search("")

    def search(self, wanted: str) -> None:
        """Show what fits `wanted`; all of them, in the menus' order, when nothing is wanted."""
        sought = [*self._all, *self._more] if wanted.strip() else self._all
        scored = [(likeness(wanted, entry.name), entry) for entry in sought]
        fitting = [(score - _less(entry), entry) for score, entry in scored if score is not None]
        if wanted.strip():
            fitting.sort(key=lambda each: -each[0])
        self.beginResetModel()
        self.found = [entry for _, entry in fitting]
        self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.found)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.found):
            return None
        entry = self.found[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.name
        if role == HINT:
            return entry.hint
        if role == REASON:
            return entry.reason
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(entry.reason or (entry.offer.tip if isinstance(entry, Choice) else ""))
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            return entry.reason or entry.hint
        return None


class EntryDelegate(QStyledItemDelegate):
    """A command as a line: its menu, its name, and at the right its keys, or why it cannot be carried out now.

    A reason that has no room beside the name stands whole below it: nobody can point at it with the keyboard.

    Attributes:
        room: how wide a line is.
    """

    room = WIDTH

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        line, reason = self.line(option.fontMetrics), str(index.data(REASON) or "")
        beside = not reason or self._fits(str(index.data()), reason)
        return QSize(100, line if beside else line + SPACE + self._wrapped(reason))

    @staticmethod
    def line(metrics: QFontMetrics) -> int:
        """How high a line is with nothing below it."""
        return metrics.height() + 4 * SPACE

    def _fits(self, name: str, reason: str) -> bool:
        names, words = (QFontMetrics(theme().font(role)) for role in ("strong", "caption"))
        return names.horizontalAdvance(name) + 2 * GAP + words.horizontalAdvance(reason) <= self.room - 2 * GAP

    def _wrapped(self, reason: str) -> int:
        metrics = QFontMetrics(theme().font("caption"))
        area = QRect(0, 0, self.room - 2 * GAP, metrics.height() * 100)
        return metrics.boundingRect(area, Qt.TextFlag.TextWordWrap, reason).height()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        area: QRect = option.rect
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().color("student", 0.15))
            painter.drawRoundedRect(area.adjusted(0, 1, 0, -1), 6, 6)
        inner = area.adjusted(GAP, 0, -GAP, 0)
        high = self.line(option.fontMetrics)
        apart = area.height() > high
        reason, name = str(index.data(REASON) or ""), str(index.data())
        said = reason or str(index.data(HINT) or "")
        painter.setFont(theme().font("caption"))
        painter.setPen(theme().color("text" if chosen else "quiet"))  # quiet is too quiet on the tint
        if apart:
            painter.drawText(inner.adjusted(0, high - SPACE, 0, 0), Qt.TextFlag.TextWordWrap, said)
            inner.setHeight(high)
        else:
            painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, said)
            inner.setRight(inner.right() - painter.fontMetrics().horizontalAdvance(said) - GAP)
        painter.setFont(theme().font("strong" if chosen else "body"))
        painter.setPen(theme().color("quiet" if reason and not chosen else "text"))
        name = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
        painter.restore()


class _SearchLine(QLineEdit):
    """The line that is typed into; it moves the choice beneath it, and never loses the focus to it."""

    def __init__(self, palette: "Palette") -> None:
        super().__init__()
        self._palette = palette

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._palette.take_key(event.key()):
            super().keyPressEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        return False  # Tab walks the list

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self._palette.dismiss()


class Palette(Card):
    """The palette over `window`. Enter carries out, Escape closes, and the focus goes back to where it was."""

    def __init__(
        self, window: QWidget, application: "Application", actions: dict[str, QAction], offered: Offered
    ) -> None:
        super().__init__(window, margin=GAP)
        self._offered = offered
        self.setObjectName("palette")
        self.setAccessibleName(self.tr("Command palette"))
        self.application, self._actions = application, actions
        self.model = PaletteModel(self)
        self.line = _SearchLine(self)
        self.line.setObjectName("palette.line")
        self.line.setAccessibleName(self.tr("Search the commands"))
        self.none = Text(self.tr("No matches"), "body", "quiet")
        self.none.hide()
        self._lines = EntryDelegate(self)
        self.list = self._list()
        for part in (self.line, self.none, self.list):
            self.body.addWidget(part)
        self._before: QWidget | None = None
        self.line.textChanged.connect(self._search)
        self.list.clicked.connect(self._clicked)
        window.installEventFilter(self)
        self.hide()

    def open(self) -> None:
        """Show it, empty, over the window."""
        more = [choice for action, offers in self._offered() for choice in choices_of(action, offers)]
        self._open(entries_of(self.application, self._actions), self.tr("Type a command"), more)

    def offer(self, action: QAction, offers: "Sequence[Offer]") -> None:
        """Show what the command of `action` lets people choose from."""
        self._open(choices_of(action, offers), plain(action.text()))

    def _open(self, entries: Sequence[Entry | Choice], asked: str, more: Sequence[Choice] = ()) -> None:
        self._before = self.window().focusWidget()
        self.model.show_entries(entries, more)
        self.line.setPlaceholderText(asked)
        self.line.clear()
        self._search("")
        self.show()
        self.raise_()
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @Slot()
    def dismiss(self) -> None:
        """Hide it; the focus goes back."""
        if self.isHidden():
            return
        self.hide()
        if self._before is not None and isValid(self._before) and self._before.isVisible() and not self._elsewhere():
            self._before.setFocus(Qt.FocusReason.OtherFocusReason)
        self._before = None

    def _elsewhere(self) -> bool:
        """Whether somebody has already put the focus somewhere else."""
        now = self.window().focusWidget()
        return now is not None and now is not self.line and not self.isAncestorOf(now) and now is not self._before

    def take_key(self, key: int) -> bool:
        """Whether `key` was one of the palette's own."""
        steps = {
            Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: ROWS - 1, Qt.Key.Key_PageUp: 1 - ROWS,
            Qt.Key.Key_Tab: 1, Qt.Key.Key_Backtab: -1,
        }  # fmt: skip
        if key in steps:
            self._choose(self.list.currentIndex().row() + steps[Qt.Key(key)])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._carry_out()
        elif key == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            return False
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and not self.isHidden():
            self._place()
        return super().eventFilter(watched, event)

    def _list(self) -> QListView:
        view = QListView()
        view.setObjectName("palette.list")
        view.setAccessibleName(self.tr("Matching commands"))
        view.setModel(self.model)
        view.setItemDelegate(self._lines)
        view.setFrameShape(QFrame.Shape.NoFrame)
        view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        return view

    def _place(self) -> None:
        window = self.window()
        width = min(round(WIDTH * (1.3 if theme().presenter else 1.0)), window.width() - 8 * SPACE)
        self._lines.room = width - 2 * GAP - self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent)
        self.list.doItemsLayout()
        rows = [self.list.sizeHintForIndex(self.model.index(row)).height() for row in range(len(self.model.found))]
        room = window.height() - 30 * SPACE - self.line.sizeHint().height()
        self.list.setFixedHeight(max(self._lines.line(self.list.fontMetrics()), min(sum(rows[:ROWS]), room)))
        self.layout().activate()  # type: ignore[union-attr]
        self.setGeometry((window.width() - width) // 2, 18 * SPACE, width, self.sizeHint().height())

    def _choose(self, row: int) -> None:
        count = len(self.model.found)
        if count:
            self.list.setCurrentIndex(self.model.index(min(max(row, 0), count - 1)))

    def _carry_out(self) -> None:
        index = self.list.currentIndex()
        entry = self.model.found[index.row()] if index.isValid() else None
        if entry is not None and not entry.reason:
            self.dismiss()
            self._does(entry)()

    def _does(self, entry: Entry | Choice) -> Callable[[], object]:
        if isinstance(entry, Choice):
            return entry.offer.does
        return lambda: self.application.commands.execute_command(entry.id)

    @Slot(QModelIndex)
    def _clicked(self, index: QModelIndex) -> None:
        self._choose(index.row())
        self._carry_out()

    @Slot(str)
    def _search(self, wanted: str) -> None:
        self.model.search(wanted)
        self._choose(0)
        self.none.setVisible(not self.model.found)
        self.list.setVisible(bool(self.model.found))
        self._place()
