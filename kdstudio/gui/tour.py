"""The tour: five steps over the real window, each with one thing to look at and one sentence about it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAccessible, QAccessibleEvent, QColor, QKeyEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget
from shiboken6 import isValid

from kdstudio.gui.buttons import IconButton, PrimaryButton
from kdstudio.gui.cards import Card, Text
from kdstudio.gui.language import tr
from kdstudio.gui.theme import GAP, SPACE, theme
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.state import State

if TYPE_CHECKING:
    from kdstudio.gui.main_window import MainWindow

WIDTH = 340  # pixels of the words, at usual type
AROUND = 6  # pixels between what is shown and its frame
FOLLOW_EVERY = 100  # milliseconds, at which the frame follows what moves
PATIENCE = 30  # such looks for something that has not come into view yet
SETTLES = 5  # such looks in which a page that has just come finds its layout
DIM = 150  # of 255
NEXT = (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_PageDown, Qt.Key.Key_Return, Qt.Key.Key_Enter)
BACK = (Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_PageUp)


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One thing to look at: the page that it is on, how to find it there, and what is said of it."""

    page: str
    target: "Callable[[], QWidget | None]"
    title: str
    sentence: str


def steps_of(window: "MainWindow") -> tuple[Step, ...]:
    """The five steps; where there is no run yet, the last two say what will be there."""
    ran = window.controller.folder is not None or _finished(window) is not None
    curves = tr("Where the solid line, the student, lies above the dashed one, the same student without a teacher, the teacher "
                "helps.")  # fmt: skip
    result = tr(
        "When a run has ended, its headline says what the teacher's help is worth on test images, with its interval."
    )
    return (
        Step(
            page="home",
            target=lambda: window.lobby.home_page.samples[0],
            title=tr("Start a sample"),
            sentence=tr(
                "One click trains a small network twice, with and without the help of a large one, in half a minute."
            ),
        ),
        Step(
            page="new",
            target=lambda: window.new_page.sheet,
            title=tr("Describe an experiment"),
            sentence=tr(
                "Choose the data, the teacher and the student: all the rest has a default, and a mistake is named "
                "beside its field."
            ),
        ),
        Step(
            page="new",
            target=lambda: window.new_page.summary,
            title=tr("Look before you start"),
            sentence=tr(
                "The preview shows the images, the size of both networks, the memory and the time; Start begins the run."
            ),
        ),
        Step(
            page="run",
            target=lambda: window.run_page.board.accuracy,
            title=tr("Watch the student learn"),
            sentence=curves if ran else tr("The curves of a run appear here. {0}").format(curves),
        ),
        Step(page="run", target=lambda: _result(window), title=tr("Read the result"), sentence=result),
    )


def _finished(window: "MainWindow") -> RunFolder | None:
    """The newest completed run in the library, as far as it has been read."""
    row = next((row for row in window.lobby.feed.rows if row.state == State.COMPLETED), None)
    return RunFolder(Path(row.folder)) if row is not None else None


def _result(window: "MainWindow") -> QWidget:
    """The headline; before there is one, the numbers that it will be made of."""
    page = window.run_page
    return page.sentences.verdict if page.sentences.verdict.isVisible() else page.tiles


