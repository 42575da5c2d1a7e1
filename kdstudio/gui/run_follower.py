"""What the menus, the navigation and the new page say of the run in view, as it goes on."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QAction

from kdstudio.gui.navigation import Navigation

if TYPE_CHECKING:
    from kdstudio.gui.run_controller import RunController


class RunFollower(QObject):
    """Follows a controller, from when there is one; without it nothing can be done to a run.

    Args:
        busy: is told what the run at work is called, "" for none.
    """

    def __init__(
        self, navigation: Navigation, actions: dict[str, QAction], busy: Callable[[str], None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._navigation, self._actions, self._busy = navigation, actions, busy
        self._controller: RunController | None = None
        self._follow()

    def follow(self, controller: "RunController") -> None:
        """Follow the run in view of `controller`."""
        self._controller = controller
        controller.changed.connect(self._follow)
        self._follow()

    @Slot()
    def _follow(self) -> None:
        run = self._controller
        active, resumable = run is not None and run.active, run is not None and run.resumable
        self._allow("run.pause", active, self.tr("The run in view is not at work"))
        self._allow("run.stop", active, self.tr("The run in view is not at work"))
        self._allow("run.resume", resumable, self.tr("The run in view has nothing left to resume"))
        self._allow("run.duplicate", run is not None and run.experiment is not None, self.tr("No run is in view"))
        if run is not None:
            self._show(run)

    def _allow(self, command: str, allowed: bool, why_not: str) -> None:
        """Enable a command, or say in its tooltip why it is not."""
        self._actions[command].setEnabled(allowed)
        self._actions[command].setToolTip("" if allowed else why_not)

    def _show(self, run: "RunController") -> None:
        from kdstudio.gui.outlook import outlook
        from kdstudio.gui.words import phase

        seen = outlook(run.state, run.experiment, run.status.state)
        word, role = phase(run.status.state, run.state)
        self._navigation.running.show_run(run.title if run.folder else "", word, seen.fraction, role)
        self._busy(run.title if run.active else "")
