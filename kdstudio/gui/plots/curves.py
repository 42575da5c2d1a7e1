"""What a plot shows, taken from the fold of a run: which curves, in which role and strength, and what it waits for.

Pure data out of pure data, with no widget: the same function serves a live run, a finished one, and the report.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from kdstudio.gui.language import looked_up, tr
from kdstudio.results.curves import Spread, spread
from kdstudio.runs.series import Series
from kdstudio.runs.state import CurveKey, RunState, Stage
from kdstudio.runs.summary import gain_of, tested_metrics

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from kdstudio.gui.theme import Role

    Floats = NDArray[np.float64]

Line: TypeAlias = Literal["solid", "dashed", "dotted", "dash-dotted"]
Axis: TypeAlias = Literal["step", "epoch", "time"]
MEAN = "mean"  # in place of the seed in the key of a curve that is the mean of several


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How steps become epochs and seconds: the x axis of a stage may be any of the three."""

    epochs: float | None = None  # a step
    clock: Series | None = None

    def along(self, axis: Axis, steps: "Floats") -> "Floats":
        """Where `steps` lie on `axis`; seconds between two known steps are interpolated."""
        if axis == "epoch" and self.epochs:
            return steps * self.epochs
        if axis == "time" and self.clock is not None and len(self.clock):
            import numpy as np

            known, seconds = self.clock.arrays()
            return np.interp(steps, np.append(0.0, known), np.append(0.0, seconds))
        return steps

    def knows(self, axis: Axis) -> bool:
        """Whether `along` can tell `axis`."""
        return axis == "step" or bool(self.epochs if axis == "epoch" else self.clock)


@dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """One curve. `noisy`: shown as a dim raw line under its moving average. `weak`: another seed, thin; `live`: thin, in its
    full colour, the seed at work. `seeds`: how many it is the mean of. `briefly`: its label where there is little room."""

    key: str
    label: str
    role: "Role"
    series: Series
    pace: Pace = Pace()
    scale: float = 1.0
    noisy: bool = False
    weak: bool = False
    live: bool = False
    seeds: int = 1
    line: Line = "solid"
    briefly: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Level:
    """A level line across the whole plot."""

    label: str
    role: "Role"
    value: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Band:
    """What lies between the lowest and the highest of `seeds`; `label`: that of both bands of a picture."""

    key: str
    label: str
    role: "Role"
    low: Series
    high: Series
    seeds: int
    pace: Pace = Pace()
    scale: float = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """What lies between two curves of a picture, by their keys. `higher` and `lower` say which way it goes, `label` of what;
    how much it is stands in one place alone, the tile of the gain. It is `settled` when both curves have come to their end and
    test data do not call it noise: before, it says little, and may turn. `within_noise`: test data do."""

    low: str
    high: str
    higher: str
    lower: str
    label: str
    settled: bool
    within_noise: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """All that a plot shows. `areas` are stacked, the first at the bottom. `waiting` is said while there is no curve;
    `x_end` is the planned last step."""

    curves: tuple[Curve, ...] = ()
    areas: tuple[Curve, ...] = ()
    levels: tuple[Level, ...] = ()
    bands: tuple[Band, ...] = ()
    gap: Gap | None = None
    x_end: float | None = None
    waiting: str = ""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw yet."""
        return not any(len(curve.series) for curve in self.curves)


def shown_seed(state: RunState) -> int | None:
    """The seed at work, or the last one that was."""
    if state.current and state.current[1] is not None:
        return state.current[1]
    return next((stage.seed for stage in reversed(list(state.stages.values())) if stage.seed is not None), None)


def accuracy(state: RunState) -> Picture:
    """Validation accuracy in per cent: the teacher level, baseline and student of the seed at work strong, others thin. From
    two seeds on that have both come to their end, the means over these are strong, each on its band, and all seeds are thin."""
    seed, level = shown_seed(state), teacher_accuracy(state)
    baseline, student = state.stages_of("baseline"), state.stages_of("student")
    if not baseline and not student:
        return _teacher_alone(state)
    pairs = _complete(baseline, student)
    alone = list(_measured(baseline, "baseline", "accuracy", seed, pairs))
    taught = list(_measured(student, "student", "accuracy", seed, pairs))
    bands = [*_bands(baseline, "baseline", pairs), *_bands(student, "student", pairs)]
    levels = (Level(label=tr("teacher"), role="teacher", value=100 * level),) if level is not None else ()
    waits = tr("Waiting for the first evaluation"), _ended_without(state, tr("an evaluation"))
    return Picture(
        curves=(*alone, *taught), levels=levels, bands=tuple(bands), x_end=_planned([*baseline, *student], seed),
        gap=_help(state, alone, taught), waiting=_waiting(state, *waits),
    )  # fmt: skip


def _help(state: RunState, alone: Sequence[Curve], taught: Sequence[Curve]) -> Gap | None:
    """What the teacher makes of the student: the space between the two means, or between the student in view and its own
    baseline, also while the next baseline trains already."""
    student = taught[-1].key if taught else ""
    seed = student.rpartition(".")[2]
    baseline = next((curve.key for curve in alone if curve.key.rpartition(".")[2] == seed), None)
    if baseline is None:
        return None
    label = tr("on validation data") if taught[-1].seeds > 1 or len(taught) == 1 else tr("this seed, on validation data")
    if _is_noise(state):
        words = tr("no gain beyond noise")
        return Gap(
            low=baseline, high=student, higher=words, lower=words, label=tr("on test data"), settled=False, within_noise=True
        )
    ended = [stage.ended for stage in state.stages_of("student") if str(stage.seed) == seed]
    return Gap(
        low=baseline, high=student, higher=tr("higher with the teacher"), lower=tr("lower with the teacher"), label=label,
        settled=all(ended),
    )  # fmt: skip


def _is_noise(state: RunState) -> bool:
    """Whether the interval of a completed run's gain holds 0: what the headline calls no gain beyond noise."""
    finals = tested_metrics(state) if state.outcome == "completed" else {}
    gain = gain_of(finals.get("baseline", {}), finals.get("student", {}))
    return gain["low"] is not None and gain["low"] <= 0 <= gain["high"]


