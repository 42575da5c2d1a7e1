"""One run, live, finished or told again: what it is doing, how far it is, four numbers, plots, and the verdict."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from kdstudio.gui.cards import Pill
from kdstudio.gui.language import looked_up
from kdstudio.gui.pages.configuration import Configuration
from kdstudio.gui.pages.disagreements import DisagreementsCard
from kdstudio.gui.pages.log_view import LogView
from kdstudio.gui.pages.machine import Machine
from kdstudio.gui.pages.page import Page, scrolling
from kdstudio.gui.pages.replay_bar import ReplayBar
from kdstudio.gui.pages.results import Results
from kdstudio.gui.pages.run_captions import caption
from kdstudio.gui.pages.run_choices import CONFIGURATION, CURVES, LOG, TESTED, RunChoices
from kdstudio.gui.pages.run_controls import RunControls
from kdstudio.gui.pages.run_words import Notes, RunWords
from kdstudio.gui.pages.tiles import Tiles
from kdstudio.gui.plots.board import Board
from kdstudio.gui.plots.curve_plot import CurvePlot
from kdstudio.gui.plots.curves import Picture
from kdstudio.gui.run_controller import RunController
from kdstudio.gui.states import state_words
from kdstudio.gui.theme import GAP, MARGIN, SPACE, theme
from kdstudio.gui.words import phase, place, rate_words, subject
from kdstudio.results.suggestions import Suggestion, longer
from kdstudio.runs.events import Evaluated, Saved
from kdstudio.runs.folder import Request
from kdstudio.runs.outlook import Outlook, clock, outlook
from kdstudio.runs.state import RunState, State
from kdstudio.runs.summary import percent, summarise, weak_students

REDRAW_EVERY = 60  # milliseconds for one of five parts: each is drawn less than four times a second
MEASURE_EVERY = 500  # milliseconds
TITLE = 0.55  # of the page's width, which a title gets before buttons keep their words
LOW = 720  # pixels of height, below which everything makes room for the plots


class RunPage(Page):
    """The page of the run that `controller` has in view.

    Signals:
        field_wanted: the path of a field that a failure says to change.
        experiment_wanted: an experiment for the form: this one, changed; carries the paths of what is changed, and why.
        compare_wanted: people want to see the run among the others.
        page_wanted: another page is the way on; carries its name.
        said: something could not be done; carries title and detail.
        reported: something has been done; carries title, detail and role.
        folder_wanted: a folder is to be shown; carries its path.
    """

    field_wanted = Signal(str)
    experiment_wanted = Signal(object, object, str)
    compare_wanted = Signal()
    page_wanted = Signal(str)
    said = Signal(str, str)
    reported = Signal(str, str, str)
    folder_wanted = Signal(object)

    def __init__(self, controller: RunController, parent: QWidget | None = None) -> None:
        super().__init__("", "", "page.run", parent)
        self._controller = controller
        self._stale: list[Callable[[], None]] = []
        self._summary: dict[str, Any] | None = None
        self._seen, self._held = controller.folder, False
        self._offered = ""
        self.pill = Pill()
        self.pill.setObjectName("run.pill")
        self.controls = RunControls(controller)
        self.pause, self.resume, self.stop = self.controls.pause, self.controls.resume, self.controls.stop
        self.duplicate = self.controls.duplicate
        self.replay_bar = ReplayBar()
        self.sentences = RunWords(controller)
        self.standing = self.sentences.standing
        self.bar, self.times = self.standing.bar, self.standing.times
        self.verdict, self.notice, self.mend = self.sentences.verdict, self.sentences.notice, self.sentences.mend
        self.tiles = Tiles()
        self.choices = RunChoices()
        self.tabs, self.options = self.choices.tabs, self.choices.options
        self.board, self.disagreements, self.notes = Board(), DisagreementsCard(), Notes()
        self.accuracy, self.agreement, self.loss = self.board.plots
        self.results, self.configuration = Results(), Configuration()
        self.machine, self.log = Machine(), LogView()
        self._timer, self._meter = QTimer(self), QTimer(self)
        self._timer.setInterval(REDRAW_EVERY)
        self._meter.setInterval(MEASURE_EVERY)
        self._arrange()
        self._connect()
        self._show_tab()
        self._refresh()

    @property
    def failure_field(self) -> str:
        """The field that the failure in view says to change, "" for none."""
        return self.sentences.failure_field

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._refresh()
        self._timer.start()
        self._show_tab()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()
        self._watch(False)

    def scroll_to(self, part: QWidget) -> None:
        """Bring a part of the page into view, in a window that is too low for all of them."""
        self._area.ensureWidgetVisible(part)

    def shutdown(self) -> None:
        """Let the page's threads end, and wait for them."""
        self.results.shutdown()

    def _arrange(self) -> None:
        self._arrange_head()
        self.head.setContentsMargins(0, 0, GAP, 0)
        self._stand = QHBoxLayout()
        self._stand.setContentsMargins(0, 0, GAP, 0)
        self._stand.addWidget(self.standing)
        self.body.addLayout(self._stand)
        inside = QWidget()
        self._column = column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, GAP, 0)  # room for the scroll bar
        for part in (self.replay_bar, self.sentences, self.tiles):
            column.addWidget(part)
        column.addWidget(self.choices)
        self._logs = QWidget()
        logs = QVBoxLayout(self._logs)
        logs.setContentsMargins(0, 0, 0, 0)
        logs.setSpacing(GAP)
        logs.addWidget(self.machine)
        logs.addWidget(self.log, 1)
        for tab in (self.board, self.results, self._logs, self.configuration):
            column.addWidget(tab, 1)
            if tab is self.board:
                column.addLayout(self.choices.apart)
        column.addWidget(self.disagreements)
        column.addWidget(self.notes)
        self._area = scrolling(inside, "run.scroll")
        self.body.addWidget(self._area, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
        self.controls.fit(self._room_for_controls())

    @Slot()
    def _fit(self) -> None:
        """Find room: in a low window everything above the plots takes less height, in a narrow one there are fewer words."""
        low = self.height() < LOW
        tight = low and theme().presenter  # large type in a small window: the plot is what an audience came for
        self._set_low(low, tight=tight)
        self.choices.fit(self.width() - 2 * MARGIN, tight=tight)

    def _set_low(self, low: bool, *, tight: bool) -> None:
        ends, gap = (3 * SPACE, 2 * SPACE) if low else (5 * SPACE, GAP)
        self.body.setContentsMargins(MARGIN, ends, MARGIN - GAP, ends)
        for column in (self.body, self._column):
            column.setSpacing(gap)
        self.tiles.set_low(low)
        self.sentences.set_low(low, tight=tight)
        self.board.set_tight(tight)

    def _room_for_controls(self) -> int:
        """What the title and the state leave for the buttons; a title that is longer than most has to give way too."""
        room = self.width() - 2 * MARGIN
        title = min(self.title.sizeHint().width(), round(TITLE * room))
        return room - title - self.pill.sizeHint().width() - 2 * GAP

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
        self.head.addWidget(self.controls)

    def _connect(self) -> None:
        controller, said = self._controller, self.sentences
        controller.opened.connect(self._opened)
        controller.changed.connect(self._changed)
        controller.answered.connect(self._report)
        self._timer.timeout.connect(self._redraw)
        self._meter.timeout.connect(self._measure)
        self.stop.clicked.connect(said.ask_stop)
        said.stop_wanted.connect(controller.stop)
        said.answered.connect(self._area.setFocus)
        said.page_wanted.connect(self.page_wanted)
        said.mend.clicked.connect(self._want_field)
        said.longer.clicked.connect(self._want_longer)
        said.suggestion_wanted.connect(self.offer)
        said.compare.clicked.connect(self.compare_wanted)
        said.folder.clicked.connect(self._open_folder)
        self.replay_bar.ended.connect(controller.end_replay)
        self.options.changed.connect(self.board.set_options)
        self.tabs.group.idClicked.connect(self._show_tab)
        self.board.failed.connect(self._say_export)
        self.board.exported.connect(self._report_export)
        theme().changed.connect(self._fit)

    @Slot()
    def _want_field(self) -> None:
        self.field_wanted.emit(self.failure_field)

    @Slot()
    def _want_longer(self) -> None:
        if self._controller.experiment is not None:
            self.offer(self.sentences.rising or longer(self._controller.experiment))

    @Slot(object)
    def offer(self, suggestion: Suggestion) -> None:
        """Put the experiment of the run into the form, with what `suggestion` changes."""
        controller = self._controller
        if controller.experiment is None or controller.folder is None:
            return
        try:
            experiment = suggestion.applied(controller.experiment, controller.folder.id)
        except ValueError as error:
            self.said.emit(self.tr("That change cannot be made"), str(error))
        else:
            self.experiment_wanted.emit(experiment, list(suggestion.changes), suggestion.reason(looked_up))

    @Slot()
    def _open_folder(self) -> None:
        if self._controller.folder is not None:
            self.folder_wanted.emit(self._controller.folder.path)

    @Slot(str)
    def _say_export(self, why: str) -> None:
        self.said.emit(self.tr("The plot could not be exported"), why)

    @Slot(str)
    def _report_export(self, path: str) -> None:
        self.reported.emit(self.tr("Exported to {0}").format(path), "", "agreement")

    @Slot(object)
    def _report(self, event: Saved | Evaluated) -> None:
        """A click on Save now or Evaluate now has had its effect."""
        if isinstance(event, Saved):
            self.reported.emit(self.tr("Saved at step {0:,}").format(event.step), "", "agreement")
            return
        said = self.tr("Evaluated at step {0:,}").format(event.step)
        accuracy = event.metrics.get("accuracy")
        detail = self.tr("{0} on validation data").format(percent(accuracy)) if isinstance(accuracy, int | float) else ""
        self.reported.emit(said, detail, "agreement")

    @Slot()
    def _show_tab(self, *_: object) -> None:
        chosen = self.tabs.chosen
        for number, part in enumerate((self.board, self.results, self._logs, self.configuration)):
            part.setVisible(number == chosen)
        self.options.setVisible(chosen == CURVES)
        self._watch(chosen == LOG and self.isVisible())
        self._refresh_tab()

    def _watch(self, watched: bool) -> None:
        """Measure the machine only while somebody looks at it."""
        self._controller.watch(watched)
        (self._meter.start if watched else self._meter.stop)()

    @Slot()
    def _measure(self) -> None:
        self.machine.show_usage(self._controller.usage)

    @Slot()
    def _opened(self) -> None:
        """Another run; or the same one goes on: then what is in view stays until its events have been read again."""
        self._summary = None
        folder = self._controller.folder
        self._held, self._seen = folder is not None and folder == self._seen, folder
        if self._held:
            self._changed()
            return
        if self._controller.shown_as is not State.COMPLETED and self.tabs.chosen != CURVES:
            self.tabs.choose(CURVES)  # what another part would show of it comes with its end
            self._show_tab()
        self.board.show_all()
        self._refresh()

    @Slot()
    def _changed(self) -> None:
        """Buttons and state at once; what is drawn waits for its turn."""
        self._stale += [part for part in self._parts() if part not in self._stale]
        self._refresh_controls()

    @Slot()
    def _redraw(self) -> None:
        """Draw the next part that is out of date: one at a time, so that no frame waits for all of them."""
        self._held = self._held and self._controller.active and not self._controller.state.events
        if self._stale and self.isVisible() and not self._held:
            self._stale.pop(0)()

    def _refresh(self) -> None:
        """Everything, now."""
        self._stale.clear()
        for part in self._parts():
            part()

    def _parts(self) -> list[Callable[[], None]]:
        return [
            self._refresh_facts, self._draw_accuracy, self._draw_agreement, self._draw_loss, self._refresh_tab,
        ]  # fmt: skip

    def _refresh_facts(self) -> None:
        controller, run = self._controller, self._controller.shown
        self._refresh_controls()
        self._refresh_progress()
        done = controller.shown_as is State.COMPLETED and run.outcome == "completed"
        self._summary = (self._summary or summarise(run, controller.title)) if done else None
        if controller.folder is None:
            self.tiles.show_nothing()
        else:
            self.tiles.show_run(run, self._summary)
        self.sentences.show_run(self._summary)
        self.notes.show_run(controller)

    def _draw_accuracy(self) -> None:
        self._draw(self.accuracy, self.board.show_accuracy)

    def _draw_agreement(self) -> None:
        self._draw(self.agreement, self.board.show_agreement)

    def _draw_loss(self) -> None:
        self._draw(self.loss, self.board.show_loss)

    def _draw(self, plot: CurvePlot, draw: Callable[[RunState], None]) -> None:
        if self._controller.folder is None:
            plot.show_picture(Picture(waiting=self.tr("The curves of a run appear here")))
        else:
            draw(self._controller.shown)

    def _refresh_tab(self) -> None:
        """What lies in files is read for the part in view alone."""
        controller, chosen = self._controller, self.tabs.chosen
        if chosen == CURVES:
            self.disagreements.show_run(controller.folder, controller.shown.samples)
        else:
            self.disagreements.hide()
        if chosen == TESTED:
            tested = controller.shown_as is State.COMPLETED
            self.results.show_run(controller.folder, tested=tested, state=controller.shown)
        elif chosen == LOG:
            self.log.show_run(controller.folder)
            self._measure()
        elif chosen == CONFIGURATION:
            self.configuration.show_run(controller.folder)

    def _refresh_controls(self) -> None:
        controller = self._controller
        word, role = phase(controller.shown_as, controller.shown, waiting=controller.waiting, code=controller.status.code)
        if self._weak:
            role = "teacher"  # the word is the state; its colour does not praise it
        if controller.active and controller.asked in (Request.STOP, Request.PAUSE):
            stopping = controller.asked is Request.STOP
            word, role = (self.tr("Stopping...") if stopping else self.tr("Pausing...")), "teacher"
        if controller.replay is not None:
            word, role = self.tr("Replay: {0}").format(word), "teacher"
        self.pill.show_state(word if controller.folder else "", role)
        self.title.set_text(controller.title or self.tr("Current run"))
        self.controls.show_run()
        self._fit_controls()
        self.replay_bar.show_replay(controller.replay)

    @property
    def _weak(self) -> bool:
        """Whether the run in view has completed with students that learned almost nothing, for every seed."""
        controller = self._controller
        return controller.shown_as is State.COMPLETED and bool(weak_students(controller.shown))

    def _fit_controls(self) -> None:
        """Other buttons, or another title, find their room anew; while they are the same, no word comes back."""
        offered = " ".join([self.title.whole, *(each.objectName() for each in self.controls.buttons if not each.isHidden())])
        paused = self._controller.resumable and bool(self._offered)  # Continue stands where Pause was, a sign or a word
        fit = self.controls.narrow if offered == self._offered or paused else self.controls.fit
        self._offered = offered
        fit(self._room_for_controls())

    def _refresh_progress(self) -> None:
        controller = self._controller
        seen = outlook(controller.shown, controller.experiment, controller.shown_as)
        role = "teacher" if self._weak else state_words(controller.shown_as)[1]
        self.bar.show_fraction(seen.fraction if controller.folder else 0.0, role)
        self.standing.setVisible(controller.folder is not None)
        self.standing.show_caption(caption(controller.shown, controller.shown_as) if controller.folder else "")
        self.times.setText(self._times(seen) if controller.folder else "")
        self.times.setVisible(bool(self.times.text()))
        kept = self.times.minimumWidth() if controller.active else 0  # the bar must not tremble with the seconds
        self.times.setMinimumWidth(max(kept, self.times.sizeHint().width()) if controller.active else 0)
        parts = [subject(controller.experiment), place(controller.experiment, controller.shown)]
        if controller.shown_as is State.COMPLETED and controller.replay is None:
            parts.append(self.tr("ran {0}").format(clock(controller.shown.seconds)))
        if controller.folder is None:
            parts = [self.tr("Start a run from New experiment, or open one from Runs.")]
        self.subtitle.set_text("  ·  ".join(part for part in parts if part))

    def _times(self, seen: Outlook) -> str:
        controller = self._controller
        said = [
            f"{100 * seen.fraction:.0f} %",
            self.tr("{0} elapsed").format(clock(controller.shown.seconds)),
        ]
        if controller.active and controller.status.state is State.RUNNING and controller.silence is None:
            said.append(self._left(seen))
            if seen.rate:
                said.append(rate_words(seen.rate, seen.unit))
        return "   ".join(said)

    def _left(self, seen: Outlook) -> str:
        if seen.left is not None:
            return self.tr("{0} left").format(clock(seen.left))
        if seen.stage_left is not None:
            return self.tr("{0} left in this stage").format(clock(seen.stage_left))
        return self.tr("estimating")


__all__ = ["CONFIGURATION", "CURVES", "LOG", "TESTED", "RunPage"]
