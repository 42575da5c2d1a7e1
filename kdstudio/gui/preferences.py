"""The settings in force in this window: read once, changed from menu and page alike, kept in the home at once."""

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from kdstudio.gui.theme import theme
from kdstudio.runs.home import Home
from kdstudio.runs.settings import Settings, read_settings, write_settings


class Preferences(QObject):
    """The settings of a home.

    Signals:
        changed: some are other ones now.
        refused: they are in force, and could not be kept; carries why.
    """

    changed = Signal()
    refused = Signal(str)

    def __init__(self, home: Home, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._home = home
        self.now: Settings = read_settings(home)

    def change(self, **values: Any) -> None:
        """Put `values` into force, and keep them."""
        wanted = replace(self.now, **values)
        if {"theme", "presenter"} & set(values):
            dress(self._home, wanted)
        if wanted == self.now:
            return
        self.now = wanted
        try:
            write_settings(self._home, replace(read_settings(self._home), **values))
        except OSError as error:
            self.refused.emit(error.strerror or str(error))
        self.changed.emit()


def dress(home: Home, settings: Settings) -> None:
    """Show everything as `settings` say."""
    theme().private = (str(home.root),)
    theme().apply(settings.theme if settings.theme in ("light", "dark") else "system")
    theme().present(settings.presenter)
