"""What may help next: changes to a run's experiment that follow from its verdict, its warnings or its failure.

A suggestion says what a button is to say, why, and which fields it changes to what. Nothing is applied here but to a copy:
the form shows the changes, and people start them or do not.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kdstudio.runs.state import RunState, Stage
from kdstudio.spec import Experiment
from kdstudio.spec.changes import changed
from kdstudio.spec.models import TRAIN
from kdstudio.spec.titles import untitled
from kdstudio.spec.training import BUDGETS, Training

INTERVAL_NEEDS = 3  # seeds
LONGER = 2  # times the budget
CLIP = 1.0
RISING = 0.01  # of accuracy that a curve gains in its last quarter, from which it counts as still rising
LATE = 0.9  # of the budget, after which the best step says that the budget was short
EVEN = 0.5  # the weight of the soft targets at which labels weigh as much
LONGEST_TITLE = 200

TEXTS = {
    "lower-rate": "Lower the learning rate to {value}",
    "raise-rate": "Raise the learning rate to {value}",
    "lower-teacher-rate": "Lower the teacher's learning rate to {value}",
    "raise-teacher-rate": "Raise the teacher's learning rate to {value}",
    "clip": "Clip gradients at {value}",
    "longer": "Train twice as long",
    "teacher-longer": "Train the teacher twice as long",
    "wider-teacher": "Use a wider teacher ({value})",
    "smaller-batch": "Halve the batch size to {value}",
    "smaller-teacher-batch": "Halve the teacher's batch size to {value}",
    "interval-seeds": "Run {value} seeds for an interval",
    "more-seeds": "Run {value} seeds",
    "even-alpha": "Lower alpha to {value}",
    "baseline": "Train a baseline too",
    "any-device": "Choose the device automatically",
    "known-classes": "Hide existing classes alone",
    "no-hidden-class": "Hide no class",
    "train-teacher": "Train the teacher here",
    "train-student": "Train the student from scratch",
}
"""What a button says, by the name of the suggestion."""

REASONS = {
    "few-seeds": "An interval of the gain needs three seeds.",
    "noise": "The interval holds 0. More seeds make it narrower, so that a small gain can be told from noise.",
    "harm": "With alpha {alpha} the labels count for {labels}: the student follows its teacher more than the labels.",
    "no-baseline": "Without a baseline nobody can say what the teacher's help is worth.",
    "still-rising": "The student was still getting better when its budget ended.",
    "longer": "The student starts anew with twice the budget; the teacher is used again.",
    "student-weak": "The student hardly does better than guessing.",
    "teacher-weak": "The teacher hardly does better than guessing.",
    "teacher-not-better": "The teacher is no better than the student alone.",
    "not-a-number": "Steps that are too large make the loss infinite.",
    "out-of-memory": "A smaller batch needs less memory in each step.",
    "killed": "If memory was short, a smaller batch needs less of it.",
    "device-missing": "The device that the experiment names is not there.",
    "hidden-classes": "The experiment hides classes that the data do not have, or all that there are.",
    "other-weights": "The weights that the experiment names cannot be used.",
}
"""Why, by the reason's code."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Suggestion:
    """A change that may help.

    Attributes:
        name: of TEXTS: what is changed.
        code: of REASONS: why.
        changes: field path -> value.
        values: what the blanks of both are filled with.
        remark: what the title of the changed experiment says of it.
    """

    name: str
    code: str
    changes: Mapping[str, Any]
    values: Mapping[str, Any] = field(default_factory=dict)
    remark: str = ""

    def text(self, translate: Callable[[str], str] = str) -> str:
        """What a button says: "Lower the learning rate to 0.003"."""
        return translate(TEXTS[self.name]).format(**self.values)

    def reason(self, translate: Callable[[str], str] = str) -> str:
        """Why, in a sentence."""
        return translate(REASONS[self.code]).format(**self.values)

    def applied(self, experiment: Experiment, parent: str | None = None) -> Experiment:
        """A copy of `experiment` with the changes; `parent` is the id of the run that it comes from.

        Raises:
            ValueError: a field does not take its new value.
        """
        values = changed(untitled(experiment).model_dump(), self.changes)
        if values["title"] and self.remark:
            values["title"] = f"{values['title'][: LONGEST_TITLE - len(self.remark) - 2]}, {self.remark}"
        return type(experiment).model_validate({**values, "parent": parent})


