"""The view of the table of classes: the worst first, numbers as wide as they need, names cut off last."""

from PySide6.QtCore import QItemSelection, QSortFilterProxyModel, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QSizePolicy, QTableView, QWidget

from kdstudio.gui.language import looked_up
from kdstudio.gui.tables.classes_model import HEADS, NUMBERS, SORT, ClassesModel
from kdstudio.gui.tables.selection import tint_selection
from kdstudio.gui.theme import SPACE, theme

RECALL = 2  # the column it is sorted by at first


class ClassesTable(QTableView):
    """The classes of `model`, sorted by a click on a column, or by a command.

    Signals:
        picked: a class by its number, whose row people have selected.
    """

    picked = Signal(int)

    def __init__(self, model: ClassesModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._names = 0
        proxy = QSortFilterProxyModel(self)
        proxy.setSourceModel(model)
        proxy.setSortRole(SORT)
        self.setModel(proxy)
        self.setObjectName("results.classes")
        self.setAccessibleName(self.tr("Classes: recall, precision, and what they are mistaken for"))
        self.setSortingEnabled(True)
        self.sortByColumn(RECALL, Qt.SortOrder.AscendingOrder)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(40)
        header.setSectionResizeMode(len(HEADS) - 1, QHeaderView.ResizeMode.Stretch)
        self.setMinimumHeight(180)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.selectionModel().selectionChanged.connect(self._pick)
        model.modelReset.connect(self.fit)
        theme().changed.connect(self._dress)
        self._dress()

    def listed_columns(self) -> list[tuple[int, str]]:
        """The columns: place and title."""
        return [(place, looked_up(title)) for place, title in enumerate(HEADS)]

    @property
    def sorted_by(self) -> tuple[int, bool]:
        """The column that the classes are sorted by, and whether the largest is first."""
        header = self.horizontalHeader()
        return header.sortIndicatorSection(), header.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder

    def sort_by(self, column: int) -> None:
        """Sort by a column as a click on its head does: by the one in force, the other way round."""
        down = self.sorted_by == (column, False)
        self.sortByColumn(column, Qt.SortOrder.DescendingOrder if down else Qt.SortOrder.AscendingOrder)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    @Slot(QItemSelection, QItemSelection)
    def _pick(self, *_: object) -> None:
        rows = self.selectionModel().selectedRows()
        proxy = self.model()
        if rows and isinstance(proxy, QSortFilterProxyModel):
            self.picked.emit(proxy.mapToSource(rows[0]).row())

    @Slot()
    def _dress(self) -> None:
        tint_selection(self)
        self.fit()

    @Slot()
    def fit(self) -> None:
        """Give the numbers what they need; the class and what it is mistaken for share the rest."""
        metrics, taken = self.fontMetrics(), 0
        self.verticalHeader().setDefaultSectionSize(metrics.height() + 3 * SPACE)
        for column in NUMBERS:
            words = (str(self._model.headerData(column, Qt.Orientation.Horizontal)), "100.0 %")
            width = max(metrics.horizontalAdvance(each) for each in words) + 7 * SPACE  # and the sign of the order
            self.setColumnWidth(column, width)
            taken += width
        rows = range(self._model.rowCount())
        names = [str(self._model.data(self._model.index(row, 0))) for row in rows]
        widest = max((metrics.horizontalAdvance(name) for name in names), default=0) + 6 * SPACE
        room = max(160, self.viewport().width() - taken)
        self.setColumnWidth(0, min(max(widest, 17 * SPACE), room // 2))


__all__ = ["ClassesTable"]
