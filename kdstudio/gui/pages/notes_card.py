"""What people write about runs: tags for one or many, notes for one; kept a moment after the last key."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QThread, QTimer, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from kdstudio.gui.cards import NO_BREAK, Card, Elided, Text
from kdstudio.gui.language import headline_of
from kdstudio.gui.private_text import PrivateLine, PrivateText
from kdstudio.gui.theme import GAP, SPACE
from kdstudio.runs.folder import About, RunFolder
from kdstudio.runs.library import Row

KEEP_AFTER = 500  # milliseconds
AT_ONCE = 100  # runs that are written and read about in the window's thread: more would hold it up

Change = Callable[[About], About]


def write_about(folder: RunFolder, change: Change) -> str:
    """Change what is written about a run; why it could not be done, or ""."""
    try:
        folder.set_about(change(folder.about()))
    except OSError as error:
        return f"{folder.path.name}: {error.strerror or error}"
    return ""


class Writing(QThread):
    """Changes what is written about some runs: a thread, or a call of `run`.

    Attributes:
        written: by folder, what was written there before, and what is now.
        problem: why the first that could not be written could not be, or "".
    """

    def __init__(self, folders: Sequence[str], change: Change, parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName("write about runs")
        self.folders, self._change = list(folders), change
        self.written: dict[str, tuple[About, About]] = {}
        self.problem = ""

    def run(self) -> None:
        """The thread."""
        for folder in self.folders:
            problem = write_about(RunFolder(Path(folder)), self._noting(folder))
            if problem:
                self.written.pop(folder, None)
                self.problem = self.problem or problem

    def _noting(self, folder: str) -> Change:
        def change(before: About) -> About:
            after = self._change(before)
            self.written[folder] = (before, after)
            return after

        return change


class Memory:
    """What was written lately: a reading of the library that began before brings back what stood there earlier."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[set[tuple[tuple[str, ...], str]], About]] = {}

    def learn(self, written: Mapping[str, tuple[About, About]]) -> None:
        """Take in what was there before, and what is now."""
        for folder, (before, after) in written.items():
            earlier = self._known[folder][0] if folder in self._known else set()
            earlier.add((before.tags, before.notes))
            self._known[folder] = (earlier - {(after.tags, after.notes)}, after)

    def newest(self, row: Row, *, look: bool) -> Row:
        """`row` as it is by now; with a `look` into its folder also where somebody else took back what was written."""
        earlier, now = self._known.get(row.folder, (set(), About()))
        if (row.tags, row.notes) in earlier:
            if look:
                now = RunFolder(Path(row.folder)).about()
            return replace(row, tags=now.tags, notes=now.notes)
        self._known.pop(row.folder, None)  # the reading knows it, or what somebody else has written since
        return row


