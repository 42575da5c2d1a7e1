"""How busy the run's process and its device are: a bar each, with the last minute as a line."""

from collections import deque

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from kdstudio.gui.cards import Card, Painted, Text
from kdstudio.gui.theme import GAP, SPACE, Role, theme
from kdstudio.gui.words import size
from kdstudio.runs.usage import Usage

KEPT = 120  # readings: a minute at two a second


class Gauge(Painted):
    """A share from 0 to 1 with its name, its number and its recent past."""

    def __init__(self, name: str, role: Role, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._role = name, role
        self._past: deque[float] = deque(maxlen=KEPT)
        self.words = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)

    def show_share(self, share: float | None, words: str) -> None:
        """Add one reading; None for nothing to read."""
        if share is not None:
            self._past.append(min(1.0, max(0.0, share)))
        self.words = words
        self.setAccessibleDescription(words)
        self.update()

    def clear(self) -> None:
        """Forget the past: another process is looked at."""
        self._past.clear()

    def sizeHint(self) -> QSize:
        return QSize(150, 2 * QFontMetrics(theme().font("caption")).height() + 36)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme().font("caption"))
        height = painter.fontMetrics().height()
        line = QRectF(0, 0, self.width(), height)
        painter.setPen(theme().color("quiet"))
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft, self._name)
        painter.setPen(theme().color("text"))
        painter.drawText(line.translated(0, height), Qt.AlignmentFlag.AlignLeft, self.words)
        area = QRectF(0.5, 2 * height + SPACE, self.width() - 1, self.height() - 2 * height - SPACE - 1)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color("raised"))
        painter.drawRoundedRect(area, 4, 4)
        if len(self._past) > 1:
            step = area.width() / (KEPT - 1)
            left = area.right() - step * (len(self._past) - 1)
            points = [
                QPointF(left + n * step, area.bottom() - share * (area.height() - 2) - 1)
                for n, share in enumerate(self._past)
            ]
            painter.setBrush(theme().color(self._role, 0.25))
            painter.drawPolygon(
                QPolygonF([QPointF(left, area.bottom()), *points, QPointF(area.right(), area.bottom())])
            )
            painter.setPen(QPen(theme().color(self._role), 1.5))
            painter.drawPolyline(QPolygonF(points))
        painter.end()


class Machine(Card):
    """CPU, memory, and the GPU where there is one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("run.machine")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.cpu = Gauge(self.tr("CPU, of all cores"), "student")
        self.memory = Gauge(self.tr("Memory of the run"), "agreement")
        self.gpu = Gauge(self.tr("GPU"), "teacher")
        self.gpu_memory = Gauge(self.tr("GPU memory"), "teacher")
        self.note = Text("", "caption", "quiet")
        head = QHBoxLayout()
        head.addWidget(Text(self.tr("Machine"), "strong"), 1)
        head.addWidget(self.note)
        self.body.addLayout(head)
        row = QHBoxLayout()
        row.setSpacing(2 * GAP)
        for gauge in self.gauges:
            row.addWidget(gauge, 1)
        self.body.addLayout(row)
        self._shown: Usage | None = None
        self.show_usage(None)

    @property
    def gauges(self) -> tuple[Gauge, ...]:
        """All four."""
        return self.cpu, self.memory, self.gpu, self.gpu_memory

    def show_usage(self, usage: Usage | None) -> None:
        """Show one reading, once; None while no process of the run is at work on this computer."""
        if usage is not None and usage is self._shown:
            return
        self._shown = usage
        self.note.setText("" if usage else self.tr("The run is not running on this computer"))
        for gauge in self.gauges:
            known = usage is not None and (usage.gpu is not None or gauge in (self.cpu, self.memory))
            gauge.setVisible(known)
        if usage is None:
            for gauge in self.gauges:
                gauge.clear()
                gauge.show_share(None, "–")
            return
        whole = usage.memory + usage.memory_free
        self.cpu.show_share(usage.cpu, f"{100 * usage.cpu:.0f} %")
        free = self.tr("{0}, {1} free").format(size(usage.memory), size(usage.memory_free))
        self.memory.show_share(usage.memory / whole if whole else None, free)
        if usage.gpu is not None:
            self.gpu.show_share(usage.gpu, f"{100 * usage.gpu:.0f} %")
        if usage.gpu_memory is not None and usage.gpu_memory_total:
            said = self.tr("{0} of {1}").format(size(usage.gpu_memory), size(usage.gpu_memory_total))
            self.gpu_memory.show_share(usage.gpu_memory / usage.gpu_memory_total, said)


__all__ = ["Machine"]
