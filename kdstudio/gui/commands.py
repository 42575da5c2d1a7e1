"""Every command of the window in one registry: menus and shortcuts are made from it, and nothing else makes any."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from kdstudio.gui.theme import Choice


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """A command: `id` is "menu.name"; `group` separates it from the command above when it differs."""

    id: str
    title: str
    menu: str
    shortcut: str = ""
    group: int = 0


COMMANDS = (
    Command(id="file.new", title="&New experiment", menu="&File", shortcut="Ctrl+N"),
    Command(id="file.open", title="&Open experiment...", menu="&File", shortcut="Ctrl+O"),
    Command(id="file.save", title="&Save experiment as...", menu="&File", shortcut="Ctrl+S"),
    Command(id="file.close", title="&Close window", menu="&File", shortcut="Ctrl+Q", group=1),
    Command(id="run.start", title="&Start", menu="&Run", shortcut="Ctrl+Return"),
    Command(id="run.pause", title="&Pause", menu="&Run", shortcut="Ctrl+P"),
    Command(id="run.resume", title="&Resume", menu="&Run", shortcut="Ctrl+R"),
    Command(id="run.stop", title="S&top", menu="&Run", shortcut="Ctrl+."),
    Command(id="run.duplicate", title="&Use as new experiment", menu="&Run", shortcut="Ctrl+D", group=1),
    Command(id="view.new", title="&New experiment", menu="&View", shortcut="Ctrl+1"),
    Command(id="view.run", title="&Current run", menu="&View", shortcut="Ctrl+2"),
    Command(id="view.runs", title="&Runs", menu="&View", shortcut="Ctrl+3"),
)
THEMES = {Choice.SYSTEM: "&System", Choice.LIGHT: "&Light", Choice.DARK: "&Dark"}


def build_menus(window: QMainWindow, does: dict[str, Callable[[], object]]) -> dict[str, QAction]:
    """Menus for COMMANDS on `window`; `does` says what each does. Returns the actions by id."""
    menus: dict[str, QMenu] = {}
    actions: dict[str, QAction] = {}
    last: Command | None = None
    for command in COMMANDS:
        if command.menu not in menus:
            menus[command.menu] = window.menuBar().addMenu(window.tr(command.menu))
            menus[command.menu].setToolTipsVisible(True)  # they say why an entry is grey
        elif last is not None and last.group != command.group:
            menus[command.menu].addSeparator()
        action = menus[command.menu].addAction(window.tr(command.title))
        action.setObjectName(command.id)
        if command.shortcut:
            action.setShortcut(QKeySequence(command.shortcut))
        action.triggered.connect(does[command.id])
        actions[command.id] = action
        last = command
    return actions


def build_theme_menu(window: QMainWindow, view: QMenu) -> QActionGroup:
    """View > Theme: the data of each action is its Choice."""
    menu = view.addMenu(window.tr("&Theme"))
    group = QActionGroup(menu)
    for choice, title in THEMES.items():
        action = menu.addAction(window.tr(title))
        action.setObjectName(f"view.theme.{choice}")
        action.setCheckable(True)
        action.setData(str(choice))
        group.addAction(action)
    return group
