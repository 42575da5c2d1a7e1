"""The left edge of the window: where one can go, what waits in the queue, and what is running now."""

from PySide6.QtCore import QEvent, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from kdstudio.gui.buttons import NavButton, Pressable, Switch
from kdstudio.gui.cards import Bar, Card, Elided, Painted, Text, rounded
from kdstudio.gui.plain_tips import plain_tip
from kdstudio.gui.presenter import shown
from kdstudio.gui.theme import GAP, RADIUS, SPACE, Role, theme

WIDTH = 196


class Folded(Elided):
    """Words in one line or two; where two are too few they end in an ellipsis, and the whole stands in the tooltip."""

    @property
    def elided(self) -> bool:
        """Whether they have no room in two lines."""
        return self.text().replace("\n", " ") != shown(self.whole)

    def _cut(self) -> None:
        whole, room, metrics = shown(self.whole), max(0, self.width()), self.fontMetrics()
        lines = [whole]
        if metrics.horizontalAdvance(whole) > room:
            words = whole.split(" ")
            starts = (" ".join(words[:count]) for count in range(len(words) - 1, 0, -1))
            first = next((start for start in starts if metrics.horizontalAdvance(start) <= room), "")
            lines = [first, whole.removeprefix(first).strip()] if first else [whole]
        lines[-1] = metrics.elidedText(lines[-1], Qt.TextElideMode.ElideRight, room)
        if lines != self.text().split("\n"):
            self.setText("\n".join(lines))
        self.setToolTip(plain_tip(whole) if self.elided else "")
        self.setAccessibleName(whole)


class RunningCard(Pressable):
    """The run in view, in small: what it is called and how far it is. A click brings it up."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("nav.running")
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP, 2 * SPACE, GAP, GAP)
        column.setSpacing(2 * SPACE)
        self.phase = Elided("", "eyebrow", "quiet")
        self.name = Folded("", "body")
        self.bar = Bar()
        for part in (self.phase, self.name, self.bar):
            column.addWidget(part)
        self.setAccessibleName(self.tr("Current run"))

    def show_run(self, name: str, phase: str, fraction: float, role: Role) -> None:
        """Show these; no name hides the card."""
        self.setVisible(bool(name))
        self.name.set_text(name)
        self.phase.set_text(phase.upper())
        self.bar.show_fraction(fraction, role)
        self.setAccessibleDescription(f"{name}: {phase}, {100 * fraction:.0f} %")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        rounded(painter, QRectF(self.rect()), "raised" if self.underMouse() else "card", "border")
        self._ring(painter, RADIUS)
        painter.end()


class QueueSign(Pressable):
    """How many runs wait in the queue, and its switch; a click on the words shows the queue.

    Signals:
        switched: the switch was flipped; carries whether the queue is on now.
    """

    switched = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("nav.queue")
        self.setAccessibleName(self.tr("Queue"))
        row = QHBoxLayout(self)
        row.setContentsMargins(GAP, 2 * SPACE, GAP, 2 * SPACE)
        row.setSpacing(2 * SPACE)
        words = QVBoxLayout()
        words.setSpacing(0)
        self.title, self.words = Elided(self.tr("Queue"), "strong"), Elided("", "caption", "quiet")
        for part in (self.title, self.words):
            words.addWidget(part)
        self.switch = Switch()
        self.switch.setObjectName("nav.queue.switch")
        self.switch.setAccessibleName(self.tr("Run the queue"))
        self.switch.toggled.connect(self.switched)
        row.addLayout(words, 1)
        row.addWidget(self.switch)

    def show_queue(self, waiting: int, on: bool) -> None:
        """Show how many runs wait and whether the queue is on; an empty queue that is off takes no room."""
        self.setVisible(on or waiting > 0)
        self.title.set_text(self.tr("Queue is on") if on else self.tr("Queue is off"))
        self.words.set_text(self.tr("1 run waits") if waiting == 1 else self.tr("{0} runs wait").format(waiting))
        self.switch.setChecked(on)
        self.switch.setToolTip(
            self.tr("Stop starting runs") if on else self.tr("Start the runs that wait, one after the other")
        )
        self.setAccessibleDescription(f"{self.title.whole}, {self.words.whole}")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        rounded(painter, QRectF(self.rect()), "raised" if self.underMouse() else "card", "border")
        self._ring(painter, RADIUS)
        painter.end()


class HintCard(Card):
    """The first steps, until somebody has taken the tour or closes them. `show_me` starts the tour, `close` is for good."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, margin=GAP)
        self.setObjectName("nav.hint")
        self.body.addWidget(Text(self.tr("First time here?"), "strong"))
        said = self.tr("A tour of five steps. Ctrl+K finds every command, F1 lists the keys.")
        self.words = Text(said, "caption", "quiet", wrap=True)
        self.body.addWidget(self.words)
        self.show_me = QPushButton(self.tr("Show me"))
        self.show_me.setObjectName("nav.hint.show")
        self.close_button = QPushButton(self.tr("Got it"))
        self.close_button.setObjectName("nav.hint.close")
        for button in (self.show_me, self.close_button):
            self.body.addWidget(button)

    def fit(self, room: int) -> None:
        """Take no more than `room` pixels of height: without its words, or not at all, where there are too few."""
        words = self.words.heightForWidth(self.width() - 2 * GAP) + self.body.spacing()
        rest = _height(self.body, self.width()) - (0 if self.words.isHidden() else words)
        self.words.setVisible(rest + words <= room)
        self.setVisible(rest <= room)


