"""What a person chooses for the program itself. Every choice is in force at once, and kept in the home."""

import sys
from typing import Any, TypeVar

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from kdstudio.gui.buttons import Segments
from kdstudio.gui.cards import Card, Text
from kdstudio.gui.editors import ChoiceEditor, Editor, NumberEditor, NumberRange, SwitchEditor
from kdstudio.gui.language import tr
from kdstudio.gui.pages.home_choice import HomeChoice
from kdstudio.gui.pages.page import Page, scrolling
from kdstudio.gui.pages.storage_card import StorageCard
from kdstudio.gui.preferences import Preferences
from kdstudio.gui.theme import GAP, MARGIN, SPACE, Choice, theme
from kdstudio.runs.home import Home
from kdstudio.runs.settings import Settings

_E = TypeVar("_E", bound=Editor)

THEMES = (Choice.SYSTEM, Choice.LIGHT, Choice.DARK)
MOST_THREADS = 1024
NARROWEST = 480  # pixels that a row of words and its editor need
TWO_COLUMNS = 120  # characters of body text that must fit for a second column


class SettingRow(QWidget):
    """A choice: its title and what it does at the left, its editor at the right."""

    def __init__(self, title: str, explained: str, editor: QWidget) -> None:
        super().__init__()
        words = QVBoxLayout()
        words.setSpacing(SPACE // 2)
        self.title = Text(title, "body")
        words.addWidget(self.title)
        self.explained = Text(explained, "caption", "quiet", wrap=True)
        words.addWidget(self.explained)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, SPACE, 0, SPACE)
        row.setSpacing(2 * GAP)
        row.addLayout(words, 1)
        row.addWidget(editor)
        if isinstance(editor, Editor):
            editor.focus.setAccessibleName(title)
            editor.focus.setAccessibleDescription(explained)
            self.title.setBuddy(editor.focus)


