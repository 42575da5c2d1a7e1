"""Making an experiment out of clicks: a card for each part, its form made from the spec, and a summary beside them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kdstudio.gui.buttons import PrimaryButton, Segments
from kdstudio.gui.cards import Banner, Card, Text
from kdstudio.gui.editors import PathEditor
from kdstudio.gui.fields import fields_of, kind_of
from kdstudio.gui.forms import FieldRow, KindForm, SpecForm
from kdstudio.gui.pages.page import Page, scrolling
from kdstudio.gui.pages.summary import SummaryCard
from kdstudio.gui.theme import GAP, SPACE
from kdstudio.spec import EXPERIMENTS, Experiment, dump, problems_of

# Which fields share a card; what is named nowhere goes to the last one, so that a new field is never lost.
CARDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Dataset", ("dataset",)),
    ("Teacher", ("teacher", "teacher_training")),
    ("Student", ("student",)),
    ("Method", ("method",)),
    ("Training", ("training",)),
    ("Experiment", ()),
)
SETTLE = 60  # milliseconds without an edit after which the experiment is checked

_ADAPTER: TypeAdapter[Any] = TypeAdapter(Experiment)


class FormCard(Card):
    """A card with the form of one part; the picker of kinds stands in its title line."""

    changed = Signal()

    def __init__(self, title: str, names: tuple[str, ...], model: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"card.{title.lower()}")
        self.forms: dict[str, KindForm | SpecForm] = {}
        self.body.setSpacing(2 * SPACE + 2)
        line = QHBoxLayout()
        line.addWidget(Text(title, "heading"), 1)
        self.body.addLayout(line)
        self._error = Text("", "caption", "failure", wrap=True)
        self._error.hide()
        self.body.addWidget(self._error)
        main = next((field for field in fields_of(model) if field.name in names[:1] and field.models), None)
        if main is not None:
            self._add_main(main.name, main.models, line)
        rest = tuple(name for name in names if main is None or name != main.name)
        if rest:
            self._add("", SpecForm(model, "", only=rest, parent=self))

    def value(self) -> dict[str, Any]:
        """What the card says, by field of the experiment."""
        said: dict[str, Any] = {}
        for name, form in self.forms.items():
            said |= {name: form.value()} if name else form.value()
        return said

    def set_value(self, values: dict[str, Any]) -> None:
        """Show the card's part of `values`, a whole experiment."""
        for name, form in self.forms.items():
            form.set_value(values.get(name) if name else values)

    def show_problems(self, problems: dict[str, str]) -> None:
        """Show each problem beside its field, or on top where it concerns the whole."""
        said = problems.get(next(iter(self.forms)), "")
        self._error.setText(f"{said[:1].upper()}{said[1:]}")
        self._error.setVisible(bool(said))
        for form in self.forms.values():
            form.show_problems(problems)

    def leaves(self) -> Iterator[FieldRow]:
        """Every field with an editor of its own."""
        for form in self.forms.values():
            yield from (form.form if isinstance(form, KindForm) else form).leaves()

    def _add_main(self, name: str, models: Any, line: QHBoxLayout) -> None:
        if "kind" not in models[0].model_fields:
            self._add(name, SpecForm(models[0], name, parent=self))
            return
        form = KindForm(models, name, self)
        form.picker.setAccessibleName(self.tr("Kind of {0}").format(name))
        line.addWidget(form.picker, 1)
        self._add(name, form)

    def _add(self, name: str, form: KindForm | SpecForm) -> None:
        self.forms[name] = form
        self.body.addWidget(form)
        form.changed.connect(self._report)

    @Slot()
    def _report(self) -> None:
        self.changed.emit()


