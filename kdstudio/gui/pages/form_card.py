"""A card with the form of one part of the experiment: its picker, what differs from the defaults, and its presets."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from PySide6.QtCore import QPoint, Signal, Slot
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QWidget

from kdstudio.gui.buttons import Badge, SignButton
from kdstudio.gui.cards import Card, Text
from kdstudio.gui.edge import Line
from kdstudio.gui.editors import Editor, leave_undo
from kdstudio.gui.fields import Field, fields_of
from kdstudio.gui.forms import FieldRow, KindForm, SpecForm
from kdstudio.gui.language import looked_up
from kdstudio.gui.pickers import KindPicker
from kdstudio.gui.presenter import shown_values
from kdstudio.gui.presets import Preset, keep, presets, remove
from kdstudio.gui.theme import SPACE, theme
from kdstudio.runs.home import Home

WIDE = 480  # pixels from which title, picker and presets stand in one line
PICKER = 340  # pixels, at most, in that line
QWIDGETSIZE_MAX = 16_777_215  # Qt's own "as wide as it likes"


class FormCard(Card):
    """A card with the form of one part; the picker of kinds stands in its title line.

    Args:
        title: of the card, in English: presets are kept under it.
        names: the fields of the experiment on it.
        model: the experiment.
        base: the experiment with nothing changed, plain data.
        home: where presets are kept.

    Signals:
        changed: a field has another value.
        refused: something could not be kept; carries the reason.
        rebuilt: it has other fields now, or in another order.
    """

    changed = Signal()
    refused = Signal(str)
    rebuilt = Signal()

    def __init__(
        self,
        title: str,
        names: tuple[str, ...],
        model: Any,
        base: Mapping[str, Any],
        home: Home,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.name, self.title, self._base, self._home = title, looked_up(title), base, home
        self.setObjectName(f"card.{title.lower()}")
        self.forms: dict[str, KindForm | SpecForm] = {}
        self.body.setSpacing(2 * SPACE + 2)
        self._line = line = QHBoxLayout()
        self._picker: KindPicker | None = None
        self.blurb: Text | None = None
        self._was_wide = False
        self._head(line)
        self._error = Text("", "caption", "failure", wrap=True)
        self._error.hide()
        self.naming = PresetName(title)
        self.body.addWidget(self.naming)
        self.body.addWidget(self._error)
        main = next((field for field in fields_of(model) if field.name in names[:1] and field.models), None)
        if main is not None:
            self._add_main(main, line)
        line.addWidget(self.menu_button)
        rest = tuple(name for name in names if main is None or name != main.name)
        if rest:
            self._add("", SpecForm(model, "", only=rest, parent=self))
        self.naming.named.connect(self.keep)

    def value(self) -> dict[str, Any]:
        """What the card says, by field of the experiment."""
        said: dict[str, Any] = {}
        for name, form in self.forms.items():
            said |= {name: form.value()} if name else form.value()
        return said

    def set_value(self, values: Mapping[str, Any]) -> None:
        """Show the card's part of `values`, a whole experiment."""
        for name, form in self.forms.items():
            form.set_value(values.get(name) if name else values)

    def show_problems(self, problems: Mapping[str, str]) -> None:
        """Show each problem beside its field, or on top where it concerns the whole."""
        said = problems.get(next(iter(self.forms)), "")
        self._error.setText(f"{said[:1].upper()}{said[1:]}")
        self._error.setVisible(bool(said))
        for form in self.forms.values():
            form.show_problems(problems)
        self.show_changes()

    def leaves(self) -> Iterator[FieldRow]:
        """Every field with an editor of its own."""
        for form in self.forms.values():
            yield from form.leaves()

    def stops(self) -> Iterator[QWidget]:
        """What Tab stops at, in the order in which it is seen."""
        head: list[QWidget] = [self.badge, self.menu_button]
        if self._picker is not None:
            head.insert(1 if self._line.indexOf(self._picker) >= 0 else 2, self._picker)
        yield from (*head, self.naming.line, self.naming.save, self.naming.cancel)
        for row in self.leaves():
            assert isinstance(row.editor, Editor), "a leaf has an editor"
            yield from row.editor.stops()

    def changes(self) -> list[FieldRow]:
        """The fields that are not at their defaults."""
        return [row for name, form in self.forms.items() for row in form.changes(self._base_of(name))]

    def show_changes(self) -> None:
        """Count them on the badge."""
        count = len(self.changes())
        self.badge.setVisible(count > 0)
        if count:
            self.badge.setText((self.tr("{0} changed") if self._wide() else "{0}").format(count))
            said = self.tr("{0}: {1} fields changed. Show or reset them.")
            if count == 1:
                said = self.tr("{0}: 1 field changed. Show or reset it.")
            self.badge.setAccessibleName(said.format(self.title, count))
            self.badge.setToolTip("\n".join(row.field.title for row in self.changes()))
            self.badge.updateGeometry()

    @Slot()
    def reset(self) -> None:
        """Put every field of the card to its default. The kind stays, and so does what has no default."""
        for name, form in self.forms.items():
            form.set_value(form.unset(self._base_of(name)))
        self.changed.emit()

    @Slot(str)
    def keep(self, name: str) -> None:
        """Keep what the card says as a preset."""
        try:
            keep(self._home, name, self.name, self.value())
        except OSError as error:
            self.refused.emit(self.tr("{0} could not be saved: {1}").format(name, error.strerror or str(error)))

    def apply(self, preset: Preset) -> None:
        """Put a preset into the form; a field that it does not have stays as it is."""
        self.set_value({**self.value(), **preset.values})
        self.changed.emit()

    def forget(self, preset: Preset) -> None:
        """Remove a preset."""
        try:
            remove(preset)
        except OSError as error:
            self.refused.emit(f"{preset.path.name}: {error.strerror or error}")

    def changes_menu(self) -> QMenu:
        """What differs, field by field, and a way back."""
        menu = QMenu(self)
        menu.setObjectName(f"changes.{self.name.lower()}")
        for row in self.changes():
            self._entry(menu, f"{row.field.title}: {_brief(row)}", row.editor.setFocus)
        menu.addSeparator()
        self._entry(menu, self.tr("Reset to defaults"), self.reset).setObjectName("reset")
        return menu

    def presets_menu(self) -> QMenu:
        """Apply, save and remove presets."""
        menu = QMenu(self)
        menu.setObjectName(f"presets.{self.name.lower()}")
        kept = presets(self._home, self.name)
        for preset in kept:
            self._entry(menu, preset.name, self._applier(preset))
        menu.addSeparator()
        self._entry(menu, self.tr("Save as preset..."), self.naming.ask).setObjectName("save")
        if kept:
            removing = menu.addMenu(self.tr("Remove"))
            removing.setObjectName("presets.remove")
            for preset in kept:
                self._entry(removing, preset.name, self._remover(preset))
        return menu

    def _applier(self, preset: Preset) -> Callable[[], None]:
        return lambda: self.apply(preset)

    def _remover(self, preset: Preset) -> Callable[[], None]:
        return lambda: self.forget(preset)

    def _entry(self, menu: QMenu, text: str, does: Callable[[], Any]) -> QAction:
        action = menu.addAction(text.replace("&", "&&"))
        action.setObjectName("entry")
        action.triggered.connect(lambda: does())
        return action

    def _base_of(self, name: str) -> Mapping[str, Any]:
        return (self._base.get(name) or {}) if name else self._base

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_picker()
        if self._wide() is not self._was_wide:
            self._was_wide = self._wide()
            self.show_changes()

    def _wide(self) -> bool:
        return self.width() >= WIDE * theme().factor

    def _place_picker(self) -> None:
        """In the title's line where its words have room there, else in a line of its own."""
        picker, wide = self._picker, self._wide()
        if picker is None or wide is (self._line.indexOf(picker) >= 0):
            return
        (self.body if wide else self._line).removeWidget(picker)
        if wide:
            self._line.insertWidget(self._line.indexOf(self.menu_button), picker, 3)
        else:
            self.body.insertWidget(1, picker)
        picker.setMaximumWidth(round(PICKER * theme().factor) if wide else QWIDGETSIZE_MAX)
        self.rebuilt.emit()

    def _head(self, line: QHBoxLayout) -> None:
        line.setSpacing(2 * SPACE)
        line.addWidget(Text(self.title, "heading"))
        self.badge = Badge(f"badge.{self.name.lower()}")
        self.badge.setAccessibleName(self.tr("{0}: all fields are at their defaults").format(self.title))
        self.badge.clicked.connect(self._show_changes_menu)
        self.badge.hide()
        line.addWidget(self.badge)
        line.addStretch(1)
        said = self.tr("Presets for {0}").format(self.title)
        self.menu_button = SignButton(said, "bookmark", f"presets.button.{self.name.lower()}")
        self.menu_button.clicked.connect(self._show_presets_menu)
        self.body.addLayout(line)

    @Slot()
    def _show_changes_menu(self) -> None:
        self._pop(self.changes_menu(), self.badge)

    @Slot()
    def _show_presets_menu(self) -> None:
        self._pop(self.presets_menu(), self.menu_button)

    def _pop(self, menu: QMenu, below: QWidget) -> None:
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(below.mapToGlobal(QPoint(0, below.height() + 2)))

    def _add_main(self, field: Field, line: QHBoxLayout) -> None:
        name = field.name
        if "kind" not in field.models[0].model_fields:
            self.blurb = Text(field.help, "body", "quiet", wrap=True)  # where there is a choice, the chosen kind says it
            self.body.addWidget(self.blurb)
            self._add(name, SpecForm(field.models[0], name, parent=self))
            return
        form = KindForm(field.models, name, self)
        form.picker.setAccessibleName(self.tr("Kind of {0}").format(name))
        self._picker = form.picker
        form.picker.setMaximumWidth(round(PICKER * theme().factor))
        line.addWidget(form.picker, 3)
        self._add(name, form)

    def _add(self, name: str, form: KindForm | SpecForm) -> None:
        self.forms[name] = form
        self.body.addWidget(form)
        form.changed.connect(self._report)
        if isinstance(form, KindForm):
            form.rebuilt.connect(self.rebuilt)

    @Slot()
    def _report(self) -> None:
        self.changed.emit()


