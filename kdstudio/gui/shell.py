"""What surrounds the pages: palette, help, presenter mode, first steps, and what the window says of runs that end.

Nothing of it is made before the first paint but the commands' names; each part is made when it is first wanted.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QEvent, QObject, QTimer, Slot
from PySide6.QtGui import QFont, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLineEdit,
    QMainWindow,
    QPlainTextEdit,
    QStackedWidget,
    QWidget,
)
from shiboken6 import isValid

from kdstudio.gui.navigation import Navigation
from kdstudio.gui.preferences import Preferences
from kdstudio.gui.theme import Choice, theme

if TYPE_CHECKING:
    from app_model import Application
    from PySide6.QtGui import QAction

    from kdstudio.gui.commands.command import Deed
    from kdstudio.gui.endings import Endings
    from kdstudio.gui.help import HelpPanel
    from kdstudio.gui.main_window import MainWindow
    from kdstudio.gui.pages.page import Page
    from kdstudio.gui.palette import Offered, Palette
    from kdstudio.gui.run_controller import RunController
    from kdstudio.gui.theme import Role
    from kdstudio.gui.tour import Tour

THEMES = (Choice.SYSTEM, Choice.LIGHT, Choice.DARK)


class Shell(QObject):
    """The parts around the pages of `window`.

    Args:
        row: the window's row of navigation and pages, in which the help finds its place.
    """

    def __init__(self, window: QMainWindow, preferences: Preferences, navigation: Navigation, row: QHBoxLayout) -> None:
        super().__init__(window)
        self._window, self._row = window, row
        self._navigation, self._preferences = navigation, preferences
        self.actions: dict[str, QAction] = {}
        self._refresh: Callable[[], None] = lambda: None
        self._offered: Offered = list
        self._application: Application | None = None
        self._palette: Palette | None = None
        self._help: HelpPanel | None = None
        self._tour: Tour | None = None
        self.endings: Endings | None = None
        self._before_help: QWidget | None = None
        self._focus_before_click: QWidget | None = None
        navigation.help.clicked.connect(self._help_clicked)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._focus_moves)
        theme().changed.connect(self._fit_menus)
        window.installEventFilter(self)
        self._pages: QStackedWidget | None = getattr(window, "pages", None)
        if self._pages is not None:
            self._pages.currentChanged.connect(self._place_again)
        theme().changed.connect(self._place_again)

    def deeds(self) -> "dict[str, Deed]":
        """What stands behind its commands, by id."""
        from kdstudio.gui.commands.command import Deed

        return {f"view.theme.{choice}": self._theme(choice) for choice in THEMES} | {
            "view.palette": Deed(does=self.open_palette),
            "view.presenter": Deed(does=self._toggle_presenter, on=lambda: theme().presenter),
            "help.shortcuts": Deed(does=self.toggle_shortcuts),
            "help.terms": Deed(does=self.toggle_terms),
            "help.curves": Deed(does=self.show_curves),
            "help.tour": Deed(does=self.start_tour),
        }

    def _theme(self, choice: Choice) -> "Deed":
        from kdstudio.gui.commands.command import Deed

        return Deed(does=lambda: self._preferences.change(theme=str(choice)), on=lambda: theme().choice == choice)

    def adopt(self, actions: "dict[str, QAction]", refresh: Callable[[], None], offered: "Offered") -> None:
        """Take the commands' actions; `refresh` looks anew at what can be done and what is on."""
        self.actions, self._refresh, self._offered = actions, refresh, offered
        self._preferences.changed.connect(self._look)
        theme().changed.connect(self._look)

    def watch(self, controller: "RunController", in_view: Callable[[], bool], say: Callable[[str, str, "Role"], None]) -> None:
        """Tell of the runs of `controller` when they end."""
        from kdstudio.gui.endings import Desktop, Endings

        self.endings = Endings(controller, self._preferences, in_view, Desktop(self._window))
        self.endings.said.connect(say)

    def greet(self) -> None:
        """Show the first steps to somebody who has not closed them yet."""
        if self._preferences.now.tour_seen:
            return
        hint = self._navigation.show_hint()
        hint.show_me.clicked.connect(self.start_tour)
        hint.close_button.clicked.connect(self._close_hint)

    def close(self) -> None:
        """Let everything end that has a thread or a sign on the desktop."""
        if self.endings is not None:
            self.endings.close()
        if self._application is not None:
            type(self._application).destroy(self._application.name)
            self._application = None

    @property
    def application(self) -> "Application":
        """The registry of all commands."""
        if self._application is None:
            from kdstudio.gui.commands.registry import registry

            self._application = registry(self.actions)
        return self._application

    @property
    def palette(self) -> "Palette":
        """The command palette."""
        if self._palette is None:
            from kdstudio.gui.palette import Palette

            self._palette = Palette(self._window, self.application, self.actions, self._offered)
        return self._palette

    @property
    def help(self) -> "HelpPanel":
        """The help beside the page."""
        if self._help is None:
            from kdstudio.gui.help import HelpPanel
            from kdstudio.gui.palette import entries_of

            self._help = HelpPanel(entries_of(self.application, self.actions), self._window.centralWidget())
            self._help.hide()
            self._help.dismissed.connect(self.hide_help)
        return self._help

    @property
    def help_in_view(self) -> bool:
        """Whether the help is shown."""
        return self._help is not None and not self._help.isHidden()

    @Slot()
    def open_palette(self) -> None:
        """Search all commands; once more closes it."""
        if self.palette.isVisible():
            self.palette.dismiss()
        else:
            self._refresh()
            self.palette.open()

    def close_palette(self) -> None:
        """Close the command palette, where it is open."""
        if self._palette is not None and self._palette.isVisible():
            self._palette.dismiss()

    @Slot()
    def toggle_shortcuts(self) -> None:
        """Show every shortcut beside the page; once more hides it."""
        from kdstudio.gui.help import SHORTCUTS

        if self.help_in_view and self.help.tab == SHORTCUTS:
            self.hide_help()
        else:
            self._show_help()
            self.help.show_tab(SHORTCUTS)

    @Slot()
    def toggle_terms(self) -> None:
        """Show what the thing that has the focus means; once more hides it."""
        self._toggle_terms(self._window.focusWidget())

    @Slot()
    def _help_clicked(self) -> None:
        """The click itself has put the focus on the window: what had it before is meant."""
        focus = self._focus_before_click
        self._toggle_terms(focus if focus is not None and isValid(focus) else self._window.focusWidget())

    @Slot(QWidget, QWidget)
    def _focus_moves(self, old: QWidget | None, new: QWidget | None) -> None:
        for text, watch in ((old, False), (new, True)):
            if isinstance(text, QLineEdit | QPlainTextEdit) and isValid(text):
                (text.installEventFilter if watch else text.removeEventFilter)(self)
        if new is not None:
            self._focus_before_click = old if new is self._window else None

    def _toggle_terms(self, focus: QWidget | None) -> None:
        from kdstudio.gui.help import TERMS, term_at

        inside = self._help is not None and focus is not None and self._help.isAncestorOf(focus)
        term = None if inside else term_at(focus, self.help.terms) or term_at(self._page(), self.help.terms)
        wanted = term.id if term else self.help.asked_for
        if self.help_in_view and self.help.tab == TERMS and (inside or wanted == self.help.asked_for):
            self.hide_help()
            return
        self._show_help(focus)
        self.help.show_term(wanted)

    @Slot()
    def show_curves(self) -> None:
        """Show how to read the curves."""
        self._show_help()
        self.help.show_term("reading")

    @Slot()
    def hide_help(self) -> None:
        """Hide the help; the focus goes back to where it was."""
        if self.help_in_view:
            self._row.removeWidget(self.help)
            self.help.hide()
            if self._before_help is not None and isValid(self._before_help) and self._before_help.isVisible():
                self._before_help.setFocus()
            self._before_help = None
        self._navigation.help.setChecked(False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and watched is self._window and self.help_in_view:
            self._place_help()
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._is_ours(event):
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def _is_ours(self, event: QKeyEvent) -> bool:
        """Whether it is the palette's key, which some desktops give to lines of text, to delete what follows."""
        action = self.actions.get("view.palette")
        return action is not None and action.shortcut() == QKeySequence(event.keyCombination())

    def _show_help(self, focus: QWidget | None = None) -> None:
        if not self.help_in_view:
            self._before_help = focus or self._window.focusWidget()
        self._place_help()
        self.help.show()
        self.help.line.setFocus()
        self._navigation.help.setChecked(True)

    def _place_help(self) -> None:
        """Beside the page where there is room for both, else over its right edge."""
        centre, panel = self._window.centralWidget(), self.help
        page = self._page()
        needed = self._navigation.width() + panel.width() + (page.needs() if page else 0)
        beside = self._row.indexOf(panel) >= 0
        if centre.width() >= needed:
            if not beside:
                self._row.addWidget(panel)
            return
        if beside:
            self._row.removeWidget(panel)
        panel.setGeometry(centre.width() - panel.width(), 0, panel.width(), centre.height())
        panel.raise_()

    def _page(self) -> "Page | None":
        return cast("Page | None", self._pages.currentWidget()) if self._pages is not None else None

    @Slot()
    def _place_again(self) -> None:
        """Another page, or larger type, may need another place."""
        if self.help_in_view:
            QTimer.singleShot(0, self, self._place_if_shown)

    @Slot()
    def _place_if_shown(self) -> None:
        if self.help_in_view:
            self._place_help()

    def _toggle_presenter(self) -> None:
        self._preferences.change(presenter=not theme().presenter)

    @Slot()
    def _look(self) -> None:
        self._refresh()

    @Slot()
    def _fit_menus(self) -> None:
        """A menu bar keeps the size that it once had, unless its font is said to be another one."""
        bar = self._window.menuBar()
        bar.setFont(QFont(QApplication.font()))
        bar.updateGeometry()

    @Slot()
    def start_tour(self) -> None:
        """Show five things in the window, one after the other; what was open above the pages closes."""
        from kdstudio.gui.tour import Tour

        self.close_tour()
        self.close_palette()
        self.hide_help()
        self._tour = Tour(cast("MainWindow", self._window))
        self._tour.over.connect(self._tour_is_over)
        self._tour.begin()

    def close_tour(self) -> None:
        """End the tour, where one is under way."""
        if self._tour is not None:
            self._tour.close_here()

    @Slot()
    def _tour_is_over(self) -> None:
        """It has been seen, to its end or not: from now on it is in the menu Help alone."""
        self._tour = None
        self._close_hint()

    @Slot()
    def _close_hint(self) -> None:
        self._navigation.hide_hint()
        self._preferences.change(tour_seen=True)