def after_verdict(experiment: Experiment, state: RunState, summary: Mapping[str, Any]) -> tuple[Suggestion, ...]:
    """What may help a completed run: more seeds, a longer training, other weights of labels and teacher, a baseline."""
    return _possible(experiment, _of_verdict(experiment, state, summary))


def after_problem(experiment: Experiment, code: str, parameters: Mapping[str, Any]) -> tuple[Suggestion, ...]:
    """What may help after a warning or a failure, by its code; nothing where only people can know."""
    return _possible(experiment, _of_problem(experiment, code, parameters))


def longer(experiment: Experiment, code: str = "longer") -> Suggestion:
    """Twice the budget for baseline and student."""
    return Suggestion(
        name="longer", code=code, changes=_doubled(experiment.training, "training"), remark="twice as long"
    )


def _possible(experiment: Experiment, wanted: Iterator[Suggestion]) -> tuple[Suggestion, ...]:
    """Those of `wanted` that make an experiment: a doubled budget may be more than a budget may be."""
    kept: list[Suggestion] = []
    for each in wanted:
        try:
            each.applied(experiment)
        except (KeyError, TypeError, ValueError):
            continue
        if each.changes and all(each.changes != other.changes for other in kept):
            kept.append(each)
    return tuple(kept)


def _of_verdict(experiment: Experiment, state: RunState, summary: Mapping[str, Any]) -> Iterator[Suggestion]:
    gain, seeds = summary["gain"], len(experiment.seeds)
    if gain["mean"] is None:
        if not experiment.baseline and experiment.method.needs_teacher:
            yield Suggestion(name="baseline", code="no-baseline", changes={"baseline": True}, remark="with a baseline")
    elif gain["low"] is None:
        if seeds < INTERVAL_NEEDS:
            yield _seeds(experiment, INTERVAL_NEEDS, "interval-seeds", "few-seeds")
    elif gain["high"] < 0:
        yield from _more_labels(experiment)
    elif gain["low"] <= 0:
        yield _seeds(experiment, 2 * seeds, "more-seeds", "noise")
    if _still_rising(state):
        yield longer(experiment, "still-rising")


def _more_labels(experiment: Experiment) -> Iterator[Suggestion]:
    alpha = getattr(experiment.method, "alpha", None)
    if alpha is not None and alpha > EVEN:
        values = {"value": f"{EVEN:g}", "alpha": f"{alpha:g}", "labels": f"{1 - alpha:.2g}"}
        yield Suggestion(
            name="even-alpha", code="harm", changes={"method.alpha": EVEN}, values=values, remark=f"alpha {EVEN:g}"
        )


def _of_problem(experiment: Experiment, code: str, parameters: Mapping[str, Any]) -> Iterator[Suggestion]:
    of_teacher = parameters.get("stage") == "teacher"
    trains = experiment.teacher.weights == TRAIN
    match code:
        case "student-weak":
            yield from _another_rate(experiment.training, "training", code)
            yield longer(experiment, code)
        case "teacher-weak" if trains:
            yield _teacher_longer(experiment, code)
            yield from _another_rate(experiment.teacher_training, "teacher_training", code)
        case "teacher-not-better" if trains:
            yield _teacher_longer(experiment, code)
            yield from _wider_teacher(experiment, code)
        case "not-a-number":
            part = "teacher_training" if of_teacher else "training"
            yield _lower_rate(getattr(experiment, part), part, code)
            if getattr(experiment, part).clip is None:
                yield Suggestion(
                    name="clip",
                    code=code,
                    changes={f"{part}.clip": CLIP},
                    values={"value": f"{CLIP:g}"},
                    remark="clipped",
                )
        case "out-of-memory-device" | "out-of-memory-system" | "killed":
            part = "teacher_training" if of_teacher else "training"
            yield from _smaller_batch(
                getattr(experiment, part), part, "killed" if code == "killed" else "out-of-memory"
            )
        case "device-missing":
            yield Suggestion(name="any-device", code=code, changes={"compute.device": "auto"})
        case "hidden-class-unknown":
            yield from _hide_known(experiment, parameters.get("last"))
        case "nothing-left":
            yield Suggestion(name="no-hidden-class", code="hidden-classes", changes={"dataset.hidden_classes": ()})
        case "weights-mismatch" | "weights-pickled" | "weights-run-empty" | "classes-mismatch" | "changed-weights":
            role = parameters.get("role")
            if role in ("teacher", "student"):
                yield Suggestion(name=f"train-{role}", code="other-weights", changes={f"{role}.weights": TRAIN})


