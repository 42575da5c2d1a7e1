"""The library as a table model that sorts and filters by itself: a proxy would ask Python 260,000 times to sort 10,000 runs."""

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Slot
from PySide6.QtGui import QColor, QPainter, QPixmap

from kdstudio.gui.language import cause_of, headline_of, looked_up
from kdstudio.gui.plain_tips import plain_tip
from kdstudio.gui.presenter import shown
from kdstudio.gui.states import row_words
from kdstudio.gui.tables.columns import COLUMNS, PLACES, Column, searched, spoken
from kdstudio.gui.theme import Role, theme
from kdstudio.runs.library import Row

FOLDER = Qt.ItemDataRole.UserRole
BLOCKS = 40  # blocks of rows that may come or go one by one; more begin anew
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
CHOOSABLE = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
EDITABLE = CHOOSABLE | Qt.ItemFlag.ItemIsEditable
Index = QModelIndex | QPersistentModelIndex


def _refuse(row: Row, name: str) -> bool:
    return False


class RunsModel(QAbstractTableModel):
    """Rows of the library, filtered and in order; cells are looked up, never computed ahead. A run is known by its folder: one
    that somebody has copied has the same id.

    Args:
        rename: gives a run another name; says whether that was done.
    """

    def __init__(self, rename: Callable[[Row, str], bool] = _refuse, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rename = rename
        self._all: list[tuple[Row, str]] = []  # in order, with what a filter looks through
        self._rows: list[Row] = []
        self._texts: dict[str, tuple[Row, str]] = {}
        self._words: list[str] = []
        self._sort, self._descending = "created", True
        self._dots: dict[Role, QPixmap] = {}
        self._marks: dict[str, QPixmap] = {}
        theme().changed.connect(self._recolour)

    @property
    def total(self) -> int:
        """How many runs there are, shown or not."""
        return len(self._all)

    def row(self, number: int) -> Row:
        """The run in a row."""
        return self._rows[number]

    def place_of(self, folder: str) -> int | None:
        """The row of the run in `folder`; None while it is not shown."""
        return next((number for number, row in enumerate(self._rows) if row.folder == folder), None)

    def places_of(self, folders: set[str]) -> list[int]:
        """The rows of those runs that are shown."""
        return [number for number, row in enumerate(self._rows) if row.folder in folders]

    def shown(self) -> list[Row]:
        """The runs that are shown, in order."""
        return list(self._rows)

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show `rows`, a reading of the library. What changed is repainted, what came or went does so block by block."""
        old = self._texts
        self._texts = {row.folder: known if (known := old.get(row.folder)) and known[0] is row else (row, searched(row))
                       for row in rows}  # fmt: skip
        self._order()
        self._become(self._filtered())

    def filter_by(self, text: str) -> None:
        """Show the runs that hold every word of `text`."""
        words = text.casefold().split()
        if words != self._words:
            self._words = words
            self._begin_anew(self._filtered())

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._sort, self._descending = COLUMNS[column].id, order == Qt.SortOrder.DescendingOrder
        self._order()
        self._begin_anew(self._filtered())

    def mark(self, marks: dict[str, QPixmap]) -> None:
        """Show a mark before the title of these runs, by folder: the line that each has in an overlay."""
        if marks or self._marks:
            touched = set(self._marks) | set(marks)
            self._marks = marks
            for number in self.places_of(touched):
                cell = self.index(number, PLACES["title"])
                self.dataChanged.emit(cell, cell, [Qt.ItemDataRole.DecorationRole])

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        return EDITABLE if index.column() == PLACES["title"] else CHOOSABLE

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return looked_up(COLUMNS[section].title)
        if role == Qt.ItemDataRole.ToolTipRole:
            return looked_up(COLUMNS[section].tip) or None
        return (RIGHT if COLUMNS[section].number else LEFT) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self._rows[index.row()], COLUMNS[index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return shown(column.text(row))
            case Qt.ItemDataRole.TextAlignmentRole:
                return RIGHT if column.number else LEFT
            case Qt.ItemDataRole.DecorationRole:
                return self.mark_of(row, column)
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip(shown(_tip(row, column)))
            case Qt.ItemDataRole.ForegroundRole:
                return colour_of(row, column)
            case Qt.ItemDataRole.EditRole:
                return row.title
            case Qt.ItemDataRole.AccessibleTextRole:
                return spoken(column, row)
        return row.folder if role == FOLDER else None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        row = self._rows[index.row()]
        if role != Qt.ItemDataRole.EditRole or COLUMNS[index.column()].id != "title" or str(value).strip() == row.title:
            return False
        return self._rename(row, " ".join(str(value).split()))

    def _order(self) -> None:
        """Put all rows in order; what is not known comes last, either way."""
        raw = COLUMNS[PLACES[self._sort]].raw
        values = [(raw(pair[0]), pair) for pair in self._texts.values()]
        known = [each for each in values if each[0] is not None]
        known.sort(key=lambda each: each[0], reverse=self._descending)
        self._all = [pair for _, pair in known] + [pair for value, pair in values if value is None]

    def _filtered(self) -> list[Row]:
        """The rows that the filter lets through, in order."""
        pairs = self._all
        for word in self._words:
            pairs = [pair for pair in pairs if word in pair[1]]
        return [row for row, _ in pairs]

    def _begin_anew(self, rows: list[Row]) -> None:
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def _become(self, rows: list[Row]) -> None:
        """Go from what is shown to `rows` in the gentlest way there is."""
        names = [row.folder for row in rows]
        for gentle in (self._remove, self._insert):
            if [row.folder for row in self._rows] != names:
                gentle(rows)
        if [row.folder for row in self._rows] != names:
            self._begin_anew(rows)
            return
        for number, row in enumerate(rows):
            if self._rows[number] is not row and self._rows[number] != row:
                self._rows[number] = row
                self.dataChanged.emit(self.index(number, 0), self.index(number, len(COLUMNS) - 1))
        self._rows = rows

    def _remove(self, rows: list[Row]) -> None:
        """Take away the runs that are in `rows` no more."""
        kept = {row.folder for row in rows}
        blocks = _blocks([number for number, row in enumerate(self._rows) if row.folder not in kept])
        for first, last in reversed(blocks) if len(blocks) <= BLOCKS else ():
            self.beginRemoveRows(QModelIndex(), first, last)
            del self._rows[first : last + 1]
            self.endRemoveRows()

    def _insert(self, rows: list[Row]) -> None:
        """Put in the runs of `rows` that are new, where the others are in the same order."""
        known = {row.folder for row in self._rows}
        blocks = _blocks([number for number, row in enumerate(rows) if row.folder not in known])
        stay = [row.folder for row in rows if row.folder in known]
        if len(blocks) > BLOCKS or stay != [row.folder for row in self._rows]:
            return
        for first, last in blocks:
            self.beginInsertRows(QModelIndex(), first, last)
            self._rows[first:first] = rows[first : last + 1]
            self.endInsertRows()

    def mark_of(self, row: Row, column: Column) -> QPixmap | None:
        """What stands before the text of a cell: a state's dot, or the line that a run has in an overlay."""
        if column.id == "title":
            return self._marks.get(row.folder)
        return self._dot(row_words(row)[1]) if column.id == "state" else None

    def _dot(self, role: Role) -> QPixmap:
        """A dot in the state's colour, beside its word."""
        if role not in self._dots:
            self._dots[role] = _dot(theme().color(role))
        return self._dots[role]

    @Slot()
    def _recolour(self) -> None:
        self._dots.clear()


def colour_of(row: Row, column: Column) -> QColor | None:
    """A gain that is beyond noise stands out; its sign says the same."""
    if column.id not in ("gain", "interval") or row.gain_low is None or row.gain_high is None:
        return None
    role: Role | None = "agreement" if row.gain_low > 0 else "failure" if row.gain_high < 0 else None
    return theme().ink(role) if role is not None else None


def _tip(row: Row, column: Column) -> str:
    if column.id in ("tags", "notes"):
        return column.text(row)
    return row.problem or cause_of(row) or headline_of(row) or row.title


def _blocks(numbers: list[int]) -> list[tuple[int, int]]:
    """Runs of consecutive numbers, as first and last."""
    blocks: list[tuple[int, int]] = []
    for number in numbers:
        if blocks and blocks[-1][1] == number - 1:
            blocks[-1] = (blocks[-1][0], number)
        else:
            blocks.append((number, number))
    return blocks


def _dot(colour: QColor) -> QPixmap:
    dot = QPixmap(20, 20)
    dot.setDevicePixelRatio(2)
    dot.fill(Qt.GlobalColor.transparent)
    painter = QPainter(dot)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawEllipse(1, 1, 8, 8)
    painter.end()
    return dot
