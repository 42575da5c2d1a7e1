"""The controls of a replay: it says that it is one, plays, pauses, jumps, and goes faster."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QSlider, QWidget

from kdstudio.gui.buttons import IconButton, Segments
from kdstudio.gui.cards import Card, Text
from kdstudio.gui.outlook import clock
from kdstudio.gui.replay import SPEEDS, Replay
from kdstudio.gui.theme import GAP, SPACE

STEPS = 1000  # of the slider


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
        self.said = Text(self.tr("Replay: recorded, nothing is being trained"), "strong", "teacher")
        self.pause = IconButton(self.tr("Pause"), "pause", "replay.pause")
        self.play = IconButton(self.tr("Play"), "play", "replay.play")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setObjectName("replay.slider")
        self.slider.setAccessibleName(self.tr("Place in the replay"))
        self.slider.setRange(0, STEPS)
        self.slider.setPageStep(STEPS // 20)
        self.times = Text("", "body", "quiet")
        self.speed = Segments(tuple(f"×{speed}" for speed in SPEEDS), "replay.speed")
        self.speed.setAccessibleName(self.tr("Speed of the replay"))
        self.end = IconButton(self.tr("End replay"), "close", "replay.end")
        row = QHBoxLayout()
        row.setSpacing(GAP)
        for part in (self.said, self.pause, self.play, self.slider, self.times, self.speed):
            row.addWidget(part, 1 if part is self.slider else 0)
        row.addSpacing(SPACE)
        row.addWidget(self.end)
        self.body.addLayout(row)
        self.pause.clicked.connect(self._pause)
        self.play.clicked.connect(self._play)
        self.slider.valueChanged.connect(self._seek)
        self.speed.group.idClicked.connect(self._set_speed)
        self.end.clicked.connect(self.ended)
        self.hide()

    def show_replay(self, replay: Replay | None) -> None:
        """Show where `replay` is; None hides the bar."""
        self._replay = replay
        self.setVisible(replay is not None)
        if replay is None:
            return
        self.pause.setVisible(replay.playing)
        self.play.setVisible(not replay.playing)
        self.times.setText(f"{clock(replay.now)} / {clock(replay.length)}")
        self.speed.choose(SPEEDS.index(replay.speed))
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
        if self._replay is not None:
            self._replay.speed = SPEEDS[number]


__all__ = ["ReplayBar"]
