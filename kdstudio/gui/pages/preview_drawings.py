"""What the preview draws by itself: sample images, class counts, and two networks to scale."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from kdstudio.gui.cards import Painted
from kdstudio.gui.plain_tips import plain_tip
from kdstudio.gui.theme import SPACE, Role, theme

COLUMNS, LINES = 7, 2
CELL, BETWEEN = 48, 2  # pixels that an image has at most, and between two
SHARP = 16  # pixels: an image of no more is enlarged by a whole number, so that a pixel stays a square
BAR = 8  # pixels


def picture(sample: Mapping[str, Any]) -> QImage:
    """The image that the desk sent; a null one where its bytes do not fit its shape."""
    shape = [int(side) for side in sample.get("shape", ())]
    try:
        data = base64.b64decode(str(sample.get("bytes", "")), validate=True)
    except binascii.Error:
        return QImage()
    grey = len(shape) == 2
    if (not grey and shape[2:] != [3]) or len(data) != shape[0] * shape[1] * (1 if grey else 3) or not data:
        return QImage()
    kind = QImage.Format.Format_Grayscale8 if grey else QImage.Format.Format_RGB888
    return QImage(data, shape[1], shape[0], len(data) // shape[0], kind).copy()


class _Spoken(Painted):
    """Says in a tooltip what is under the pointer."""

    def at(self, place: QPointF) -> str:
        """What is drawn at `place`, in words."""
        raise NotImplementedError

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), plain_tip(self.at(QPointF(event.pos()))), self)
            return True
        return super().event(event)


class SampleGrid(_Spoken):
    """Up to two rows of images, as large as there is room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preview.samples")
        self.images: list[QImage] = []
        self.names: list[str] = []
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.show_samples([])

    def show_samples(self, samples: Sequence[Mapping[str, Any]]) -> None:
        """Show what the desk sent."""
        shown = samples[: COLUMNS * LINES]
        self.images = [picture(sample) for sample in shown]
        self.names = [str(sample.get("class", "")) for sample in shown]
        self.setAccessibleName(self.tr("Sample images"))
        self.setAccessibleDescription(", ".join(self.names))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(296, self.heightForWidth(296))

    def heightForWidth(self, width: int) -> int:
        lines = -(-len(self.images) // COLUMNS) or LINES
        return lines * _side(width) + (lines - 1) * SPACE

    def at(self, place: QPointF) -> str:
        cells = (number for number in range(len(self.images)) if self._cell(number).contains(place.toPoint()))
        return next((self.names[number] for number in cells), "")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        for number in range(COLUMNS * LINES):
            cell = self._cell(number)
            if number < len(self.images) and not self.images[number].isNull():
                self._draw(painter, self.images[number], cell)
            elif not self.images:
                self._place(painter, cell)
        painter.end()

    def _cell(self, number: int) -> QRect:
        side = _side(self.width())
        step = (self.width() - side) / (COLUMNS - 1)
        return QRect(round(number % COLUMNS * step), number // COLUMNS * (side + SPACE), side, side)

    def _draw(self, painter: QPainter, image: QImage, cell: QRect) -> None:
        scale = self.devicePixelRatioF()
        longest = max(image.width(), image.height())
        times = int(cell.width() * scale) // longest if longest <= SHARP else 0
        fitted = image.size().scaled(cell.size(), Qt.AspectRatioMode.KeepAspectRatio)
        enlarged = QSize(round(image.width() * times / scale), round(image.height() * times / scale))
        area = QRect(cell.topLeft(), enlarged if times else fitted)
        area.moveCenter(cell.center())
        clip = QPainterPath()
        clip.addRoundedRect(QRectF(cell), 3, 3)
        painter.setClipPath(clip)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, times == 0)
        painter.drawImage(area, image)
        painter.setClipping(False)

    def _place(self, painter: QPainter, cell: QRect) -> None:
        """Where an image will be."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color("raised"))
        painter.drawRoundedRect(QRectF(cell), 3, 3)


def _side(width: int) -> int:
    """Pixels of a cell where all of them have `width` together."""
    return max(1, min(CELL, (width - (COLUMNS - 1) * BETWEEN) // COLUMNS))


class CountBars(_Spoken):
    """How many training images each class has: a bar for each, also for a hundred classes. An empty class is a red tick."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preview.counts")
        self.counts: list[int] = []
        self.names: list[str] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_counts(self, names: Sequence[str], counts: Sequence[int]) -> None:
        """Show the count of each class."""
        self.names, self.counts = [str(name) for name in names], [int(count) for count in counts]
        self.setAccessibleName(self.tr("Training images in each class"))
        said = [self._said(number) for number in range(min(20, len(self.counts)))]
        self.setAccessibleDescription("; ".join(said))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(296, 32)

    def at(self, place: QPointF) -> str:
        number = int(place.x() * len(self.counts) / max(1, self.width()))
        return self._said(number) if 0 <= number < len(self.counts) else ""

    def _said(self, number: int) -> str:
        said = self.tr("{0}: {1} image") if self.counts[number] == 1 else self.tr("{0}: {1} images")
        return said.format(self.names[number], f"{self.counts[number]:,}")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), theme().color("border"))
        step, most = self.width() / max(1, len(self.counts)), max(self.counts, default=1) or 1
        gap = 3.0 if step >= 12 else 1.0 if step >= 2.5 else 0.0
        for number, count in enumerate(self.counts):
            tall = max(2.0, (self.height() - 1) * count / most)
            area = QRectF(number * step + gap / 2, self.height() - 1 - tall, max(1.0, step - gap), tall)
            painter.fillRect(area, theme().color("baseline", 0.75) if count else theme().color("failure"))
        painter.end()


