"""Between the form, the desk and the preview card: when to ask, what to show meanwhile, and what the desk found wrong."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from kdstudio.gui import desk_client
from kdstudio.gui.pages.preview_card import PreviewCard
from kdstudio.runs.failures import Words
from kdstudio.runs.home import Home

FIRST_LOOK = 500  # milliseconds after the page is first shown before the desk is started

Values = dict[str, Any]


class PreviewFeed(QObject):
    """Keeps the card fed.

    Args:
        card: what shows it.
        home: of the window.

    Signals:
        found: the desk found something wrong; `problems` says what.

    Attributes:
        problems: what the desk found wrong with the values that it was asked about last, by field.
    """

    found = Signal()

    def __init__(self, card: PreviewCard, home: Home, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._card = card
        self.desk = desk_client.DeskClient(desk_client.open_desk(home), self)
        self.problems: dict[str, str] = {}
        self._asked: Values | None = None
        self._first = True
        self.desk.began.connect(card.await_answer)
        self.desk.part.connect(card.show_part)
        self.desk.done.connect(card.rest)
        self.desk.failed.connect(self._failed)

    def known(self, values: Values) -> dict[str, str]:
        """What the desk found wrong with exactly these values."""
        return self.problems if values == self._asked else {}

    def look(self, values: Values, experiment: Mapping[str, Any]) -> None:
        """Ask for a preview of `experiment`, which the form holds as `values`, unless that was asked already."""
        if values == self._asked:
            return
        self._asked, self.problems = values, {}
        self.desk.look(dict(experiment), FIRST_LOOK if self._first else desk_client.SETTLE)
        self._first = False

    def wait(self, problems: Mapping[str, str]) -> None:
        """There are mistakes: what was seen stays in view, unless the data itself is not known."""
        self.rest()
        self._card.rest()
        if any(path.startswith("dataset") for path in problems):
            self._card.show_nothing(self.tr("As soon as the dataset is in order, its images are shown here."))

    def rest(self) -> None:
        """Nobody looks, or not at this; the next look asks anew."""
        self._asked = None
        self.desk.forget()

    def again(self) -> None:
        """Forget what was found: it may have been mended on the disk."""
        self._asked, self.problems = None, {}

    def shutdown(self) -> None:
        """End the desk."""
        self.desk.shutdown()

    @Slot(object)
    def _failed(self, words: Words) -> None:
        self._card.show_failure(words, beside_field=bool(words.field))
        if words.field:
            self.problems = {words.field: words.cause}
            self.found.emit()
