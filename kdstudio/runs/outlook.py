"""How far a run is and how long it will take, from its fold: nothing is said before it means something."""

import calendar
import time
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from statistics import fmean
from typing import TYPE_CHECKING

from kdstudio.runs.state import RunState, Stage, StageKey, State

if TYPE_CHECKING:
    from kdstudio.spec import Experiment

# What a stage counts in the bar, against a training of one network.
_WEIGHTS = {
    "teacher": 1.0,
    "teacher-check": 0.03,
    "teacher-outputs": 0.05,
    "baseline": 1.0,
    "student": 1.0,
    "evaluation": 0.05,
}
_SETTLED = 3.0  # seconds of a stage after which its rate can be believed


@dataclass(frozen=True, kw_only=True, slots=True)
class Outlook:
    """`fraction` done, 0 to 1; `left` in seconds, None while it would be a guess; then `stage_left`, of the stage at work,
    may be known; `rate` in `unit`s a second."""

    fraction: float
    left: float | None
    stage_left: float | None
    rate: float | None
    unit: str


def plan(experiment: "Experiment | None") -> list[StageKey]:
    """The stages of `experiment`, in order; of one that cannot be read, those that are usual."""
    stages: list[StageKey] = [("teacher", None), ("teacher-check", None)]
    if experiment is None or experiment.method.needs_teacher:
        stages.append(("teacher-outputs", None))
    for seed in experiment.seeds if experiment is not None else (0,):
        if experiment is None or experiment.has_baseline:
            stages.append(("baseline", seed))
        stages.append(("student", seed))
    return [*stages, ("evaluation", None)]


def outlook(state: RunState, experiment: "Experiment | None", status: State) -> Outlook:
    """Where the run of `state` stands."""
    stages = plan(experiment)
    if status is State.COMPLETED:
        return Outlook(fraction=1.0, left=None, stage_left=None, rate=None, unit="")
    current = state.stages.get(state.current) if state.current else None
    reached = stages.index(state.current) if state.current in stages else -1
    whole = sum(_weight(key, state) for key in stages) or 1.0
    done = sum(
        _weight(key, state) * (1.0 if number < reached else _share(state.stages.get(key)))
        for number, key in enumerate(stages)
    )  # fmt: skip
    stage_left = _stage_left(state, current) if status is State.RUNNING and reached >= 0 else None
    return Outlook(
        fraction=min(done / whole, 0.999),
        left=_left(state, stages[reached + 1 :], stage_left),
        stage_left=stage_left,
        rate=current.rate if current else None,
        unit=current.unit if current else "",
    )


def _weight(key: StageKey, state: RunState) -> float:
    stage = state.stages.get(key)
    return 0.03 if stage is not None and stage.reused else _WEIGHTS.get(key[0], 0.05)


def _share(stage: Stage | None) -> float:
    if stage is None:
        return 0.0
    return 1.0 if stage.ended else min(1.0, stage.done / stage.planned) if stage.planned else 0.0


def _stage_left(state: RunState, current: Stage | None) -> float | None:
    """Seconds to the end of the stage at work: by others like it, or by what it has done itself."""
    if current is None:
        return None
    seen, share = _seconds_of(current.name, state), _share(current)
    if seen is not None:
        return max(0.0, seen * (1.0 - share))
    passed = state.seconds - current.began
    return passed / share - passed if passed >= _SETTLED and share > 0.02 else None


def _left(state: RunState, later: list[StageKey], stage_left: float | None) -> float | None:
    """Seconds to the end of the run: the rest of this stage, and the `later` ones at the pace of their like."""
    trainings = [name for name, _ in later if _WEIGHTS.get(name, 0.0) > 0.5]  # checks and outputs take next to nothing
    paces = [_seconds_of(name, state) for name in trainings]
    if stage_left is None or None in paces:
        return None
    return stage_left + sum(pace for pace in paces if pace is not None)


def _seconds_of(name: str, state: RunState) -> float | None:
    """How long a stage called `name` takes, by those that ended; baseline and student are the same network, and the
    baseline at work tells as much as it has shown."""
    stages = list(state.stages.values())
    like = (name, "baseline") if name == "student" else (name,)
    took: dict[str, list[float]] = {}
    for stage, after in pairwise(stages):
        if stage.name in like and stage.ended and not stage.reused and after.began > stage.began:
            took.setdefault(stage.name, []).append(after.began - stage.began)
    for each in like:
        if each in took:
            return fmean(took[each])
    at_work = state.stages.get(state.current) if state.current else None
    if at_work is None or at_work.name not in like or at_work.name == name:
        return None
    passed, share = state.seconds - at_work.began, _share(at_work)
    return passed / share if passed >= _SETTLED and share > 0.02 else None


def clock(seconds: float) -> str:
    """Seconds as people read them: "0:38", "12:05", "1:02:09"."""
    whole = max(0, round(seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def local_time(utc: str) -> str:
    """A time that a run's folder tells, "2026-11-24 03:05:41" in UTC, as the clock on this machine's wall says it."""
    if len(utc) != len("2026-11-24 03:05:41"):
        return utc
    hour = _local_hour(utc[:13])
    return f"{hour}{utc[13:]}" if hour is not None else _converted(utc)


@lru_cache(maxsize=10_000)
def _local_hour(utc: str) -> str | None:
    """The local day and hour of one in UTC, where the zones differ by whole hours: a list of 10,000 runs asks at once."""
    local = _converted(f"{utc}:00:00")
    return local[:13] if local.endswith(":00:00") else None


def _converted(utc: str) -> str:
    try:
        parts = [int(utc[start:stop]) for start, stop in ((0, 4), (5, 7), (8, 10), (11, 13), (14, 16), (17, 19))]
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(calendar.timegm((*parts, 0, 0, 0))))
    except (ValueError, OverflowError, OSError):
        return utc
