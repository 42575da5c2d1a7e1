"""Small pictures in rows, each with a line of words: the images of one cell of the confusion matrix."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from kdstudio.gui.cards import Painted
from kdstudio.gui.theme import GAP, SPACE, theme

SIDE = 48  # pixels
WIDTH = 64
MOST = 48  # pictures


class Gallery(Painted):
    """As many pictures as there are, up to MOST; the height follows the width."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("gallery")
        self.pictures: list[tuple[QImage, str]] = []
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_pictures(self, pictures: list[tuple[QImage, str]]) -> None:
        """Show these, each with its words."""
        self.pictures = pictures[:MOST]
        self.setAccessibleName(", ".join(words for _, words in self.pictures[:12]) or self.tr("No images"))
        self._fit()
        self.update()

    def heightForWidth(self, width: int) -> int:
        rows = -(-len(self.pictures) // self._columns(width))
        return max(0, rows * self._line - GAP)

    def sizeHint(self) -> QSize:
        return QSize(6 * WIDTH, self.heightForWidth(max(self.width(), WIDTH)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(theme().font("caption"))
        painter.setPen(theme().color("quiet"))
        columns, height = self._columns(self.width()), painter.fontMetrics().height()
        for number, (image, words) in enumerate(self.pictures):
            x, y = number % columns * (WIDTH + GAP), number // columns * self._line
            painter.drawImage(QRectF(x + (WIDTH - SIDE) / 2, y, SIDE, SIDE), image)
            text = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideMiddle, WIDTH + GAP)
            painter.drawText(QRectF(x - GAP / 2, y + SIDE + 2, WIDTH + GAP, height), Qt.AlignmentFlag.AlignCenter, text)
        painter.end()

    @property
    def _line(self) -> int:
        return SIDE + QFontMetrics(theme().font("caption")).height() + SPACE + GAP

    def _columns(self, width: int) -> int:
        return max(1, (width + GAP) // (WIDTH + GAP))

    def _fit(self) -> None:
        self.setFixedHeight(self.heightForWidth(max(1, self.width())))


__all__ = ["Gallery"]