class SizeBars(Painted):
    """One measure of teacher and student, drawn to scale: the longer bar is as long as there is room."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self.shown: tuple[tuple[str, Role, float | None, str], ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.show_sizes(None, "", None, "")

    def show_sizes(self, teacher: float | None, teacher_said: str, student: float | None, student_said: str) -> None:
        """Show both numbers; None is not known yet."""
        self.shown = (
            (self.tr("teacher"), "teacher", teacher, teacher_said),
            (self.tr("student"), "student", student, student_said),
        )
        self.setAccessibleName(self._title)
        said = self.tr("teacher {0}, student {1}").format(teacher_said, student_said)
        self.setAccessibleDescription(said if teacher_said else "")
        self.setToolTip(f"{teacher:,.0f} : {student:,.0f}" if teacher is not None and student is not None else "")
        self.update()

    def length(self, number: int) -> float:
        """How long the bar of row `number` is, as a share of the longest."""
        most = max((value or 0.0 for _, _, value, _ in self.shown), default=0.0)
        return (self.shown[number][2] or 0.0) / most if most else 0.0

    def sizeHint(self) -> QSize:
        return QSize(296, self._line("eyebrow") + 2 * self._line("body"))

    def _line(self, scale: Any) -> int:
        return QFontMetrics(theme().font(scale)).height() + SPACE // 2

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme().font("eyebrow"))
        painter.setPen(theme().color("quiet"))
        head, line = self._line("eyebrow"), self._line("body")
        painter.drawText(QRect(0, 0, self.width(), head), Qt.AlignmentFlag.AlignVCenter, self._title.upper())
        for number in range(len(self.shown)):
            self._row(painter, QRect(0, head + number * line, self.width(), line), number)
        painter.end()

    def _row(self, painter: QPainter, row: QRect, number: int) -> None:
        name, role, value, said = self.shown[number]
        painter.setFont(theme().font("body"))
        painter.setPen(theme().color("text"))
        painter.drawText(row, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
        painter.setPen(theme().color("quiet"))
        painter.drawText(row, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, said)
        began = max(painter.fontMetrics().horizontalAdvance(each[0]) for each in self.shown) + 3 * SPACE
        room = row.width() - began - painter.fontMetrics().horizontalAdvance("888.8 MB") - 2 * SPACE
        area = QRectF(began, row.center().y() - BAR / 2 + 1, room, BAR)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color("raised"))
        painter.drawRoundedRect(area, BAR / 2, BAR / 2)
        if value:
            area.setWidth(max(float(BAR), room * self.length(number)))
            painter.setBrush(theme().color(role))
            painter.drawRoundedRect(area, BAR / 2, BAR / 2)
