"""The buttons of a run: what may be asked of it now. Each says at once that it was heard."""

from PySide6.QtWidgets import QHBoxLayout, QWidget

from kdstudio.gui.buttons import IconButton
from kdstudio.gui.run_controller import RunController
from kdstudio.gui.theme import SPACE
from kdstudio.runs.folder import Request
from kdstudio.runs.state import State

TRAININGS = ("teacher", "baseline", "student")


class RunControls(QWidget):
    """Save now, evaluate now, pause, stop; afterwards resume, replay, and use as new experiment."""

    def __init__(self, controller: RunController, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self.save = IconButton(self.tr("Save now"), "save", "save.now")
        self.evaluate = IconButton(self.tr("Evaluate now"), "measure", "evaluate.now")
        self.pause = IconButton(self.tr("Pause"), "pause", "pause")
        self.stop = IconButton(self.tr("Stop"), "stop", "stop")
        self.resume = IconButton(self.tr("Continue"), "play", "resume")
        self.replay = IconButton(self.tr("Replay"), "replay", "replay.start")
        self.duplicate = IconButton(self.tr("Use as new experiment"), "copy", "duplicate")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * SPACE)
        for button in self.buttons:
            row.addWidget(button)
        self.pause.clicked.connect(controller.pause)
        self.resume.clicked.connect(controller.resume)
        self.save.clicked.connect(controller.save_now)
        self.evaluate.clicked.connect(controller.evaluate_now)
        self.replay.clicked.connect(controller.start_replay)

    @property
    def buttons(self) -> tuple[IconButton, ...]:
        """All of them, as they stand."""
        return self.duplicate, self.replay, self.resume, self.save, self.evaluate, self.pause, self.stop

    def show_run(self) -> None:
        """Show what may be done with the run in view."""
        controller = self._controller
        active, replaying = controller.active, controller.replay is not None
        for button in (self.save, self.evaluate, self.pause, self.stop):
            button.setVisible(active)
        self.resume.setVisible(controller.resumable and not replaying)
        self.replay.setVisible(controller.replayable and not replaying)
        self.duplicate.setVisible(controller.folder is not None and not active and not replaying)
        known = controller.experiment is not None
        self.duplicate.setEnabled(known)
        self.duplicate.setToolTip("" if known else self.tr("The experiment of this run cannot be read"))
        self._show_wishes()
        self._show_ends()

    def _show_wishes(self) -> None:
        """Save and evaluate: only a training hears them."""
        controller = self._controller
        current = controller.state.current
        training = controller.status.state is State.RUNNING and current is not None and current[0] in TRAININGS
        why = (
            self.tr("The run has been asked to end") if controller.asked else self.tr("No network is being trained now")
        )
        free = training and controller.asked is None
        for button, request, text, busy in (
            (self.save, Request.SAVE, self.tr("Save now"), self.tr("Saving...")),
            (self.evaluate, Request.EVALUATE, self.tr("Evaluate now"), self.tr("Evaluating...")),
        ):
            waits = request in controller.wanted
            button.setText(busy if waits else text)
            button.setEnabled(free and not waits)
            button.setToolTip(self.tr("It does so at its next step") if waits else "" if free else why)

    def _show_ends(self) -> None:
        controller = self._controller
        asked, status = controller.asked, controller.status.state
        begun = status in (State.PREPARING, State.RUNNING)
        why = self.tr("The run has not begun yet")
        heard = self.tr("The run has been asked, and ends at its next step")
        self.pause.setEnabled(asked is None and begun)
        self.pause.setText(self.tr("Pausing...") if asked is Request.PAUSE else self.tr("Pause"))
        self.pause.setToolTip(
            heard if asked else self.tr("Saves, and gives the device back until it goes on") if begun else why
        )
        self.stop.setEnabled(asked is not Request.STOP)
        self.stop.setText(self.tr("Stopping...") if asked is Request.STOP else self.tr("Stop"))
        self.stop.setToolTip(heard if asked is Request.STOP else "")


__all__ = ["RunControls"]
