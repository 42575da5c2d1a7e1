"""Where one arrives: samples to start with, a place to drop one's own things on, and the latest runs, those at work among them."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from kdstudio.gui.asking import PATTERNS
from kdstudio.gui.buttons import IconButton
from kdstudio.gui.cards import Card, Text
from kdstudio.gui.carried import carried_path
from kdstudio.gui.language import tr
from kdstudio.gui.pages.home_cards import DropPlace, RunLine, SampleCard
from kdstudio.gui.pages.page import Page, scrolling
from kdstudio.gui.tables.library_feed import LibraryFeed
from kdstudio.gui.theme import GAP, MARGIN, SPACE, theme
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.library import Row
from kdstudio.runs.sample_experiments import sample_experiments

RECENT = 6  # runs
NARROWEST = 250  # pixels of a sample's card


def pick_file(parent: QWidget) -> str:
    """The YAML file that a person picks, or ""."""
    from kdstudio.gui import file_dialogs

    return file_dialogs.open_file(parent, tr("Open experiment"), tr("Experiment ({0})").format(PATTERNS))


def pick_folder(parent: QWidget) -> str:
    """The folder of images that a person picks, or ""."""
    from kdstudio.gui import file_dialogs

    return file_dialogs.open_folder(parent, tr("A folder of images, one folder for each class"))


class HomePage(Page):
    """The first page.

    Signals:
        start_wanted, look_wanted: a sample shall be started, or put into the form; carry the path of its file.
        run_wanted: a run shall come into view; carries its RunFolder.
        dropped: something was dropped or picked: a YAML file or a folder; carries its path.
        all_wanted: the table of all runs shall come into view.
    """

    start_wanted = Signal(object)
    look_wanted = Signal(object)
    run_wanted = Signal(object)
    dropped = Signal(object)
    all_wanted = Signal()

    def __init__(self, feed: LibraryFeed, parent: QWidget | None = None) -> None:
        super().__init__(
            self.tr("Home"), self.tr("A small network learns from a large one, and you watch."), "page.home", parent
        )
        self.feed = feed
        self.setAcceptDrops(True)
        self.samples = [SampleCard(sample, first=not number) for number, sample in enumerate(sample_experiments())]
        self.recent = Card(margin=2 * SPACE)
        self._recent_lines: list[RunLine] = []
        self.nothing = Text("", "body", "quiet", wrap=True)
        self.place = DropPlace()
        self.file = IconButton(self.tr("Open a file"), "folder", "home.file")
        self.folder = IconButton(self.tr("Choose image folder"), "folder", "home.folder")
        self.all = IconButton(self.tr("All runs"), "runs", "home.all")
        self._columns = 0
        self._arrange()
        self._connect()

    def shutdown(self) -> None:
        """Nothing is under way here: the feed belongs to the window."""

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fill()
        self.feed.watch("home")
        self._place_anew()  # the cards hear of larger type only now

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.feed.unwatch("home")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_samples()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if carried_path(event.mimeData()) is not None:
            self.place.set_hot(True)
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.place.set_hot(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self.place.set_hot(False)
        path = carried_path(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            self.dropped.emit(path)

    def _arrange(self) -> None:
        self.body.setContentsMargins(MARGIN, 5 * SPACE, MARGIN - GAP, 5 * SPACE)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, GAP, 0)  # room for the scroll bar
        column.setSpacing(GAP)
        self.recent.body.setSpacing(0)
        self.recent.body.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        self.nothing.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        self.recent.body.addWidget(self.nothing)
        self._grid = QGridLayout()
        self._grid.setSpacing(GAP)
        for button in (self.file, self.folder):
            self.place.row.addWidget(button)
        column.addWidget(_heading(self.tr("Samples")))
        column.addLayout(self._grid)
        column.addWidget(self.place)
        line = QHBoxLayout()
        line.addWidget(_heading(self.tr("Recent runs")), 1)
        line.addWidget(self.all)
        column.addLayout(line)
        column.addWidget(self.recent)
        column.addStretch(1)
        self.head.setContentsMargins(0, 0, GAP, 0)
        self.body.addWidget(scrolling(inside, "home.scroll"), 1)
        self._place_samples()

    def _connect(self) -> None:
        self.feed.changed.connect(self._fill)
        self.all.clicked.connect(self.all_wanted)
        self.file.clicked.connect(self._pick_file)
        self.folder.clicked.connect(self._pick_folder)
        for card in self.samples:
            card.start_wanted.connect(self.start_wanted)
            card.look_wanted.connect(self.look_wanted)
        theme().changed.connect(self._place_anew)

    def needs(self) -> int:
        return self._narrowest() + 2 * MARGIN

    def _narrowest(self) -> int:
        """Pixels of the narrowest card that shows all its words."""
        return max([NARROWEST, *(card.minimumSizeHint().width() for card in self.samples)])

    @Slot()
    def _place_anew(self) -> None:
        """Type may be larger now, which the cards know once they have been told as well."""
        QTimer.singleShot(0, self, self._place_samples)

    @Slot()
    def _place_samples(self) -> None:
        """As many cards side by side as have room."""
        room = self.width() - 2 * MARGIN
        fitting = max(1, min(len(self.samples), (room + GAP) // (self._narrowest() + GAP)))
        lines = -(-len(self.samples) // fitting) if self.samples else 1
        columns = -(-len(self.samples) // lines)  # rows of equal length, not three and one
        if columns == self._columns:
            return
        for number in range(self._columns):
            self._grid.setColumnStretch(number, 0)
        self._columns = columns
        for number, card in enumerate(self.samples):
            self._grid.addWidget(card, number // columns, number % columns)
        for number in range(columns):
            self._grid.setColumnStretch(number, 1)

    @Slot()
    def _fill(self) -> None:
        """Show the newest reading, while somebody looks."""
        if not self.isVisible():
            return
        rows = self.feed.rows
        self._show(_listed(rows))
        self.nothing.setVisible(not rows)
        reading = self.tr("Reading...")
        none = self.tr("No runs yet. Start one of the samples above: the first takes half a minute.")
        self.nothing.setText(self.feed.problem or (none if self.feed.known else reading))

    def _show(self, rows: list[Row]) -> None:
        """A line for each of `rows`, made when it is first needed."""
        lines = self._recent_lines
        while len(lines) < len(rows):
            line = RunLine()
            line.wanted.connect(self._want)
            lines.append(line)
            self.recent.body.addWidget(line)
        for number, line in enumerate(lines):
            line.setVisible(number < len(rows))
            if number < len(rows):
                line.show_row(rows[number])

    @Slot(str)
    def _want(self, folder: str) -> None:
        self.run_wanted.emit(RunFolder(Path(folder)))

    @Slot()
    def _pick_file(self) -> None:
        chosen = pick_file(self)
        if chosen:
            self.dropped.emit(Path(chosen))

    @Slot()
    def _pick_folder(self) -> None:
        chosen = pick_folder(self)
        if chosen:
            self.dropped.emit(Path(chosen))


def _listed(rows: Sequence[Row]) -> list[Row]:
    """The newest RECENT runs, and above them the older ones that are at work. A run that begins or ends keeps its place."""
    newest, older = list(rows[:RECENT]), rows[RECENT:]
    return [row for row in older if row.begun][:RECENT] + newest


def _heading(said: str) -> Text:
    """A heading with more room above it than beneath."""
    heading = Text(said, "heading")
    heading.setContentsMargins(0, 2 * SPACE, 0, 0)
    return heading
