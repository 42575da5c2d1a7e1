"""One run, live or finished: what it is doing, how far it is, four numbers, three plots, and the verdict at the end."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from kdstudio.gui.buttons import IconButton
from kdstudio.gui.cards import Banner, Bar, Pill, Text
from kdstudio.gui.outlook import Outlook, clock, outlook
from kdstudio.gui.pages.disagreements import DisagreementsCard
from kdstudio.gui.pages.page import Page, scrolling
from kdstudio.gui.pages.tiles import Tiles
from kdstudio.gui.plots import curves
from kdstudio.gui.plots.curve_plot import CurvePlot
from kdstudio.gui.run_controller import RunController
from kdstudio.gui.theme import GAP, MARGIN, SPACE, Role
from kdstudio.gui.words import phase, place, state_words, subject
from kdstudio.runs.failures import Words, explain
from kdstudio.runs.folder import Request
from kdstudio.runs.state import State
from kdstudio.runs.summary import summarise

REDRAW_EVERY = 60  # milliseconds for one of five parts: each is drawn less than four times a second


class RunPage(Page):
    """The page of the run that `controller` has in view.

    Signals:
        field_wanted: the path of a field that a failure says to change.
    """

    field_wanted = Signal(str)

    def __init__(self, controller: RunController, parent: QWidget | None = None) -> None:
        super().__init__("", "", "page.run", parent)
        self._controller = controller
        self._stale: list[Callable[[], None]] = []
        self._summary: dict[str, Any] | None = None
        self.pill = Pill()
        self.pill.setObjectName("run.pill")
        self.pause = IconButton(self.tr("Pause"), "pause", "pause")
        self.resume = IconButton(self.tr("Resume"), "play", "resume")
        self.stop = IconButton(self.tr("Stop"), "stop", "stop")
        self.duplicate = IconButton(self.tr("Use as new experiment"), "copy", "duplicate")
        self.bar = Bar()
        self.bar.setAccessibleName(self.tr("Progress"))
        self.times = Text("", "body", "quiet")
        self.times.setObjectName("run.times")
        self.verdict = Banner("agreement", "check")
        self.verdict.setObjectName("run.verdict")
        self.notice = Banner("teacher", "warning")
        self.notice.setObjectName("run.notice")
        self.mend = IconButton(self.tr("Open configuration"), "new", "mend")
        self.notice.offers.addWidget(self.mend)
        self.tiles = Tiles()
        self.accuracy = CurvePlot(self.tr("Accuracy on validation data"), "plot.accuracy", "%")
        self.agreement = CurvePlot(self.tr("Agreement with the teacher"), "plot.agreement", "%")
        self.loss = CurvePlot(self.tr("Loss"), "plot.loss")
        self.disagreements = DisagreementsCard()
        self.notes = Text("", "caption", "quiet", wrap=True)
        self.notes.setObjectName("run.notes")
        self._timer = QTimer(self)
        self._timer.setInterval(REDRAW_EVERY)
        self._arrange()
        self._connect()
        self._refresh()

    @property
    def failure_field(self) -> str:
        """The field that the failure in view says to change, "" for none."""
        words = self._controller.failure
        return (words.field or "") if words else ""

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._refresh()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _arrange(self) -> None:
        self._arrange_head()
        self.body.setContentsMargins(MARGIN, 5 * SPACE, MARGIN - GAP, 5 * SPACE)
        self.head.setContentsMargins(0, 0, GAP, 0)
        line = QHBoxLayout()
        line.setContentsMargins(0, 0, GAP, 0)
        line.setSpacing(GAP)
        line.addWidget(self.bar, 1)
        line.addWidget(self.times)
        self.body.addLayout(line)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, GAP, 0)  # room for the scroll bar
        column.setSpacing(GAP)
        for banner in (self.verdict, self.notice):
            column.addWidget(banner)
        column.addWidget(self.tiles)
        column.addLayout(self._plots(), 1)
        column.addWidget(self.disagreements)
        column.addWidget(self.notes)
        self.body.addWidget(scrolling(inside, "run.scroll"), 1)

    def _arrange_head(self) -> None:
        """The state stands right behind the title, which gives way when it is long."""
        words = self.words
        words.removeWidget(self.title)
        line = QHBoxLayout()
        line.setSpacing(GAP)
        self.title.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        line.addWidget(self.title)
        line.addWidget(self.pill)
        line.addStretch(1)
        words.insertLayout(0, line)
        for button in (self.duplicate, self.resume, self.pause, self.stop):
            self.head.addWidget(button)

    def _plots(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(GAP)
        grid.addWidget(self.accuracy, 0, 0, 2, 1)
        grid.addWidget(self.agreement, 0, 1)
        grid.addWidget(self.loss, 1, 1)
        grid.setColumnStretch(0, 55)
        grid.setColumnStretch(1, 45)
        return grid

    def _connect(self) -> None:
        self._controller.opened.connect(self._opened)
        self._controller.changed.connect(self._changed)
        self._timer.timeout.connect(self._redraw)
        self.pause.clicked.connect(self._controller.pause)
        self.stop.clicked.connect(self._controller.stop)
        self.resume.clicked.connect(self._controller.resume)
        self.mend.clicked.connect(self._want_field)

    @Slot()
    def _want_field(self) -> None:
        self.field_wanted.emit(self.failure_field)

    @Slot()
    def _opened(self) -> None:
        self._summary = None
        self._refresh()

    @Slot()
    def _changed(self) -> None:
        """Buttons and state at once; what is drawn waits for its turn."""
        self._stale += [part for part in self._parts() if part not in self._stale]
        self._refresh_controls()

    @Slot()
    def _redraw(self) -> None:
        """Draw the next part that is out of date: one at a time, so that no frame waits for all of them."""
        if self._stale and self.isVisible():
            self._stale.pop(0)()

    def _refresh(self) -> None:
        """Everything, now."""
        self._stale.clear()
        for part in self._parts():
            part()

    def _parts(self) -> list[Callable[[], None]]:
        return [
            self._refresh_facts, self._draw_accuracy, self._draw_agreement, self._draw_loss, self._refresh_samples,
        ]  # fmt: skip

    def _refresh_facts(self) -> None:
        run = self._controller.state
        self._refresh_controls()
        self._refresh_progress()
        if self._controller.status.state is State.COMPLETED and run.outcome == "completed":
            self._summary = self._summary or summarise(run, self._controller.title)
        self.tiles.show_run(run, self._summary)
        self._refresh_words()

    def _refresh_samples(self) -> None:
        self.disagreements.show_run(self._controller.folder, self._controller.state.samples)

    def _draw_accuracy(self) -> None:
        self.accuracy.show_picture(curves.accuracy(self._controller.state))

    def _draw_agreement(self) -> None:
        self.agreement.show_picture(curves.agreement(self._controller.state))

    def _draw_loss(self) -> None:
        self.loss.title.set_text(self._loss_title(curves.training_of(self._controller.state)))
        self.loss.show_picture(curves.loss(self._controller.state))

    def _loss_title(self, who: str) -> str:
        return self.tr("Loss of the {0}").format(who) if who else self.tr("Loss")

    def _refresh_controls(self) -> None:
        controller = self._controller
        status, asked = controller.status.state, controller.asked
        word, role = phase(status, controller.state)
        if controller.active and asked in (Request.STOP, Request.PAUSE):
            stopping = asked is Request.STOP
            word, role = (self.tr("Stopping...") if stopping else self.tr("Pausing...")), "teacher"
        self.pill.show_state(word if controller.folder else "", role)
        self.title.set_text(controller.title or self.tr("No run yet"))
        self.pause.setVisible(controller.active)
        self.stop.setVisible(controller.active)
        self.resume.setVisible(controller.resumable)
        self.duplicate.setVisible(controller.folder is not None and not controller.active)
        self._set(self.pause, asked is None and status in (State.PREPARING, State.RUNNING), self.tr("Pausing..."), self.tr("Pause"),
                  busy=asked is Request.PAUSE)  # fmt: skip
        self._set(
            self.stop,
            asked is not Request.STOP,
            self.tr("Stopping..."),
            self.tr("Stop"),
            busy=asked is Request.STOP,
        )
        self.duplicate.setEnabled(controller.experiment is not None)

    def _set(self, button: IconButton, enabled: bool, busy_text: str, text: str, *, busy: bool) -> None:
        button.setEnabled(enabled)
        button.setText(busy_text if busy else text)
        why = (
            self.tr("The run has been asked, and ends at its next step")
            if busy
            else self.tr("The run has not begun yet")
        )
        button.setToolTip("" if enabled else why)

    def _refresh_progress(self) -> None:
        controller = self._controller
        seen = outlook(controller.state, controller.experiment, controller.status.state)
        self.bar.show_fraction(seen.fraction if controller.folder else 0.0, state_words(controller.status.state)[1])
        self.times.setText(self._times(seen) if controller.folder else "")
        parts = [subject(controller.experiment), place(controller.experiment, controller.state)]
        if controller.folder is None:
            parts = [self.tr("Start one from New experiment, or open one from Runs.")]
        self.subtitle.set_text("  ·  ".join(part for part in parts if part))

    def _times(self, seen: Outlook) -> str:
        controller = self._controller
        said = [
            f"{100 * seen.fraction:.0f} %",
            self.tr("{0} elapsed").format(clock(controller.state.seconds)),
        ]
        if controller.active and controller.status.state is State.RUNNING:
            said.append(self._left(seen))
            if seen.rate:
                said.append(f"{seen.rate:,.0f} {seen.unit}/s")
        return "   ".join(said)

    def _left(self, seen: Outlook) -> str:
        if seen.left is not None:
            return self.tr("{0} left").format(clock(seen.left))
        if seen.stage_left is not None:
            return self.tr("{0} left in this stage").format(clock(seen.stage_left))
        return self.tr("estimating")

    def _refresh_words(self) -> None:
        controller = self._controller
        self._refresh_verdict()
        words = controller.failure or controller.silence
        warnings = [explain(note.code, note.parameters) for note in controller.state.notes if note.level == "warning"]
        if words is None and warnings:
            words = warnings[-1]
        self._notice(words, failed=controller.failure is not None)
        said = [explain(note.code, note.parameters) for note in controller.state.notes if note.level == "info"]
        # each seed may have said the same
        self.notes.setText("   ".join(dict.fromkeys(f"{each.title}. {each.cause}" for each in said)))
        self.notes.setVisible(bool(said))

    def _refresh_verdict(self) -> None:
        """The headline, in the colour of what it says: a gain, harm, or nothing beyond noise."""
        summary = self._summary or {}
        gain = summary.get("gain", {})
        low, high = gain.get("low"), gain.get("high")
        role: Role = "baseline"
        if low is not None and high is not None:
            role = "agreement" if low > 0 else "failure" if high < 0 else "baseline"
        signs: dict[Role, str] = {"agreement": "check", "failure": "warning"}
        self.verdict.say(summary.get("headline") or "", "", role, signs.get(role, "info"))

    def _notice(self, words: Words | None, *, failed: bool) -> None:
        self.mend.setVisible(failed and bool(self.failure_field))
        if words is None:
            self.notice.say("")
            return
        field = f"\n{self.tr('Field')}: {words.field}" if words.field and failed else ""
        self.notice.say(words.title, f"{words.cause} {words.remedy}{field}", "failure" if failed else "teacher")