def _complete(*stages: Sequence[Stage]) -> set[int | None]:
    """The seeds whose stages of each kind have ended: a mean over others would compare unlike things."""
    ended = [{stage.seed for stage in each if stage.ended} for each in stages if each]
    return set.intersection(*ended) if ended else set()


def _ended_without(state: RunState, what: str) -> str:
    """Why a plot stays empty, for as long as nobody resumes the run."""
    if state.outcome == "paused":
        step = max((stage.step for stage in state.stages.values()), default=0)
        return tr("Paused before {0}, at step {1:,}. Continue resumes here.").format(what, step)
    return tr("The run ended before {0}").format(what)


def _waiting(state: RunState, waits: str, ended: str) -> str:
    """What an empty plot says: what it waits for, or that this never came."""
    return waits if state.outcome is None else ended


def _teacher_alone(state: RunState) -> Picture:
    teacher = state.stages_of("teacher")
    curves = tuple(_measured(teacher, "teacher", "accuracy", None))
    waits = tr("Waiting for the first evaluation of the teacher"), _ended_without(state, tr("an evaluation of the teacher"))
    return Picture(curves=curves, x_end=_planned(teacher, None), waiting=_waiting(state, *waits))


def agreement(state: RunState) -> Picture:
    """How often student and teacher say the same, in per cent, on validation and on training images."""
    seed, student = shown_seed(state), state.stages_of("student")
    ended = _complete(student)
    train = list(_measured(student, "student", "agreement", seed, ended, split="train", role="baseline", label=tr("train")))
    validation = list(_measured(student, "student", "agreement", seed, ended, role="agreement", label=tr("validation")))
    strong = [curve for curve in train if not curve.weak]  # other seeds' training curves would only be clutter
    waits = tr("Waiting for the first evaluation of the student"), _ended_without(state, tr("an evaluation of the student"))
    return Picture(
        curves=(*strong, *validation),
        areas=tuple(_split(student, seed, ended)),
        x_end=_planned(student, seed),
        waiting=_waiting(state, *waits),
    )


SPLIT: "tuple[tuple[str, str, str, Role], ...]" = (
    ("both", "both right", "both", "agreement"), ("student_only", "student only", "student", "student"),
    ("teacher_only", "teacher only", "teacher", "teacher"), ("neither", "neither", "", "baseline"),
)  # fmt: skip


TERMS = ("labels", "soft targets")  # of a loss, that methods have until now: another is shown by its own name


def _split(students: Sequence[Stage], seed: int | None, ended: "set[int | None]") -> Iterator[Curve]:
    """Who is right on validation images, of the student of `seed`, or in the mean over those that have ended: four parts that
    make 100 per cent."""
    split = [stage for stage in students if ("student", "validation", "both") in stage.curves]
    stage = next((stage for stage in split if stage.seed == seed), split[-1] if split else None)
    for metric, label, briefly, role in SPLIT if stage is not None else ():
        together = _spread(split, ("student", "validation", metric), ended)
        series = stage.curves.get(("student", "validation", metric), Series()) if stage else Series()
        series = together.mean if together is not None else series
        yield Curve(
            key=metric, label=looked_up(label), briefly=looked_up(briefly), role=role, series=series,
            pace=pace_of(stage), scale=100.0,
        )


def pace_of(stage: Stage | None) -> Pace:
    """How the steps of `stage` become epochs and seconds."""
    if stage is None:
        return Pace()
    return Pace(epochs=stage.epoch / stage.step if stage.step and stage.epoch else None, clock=stage.clock)


