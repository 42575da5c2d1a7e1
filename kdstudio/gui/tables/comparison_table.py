"""The results table of a run as a widget: teacher, baseline, student and their difference against each metric."""

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt, Slot
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QSizePolicy, QTableView, QWidget

from kdstudio.gui.language import looked_up
from kdstudio.gui.theme import SPACE, theme
from kdstudio.gui.words import size
from kdstudio.results.comparison import Comparison, grid

RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()


class ComparisonModel(QAbstractTableModel):
    """The words of a comparison."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._table: Comparison | None = None
        self._words: list[list[str]] = []

    def show_table(self, table: Comparison | None) -> None:
        """Show `table`."""
        self.beginResetModel()
        self._table = table
        self._words = grid(table, looked_up) if table is not None else []
        if table is not None:
            for words, row in zip(self._words[1:], table.rows, strict=True):
                words[-2] = size(row.bytes) if row.bytes is not None else words[-2]
            self._words[0][-2] = self.tr("Size")
        self.endResetModel()

    def rowCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else max(0, len(self._words) - 1)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() or not self._words else len(self._words[0])

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Vertical or not self._words or self._table is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._words[0][section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return RIGHT if section else LEFT
        metrics = self._table.metrics
        if role == Qt.ItemDataRole.ToolTipRole and 0 < section <= len(metrics):
            return looked_up(metrics[section - 1].help)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return RIGHT if index.column() else LEFT
        return self._words[1 + index.row()][index.column()] if role == Qt.ItemDataRole.DisplayRole else None


class ComparisonTable(QTableView):
    """A table to read: its rows are not selected, since nothing would follow. It is as high as its rows."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.content = ComparisonModel(self)
        self._widths: list[int] = []
        self.setModel(self.content)
        self.setObjectName("results.comparison")
        self.setAccessibleName(self.tr("Results: teacher, baseline and student against each metric"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_Hover, False)
        self.viewport().setMouseTracking(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        header.setMinimumSectionSize(30)
        theme().changed.connect(self._dress)
        self._dress()

    def show_table(self, table: Comparison | None) -> None:
        """Show `table`."""
        self.content.show_table(table)
        self._dress()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self._height())

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self._height())

    def _height(self) -> int:
        rows = self.content.rowCount() * self.verticalHeader().defaultSectionSize()
        bars = self.horizontalHeader().sizeHint().height() + self.horizontalScrollBar().sizeHint().height()
        return rows + bars + 2 * self.frameWidth()

    @Slot()
    def _dress(self) -> None:
        metrics = QFontMetrics(self.font())
        self.verticalHeader().setDefaultSectionSize(metrics.height() + 3 * SPACE)
        self._widths = []
        for column in range(self.content.columnCount()):
            words = [str(self.content.headerData(column, Qt.Orientation.Horizontal) or "")]
            words += [str(self.content.data(self.content.index(row, column))) for row in range(self.content.rowCount())]
            wide = max(metrics.horizontalAdvance(word) for word in words)
            self._widths.append(wide + 5 * SPACE)
        self._fit()
        self.updateGeometry()

    def _fit(self) -> None:
        """Every column has the room that its words need; the names take what is left."""
        spare = self.viewport().width() - sum(self._widths)
        for column, wide in enumerate(self._widths):
            self.setColumnWidth(column, wide + (max(0, spare) if not column else 0))


__all__ = ["ComparisonModel", "ComparisonTable"]
