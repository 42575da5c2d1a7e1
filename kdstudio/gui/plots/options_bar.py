"""The choices for all plots of a page, in one line: what x is, how smooth, and a logarithmic loss."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from kdstudio.gui.buttons import Segments
from kdstudio.gui.cards import Text
from kdstudio.gui.check import Check
from kdstudio.gui.plots.curves import Axis
from kdstudio.gui.plots.options import SMOOTH, Options
from kdstudio.gui.slider import Slider
from kdstudio.gui.theme import GAP, SPACE, theme

if TYPE_CHECKING:
    from kdstudio.gui.preferences import Preferences

AXES: tuple[Axis, ...] = ("step", "epoch", "time")
MOST = 0.99  # the heaviest smoothing
LONG, SHORT = 90, 40  # pixels of the slider
KEEP = 400  # milliseconds without a move of the slider after which it is kept


class OptionsBar(QWidget):
    """Signals:
    changed: the options, as `Options`.
    """

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("plots.options")
        self._preferences: Preferences | None = None
        self._keep_soon = QTimer(self)
        self._keep_soon.setSingleShot(True)
        self._keep_soon.setInterval(KEEP)
        self._keep_soon.timeout.connect(self._keep)
        self.axis = Segments((self.tr("Steps"), self.tr("Epochs"), self.tr("Time")), "plots.axis")
        self.axis.setAccessibleName(self.tr("What the x axis of the plots shows"))
        self.smoothing = Slider()
        self.smoothing.setObjectName("plots.smoothing")
        self.smoothing.setAccessibleName(self.tr("Smoothing of the loss, in per cent; 0 shows the raw curve"))
        self.smoothing.setRange(0, round(100 * MOST))
        self.smoothing.setValue(round(100 * SMOOTH))
        self.smoothing.setFixedWidth(LONG)
        self.smoothing.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.value = Text("", "caption", "quiet")
        self.logarithmic = Check(self.tr("Log scale"))
        self.logarithmic.setObjectName("plots.logarithmic")
        self.logarithmic.setToolTip(
            self.tr("A logarithmic axis for the loss; values at or below zero cannot be shown on it")
        )
        self._arrange()
        self.axis.group.idClicked.connect(self._say)
        self.smoothing.valueChanged.connect(self._say)
        self.smoothing.valueChanged.connect(self._keep_later)
        self.logarithmic.toggled.connect(self._say)
        theme().changed.connect(self._dress)
        self._dress()

    def keep_in(self, preferences: "Preferences") -> None:
        """Smooth as people chose last, and keep what they choose next."""
        self._preferences = preferences
        preferences.changed.connect(self._take)
        self._take()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self._keep_soon.isActive():
            self._keep()

    def fit(self, room: int) -> None:
        """Take no more than `room` pixels, as far as that goes: the slider is shorter, and its value in its tooltip alone."""
        self._tight(False)
        if self.sizeHint().width() > room:
            self._tight(True)

    def _tight(self, tight: bool) -> None:
        self.value.setVisible(not tight)
        self.smoothing.setFixedWidth(SHORT if tight else LONG)
        self.layout().setSpacing(2 * SPACE if tight else GAP)  # type: ignore[union-attr]
        self.layout().invalidate()  # type: ignore[union-attr]

    @property
    def options(self) -> Options:
        """What is chosen."""
        return Options(
            axis=AXES[self.axis.chosen],
            smoothing=self.smoothing.value() / 100,
            logarithmic=self.logarithmic.isChecked(),
        )

    def _arrange(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        row.addWidget(self.logarithmic)
        row.addSpacing(SPACE)
        row.addWidget(Text(self.tr("Smoothing"), "caption", "quiet"))
        row.addWidget(self.smoothing)
        row.addWidget(self.value)
        row.addSpacing(SPACE)
        row.addWidget(self.axis)

    @Slot()
    def _take(self) -> None:
        if self._preferences is not None and not self._keep_soon.isActive():
            self.smoothing.setValue(round(100 * min(max(self._preferences.now.smoothing, 0.0), MOST)))
            self._keep_soon.stop()  # it is kept already

    def _keep_later(self, *_: object) -> None:
        self._keep_soon.start()

    @Slot()
    def _keep(self) -> None:
        self._keep_soon.stop()
        if self._preferences is not None:
            self._preferences.change(smoothing=self.options.smoothing)

    @Slot()
    def _say(self, *_: object) -> None:
        self._show_value()
        self.changed.emit(self.options)

    def _show_value(self) -> None:
        smoothing = self.options.smoothing
        self.value.setText(f"{smoothing:.2f}" if smoothing else self.tr("raw"))
        self.smoothing.setToolTip(self.tr("Weight of the moving average: {0}").format(self.value.text()))

    @Slot()
    def _dress(self) -> None:
        self._show_value()
        self.value.setFixedWidth(self.value.fontMetrics().horizontalAdvance("0.00") + SPACE)


__all__ = ["OptionsBar"]
