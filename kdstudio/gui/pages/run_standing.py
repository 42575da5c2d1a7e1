"""Where a run stands: its progress while it goes on, its verdict at the end. Both have the same place and the same height, so
that nothing on the page moves when the run completes."""

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from kdstudio.gui.buttons import IconButton
from kdstudio.gui.cards import Banner, Bar, Elided, Text
from kdstudio.gui.theme import GAP, SPACE, theme

WORDS = 600  # pixels that the words of a verdict want beside its next steps, so that each sentence has one line
SUGGESTED = 250  # pixels of a suggestion: whether there will be one is not known while the run goes on
EDGES = 15 * SPACE  # of a banner


class RunStanding(QWidget):
    """The progress of a run, or its `verdict` with the `next_steps` beside it, or below it where there is little room.

    Args:
        verdict: the banner of the verdict.
        next_steps: buttons that belong to it.
    """

    def __init__(self, verdict: Banner, next_steps: tuple[IconButton, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.verdict, self._steps = verdict, next_steps
        self._suggested: list[IconButton] = []
        self._words = {button: button.text() for button in next_steps}
        self._tips = {button: button.toolTip() for button in next_steps}
        self._low = False
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
        self._progress, self._row = QWidget(), QWidget()
        self._arrange()
        theme().changed.connect(self.fit)
        self.fit()

    @property
    def progress_shown(self) -> bool:
        """Whether progress is in view, and no verdict."""
        return not self._progress.isHidden()

    def show_caption(self, text: str) -> None:
        """Say in a sentence what is going on."""
        self.caption.set_text(text)

    def offer(self, buttons: list[IconButton]) -> None:
        """Offer these before the other next steps."""
        row = self._row.layout()
        assert isinstance(row, QHBoxLayout)
        for gone in self._suggested:
            row.removeWidget(gone)
            del self._words[gone], self._tips[gone]
        self._suggested = list(buttons)
        for number, button in enumerate(buttons):
            self._words[button], self._tips[button] = button.text(), button.toolTip()
            row.insertWidget(number, button)
            button.show()  # what joins a layout that is in view would wait for its next turn
        self.fit()
        QTimer.singleShot(0, self, self.fit)  # once the layout has taken them in: it still knows the old height

    def call(self, button: IconButton, text: str) -> None:
        """What a next step says where it has room for words."""
        self._words[button] = text

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
        self.setFixedHeight(max(self._typical_height(), self._height(self.verdict, self.width()) if decided else 0))

    def set_low(self, low: bool, *, tight: bool) -> None:
        """Take less height, with the same words."""
        self._low = low
        for banner in (self.verdict, self._typical):
            banner.set_low(low, tight=tight)
        self.fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def _arrange(self) -> None:
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
        row = QHBoxLayout(self._row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * SPACE)
        for button in self._steps:
            row.addWidget(button)
        row.addStretch(0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.verdict)
        column.addWidget(self._progress)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def _typical_height(self) -> int:
        """How high a verdict is with a suggestion beside it."""
        factor, signs = theme().factor, len(self._steps) * (self._sign + 2 * SPACE)
        beside = round(SUGGESTED * factor) + signs
        if self.width() >= beside + WORDS * factor:
            return self._height(self._typical, self.width() - beside)
        if self._low and self._has_room_for_signs(1):
            return self._height(self._typical, self.width() - signs - self._sign - 2 * SPACE)
        return self._height(self._typical, self.width()) + SPACE + SPACE // 2 + self._sign

    def _height(self, banner: Banner, width: int) -> int:
        layout = banner.layout()
        assert layout is not None
        high = layout.totalHeightForWidth(max(1, width)) if layout.hasHeightForWidth() else 0
        return max(high, self._sign + 2 * SPACE)

    @property
    def _sign(self) -> int:
        """The side of a step that is a sign alone."""
        return self._steps[0].sizeHint().height()

    def _has_room_for_signs(self, suggested: int) -> bool:
        signs = (suggested + len(self._steps)) * (self._sign + 2 * SPACE)
        return self.width() >= signs + 0.85 * WORDS * theme().factor

    def _dress(self) -> None:
        """As many steps have their words as there is room for: what is suggested keeps them longest. Where the verdict would
        have too little room beside them, they stand below it; in a low window they are signs."""
        buttons = (*self._suggested, *self._steps)
        _, *others = self._steps
        levels: list[tuple[IconButton, ...]] = [(), tuple(others), self._steps]
        words = WORDS * theme().factor
        if self._fits(buttons, levels, self.width() - words):
            self._place(below=False)
        elif self._low and self._has_room_for_signs(len(self._suggested)):
            self._fits(buttons, [buttons], 0)
            self._place(below=False)
        else:
            self._fits(buttons, [*levels, (*self._steps, *self._suggested[1:]), buttons], self.width() - EDGES)
            self._place(below=True)

    def _fits(self, buttons: tuple[IconButton, ...], levels: list[tuple[IconButton, ...]], room: float) -> bool:
        """Whether the steps fit into `room`, at the first of `levels` (which of them are signs) at which they do."""
        for bare in levels:
            for button in buttons:
                self._say(button, bare=button in bare)
            if sum(button.sizeHint().width() + 2 * SPACE for button in buttons) <= room:
                return True
        return False

    def _place(self, *, below: bool) -> None:
        old, new = (self.verdict.offers, self.verdict.steps) if below else (self.verdict.steps, self.verdict.offers)
        if new.indexOf(self._row) < 0:
            old.removeWidget(self._row)
            new.addWidget(self._row, 1 if below else 0, Qt.AlignmentFlag(0) if below else Qt.AlignmentFlag.AlignVCenter)
        self.verdict.steps.setContentsMargins(0, SPACE if below else 0, 0, 0)

    def _say(self, button: IconButton, *, bare: bool) -> None:
        word, tip = self._words[button], self._tips[button]
        button.setText("" if bare else word)
        button.setAccessibleName(word)
        button.setToolTip(f"{word}. {tip}".removesuffix(". ") if bare else tip)


__all__ = ["RunStanding"]
