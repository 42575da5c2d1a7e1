"""Text that can be edited and hides paths from an audience: it paints another text, and holds the one that was given."""

from itertools import islice

from PySide6.QtCore import QPointF, QRectF, Qt, Slot
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QTextBlock,
    QTextLayout,
)
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QStyle, QStyleOptionFrame, QWidget

from kdstudio.gui.edge import Line, paint_edge
from kdstudio.gui.presenter import shown_values
from kdstudio.gui.theme import SPACE, theme

BLOCK, LINE = "\u2029", "\u2028"  # as Qt keeps the end of a block, and that of a line in one, which Shift+Return makes


class PrivateLine(Line):
    """In presenter mode a path in it is painted by its last part alone, until somebody clicks or types into it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._open = False  # somebody edits it: they must see what they do
        theme().changed.connect(self._repaint)

    @property
    def painted(self) -> str:
        """What is to be read in it now."""
        return self.text() if self._open and self.hasFocus() else shown_values(self.text())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._open = True
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._open = True
        super().keyPressEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._open = False
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.painted == self.text():
            super().paintEvent(event)
            return
        option = QStyleOptionFrame()
        self.initStyleOption(option)
        painter = QPainter(self)
        self.style().drawPrimitive(QStyle.PrimitiveElement.PE_PanelLineEdit, option, painter, self)
        area = self.style().subElementRect(QStyle.SubElement.SE_LineEditContents, option, self)
        area.adjust(SPACE // 2, 0, -SPACE // 2, 0)
        painter.setPen(self.palette().color(QPalette.ColorRole.Text))
        said = painter.fontMetrics().elidedText(self.painted, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, said)
        painter.end()
        paint_edge(self)

    @Slot()
    def _repaint(self) -> None:
        self.update()


class PrivateText(QPlainTextEdit):
    """In presenter mode each path in it is painted by its last part alone; not in the line that is being edited."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme().changed.connect(self._repaint)

    def visible_lines(self) -> list[tuple[QTextBlock, QRectF]]:
        """The blocks in view, and where they are in the viewport."""
        found = []
        block, offset = self.firstVisibleBlock(), self.contentOffset()
        while block.isValid():
            area = self.blockBoundingGeometry(block).translated(offset)
            if area.top() > self.viewport().height():
                break
            found.append((block, area))
            block = block.next()
        return found

    def formats_of(self, text: str) -> "list[QTextLayout.FormatRange]":
        """What is not plain in a line."""
        return []

    def ground_of(self, block: QTextBlock) -> QColor:
        """What a line stands on."""
        return self.palette().color(QPalette.ColorRole.Base)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if theme().presenter:
            painter = QPainter(self.viewport())
            self._mask(painter)
            painter.end()

    def _mask(self, painter: QPainter) -> None:
        """Paint each line that has a path in it anew, without where it leads."""
        edge = 0 if self.frameShape() == QFrame.Shape.NoFrame else 2  # the style paints a frame into the viewport
        edited = self.textCursor().blockNumber() if self.hasFocus() else -1
        lines = self._shown_blocks()
        for block, area in self.visible_lines():
            text = lines[block.blockNumber()]
            if text != block.text() and block.blockNumber() != edited:
                painter.fillRect(
                    QRectF(edge, area.top(), self.viewport().width() - 2 * edge, area.height()), self.ground_of(block)
                )
                self._write(painter, text, area)

    def _shown_blocks(self) -> list[str]:
        """What may be read of each block; of all, since a path may be folded over several, and one may have several lines."""
        raw = self.document().toRawText()
        lines = iter(shown_values(raw.replace(BLOCK, "\n").replace(LINE, "\n")).split("\n"))
        return [LINE.join(islice(lines, text.count(LINE) + 1)) for text in raw.split(BLOCK)]

    def _write(self, painter: QPainter, text: str, area: QRectF) -> None:
        margin = self.document().documentMargin()
        wraps = self.lineWrapMode() == QPlainTextEdit.LineWrapMode.WidgetWidth
        layout, top = QTextLayout(text, self.font()), 0.0
        layout.setFormats(self.formats_of(text))
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(self.viewport().width() - 2 * margin if wraps else 1e6)
            line.setPosition(QPointF(0, top))
            top += line.height()
        layout.endLayout()
        painter.setPen(self.palette().color(QPalette.ColorRole.Text))
        layout.draw(painter, QPointF(area.left() + margin, area.top()))

    @Slot()
    def _repaint(self) -> None:
        self.viewport().update()
