"""The classes of a finished run as a table: recall, precision, F1, and what each is mistaken for."""

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from kdstudio.gui.language import looked_up
from kdstudio.gui.pages.confusion import ClassRow
from kdstudio.gui.plain_tips import plain_tip
from kdstudio.runs.summary import percent

SORT = Qt.ItemDataRole.UserRole
HEADS = ("Class", "Images", "Recall", "Precision", "F1", "Mistaken for")
TIPS = (
    "", "Test images of this class", "Share of its images that are classified correctly",
    "Share of the images predicted as this class that are of it", "Harmonic mean of recall and precision",
    "The wrong class that is predicted most often for its images, and how often (summed over the seeds shown)",
)  # fmt: skip
NUMBERS = range(1, 5)  # columns that stand at the right
RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()


class ClassesModel(QAbstractTableModel):
    """One row a class."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[ClassRow] = []

    def show_rows(self, rows: list[ClassRow]) -> None:
        """Show `rows`."""
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(HEADS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return looked_up(HEADS[section])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return RIGHT if section in NUMBERS else LEFT
        return looked_up(TIPS[section]) if role == Qt.ItemDataRole.ToolTipRole and TIPS[section] else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return RIGHT if column in NUMBERS else LEFT
        values = (row.name, row.images, row.recall, row.precision, row.f1, row.mistaken_for)
        value = values[column]
        if role == SORT:
            return value[1] if isinstance(value, tuple) else -1 if value is None else value
        if role == Qt.ItemDataRole.ToolTipRole and column not in NUMBERS:
            said = self.data(index)  # a long name may be cut off
            return plain_tip(str(said))
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if isinstance(value, tuple):
            return f"{value[0]}  ({value[1]})"
        if isinstance(value, float):
            return percent(value)
        return "–" if value is None else str(value)


__all__ = ["SORT", "ClassesModel"]