class NewExperimentPage(Page):
    """Where an experiment is made and started.

    Signals:
        start_requested: carries the experiment.
    """

    start_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            self.tr("New experiment"),
            self.tr("Pick a teacher, a student and what they look at. Everything else has a sensible default."),
            "page.new", parent,
        )  # fmt: skip
        self._model = EXPERIMENTS[0]
        self._advanced = False
        self.problems: dict[str, str] = {}
        self.detail = Segments((self.tr("Simple"), self.tr("Advanced")), "detail")
        self.head.addWidget(self.detail)
        self.banner = Banner("failure", "warning")
        self.banner.setObjectName("new.banner")
        self.body.addWidget(self.banner)
        self.cards = [FormCard(self.tr(title), names, self._model) for title, names in self._layout_of_cards()]
        self.summary = SummaryCard()
        self.start_button: PrimaryButton = self.summary.start
        self._arrange()
        self._check_soon = QTimer(self)
        self._check_soon.setSingleShot(True)
        self._check_soon.setInterval(SETTLE)
        self._connect()
        self.show_experiment(_ADAPTER.validate_python({"kind": kind_of(self._model)}))

    def values(self) -> dict[str, Any]:
        """The experiment as the form holds it: plain data, right or wrong."""
        said: dict[str, Any] = {"kind": kind_of(self._model)}
        for card in self.cards:
            said |= card.value()
        return said

    def experiment(self) -> Any:
        """The experiment, or None while something is wrong with it."""
        self.check()
        return None if self.problems else _ADAPTER.validate_python(self.values())

    def show_experiment(self, experiment: Any) -> None:
        """Fill the form."""
        values = experiment.model_dump(mode="json")
        for card in self.cards:
            card.set_value(values)
        self.banner.say("")
        self.check()

    def say(self, title: str, detail: str) -> None:
        """Say what went wrong, on top of the page."""
        self.banner.say(title, detail)

    @Slot()
    def check(self) -> None:
        """Ask the spec what is wrong, and show it."""
        self._check_soon.stop()
        values = self.values()
        self.problems = {problem.path: problem.message for problem in problems_of(values)}
        for row in self._leaves():
            folder = row.editor.value() if isinstance(row.editor, PathEditor) else None
            if folder and row.path not in self.problems and not Path(folder).expanduser().is_dir():
                self.problems[row.path] = self.tr("there is no such folder")
        for card in self.cards:
            card.show_problems(self.problems)
        self.summary.show_values(values, self.problems, self._titles(), self._hidden_changes())

    @Slot()
    def start(self) -> None:
        """Start the experiment, if nothing is wrong with it; else go to the first field that is."""
        experiment = self.experiment()
        if experiment is None:
            self._go_to_problem()
            return
        self.banner.say("")
        self.start_requested.emit(experiment)

    @Slot()
    def copy_yaml(self) -> None:
        """Put the experiment on the clipboard."""
        experiment = self.experiment()
        if experiment is not None:
            QGuiApplication.clipboard().setText(dump(experiment))

    def _layout_of_cards(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        placed = {name for _, names in CARDS for name in names}
        rest = tuple(
            field.name for field in fields_of(self._model) if field.name not in placed and field.name != "kind"
        )
        for title, names in CARDS:
            yield title, names or rest

    def _arrange(self) -> None:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, GAP, 0)  # room for the scroll bar
        column.setSpacing(GAP)
        for card in self.cards:
            column.addWidget(card)
        column.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(scrolling(inside, "new.scroll"), 1)
        row.addWidget(self.summary)
        self.body.addLayout(row, 1)

    def _connect(self) -> None:
        for card in self.cards:
            card.changed.connect(self._edited)
        self._check_soon.timeout.connect(self.check)
        self.detail.group.idClicked.connect(self._set_detail)
        self.summary.start.clicked.connect(self.start)
        self.summary.copy.clicked.connect(self.copy_yaml)

    @Slot()
    def _edited(self) -> None:
        self._check_soon.start()

    @Slot(int)
    def _set_detail(self, number: int) -> None:
        for card in self.cards:
            for form in card.forms.values():
                form.set_advanced(number == 1)

    def _leaves(self) -> Iterator[FieldRow]:
        for card in self.cards:
            yield from card.leaves()

    def _titles(self) -> dict[str, str]:
        return {row.path: row.field.title for row in self._leaves()}

    def _hidden_changes(self) -> int:
        return sum(form.advanced_changes() for card in self.cards for form in card.forms.values())

    def go_to(self, path: str) -> None:
        """Put the focus into the field at `path`, showing it if it is an advanced one."""
        for row in self._leaves():
            if row.path == path or path.startswith(f"{row.path}."):
                if row.isHidden():
                    self.detail.choose(1)
                    self._set_detail(1)
                row.editor.setFocus()
                return

    def _go_to_problem(self) -> None:
        for row in self._leaves():
            if row.troubled(self.problems):
                row.editor.setFocus()
                return
