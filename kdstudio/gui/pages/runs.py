"""All runs of the home in a table: newest first, sorted and filtered at will, opened by double click or Enter."""

from PySide6.QtCore import QModelIndex, QSortFilterProxyModel, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QLineEdit, QStackedLayout, QTableView, QWidget

from kdstudio.gui.buttons import IconButton
from kdstudio.gui.cards import Card, Text
from kdstudio.gui.pages.page import Page
from kdstudio.gui.tables.runs_model import COLUMNS, ID, SORT, LibraryReader, RunsModel
from kdstudio.gui.theme import GAP, SPACE
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home

REFRESH_EVERY = 2000  # milliseconds while the page is in view


class RunsPage(Page):
    """The library.

    Signals:
        open_requested: carries the RunFolder to bring into view.
    """

    open_requested = Signal(object)

    def __init__(self, home: Home, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent, title=self.tr("Runs"), subtitle="", name="page.runs")
        self._home = home
        self.model = RunsModel(self)
        self._proxy = QSortFilterProxyModel(self)
        self._proxy.setSourceModel(self.model)
        self._proxy.setSortRole(SORT)
        self._proxy.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._proxy.setFilterKeyColumn(-1)
        self.filter = QLineEdit()
        self.filter.setObjectName("runs.filter")
        self.filter.setPlaceholderText(self.tr("Filter"))
        self.filter.setAccessibleName(self.tr("Filter the runs"))
        self.filter.setClearButtonEnabled(True)
        self.filter.setFixedWidth(220)
        self.open = IconButton(self.tr("Open"), "curve", "runs.open")
        self.head.addWidget(self.filter)
        self.head.addWidget(self.open)
        self.table = self._table()
        self.empty = Text(self.tr("Reading..."), "body", "quiet", wrap=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._card = Card(margin=GAP)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.table)
        self._card.body.addLayout(self._stack)
        self.body.addWidget(self._card, 1)
        self._reader: LibraryReader | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(REFRESH_EVERY)
        self._timer.timeout.connect(self.refresh)
        self._connect()

    def shutdown(self) -> None:
        """Wait for the reader of the library."""
        self._timer.stop()
        if self._reader is not None:
            self._reader.wait()
            self._reader = None

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    @Slot()
    def refresh(self) -> None:
        """Read the library again, in the background."""
        if self._reader is None:
            self._reader = LibraryReader(self._home, self)
            self._reader.finished.connect(self._read)
            self._reader.start()

    def chosen(self) -> RunFolder | None:
        """The selected run."""
        rows = self.table.selectionModel().selectedRows()
        row = self.model.row(self._proxy.mapToSource(rows[0]).row()) if rows else None
        return self._folder(row.folder) if row else None

    @Slot()
    def open_chosen(self) -> None:
        """Bring the selected run into view."""
        folder = self.chosen()
        if folder is not None:
            self.open_requested.emit(folder)

    @Slot()
    def _allow_open(self) -> None:
        chosen = self.table.selectionModel().hasSelection()
        self.open.setEnabled(chosen)
        self.open.setToolTip("" if chosen else self.tr("Choose a run first"))

    @Slot(QModelIndex)
    def _open(self, index: QModelIndex) -> None:
        row = self.model.row(self._proxy.mapToSource(index).row())
        self.open_requested.emit(self._folder(row.folder))

    @Slot()
    def _read(self) -> None:
        reader = self._reader
        if reader is None:
            return
        self._reader = None
        chosen = self._chosen_id()
        self.model.show_rows(reader.rows)
        self._choose(chosen)
        self._allow_open()
        reader.deleteLater()
        count = len(reader.rows)
        self._stack.setCurrentIndex(1 if count else 0)
        self.empty.setText(self.tr("No run yet. Make an experiment, and start it."))
        said = self.tr("{0} runs in {1}") if count != 1 else self.tr("{0} run in {1}")
        self.subtitle.set_text(reader.problem or said.format(count, self._home.root))

    def _folder(self, path: str) -> RunFolder:
        return RunFolder(self._home.runs / path)

    def _chosen_id(self) -> str | None:
        rows = self.table.selectionModel().selectedRows()
        return str(rows[0].data(ID)) if rows else None

    def _choose(self, identity: str | None) -> None:
        """Select the run again that was selected: by its id, never by its place."""
        if identity is None or identity == self._chosen_id():
            return
        found = self._proxy.match(self._proxy.index(0, 0), ID, identity, 1, Qt.MatchFlag.MatchExactly)
        if found:
            self.table.selectRow(found[0].row())

    def _table(self) -> QTableView:
        table = QTableView()
        table.setObjectName("runs.table")
        table.setAccessibleName(self.tr("Runs"))
        table.setModel(self._proxy)
        table.setSortingEnabled(True)
        table.sortByColumn(len(COLUMNS) - 1, Qt.SortOrder.DescendingOrder)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setShowGrid(False)
        table.setFrameShape(QTableView.Shape.NoFrame)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 5 * SPACE)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for number, column in enumerate(COLUMNS):
            stretch = QHeaderView.ResizeMode.Stretch if column.width == 0 else QHeaderView.ResizeMode.Interactive
            header.setSectionResizeMode(number, stretch)
            if column.width:
                table.setColumnWidth(number, column.width)
        return table

    def _connect(self) -> None:
        self.filter.textChanged.connect(self._proxy.setFilterFixedString)
        self.table.doubleClicked.connect(self._open)
        self.table.selectionModel().selectionChanged.connect(self._allow_open)
        self.open.clicked.connect(self.open_chosen)
        self._allow_open()
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            shortcut = QShortcut(QKeySequence(key), self.table)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(self.open_chosen)
