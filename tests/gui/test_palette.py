"""The one registry and its three faces: every command is in a menu, in the palette and in the list of keys."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QRect, Qt
from PySide6.QtGui import QAction, QImage, QPainter
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from kdstudio.gui import run_rules
from kdstudio.gui.commands.command import plain
from kdstudio.gui.commands.listed import COMMANDS
from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.pages import home_choice
from kdstudio.gui.palette import REASON, Choice, Palette, PaletteModel, entries_of, likeness


@pytest.fixture
def palette(qtbot: QtBot, window: MainWindow) -> Palette:
    """The palette of a window, opened by its shortcut's action."""
    window.actions_by_id["view.palette"].trigger()
    assert window.shell.palette.isVisible()
    return window.shell.palette


def menu_actions(window: MainWindow) -> set[QAction]:
    return {action for menu in window.menuBar().findChildren(QMenu) for action in menu.actions()}


def test_that_every_command_is_in_a_menu_in_the_palette_and_in_the_list_of_keys(window: MainWindow) -> None:
    shell, known = window.shell, {command.id for command in COMMANDS}
    assert {action.objectName() for action in menu_actions(window)} >= known
    assert {entry.id for entry in entries_of(shell.application, shell.actions)} == known
    assert {row.entry.id for row in shell.help.rows} == known
    assert set(shell.application.registered_actions) == known


def test_that_no_two_commands_share_a_shortcut_and_each_is_one_that_qt_knows(window: MainWindow) -> None:
    """Keys of one widget may mean another thing in another widget, but never what they mean in the whole window."""
    keys: dict[str, list[str]] = {}
    for command in (command for command in COMMANDS if command.shortcut):
        said = window.actions_by_id[command.id].shortcut().toString()
        assert said, command.id
        keys.setdefault(said, []).append(command.place)
    assert {said: places for said, places in keys.items() if len(places) > 1 and ("" in places or len(set(places)) == 1)} == {}


def test_that_mnemonics_within_a_menu_are_unique(window: MainWindow) -> None:
    menus = [menu for menu in window.menuBar().findChildren(QMenu) if menu.actions()]
    for actions in [window.menuBar().actions(), *(menu.actions() for menu in menus)]:
        titles = [action.text().replace("&&", "") for action in actions if not action.isSeparator()]
        letters = [title[title.index("&") + 1].lower() for title in titles]
        assert len(letters) == len(set(letters)), titles


def test_that_the_registry_holds_the_keys_of_each_command(window: MainWindow) -> None:
    keys = {each.command_id: str(each.keybinding) for each in window.shell.application.keybindings}
    assert keys == {each.id: each.shortcut.replace("Return", "Enter") for each in COMMANDS if each.shortcut}


def test_that_a_command_is_carried_out_by_letters_and_enter_alone(
    qtbot: QtBot, window: MainWindow, palette: Palette
) -> None:
    assert palette.line.hasFocus() or window.focusWidget() is palette.line
    qtbot.keyClicks(palette.line, "viewset")
    assert palette.model.found[0].id == "view.settings"
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert window.pages.currentWidget() is window.settings_page
    assert palette.isHidden()


def test_that_arrows_and_tab_walk_the_list_and_escape_gives_the_focus_back(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.navigation.buttons["runs"].setFocus()
    window.actions_by_id["view.palette"].trigger()
    palette = window.shell.palette
    for key, row in ((Qt.Key.Key_Down, 1), (Qt.Key.Key_Tab, 2), (Qt.Key.Key_Up, 1), (Qt.Key.Key_Backtab, 0)):
        qtbot.keyClick(palette.line, key)
        assert palette.list.currentIndex().row() == row
    qtbot.keyClick(palette.line, Qt.Key.Key_PageDown)
    assert palette.list.currentIndex().row() > 4
    qtbot.keyClick(palette.line, Qt.Key.Key_Escape)
    assert palette.isHidden()
    assert window.focusWidget() is window.navigation.buttons["runs"]


class Greedy(QLineEdit):
    """A line that wants every key for itself, as lines of text want Ctrl+K on some desktops."""

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)


