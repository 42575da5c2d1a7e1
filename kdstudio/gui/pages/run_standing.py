"""Where a run stands: its progress while it goes on, its verdict at the end. Both have the same place and the same height, so
that nothing on the page moves when the run completes."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from kdstudio.gui.buttons import IconButton
from kdstudio.gui.cards import Banner, Bar, Elided, Text
from kdstudio.gui.theme import GAP, SPACE, theme

ROOM, SIGN = 230, 54  # pixels that a suggestion takes beside the words, and a next step that is a sign alone
WORDS = 520  # pixels that the words of a verdict want beside the next steps, before the steps are signs alone


class RunStanding(QWidget):
    """The progress of a run, or its `verdict` with the `next_steps` beside it.

    Args:
        verdict: the banner of the verdict.
        next_steps: buttons that belong to it.
    """

    def __init__(self, verdict: Banner, next_steps: tuple[IconButton, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.verdict, self._steps = verdict, next_steps
        self._words = {button: button.text() for button in next_steps}
        self._tips = {button: button.toolTip() for button in next_steps}
        self._offers: list[IconButton] = []
        self._low = False
        self._worded = 0  # pixels of the next steps with their words
        self._typical = Banner(scale="heading", parent=self)  # never shown: it measures how high a verdict is
        self._typical.say(
            self.tr("+16.3 points with the teacher (1 seed; 3 are needed for an interval)."),
            self.tr("The student reaches 97.4 % (teacher 98.7 %) with 14.4 % of the parameters."),
        )
        self._typical.hide()
        self.bar = Bar()
        self.bar.setAccessibleName(self.tr("Progress"))
        self.times = Text("", "body", "quiet")
        self.times.setObjectName("run.times")
        self.times.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.caption = Elided("", "caption", "quiet")
        self.caption.setObjectName("run.caption")
        self._progress = QWidget()
        line = QHBoxLayout()
        line.setSpacing(GAP)
        line.addWidget(self.bar, 1)
        line.addWidget(self.times)
        rows = QVBoxLayout(self._progress)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(SPACE)
        rows.addStretch(1)
        rows.addLayout(line)
        rows.addWidget(self.caption)
        rows.addStretch(1)
        for button in next_steps:
            verdict.offers.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(verdict)
        column.addWidget(self._progress)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.fit)
        self.fit()

    @property
    def progress_shown(self) -> bool:
        """Whether progress is in view, and no verdict."""
        return not self._progress.isHidden()

    def show_caption(self, text: str) -> None:
        """Say in a sentence what is going on."""
        self.caption.set_text(text)

    def tip(self, button: IconButton, text: str) -> None:
        """What a next step does, or why it cannot be taken."""
        self._tips[button] = text
        self._dress()

    def call(self, button: IconButton, word: str) -> None:
        """What is written on a next step."""
        self._words[button] = word
        self._dress()

    def offer(self, buttons: Sequence[IconButton]) -> None:
        """Show suggestions before the next steps, always with their words."""
        self._offers = list(buttons)
        for place, button in enumerate(buttons):
            self.verdict.offers.insertWidget(place, button)
            button.show()  # else its layout would show it only later, and it would count for nothing now
        self.fit()

    @Slot()
    def fit(self) -> None:
        """Show what there is to show, as high as a verdict is in this width."""
        decided = bool(self.verdict.title)
        self._progress.setVisible(not decided)
        self._dress()
        high = self._height(self._typical)
        self.setFixedHeight(max(high, self._height(self.verdict)) if decided else high)

    def set_low(self, low: bool, *, tight: bool) -> None:
        """Take less height, with the same words."""
        self._low = low
        for banner in (self.verdict, self._typical):
            banner.set_low(low, tight=tight)
        self.fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def _height(self, banner: Banner) -> int:
        """How high a banner is, with room for the steps beside its words."""
        layout = banner.layout()
        assert layout is not None
        beside = self._beside() if banner is self._typical else 0
        high = layout.totalHeightForWidth(max(1, self.width() - beside)) if layout.hasHeightForWidth() else 0
        return max(high, self._steps[0].sizeHint().height() + 2 * SPACE)

    def _beside(self) -> int:
        """What stands beside the words at the end of a run: its next steps, or these as signs and a suggestion."""
        factor = theme().factor
        signs = round(len(self._steps) * SIGN * factor)
        worded = self.width() >= self._worded + WORDS * factor
        suggested = 0 if self._low else round(ROOM * factor)  # in a low window every pixel is the plot's: none is kept free
        return max(self._worded if worded else signs, signs + suggested)

    def _wish(self, buttons: Sequence[IconButton]) -> int:
        return sum(button.sizeHint().width() + 2 * SPACE for button in buttons)

    def _dress(self) -> None:
        """The steps have their words where the verdict leaves room for them."""
        for button in self._steps:
            button.setText(self._words[button])
        self._worded = self._wish(self._steps)
        wish = self._worded + self._wish(self._offers)
        bare = self.width() < wish + WORDS * theme().factor
        for button in self._steps:
            word, tip = self._words[button], self._tips[button]
            button.setText("" if bare else word)
            button.setAccessibleName(word)
            button.setToolTip(f"{word}. {tip}".removesuffix(". ") if bare else tip)


__all__ = ["RunStanding"]
