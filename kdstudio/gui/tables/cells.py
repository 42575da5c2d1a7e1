"""How a cell of the table of runs is drawn: at once, from its row.

The style asks the model nine things of each cell and lays its text out anew each time: 35 ms for a screenful of 170 cells,
which is most of what a keystroke in the filter may take. This draws the same in a third of that.
"""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, Qt, Slot
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from kdstudio.gui.presenter import shown
from kdstudio.gui.tables.columns import COLUMNS
from kdstudio.gui.tables.runs_model import LEFT, RIGHT, RunsModel, colour_of
from kdstudio.gui.tables.sparkline import picture
from kdstudio.gui.theme import SPACE, Role, theme

Index = QModelIndex | QPersistentModelIndex
MARGIN = 2 * SPACE
BAR = 3  # pixels of the bar that marks a chosen row: colour alone would be the only sign


class CellDelegate(QStyledItemDelegate):
    """Draws every cell of `table`; the row under the mouse is marked as a whole."""

    def __init__(self, table: QTableView) -> None:
        super().__init__(table)
        self._table = table
        self._hovered = -1
        self._colours: dict[tuple[Role, float], QColor] = {}
        table.setMouseTracking(True)
        table.entered.connect(self._enter)
        table.viewportEntered.connect(self.leave)
        theme().changed.connect(self._recolour)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model, area = index.model(), option.rect
        if not isinstance(model, RunsModel):
            return
        place = index.column()
        self._ground(painter, option, index.row(), first=place == 0)
        column, row = COLUMNS[place], model.row(index.row())
        if column.id == "curve":
            if row.curve:
                scale = painter.device().devicePixelRatioF()
                size = (area.width(), area.height())
                painter.drawPixmap(area.topLeft(), picture(row.curve, self._colour("student").name(), *size, scale))
            return
        inner = area.adjusted(MARGIN, 0, -MARGIN, 0)
        mark = model.mark_of(row, column)
        if mark is not None:
            inner.setLeft(_draw_mark(painter, mark, inner))
        painter.setPen(colour_of(row, column) or self._colour("text"))
        painter.setFont(option.font)
        text = QFontMetrics(option.font).elidedText(shown(column.text(row)), Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner, int(RIGHT if column.number else LEFT) | Qt.TextFlag.TextSingleLine.value, text)

    @Slot()
    def _recolour(self) -> None:
        self._colours.clear()

    @Slot()
    def leave(self) -> None:
        """The mouse is over no row."""
        self._hover(-1)

    @Slot(QModelIndex)
    def _enter(self, index: QModelIndex) -> None:
        self._hover(index.row())

    def _hover(self, row: int) -> None:
        if row != self._hovered:
            for each in (self._hovered, row):
                if each >= 0:
                    top, height = self._table.rowViewportPosition(each), self._table.rowHeight(each)
                    self._table.viewport().update(0, top, self._table.viewport().width(), height)
            self._hovered = row

    def _ground(self, painter: QPainter, option: QStyleOptionViewItem, row: int, *, first: bool) -> None:
        state, area = option.state, option.rect
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        if chosen:
            painter.fillRect(area, self._colour("student", 0.12))
        elif row == self._hovered:
            painter.fillRect(area, self._colour("raised"))
        if chosen and first:
            painter.fillRect(area.left(), area.top(), BAR, area.height(), self._colour("student"))
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(self._colour("student"))
            painter.drawRect(area.adjusted(0, 0, -1, -1))

    def _colour(self, role: Role, share: float = 1.0) -> QColor:
        found = self._colours.get((role, share))
        if found is None:
            found = self._colours[(role, share)] = theme().color(role, share)
        return found


def _draw_mark(painter: QPainter, mark: QPixmap, area: QRect) -> int:
    """Draw a mark at the left of `area`; where what follows it begins."""
    size = mark.deviceIndependentSize()
    top = area.top() + (area.height() - size.height()) / 2
    painter.drawPixmap(QPoint(area.left(), round(top)), mark)
    return area.left() + round(size.width()) + MARGIN