class SettingsPage(Page):
    """The settings.

    Signals:
        folder_wanted: a folder is to be shown; carries its path.
        reopen_wanted: the window is to close, and to open again on the home that was chosen.
    """

    folder_wanted = Signal(object)
    reopen_wanted = Signal()

    def __init__(self, home: Home, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(
            self.tr("Settings"), self.tr("Applied immediately; saved in this folder."), "page.settings", parent
        )
        self._preferences = preferences
        self._filling = False
        self.theme = Segments((self.tr("System"), self.tr("Light"), self.tr("Dark")), "settings.theme")
        self.presenter = _named(SwitchEditor(), "settings.presenter")
        self.notify = _named(SwitchEditor(), "settings.notify")
        self.awake = _named(SwitchEditor(), "settings.awake")
        self.device = _named(ChoiceEditor(_devices(preferences.now.device)), "settings.device")
        self.threads = _named(NumberEditor(NumberRange(whole=True, low=1, high=MOST_THREADS), empty="auto"), "settings.threads")
        self.threads_problem = Text("", "caption", "failure", wrap=True)
        self.threads_problem.hide()
        self.home = HomeChoice(home)
        self.storage = StorageCard(home)
        self._arrange()
        self._connect()
        self._fill()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.storage.refresh()

    def shutdown(self) -> None:
        """Wait for what is counted or moved."""
        self.storage.shutdown()

    def needs(self) -> int:
        return round(NARROWEST * theme().factor)

    def _arrange(self) -> None:
        inside = QWidget()
        row = self._row = QHBoxLayout(inside)
        row.setContentsMargins(0, 0, GAP, 0)  # room for the scroll bar
        row.setSpacing(GAP)
        self.body.setContentsMargins(MARGIN, 5 * SPACE, MARGIN - GAP, 5 * SPACE)
        self._columns = [QVBoxLayout(), QVBoxLayout()]
        for column in self._columns:
            column.setSpacing(GAP)
            column.setAlignment(Qt.AlignmentFlag.AlignTop)
            row.addLayout(column, 1)
        self._cards = self._made()
        self._share_out(1)
        self.body.addWidget(scrolling(inside, "settings.scroll"), 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_out(2 if self.width() >= TWO_COLUMNS * self.fontMetrics().averageCharWidth() else 1)

    def _share_out(self, count: int) -> None:
        """Put the cards into one column, or what is of the home into a second one."""
        second = 3 if count == 2 else len(self._cards)
        if self._columns[0].count() == second:
            return
        for number, card in enumerate(self._cards):  # in the order in which Tab walks them
            self._columns[number >= second].addWidget(card)
        self._row.setStretchFactor(self._columns[1], count - 1)

    def _made(self) -> list[Card]:
        looks = _card(
            tr("Appearance"),
            SettingRow(tr("Theme"), tr("System follows the desktop, also while the window is open."), self.theme),
            SettingRow(tr("Presenter mode"), tr("Large type; paths show only their last part."), self.presenter),
        )
        new = _card(
            tr("New experiments"),
            SettingRow(tr("Device"), tr("auto uses the fastest device available."), self.device),
            SettingRow(tr("CPU threads"), tr("auto leaves one core free to keep the window responsive."), self.threads),
        )
        new.body.addWidget(self.threads_problem)
        work = _card(
            tr("While a run is training"),
            SettingRow(tr("Notify me when done"), tr("A desktop notification, or a message in this window."), self.notify),
            SettingRow(tr("Keep the machine awake"), tr("Prevents sleep while training."),
                       self.awake),
        )  # fmt: skip
        return [looks, new, work, self.home, self.storage]

    def _connect(self) -> None:
        self.theme.group.idClicked.connect(self._choose_theme)
        for editor in (self.presenter, self.notify, self.awake, self.device, self.threads):
            editor.changed.connect(self._edited)
        self.home.folder_wanted.connect(self.folder_wanted)
        self.home.reopen_wanted.connect(self.reopen_wanted)
        self._preferences.changed.connect(self._fill)

    @Slot()
    def _fill(self) -> None:
        """Show the settings in force, from wherever they were changed."""
        now: Settings = self._preferences.now
        self._filling = True
        self.theme.choose([str(choice) for choice in THEMES].index(now.theme) if now.theme in THEMES else 0)
        values: dict[Editor, Any] = {
            self.presenter: now.presenter, self.notify: now.notify, self.awake: now.keep_awake, self.device: now.device,
        }  # fmt: skip
        for editor, value in values.items():
            if editor.value() != value:
                editor.set_value(value)
        if self._threads() != now.threads:
            self.threads.set_value(now.threads or "auto")
        self._filling = False

    @Slot()
    def _edited(self) -> None:
        if self._filling:
            return
        threads = self._threads()
        problem = "" if threads is not None else self.tr("Enter auto or a number from 1 to {0}").format(MOST_THREADS)
        self.threads_problem.setText(problem)
        self.threads_problem.setVisible(bool(problem))
        self._preferences.change(
            presenter=self.presenter.value(), notify=self.notify.value(), keep_awake=self.awake.value(),
            device=self.device.value(), threads=self._preferences.now.threads if threads is None else threads,
        )  # fmt: skip

    @Slot(int)
    def _choose_theme(self, number: int) -> None:
        self._preferences.change(theme=str(THEMES[number]))

    def _threads(self) -> int | None:
        """The threads that the field says, 0 for auto; None where it says nothing that can be."""
        value = self.threads.value()
        if value == "auto":
            return 0
        return value if isinstance(value, int) and 1 <= value <= MOST_THREADS else None


def _card(title: str, *parts: QWidget) -> Card:
    card = Card()
    card.body.addWidget(Text(title, "heading"))
    for part in parts:
        card.body.addWidget(part)
    return card


def _named(editor: _E, name: str) -> _E:
    editor.focus.setObjectName(name)
    if not isinstance(editor.focus, QAbstractButton):
        editor.setFixedWidth(160)
    editor.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return editor


def _devices(present: str) -> list[str]:
    """What can be chosen without asking torch: the first GPU stands for all, an experiment can name another."""
    usual = ["auto", "cpu", "mps" if sys.platform == "darwin" else "cuda"]
    return usual if present in usual else [*usual, present]
