"""The whole form, its title above and all cards beneath: the experiment as plain data in and out, and its fields by path."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any
from weakref import WeakSet

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kdstudio.gui.cards import Card
from kdstudio.gui.editors import Editor, ListedEditor, TextEditor
from kdstudio.gui.fields import fields_of, kind_of
from kdstudio.gui.forms import FieldRow
from kdstudio.gui.pages.form_card import FormCard
from kdstudio.gui.theme import GAP, theme
from kdstudio.runs.home import Home

# Which fields share a card; what is named nowhere goes to the last one, so that a new field is never lost.
CARDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Dataset", ("dataset",)),
    ("Teacher", ("teacher", "teacher_training")),
    ("Student", ("student",)),
    ("Method", ("method",)),
    ("Training", ("training",)),
    ("Experiment", ()),
)
TITLE = "title"  # the field that stands above all cards: by it people find their runs again

LEFT = 3  # cards in the first of two columns
TWO_COLUMNS = 1160  # pixels from which there are two


def _column() -> QWidget:
    column = QWidget()
    layout = QVBoxLayout(column)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(GAP)
    return column


class FormBoard(QWidget):
    """The form.

    Args:
        model: the experiment.
        blank: it with nothing changed, plain data.
        home: where presets are kept.

    Signals:
        changed: a person changed a field.
        refused: something could not be kept; carries the reason.
        opening: a list of choices is about to drop down.
    """

    changed = Signal()
    refused = Signal(str)
    opening = Signal()

    def __init__(self, model: Any, blank: Mapping[str, Any], home: Home, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._filling = False
        self._listed: WeakSet[ListedEditor] = WeakSet()
        self._choices: dict[str, Sequence[tuple[str, str]]] = {}
        self._columns = [_column(), _column()]
        self.title = FieldRow(next(field for field in fields_of(model) if field.name == TITLE), TITLE)
        self.title.changed.connect(self._edited)
        above = Card()
        above.setObjectName("card.title")
        above.body.addWidget(self.title)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, GAP, 0)  # room for the scroll bar
        whole.setSpacing(GAP)
        whole.addWidget(above)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        whole.addLayout(row, 1)
        for column in self._columns:
            row.addWidget(column, 1, Qt.AlignmentFlag.AlignTop)
        self.cards = [FormCard(title, names, model, blank, home) for title, names in self._layout_of_cards()]
        for card in self.cards:
            card.changed.connect(self._edited)
            card.refused.connect(self.refused)
            card.rebuilt.connect(self._take_rows)
        self._share_out(1)
        self._take_rows()

    def values(self) -> dict[str, Any]:
        """The experiment as the form holds it: plain data, right or wrong."""
        said: dict[str, Any] = {"kind": kind_of(self._model), TITLE: self.title.editor.value()}
        for card in self.cards:
            said |= card.value()
        return said

    def fill(self, values: Mapping[str, Any]) -> None:
        """Show `values`; that is no edit."""
        self._filling = True
        self.title.editor.set_value(values.get(TITLE, self.title.field.default))
        for card in self.cards:
            card.set_value(values)
        self._filling = False

    def show_problems(self, problems: Mapping[str, str]) -> None:
        """Show each problem beside its field."""
        self.title.show_problems(problems)
        for card in self.cards:
            card.show_problems(problems)

    def mark(self, paths: Collection[str]) -> None:
        """Mark the fields at `paths` as changed, and no others; a field that is an advanced one is shown too."""
        marked = {row for row in map(self.row, paths) if row is not None}
        for row in self.rows():
            row.mark(row in marked)

    def suggest_title(self, title: str) -> None:
        """Say in the field of the title what the experiment will be called while that is empty."""
        if isinstance(self.title.editor, TextEditor):
            self.title.editor.suggest(title)

    def set_advanced(self, shown: bool) -> None:
        """Show the advanced fields too, or hide them."""
        for card in self.cards:
            for form in card.forms.values():
                form.set_advanced(shown)

    def rows(self) -> Iterator[FieldRow]:
        """Every field with an editor of its own."""
        yield self.title
        for card in self.cards:
            yield from card.leaves()

    def row(self, path: str) -> FieldRow | None:
        """The field at `path`, or the one that `path` is inside of."""
        return next((row for row in self.rows() if row.covers(path)), None)

    def titles(self) -> dict[str, str]:
        """What each field is called, by path."""
        return {path: row.field.title for row in self.rows() for path in row.paths}

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_out(2 if self.width() >= TWO_COLUMNS * theme().factor else 1)

    def _share_out(self, count: int) -> None:
        """Who takes part at the left and how it is done at the right, where there is room; else all in one column."""
        first = LEFT if count == 2 else len(self.cards)
        layouts = [column.layout() for column in self._columns]
        if layouts[0].count() == first:  # type: ignore[union-attr]
            return
        for number, card in enumerate(self.cards):  # in the order in which Tab walks them
            layouts[number >= first].addWidget(card)  # type: ignore[union-attr]
        self._columns[1].setVisible(count == 2)

    def offer(self, choices: str, entries: Sequence[tuple[str, str]]) -> None:
        """Let people choose among `entries` (text, what it is called) in the fields of these choices."""
        self._choices[choices] = entries
        for row in self.rows():
            if row.field.choices == choices and isinstance(row.editor, ListedEditor):
                row.editor.offer(entries)

    @Slot()
    def _take_rows(self) -> None:
        """There are other rows now, or in another order."""
        self._order_stops()
        for row in self.rows():
            if isinstance(row.editor, ListedEditor) and row.editor not in self._listed:
                self._listed.add(row.editor)
                row.editor.opening.connect(self.opening)
                row.editor.offer(self._choices.get(row.field.choices, ()))

    def _order_stops(self) -> None:
        """Let Tab walk the fields as they are seen: those that came later would be its last stops."""
        assert isinstance(self.title.editor, Editor)
        stops = [*self.title.editor.stops(), *(stop for card in self.cards for stop in card.stops())]
        for before, after in pairwise(stops):
            QWidget.setTabOrder(before, after)

    def _layout_of_cards(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        placed = {TITLE, *(name for _, names in CARDS for name in names)}
        rest = tuple(field.name for field in fields_of(self._model) if field.name not in placed and field.name != "kind")
        for title, names in CARDS:
            yield title, names or rest

    @Slot()
    def _edited(self) -> None:
        if not self._filling:
            self.changed.emit()
