"""What a run came to, in numbers and in one sentence: computed from the fold, kept in summary.json."""

import math
from collections.abc import Callable, Iterable, Sequence
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from kdstudio.runs.events import Metrics, Note
from kdstudio.runs.outlook import outlook
from kdstudio.runs.state import RunState, Stage, State

if TYPE_CHECKING:
    from kdstudio.spec import Experiment

SCALARS = ("accuracy", "nll", "ece", "agreement", "kl")
COSTS = ("parameters", "macs", "bytes")
SPLIT = ("both", "teacher_only", "student_only", "neither")
SAME = 1e-9  # two differences of accuracies that are nearer than this are the same number of images
POINTS = 24  # of a curve in a list of runs
LEAST_SHARE = 1e-5
UNEQUAL = "Student and baseline took different numbers of steps ({student} and {baseline}): part of it may be training time."
HEADLINES = {
    "unmeasured": "The run completed without a measurement.",
    "weak": "The student learned almost nothing: {accuracy} on test data, where guessing gives {chance}.",
    "alone": "The student reaches {accuracy}; the run has no baseline to compare it with.",
    "one seed": "{mean} points with the teacher (1 seed; 3 are needed for an interval).",
    "few seeds": "{mean} points with the teacher ({seeds} seeds; 3 are needed for an interval).",
    "one seed, harm": "The teacher cost {cost} points (1 seed; 3 are needed for an interval).",
    "few seeds, harm": "The teacher cost {cost} points ({seeds} seeds; 3 are needed for an interval).",
    "gain": "{mean} points with the teacher ({low} to {high}, {seeds} seeds).",
    "harm": "The teacher cost {cost} points ({low} to {high}, {seeds} seeds).",
    "equal": "{mean} points with the teacher in each of {seeds} seeds: equal differences have no interval.",
    "noise": "No gain beyond noise: {mean} points with the teacher ({low} to {high}, {seeds} seeds).",
    "kept": "The student reaches {student} (teacher {teacher}) with {share} the parameters.",
    "surpassed": "The student reaches {student}, more than the teacher ({teacher}), with {share} the parameters.",
}
PART, TIMES, LESS = "{0} of", "{0} times", "less than {0} of"  # how large something is against what is named next


def summarise(state: RunState, title: str, experiment: "Experiment | None" = None) -> dict[str, Any]:
    """The summary of `state`: what `show --json` prints without the status, and what lists need of a live run.

    Accuracy, agreement, gain and calibration error are fractions; nll and kl are nats. What does not exist is None.
    `experiment` says how many stages there will be; without it one seed is taken for all.
    """
    finals = tested_metrics(state)
    models = {who: _model(state, finals, who) for who in ("teacher", "baseline", "student")}
    gain = gain_of(finals.get("baseline", {}), finals.get("student", {}))
    split = {name: _mean(metrics.get(name) for metrics in finals.get("student", {}).values()) for name in SPLIT}
    teacher, student = models["teacher"], models["student"]
    kept = {name: _ratio(student[name], teacher[name]) for name in ("accuracy", *COSTS)}
    steps = {who: _steps(state, who) for who in ("baseline", "student")}
    summary = {
        "title": title,
        "headline": None,
        "models": models,
        "steps": steps,
        "steps_differ": _steps_differ(state),
        "seeds": len(finals.get("student", {})),
        "gain": gain,
        "split": split,
        "kept": kept,
        "seconds": round(state.seconds, 3),
        "weak": weakness(state),
        "live": _live(state, experiment),
    }
    if state.outcome == "completed":
        summary["headline"] = headline(summary)
    return summary


def tested_metrics(state: RunState) -> dict[str, dict[int | None, Metrics]]:
    """What each network was found to be worth on test data: who -> seed -> metrics."""
    finals: dict[str, dict[int | None, Metrics]] = {}
    for stage in state.stages_of("evaluation"):
        for entry in stage.history:
            if entry.split == "test":
                finals.setdefault(entry.who, {})[entry.seed] = entry.metrics
    return finals


def weakness(state: RunState) -> dict[str, Any] | None:
    """How many seeds' students learned almost nothing, and what guessing gives; None where all have learned something."""
    notes = _notes_of_weakness(state)
    chances = [note.parameters.get("chance") for note in notes]
    chance = next((float(each) for each in chances if isinstance(each, int | float)), None)
    return {"seeds": len({note.seed for note in notes}), "chance": chance} if notes else None


