"""The run in view for an audience: its headline, one large plot at a time, and a sentence that explains what is seen."""

from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from kdstudio.gui.buttons import IconButton, PrimaryButton, Segments
from kdstudio.gui.cards import NO_BREAK, Bar, Elided, Painted, Pill, Text
from kdstudio.gui.language import explain, headline
from kdstudio.gui.plots import captions, curves
from kdstudio.gui.plots.curve_plot import CurvePlot
from kdstudio.gui.replay import Replay
from kdstudio.gui.run_controller import RunController
from kdstudio.gui.states import state_words
from kdstudio.gui.theme import GAP, PRESENTING, SPACE, Role, theme
from kdstudio.gui.words import phase, place
from kdstudio.runs.events import Note
from kdstudio.runs.outlook import clock, outlook
from kdstudio.runs.state import State
from kdstudio.runs.summary import summarise, weak_students

ACCURACY, AGREEMENT, LOSS = 0, 1, 2
REDRAW_EVERY = 100  # milliseconds
HINT_FOR = 6000  # milliseconds
LOW = 600  # pixels of height, below which margins give way
BOLD = 1.2  # times the width of a line on a page
NUMBERS = {Qt.Key.Key_1: ACCURACY, Qt.Key.Key_2: AGREEMENT, Qt.Key.Key_3: LOSS}
NEXT = (Qt.Key.Key_Right, Qt.Key.Key_PageDown)  # what the remote control of a lecturer sends
BEFORE = (Qt.Key.Key_Left, Qt.Key.Key_PageUp)


