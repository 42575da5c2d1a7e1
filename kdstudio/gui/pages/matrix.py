"""The confusion matrix as a picture that can be clicked, walked with the arrow keys, and read aloud: 3 or 100 classes."""

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from kdstudio.gui.cards import Painted
from kdstudio.gui.pages.confusion import Counts
from kdstudio.gui.plain_tips import plain_tip
from kdstudio.gui.theme import SPACE, theme

SMALLEST = 4  # pixels of a cell
NUMBERS_FROM = 22  # pixels of a cell in which a number can be read
LABELS_FROM = 12
LONGEST = 84  # pixels of a class name beside its row


class Matrix(Painted):
    """Rows are true classes, columns are predicted ones. The diagonal is right; elsewhere a cell is the redder the more of its row
    it takes.

    Signals:
        chosen: a cell, as (row, column).
    """

    chosen = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("confusion")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Confusion matrix"))
        self._counts: Counts | None = None
        self._classes: tuple[str, ...] = ()
        self._at: tuple[int, int] | None = None
        self._row: int | None = None
        self._seeds = 1
        self._ringed = False

    def show_counts(self, counts: Counts, classes: tuple[str, ...], seeds: int = 1) -> None:
        """Show these, the sum over `seeds`."""
        self._counts, self._classes, self._seeds = counts, classes, seeds
        self._at = self._row = None
        total, right = int(counts.sum()), int(counts.trace())
        said = self.tr("{0} of {1} test images are classified correctly")
        if seeds > 1:
            said = self.tr("{0} of {1} predictions over {2} seeds are correct")
        self.setAccessibleDescription(said.format(right, total, seeds))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(380, 380)

    def minimumSizeHint(self) -> QSize:
        side = max(220, SMALLEST * len(self._classes) + LONGEST)
        return QSize(side, side)

    def describe(self, row: int, column: int) -> str:
        """A cell in words."""
        assert self._counts is not None
        count, name, predicted = int(self._counts[row, column]), self._classes[row], self._classes[column]
        right = row == column
        if not count:
            said = self.tr("No image of class {0} is predicted as {1}")
            return (self.tr("No image of class {0} is classified correctly") if right else said).format(name, predicted)
        if self._seeds > 1:
            times = self.tr("once") if count == 1 else self.tr("{0} times").format(count)
            said = self.tr("Class {0} predicted as {1} {2} over {3} seeds")
            said = self.tr("Class {0} classified correctly {2} over {3} seeds") if right else said
            return said.format(name, predicted, times, self._seeds)
        images = self.tr("1 image") if count == 1 else self.tr("{0} images").format(count)
        said = (
            self.tr("{0} of class {1} classified correctly") if right else self.tr("{0} of class {1} predicted as {2}")
        )
        return said.format(images, name, predicted)

    def cell_at(self, place: QPoint) -> tuple[int, int] | None:
        """The cell under `place`."""
        grid, side = self._grid()
        if side <= 0 or not grid.contains(place):
            return None
        return int((place.y() - grid.top()) / side), int((place.x() - grid.left()) / side)

    def place_of(self, row: int, column: int) -> QPoint:
        """The middle of a cell."""
        grid, side = self._grid()
        return QPoint(round(grid.left() + (column + 0.5) * side), round(grid.top() + (row + 0.5) * side))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        cell = self.cell_at(event.position().toPoint())
        if cell is not None:
            self.choose(*cell)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        cell = self.cell_at(event.position().toPoint())
        if cell is not None and self._counts is not None:
            QToolTip.showText(event.globalPosition().toPoint(), plain_tip(self.describe(*cell)), self)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        QToolTip.hideText()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {
            Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0),
        }  # fmt: skip
        move = moves.get(Qt.Key(event.key()))
        if move is None or self._counts is None:
            super().keyPressEvent(event)
            return
        row, column = self._at or (0, 0)
        last = len(self._classes) - 1
        self.choose(min(last, max(0, row + move[0])), min(last, max(0, column + move[1])))

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._ringed = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        super().focusInEvent(event)

    def mark_row(self, row: int) -> None:
        """Mark the row of a class in place of a cell."""
        self._at, self._row = None, row
        self.update()

    def choose(self, row: int, column: int) -> None:
        """Mark a cell, and say so."""
        self._at, self._row = (row, column), None
        self.setAccessibleDescription(self.describe(row, column))
        self.update()
        self.chosen.emit(row, column)

    def _grid(self) -> tuple[QRect, float]:
        """Where the cells are, and the side of one."""
        count = len(self._classes)
        if not count:
            return QRect(), 0.0
        height = QFontMetrics(theme().font("caption")).height()
        top, left = height + 2 * SPACE, self._names() + height + SPACE
        side = min(self.width() - left - 2, self.height() - top - height - 2 * SPACE) / count
        spare = max(0.0, self.width() - 2 - left - side * count) / 2
        return QRect(round(left + spare), top, round(side * count), round(side * count)), side

    def _names(self) -> int:
        """The width of the names beside the rows: LONGEST, or more where the cells leave it."""
        metrics = QFontMetrics(theme().font("caption"))
        widest = max(metrics.horizontalAdvance(name) for name in self._classes) + 2 * SPACE
        return min(widest, max(LONGEST, self.width() - self.height()))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._counts is None:
            return
        painter = QPainter(self)
        painter.setFont(theme().font("caption"))
        grid, side = self._grid()
        self._paint_cells(painter, grid, side)
        self._paint_names(painter, grid, side)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._at is not None:
            row, column = self._at
            painter.setPen(QPen(theme().color("text"), 2.0))
            painter.drawRect(QRectF(grid.left() + column * side, grid.top() + row * side, side, side))
        elif self._row is not None:
            painter.setPen(QPen(theme().color("text"), 2.0))
            painter.drawRect(QRectF(grid.left(), grid.top() + self._row * side, grid.width(), side))
        if self._ringed and self.hasFocus():
            painter.setPen(QPen(theme().color("student", 0.75), 2.0))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), 6, 6)
        painter.end()

    def _paint_cells(self, painter: QPainter, grid: QRect, side: float) -> None:
        assert self._counts is not None
        gap = 1.0 if side >= LABELS_FROM else 0.0
        rows = self._counts.sum(axis=1).tolist()
        painter.fillRect(grid, theme().color("raised"))
        for row, counts in enumerate(self._counts.tolist()):
            for column, count in enumerate(counts):
                if not count and row != column:
                    continue
                share = count / rows[row] if rows[row] else 0.0
                right = row == column
                colour = theme().color(
                    "agreement" if right else "failure", 0.08 + 0.72 * (share if right else share**0.5)
                )
                cell = QRectF(grid.left() + column * side, grid.top() + row * side, side - gap, side - gap)
                painter.fillRect(cell, colour)
                if count and side >= NUMBERS_FROM:
                    painter.setPen(theme().color("text"))
                    painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, f"{count}")

    def _paint_names(self, painter: QPainter, grid: QRect, side: float) -> None:
        metrics = painter.fontMetrics()
        height = metrics.height()
        every = max(1, -int(-height // side)) if side < height else 1
        painter.setPen(theme().color("quiet"))
        names = self._names() - SPACE
        left = grid.left() - names - SPACE
        for place in range(0, len(self._classes), every):
            name = metrics.elidedText(self._classes[place], Qt.TextElideMode.ElideMiddle, names)
            y = grid.top() + (place + 0.5) * side
            painter.drawText(QRectF(left, y - height / 2, names, height), Qt.AlignmentFlag.AlignRight, name)
        self._paint_columns(painter, grid, side)
        middle = QRectF(grid.left(), grid.bottom() + SPACE, grid.width(), height)
        painter.drawText(middle, Qt.AlignmentFlag.AlignCenter, self.tr("predicted class"))
        painter.save()
        painter.translate(left - height / 2 - SPACE, grid.center().y())
        painter.rotate(-90)
        painter.drawText(QRectF(-100, -height / 2, 200, height), Qt.AlignmentFlag.AlignCenter, self.tr("true class"))
        painter.restore()

    def _paint_columns(self, painter: QPainter, grid: QRect, side: float) -> None:
        metrics = painter.fontMetrics()
        widest = max(metrics.horizontalAdvance(name) for name in self._classes) + SPACE
        every = max(1, -int(-min(widest, LONGEST) // side))
        for place in range(0, len(self._classes), every):
            room = side * every
            name = metrics.elidedText(self._classes[place], Qt.TextElideMode.ElideMiddle, round(room) - SPACE)
            middle = grid.left() + (place + 0.5) * side
            area = QRectF(middle - room / 2, SPACE, room, metrics.height())
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, name)


__all__ = ["Matrix"]
