"""Small tinted boxes, one beneath the other: what is worth knowing, and the clicks that help."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QPushButton, QSizePolicy, QVBoxLayout, QWidget

from kdstudio.gui.cards import Painted, Text
from kdstudio.gui.icons import pixmap
from kdstudio.gui.theme import SPACE, Role, theme


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """A few words; `offers` are (what a button says, what it stands for)."""

    title: str
    detail: str = ""
    role: Role = "teacher"
    offers: tuple[tuple[str, Mapping[str, Any]], ...] = ()


class Notices(QWidget):
    """A column of notices; it takes no room while there is none.

    Signals:
        chosen: a button was clicked; carries what it stands for.
    """

    chosen = Signal(object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACE)
        self.shown: tuple[Notice, ...] = ()
        self.hide()

    def show_notices(self, notices: Sequence[Notice]) -> None:
        """Show these; what is shown already is left alone, so that nothing flickers."""
        if tuple(notices) == self.shown:
            return
        self.shown = tuple(notices)
        while self._column.count():
            item = self._column.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for notice in notices:
            self._column.addWidget(_Box(notice, self))
        self.setVisible(bool(notices))


class _Box(Painted):
    """One notice."""

    def __init__(self, notice: Notice, owner: Notices) -> None:
        super().__init__(owner)
        self._notice = notice
        self.setAccessibleName(f"{notice.title}. {notice.detail}")
        column = QVBoxLayout(self)
        column.setContentsMargins(9 * SPACE, 2 * SPACE, 3 * SPACE, 2 * SPACE)
        column.setSpacing(SPACE // 2)
        column.addWidget(Text(notice.title, "strong", wrap=True))
        if notice.detail:
            column.addWidget(Text(notice.detail, "caption", wrap=True))
        for number, (said, meant) in enumerate(notice.offers):
            column.addSpacing(SPACE // 2)
            column.addWidget(self._offer(f"{owner.objectName()}.{number}", said, meant, owner))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme().color(self._notice.role, 0.35), 1.0))
        painter.setBrush(theme().color(self._notice.role, 0.12))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        sign = pixmap("warning", self._notice.role, 16, self.devicePixelRatioF())
        painter.drawPixmap(3 * SPACE, 2 * SPACE + 1, sign)
        painter.end()

    def _offer(self, name: str, said: str, meant: Mapping[str, Any], owner: Notices) -> QPushButton:
        button = QPushButton(said, self)
        button.setObjectName(name)
        button.clicked.connect(lambda: owner.chosen.emit(meant))
        return button
