"""All runs of the home in a table, and what can be done with them: opened, renamed, noted, laid over one another, queued."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemDelegate,
    QHBoxLayout,
    QMenu,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from kdstudio.gui.buttons import IconButton, Segments
from kdstudio.gui.cards import Card, Text
from kdstudio.gui.commands.listed import TABLE
from kdstudio.gui.commands.menus import own_actions
from kdstudio.gui.edge import Line
from kdstudio.gui.language import tr
from kdstudio.gui.pages.discarding import ChosenRuns, Discarding
from kdstudio.gui.pages.notes_card import write_about
from kdstudio.gui.pages.page import Page
from kdstudio.gui.pages.runs_actions import RUN_COMMANDS, allow, why_not_resumed
from kdstudio.gui.pages.runs_panels import NOTES, NOTHING, OVERLAY, QUEUE, RunsPanels
from kdstudio.gui.pages.ways import Ways
from kdstudio.gui.queue import RunQueue
from kdstudio.gui.tables.csv_file import write_csv
from kdstudio.gui.tables.library_feed import LibraryFeed
from kdstudio.gui.tables.runs_model import RunsModel
from kdstudio.gui.tables.runs_table import RunsTable
from kdstudio.gui.theme import GAP, MARGIN, SPACE, theme
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.library import Row

if TYPE_CHECKING:
    from kdstudio.gui.pages.overlay_card import OverlayCard


FILTER = (96, 208)  # pixels of the line that filters: at least, at most


def pick_csv(parent: QWidget) -> str:
    """Where a person wants the table, or ""."""
    from kdstudio.gui import file_dialogs

    return file_dialogs.save_file(parent, tr("Export the table"), "runs.csv", "CSV (*.csv)")


class RunsPage(Page):
    """The library.

    Args:
        home: whose runs.
        feed: the readings of its library, where others look at them too.
        queue: the queue, where the window has one.
        actions: those of the window that it stands in; without a window it has its own.

    Signals:
        open_requested, resume_requested, duplicate_requested: carry the RunFolder.
        said: something went wrong; carries title and detail.
        folder_wanted: a folder is to be shown; carries its path.
        page_wanted: another page is the way on; carries its name.
    """

    open_requested = Signal(object)
    resume_requested = Signal(object)
    duplicate_requested = Signal(object)
    said = Signal(str, str)
    folder_wanted = Signal(object)
    page_wanted = Signal(str)

    def __init__(
        self,
        home: Home,
        feed: LibraryFeed | None = None,
        queue: RunQueue | None = None,
        actions: dict[str, QAction] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent=parent, title=self.tr("Runs"), subtitle="", name="page.runs")
        self._home = home
        self._own_feed = feed is None
        self.feed = feed or LibraryFeed(home, self)
        self.queue = queue or RunQueue(self.resume_requested.emit, lambda: self.feed.rows, parent=self)
        self.model = RunsModel(self._rename, self)
        self.table = RunsTable(self.model, home)
        self.does = self._does()
        self.actions_by_id = actions or own_actions(self, self.does, self.does)
        self._card = Card(margin=GAP)
        self.panels = RunsPanels(self._card, self.queue, self.table.chosen, actions)
        self.notes, self.queue_card = self.panels.notes, self.panels.queue_card
        self.menu = QMenu(self)
        self._discarding: Discarding | None = None
        self._late = False
        self._compared = ""  # a run that is to be compared once the library is read
        self._bar()
        self._arrange()
        self._connect()
        self._fill()

    def shutdown(self) -> None:
        """Keep what was typed, and wait for all that is under way."""
        self.panels.shutdown()
        self.table.keep()
        if self._discarding is not None:
            self._discarding.shutdown()
        if self._own_feed:
            self.feed.shutdown()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.feed.watch("runs")

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.feed.unwatch("runs")
        self.notes.keep()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_filter()

    @Slot()
    def refresh(self) -> None:
        """Read the library again, in the background."""
        self.feed.refresh()

    @property
    def overlay(self) -> "OverlayCard | None":
        """The overlay, once somebody has wanted it."""
        return self.panels.overlay

    def chosen(self) -> RunFolder | None:
        """The run that is chosen, when it is one."""
        rows = self.table.chosen()
        return _folder(rows[0]) if len(rows) == 1 else None

    def compare(self, folder: str) -> None:
        """Choose the run in `folder` and the one that it is best compared with, now or as soon as the library is read."""
        from kdstudio.gui.pages.overlay_pictures import companion

        other = companion(self.feed.rows, folder)
        self._compared = "" if self.feed.known else folder
        self.table.choose({folder} | ({other.folder} if other is not None else set()))

    def show_below(self, what: int) -> None:
        """Show nothing, the notes, the overlay or the queue below the table."""
        self.below.choose(what)
        self.panels.show_panel(what)

    @Slot()
    def open_chosen(self) -> None:
        """Bring the chosen run into view."""
        folder = self.chosen()
        if folder is not None:
            self.open_requested.emit(folder)

    @Slot()
    def resume_chosen(self) -> None:
        """Start the chosen run, or go on with it."""
        folder = self.chosen()
        if folder is not None:
            self.resume_requested.emit(folder)

    @Slot()
    def duplicate_chosen(self) -> None:
        """Use the experiment of the chosen run as a new one."""
        folder = self.chosen()
        if folder is not None:
            self.duplicate_requested.emit(folder)

    @Slot()
    def queue_chosen(self) -> None:
        """Let the chosen runs wait for their turn: those that can be started."""
        for row in self.table.chosen():
            if not why_not_resumed(row):
                self.queue.add(_folder(row), row.title, row.device)
        self.show_below(QUEUE)

    @Slot()
    def overlay_chosen(self) -> None:
        """Lay the chosen runs over one another."""
        self.show_below(OVERLAY)

    @Slot()
    def write_tags(self) -> None:
        """Go to the line of tags."""
        self.show_below(NOTES)
        self.notes.tags.setFocus()

    @Slot()
    def write_notes(self) -> None:
        """Go to the notes."""
        self.show_below(NOTES)
        self.notes.notes.setFocus()

    @Slot()
    def open_folder(self) -> None:
        """Show the folder of the chosen run."""
        folder = self.chosen()
        if folder is not None:
            self.folder_wanted.emit(folder.path)

    @Slot()
    def discard_chosen(self) -> None:
        """Move the chosen runs to the trash, when people say so."""
        rows = self.table.chosen()
        if rows and self._discarding is None:
            folders = [_folder(row) for row in rows]
            going = ChosenRuns(folders, [row.title for row in rows], self._home)
            self._discarding = Discarding(going, self)
            self._discarding.done.connect(self._discarded)

    @Slot()
    def export(self) -> None:
        """Write the table, as it is filtered and in its order, to a CSV file."""
        chosen = pick_csv(self)
        if chosen:
            try:
                write_csv(Path(chosen), self.model.shown())
            except OSError as error:
                self.said.emit(self.tr("The table could not be exported"), f"{chosen}: {error.strerror or error}")

    def _does(self) -> dict[str, Callable[[], object]]:
        return {
            "runs.open": self.open_chosen, "runs.resume": self.resume_chosen, "runs.duplicate": self.duplicate_chosen,
            "runs.queue": self.queue_chosen, "runs.overlay": self.overlay_chosen, "runs.rename": self.table.rename_chosen,
            "runs.tags": self.write_tags, "runs.notes": self.write_notes, "runs.folder": self.open_folder,
            "runs.export": self.export, "runs.delete": self.discard_chosen, "runs.filter": self.find,
        }  # fmt: skip

    def _bar(self) -> None:
        self.filter = Line()
        self.filter.setObjectName("runs.filter")
        self.filter.setPlaceholderText(self.tr("Filter"))
        self.filter.setAccessibleName(self.tr("Filter the runs"))
        self.filter.setToolTip(self.tr("Words in title, state, tags or notes, as in: failed tag:mnist (Ctrl+F)"))
        self.filter.setClearButtonEnabled(True)
        self.open = IconButton(self.tr("Open"), "curve", "runs.open.button")
        self.resume = IconButton(self.tr("Resume"), "play", "runs.resume.button")
        self.more = IconButton(self.tr("More"), "more", "runs.more")
        self.columns = IconButton(self.tr("Columns"), "columns", "runs.columns")
        self.more.setMenu(self.menu)
        self.columns.setMenu(self.table.columns)
        words = (self.tr("Table"), self.tr("Notes"), self.tr("Compare"), self.tr("Queue"))
        self.below = Segments(words, "runs.below")

    def _arrange(self) -> None:
        self.head.addWidget(self.filter)
        self.head.addWidget(self.below)
        bar = QHBoxLayout()
        bar.setSpacing(2 * SPACE)
        for button in (self.open, self.resume, self.more, self.columns):
            bar.addWidget(button)
        bar.addStretch(1)
        self.body.addLayout(bar)
        self.empty = Text(self.tr("Reading..."), "body", "quiet", wrap=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.ways = Ways("runs")
        self.ways.hide()
        nothing = QWidget(self._card)
        column = QVBoxLayout(nothing)
        column.setSpacing(GAP)
        column.addStretch(1)
        column.addWidget(self.empty)
        column.addWidget(self.ways, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        self._stack = QStackedLayout()
        self._stack.addWidget(nothing)
        self._stack.addWidget(self.table)
        self._card.body.addLayout(self._stack)
        self._card.setMinimumHeight(130)
        self.body.addWidget(self.panels, 1)

    def _connect(self) -> None:
        theme().changed.connect(self._fit_soon)
        self.feed.changed.connect(self._fill)
        self.feed.progressed.connect(self._progress)
        self.filter.textChanged.connect(self._filter)
        self.table.doubleClicked.connect(self.open_chosen)
        self.table.choice_changed.connect(self._choice)
        self.table.customContextMenuRequested.connect(self._show_menu)
        self.table.itemDelegate().closeEditor.connect(self._edited)
        self.below.group.idClicked.connect(self._show_below)
        self.open.clicked.connect(self.open_chosen)
        self.resume.clicked.connect(self.resume_chosen)
        self.ways.page_wanted.connect(self.page_wanted)
        self.notes.kept.connect(self.refresh)
        self.notes.failed.connect(self._not_written)
        for button, action in ((self.open, "runs.open"), (self.resume, "runs.resume")):
            self.actions_by_id[action].changed.connect(lambda button=button, action=action: self._mirror(button, action))
        self.panels.marked.connect(self.model.mark)
        self.panels.failed.connect(self._not_exported)
        self.menu.setToolTipsVisible(True)
        last = 0
        for command in RUN_COMMANDS:
            if command.group != last:
                self.menu.addSeparator()
            self.menu.addAction(self.actions_by_id[command.id])
            if command.place == TABLE:
                self.table.addAction(self.actions_by_id[command.id])
            last = command.group
        self._choice()

    def _mirror(self, button: IconButton, action: str) -> None:
        """A button is as able as its action."""
        known = self.actions_by_id[action]
        button.setEnabled(known.isEnabled())
        button.setToolTip("" if known.isEnabled() else known.toolTip())

    @Slot()
    def find(self) -> None:
        """Go to the line that filters."""
        self.filter.setFocus()
        self.filter.selectAll()

    @Slot()
    def _fit_soon(self) -> None:
        """Type may be larger now, which the parts know once they have been told as well."""
        QTimer.singleShot(0, self, self._fit_filter)

    @Slot()
    def _fit_filter(self) -> None:
        """The filter gives way to the page's title."""
        others = self.below.sizeHint().width() + self.title.least_width + 2 * GAP
        self.filter.setFixedWidth(max(FILTER[0], min(FILTER[1], self.width() - 2 * MARGIN - others)))

    @Slot(str)
    def _filter(self, text: str) -> None:
        self.feed.hold()
        self.model.filter_by(text)
        self._say()

    @Slot()
    def _fill(self) -> None:
        """Show the newest reading; not while a title is being edited, which would be lost."""
        if not self.feed.known:
            return
        if self.table.editing:
            self._late = True
            return
        self._late = False
        self.model.show_rows(self.feed.rows)
        if self._compared:
            self.compare(self._compared)
        self._choice()
        self._say()

    @Slot(QWidget, QAbstractItemDelegate.EndEditHint)
    def _edited(self, *_: object) -> None:
        if self._late:
            self.feed.changed.emit()

    def _say(self) -> None:
        total, shown = self.model.total, self.model.rowCount()
        self._stack.setCurrentIndex(1 if shown else 0)
        nothing = self.tr("No runs yet. The first sample takes half a minute.")
        self.empty.setText(self.tr("No matches") if total else nothing)
        self.ways.setVisible(not total)
        said = self.tr("{0} runs in {1}") if total != 1 else self.tr("{0} run in {1}")
        words = said.format(f"{total:,}", self._home.root)
        if self.filter.text().strip():
            words = self.tr("{0} of {1}").format(f"{shown:,}", words)
        self.subtitle.set_text(self.feed.problem or words)

    @Slot()
    def _progress(self) -> None:
        done, of = self.feed.done
        if not self.feed.known and of:
            self.empty.setText(self.tr("Reading {0} of {1} runs...").format(f"{done:,}", f"{of:,}"))

    @Slot()
    def _choice(self) -> None:
        rows = self.table.chosen()
        allow(self.actions_by_id, rows)
        for button, action in ((self.open, "runs.open"), (self.resume, "runs.resume")):
            self._mirror(button, action)
        self.panels.show_rows(rows)

    @Slot(int)
    def _show_below(self, what: int) -> None:
        self.panels.show_panel(what)

    @Slot(QPoint)
    def _show_menu(self, place: QPoint) -> None:
        self.menu.popup(self.table.viewport().mapToGlobal(place))

    def _rename(self, row: Row, name: str) -> bool:
        """Give a run another name; no name gives it back its own title."""
        why = write_about(_folder(row), lambda about: replace(about, name=name))
        if why:
            self._not_written(why)
        self.refresh()
        return not why

    @Slot(str)
    def _not_written(self, why: str) -> None:
        self.said.emit(self.tr("The notes could not be saved"), why)

    @Slot(str)
    def _not_exported(self, why: str) -> None:
        self.said.emit(self.tr("The plot could not be exported"), why)

    @Slot(str)
    def _discarded(self, refused: str) -> None:
        gone, self._discarding = self._discarding, None
        if gone is not None:
            gone.shutdown()
            gone.deleteLater()
        if refused:
            self.said.emit(self.tr("Not everything went to the trash"), refused)
        self.refresh()


def _folder(row: Row) -> RunFolder:
    return RunFolder(Path(row.folder))


__all__ = ["NOTES", "NOTHING", "OVERLAY", "QUEUE", "RunsPage"]
