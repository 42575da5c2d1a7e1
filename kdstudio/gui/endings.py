"""What the window does about runs that it does not show: says when one ends, and keeps the machine awake until then."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from kdstudio.gui.awake import Awake
from kdstudio.gui.icons import icon
from kdstudio.gui.language import explain, headline, tr
from kdstudio.gui.preferences import Preferences
from kdstudio.gui.presenter import shown
from kdstudio.gui.run_controller import RunController
from kdstudio.gui.states import state_words
from kdstudio.gui.theme import Role
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.state import State

LOOK_EVERY = 3000  # milliseconds, while a run from here is at work out of view


class Desktop:
    """The desktop's notifications; where there are none, `say` is False, and the window says it itself."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._tray: QSystemTrayIcon | None = None

    def say(self, title: str, detail: str) -> bool:
        """Show a notification, if the desktop has any."""
        if not (QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages()):
            return False
        if self._tray is None:
            self._tray = QSystemTrayIcon(icon("curve", "student", 32), self._window)
            self._tray.setToolTip("KD Studio")
        self._tray.show()
        self._tray.showMessage(title, detail, icon("curve", "student", 64))
        return True

    def close(self) -> None:
        """Take the sign out of the desktop's tray."""
        if self._tray is not None:
            self._tray.hide()
            self._tray = None


class Endings(QObject):
    """Watches the runs that were started or opened here.

    Args:
        in_view: whether the page of the run in view is shown: it says by itself how the run ended.
        desktop: shows notifications.

    Signals:
        said: what the window is to say itself: title, detail, role.
    """

    said = Signal(str, str, str)

    def __init__(
        self, controller: RunController, preferences: Preferences, in_view: Callable[[], bool], desktop: Desktop
    ) -> None:
        super().__init__(controller)
        self._controller, self._preferences = controller, preferences
        self._in_view, self._desktop = in_view, desktop
        self._at_work: RunFolder | None = None
        self._others: dict[Path, RunFolder] = {}
        self.awake: Awake | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_EVERY)
        self._timer.timeout.connect(self.look)
        controller.changed.connect(self._follow)
        controller.opened.connect(self.look)
        preferences.changed.connect(self._stay_awake)
        self._follow()

    def close(self) -> None:
        """Watch no longer; the machine may sleep."""
        self._timer.stop()
        awake = self.awake
        self._sleep()
        if awake is not None:
            awake.wait()
        self._desktop.close()

    @Slot()
    def look(self) -> None:
        """See after the runs that are out of view."""
        others = {folder.path: folder for folder in self._controller.others}
        for path, folder in self._others.items():
            if path not in others and folder != self._controller.folder:
                self._tell(folder)
        self._others = others
        if others:
            self._timer.start()
        else:
            self._timer.stop()
        self._stay_awake()

    @Slot()
    def _follow(self) -> None:
        controller = self._controller
        if controller.active:
            if self._at_work != controller.folder:
                self._at_work = controller.folder
                self._stay_awake()
            return
        ended, self._at_work = self._at_work, None
        if ended is None:
            return
        if ended == controller.folder and not controller.status.state.active:
            self._tell(ended)
        self.look()

    def _tell(self, folder: RunFolder) -> None:
        if not self._preferences.now.notify:
            return
        title, detail, role = words_of(folder)
        active = QApplication.activeWindow() is not None
        told = not active and self._desktop.say(shown(title), shown(detail))
        if not told and not (self._in_view() and folder == self._controller.folder):
            self.said.emit(title, detail, role)

    @Slot()
    def _stay_awake(self) -> None:
        wanted = self._preferences.now.keep_awake and (self._controller.active or bool(self._others))
        if wanted and self.awake is None:
            self.awake = Awake(parent=self)
            self.awake.refused.connect(self._refused)
            self.awake.start()
        elif not wanted:
            self._sleep()

    def _sleep(self) -> None:
        if self.awake is not None:
            self.awake.leave()
            self.awake.deleteLater()
            self.awake = None

    @Slot()
    def _refused(self) -> None:
        said = self.tr("This desktop offers no way to prevent sleep. The run trains only while the computer is awake.")
        self.said.emit(self.tr("The machine cannot be kept awake"), said, "teacher")


def words_of(folder: RunFolder) -> tuple[str, str, Role]:
    """What to say of a run that has ended: a title, a line, and the colour of both."""
    status, summary = folder.current(), folder.summary()
    word, role = state_words(status.state, status.code)
    title = tr("{0}: {1}").format(word, folder.called)
    if status.state in (State.FAILED, State.LOST) or status.code:
        from kdstudio.gui.field_words import as_in_the_form  # the form's titles are not wanted before

        words = as_in_the_form(explain(status.code or "killed", status.parameters))
        return title, f"{words.title}. {words.remedy}", role
    return title, headline(summary), role
