"""What the list of commands becomes: entries of the menus, actions of a page, offers to choose from."""

from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from kdstudio.gui.commands.command import Command, Offer
from kdstudio.gui.commands.listed import COMMANDS
from kdstudio.gui.language import looked_up, tr
from kdstudio.gui.plain_tips import plain_tip


def fill_menus(menus: dict[str, QMenu]) -> dict[str, QAction]:
    """Put every command into its menu. Returns the actions by id; that of a command with offers opens a menu of its own."""
    places = dict(menus)
    groups: dict[str, QActionGroup] = {}
    actions: dict[str, QAction] = {}
    last: Command | None = None
    for command in COMMANDS:
        if last is not None and last.menu == command.menu and last.group != command.group:
            menus[command.menu].addSeparator()
        menu = _menu_of(command, places)
        title = looked_up(command.title)
        action = menu.addMenu(title).menuAction() if command.offers else menu.addAction(title)
        dress(action, command)
        if command.one_of:
            groups.setdefault(command.one_of, QActionGroup(menus[command.menu])).addAction(action)
        actions[command.id] = action
        last = command
    return actions


def _menu_of(command: Command, places: dict[str, QMenu]) -> QMenu:
    """The menu that `command` stands in, made when it is missing."""
    place = command.menu + command.submenu
    if place not in places:
        places[place] = places[command.menu].addMenu(looked_up(command.submenu))
        places[place].setToolTipsVisible(True)
    return places[place]


def dress(action: QAction, command: Command) -> None:
    """Give `action` the name, the keys and the manners of `command`."""
    action.setObjectName(command.id)
    action.setCheckable(command.checkable)
    if command.shortcut == "Return":
        action.setShortcuts([QKeySequence(Qt.Key.Key_Return), QKeySequence(Qt.Key.Key_Enter)])
    elif command.shortcut:
        action.setShortcut(QKeySequence(command.shortcut))
    if command.place:
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)


def own_actions(page: QWidget, ids: Iterable[str], does: dict[str, Callable[[], object]]) -> dict[str, QAction]:
    """Actions for a page that stands in no window: of the commands `ids`, which do what `does` says."""
    actions = {}
    for command in (command for command in COMMANDS if command.id in ids):
        actions[command.id] = action = QAction(looked_up(command.title), page)
        dress(action, command)
        action.triggered.connect(does[command.id])
        if not command.place:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            page.addAction(action)
    return actions


def fill_with_offers(menu: QMenu, offers: Sequence[Offer]) -> None:
    """Show `offers` in `menu`, in place of those that were in it."""
    menu.clear()
    menu.setToolTipsVisible(True)
    if not offers:
        none = menu.addAction(tr("Nothing to choose from"))
        none.setEnabled(False)
    for offer in offers:
        action = menu.addAction(offer.title.replace("&", "&&"))
        action.setToolTip(plain_tip(offer.why_not or offer.tip))
        action.setEnabled(not offer.why_not)
        action.setCheckable(offer.on is not None)
        action.setChecked(bool(offer.on))
        action.triggered.connect(_carrying_out(offer))


def _carrying_out(offer: Offer) -> Callable[[], None]:
    def carry_out() -> None:
        offer.does()

    return carry_out
