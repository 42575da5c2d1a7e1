"""The library as a table model, and the thread that reads it."""

import logging
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QThread, Slot
from PySide6.QtGui import QColor, QPainter, QPixmap

from kdstudio.gui.outlook import clock
from kdstudio.gui.theme import theme
from kdstudio.gui.words import state_words
from kdstudio.runs.home import Home
from kdstudio.runs.library import Library, Row
from kdstudio.runs.state import State
from kdstudio.runs.summary import percent

log = logging.getLogger(__name__)

ID = Qt.ItemDataRole.UserRole
SORT = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column: its title, its width (0 takes the rest), the raw value to sort by, and the text to show."""

    title: str
    width: int
    raw: Callable[[Row], Any]
    text: Callable[[Row], str]
    number: bool = False


def _share(value: float | None) -> str:
    return "" if value is None else percent(value)


COLUMNS = (
    Column(title="Title", width=0, raw=lambda row: row.title.casefold(), text=lambda row: row.title),
    Column(title="State", width=112, raw=lambda row: row.state, text=lambda row: state_words(State(row.state))[0]),
    Column(title="Accuracy", width=86, raw=lambda row: row.accuracy, text=lambda row: _share(row.accuracy), number=True),
    Column(title="Agreement", width=92, raw=lambda row: row.agreement, text=lambda row: _share(row.agreement), number=True),
    Column(title="Gain", width=92, raw=lambda row: row.gain, number=True,
           text=lambda row: "" if row.gain is None else f"{100 * row.gain:+.1f} points"),
    Column(title="Time", width=76, raw=lambda row: row.seconds, number=True,
           text=lambda row: "" if row.seconds is None else clock(row.seconds)),
    Column(title="Made (UTC)", width=146, raw=lambda row: row.created, text=lambda row: row.created),
)  # fmt: skip


class RunsModel(QAbstractTableModel):
    """Rows of the library; cells are looked up, never computed ahead."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Row] = []
        self._dots: dict[str, QPixmap] = {}
        theme().changed.connect(self._recolour)

    def row(self, number: int) -> Row:
        """The run in a row."""
        return self._rows[number]

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show `rows`. New runs come in on top and changed ones are repainted; only other changes begin anew."""
        old, new = [row.id for row in self._rows], [row.id for row in rows]
        fresh = len(new) - len(old)
        if fresh >= 0 and new[fresh:] == old:
            self._insert(rows[:fresh])
            self._replace(rows)
            return
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.tr(COLUMNS[section].title)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self._rows[index.row()], COLUMNS[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(row)
        if role == SORT:
            raw = column.raw(row)
            return raw if raw is not None else float("-inf")
        if role == ID:
            return row.id
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.problem or row.headline or row.title
        if role == Qt.ItemDataRole.DecorationRole and column.title == "State":
            return self._dot(row.state)
        return None

    def _insert(self, rows: Sequence[Row]) -> None:
        if rows:
            self.beginInsertRows(QModelIndex(), 0, len(rows) - 1)
            self._rows[:0] = rows
            self.endInsertRows()

    def _replace(self, rows: Sequence[Row]) -> None:
        for number, row in enumerate(rows):
            if self._rows[number] != row:
                self._rows[number] = row
                self.dataChanged.emit(self.index(number, 0), self.index(number, len(COLUMNS) - 1))

    def _dot(self, state: str) -> QPixmap:
        """A dot in the state's colour, beside its word."""
        if state not in self._dots:
            self._dots[state] = _dot(theme().color(state_words(State(state))[1]))
        return self._dots[state]

    @Slot()
    def _recolour(self) -> None:
        self._dots.clear()


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


class LibraryReader(QThread):
    """Reads the library once; `rows` and `problem` are there when it has finished."""

    def __init__(self, home: Home, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._home = home
        self.rows: list[Row] = []
        self.problem = ""

    def run(self) -> None:
        """The thread: never called directly."""
        try:
            self.rows = Library(self._home).rows()
        except (OSError, sqlite3.Error) as error:
            log.info("the library cannot be read: %s", error)
            self.problem = f"{self._home.root}: {error}"