class StageView(Painted):
    """The run that `controller` has in view, as an audience sees it.

    Signals:
        left: people want the window back.
        resized: it has another size.
        replay_wanted: the run shall be replayed from its beginning.
        demo_wanted, newest_wanted: there is no run in view, and one shall be started, or brought there.
    """

    left = Signal()
    resized = Signal()
    replay_wanted = Signal()
    demo_wanted = Signal()
    newest_wanted = Signal()

    def __init__(self, controller: RunController, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("stage")
        self.setAccessibleName(self.tr("Stage mode"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self._controller = controller
        self._summary: dict[str, Any] | None = None
        self._stale = True
        self._enlarged = 0.0
        self.title, self.pill = Elided("", "heading", "quiet"), Pill()
        self.headline, self.detail = Text("", "figure", wrap=True), Text("", "body", "quiet", wrap=True)
        self.caption = Text("", "heading", wrap=True)
        self.hint = Text("", "caption", "quiet")
        self.bar = Bar()
        self.bar.setAccessibleName(self.tr("Progress"))
        self.accuracy = CurvePlot(self.tr("Validation accuracy"), "stage.accuracy", "%")
        self.agreement = CurvePlot(self.tr("Agreement with the teacher"), "stage.agreement", "%")
        self.loss = CurvePlot(self.tr("Loss"), "stage.loss")
        self.plots = (self.accuracy, self.agreement, self.loss)
        words = self.tr("1 Accuracy"), self.tr("2 Agreement"), self.tr("3 Loss")
        self.choice = Segments(words, "stage.plots")
        self.choice.setAccessibleName(self.tr("Plot on the stage"))
        self.nothing = Text(self.tr("No run is in view"), "title")
        self.way_on = Text("", "heading", "quiet", wrap=True)
        self.demo = PrimaryButton(self.tr("Start the first sample"), "stage.demo", icon_name="play")
        self.newest = IconButton(self.tr("Show the newest run"), "curve", "stage.newest")
        self._redraw, self._hide_hint = QTimer(self), QTimer(self)
        self._redraw.setInterval(REDRAW_EVERY)
        self._hide_hint.setInterval(HINT_FOR)
        self._hide_hint.setSingleShot(True)
        self._arrange()
        self._connect()
        self._dress()

    @property
    def shown(self) -> int:
        """Which plot is large: ACCURACY, AGREEMENT or LOSS."""
        return self._plots.currentIndex()

    @Slot(int)
    def show_plot(self, number: int) -> None:
        """Make another plot the large one."""
        self.choice.choose(number)
        self._plots.setCurrentIndex(number)
        self._draw()

    def offer(self, *, newest: bool) -> None:
        """What people may do where no run is in view: `newest` where there is one to show."""
        self.newest.setVisible(newest)
        first = self.tr("Start the first sample: a small network learns handwritten digits from a large one, in half a minute.")
        other = self.tr("Or show the newest run, and replay it.")
        self.way_on.setText(f"{first} {other}" if newest else first)

    def say(self, hint: str = "") -> None:
        """Show `hint`, or the keys, for a few seconds."""
        keys = self.tr("1, 2, 3: another plot     Space: replay or pause     Esc: leave stage mode")
        if self._controller.folder is None:
            keys = self.tr("Esc: leave stage mode")
        self.hint.setText(hint or keys)
        self._hide_hint.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refresh()
        self._redraw.start()
        self.say()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._redraw.stop()
        self._hide_hint.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._dress()
        self.resized.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._wake()
        super().mouseMoveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in NUMBERS:
            self.show_plot(NUMBERS[key])
        elif key in NEXT or key in BEFORE:
            step = 1 if key in NEXT else -1
            self.show_plot((self.shown + step) % len(self.plots))
        elif key == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._play()
        elif key == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            self.say()
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("ground"))
        painter.end()

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(GAP)
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        head.addWidget(self.title, 1)
        head.addWidget(self.pill)
        head.addWidget(self.choice)
        plots = QWidget()
        self._plots = QStackedLayout(plots)
        for plot in self.plots:
            self._plots.addWidget(plot)
        self._show = QWidget()
        self._column = column = QVBoxLayout(self._show)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(head)
        for part in (self.headline, self.detail, self.bar):
            column.addWidget(part)
        column.addWidget(plots, 1)
        column.addWidget(self.caption)
        for text in (self.headline, self.detail, self.caption):
            text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._pages = QStackedLayout()
        self._pages.addWidget(self._show)
        self._pages.addWidget(self._nothing())
        whole = QVBoxLayout(self)
        whole.addLayout(self._pages, 1)
        whole.addWidget(self.hint, 0, Qt.AlignmentFlag.AlignHCenter)

    def _nothing(self) -> QWidget:
        """What stands where there is no run: what to do, with a button."""
        nothing = QWidget()
        column = QVBoxLayout(nothing)
        column.setSpacing(2 * GAP)
        self.way_on.setAlignment(Qt.AlignmentFlag.AlignCenter)
        buttons = QHBoxLayout()
        buttons.setSpacing(GAP)
        buttons.addStretch(1)
        for button in (self.demo, self.newest):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column.addStretch(2)
        column.addWidget(self.nothing, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.way_on)
        column.addLayout(buttons)
        column.addStretch(3)
        return nothing

    def _connect(self) -> None:
        self._controller.opened.connect(self._opened)
        self._controller.changed.connect(self._changed)
        self.choice.group.idClicked.connect(self.show_plot)
        self.demo.clicked.connect(self.demo_wanted)
        self.newest.clicked.connect(self.newest_wanted)
        self._redraw.timeout.connect(self._refresh_if_stale)
        self._hide_hint.timeout.connect(self._clear_hint)
        theme().changed.connect(self._dress)
        for plot in self.plots:
            plot.hovered.connect(self._hover)

    @Slot(float)
    def _hover(self, x: float) -> None:
        self.plots[self.shown].show_cross(x if x == x else None)  # no place is nan
        self._wake()

    def _wake(self) -> None:
        """Who moves the mouse looks for a way on."""
        if not self._hide_hint.isActive():
            self.say()

    @Slot()
    def _clear_hint(self) -> None:
        self.hint.setText(NO_BREAK)  # which keeps its place

    @Slot()
    def _dress(self) -> None:
        """Keep the places of what changes its words: nothing moves while a run is looked at."""
        low, factor = self.height() < LOW, theme().factor
        sides, ends, gap = (6 * SPACE, 3 * SPACE, SPACE) if low else (6 * SPACE, 4 * SPACE, 2 * SPACE)
        sides, ends = round(sides * factor), round(ends * factor)
        layout = self.layout()
        assert layout is not None
        layout.setContentsMargins(sides, ends, sides, 2 * SPACE)
        layout.setSpacing(SPACE)
        self._column.setSpacing(gap)
        self.headline.setMinimumHeight(self.headline.fontMetrics().height())
        self.detail.setMinimumHeight(self.detail.fontMetrics().height())
        self.caption.setMinimumHeight(2 * self.caption.fontMetrics().lineSpacing())
        self.caption.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.hint.setMinimumHeight(self.hint.fontMetrics().height())
        if factor != self._enlarged:
            self._enlarged = factor
            for plot in self.plots:
                plot.enlarge(BOLD * factor / PRESENTING * self.devicePixelRatioF())

    @Slot()
    def _opened(self) -> None:
        self._summary = None
        for plot in self.plots:
            plot.plot.free = False
            plot.show_cross(None)
        self._stale = True

    @Slot()
    def _changed(self) -> None:
        self._stale = True

    @Slot()
    def _refresh_if_stale(self) -> None:
        if self._stale:
            self._refresh()

    def _refresh(self) -> None:
        """Show the run as it is now."""
        self._stale = False
        controller = self._controller
        if controller.folder is None:
            self._pages.setCurrentIndex(1)
            return
        self._pages.setCurrentIndex(0)
        run = controller.shown
        done = controller.shown_as is State.COMPLETED and run.outcome == "completed"
        self._summary = (self._summary or summarise(run, controller.title)) if done else None
        self._say_state()
        self._draw()

    def _say_state(self) -> None:
        controller = self._controller
        self.title.set_text(controller.title)
        word, role = phase(controller.shown_as, controller.shown, waiting=controller.waiting)
        replay = controller.replay
        role = "teacher" if self._weak else role  # the word is the state; its colour does not praise it
        self.pill.show_state(
            self.tr("Replay") if replay is not None else word, "teacher" if replay is not None else role
        )
        said, detail, colour = self._sentences(word)
        self.headline.setText(said)
        self.headline.set_role(colour)
        self.detail.setText(detail)
        if replay is not None:
            self.bar.show_fraction(replay.now / replay.length if replay.length else 0.0, "teacher")
        else:
            seen = outlook(controller.shown, controller.experiment, controller.shown_as)
            colour = "teacher" if self._weak else state_words(controller.shown_as)[1]
            self.bar.show_fraction(seen.fraction, colour)

    def _sentences(self, word: str) -> tuple[str, str, Role]:
        """What the run says: its headline at the end, a failure, or what it is doing."""
        controller = self._controller
        if self._weak:
            words = explain("student-weak", self._weak[-1].parameters)
            return self.tr("Completed, but the student learned almost nothing"), words.cause, "teacher"
        if self._summary is not None:
            worth, stop, kept = headline(self._summary).partition(". ")
            gain = self._summary["gain"]
            low, high = gain["low"], gain["high"]
            role: Role = "text"
            if low is not None and high is not None:
                role = "agreement" if low > 0 else "failure" if high < 0 else "text"
            return f"{worth}{stop}".strip(), kept, role
        failure = controller.failure if controller.replay is None else None
        if failure is not None:
            return failure.title, f"{failure.cause} {failure.remedy}", "failure"
        said = [place(controller.experiment, controller.shown)]
        seen = outlook(controller.shown, controller.experiment, controller.shown_as)
        if controller.active and seen.left is not None:
            said.append(self.tr("{0} left").format(clock(seen.left)))
        return word, "  ·  ".join(part for part in said if part), "text"

    @property
    def _weak(self) -> list[Note]:
        """What the run has noted of students that learned almost nothing, once it is complete: then a gain says nothing."""
        return weak_students(self._controller.shown) if self._summary is not None else []

    def _draw(self) -> None:
        """Draw the plot in view, and say what it shows."""
        controller, number = self._controller, self.shown
        if controller.folder is None:
            return
        run = controller.shown
        if number == ACCURACY:
            self.accuracy.show_picture(curves.accuracy(run))
            judged = self._summary is not None and not self._weak
            said = captions.of_accuracy(run, self._summary["gain"] if judged and self._summary else None)
        elif number == AGREEMENT:
            self.agreement.show_picture(curves.agreement(run))
            said = captions.of_agreement(run)
        else:
            self.loss.show_picture(curves.loss(run))
            said = captions.of_loss(run)
        self.caption.setText(said)
        self.setAccessibleDescription(f"{self.headline.text()} {said}")

    def _play(self) -> None:
        """Replay the run, pause the replay, or play it on."""
        controller, replay = self._controller, self._controller.replay
        if isinstance(replay, Replay):
            (replay.pause if replay.playing else replay.play)()
            self.say(self.tr("Paused. Space plays on.") if not replay.playing else "")
        elif controller.replayable:
            self.replay_wanted.emit()
        elif controller.active:
            self.say(self.tr("This run is live. It can be replayed as soon as it has ended."))
        else:
            self.say(self.tr("There is nothing to replay yet."))


__all__ = ["ACCURACY", "AGREEMENT", "LOSS", "StageView"]
