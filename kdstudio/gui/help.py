"""The help beside the page: what the terms mean, how to read the curves, and every shortcut. Offline, and searched as you type."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from PySide6.QtCore import QRectF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from kdstudio.gui.buttons import IconButton, Segments
from kdstudio.gui.cards import Painted, Text, rounded
from kdstudio.gui.edge import Line
from kdstudio.gui.inner_keys import INNER_KEYS, InnerKey
from kdstudio.gui.language import looked_up
from kdstudio.gui.pages.page import scrolling
from kdstudio.gui.palette import Entry
from kdstudio.gui.theme import GAP, SPACE, theme
from kdstudio.runs.resources import resource

WIDTH = 348
TERMS, SHORTCUTS = 0, 1


@dataclass(frozen=True, slots=True)
class Term:
    """What one term means.

    Attributes:
        part: the heading that it stands under.
        text: paragraphs.
        searched: all its words and those of like meaning, in small letters.
        at: the beginnings of the object names of what it explains.
    """

    id: str
    title: str
    part: str
    text: str
    searched: str
    at: tuple[str, ...]


def raw_terms() -> list[dict[str, Any]]:
    """The terms as they stand in their file."""
    quick = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    read: list[dict[str, Any]] = yaml.load(resource("help", "terms.yaml").read_text(encoding="utf-8"), Loader=quick)
    return read


def paragraphs(text: str, translate: Callable[[str], str] = str) -> str:
    """`text` in paragraphs, each in one line."""
    return "\n\n".join(translate(" ".join(paragraph.split())) for paragraph in text.strip().split("\n\n"))


def read_terms() -> list[Term]:
    """The terms, in the order of their file, in the language of the window."""
    return [
        Term(
            each["id"], title, looked_up(each["part"]), text, f"{title} {looked_up(each.get('also', ''))} {text}".lower(),
            tuple(each.get("at", ())),
        )
        for each in raw_terms()
        for title, text in ((looked_up(each["title"]), paragraphs(each["text"], looked_up)),)
    ]  # fmt: skip


def term_at(widget: QWidget | None, terms: Sequence[Term]) -> Term | None:
    """The term that explains `widget`, or the nearest thing around it that a term explains."""
    while widget is not None:
        name = widget.objectName()
        fitting = [
            (len(place), term) for term in terms for place in term.at if name == place or name.startswith(f"{place}.")
        ]
        if fitting:
            return max(fitting, key=lambda each: each[0])[1]
        widget = widget.parentWidget()
    return None


class TermCard(QWidget):
    """A term and its text; the one that was asked for is tinted."""

    def __init__(self, term: Term) -> None:
        super().__init__()
        self.setObjectName(f"term.{term.id}")
        self.term, self._asked_for = term, False
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP, 2 * SPACE, GAP, 2 * SPACE)
        column.setSpacing(SPACE)
        column.addWidget(Text(term.title, "strong", wrap=True))
        for paragraph in term.text.split("\n\n"):
            text = Text(paragraph, "body", wrap=True)
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            column.addWidget(text)

    @property
    def asked_for(self) -> bool:
        """Whether the panel was opened at it."""
        return self._asked_for

    def ask_for(self, asked: bool) -> None:
        """Tint it, or not."""
        self._asked_for = asked
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._asked_for:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().color("student", 0.12))
            painter.drawRoundedRect(QRectF(self.rect()), 8, 8)
            painter.end()


class KeyRow(QWidget):
    """A command, or what is done inside a part of a page, and its keys."""

    def __init__(self, entry: Entry | InnerKey) -> None:
        super().__init__()
        self.entry = entry
        row = QHBoxLayout(self)
        row.setContentsMargins(GAP, SPACE, GAP, SPACE)
        row.addWidget(Text(entry.title, "body", wrap=True), 1)
        row.addWidget(KeyCap(entry.keys), 0, Qt.AlignmentFlag.AlignVCenter)
        self.searched = _searched(entry)


def _searched(entry: Entry | InnerKey) -> str:
    return f"{entry.name} {entry.keys}".lower()


class KeyCap(Text):
    """Keys, framed as on a keyboard; none is a dash."""

    def __init__(self, keys: str) -> None:
        super().__init__(keys or "–", "caption", "text" if keys else "quiet")
        self._framed = bool(keys)
        self.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, SPACE)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._framed:
            painter = QPainter(self)
            rounded(painter, QRectF(self.rect()), "raised", "border", 5)
            painter.end()
        super().paintEvent(event)


class HelpPanel(Painted):
    """The panel.

    Signals:
        dismissed: it wants to be hidden.
    """

    dismissed = Signal()

    def __init__(self, entries: Sequence[Entry], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("help")
        self.setAccessibleName(self.tr("Help"))
        self.terms = read_terms()
        self.cards = {term.id: TermCard(term) for term in self.terms}
        self._entries, self._rows, self._inner = entries, list[KeyRow](), list[KeyRow]()
        self.tabs = Segments((self.tr("Terms"), self.tr("Shortcuts")), "help.tabs")
        self.close_button = IconButton(self.tr("Close"), "close", "help.close")
        self.line = Line()
        self.line.setObjectName("help.line")
        self.line.setAccessibleName(self.tr("Search the help"))
        self.line.setPlaceholderText(self.tr("Search"))
        self.line.setClearButtonEnabled(True)
        self.none = Text(self.tr("No matches. Try another word."), "body", "quiet", wrap=True)
        self._headings: list[tuple[Text, list[QWidget]]] = []
        self._wanted: TermCard | None = None
        self._arrange()
        self.line.textChanged.connect(self._search)
        self.tabs.group.idClicked.connect(self.show_tab)
        self.close_button.clicked.connect(self.dismissed)
        theme().changed.connect(self._fit)
        self._fit()
        self._search("")

    @property
    def rows(self) -> list[KeyRow]:
        """The commands and their keys."""
        self._make_rows()
        return self._rows

    def _make_rows(self) -> None:
        """Made when they are first wanted: there are more than a hundred of them."""
        if not self._rows:
            self._rows = [KeyRow(entry) for entry in self._entries]
            self._inner = [KeyRow(key) for key in INNER_KEYS]
            inside = self.tr("Inside the part that has the focus")
            named = [(entry.category, row) for entry, row in zip(self._entries, self._rows, strict=True)]
            parts = _in_parts([*named, *((inside, row) for row in self._inner)])
            self._stack.addWidget(self._area(parts, "help.shortcuts", self.tr("Keyboard shortcuts")))
            self._search(self.line.text())

    @property
    def tab(self) -> int:
        """TERMS or SHORTCUTS."""
        return self._stack.currentIndex()

    @property
    def asked_for(self) -> str:
        """The id of the term that it was opened at, "" for none."""
        return next((name for name, card in self.cards.items() if card.asked_for), "")

    @Slot(int)
    def show_tab(self, number: int) -> None:
        """Show the terms, or the shortcuts."""
        if number == SHORTCUTS:
            self._make_rows()
        self.tabs.choose(number)
        self._stack.setCurrentIndex(number)
        self._say_none(self.line.text())

    def show_term(self, name: str) -> None:
        """Show the terms, and of them this one; "" is the first, and none is tinted."""
        self.show_tab(TERMS)
        self.line.clear()
        for each, card in self.cards.items():
            card.ask_for(each == name)
        self._wanted = self.cards.get(name) or next(iter(self.cards.values()))
        QTimer.singleShot(0, self, self._scroll)  # the texts have their heights only once they are laid out

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.dismissed.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("card"))
        painter.fillRect(0, 0, 1, self.height(), theme().color("border"))
        painter.end()

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP, 5 * SPACE, GAP, GAP)
        column.setSpacing(GAP)
        head = QGridLayout()
        head.addWidget(Text(self.tr("Help"), "heading"), 0, 0)
        head.addWidget(self.close_button, 0, 1)
        head.setColumnStretch(0, 1)
        column.addLayout(head)
        column.addWidget(self.tabs)
        column.addWidget(self.line)
        column.addWidget(self.none)
        self._stack = QStackedLayout()
        terms = [(card.term.part, card) for card in self.cards.values()]
        self._terms_area = self._area(_in_parts(terms), "help.terms", self.tr("What the terms mean"))
        self._stack.addWidget(self._terms_area)
        column.addLayout(self._stack, 1)

    def _area(self, parts: "dict[str, list[QWidget]]", name: str, title: str) -> QScrollArea:
        """A scrolled column of `parts`, each under its heading; it takes the focus, so that keys can scroll it."""
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, GAP, GAP)
        column.setSpacing(SPACE)
        for part, widgets in parts.items():
            heading = Text(part.upper(), "eyebrow", "quiet")
            heading.setContentsMargins(GAP, GAP, 0, 0)
            self._headings.append((heading, widgets))
            column.addWidget(heading)
            for widget in widgets:
                column.addWidget(widget)
        column.addStretch(1)
        area = scrolling(inside, name)
        area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        area.setAccessibleName(title)
        return area

    @Slot()
    def _fit(self) -> None:
        self.setFixedWidth(round(WIDTH * (1.3 if theme().presenter else 1.0)))

    @Slot()
    def _scroll(self) -> None:
        if self._wanted is not None:
            bar = self._terms_area.verticalScrollBar()
            self._terms_area.widget().layout().activate()  # type: ignore[union-attr]
            first = self._wanted is next(iter(self.cards.values()))
            bar.setValue(0 if first else max(0, self._wanted.y() - GAP))

    @Slot(str)
    def _search(self, wanted: str) -> None:
        for card in self.cards.values():
            card.setVisible(_fits(wanted, card.term.searched))
        for row in (*self._rows, *self._inner):
            row.setVisible(_fits(wanted, row.searched))
        for heading, widgets in self._headings:
            heading.setVisible(any(not widget.isHidden() for widget in widgets))
        self._say_none(wanted)

    def _say_none(self, wanted: str) -> None:
        """Say that nothing in view fits, and where something does."""
        terms = sum(_fits(wanted, term.searched) for term in self.terms)
        listed: Sequence[Entry | InnerKey] = [*self._entries, *INNER_KEYS]
        keys = sum(_fits(wanted, _searched(entry)) for entry in listed)
        here, there = (keys, terms) if self.tab == SHORTCUTS else (terms, keys)
        other = self.tr("Terms") if self.tab == SHORTCUTS else self.tr("Shortcuts")
        elsewhere = self.tr("No matches here; {0} under {1}.").format(there, other)
        self.none.setText(elsewhere if there else self.tr("No matches. Try another word."))
        self.none.setVisible(here == 0)


def _fits(wanted: str, searched: str) -> bool:
    return all(word in searched for word in wanted.lower().split())


def _in_parts(widgets: "Sequence[tuple[str, QWidget]]") -> "dict[str, list[QWidget]]":
    parts: dict[str, list[QWidget]] = {}
    for part, widget in widgets:
        parts.setdefault(part, []).append(widget)
    return parts