def _seeds(experiment: Experiment, count: int, name: str, code: str) -> Suggestion:
    """Those that there are, and the smallest others."""
    known = list(experiment.seeds)
    others = (seed for seed in range(count + len(known)) if seed not in known)
    seeds = tuple([*known, *others][: max(count, len(known))])
    return Suggestion(
        name=name, code=code, changes={"seeds": seeds}, values={"value": len(seeds)}, remark=f"{len(seeds)} seeds"
    )


def _doubled(training: Training, part: str) -> dict[str, Any]:
    return {f"{part}.{name}": LONGER * value for name in BUDGETS if (value := getattr(training, name)) is not None}


def _teacher_longer(experiment: Experiment, code: str) -> Suggestion:
    changes = _doubled(experiment.teacher_training, "teacher_training")
    return Suggestion(name="teacher-longer", code=code, changes=changes, remark="teacher twice as long")


def _another_rate(training: Training, part: str, code: str) -> Iterator[Suggestion]:
    """A rate far below the usual one teaches nothing in time; any other may be too high."""
    usual = Training.model_fields["learning_rate"].default
    if training.learning_rate < usual / 3:
        yield _rate(part, usual, code, "raise")
    else:
        yield _lower_rate(training, part, code)


def _lower_rate(training: Training, part: str, code: str) -> Suggestion:
    """A tenth; of a rate that is out of all bounds the usual one."""
    usual = Training.model_fields["learning_rate"].default
    tenth = training.learning_rate / 10
    return _rate(part, tenth if tenth <= 10 * usual else usual, code, "lower")


def _rate(part: str, rate: float, code: str, way: str) -> Suggestion:
    rate = float(f"{rate:.3g}")
    name = f"{way}-teacher-rate" if part == "teacher_training" else f"{way}-rate"
    values = {"value": f"{rate:g}"}
    whose = "teacher's " if part == "teacher_training" else ""
    return Suggestion(
        name=name,
        code=code,
        changes={f"{part}.learning_rate": rate},
        values=values,
        remark=f"{whose}learning rate {rate:g}",
    )


def _wider_teacher(experiment: Experiment, code: str) -> Iterator[Suggestion]:
    teacher = experiment.teacher
    width, hidden = getattr(teacher, "width", None), getattr(teacher, "hidden", None)
    if width is not None:
        changes, said = {"teacher.width": 2 * width}, str(2 * width)
    elif hidden:
        wider = tuple(2 * units for units in hidden)
        changes, said = {"teacher.hidden": wider}, "-".join(map(str, wider))
    else:
        return
    yield Suggestion(name="wider-teacher", code=code, changes=changes, values={"value": said}, remark=f"teacher {said}")


def _smaller_batch(training: Training, part: str, code: str) -> Iterator[Suggestion]:
    if training.batch_size > 1:
        half = training.batch_size // 2
        name = "smaller-teacher-batch" if part == "teacher_training" else "smaller-batch"
        changes = {f"{part}.batch_size": half}
        yield Suggestion(name=name, code=code, changes=changes, values={"value": half}, remark=f"batch size {half}")


def _hide_known(experiment: Experiment, last: Any) -> Iterator[Suggestion]:
    hidden = getattr(experiment.dataset, "hidden_classes", ())
    if isinstance(last, int):
        known = tuple(number for number in hidden if number <= last)
        name = "known-classes" if known else "no-hidden-class"
        yield Suggestion(name=name, code="hidden-classes", changes={"dataset.hidden_classes": known})


def _still_rising(state: RunState) -> bool:
    """Whether most students were best at the end of their budget, and rose until then."""
    students = [stage for stage in state.stages_of("student") if stage.ended and stage.unit == "steps"]
    rising = sum(_rises(stage) for stage in students)
    return bool(students) and 2 * rising > len(students)


def _rises(stage: Stage) -> bool:
    series = stage.curves.get(("student", "validation", "accuracy"))
    best = series.best() if series is not None else None
    if series is None or best is None or stage.planned <= 0 or best[0] < LATE * stage.planned:
        return False
    steps, values = series.columns
    before = [value for step, value in zip(steps, values, strict=True) if step <= 0.75 * stage.planned]
    return bool(before) and best[1] - max(before) >= RISING


__all__ = ["REASONS", "TEXTS", "Suggestion", "after_problem", "after_verdict", "longer"]
