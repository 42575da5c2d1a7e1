"""The buttons of a run: what may be asked of it now. Each says at once that it was heard."""

from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QWidget

from kdstudio.gui import run_rules
from kdstudio.gui.buttons import IconButton, PrimaryButton
from kdstudio.gui.plain_tips import plain_tip
from kdstudio.gui.run_controller import RunController
from kdstudio.gui.theme import SPACE
from kdstudio.runs.folder import Request


class RunControls(QWidget):
    """Save now, evaluate now, pause, stop; afterwards resume, replay, and use as new experiment."""

    def __init__(self, controller: RunController, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self.save = IconButton(self.tr("Save now"), "save", "save.now")
        self.evaluate = IconButton(self.tr("Evaluate now"), "measure", "evaluate.now")
        self.pause = IconButton(self.tr("Pause"), "pause", "pause")
        self.stop = IconButton(self.tr("Stop"), "stop", "stop")
        self.resume = PrimaryButton(self.tr("Continue"), "resume", icon_name="play")
        self.replay = IconButton(self.tr("Replay"), "replay", "replay.start")
        self.duplicate = IconButton(self.tr("Use as new experiment"), "copy", "duplicate")
        signed = (self.save, self.evaluate, self.pause, self.stop, self.replay, self.duplicate)
        self._words = {button: button.text() for button in signed}
        self._doing: dict[IconButton, str] = {}
        self._tips: dict[IconButton, str] = {}
        self._bare = False
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
    def buttons(self) -> tuple[QAbstractButton, ...]:
        """All of them, as they stand."""
        # Continue stands where Pause was, so that the next click means what a person expects; Replay only in the place of Stop.
        return self.duplicate, self.save, self.evaluate, self.resume, self.pause, self.stop, self.replay

    def fit(self, room: int) -> None:
        """Take no more than `room` pixels: where they are too few, buttons are signs, their words in the tooltip."""
        self._bare = False
        self._dress()
        self.narrow(room)

    def narrow(self, room: int) -> None:
        """The same, but words that are gone stay away: nothing moves under the pointer without need."""
        if not self._bare and self.sizeHint().width() > room:
            self._bare = True
            self._dress()

    def show_run(self) -> None:
        """Show what may be done with the run in view."""
        controller = self._controller
        active, replaying = controller.active, controller.replay is not None
        for button in (self.save, self.evaluate, self.pause, self.stop):
            button.setVisible(active)
        self.resume.setVisible(controller.resumable and not replaying)
        self.resume.lead(bool(run_rules.mend(controller)))  # what a field must change first would only fail again
        self.resume.setText(self.tr("Start") if controller.waiting else self.tr("Continue"))
        self.replay.setVisible(controller.replayable and not replaying)
        self.duplicate.setVisible(controller.folder is not None and not active and not replaying)
        self._allow(self.duplicate, run_rules.duplicate(controller))
        self._show_wishes()
        self._show_ends()

    def _show_wishes(self) -> None:
        """Save and evaluate: only a training hears them."""
        wanted = self._controller.wanted
        self._heard(self.save, self.tr("Saving...") if Request.SAVE in wanted else "")
        self._heard(self.evaluate, self.tr("Evaluating...") if Request.EVALUATE in wanted else "")
        self._allow(self.save, run_rules.save(self._controller))
        self._allow(self.evaluate, run_rules.evaluate(self._controller))

    def _show_ends(self) -> None:
        asked = self._controller.asked
        self._heard(self.pause, self.tr("Pausing...") if asked is Request.PAUSE else "")
        self._heard(self.stop, self.tr("Stopping...") if asked is Request.STOP else "")
        gives = self.tr("Saves a checkpoint and frees the device; Continue resumes there")
        self._allow(self.pause, run_rules.pause(self._controller), gives)
        self._allow(self.stop, run_rules.stop(self._controller))

    def _heard(self, button: IconButton, doing: str) -> None:
        """Say what is being done on a button's behalf, "" for nothing."""
        self._doing[button] = doing
        self._say(button)

    def _allow(self, button: IconButton, why_not: str, tip: str = "") -> None:
        button.setEnabled(not why_not)
        self._tips[button] = why_not or tip
        self._say(button)

    def _dress(self) -> None:
        for button in self._words:
            self._say(button)

    def _say(self, button: IconButton) -> None:
        """What a button does, or is doing: in words on it, or where there is no room for all words in its tooltip."""
        word, doing, tip = self._words[button], self._doing.get(button, ""), self._tips.get(button, "")
        button.setText(doing or ("" if self._bare else word))
        button.setAccessibleName(doing or word)
        button.setToolTip(plain_tip(f"{word}. {tip}".removesuffix(". ") if self._bare else tip))


__all__ = ["RunControls"]
