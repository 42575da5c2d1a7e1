"""Stage mode: the window becomes the run in view alone, full screen in large type; leaving it brings back what was there."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRect, QSize, Qt, QTimer, Slot
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from kdstudio.gui.theme import PRESENTING, theme

if TYPE_CHECKING:
    from kdstudio.gui.main_window import MainWindow
    from kdstudio.gui.pages.stage_view import StageView

USUAL = QSize(1024, 640)  # pixels for which presenter type is made: on a larger screen type grows with it
LARGEST = 2.2  # times usual type
SETTLE = 50  # milliseconds that a window gets to reach its size
KEYS = ("view.stage", "file.close")  # commands whose keys are heard on the stage


class StageMode(QObject):
    """Whether `window` is a stage, and how it becomes one and itself again."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self.view: StageView | None = None
        self._covered: list[QWidget] = []
        self._state = Qt.WindowState.WindowNoState
        self._place = QRect()
        self._focus: QWidget | None = None
        self._replays = self._starts = False  # whether the replay in view began here; a demo is being started from here
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(SETTLE)
        self._settled.timeout.connect(self._fit_type)
        window.pages.currentChanged.connect(self._page_changed)

    @property
    def on(self) -> bool:
        """Whether the window is a stage now."""
        return self.view is not None

    @Slot()
    def toggle(self) -> None:
        """Enter it, or leave it."""
        if self.on:
            self.leave()
        else:
            self.enter()

    def enter(self) -> None:
        """Make the window a stage."""
        if self.on:
            return
        window = self._window
        window.shell.close_palette()
        window.shell.close_tour()
        self._focus = window.focusWidget()
        self._state, self._place = window.windowState(), window.geometry()
        theme().present(True, self.type_for(window.screen().size()))
        view = self._make()
        self._cover()  # last: what fails before leaves the window as it is
        self.view = view
        row = window.centralWidget().layout()
        assert row is not None
        row.addWidget(view)
        window.setWindowState(self._state | Qt.WindowState.WindowFullScreen)
        window.activateWindow()  # some desktops take the keys away from a window that changes its state
        view.show()
        view.setFocus()

    @Slot()
    def leave(self) -> None:
        """Bring back the window as it was: its place, page, type and theme, and the run without a replay that began here."""
        view, window = self.view, self._window
        if view is None:
            return
        self.view = None
        self._settled.stop()
        if self._replays:
            window.controller.end_replay()
        self._replays = False
        window.lobby.feed.changed.disconnect(self._offer)
        view.hide()
        row = window.centralWidget().layout()
        assert row is not None
        row.removeWidget(view)
        view.deleteLater()
        theme().present(window.preferences.now.presenter)
        for widget in self._covered:
            if isValid(widget):
                widget.show()
        self._covered = []
        window.setWindowState(self._state)
        window.activateWindow()
        if not self._state & (Qt.WindowState.WindowMaximized | Qt.WindowState.WindowFullScreen):
            window.setGeometry(self._place)
        focus = self._focus if self._focus is not None and isValid(self._focus) and self._focus.isVisible() else window
        focus.setFocus()
        window.switchboard.refresh()

    def _cover(self) -> None:
        """Hide the menus and everything else in the window."""
        centre, inside = self._window.centralWidget(), Qt.FindChildOption.FindDirectChildrenOnly
        parts = [self._window.menuBar(), *centre.findChildren(QWidget, options=inside)]
        self._covered = [part for part in parts if not part.isHidden()]
        for part in self._covered:
            part.hide()

    def _make(self) -> "StageView":
        from kdstudio.gui.pages.stage_view import StageView

        window = self._window
        view = StageView(window.controller)
        view.addActions([window.actions_by_id[name] for name in KEYS])
        view.offer(newest=bool(window.lobby.feed.rows))
        view.left.connect(self.leave)
        view.resized.connect(self._settled.start)
        view.replay_wanted.connect(self._replay)
        view.demo_wanted.connect(self._start_demo)
        view.newest_wanted.connect(self._show_newest)
        window.lobby.feed.changed.connect(self._offer)
        return view

    @staticmethod
    def type_for(size: QSize) -> float:
        """How much larger than usual type is on a stage of this size."""
        room = min(size.width() / USUAL.width(), size.height() / USUAL.height())
        return round(min(LARGEST, PRESENTING * max(1.0, room)), 2)

    @Slot()
    def _fit_type(self) -> None:
        """Some desktops give a window another size than that of the screen."""
        if self.view is not None:
            theme().present(True, self.type_for(self.view.size()))

    @Slot()
    def _offer(self) -> None:
        if self.view is not None:
            self.view.offer(newest=bool(self._window.lobby.feed.rows))

    @Slot()
    def _replay(self) -> None:
        """Replay the run in view, from its beginning, at the speed that fits its length."""
        self._replays = True
        self._window.controller.start_replay()

    @Slot()
    def _start_demo(self) -> None:
        """Start the first sample, without leaving the stage."""
        from kdstudio.runs.sample_experiments import sample_experiments

        self._starts = True
        try:
            self._window.lobby.start_sample(sample_experiments()[0].path)
        finally:
            self._starts = False
        if self.view is not None:
            self.view.setFocus()

    @Slot()
    def _show_newest(self) -> None:
        """Bring the newest run into view, without leaving the stage."""
        from pathlib import Path

        from kdstudio.runs.folder import RunFolder

        rows = self._window.lobby.feed.rows
        if rows:
            self._window.controller.open(RunFolder(Path(rows[0].folder)))
        if self.view is not None:
            self.view.setFocus()

    @Slot()
    def _page_changed(self) -> None:
        """Somebody brings another page into view, a second start of the program for example: there it has to be seen."""
        window = self._window
        if self.on and not self._starts and window.pages.currentWidget() is not window.made("run"):
            QTimer.singleShot(0, self, self.leave)


__all__ = ["StageMode"]
