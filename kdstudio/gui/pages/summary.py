"""The card beside the form: what the experiment is, in short, what is still missing, and the button that starts it."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from kdstudio.gui.buttons import PrimaryButton
from kdstudio.gui.cards import Card, Elided, Pill, Text
from kdstudio.gui.fields import fields_of
from kdstudio.gui.theme import GAP, SPACE, theme
from kdstudio.gui.words import brief, budget
from kdstudio.spec import EXPERIMENTS
from kdstudio.spec.models import TRAIN

WIDTH = 328
SHOWN = 4  # problems named before the rest is only counted


class SummaryCard(Card):
    """Always in view; it never scrolls away."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("summary")
        self.setFixedWidth(WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.pill = Pill()
        self.pill.setObjectName("summary.pill")
        self._facts: dict[str, Elided] = {}
        self._grid = QGridLayout()
        self.problems = Text("", "body", "failure", wrap=True)
        self.problems.setObjectName("summary.problems")
        self.note = Text("", "caption", "quiet", wrap=True)
        self.busy = Text("", "caption", "teacher", wrap=True)
        self.busy.hide()
        self.start = PrimaryButton(self.tr("Start"), "start")
        self.copy = QPushButton(self.tr("Copy as YAML"))
        self.copy.setObjectName("copy")
        self._arrange()

    def show_values(
        self, values: dict[str, Any], problems: dict[str, str], titles: dict[str, str], hidden_changes: int
    ) -> None:
        """Show what the form holds, and what keeps it from being an experiment."""
        self._show_facts(values)
        self.pill.show_state(*((self.tr("Not ready"), "teacher") if problems else (self.tr("Ready"), "agreement")))
        self.problems.setText(_listed(problems, titles))
        self.problems.setVisible(bool(problems))
        self.start.setText(self._next_step(problems, titles))
        self.start.setAccessibleName(self.start.text())
        self.copy.setEnabled(not problems)
        self.copy.setToolTip(self.tr("Something is still missing") if problems else "")
        self._say_hidden(hidden_changes)

    def show_busy(self, title: str) -> None:
        """Say that another run is at work, "" that none is."""
        said = self.tr("{0} is at work. A run on the same device waits for it.").format(title)
        self.busy.setText(said if title else "")
        self.busy.setVisible(bool(title))

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.addWidget(Text(self.tr("Summary"), "heading"), 1)
        head.addWidget(self.pill)
        self.body.addLayout(head)
        self._grid.setHorizontalSpacing(GAP)
        self._grid.setVerticalSpacing(SPACE + 2)
        self._grid.setColumnStretch(1, 1)
        names = (
            self.tr("Data"), self.tr("Teacher"), self.tr("Student"), self.tr("Method"), self.tr("Budget"), self.tr("Trains"),
            self.tr("Device"),
        )  # fmt: skip
        for line, name in enumerate(names):
            self._grid.addWidget(Text(name, "body", "quiet"), line, 0)
            value = Elided("", "body")
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self._facts[name] = value
            self._grid.addWidget(value, line, 1)
        self.body.addSpacing(SPACE)
        self.body.addLayout(self._grid)
        self.body.addSpacing(SPACE)
        for part in (self.problems, self.note):
            self.body.addWidget(part)
        self.body.addStretch(1)
        fair = self.tr(
            "Baseline and student take the same number of steps. Validation images choose, test images judge, once."
        )
        self.body.addWidget(Text(fair, "caption", "quiet", wrap=True))
        self.body.addWidget(self.busy)
        self.body.addWidget(self.start)
        self.body.addWidget(self.copy)
        theme().changed.connect(self.update)

    def _show_facts(self, values: dict[str, Any]) -> None:
        parts = {field.name: field.models for field in fields_of(EXPERIMENTS[0])}
        training, seeds = values.get("training", {}), values.get("seeds") or []
        facts = (
            *(brief(values[name], parts[name]) for name in ("dataset", "teacher", "student", "method")),
            f"{budget(training)}, {self.tr('batch')} {training.get('batch_size')}",
            self._trainings(values, len(seeds)),
            str(values.get("compute", {}).get("device", "")),
        )
        for value, fact in zip(self._facts.values(), facts, strict=True):
            value.set_text(fact)

    def _trainings(self, values: dict[str, Any], seeds: int) -> str:
        """How many networks will be trained: the teacher once, then a pair for each seed."""
        said = [self.tr("1 teacher")] if values["teacher"].get("weights") == TRAIN else []
        if values.get("baseline") and values["method"].get("kind") != "none":
            said.append(self.tr("{0} baseline").format(seeds))
        return " + ".join([*said, self.tr("{0} student").format(seeds)])

    def _next_step(self, problems: dict[str, str], titles: dict[str, str]) -> str:
        if not problems:
            return self.tr("Start")
        path, message = next(iter(problems.items()))
        title = _title(path, titles)
        return (self.tr("Fill in: {0}") if message.startswith("missing") else self.tr("Mend: {0}")).format(title)

    def _say_hidden(self, changes: int) -> None:
        said = self.tr("Advanced settings: {0} not at their defaults").format(changes) if changes else ""
        self.note.setText(said)
        self.note.setVisible(bool(said))


def _title(path: str, titles: dict[str, str]) -> str:
    """What the field at `path` is called; a place inside a field takes the field's name."""
    while path:
        if path in titles:
            return titles[path]
        path = path.rpartition(".")[0]
    return path or "the experiment"


def _listed(problems: dict[str, str], titles: dict[str, str]) -> str:
    said = [
        f"{titles.get(path, path.replace('.', ', ').replace('_', ' '))}: {_short(text)}"
        for path, text in problems.items()
    ]
    more = [f"and {len(said) - SHOWN} more"] if len(said) > SHOWN else []
    return "\n".join([*said[:SHOWN], *more])


def _short(message: str) -> str:
    return "still missing" if message.startswith("missing") else message