def test_that_the_palette_opens_from_within_text_whatever_the_text_wants_its_keys_for(
    qtbot: QtBot, window: MainWindow
) -> None:
    line = Greedy(window)
    line.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    line.setFocus()
    qtbot.keyClick(line, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert window.shell.palette.isVisible()
    line.hide()


def test_that_a_grey_command_says_why_and_is_not_carried_out(qtbot: QtBot, palette: Palette) -> None:
    qtbot.keyClicks(palette.line, "run: stop")
    index = palette.list.currentIndex()
    assert index.data() == "Run: Stop"
    assert index.data(REASON) == "The run in view is not running"
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert palette.isVisible()


class Recorder(QPainter):
    """Paints, and knows what it has written, and whether there was room for it."""

    def __init__(self, on: QImage) -> None:
        super().__init__(on)
        self.written: list[str] = []
        self.cut: list[str] = []

    def drawText(self, area: QRect, flags: int, text: str) -> None:  # type: ignore[override]
        self.written += [text] if text else []
        if text and not area.contains(self.boundingRect(area, flags, text)):
            self.cut.append(text)
        super().drawText(area, flags, text)


@pytest.mark.parametrize("presenter", [False, True])
def test_that_a_reason_is_written_whole_beside_the_name_or_below_it(
    open_window: Callable[[], MainWindow], presenter: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever works by keys cannot point at it; a screen reader is told it too."""
    long = "This window was started with --home, which decides. Start it without, to choose here."
    longest = f"{long} What is said here is longer than any line, in any type, in any window that people have."
    monkeypatch.setattr(home_choice, "why_fixed", lambda home: long)
    monkeypatch.setattr(run_rules, "stop", lambda run: longest)
    window = open_window()
    window.preferences.change(presenter=presenter)
    window.resize(1024, 640)
    window.actions_by_id["view.palette"].trigger()
    palette = window.shell.palette
    list_, seen = palette.list, set()
    for row, entry in enumerate(palette.model.found):
        index = palette.model.index(row)
        list_.setCurrentIndex(index)
        option = QStyleOptionViewItem()
        list_.initViewItemOption(option)
        option.rect = list_.visualRect(index)
        image = QImage(option.rect.bottomRight().x() + 1, option.rect.bottom() + 1, QImage.Format.Format_ARGB32)
        painter = Recorder(image)
        list_.itemDelegate().paint(painter, option, index)
        painter.end()
        assert (painter.cut, list_.viewport().rect().contains(option.rect)) == ([], True)
        if entry.reason:
            assert painter.written == [entry.reason, entry.name]
            assert index.data(Qt.ItemDataRole.AccessibleDescriptionRole) == entry.reason
            seen.add(entry.reason)
    assert {long, longest} < seen
    assert window.rect().contains(palette.geometry())


def test_that_a_sample_is_found_by_its_name_alone(qtbot: QtBot, window: MainWindow, palette: Palette) -> None:
    assert not any(isinstance(each, Choice) for each in palette.model.found), "only what is looked for"
    qtbot.keyClicks(palette.line, "does not help")
    assert {each.name for each in palette.model.found} >= {
        "Open sample: When a teacher does not help", "Start a sample: When a teacher does not help",
    }  # fmt: skip
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert window.new_page.values()["title"] == "When a teacher does not help"


def test_that_letters_that_fit_nothing_are_said_to(qtbot: QtBot, palette: Palette) -> None:
    qtbot.keyClicks(palette.line, "zzz")
    assert palette.none.isVisible()
    assert palette.model.rowCount() == 0
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert palette.isVisible()


def test_that_a_click_carries_out_a_command(qtbot: QtBot, window: MainWindow, palette: Palette) -> None:
    qtbot.keyClicks(palette.line, "dark")
    place = palette.list.visualRect(palette.model.index(0)).center()
    qtbot.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert window.preferences.now.theme == "dark"


def test_that_the_palette_goes_when_the_focus_goes_elsewhere(qtbot: QtBot, window: MainWindow, palette: Palette) -> None:
    window.navigation.buttons["runs"].setFocus()
    assert palette.isHidden()
    assert window.focusWidget() is window.navigation.buttons["runs"]


def test_that_the_palette_stays_within_a_small_window(window: MainWindow, palette: Palette) -> None:
    window.resize(window.minimumSize())
    QApplication.processEvents()
    assert window.rect().contains(palette.geometry())


@pytest.mark.parametrize(
    ("wanted", "better", "worse"),
    [
        ("sto", "Run: Stop", "Help: How to read the curves"),
        ("ne", "File: New experiment", "File: Open experiment"),
        ("cp", "View: Command palette", "File: Close window"),
        ("theme dark", "Theme: Dark", "View: Runs"),
    ],
)
def test_that_beginnings_of_words_and_neighbours_count_more(wanted: str, better: str, worse: str) -> None:
    low = likeness(wanted, worse)
    assert likeness(wanted, better) is not None
    assert low is None or likeness(wanted, better) > low  # type: ignore[operator]


def test_that_letters_in_another_order_do_not_fit() -> None:
    assert likeness("pots", "Stop") is None
    assert likeness("STOP", "Run: Stop") is not None


def test_that_a_title_is_plain_in_lists() -> None:
    assert plain("&Save experiment as...") == "Save experiment as"
    assert plain("Pause && go") == "Pause & go"


def test_that_the_model_keeps_the_rules_of_models(
    qtbot: QtBot, window: MainWindow, open_window: Callable[[], MainWindow]
) -> None:
    model = PaletteModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show_entries(entries_of(window.shell.application, window.shell.actions))
    for wanted in ("r", "run", "zzz", ""):
        model.search(wanted)
    assert model.rowCount() == len(COMMANDS)
    del tester