class Tour(QWidget):
    """Dims `window` but for one thing, and says a sentence about it. Next, Back and Skip, also by the arrow keys and Esc.

    Signals:
        over: people have seen it to its end, or have skipped the rest.
    """

    over = Signal()

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self.setObjectName("tour")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._window = window
        self._before = window.pages.currentWidget()
        self._focus = window.focusWidget()
        self._steps = steps_of(window)
        self._number, self._missed, self._settles = 0, 0, 0
        self.hole = QRect()
        self.card = Card(self)
        self.count = Text("", "eyebrow", "quiet")
        self.title, self.sentence = Text("", "heading", wrap=True), Text("", "body", wrap=True)
        self.skip = IconButton(self.tr("Skip"), "close", "tour.skip")
        self.back = IconButton(self.tr("Back"), "back", "tour.back")
        self.next = PrimaryButton(self.tr("Next"), "tour.next", icon_name="next")
        self._timer = QTimer(self)
        self._timer.setInterval(FOLLOW_EVERY)
        self._timer.timeout.connect(self._follow)
        self._arrange()
        self.skip.clicked.connect(self.finish)
        self.back.clicked.connect(self.go_back)
        self.next.clicked.connect(self.go_on)
        theme().changed.connect(self._dress)
        for button in (self.skip, self.back, self.next):
            button.installEventFilter(self)
        window.installEventFilter(self)

    @property
    def number(self) -> int:
        """Which step is shown, from 0."""
        return self._number

    def begin(self) -> None:
        """Show the first step."""
        self._dress()
        self.setGeometry(self._window.rect())
        self.show()
        self.raise_()
        self._show_step(0)
        self._timer.start()

    @Slot()
    def go_on(self) -> None:
        """The next step; after the last the tour is over."""
        if self._number + 1 < len(self._steps):
            self._show_step(self._number + 1)
        else:
            self.finish()

    @Slot()
    def go_back(self) -> None:
        """The step before."""
        if self._number > 0:
            self._show_step(self._number - 1)

    @Slot()
    def finish(self) -> None:
        """End the tour, and bring the page back that was in view before."""
        self.close_here()
        window = self._window
        if self._before is not None:
            window.show_page(self._before.objectName().removeprefix("page."))
        if self._focus is not None and isValid(self._focus) and self._focus.isVisible():
            self._focus.setFocus()

    def close_here(self) -> None:
        """End the tour where it is: another page, or something else, is wanted. Nothing of it is left behind."""
        if self._timer.isActive():
            self._timer.stop()
            self._window.removeEventFilter(self)
            self._window.setFocus()  # a widget that hides looks for the next one to give the focus to
            self.hide()
            self.over.emit()
            self.deleteLater()

    def _show_step(self, number: int) -> None:
        self._number, self._missed, self._settles = number, 0, SETTLES
        step, window = self._steps[number], self._window
        if step.page == "run":
            self._bring_a_run()
        window.show_page(step.page)
        self.count.setText(self.tr("{0} OF {1}").format(number + 1, len(self._steps)))
        self.title.setText(step.title)
        self.sentence.setText(step.sentence)
        self.back.setEnabled(number > 0)
        last = number + 1 == len(self._steps)
        self.next.setText(self.tr("Done") if last else self.tr("Next"))
        self.skip.setVisible(not last)
        place = self.tr("Tour, step {0} of {1}").format(number + 1, len(self._steps))
        self.setAccessibleName(f"{place}. {step.title}. {step.sentence}")
        self.setAccessibleDescription(self.tr("Right arrow: next. Left arrow: back. Escape: skip the rest."))
        self.raise_()
        self.setFocus()
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))
        self._reveal()
        self._place()

    def _bring_a_run(self) -> None:
        """Where no run is in view, the newest that has ended shows what curves look like."""
        window = self._window
        window.run_page.tabs.group.button(0).click()
        run = _finished(window) if window.controller.folder is None else None
        if run is not None:
            window.controller.open(run)

    @Slot()
    def _reveal(self) -> None:
        """Scroll what is shown into view, in a window that is too low for its page."""
        target = self._target()
        area = target.parentWidget() if target is not None else None
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if target is not None and isinstance(area, QScrollArea):
            area.ensureWidgetVisible(target, 0, min(GAP, max(0, area.height() - target.height()) // 2))
        self._place()

    def _target(self) -> QWidget | None:
        target = self._steps[self._number].target()
        return target if target is not None and target.isVisible() else None

    @Slot()
    def _follow(self) -> None:
        """What is shown may move, or come only now; where it has gone for good, another page is wanted."""
        if self._target() is None:
            self._missed += 1
            if self._missed > PATIENCE or not self._on_its_page():
                self.close_here()
            return
        self._missed = 0
        if not self._on_its_page():
            self.close_here()
        elif self._settles > 0:
            self._settles -= 1
            self._reveal()
        else:
            self._place()

    def _on_its_page(self) -> bool:
        page = self._window.pages.currentWidget()
        return page is not None and page.isVisible() and page.objectName() == f"page.{self._steps[self._number].page}"

    def _place(self) -> None:
        """Put the frame around what is shown, and the words beside it."""
        target = self._target()
        hole = _seen(target, self._window) if target is not None else QRect()
        if not hole.isEmpty():
            hole = hole.adjusted(-AROUND, -AROUND, AROUND, AROUND).intersected(self.rect())
        self.card.setFixedWidth(min(round(WIDTH * theme().factor), self.width() - 2 * GAP))
        height = self.card.layout().totalHeightForWidth(self.card.width())  # type: ignore[union-attr]
        self.card.setFixedHeight(height)
        place = beside(hole, self.card.rect(), self.rect())
        if (hole, place) != (self.hole, self.card.pos()):
            self.hole = hole
            self.card.move(place)
            self.update()

    def _arrange(self) -> None:
        body = self.card.body
        body.addWidget(self.count)
        body.addWidget(self.title)
        body.addWidget(self.sentence)
        row = QHBoxLayout()
        row.setContentsMargins(0, 2 * SPACE, 0, 0)
        row.setSpacing(2 * SPACE)
        row.addWidget(self.skip)
        row.addStretch(1)
        row.addWidget(self.back)
        row.addWidget(self.next)
        assert isinstance(body, QVBoxLayout)
        body.addLayout(row)

    @Slot()
    def _dress(self) -> None:
        self.update()
        if self._timer.isActive():
            QTimer.singleShot(0, self, self._place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.finish()
        elif event.key() in NEXT or (event.key() == Qt.Key.Key_Space and self.hasFocus()):
            self.go_on()
        elif event.key() in BACK:
            self.go_back()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window:
            if event.type() is QEvent.Type.Resize:
                self.setGeometry(self._window.rect())
                QTimer.singleShot(0, self, self._reveal)
        elif event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            pressed = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            if pressed and isinstance(watched, (IconButton, PrimaryButton)):
                watched.click()
                return True
            if event.key() in (*NEXT, *BACK):  # buttons would hand the focus on
                self.keyPressEvent(event)
                return True
        return super().eventFilter(watched, event)

    def focusNextPrevChild(self, forwards: bool) -> bool:
        """Tab stays within the tour: what lies below it cannot be used now."""
        if not self._timer.isActive():
            return super().focusNextPrevChild(forwards)
        parts = [part for part in (self, self.skip, self.back, self.next) if part.isVisible() and part.isEnabled()]
        focus = self._window.focusWidget()
        now = parts.index(focus) if focus in parts else 0
        reason = Qt.FocusReason.TabFocusReason if forwards else Qt.FocusReason.BacktabFocusReason
        parts[(now + (1 if forwards else -1)) % len(parts)].setFocus(reason)
        return True

    def mousePressEvent(self, event: object) -> None:
        """What lies below does not hear of it."""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        dim, hole = QPainterPath(), QPainterPath()
        dim.addRect(QRectF(self.rect()))
        hole.addRoundedRect(QRectF(self.hole), 12, 12)
        painter.fillPath(dim.subtracted(hole), QColor(0, 0, 0, DIM))
        if not self.hole.isEmpty():
            painter.setPen(QPen(theme().color("student"), 2.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.hole).adjusted(1, 1, -1, -1), 11, 11)
        painter.end()


def _seen(target: QWidget, window: QWidget) -> QRect:
    """The part of `target` that is in view, in the coordinates of `window`: a scroll area shows a part of it alone."""
    seen = QRect(target.mapTo(window, QPoint()), target.size())
    parent = target.parentWidget()
    while parent is not None and parent is not window:
        seen = seen.intersected(QRect(parent.mapTo(window, QPoint()), parent.size()))
        parent = parent.parentWidget()
    return seen


def beside(hole: QRect, card: QRect, window: QRect) -> QPoint:
    """Where `card` stands: at the right, at the left, below or above `hole`, or in a corner of it or of the window: the first
    place at which it covers nothing of `hole`, or else the one at which it covers least."""
    wide, high = card.width(), card.height()
    room = window.adjusted(GAP, GAP, -GAP, -GAP)
    last = room.right() - wide + 1, room.bottom() - high + 1
    if hole.isEmpty():
        return QPoint(window.center().x() - wide // 2, window.center().y() - high // 2)
    across, down = hole.center().x() - wide // 2, hole.center().y() - high // 2
    wanted = (
        (hole.right() + GAP, down), (hole.left() - GAP - wide, down), (across, hole.bottom() + GAP),
        (across, hole.top() - GAP - high), (hole.right() - wide - GAP, hole.bottom() - high - GAP), last,
        (room.left(), last[1]), (last[0], room.top()),
    )  # fmt: skip
    places = [QPoint(max(room.left(), min(x, last[0])), max(room.top(), min(y, last[1]))) for x, y in wanted]

    def covers(place: QPoint) -> int:
        both = hole.intersected(QRect(place, card.size()))
        return max(0, both.width()) * max(0, both.height())

    return min(places, key=covers)


__all__ = ["Step", "Tour", "beside", "steps_of"]
