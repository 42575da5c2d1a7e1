"""A hand that works the command palette of a window."""

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.palette import Entry, entries_of


class Hand:
    """Types commands into the palette of a window, and knows which it has carried out."""

    def __init__(self, qtbot: QtBot, window: MainWindow) -> None:
        self._qtbot, self.window = qtbot, window
        self.done: set[str] = set()

    def __call__(self, identity: str, offer: str = "") -> None:
        """Carry out a command, and choose `offer` from what it lets choose."""
        palette = self.window.shell.palette
        self.window.actions_by_id["view.palette"].trigger()
        entry = next(each for each in palette.model.found if isinstance(each, Entry) and each.id == identity)
        assert not entry.reason, f"{identity}: {entry.reason}"
        self._type(entry.name)
        if offer:
            assert palette.isVisible(), f"{identity} lets nobody choose"
            self._type(offer)
        self.done.add(identity)

    def _type(self, name: str) -> None:
        palette = self.window.shell.palette
        palette.line.setText(name)
        assert name in palette.model.found[0].name
        self._qtbot.keyClick(palette.line, Qt.Key.Key_Return)

    def grey(self, identity: str) -> str:
        """Why a command cannot be carried out."""
        self.window.switchboard.refresh()
        entries = entries_of(self.window.shell.application, self.window.shell.actions)
        return next(each.reason for each in entries if each.id == identity)