class NotesCard(Card):
    """Tags and notes of the chosen runs.

    Signals:
        kept: something was written down.
        failed: it could not be; carries why.
    """

    kept = Signal()
    failed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runs.notes.card")
        self._rows: list[Row] = []
        self._memory = Memory()
        self._writings: list[Writing] = []  # the first is at work, the others wait
        self._filling = self._tags_touched = self._notes_touched = False
        self.heading = Elided("", "heading")
        self.verdict = Text("", "body", "quiet", wrap=True)
        self.tags = PrivateLine()
        self.tags.setObjectName("runs.tags.line")
        self.tags.setAccessibleName(self.tr("Tags"))
        self.tags.setPlaceholderText(self.tr("Tags, separated by commas"))
        self.notes = PrivateText()
        self.notes.setObjectName("runs.notes.text")
        self.notes.setAccessibleName(self.tr("Notes"))
        self.notes.setPlaceholderText(self.tr("Notes: what was tried, what came of it"))
        self.notes.setTabChangesFocus(True)
        self.notes.setMinimumHeight(60)
        self.notes.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)  # as high as the panel lets it
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(KEEP_AFTER)
        self._arrange()
        self._soon.timeout.connect(self.keep)
        self.tags.textEdited.connect(self._tags_edited)
        self.tags.editingFinished.connect(self.keep)
        self.notes.textChanged.connect(self._notes_edited)
        self.show_rows([])

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show what is written about `rows`; what was being typed is kept first, and never overwritten."""
        same = [row.folder for row in rows] == [row.folder for row in self._rows]
        if same and (self._tags_touched or self._notes_touched or self._writings):
            return
        self.keep()
        self._rows = [self._memory.newest(row, look=len(rows) <= AT_ONCE) for row in rows]
        self._fill()

    def shutdown(self) -> None:
        """Write down what was typed, and wait until it is."""
        self.keep()
        for writing in self._writings:
            writing.wait()
            if not writing.isFinished():  # it waited for its turn
                writing.run()
        self._writings.clear()

    @Slot()
    def keep(self) -> None:
        """Write down what was typed."""
        self._soon.stop()
        tags, notes = self._tags_touched, self._notes_touched
        self._tags_touched = self._notes_touched = False
        if not (tags or notes):
            return
        before, after = set(_common(self._rows)), tags_in(self.tags.text())
        text = self.notes.toPlainText()

        def change(about: About) -> About:
            if tags:
                kept = [tag for tag in about.tags if tag not in before or tag in after]
                about = replace(about, tags=tuple(dict.fromkeys([*kept, *after])))
            return replace(about, notes=text) if notes else about

        self._write(Writing([row.folder for row in self._rows], change, self))

    def _write(self, writing: Writing) -> None:
        """Write at once; in a thread where that would take long, and one after the other where one is at work."""
        if len(writing.folders) <= AT_ONCE and not self._writings:
            writing.run()
            self._take(writing)
            return
        writing.finished.connect(self._written)
        self._writings.append(writing)
        if len(self._writings) == 1:
            writing.start()

    @Slot()
    def _written(self) -> None:
        if not self._writings:
            return  # it was waited for
        self._take(self._writings.pop(0))
        if self._writings:
            self._writings[0].start()

    def _take(self, writing: Writing) -> None:
        self._memory.learn(writing.written)
        self._rows = [_as_written(row, writing.written) for row in self._rows]
        writing.deleteLater()
        if writing.problem:
            self.failed.emit(writing.problem)
        self.kept.emit()

    def _arrange(self) -> None:
        self.body.addWidget(self.heading)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        left = QVBoxLayout()
        left.setSpacing(SPACE)
        tags = Text(self.tr("&Tags"), "caption", "quiet")
        tags.setBuddy(self.tags)
        left.addWidget(tags)
        left.addWidget(self.tags)
        left.addWidget(self.verdict)
        left.addStretch(1)
        right = QVBoxLayout()
        right.setSpacing(SPACE)
        notes = Text(self.tr("&Notes"), "caption", "quiet")
        notes.setBuddy(self.notes)
        right.addWidget(notes)
        right.addWidget(self.notes, 1)
        row.addLayout(left, 2)
        row.addLayout(right, 3)
        self.body.addLayout(row, 1)

    def _fill(self) -> None:
        one = self._rows[0] if len(self._rows) == 1 else None
        many = self.tr("{0} runs").format(f"{len(self._rows):,}") if self._rows else self.tr("No run is chosen")
        self.heading.set_text(one.title if one else many)
        said = (headline_of(one) or one.problem) if one else self.tr("Tags that all of them have") if self._rows else ""
        self.verdict.setText(said.replace(" %", f"{NO_BREAK}%"))
        self._filling = True
        if not self.tags.hasFocus() or not self._rows:
            self.tags.setText(", ".join(_common(self._rows)))
            self.tags.setCursorPosition(0)  # many tags show their beginning
        if self.notes.toPlainText() != (one.notes if one else ""):
            self.notes.setPlainText(one.notes if one else "")
        self._filling = False
        self.tags.setEnabled(bool(self._rows))
        self.tags.setToolTip("" if self._rows else self.tr("Choose a run first"))
        self.notes.setEnabled(one is not None)
        self.notes.setToolTip("" if one else self.tr("Choose one run to write notes"))

    @Slot()
    def _tags_edited(self) -> None:
        self._tags_touched = True
        self._soon.start()

    @Slot()
    def _notes_edited(self) -> None:
        if not self._filling:
            self._notes_touched = True
            self._soon.start()


def _as_written(row: Row, written: Mapping[str, tuple[About, About]]) -> Row:
    after = written[row.folder][1] if row.folder in written else None
    return row if after is None else replace(row, tags=after.tags, notes=after.notes)


def tags_in(text: str) -> list[str]:
    """The tags in a line, each once."""
    return list(dict.fromkeys(" ".join(tag.split()) for tag in text.split(",") if tag.strip()))


def _common(rows: Sequence[Row]) -> list[str]:
    """The tags that all of `rows` have."""
    return [tag for tag in rows[0].tags if all(tag in row.tags for row in rows)] if rows else []
