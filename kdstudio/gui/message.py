"""What the window says by itself: a box over the lower edge of the page, so that nothing on the page moves under the mouse."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from PySide6.QtCore import QEvent, QObject, QTimer, Slot
from PySide6.QtWidgets import QAbstractButton, QPushButton, QWidget

from kdstudio.gui.cards import Banner
from kdstudio.gui.theme import GAP, SPACE, Role, theme

MessageButton: TypeAlias = tuple[str, Callable[[], object]]

WIDEST = 620  # pixels: what stands at the right edge of a page, such as Start, stays free
SIGNS = {"failure": "warning", "teacher": "warning", "agreement": "check"}


class Message(Banner):
    """The message of a window, shown until it is closed.

    Args:
        area: what it lies over.
    """

    def __init__(self, area: QWidget) -> None:
        super().__init__("failure", "warning", area)
        self.setObjectName("message")
        self._offered: list[QAbstractButton] = []
        self.close_button = QPushButton(self.tr("Close"))
        self.close_button.setObjectName("message.close")
        self.close_button.clicked.connect(self.clear)
        self.offers.addWidget(self.close_button)
        area.installEventFilter(self)
        theme().changed.connect(self._place_soon)

    def show_words(
        self, title: str, detail: str = "", role: Role = "failure", buttons: Sequence[MessageButton] = ()
    ) -> None:
        """Show these words, and `buttons`: (what it says, what it does). A click closes the message."""
        for button in self._offered:
            self.steps.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._offered = [self._button(number, *button) for number, button in enumerate(buttons)]
        self.steps.setContentsMargins(0, SPACE if buttons else 0, 0, 0)
        self.say(title, detail, role, SIGNS.get(role, "info"))
        self._place()
        self.raise_()

    @Slot()
    def clear(self) -> None:
        """Show nothing."""
        self.show_words("")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and watched is self.parentWidget():
            self._place()
        return super().eventFilter(watched, event)

    def _button(self, number: int, said: str, does: Callable[[], object]) -> QPushButton:
        button = QPushButton(said)
        button.setObjectName(f"message.offer.{number}")
        self.steps.insertWidget(number, button)

        def carry_out() -> None:
            self.clear()
            does()

        button.clicked.connect(carry_out)
        return button

    @Slot()
    def _place_soon(self) -> None:
        """Type may be larger now, which the words know once they have been told as well."""
        QTimer.singleShot(0, self, self._place)

    @Slot()
    def _place(self) -> None:
        if self.isHidden():
            return
        area, layout = self.parentWidget(), self.layout()
        assert area is not None and layout is not None
        layout.activate()
        width = min(round(WIDEST * theme().factor), area.width() - 2 * GAP)
        height = layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else layout.totalSizeHint().height()
        height = min(height, area.height() - 2 * SPACE)
        self.setGeometry(GAP, area.height() - height - GAP, width, height)
