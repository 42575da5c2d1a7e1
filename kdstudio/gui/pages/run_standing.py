"""Where a run stands: its progress while it goes on, its verdict at the end. Both have the same place and the same height, so
that nothing on the page moves when the run completes."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from kdstudio.gui.buttons import IconButton
from kdstudio.gui.cards import Banner, Bar, Elided, Text
from kdstudio.gui.theme import GAP, SPACE, theme

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
        beside = 0 if banner is self.verdict else sum(step.sizeHint().width() + 2 * SPACE for step in self._steps)
        high = layout.totalHeightForWidth(max(1, self.width() - beside)) if layout.hasHeightForWidth() else 0
        return max(high, self._steps[0].sizeHint().height() + 2 * SPACE)

    def _dress(self) -> None:
        """The steps have their words where the verdict leaves room for them."""
        for button in self._steps:
            button.setText(self._words[button])
        wish = sum(button.sizeHint().width() + 2 * SPACE for button in self._steps)
        bare = self.width() < wish + WORDS * theme().factor
        for button in self._steps:
            word, tip = self._words[button], self._tips[button]
            button.setText("" if bare else word)
            button.setAccessibleName(word)
            button.setToolTip(f"{word}. {tip}".removesuffix(". ") if bare else tip)


__all__ = ["RunStanding"]