class PresetName(QWidget):
    """A line that asks for a preset's name, in place: it is there only while it is wanted.

    Signals:
        named: carries the name.
    """

    named = Signal(str)

    def __init__(self, card: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line = Line()
        self.line.setObjectName(f"preset.name.{card.lower()}")
        self.line.setPlaceholderText(self.tr("Name of the preset"))
        self.line.setAccessibleName(self.tr("Name of the preset"))
        leave_undo(self.line)
        self.save = QPushButton(self.tr("Save"))
        self.save.setObjectName(f"preset.save.{card.lower()}")
        self.cancel = QPushButton(self.tr("Cancel"))
        self.cancel.setObjectName(f"preset.cancel.{card.lower()}")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.line, 1)
        for button in (self.save, self.cancel):
            row.addWidget(button)
        self.line.returnPressed.connect(self._name)
        self.save.clicked.connect(self._name)
        self.cancel.clicked.connect(self.hide)
        self.hide()

    @Slot()
    def ask(self) -> None:
        """Show the line, empty."""
        self.line.clear()
        self.show()
        self.line.setFocus()

    @Slot()
    def _name(self) -> None:
        name = " ".join(self.line.text().split())
        if name:
            self.hide()
            self.named.emit(name)
        else:
            self.line.setFocus()


def _brief(row: FieldRow) -> str:
    assert isinstance(row.editor, Editor), "a change is a leaf"
    text = shown_values(row.editor.said())
    return text if len(text) <= 40 else f"{text[:38]}..."
