"""The form is the spec: one builder from a pydantic model to rows of fields and back. Nobody writes a form by hand."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from kdstudio.gui.cards import Elided, Text
from kdstudio.gui.editors import Editor, PathEditor, QuantityEditor, WeightsEditor
from kdstudio.gui.fields import Field, blurb_of, editor_for, fields_of, kind_of, label_of, rows_of
from kdstudio.gui.language import looked_up
from kdstudio.gui.pickers import KindPicker
from kdstudio.gui.theme import GAP, RADIUS, SPACE, TINT, theme

COLUMN = 190  # pixels that a field wants; a form has as many columns as fit, up to three


class FieldRow(QWidget):
    """A field: its title above, its editor, and what is wrong with it beneath. A row can be marked as one whose value
    somebody else has changed: it is tinted and says so, for as long as it holds that value."""

    changed = Signal()

    def __init__(self, field: Field, path: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field, self.path = field, path
        above = path.rpartition(".")[0]
        members = tuple(f"{above}.{each.name}".strip(".") for each in field.members)
        self.paths = members or (path,)  # of the fields of the experiment that it shows
        self.editor: Editor | SpecForm | KindForm = _editor(field, path)
        self._error = Text("", "caption", "failure", wrap=True)
        self._error.setObjectName(f"error.{path}")
        self._error.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        nested = not isinstance(self.editor, Editor)
        self._title = Elided(_labelled(field), "strong" if nested else "caption", "text" if nested else "quiet")
        if nested:  # a heading, and what belongs to it
            column.setContentsMargins(0, GAP, 0, 0)
            column.setSpacing(2 * SPACE)
        self._mark = Text(self.tr("changed"), "caption", "student")
        self._mark.setObjectName(f"changed.{path}")
        self._mark.hide()
        self._offered: tuple[Any] | None = None  # the value that it is marked for
        self._head(column)
        column.addWidget(self.editor)
        column.addWidget(self._error)
        column.addStretch(1)
        self.editor.changed.connect(self._report)

    @property
    def span(self) -> int:
        """How many columns it takes: a path needs room, a form within the form a whole line."""
        return 3 if not isinstance(self.editor, Editor) else 2 if isinstance(self.editor, PathEditor | WeightsEditor) else 1

    @property
    def problem(self) -> str:
        """What is said to be wrong with it."""
        return self._error.text()

    def show_problems(self, problems: Mapping[str, str]) -> None:
        """Show what `problems` (by path) say of this field, and hand on what they say of fields inside it."""
        deeper = isinstance(self.editor, SpecForm | KindForm)
        mine = [said for path, said in problems.items() if path in self.paths or (not deeper and self.covers(path))]
        text = "; ".join(self.tr("fill this in") if said.startswith("missing") else said for said in mine)
        self._error.setText(f"{text[:1].upper()}{text[1:]}")
        self._error.setVisible(bool(mine))
        if not deeper:
            self._title.set_role("failure" if mine else "quiet")
        if isinstance(self.editor, SpecForm | KindForm):
            self.editor.show_problems(problems)

    def covers(self, path: str) -> bool:
        """Whether the field at `path` is shown here, or inside of it."""
        return path == self.path or any(path == each or path.startswith(f"{each}.") for each in self.paths)

    def differs(self, base: Mapping[str, Any]) -> bool:
        """Whether its value is another one than in `base`, plain data of the spec around it, or than its default where that
        has none."""
        if self.field.group is None:
            return bool(self.editor.value() != base.get(self.field.name, self.field.default))
        given = {name: base.get(name) for name in self.field.group.fields}
        unset = all(value is None for value in given.values())
        return bool(self.editor.value() != (self.field.default if unset else given))

    def troubled(self, problems: Mapping[str, str]) -> bool:
        """Whether any of `problems` is here or inside."""
        return any(map(self.covers, problems))

    @property
    def marked(self) -> bool:
        """Whether it, or a row inside it, is marked as changed."""
        inside = isinstance(self.editor, SpecForm | KindForm) and any(row.marked for row in self.editor.leaves())
        return inside or self._offered is not None

    def mark(self, marked: bool) -> None:
        """Mark it as changed to the value that it has now, or take the mark away."""
        self._offered = (self.editor.value(),) if marked else None
        self._show_mark()

    def check_mark(self) -> None:
        """Take the mark away if the value is another one by now."""
        if self._offered is not None and self._offered[0] != self.editor.value():
            self.mark(False)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._offered is not None:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().color("student", TINT))
            painter.drawRoundedRect(self.rect(), RADIUS / 2, RADIUS / 2)
            painter.end()

    def _show_mark(self) -> None:
        marked = self._offered is not None
        self._mark.setVisible(marked)
        sides = 2 * SPACE if marked else 0
        self.layout().setContentsMargins(sides, sides // 2, sides, sides // 2)  # type: ignore[union-attr]
        self.update()

    def _head(self, column: QVBoxLayout) -> None:
        line = QHBoxLayout()
        line.setSpacing(SPACE)
        line.addWidget(self._title, 1)
        line.addWidget(self._mark)
        column.addLayout(line)
        self.setToolTip(self.field.help)
        if isinstance(self.editor, Editor):
            self.editor.focus.setObjectName(f"field.{self.path}")
            self.editor.focus.setAccessibleName(self.field.title)
            self.editor.focus.setAccessibleDescription(self.field.help)
            self._title.setBuddy(self.editor.focus)
        if isinstance(self.editor, QuantityEditor):
            self.editor.unit.setObjectName(f"unit.{self.path}")
            self.editor.unit.setAccessibleName(self.tr("Unit of {0}").format(self.field.title))

    @Slot()
    def _report(self) -> None:
        self.changed.emit()


def _editor(field: Field, path: str) -> "Editor | SpecForm | KindForm":
    if not field.models:
        editor = editor_for(field)
    elif "kind" in field.models[0].model_fields:
        return KindForm(field.models, path)
    else:
        return SpecForm(field.models[0], path, simple=field.simple)
    editor.set_value(field.default)
    return editor


def _labelled(field: Field) -> str:
    told = field.unit.lower() in field.title.lower()  # "Steps (steps)" says it twice
    return field.title if told else f"{field.title} ({field.unit})"


def _order(field: Field) -> tuple[bool, bool, bool]:
    """What must be filled in first, then plain fields, the advanced ones, and forms within the form."""
    return bool(field.models), field.advanced, not field.info.is_required()


class SpecForm(QWidget):
    """The fields of one spec, in columns.

    Args:
        model: the spec.
        path: where it stands in the experiment, as in "training"; "" is the experiment itself.
        only: the names to show; None for all.
        simple: the rows that the simple form shows; empty for those that are no advanced ones.
    """

    changed = Signal()

    def __init__(
        self,
        model: type[BaseModel],
        path: str,
        *,
        only: Sequence[str] | None = None,
        simple: Sequence[str] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.model, self.path = model, path
        self._constants = {
            field.name: field.default for field in fields_of(model) if field.constant and field.name != "kind"
        }
        if only is not None:
            self._constants = {name: value for name, value in self._constants.items() if name in only}
        self._advanced = False
        self._simple = frozenset(simple)
        self._columns = 0
        self._problems: Mapping[str, str] = {}
        self.rows: dict[str, FieldRow] = {}
        self._fillers: list[QWidget] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(GAP + SPACE)
        self._grid.setVerticalSpacing(2 * SPACE)
        for field in sorted(rows_of(model), key=_order):
            if not field.constant and (only is None or field.name in only):
                self._add(field)
        self._arrange(2)

    def value(self) -> dict[str, Any]:
        """What the form says, as plain data."""
        said = dict(self._constants)
        for name, row in self.rows.items():
            value = row.editor.value()
            if row.field.group is not None:
                said |= value
            elif value is not None or not row.field.info.is_required():
                said[name] = value
        return said

    def set_value(self, values: Any) -> None:
        """Show `values`; a field that they do not name gets its default."""
        given = values if isinstance(values, Mapping) else {}
        for name, row in self.rows.items():
            if row.field.group is not None:
                members = {member: given[member] for member in row.field.group.fields if given.get(member) is not None}
                row.editor.set_value(members or row.field.default)
            else:
                row.editor.set_value(given.get(name, row.field.default))

    def show_problems(self, problems: Mapping[str, str]) -> None:
        """Show each problem (path -> words) beside its field; a field in trouble is shown even when it is an advanced one."""
        self._problems = problems
        for row in self.rows.values():
            row.show_problems(problems)
            row.check_mark()
        self._arrange(self._columns)

    def set_advanced(self, shown: bool) -> None:
        """Show the advanced fields too, or hide them."""
        self._advanced = shown
        for row in self.rows.values():
            if isinstance(row.editor, SpecForm | KindForm):
                row.editor.set_advanced(shown)
        self._arrange(self._columns)

    def changes(self, base: Mapping[str, Any]) -> Iterator[FieldRow]:
        """Every row whose value is another one than in `base`, or than its default where `base` has none."""
        for name, row in self.rows.items():
            if isinstance(row.editor, SpecForm | KindForm):
                yield from row.editor.changes(base.get(name) or {})
            elif not row.field.info.is_required() and row.differs(base):
                yield row

    def unset(self, base: Mapping[str, Any]) -> dict[str, Any]:
        """`base`, with what has no default as it is now."""
        kept = {name: row.editor.value() for name, row in self.rows.items() if row.field.info.is_required()}
        return {**base, **kept}

    def leaves(self) -> Iterator[FieldRow]:
        """Every row with an editor of its own, also inside nested forms."""
        for row in self.rows.values():
            if isinstance(row.editor, SpecForm | KindForm):
                yield from row.editor.leaves()
            else:
                yield row

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        columns = max(1, min(3, int((self.width() + GAP) // (COLUMN * theme().factor))))
        if columns != self._columns:
            self._arrange(columns)

    def _add(self, field: Field) -> None:
        row = FieldRow(field, f"{self.path}.{field.name}".strip("."), self)
        row.changed.connect(self._report)
        self.rows[field.name] = row

    def _shown(self, row: FieldRow) -> bool:
        field = row.field
        simple = field.name in self._simple if self._simple else not field.advanced or bool(field.simple)
        return self._advanced or simple or row.troubled(self._problems) or row.marked

    def _arrange(self, columns: int) -> None:
        """Put the rows that are shown into `columns` columns; a form within the form takes a line of its own."""
        self._columns = columns
        while self._fillers:
            self._fillers.pop().deleteLater()
        line = place = 0
        for row in self.rows.values():
            self._grid.removeWidget(row)
            shown = self._shown(row)
            row.setVisible(shown)
            if not shown:
                continue
            span = min(row.span, columns)
            if place + span > columns:
                line, place = line + 1, 0
            self._grid.addWidget(row, line, place, 1, span)
            place += span
        for column in range(place, columns):  # an empty column would lose its gap, and the others would grow
            self._fillers.append(QWidget(self))
            self._grid.addWidget(self._fillers[-1], line, column)
        for column in range(3):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)

        if self.parent() is not None:  # a form without a parent would pop up as a window
            self.setVisible(any(self._shown(row) for row in self.rows.values()))

    @Slot()
    def _report(self) -> None:
        self.changed.emit()


class KindForm(QWidget):
    """A choice of kinds, and the form of the chosen one. What two kinds share is carried over from one to the other.

    Signals:
        changed: a person changed a field.
        rebuilt: it has other fields now.
    """

    changed = Signal()
    rebuilt = Signal()

    def __init__(self, kinds: Sequence[type[BaseModel]], path: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kinds, self.path = list(kinds), path
        self._advanced = False
        self._problems: Mapping[str, str] = {}
        entries = [(looked_up(label_of(kind)), looked_up(blurb_of(kind))) for kind in kinds]
        self.picker = KindPicker(entries, self)
        self.picker.setObjectName(f"kind.{path}")
        self.blurb = Text("", "body", "quiet", wrap=True)
        self.form = SpecForm(self._kinds[0], path, parent=self)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2 * SPACE)
        for part in (self.picker, self.blurb, self.form):
            self._column.addWidget(part)
        self._describe()
        self.form.changed.connect(self._report)
        self.picker.currentIndexChanged.connect(self._pick)

    @property
    def kind(self) -> type[BaseModel]:
        """The chosen kind."""
        return self._kinds[self.picker.currentIndex()]

    def value(self) -> dict[str, Any]:
        """What the form says, as plain data."""
        return {"kind": kind_of(self.kind)} | self.form.value()

    def set_value(self, values: Any) -> None:
        """Show `values`."""
        given = values if isinstance(values, Mapping) else {}
        kinds = [kind_of(kind) for kind in self._kinds]
        if given.get("kind") in kinds:
            self.picker.setCurrentIndex(kinds.index(given["kind"]))
        self.form.set_value(given)

    def show_problems(self, problems: Mapping[str, str]) -> None:
        """Show each problem beside its field."""
        self._problems = problems
        self.form.show_problems(problems)

    def set_advanced(self, shown: bool) -> None:
        """Show the advanced fields too, or hide them."""
        self._advanced = shown
        self.form.set_advanced(shown)

    def changes(self, base: Mapping[str, Any]) -> Iterator[FieldRow]:
        """Every row whose value is another one than in `base`, where that is of the chosen kind, else than its default."""
        yield from self.form.changes(base if base.get("kind") == kind_of(self.kind) else {})

    def unset(self, base: Mapping[str, Any]) -> dict[str, Any]:
        """The chosen kind with the values of `base` or its defaults, and with what has no default as it is now."""
        kind = kind_of(self.kind)
        return {**self.form.unset(base if base.get("kind") == kind else {}), "kind": kind}

    def leaves(self) -> Iterator[FieldRow]:
        """Every row of the chosen kind with an editor of its own."""
        yield from self.form.leaves()

    @Slot()
    def _pick(self) -> None:
        held = self.form.value()
        self._column.removeWidget(self.form)
        self.form.hide()
        self.form.deleteLater()
        self.form = SpecForm(self.kind, self.path, parent=self)
        self._column.addWidget(self.form)
        self.form.set_value(held)
        self.form.set_advanced(self._advanced)
        self.form.changed.connect(self._report)
        self._describe()
        self.rebuilt.emit()
        self.changed.emit()

    def _describe(self) -> None:
        self.blurb.setText(looked_up(blurb_of(self.kind)))
        self.blurb.setVisible(bool(self.blurb.text()))
        self.picker.setAccessibleDescription(self.blurb.text())

    @Slot()
    def _report(self) -> None:
        self.changed.emit()
