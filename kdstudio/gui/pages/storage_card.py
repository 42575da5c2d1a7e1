"""How much room runs, teachers and outputs take, and the way to the trash for each. Counted in a thread."""

from PySide6.QtCore import QObject, Qt, QThread, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QWidget

from kdstudio.gui.cards import Banner, Bar, Card, Text
from kdstudio.gui.language import explain
from kdstudio.gui.pages.clearing import PARTS, Clearing, clearing
from kdstudio.gui.pages.discarding import Discarding
from kdstudio.gui.plain_tips import plain_tip
from kdstudio.gui.theme import GAP, SPACE
from kdstudio.gui.words import size
from kdstudio.runs.home import Home
from kdstudio.runs.storage import Room, room_of


class RoomReader(QThread):
    """Counts once; `room` is there when it has finished."""

    def __init__(self, home: Home, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._home, self._leaving = home, False
        self.room = Room(runs=0, teachers=0, outputs=0)

    def leave(self) -> None:
        """End soon, with a count that is good for nothing."""
        self._leaving = True

    def run(self) -> None:
        """The thread: never called directly."""
        self.room = room_of(self._home, lambda: not self._leaving)


class StorageCard(Card):
    """The room that a home takes.

    Signals:
        cleared: something has gone to the trash.
    """

    cleared = Signal()

    def __init__(self, home: Home, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("settings.storage")
        self._home = home
        self._reader: RoomReader | None = None
        self._going: Discarding | None = None
        self.room: Room | None = None
        self._asked_for = self._part = ""
        self._stale = False  # whether the count under way began before something was asked for
        self.said = Banner("agreement", "check")
        self.said.setObjectName("settings.storage.said")
        self.total = Text(self.tr("Counting..."), "caption", "quiet")
        self._sizes: dict[str, Text] = {}
        self._bars: dict[str, Bar] = {}
        self.buttons: dict[str, QPushButton] = {}
        self._arrange()

    def refresh(self) -> None:
        """Count anew, in the background."""
        if self._reader is None and self._going is None:
            self._reader = RoomReader(self._home, self)
            self._reader.finished.connect(self._counted)
            self._reader.start()
        self._allow()

    def title(self, part: str) -> str:
        """What a part is called."""
        return self._words(part)[0]

    def clear(self, part: str) -> None:
        """Ask whether a part goes to the trash, as soon as it has been counted: an older count may know nothing of it."""
        self._asked_for = part
        self.buttons[part].setFocus()
        self._stale = self._reader is not None
        self.refresh()

    def _clear_what_was_asked_for(self) -> None:
        if self._reader is not None or self._going is not None or not self._asked_for:
            return
        part, self._asked_for = self._asked_for, ""
        if self.buttons[part].isEnabled():
            self.buttons[part].click()
        else:
            self.said.say(self.tr("There is nothing to clear"), self.title(part), "baseline", "info")

    def shutdown(self) -> None:
        """Let the count end, and wait for it, and for what is moved."""
        if self._reader is not None:
            self._reader.leave()
            self._reader.wait()
        if self._going is not None:
            self._going.shutdown()
        self._reader = self._going = None

    def _arrange(self) -> None:
        line = QHBoxLayout()
        line.addWidget(Text(self.tr("Storage"), "heading"), 1)
        line.addWidget(self.total)
        self.body.addLayout(line)
        self.body.addWidget(self.said)
        grid = QGridLayout()
        grid.setHorizontalSpacing(GAP)
        grid.setVerticalSpacing(2 * SPACE)
        grid.setColumnStretch(1, 1)
        for row, part in enumerate(PARTS):
            self._add(grid, row, part)
        self.body.addLayout(grid)

    def _add(self, grid: QGridLayout, row: int, part: str) -> None:
        title, explained = self._words(part)
        self._sizes[part] = Text("", "body")
        self._sizes[part].setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._bars[part] = Bar()
        self._bars[part].setAccessibleName(title)
        button = QPushButton(self.tr("Clear..."))
        button.setObjectName(f"settings.clear.{part}")
        button.setAccessibleName(self.tr("Clear {0}").format(title.lower()))
        button.clicked.connect(self._clear_clicked)
        self.buttons[part] = button
        name = Text(title, "body")
        name.setToolTip(explained)
        for column, widget in enumerate((name, self._bars[part], self._sizes[part], button)):
            grid.addWidget(widget, row, column)

    def _words(self, part: str) -> tuple[str, str]:
        """What a part is called, and what it is."""
        return {
            "runs": (self.tr("Runs"), self.tr("Everything that was trained here: curves, checkpoints, students")),
            "teachers": (self.tr("Teachers"), self.tr("Trained teachers, shared by all runs")),
            "outputs": (
                self.tr("Teachers' outputs"),
                self.tr("Teachers' predictions on training images, shared by all runs"),
            ),
        }[part]

    def _allow(self) -> None:
        for part, button in self.buttons.items():
            bytes_there = getattr(self.room, part) if self.room is not None else 0
            why = ""
            if self._going is not None:
                why = self.tr("Already calculating, or moving to the trash")
            elif self.room is None:
                why = self.tr("Still counting")
            elif bytes_there == 0:
                why = self.tr("There is nothing to clear")
            button.setEnabled(not why)
            button.setToolTip(plain_tip(why))

    @Slot()
    def _counted(self) -> None:
        if self._reader is None:
            return
        self.room = room = self._reader.room
        self._reader.deleteLater()
        self._reader = None
        self.total.setText(self.tr("{0} in all").format(size(room.total)))
        for part in PARTS:
            taken = getattr(room, part)
            self._sizes[part].setText(size(taken))
            self._bars[part].show_fraction(taken / room.total if room.total else 0.0)
        self._allow()
        if self._stale:
            self._stale = False
            self.refresh()
        else:
            self._clear_what_was_asked_for()

    @Slot()
    def _clear_clicked(self) -> None:
        part = next(name for name, button in self.buttons.items() if button is self.sender())
        if self.room is None or self._going is not None:
            return
        self.said.say(self.tr("This deletes: Calculating..."), self.title(part), "baseline", "info")
        self._part = part
        self._going = Discarding(clearing(self._home, part), self)
        self._going.done.connect(self._cleared)
        self._allow()

    @Slot()
    def _cleared(self) -> None:
        done, self._going = self._going, None
        if done is None:
            return
        going, agreed = done.going, done.agreed
        done.shutdown()
        done.deleteLater()
        assert isinstance(going, Clearing)
        if self._asked_for == self._part:
            self._asked_for = ""  # asked for once more while this was found out: it has its answer
        self.said.say("")
        self._say(going, agreed)
        self._allow()
        self.buttons[self._part].setFocus()  # it was grey for a while, and lost it
        if agreed or self._asked_for:
            self.refresh()
        if agreed:
            self.cleared.emit()

    def _say(self, going: Clearing, agreed: bool) -> None:
        kept = self.tr("Running runs stayed: {0}.").format(going.kept) if going.kept else ""
        if going.problem is not None:
            words = explain(going.problem.code, going.problem.parameters)
            gone = self.tr("{0} moved to the trash before that.").format(going.gone) if going.gone else ""
            self.said.say(words.title, f"{words.cause} {words.remedy} {gone}".strip(), "failure", "warning")
        elif agreed:
            self.said.say(self.tr("{0} moved to the trash").format(going.gone), kept, "agreement", "check")
        elif going.nothing():
            self.said.say(self.tr("There is nothing to clear"), kept or self.title(self._part), "baseline", "info")
