"""Every command of the window, once: menus, shortcuts, the palette and the list under F1 are made from COMMANDS alone.

The menu bar is built from it before the first paint. `registry` puts the same commands into an app-model application when
the palette or the list first asks: app-model is built on pydantic, and 0.1 s is too long to wait for a menu bar.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from kdstudio.gui.theme import Choice

if TYPE_CHECKING:
    from app_model import Application


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """A command: `id` is "menu.name"; `group` separates it from the command above when it differs.

    Attributes:
        submenu: the menu within `menu` that it stands in.
        checkable: it is on or off; those of one submenu exclude each other.
    """

    id: str
    title: str
    menu: str
    shortcut: str = ""
    group: int = 0
    submenu: str = ""
    checkable: bool = False


COMMANDS = (
    Command(id="file.new", title="&New experiment", menu="&File", shortcut="Ctrl+N"),
    Command(id="file.open", title="&Open experiment...", menu="&File", shortcut="Ctrl+O"),
    Command(id="file.save", title="&Save experiment", menu="&File", shortcut="Ctrl+S"),
    Command(id="file.save-as", title="Save experiment &as...", menu="&File", shortcut="Ctrl+Shift+S"),
    Command(id="file.close", title="&Close window", menu="&File", shortcut="Ctrl+Q", group=1),
    Command(id="edit.undo", title="&Undo", menu="&Edit", shortcut="Ctrl+Z"),
    Command(id="edit.redo", title="&Redo", menu="&Edit", shortcut="Ctrl+Shift+Z"),
    Command(id="edit.copy-yaml", title="Copy as &YAML", menu="&Edit", shortcut="Ctrl+Shift+Y", group=1),
    Command(id="edit.copy-command", title="Copy as &command", menu="&Edit", shortcut="Ctrl+Shift+C", group=1),
    Command(id="run.start", title="&Start", menu="&Run", shortcut="Ctrl+Return"),
    Command(id="run.queue", title="Add to the &queue", menu="&Run", shortcut="Ctrl+Shift+Return"),
    Command(id="run.pause", title="&Pause", menu="&Run", shortcut="Ctrl+P"),
    Command(id="run.resume", title="&Resume", menu="&Run", shortcut="Ctrl+R"),
    Command(id="run.stop", title="S&top", menu="&Run", shortcut="Ctrl+."),
    Command(id="run.duplicate", title="&Use as new experiment", menu="&Run", shortcut="Ctrl+D", group=1),
    Command(id="view.home", title="&Home", menu="&View", shortcut="Alt+Home"),
    Command(id="view.new", title="&New experiment", menu="&View", shortcut="Ctrl+1"),
    Command(id="view.run", title="&Current run", menu="&View", shortcut="Ctrl+2"),
    Command(id="view.runs", title="&Runs", menu="&View", shortcut="Ctrl+3"),
    Command(id="view.settings", title="&Settings", menu="&View", shortcut="Ctrl+,"),
    Command(id="view.palette", title="Command &palette...", menu="&View", shortcut="Ctrl+K", group=1),
    Command(id="view.presenter", title="Presenter &mode", menu="&View", shortcut="Ctrl+Shift+M", group=2, checkable=True),
    Command(id="view.theme.system", title="&System", menu="&View", group=2, submenu="&Theme", checkable=True),
    Command(id="view.theme.light", title="&Light", menu="&View", group=2, submenu="&Theme", checkable=True),
    Command(id="view.theme.dark", title="&Dark", menu="&View", group=2, submenu="&Theme", checkable=True),
    Command(id="help.shortcuts", title="&Keyboard shortcuts", menu="&Help", shortcut="F1"),
    Command(id="help.terms", title="&What the terms mean", menu="&Help", shortcut="Shift+F1"),
    Command(id="help.curves", title="&How to read the curves", menu="&Help"),
)


THEMES = (Choice.SYSTEM, Choice.LIGHT, Choice.DARK)


def build_menus(window: QMainWindow, does: dict[str, Callable[[], object]]) -> dict[str, QAction]:
    """Menus for COMMANDS on `window`; `does` says what each does. Returns the actions by id."""
    menus: dict[str, QMenu] = {}
    groups: dict[str, QActionGroup] = {}
    actions: dict[str, QAction] = {}
    last: Command | None = None
    for command in COMMANDS:
        if last is not None and (last.menu, last.group) != (command.menu, command.group) and command.menu in menus:
            menus[command.menu].addSeparator()
        action = _menu_of(window, command, menus).addAction(window.tr(command.title))
        action.setObjectName(command.id)
        if command.shortcut:
            action.setShortcut(QKeySequence(command.shortcut))
        if command.checkable:
            action.setCheckable(True)
        if command.checkable and command.submenu:
            groups.setdefault(command.submenu, QActionGroup(window)).addAction(action)
        action.triggered.connect(does[command.id])
        actions[command.id] = action
        last = command
    return actions


def _menu_of(window: QMainWindow, command: Command, menus: dict[str, QMenu]) -> QMenu:
    """The menu that `command` stands in, made when it is missing. Menus show tooltips: they say why an entry is grey."""
    if command.menu not in menus:
        menus[command.menu] = window.menuBar().addMenu(window.tr(command.menu))
        menus[command.menu].setToolTipsVisible(True)
    place = command.menu + command.submenu
    if place not in menus:
        menus[place] = menus[command.menu].addMenu(window.tr(command.submenu))
        menus[place].setToolTipsVisible(True)
    return menus[place]


def plain(title: str) -> str:
    """`title` without its mnemonic and its dots."""
    return title.replace("&&", "\0").replace("&", "").replace("\0", "&").removesuffix("...")


_numbers = count()


def registry(actions: dict[str, QAction]) -> "Application":
    """The commands in an app-model application: each carries out its action in `actions`, when that is enabled."""
    from pydantic import BaseModel as BaseModel  # before app-model: see design.md section 11

    from app_model import Application  # isort: skip
    from app_model.types import Action

    application = Application(f"kdstudio-{next(_numbers)}")
    places = {command.id: number for number, command in enumerate(COMMANDS)}
    application.register_actions(
        Action(
            id=command.id,
            title=plain(actions[command.id].text()),
            category=plain(command.submenu or command.menu),
            callback=_carrying_out(actions[command.id]),
            menus=[{"id": plain(command.menu), "group": str(command.group), "order": places[command.id]}],
            keybindings=[{"primary": command.shortcut.replace("Return", "Enter")}] if command.shortcut else None,
        )
        for command in COMMANDS
    )
    return application


def _carrying_out(action: QAction) -> Callable[[], None]:
    def carry_out() -> None:
        action.trigger()

    return carry_out