def loss(state: RunState) -> Picture:
    """The weighted loss terms of the training at work, or of the student when all is done."""
    stage = _training_at_work(state)
    waiting = _waiting(state, tr("Waiting for the first training step"), _ended_without(state, tr("the first training step")))
    if stage is None:
        return Picture(waiting=waiting)
    order = sorted(stage.terms, key=lambda term: term == "labels")
    curves = [
        Curve(
            key=f"{stage.name}.{term}",
            label=looked_up(term),
            role=_role_of_term(term, number),
            line=_line_of_term(term, number),
            series=stage.terms[term],
            pace=pace_of(stage),
            noisy=True,
        )
        for number, term in enumerate(order)
    ]
    end = stage.planned if stage.unit == "steps" else None
    return Picture(curves=tuple(curves), x_end=end, waiting=waiting)


def _role_of_term(term: str, number: int) -> "Role":
    roles: tuple[Role, ...] = ("student", "agreement", "teacher", "failure")
    return "baseline" if term == "labels" else roles[number % len(roles)]


def _line_of_term(term: str, number: int) -> Line:
    """Labels are dashed wherever they stand, as is who learns from nothing else."""
    lines: tuple[Line, ...] = ("solid", "dash-dotted")  # dotted is the teacher
    return "dashed" if term == "labels" else lines[number % len(lines)]


def _training_at_work(state: RunState) -> Stage | None:
    current = state.stages.get(state.current) if state.current else None
    if current is not None and current.name in ("teacher", "baseline", "student"):
        return current
    for name in ("student", "baseline", "teacher"):
        trained = [stage for stage in state.stages_of(name) if stage.terms]
        if trained:
            return trained[-1]
    return None


def training_of(state: RunState) -> str:
    """Whose losses `loss` shows: teacher, baseline, student; "" before any."""
    stage = _training_at_work(state)
    return stage.name if stage else ""


def teacher_accuracy(state: RunState) -> float | None:
    """The teacher's accuracy on validation data, as a fraction."""
    for stage in (*state.stages_of("teacher-check"), *state.stages_of("teacher")):
        value = stage.latest.get(("teacher", "validation"), {}).get("accuracy")
        if isinstance(value, int | float):
            return float(value)
    return None


def _measured(
    stages: Sequence[Stage],
    who: str,
    metric: str,
    seed: int | None,
    complete: "set[int | None] | None" = None,
    *,
    split: str = "validation",
    role: "Role | None" = None,
    label: str = "",
) -> Iterator[Curve]:
    """The curve of each stage; the one of `seed`, or else the newest, is strong, and last, on top. Where two or more seeds are
    `complete`, the mean over these is strong in its place."""
    roles: dict[str, Role] = {"teacher": "teacher", "baseline": "baseline", "student": "student"}
    lines: dict[str, Line] = {"teacher": "dotted", "baseline": "dashed"}
    measured = [stage for stage in stages if (who, split, metric) in stage.curves]
    together = _spread(measured, (who, split, metric), complete or set())
    strong = next((stage for stage in measured if stage.seed == seed), measured[-1] if measured else None)
    for stage in sorted(measured, key=lambda stage: stage is strong):
        yield Curve(
            key=f"{who}.{split}.{metric}.{stage.seed}",
            label=label or looked_up(who),
            role=role or roles[who],
            series=stage.curves[(who, split, metric)],
            pace=pace_of(stage),
            scale=100.0,
            weak=together is not None or stage is not strong,
            live=together is not None and stage is strong and not stage.ended,
            line="dashed" if split == "train" else lines.get(who, "solid"),
        )
    if together is not None:
        yield Curve(
            key=f"{who}.{split}.{metric}.{MEAN}",
            label=label or looked_up(who),
            role=role or roles[who],
            series=together.mean,
            pace=pace_of(measured[0]),
            scale=100.0,
            seeds=together.count,
            line="dashed" if split == "train" else lines.get(who, "solid"),
        )


def _spread(stages: Sequence[Stage], curve: CurveKey, seeds: "set[int | None]") -> Spread | None:
    """The curves of `seeds` taken together."""
    return spread([stage.curves[curve] for stage in stages if stage.seed in seeds and curve in stage.curves])


def _bands(stages: Sequence[Stage], who: "Role", seeds: "set[int | None]") -> Iterator[Band]:
    """From the lowest to the highest of `seeds`."""
    together = _spread(stages, (who, "validation", "accuracy"), seeds)
    if together is not None:
        yield Band(
            key=who, label=tr("lowest to highest"), role=who, low=together.low, high=together.high, seeds=together.count,
            pace=pace_of(stages[0]), scale=100.0,
        )  # fmt: skip


def _planned(stages: Sequence[Stage], seed: int | None) -> float | None:
    """The last step on the x axis: what the stage of `seed` plans, when it counts in steps."""
    planned = [stage.planned for stage in stages if stage.unit == "steps" and stage.planned > 0]
    return max(planned) if planned else None
