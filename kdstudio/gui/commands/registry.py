"""The commands in an app-model application, for whoever asks it: the palette and the list of keys.

It is made when one of them is first wanted: app-model is built on pydantic, and 0.1 s is too long to wait for a menu bar.
"""

from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction

from kdstudio.gui.commands.command import plain
from kdstudio.gui.commands.listed import COMMANDS
from kdstudio.gui.language import looked_up

if TYPE_CHECKING:
    from app_model import Application

_numbers = count()


def registry(actions: dict[str, QAction]) -> "Application":
    """An application in which each command carries out its action in `actions`, when that is enabled."""
    from pydantic import BaseModel as BaseModel  # before app-model: see design.md section 11

    from app_model import Application  # isort: skip
    from app_model.types import Action

    application = Application(f"kdstudio-{next(_numbers)}")
    places = {command.id: number for number, command in enumerate(COMMANDS)}
    application.register_actions(
        Action(
            id=command.id,
            title=plain(actions[command.id].text()),
            category=plain(looked_up(command.submenu or command.menu)),
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
