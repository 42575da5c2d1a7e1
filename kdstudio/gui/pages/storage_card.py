"""How much room runs, teachers and outputs take, and the way to the trash for each. Counted and moved in a thread."""

import logging

from PySide6.QtCore import QObject, Qt, QThread, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QWidget

from kdstudio.gui import asking
from kdstudio.gui.cards import Banner, Bar, Card, Text
from kdstudio.gui.preview_words import size
from kdstudio.gui.theme import GAP, SPACE
from kdstudio.runs.failures import explain
from kdstudio.runs.home import Home
from kdstudio.runs.storage import Room, at_work, clear, discard_run, room_of
from kdstudio.spec.errors import KnownFailure

log = logging.getLogger(__name__)

PARTS = ("runs", "teachers", "outputs")


class RoomReader(QThread):
    """Counts once; `room` is there when it has finished."""

    def __init__(self, home: Home, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._home = home
        self.room = Room(runs=0, teachers=0, outputs=0)

    def run(self) -> None:
        """The thread: never called directly."""
        self.room = room_of(self._home)


class Clearer(QThread):
    """Moves a part of the home to the trash; `gone` and `problem` are there when it has finished."""

    def __init__(self, home: Home, part: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._home, self._part = home, part
        self.gone, self.kept = 0, 0
        self.problem: KnownFailure | None = None

    def run(self) -> None:
        """The thread: never called directly."""
        try:
            if self._part == "runs":
                self._clear_runs()
            else:
                self.gone = clear(getattr(self._home, self._part))
        except KnownFailure as failure:
            self.problem = failure
        except OSError as error:  # the folder itself cannot be read
            path = str(error.filename or self._home.root)
            self.problem = KnownFailure("not-writable", path=path, why=error.strerror or str(error))

    def _clear_runs(self) -> None:
        for run in list(self._home.folders()):
            if at_work(run):
                self.kept += 1
                continue
            discard_run(run)
            self.gone += 1


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
        self._clearer: Clearer | None = None
        self.room: Room | None = None
        self._asked_for = ""
        self.said = Banner("agreement", "check")
        self.said.setObjectName("settings.storage.said")
        self.total = Text(self.tr("Counting..."), "caption", "quiet")
        self._sizes: dict[str, Text] = {}
        self._bars: dict[str, Bar] = {}
        self.buttons: dict[str, QPushButton] = {}
        self._arrange()

    def refresh(self) -> None:
        """Count anew, in the background."""
        if self._reader is None and self._clearer is None:
            self._reader = RoomReader(self._home, self)
            self._reader.finished.connect(self._counted)
            self._reader.start()
        self._allow()

    def title(self, part: str) -> str:
        """What a part is called."""
        return self._words(part)[0]

    def clear(self, part: str) -> None:
        """Ask whether a part goes to the trash, as soon as it has been counted."""
        self._asked_for = part
        self.buttons[part].setFocus()
        self._clear_what_was_asked_for()

    def _clear_what_was_asked_for(self) -> None:
        if self._reader is not None or self._clearer is not None or not self._asked_for:
            return
        part, self._asked_for = self._asked_for, ""
        if self.buttons[part].isEnabled():
            self.buttons[part].click()
        else:
            self.said.say(self.tr("There is nothing to clear"), self.title(part), "baseline", "info")

    def shutdown(self) -> None:
        """Wait for what is counted or moved."""
        for thread in (self._reader, self._clearer):
            if thread is not None:
                thread.wait()
        self._reader = self._clearer = None

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
        title, _, explained = self._words(part)
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

    def _words(self, part: str) -> tuple[str, str, str]:
        """What a part is called, what happens when it is cleared, and what it is."""
        return {
            "runs": (
                self.tr("Runs"),
                self.tr("Their curves, checkpoints and students go with them. Runs at work stay."),
                self.tr("Everything that was trained here: curves, checkpoints, students"),
            ),
            "teachers": (
                self.tr("Teachers"),
                self.tr("An experiment that needs one trains it again. What a run is building stays."),
                self.tr("Trained teachers, shared by all runs"),
            ),
            "outputs": (
                self.tr("Teachers' outputs"),
                self.tr("An experiment that needs them asks the teacher again. What a run is building stays."),
                self.tr("What teachers answered on training images, shared by all runs"),
            ),
        }[part]

    def _allow(self) -> None:
        for part, button in self.buttons.items():
            bytes_there = getattr(self.room, part) if self.room is not None else 0
            why = ""
            if self._clearer is not None:
                why = self.tr("Something is being moved to the trash")
            elif self.room is None:
                why = self.tr("It is still being counted")
            elif bytes_there == 0:
                why = self.tr("There is nothing to clear")
            button.setEnabled(not why)
            button.setToolTip(why)

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
        self._clear_what_was_asked_for()

    @Slot()
    def _clear_clicked(self) -> None:
        part = next(name for name, button in self.buttons.items() if button is self.sender())
        if self.room is None or self._clearer is not None:
            return
        title, consequence, _ = self._words(part)
        if not asking.ask_to_clear(self, title.lower(), size(getattr(self.room, part)), consequence):
            return
        self._clearer = Clearer(self._home, part, self)
        self._clearer.finished.connect(self._cleared)
        self._clearer.start()
        self._allow()

    @Slot()
    def _cleared(self) -> None:
        done = self._clearer
        if done is None:
            return
        self._clearer = None
        if done.problem is not None:
            words = explain(done.problem.code, done.problem.parameters)
            gone = self.tr("{0} moved to the trash before that.").format(done.gone) if done.gone else ""
            self.said.say(words.title, f"{words.cause} {words.remedy} {gone}".strip(), "failure", "warning")
        else:
            kept = self.tr("{0} at work stayed.").format(done.kept) if done.kept else ""
            self.said.say(self.tr("{0} moved to the trash").format(done.gone), kept, "agreement", "check")
        done.deleteLater()
        self.refresh()
        self.cleared.emit()
