"""The card beside the form: what the experiment is, in short, what is still missing, and the button that starts it."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from kdstudio.gui.buttons import PrimaryButton
from kdstudio.gui.cards import Card, Elided, Pill, Text
from kdstudio.gui.theme import GAP, SPACE, theme
from kdstudio.gui.words import brief, budget
from kdstudio.spec import Experiment

WIDTH = 300
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
        self.start = PrimaryButton(self.tr("Start"), "start")
        self.copy = QPushButton(self.tr("Copy as YAML"))
        self.copy.setObjectName("copy")
        self._arrange()

    def show_experiment(
        self,
        experiment: Experiment | None,
        problems: dict[str, str],
        titles: dict[str, str],
        hidden_changes: int,
    ) -> None:
        """Show `experiment`, or what keeps it from being one."""
        if experiment is not None:
            self._show_facts(experiment)
        self.pill.show_state(
            *((self.tr("Not ready"), "teacher") if problems else (self.tr("Ready"), "agreement"))
        )
        self.problems.setText(_listed(problems, titles))
        self.problems.setVisible(bool(problems))
        self.start.setText(self._next_step(problems, titles))
        self.start.setAccessibleName(self.start.text())
        self.copy.setEnabled(not problems)
        self.copy.setToolTip(self.tr("Something is still missing") if problems else "")
        self._say_hidden(hidden_changes)

    def show_busy(self, title: str) -> None:
        """Say that another run is at work, "" that none is."""
        said = (
            self.tr("{0} is at work; a run on the same device waits for it.").format(title) if title else ""
        )
        self.note.setToolTip(said)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.addWidget(Text(self.tr("Summary"), "heading"), 1)
        head.addWidget(self.pill)
        self.body.addLayout(head)
        self._grid.setHorizontalSpacing(GAP)
        self._grid.setVerticalSpacing(SPACE + 2)
        self._grid.setColumnStretch(1, 1)
        names = (
            self.tr("Data"), self.tr("Teacher"), self.tr("Student"), self.tr("Method"), self.tr("Budget"), self.tr("Seeds"),
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
        self.body.addWidget(self.start)
        self.body.addWidget(self.copy)
        theme().changed.connect(self.update)

    def _show_facts(self, experiment: Experiment) -> None:
        baseline = self.tr("with baseline") if experiment.baseline else self.tr("no baseline")
        facts = (
            brief(experiment.dataset), brief(experiment.teacher), brief(experiment.student), brief(experiment.method),
            f"{budget(experiment.training)}, {self.tr('batch')} {experiment.training.batch_size}",
            f"{len(experiment.seeds)}, {baseline}", experiment.compute.device,
        )  # fmt: skip
        for value, fact in zip(self._facts.values(), facts, strict=True):
            value.set_text(fact)

    def _next_step(self, problems: dict[str, str], titles: dict[str, str]) -> str:
        if not problems:
            return self.tr("Start")
        path, message = next(iter(problems.items()))
        title = _title(path, titles)
        return (self.tr("Fill in: {0}") if message.startswith("missing") else self.tr("Mend: {0}")).format(
            title
        )

    @Slot()
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
        f"{titles.get(path, path.replace('.', ', ').replace('_', ' '))}: {text}"
        for path, text in problems.items()
    ]
    more = [f"and {len(said) - SHOWN} more"] if len(said) > SHOWN else []
    return "\n".join([*said[:SHOWN], *more])
