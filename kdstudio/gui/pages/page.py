"""The frame that all pages share: a title line, room for controls at its right, and a quiet ground that scrolls."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from kdstudio.gui.cards import Elided
from kdstudio.gui.theme import GAP, MARGIN, SPACE


class Page(QWidget):
    """A page. `head` is the title's line; put what the page is about into `body`."""

    def __init__(self, title: str, subtitle: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.title = Elided(title, "title")
        self.title.setObjectName(f"{name}.title")
        self.subtitle = Elided(subtitle, "body", "quiet")
        self.head = QHBoxLayout()
        self.head.setSpacing(GAP)
        self.words = QVBoxLayout()
        self.words.setSpacing(SPACE // 2)
        self.words.addWidget(self.title)
        self.words.addWidget(self.subtitle)
        self.head.addLayout(self.words, 1)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(MARGIN, 5 * SPACE, MARGIN, 5 * SPACE)
        self.body.setSpacing(GAP)
        self.body.addLayout(self.head)

    def needs(self) -> int:
        """Pixels of width that it needs: the help stands beside it where it has them, else over it."""
        return self.minimumSizeHint().width()


def scrolling(inside: QWidget, name: str) -> QScrollArea:
    """`inside` on a ground that scrolls up and down, without a frame of its own."""
    area = QScrollArea()
    area.setObjectName(name)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(inside)
    area.viewport().setAutoFillBackground(False)
    inside.setAutoFillBackground(False)
    return area
