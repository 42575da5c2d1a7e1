"""The four numbers that carry the message of a run: accuracy, agreement, gain, size."""

from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QWidget

from kdstudio.gui.cards import Tile
from kdstudio.gui.language import looked_up, tr
from kdstudio.gui.plots.curves import shown_seed
from kdstudio.gui.theme import GAP, Role
from kdstudio.gui.words import compact
from kdstudio.results.gain import gain_so_far
from kdstudio.runs.series import Series
from kdstudio.runs.state import RunState, Stage
from kdstudio.runs.summary import percent, share


class Tiles(QWidget):
    """Live they speak of validation data and the seed at work; at the end of test data and all seeds."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.accuracy = Tile(self.tr("Student accuracy"), "student", briefly=self.tr("Accuracy"))
        self.agreement = Tile(self.tr("Agreement with teacher"), "agreement", briefly=self.tr("Agreement"))
        self.gain = Tile(self.tr("Gain from the teacher"), briefly=self.tr("Gain"))
        self.cost = Tile(self.tr("Size"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        for name in ("accuracy", "agreement", "gain", "cost"):
            tile: Tile = getattr(self, name)
            tile.setObjectName(f"tile.{name}")
            row.addWidget(tile, 1)

    def set_low(self, low: bool) -> None:
        """Take less height, with the same words."""
        for tile in (self.accuracy, self.agreement, self.gain, self.cost):
            tile.set_low(low)

    def show_nothing(self) -> None:
        """Say what each number will mean: there is no run that could be waited for."""
        self.accuracy.show_value(
            "", self.tr("share of images classified correctly"), briefly=[self.tr("share correct")]
        )
        self.agreement.show_value("", self.tr("share of equal predictions"), briefly=[self.tr("equal share")])
        self.gain.show_value("", self.tr("student minus baseline"), briefly=[self.tr("minus baseline")])
        self._show_size(RunState())

    def show_run(self, run: RunState, summary: dict[str, Any] | None) -> None:
        """Show where `run` stands; `summary` once it is complete."""
        self._show_size(run)
        if summary is not None:
            self._show_result(summary)
            return
        seed = shown_seed(run)
        student = _newest(run.stages_of("student"), seed)
        self._show_student(run, student, ("",) if student else self._waiting(run))
        self._show_gain(run)

    def _show_result(self, summary: dict[str, Any]) -> None:
        student, gain = summary["models"]["student"], summary["gain"]
        seeds = summary.get("seeds") or gain["seeds"] or 0
        mean = self.tr("test data, mean of {0} seeds").format(seeds) if seeds > 1 else self.tr("test data")
        accuracy, agreement = student["accuracy"], student["agreement"]
        self.accuracy.show_value(_percent(accuracy), mean, briefly=[self.tr("test data")])
        self.agreement.show_value(_percent(agreement), mean, briefly=[self.tr("test data")])
        if gain["mean"] is None:
            self.gain.show_value("", self.tr("no baseline to compare with"), "text", briefly=[self.tr("no baseline")])
        elif gain["low"] is None:
            have = self.tr("1 seed") if seeds == 1 else self.tr("{0} seeds").format(seeds)
            needed = self.tr("test data, {0}; 3 are needed for an interval").format(have)
            if seeds >= 3:
                needed = self.tr("test data, equal in each of {0} seeds").format(seeds)
            brief = [self.tr("test data, {0}").format(have), have]
            self.gain.show_value(_points(gain["mean"]), needed, "text", briefly=brief)
        else:
            spread = self.tr("{0:+.1f} to {1:+.1f}").format(100 * gain["low"], 100 * gain["high"])
            counted = self.tr("{0}, {1} seeds").format(spread, seeds)
            role: Role = "agreement" if gain["low"] > 0 else "failure" if gain["high"] < 0 else "text"
            note = self.tr("test data, {0}").format(counted)
            self.gain.show_value(_points(gain["mean"]), note, role, briefly=[counted, spread])

    def _waiting(self, run: RunState) -> tuple[str, ...]:
        """What there is to tell before there is a student, and the same in fewer words."""
        for who, said, briefly in (
            ("baseline", self.tr("the baseline is at {0}"), self.tr("baseline {0}")),
            ("teacher", self.tr("the teacher is at {0}"), self.tr("teacher {0}")),
        ):
            for stage in reversed(run.stages_of(who)):
                series = _validation(stage, who)
                if series is not None and series.last is not None:
                    return said.format(percent(series.last)), briefly.format(percent(series.last))
        return self._no_student(run)

    def _no_student(self, run: RunState) -> tuple[str, ...]:
        if run.outcome in (None, "paused"):
            return self.tr("waiting for the student"), self.tr("waiting")
        return self.tr("the run ended before the student"), self.tr("ended before it")

    def _show_student(self, run: RunState, student: Stage | None, waiting: tuple[str, ...]) -> None:
        series = student.curves.get(("student", "validation", "accuracy")) if student else None
        best = series.best() if series else None
        notes = waiting
        if best:
            at = self.tr("best {0} at step {1:,}").format(percent(best[1]), best[0])
            notes = (self.tr("validation, {0}").format(at), at, self.tr("best {0}").format(percent(best[1])))
        self.accuracy.show_value(_percent(series.last if series else None), notes[0], briefly=notes[1:])
        validation = student.latest.get(("student", "validation"), {}).get("agreement") if student else None
        train = student.latest.get(("student", "train"), {}).get("agreement") if student else None
        notes = self._no_student(run)
        if isinstance(train, float | int):
            there = self.tr("on training data {0}").format(percent(train))
            notes = (self.tr("validation, {0}").format(there), there, self.tr("training {0}").format(percent(train)))
        self.agreement.show_value(_percent(validation), notes[0], briefly=notes[1:])

    def _show_gain(self, run: RunState) -> None:
        """The one gain in view while the run goes on: that on validation data so far."""
        gain = gain_so_far(run)
        if gain is None:
            self.gain.show_value("", self.tr("needs baseline and student"), "text", briefly=[self.tr("needs both")])
            return
        seeds = self.tr("1 seed") if gain.seeds == 1 else self.tr("{0} seeds").format(gain.seeds)
        far = self.tr("on validation, so far") if run.outcome is None else self.tr("on validation")
        brief = (
            self.tr("so far, {0}").format(seeds) if run.outcome is None else self.tr("validation, {0}").format(seeds)
        )
        self.gain.show_value(_points(gain.mean), self.tr("{0}, {1}").format(far, seeds), "text", briefly=[brief])

    def _show_size(self, run: RunState) -> None:
        student, teacher = run.models.get("student"), run.models.get("teacher")
        if student is None:
            self.cost.show_value("", self.tr("parameters of the student"), briefly=[self.tr("parameters")])
            return
        notes: tuple[str, ...] = (self.tr("parameters"),)
        if teacher is not None and teacher.parameters:
            ratio = share(student.parameters / teacher.parameters, looked_up)
            against = self.tr("{0} the teacher").format(ratio)
            notes = (self.tr("parameters, {0}").format(against), against, self.tr("{0} teacher").format(ratio))
        self.cost.show_value(compact(student.parameters), notes[0], briefly=notes[1:])


def _newest(stages: list[Stage], seed: int | None) -> Stage | None:
    """The stage of `seed`, or else the last one that has begun."""
    return next((stage for stage in stages if stage.seed == seed), stages[-1] if stages else None)


def _validation(stage: Stage, who: str) -> Series | None:
    return stage.curves.get((who, "validation", "accuracy"))


def _percent(value: float | None) -> str:
    return percent(value) if isinstance(value, int | float) else ""


def _points(gain: float) -> str:
    return tr("{0} points").format(f"{100 * gain:+.1f}")