def _height(layout: QLayout, width: int) -> int:
    """Pixels that what lies in `layout` wants at a width of `width`."""
    layout.activate()
    return layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else layout.totalSizeHint().height()


class Navigation(Painted):
    """The left edge.

    Signals:
        wanted: the name of the page that was clicked: home, new, run, runs or settings.
        queue_wanted: the queue was clicked.
        queue_switched: its switch was flipped; carries whether it is on now.
    """

    wanted = Signal(str)
    queue_wanted = Signal()
    queue_switched = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("navigation")
        theme().changed.connect(self._fit)
        self._fit()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP, 5 * SPACE, GAP, 4 * SPACE)
        column.setSpacing(SPACE)
        name = Text("KD Studio", "heading")
        name.setContentsMargins(SPACE, 0, 0, GAP)
        column.addWidget(name)
        self.buttons = {
            "home": NavButton(self.tr("Home"), "home", "nav.home"),
            "new": NavButton(self.tr("New experiment"), "new", "nav.new"),
            "run": NavButton(self.tr("Current run"), "curve", "nav.run"),
            "runs": NavButton(self.tr("Runs"), "runs", "nav.runs"),
            "settings": NavButton(self.tr("Settings"), "settings", "nav.settings"),
        }
        for button in self.buttons.values():
            column.addWidget(button)
            button.clicked.connect(self._clicked)
        self.help = NavButton(self.tr("Help"), "help", "nav.help")
        self.help.setAutoExclusive(False)
        column.addWidget(self.help)
        column.addStretch(1)
        self.hint: HintCard | None = None
        self._column = column
        self.queue = QueueSign()
        self.queue.clicked.connect(self.queue_wanted)
        self.queue.switched.connect(self.queue_switched)
        self.queue.hide()
        column.addWidget(self.queue)
        self.running = RunningCard()
        self.running.clicked.connect(self._running_clicked)
        self.running.hide()
        column.addWidget(self.running)

    def show_hint(self) -> HintCard:
        """Show the first steps."""
        if self.hint is None:
            self.hint = HintCard()
            place = self._column.indexOf(self.running)
            self._column.insertSpacing(place, 2 * SPACE)
            self._column.insertWidget(place, self.hint)
            self._fit_hint()
        return self.hint

    def hide_hint(self) -> None:
        """Take the first steps away."""
        if self.hint is not None:
            self.hint.hide()
            self.hint.deleteLater()
            self.hint = None

    def show_queue(self, waiting: int, on: bool) -> None:
        """Show how many runs wait in the queue, and whether it is on."""
        self.queue.show_queue(waiting, on)

    def show_page(self, name: str) -> None:
        """Mark the page in view."""
        self.buttons[name].setChecked(True)

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize):  # the run's card may have come, or gone
            self._fit_hint()
        return done

    def _fit_hint(self) -> None:
        if self.hint is None or not self.isVisible():
            return
        hint, column = self.hint, self._column
        taken = 0 if hint.isHidden() else _height(hint.body, hint.width()) + column.spacing()
        others = _height(column, self.width()) - taken
        hint.fit(self.height() - others - column.spacing())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("card"))
        painter.fillRect(self.rect().adjusted(self.width() - 1, 0, 0, 0), theme().color("border"))
        painter.end()

    @Slot()
    def _clicked(self) -> None:
        for name, button in self.buttons.items():
            if button is self.sender():
                self.wanted.emit(name)

    @Slot()
    def _fit(self) -> None:
        self.setFixedWidth(round(WIDTH * (1.25 if theme().presenter else 1.0)))

    @Slot()
    def _running_clicked(self) -> None:
        self.wanted.emit("run")
