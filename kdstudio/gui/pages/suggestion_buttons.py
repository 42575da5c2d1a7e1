"""Buttons that put a suggestion into the form: one for each change that may help."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal, Slot

from kdstudio.gui.buttons import IconButton
from kdstudio.gui.language import looked_up
from kdstudio.results.suggestions import Suggestion


class SuggestionButtons(QObject):
    """The buttons of the suggestions in view; who shows them places them.

    Signals:
        wanted: a suggestion was clicked; carries the Suggestion.
        changed: there are other buttons now.
    """

    wanted = Signal(object)
    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.shown: tuple[Suggestion, ...] = ()
        self.buttons: list[IconButton] = []

    def show(self, suggestions: Sequence[Suggestion]) -> None:
        """Offer these; while they are the same, their buttons stay."""
        if tuple(suggestions) == self.shown:
            return
        for button in self.buttons:
            button.hide()
            button.deleteLater()
        self.shown = tuple(suggestions)
        self.buttons = [self._button(each) for each in self.shown]
        self.changed.emit()

    def _button(self, suggestion: Suggestion) -> IconButton:
        button = IconButton(suggestion.text(looked_up), "new", f"suggest.{suggestion.name}")
        button.setToolTip(self.tr("{0} Opens the form with the change marked.").format(suggestion.reason(looked_up)))
        button.clicked.connect(self._click)
        return button

    @Slot()
    def _click(self) -> None:
        for button, suggestion in zip(self.buttons, self.shown, strict=True):
            if button is self.sender():
                self.wanted.emit(suggestion)


__all__ = ["SuggestionButtons"]
