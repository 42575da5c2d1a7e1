"""Commands at work: the menus of a window, what stands behind each entry, and whether it can be done now."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from kdstudio.gui.language import tr
from kdstudio.gui.plain_tips import plain_tip

if TYPE_CHECKING:
    from kdstudio.gui.commands.command import Deed, Offer
    from kdstudio.gui.main_window import MainWindow

RUN = ("run.", "replay.", "part.", "plots.", "results.")  # commands that follow the run in view
SEARCHED = ("file.recent", "file.sample", "run.sample", "runs.recent")  # whose offers the palette finds at once
FORM = ("edit.undo", "edit.redo", "edit.copy")  # commands with keys that follow the form


class Switchboard(QObject):
    """The commands of `window`. Its menus have titles at once; entries, actions and all else come when they are first wanted.

    Entries are looked at before they are shown, after each command, and when what they depend on says that it has changed:
    a grey entry does not hear its keys.
    """

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._menus = _title_menus(window)
        self._actions: dict[str, QAction] = {}
        self._deeds: dict[str, Deed] = {}
        self._closed = False

    @property
    def actions(self) -> dict[str, QAction]:
        """The actions by id."""
        if not self._actions:
            self._make()
        return self._actions

    def make(self) -> None:
        """Fill the menus."""
        if not self._actions and not self._closed:
            self._make()

    def refresh(self, *parts: str) -> None:
        """Look anew at all commands, or at those whose ids begin so."""
        if self._closed:
            return
        for identity, deed in self._deeds.items():
            if not parts or identity.startswith(parts):
                self._look(self._actions[identity], deed)

    def searched(self) -> "list[tuple[QAction, Sequence[Offer]]]":
        """What is offered by those commands whose offers people look for by name, and that cost nothing to list."""
        listed: list[tuple[QAction, Sequence[Offer]]] = []
        for identity in SEARCHED:
            offers = self._deeds[identity].offers
            if offers is not None:
                listed.append((self.actions[identity], offers()))
        return listed

    @Slot()
    def refresh_run(self) -> None:
        """The run in view has gone on."""
        self.refresh(*RUN)

    @Slot()
    def refresh_form(self) -> None:
        """The form has changed."""
        self.refresh(*FORM)

    @Slot()
    def refresh_all(self) -> None:
        """Much may have changed: another page is in view, for example."""
        self.refresh()

    def close(self) -> None:
        """The window is going."""
        self._closed = True

    def _make(self) -> None:
        from kdstudio.gui.commands.listed import COMMANDS
        from kdstudio.gui.commands.menus import fill_menus

        self._actions = fill_menus(self._menus)
        self._deeds = _deeds(self._window)
        for command in COMMANDS:
            action = self._actions[command.id]
            action.triggered.connect(self._carry_out)
            if command.offers:
                action.menu().aboutToShow.connect(self._fill)  # type: ignore[attr-defined]
        for menu in self._menus.values():
            menu.aboutToShow.connect(self.refresh_all)
        self._window.shell.adopt(self._actions, self.refresh, self.searched)
        self._window.pages.currentChanged.connect(self.refresh_all)
        self.refresh()

    @Slot()
    def _carry_out(self) -> None:
        """Of what lets choose, the palette shows the choices: in the menus it is a menu."""
        action = self.sender()
        assert isinstance(action, QAction)
        deed = self._deeds[action.objectName()]
        if deed.offers is not None:
            self._window.shell.palette.offer(action, deed.offers())
        else:
            deed.does()
        self.refresh()

    @Slot()
    def _fill(self) -> None:
        from kdstudio.gui.commands.menus import fill_with_offers

        menu = self.sender()
        assert isinstance(menu, QMenu)
        offers = self._deeds[menu.menuAction().objectName()].offers
        assert offers is not None
        fill_with_offers(menu, offers())

    @staticmethod
    def _look(action: QAction, deed: "Deed") -> None:
        why = deed.why_not()
        if why is not None:
            action.setEnabled(not why)
            action.setToolTip(plain_tip(why))
        if deed.on is not None:
            action.setChecked(deed.on())


def _title_menus(window: "MainWindow") -> dict[str, QMenu]:
    """The menus, empty, by their names in the list. They show tooltips, which say why an entry is grey."""
    titles = {
        "&File": tr("&File"), "&Edit": tr("&Edit"), "&Run": tr("&Run"), "&Library": tr("&Library"), "&View": tr("&View"),
        "&Help": tr("&Help"),
    }  # fmt: skip
    menus = {name: window.menuBar().addMenu(title) for name, title in titles.items()}
    for menu in menus.values():
        menu.setToolTipsVisible(True)
    return menus


def _deeds(window: "MainWindow") -> "dict[str, Deed]":
    """What stands behind every command. Imported here: the first paint needs none of it."""
    from kdstudio.gui.commands.form import FormDeeds
    from kdstudio.gui.commands.plots import PlotDeeds
    from kdstudio.gui.commands.results import ResultsDeeds
    from kdstudio.gui.commands.run import RunDeeds
    from kdstudio.gui.commands.runs import RunsDeeds
    from kdstudio.gui.commands.window import WindowDeeds

    deeds: dict[str, Deed] = dict(window.shell.deeds())
    parts = (WindowDeeds, FormDeeds, RunDeeds, PlotDeeds, ResultsDeeds, RunsDeeds)
    for part in parts:
        deeds |= part(window).deeds()
    return deeds
