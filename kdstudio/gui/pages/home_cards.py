"""What Home is made of: a card for each sample, a line for each recent run, and a place to drop things on."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QBoxLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from kdstudio.gui.buttons import IconButton, Pressable, PrimaryButton
from kdstudio.gui.cards import Bar, Card, Elided, Painted, Pill, Text
from kdstudio.gui.language import cause_of, headline_of, looked_up, tr
from kdstudio.gui.states import row_words, stage_words
from kdstudio.gui.tables.sparkline import Sparkline
from kdstudio.gui.theme import GAP, RADIUS, SPACE, theme
from kdstudio.runs.library import Row
from kdstudio.runs.outlook import clock, local_time
from kdstudio.runs.sample_experiments import Sample
from kdstudio.runs.state import State
from kdstudio.runs.summary import percent

BESIDE = 560  # pixels from which the words of the place to drop things on stand beside its buttons
WITH_CURVE = 500  # pixels of a run's line, from which a sparkline stands in it


class SampleCard(Card):
    """A sample: what it shows, how long it takes; started or looked at with one click. The first is the one to begin with.

    Signals:
        start_wanted, look_wanted: carry the path of the YAML file.
    """

    start_wanted = Signal(object)
    look_wanted = Signal(object)

    def __init__(self, sample: Sample, parent: QWidget | None = None, *, first: bool = False) -> None:
        super().__init__(parent)
        self.sample = sample
        self.setObjectName(f"sample.{sample.path.stem}")
        self.setAccessibleName(sample.title)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.body.addWidget(Text(sample.title, "strong", wrap=True))
        self.body.addWidget(Text(looked_up(sample.shows), "body", "quiet", wrap=True))
        self.body.addStretch(1)
        self.body.addWidget(Text(_lasts(self, sample.minutes), "caption", "quiet", wrap=True))
        line = QHBoxLayout()
        line.setSpacing(2 * SPACE)
        self.look = IconButton(self.tr("Edit first"), "settings", f"look.{sample.path.stem}")
        self.look.setAccessibleName(self.tr("Edit {0} first").format(sample.title))
        self.look.setToolTip(self.tr("Open it in the form and change it before it starts"))
        name = f"start.{sample.path.stem}"
        self.start: QAbstractButton = (
            PrimaryButton(self.tr("Start"), name, icon_name="play") if first else IconButton(self.tr("Start"), "play", name)
        )
        self.start.setAccessibleName(self.tr("Start {0}").format(sample.title))
        for button in (self.start, self.look):
            line.addWidget(button)
        line.addStretch(1)
        self.body.addLayout(line)
        self.look.clicked.connect(self._look)
        self.start.clicked.connect(self._start)

    @Slot()
    def _look(self) -> None:
        self.look_wanted.emit(self.sample.path)

    @Slot()
    def _start(self) -> None:
        self.start_wanted.emit(self.sample.path)


def _lasts(widget: QWidget, minutes: float) -> str:
    if minutes < 1:
        return tr("about {0} seconds").format(round(60 * minutes / 5) * 5)
    return tr("about 1 minute") if minutes < 1.25 else tr("about {0} minutes").format(f"{round(2 * minutes) / 2:g}")


class RunLine(Pressable):
    """A run in one line: state, name, verdict, curve. A click, Enter or Space brings it up.

    Signals:
        wanted: carries the folder of the run.
    """

    wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder = ""
        self.clicked.connect(self._want)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * SPACE, 6, 2 * SPACE, 6)
        row.setSpacing(GAP)
        self.pill = Pill()
        self.pill.setMinimumWidth(104)
        self.name, self.said = Elided("", "strong"), Elided("", "caption", "quiet")
        words = QVBoxLayout()
        words.setSpacing(2)
        self.bar = Bar()
        for part in (self.name, self.said):
            words.addWidget(part)
        self.curve = Sparkline()
        kept = self.bar.sizePolicy()
        kept.setRetainSizeWhenHidden(True)  # a line keeps its height when its run ends
        self.bar.setSizePolicy(kept)
        progress = QVBoxLayout()
        progress.setSpacing(2)
        self._progress = QWidget()
        self._progress.setFixedWidth(self.curve.sizeHint().width())
        progress.setContentsMargins(0, 0, 0, 0)
        self._progress.setLayout(progress)
        for drawn in (self.curve, self.bar):
            progress.addWidget(drawn)
        self.number = Text("", "strong", "student")
        self.number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.number.setMinimumWidth(64)
        row.addWidget(self.pill)
        row.addLayout(words, 1)
        row.addWidget(self._progress)
        self.split = Text("", "caption", "quiet")
        self.split.setAlignment(self.number.alignment())
        measured = QVBoxLayout()
        measured.setSpacing(0)
        measured.addWidget(self.number)
        measured.addWidget(self.split)
        row.addLayout(measured)

    def show_row(self, row: Row) -> None:
        """Show a run."""
        self._folder = row.folder
        word, role = row_words(row)
        active = State(row.state).active
        self.setObjectName(f"line.{row.id}")
        self.pill.show_state(word, role)
        self.name.set_text(row.title)
        self.said.set_text(cause_of(row) or headline_of(row) or row.problem or self._times(row))
        self.bar.setVisible(active and row.done is not None)
        self.bar.show_fraction(row.done, role)
        self.curve.show_curve(row.curve)
        self.number.setText(percent(row.accuracy) if row.accuracy is not None else "")
        self.split.setText({"test": self.tr("test"), "validation": self.tr("validation")}.get(row.split, ""))
        self.number.setToolTip(self._measured(row))
        self.setAccessibleName(f"{row.title}, {word}")
        self.setAccessibleDescription(" ".join(filter(None, (self.said.whole, self.number.text(), self.split.text()))))

    def _measured(self, row: Row) -> str:
        """What the number is."""
        if row.split == "test":
            return self.tr("Accuracy of the student on test data")
        return self.tr("Accuracy of the student on validation data, so far") if row.split else ""

    def _times(self, row: Row) -> str:
        stage = stage_words(row.stage) if row.state == State.RUNNING and row.stage else ""
        done = self.tr("{0} % done").format(f"{100 * row.done:.0f}") if row.begun and row.done is not None else ""
        took = self.tr("ran {0}").format(clock(row.seconds)) if row.seconds else ""
        made = self.tr("created {0}").format(local_time(row.created)) if row.created else ""
        return "  ·  ".join(part for part in (stage, done, took, made) if part)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._progress.setVisible(self.width() >= WITH_CURVE * theme().factor)  # else the title had no room

    @Slot()
    def _want(self) -> None:
        self.wanted.emit(self._folder)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().color("raised"))
            painter.drawRoundedRect(area, 8, 8)
        self._ring(painter, 8)
        painter.end()


class DropPlace(Painted):
    """Says what may be dropped on the page, and has a button for each: not everybody drags. Put those into `row`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("home.drop")
        self._hot = False
        self._parts = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._parts.setContentsMargins(4 * SPACE, GAP, 4 * SPACE, GAP)
        self._parts.setSpacing(2 * SPACE)
        self.row = QHBoxLayout()
        self.row.setSpacing(2 * SPACE)
        self.row.setAlignment(Qt.AlignmentFlag.AlignLeft)
        self.words = Text(self.tr("Drop an experiment (YAML) or a folder of images here"), "body", "quiet", wrap=True)
        self._parts.addWidget(self.words, 1)
        self._parts.addLayout(self.row)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= BESIDE * theme().factor
        ways = QBoxLayout.Direction
        self._parts.setDirection(ways.LeftToRight if wide else ways.TopToBottom)

    def set_hot(self, hot: bool) -> None:
        """Show that what hovers would be taken."""
        if hot != self._hot:
            self._hot = hot
            self.words.set_role("text" if hot else "quiet")
            self.words.setText(self.tr("Drop to open") if hot else self.tr("Drop an experiment (YAML) or a folder of images here"))
            self.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(200, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(theme().color("student" if self._hot else "quiet", 1.0 if self._hot else 0.55, "ground"), 1.4)
        pen.setDashPattern([4.0, 3.0])
        painter.setPen(pen)
        painter.setBrush(theme().color("student", 0.12, "ground") if self._hot else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        painter.end()
