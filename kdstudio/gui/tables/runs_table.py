"""The view of the table of runs: what is chosen is remembered by run, never by place, and columns as a person likes them."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QItemSelection, QItemSelectionModel, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView, QWidget

from kdstudio.gui.language import looked_up
from kdstudio.gui.tables.cells import CellDelegate
from kdstudio.gui.tables.columns import COLUMNS, PLACES, Arrangement
from kdstudio.gui.tables.runs_model import FOLDER, RunsModel
from kdstudio.gui.theme import PRESENTING, SPACE, theme
from kdstudio.runs.home import Home

if TYPE_CHECKING:
    from kdstudio.runs.library import Row

TITLE = 190  # pixels, at least


class RunsTable(QTableView):
    """The table.

    Signals:
        choice_changed: other runs are chosen.
    """

    choice_changed = Signal()

    def __init__(self, model: RunsModel, home: Home, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model, self._home = model, home
        self._restoring = False
        self._type = 0.0  # how large the type is for which the columns have their widths
        self._wanted: set[str] = set()  # chosen, shown or not: a filter that goes away gives them back
        self._current: str | None = None
        self.arrangement = Arrangement.of(home)
        self.setObjectName("runs.table")
        self.setAccessibleName(self.tr("Runs"))
        self.setModel(model)
        self.columns = QMenu(self)
        self._keep_soon = QTimer(self)
        self._keep_soon.setSingleShot(True)
        self._keep_soon.setInterval(300)
        self._behave()
        self._head()
        self._connect()

    def chosen(self) -> "list[Row]":
        """The chosen runs that are shown, in their order."""
        return [self._model.row(index.row()) for index in self.selectionModel().selectedRows()]

    def choose(self, folders: set[str]) -> None:
        """Choose the runs in these folders."""
        self._wanted, self._current = set(folders), next(iter(folders), None)
        self._restore()

    def rename_chosen(self) -> None:
        """Edit the title of the current run in place."""
        index = self.currentIndex()
        if index.isValid():
            self.edit(self._model.index(index.row(), PLACES["title"]))

    @property
    def editing(self) -> bool:
        """Whether a title is being edited: then nothing may be put in its place."""
        return self.state() == QAbstractItemView.State.EditingState

    def show_column(self, name: str, shown: bool) -> None:
        """Show a column or hide it, and remember that."""
        if name != "title":
            self.setColumnHidden(PLACES[name], not shown)
            self._fit_title()
            self.arrangement.shown = [each.id for each in COLUMNS if not self.isColumnHidden(PLACES[each.id])]
            self._keep_soon.start()

    def listed_columns(self) -> list[tuple[str, str, bool]]:
        """The columns that may be hidden: id, title, and whether it is shown."""
        return [(each.id, looked_up(each.title), not self.isColumnHidden(PLACES[each.id])) for each in COLUMNS[1:]]

    @property
    def sorted_by(self) -> tuple[str, bool]:
        """The column that the runs are sorted by, and whether the largest is first."""
        header = self.horizontalHeader()
        return COLUMNS[header.sortIndicatorSection()].id, header.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder

    def sort_by(self, name: str) -> None:
        """Sort by a column as a click on its head does: by the one in force, the other way round."""
        down = self.sorted_by == (name, False)
        self.sortByColumn(PLACES[name], Qt.SortOrder.DescendingOrder if down else Qt.SortOrder.AscendingOrder)

    @Slot()
    def keep(self) -> None:
        """Write down how the columns are arranged."""
        self._keep_soon.stop()
        self.arrangement.widths |= {
            column.id: round(self.columnWidth(place) / self._type)
            for place, column in enumerate(COLUMNS)
            if column.width and not self.isColumnHidden(place)
        }
        self.arrangement.sort, self.arrangement.descending = self.sorted_by
        self.arrangement.keep(self._home)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_title()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._cells.leave()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit_rows()

    def _behave(self) -> None:
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setShowGrid(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._cells = CellDelegate(self)
        self.setItemDelegate(self._cells)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._fit_rows()

    @Slot()
    def _dress(self) -> None:
        self._fit_rows()
        if self._type != (PRESENTING if theme().presenter else 1.0):
            self._fit_columns()

    def _fit_columns(self) -> None:
        """Give the columns the widths that a person likes, larger where the type is."""
        if self._keep_soon.isActive():
            self.keep()
        self._type = PRESENTING if theme().presenter else 1.0
        for place, column in enumerate(COLUMNS):
            if column.width:
                width = self.arrangement.widths.get(column.id, column.width)
                self.setColumnWidth(place, round(self._type * width))

    def _fit_rows(self) -> None:
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 5 * SPACE)

    def _head(self) -> None:
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsMovable(False)
        header.setMinimumSectionSize(40)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        for place, column in enumerate(COLUMNS):
            mode = QHeaderView.ResizeMode.Interactive if column.width else QHeaderView.ResizeMode.Fixed
            header.setSectionResizeMode(place, mode)
            self.setColumnHidden(place, column.id not in self.arrangement.shown)
        order = Qt.SortOrder.DescendingOrder if self.arrangement.descending else Qt.SortOrder.AscendingOrder
        self.setSortingEnabled(True)
        self.sortByColumn(PLACES[self.arrangement.sort], order)

    def _connect(self) -> None:
        header = self.horizontalHeader()
        header.customContextMenuRequested.connect(self._show_columns)
        header.sectionResized.connect(self._keep_later)
        header.sectionResized.connect(self._fit_title)
        header.sortIndicatorChanged.connect(self._keep_later)
        self._keep_soon.timeout.connect(self.keep)
        self.columns.aboutToShow.connect(self._list_columns)
        self.columns.triggered.connect(self._column_clicked)
        self._list_columns()
        self.selectionModel().selectionChanged.connect(self._chosen)
        self.selectionModel().currentChanged.connect(self._went)
        self._model.modelReset.connect(self._restore)
        for change in (self.choice_changed, self._model.rowsInserted, self._model.rowsRemoved):
            change.connect(self._tell)
        theme().changed.connect(self._dress)
        self._dress()

    @Slot()
    def _tell(self, *_: object) -> None:
        """Say to a screen reader how many there are, and how many are chosen."""
        shown, chosen = f"{self._model.rowCount():,}", f"{len(self._wanted):,}"
        said = self.tr("{0} run, {1} chosen") if self._model.rowCount() == 1 else self.tr("{0} runs, {1} chosen")
        self.setAccessibleDescription(said.format(shown, chosen))

    @Slot()
    def _fit_title(self, *_: object) -> None:
        """The title takes what the other columns leave, and never so little that it cannot be read: then they scroll."""
        shown = [place for place in PLACES.values() if place != PLACES["title"] and not self.isColumnHidden(place)]
        room = self.viewport().width() - sum(self.columnWidth(place) for place in shown)
        self.setColumnWidth(PLACES["title"], max(round(TITLE * max(1.0, self._type)), room))

    def _keep_later(self, *_: object) -> None:
        """Not the timer's own `start`: that would take the column's number for milliseconds."""
        self._keep_soon.start()

    def _list_columns(self) -> None:
        self.columns.clear()
        for name, title, shown in self.listed_columns():
            action = self.columns.addAction(title)
            action.setObjectName(f"column.{name}")
            action.setData(name)
            action.setCheckable(True)
            action.setChecked(shown)

    @Slot(QAction)
    def _column_clicked(self, action: QAction) -> None:
        self.show_column(str(action.data()), action.isChecked())

    @Slot(QPoint)
    def _show_columns(self, place: QPoint) -> None:
        self.columns.popup(self.horizontalHeader().viewport().mapToGlobal(place))

    @Slot()
    def _chosen(self) -> None:
        if not self._restoring:
            self._wanted = {row.folder for row in self.chosen()}
            self.choice_changed.emit()

    @Slot()
    def _went(self) -> None:
        index = self.currentIndex()
        if not self._restoring and index.isValid():
            self._current = str(index.data(FOLDER))

    @Slot()
    def _restore(self) -> None:
        """Choose the runs again that were chosen, where they are shown, and go back to the one that had the focus."""
        before = self._restoring
        self._restoring = True
        try:
            selection, last = QItemSelection(), len(COLUMNS) - 1
            for place in self._model.places_of(self._wanted) if self._wanted else ():
                selection.select(self._model.index(place, 0), self._model.index(place, last))
            self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)
            place_of_current = self._model.place_of(self._current) if self._current else None
            if place_of_current is not None:
                index = self._model.index(place_of_current, PLACES["title"])
                self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
                self.scrollTo(index)
        finally:
            self._restoring = before
        self.choice_changed.emit()


__all__ = ["TITLE", "RunsTable"]
