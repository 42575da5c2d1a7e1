"""The controls of a replay: it says that it is one, plays, pauses, jumps, and goes faster."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from kdstudio.gui.buttons import IconButton, Segments
from kdstudio.gui.cards import Card, Elided, Text
from kdstudio.gui.replay import SPEEDS, Replay
from kdstudio.gui.slider import Slider
from kdstudio.gui.theme import GAP
from kdstudio.runs.outlook import clock

STEPS = 1000  # of the slider
SLIDER = 140  # pixels of it, at least


class ReplayBar(Card):
    """Signals:
    ended: people want the run itself again.
    """

    ended = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, margin=GAP)
        self.setObjectName("replay")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._replay: Replay | None = None
        self.said = Elided(self.tr("Replay: recorded, nothing is being trained"), "strong", "teacher")
        self.said.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.pause = IconButton(self.tr("Pause"), "pause", "replay.pause")
        self.play = IconButton(self.tr("Play"), "play", "replay.play")
        self.slider = Slider()
        self.slider.setObjectName("replay.slider")
        self.slider.setAccessibleName(self.tr("Place in the replay"))
        self.slider.setRange(0, STEPS)
        self.slider.setPageStep(STEPS // 20)
        self.times = Text("", "body", "quiet")
        self.speed = Segments((self.tr("Fit"), *(f"×{speed}" for speed in SPEEDS)), "replay.speed")
        self.speed.group.button(0).setToolTip(self.tr("The whole replay takes about 20 seconds"))
        self.speed.setAccessibleName(self.tr("Speed of the replay"))
        self.end = IconButton(self.tr("End replay"), "close", "replay.end")
        self._above, self._row = QHBoxLayout(), QHBoxLayout()
        for row in (self._above, self._row):
            row.setSpacing(GAP)
            self.body.addLayout(row)
        self._narrow = False
        self._place(narrow=True)  # a wide row would keep the page from ever being narrow
        self.pause.clicked.connect(self._pause)
        self.play.clicked.connect(self._play)
        self.slider.valueChanged.connect(self._seek)
        self.speed.group.idClicked.connect(self._set_speed)
        self.end.clicked.connect(self.ended)
        self.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        fixed = (self.said, self.pause, self.times, self.speed, self.end)
        wish = sum(part.sizeHint().width() + GAP for part in fixed) + SLIDER + 2 * GAP
        self._place(narrow=self.width() < wish)

    def _place(self, *, narrow: bool) -> None:
        """All in one row, or what it is, how fast and the way out above the rest."""
        if narrow == self._narrow:
            return
        self._narrow = narrow
        moving, others = (self.pause, self.play, self.slider, self.times), (self.said, self.speed, self.end)
        above, below = (others, moving) if narrow else ((), (self.said, *moving, self.speed, self.end))
        for row, parts in ((self._above, above), (self._row, below)):
            while row.count():
                row.takeAt(0)
            for part in parts:
                row.addWidget(part)
                row.setStretchFactor(part, 1 if part is self.slider or (narrow and part is self.said) else 0)

    def show_replay(self, replay: Replay | None) -> None:
        """Show where `replay` is; None hides the bar."""
        self._replay = replay
        self.setVisible(replay is not None)
        if replay is None:
            return
        self.pause.setVisible(replay.playing)
        self.play.setVisible(not replay.playing)
        self.times.setText(f"{clock(replay.now)} / {clock(replay.length)}")
        self.speed.choose(0 if replay.fitted else 1 + SPEEDS.index(int(replay.speed)))
        if not self.slider.isSliderDown():
            self.slider.blockSignals(True)
            self.slider.setValue(round(STEPS * replay.now / replay.length) if replay.length else 0)
            self.slider.blockSignals(False)

    @Slot()
    def _pause(self) -> None:
        if self._replay is not None:
            self._replay.pause()

    @Slot()
    def _play(self) -> None:
        if self._replay is not None:
            self._replay.play()

    @Slot(int)
    def _seek(self, place: int) -> None:
        if self._replay is not None:
            self._replay.seek(self._replay.length * place / STEPS)

    @Slot(int)
    def _set_speed(self, number: int) -> None:
        if self._replay is None:
            return
        if number == 0:
            self._replay.fit()
        else:
            self._replay.set_speed(SPEEDS[number - 1])


__all__ = ["ReplayBar"]