def weak_students(state: RunState) -> list[Note]:
    """The notes of students that learned almost nothing, where those of all seeds did: then a gain says nothing, and the
    headline does not speak of it."""
    notes = _notes_of_weakness(state)
    return notes if len({note.seed for note in notes}) >= len(tested_metrics(state).get("student", {})) else []


def _notes_of_weakness(state: RunState) -> list[Note]:
    return [note for note in state.notes if note.code == "student-weak" and note.parameters.get("who") != "baseline"]


def _model(state: RunState, finals: dict[str, dict[int | None, Metrics]], who: str) -> dict[str, Any]:
    ready = state.models.get(who)
    per_seed = list(finals.get(who, {}).values())
    values: dict[str, Any] = {name: _mean(metrics.get(name) for metrics in per_seed) for name in SCALARS}
    return values | {name: getattr(ready, name) if ready else None for name in COSTS}


def _mean(values: Iterable[Any]) -> float | None:
    numbers = [float(value) for value in values if isinstance(value, int | float)]
    return fmean(numbers) if numbers else None


def _ratio(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None


def _steps(state: RunState, who: str) -> int | None:
    """Optimiser steps of a seed (their mean, where early stopping or minutes made them differ)."""
    steps = [_taken(stage) for stage in state.stages_of(who) if stage.ended]
    return round(fmean(steps)) if steps else None


def _taken(stage: Stage) -> int:
    """The optimiser steps of a stage that has ended: it saves its end, and logs only some of its steps."""
    return max(stage.saved or 0, stage.step)


def _steps_differ(state: RunState) -> bool:
    """Whether a student took another number of steps than its baseline: early stopping or minutes ended one before."""
    taken = {who: {stage.seed: _taken(stage) for stage in state.stages_of(who) if stage.ended} for who in ("baseline", "student")}
    return any(taken["baseline"].get(seed, steps) != steps for seed, steps in taken["student"].items())


def validated_accuracy(state: RunState, who: str) -> dict[int | None, float]:
    """Seed -> the best accuracy on validation data, by which the kept weights were chosen."""
    stages = (
        [*state.stages_of("teacher-check"), *state.stages_of("teacher")] if who == "teacher" else state.stages_of(who)
    )
    found: dict[int | None, float] = {}
    for stage in stages:
        series = stage.curves.get((who, "validation", "accuracy"))
        best = series.best() if series is not None else None
        if best is not None:
            found.setdefault(stage.seed, best[1])
    return found


def _live(state: RunState, experiment: "Experiment | None") -> dict[str, Any]:
    """Where a run is: enough for a row in a list."""
    stage = state.stages.get(state.current) if state.current else None
    latest = curve = None
    for each in state.stages_of("student"):
        metrics = each.latest.get(("student", "validation"))
        latest = metrics if metrics is not None else latest
        curve = each.curves.get(("student", "validation", "accuracy"), curve)
    accuracy = latest.get("accuracy") if latest else None
    if state.outcome == "completed":
        accuracy = _mean(validated_accuracy(state, "student").values())
    return {
        "stage": stage.name if stage else None,
        "seed": stage.seed if stage else None,
        "done": stage.done if stage else None,
        "planned": stage.planned if stage else None,
        "unit": stage.unit if stage else None,
        "whole": outlook(state, experiment, State(state.outcome or State.RUNNING)).fraction,
        "accuracy": accuracy,
        "agreement": latest.get("agreement") if latest else None,
        "curve": [round(value, 4) for value in curve.sketch(POINTS)] if curve is not None else [],
    }


def gain_of(baseline: dict[int | None, Metrics], student: dict[int | None, Metrics]) -> dict[str, Any]:
    """What the teacher's help is worth in accuracy: the mean over seeds of student minus baseline, with the 95 %
    interval of a paired t test. It covers training noise, not the choice of split or teacher. Fewer than three seeds
    have no interval, nor have differences that are all equal and not 0: their spread says nothing of the noise."""
    pairs = [(student[seed].get("accuracy"), baseline[seed].get("accuracy")) for seed in student if seed in baseline]
    differences = [
        float(ours - alone) for ours, alone in pairs
        if isinstance(ours, int | float) and isinstance(alone, int | float)
    ]  # fmt: skip
    if not differences:
        return {"mean": None, "low": None, "high": None, "seeds": 0}
    low, high = interval(differences)
    if differences[0] and max(differences) - min(differences) < SAME:
        low = high = None
    return {"mean": fmean(differences), "low": low, "high": high, "seeds": len(differences)}


def interval(values: Sequence[float], confidence: float = 0.95) -> tuple[float | None, float | None]:
    """Student's t interval of the mean of `values`; (None, None) for fewer than three."""
    if len(values) < 3:
        return None, None
    half = t_quantile(0.5 + confidence / 2, len(values) - 1) * stdev(values) / math.sqrt(len(values))
    mean = fmean(values)
    return mean - half, mean + half


def t_quantile(probability: float, freedom: int) -> float:
    """The quantile of Student's t with an integer number of degrees of freedom, for `probability` in [0.5, 1).

    The closed sums of Abramowitz, Stegun 26.7.3 and 26.7.4, inverted by bisection: scipy, which has it too, takes a
    second to import, and lists must answer in half of that.
    """
    low, high = 0.0, 1.0
    while _t_below(high, freedom) < probability:
        high *= 2.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _t_below(middle, freedom) < probability else (low, middle)
    return (low + high) / 2


def _t_below(t: float, freedom: int) -> float:
    """P(T < t) for t >= 0."""
    angle = math.atan(t / math.sqrt(freedom))
    cosine, sine = math.cos(angle), math.sin(angle)
    odd = freedom % 2 == 1
    term = cosine if odd else 1.0
    total = term if freedom > 1 or not odd else 0.0
    for number in range(2 if odd else 1, freedom - 2, 2):
        term *= number / (number + 1) * cosine * cosine
        total += term
    inside = 2 / math.pi * (angle + sine * total) if odd else sine * total
    return 0.5 + inside / 2


def headline(summary: dict[str, Any], translate: Callable[[str], str] = str) -> str:
    """One honest sentence about a completed run. `translate` puts its words, with their blanks, into a reader's language."""
    student, gain = summary["models"]["student"], summary["gain"]
    if student["accuracy"] is None:
        return translate(HEADLINES["unmeasured"])
    weak = summary.get("weak")
    if weak and weak["chance"] is not None and weak["seeds"] >= summary["seeds"]:
        return translate(HEADLINES["weak"]).format(accuracy=percent(student["accuracy"]), chance=percent(weak["chance"]))
    worth = translate(HEADLINES[_verdict(gain)]).format_map(_numbers(gain, student))
    steps = {who: f"{count or 0:,}" for who, count in summary["steps"].items()}
    unequal = translate(UNEQUAL).format_map(steps) if summary.get("steps_differ") else ""
    return " ".join(part for part in (worth, unequal, _kept(summary, translate)) if part)


def _verdict(gain: dict[str, Any]) -> str:
    if gain["mean"] is None:
        return "alone"
    if gain["low"] is None:
        if gain["seeds"] >= 3:
            return "equal"
        few = "one seed" if gain["seeds"] == 1 else "few seeds"
        return f"{few}, harm" if gain["mean"] < 0 else few
    return "gain" if gain["low"] > 0 else "harm" if gain["high"] < 0 else "noise"


def _numbers(gain: dict[str, Any], student: dict[str, Any]) -> dict[str, Any]:
    points = {name: f"{100 * (gain[name] or 0):+.1f}" for name in ("mean", "low", "high")}
    cost = f"{-100 * (gain['mean'] or 0):.1f}"
    return {**points, "cost": cost, "seeds": gain["seeds"], "accuracy": percent(student["accuracy"])}


def _kept(summary: dict[str, Any], translate: Callable[[str], str]) -> str:
    kept, models = summary["kept"], summary["models"]
    if kept["accuracy"] is None or kept["parameters"] is None:
        return ""
    student, teacher = (percent(models[who]["accuracy"]) for who in ("student", "teacher"))
    words = HEADLINES["surpassed" if kept["accuracy"] > 1 and student != teacher else "kept"]
    return translate(words).format(student=student, teacher=teacher, share=share(kept["parameters"], translate))


def percent(fraction: float) -> str:
    """A fraction as people read it: "93.4 %"."""
    return f"{100 * fraction:.1f} %"


def share(ratio: float, translate: Callable[[str], str] = str) -> str:
    """How large one thing is against another, to stand before the other: "2.7 % of", "0.021 % of", "41.8 times"."""
    if ratio >= 1.005:
        return translate(TIMES).format(f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.3g}")
    if ratio >= 0.01:
        return translate(PART).format(percent(ratio))
    small = PART if ratio >= LEAST_SHARE else LESS
    return translate(small).format(f"{100 * max(ratio, LEAST_SHARE):.2g} %")
