"""What the navigation and the new page say of the run in view, as it goes on."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from kdstudio.gui.navigation import Navigation

if TYPE_CHECKING:
    from kdstudio.gui.run_controller import RunController


class RunFollower(QObject):
    """Follows a controller, from when there is one.

    Args:
        busy: is told what the run at work is called, "" for none.
    """

    def __init__(self, navigation: Navigation, busy: Callable[[str], None], parent: QObject) -> None:
        super().__init__(parent)
        self._navigation, self._busy = navigation, busy
        self._controller: RunController | None = None

    def follow(self, controller: "RunController") -> None:
        """Follow the run in view of `controller`."""
        self._controller = controller
        controller.changed.connect(self._follow)
        self._follow()

    @Slot()
    def _follow(self) -> None:
        run = self._controller
        if run is None:
            return
        from kdstudio.gui.words import phase
        from kdstudio.runs.outlook import outlook

        seen = outlook(run.state, run.experiment, run.status.state)
        word, role = phase(run.status.state, run.state, waiting=run.waiting, code=run.status.code)
        self._navigation.running.show_run(run.title if run.folder else "", word, seen.fraction, role)
        self._busy(run.title if run.active else "")
