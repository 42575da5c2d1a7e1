"""The one gain of a run that is shown: while it runs, that on validation data so far."""

from dataclasses import dataclass
from statistics import fmean

from kdstudio.runs.series import Series
from kdstudio.runs.state import RunState, Stage


@dataclass(frozen=True, kw_only=True, slots=True)
class GainSoFar:
    """The mean over `seeds` of student minus baseline in validation accuracy, as a fraction."""

    mean: float
    seeds: int


def gain_so_far(state: RunState) -> GainSoFar | None:
    """The gain over the seeds that have both so far, each the best until the same step: a student that has just begun must not
    look worse than a baseline that is done. None before there is a pair."""
    alone = {stage.seed: _validation(stage, "baseline") for stage in state.stages_of("baseline")}
    gains = []
    for stage in state.stages_of("student"):
        mine, other = _validation(stage, "student"), alone.get(stage.seed)
        if mine is not None and other is not None and mine.last_step:
            gains.append(_best_until(mine, mine.last_step) - _best_until(other, mine.last_step))
    return GainSoFar(mean=fmean(gains), seeds=len(gains)) if gains else None


def _validation(stage: Stage, who: str) -> Series | None:
    return stage.curves.get((who, "validation", "accuracy"))


def _best_until(series: Series, step: int) -> float:
    steps, values = series.columns
    return max((value for at, value in zip(steps, values, strict=True) if at <= step), default=0.0)


__all__ = ["GainSoFar", "gain_so_far"]
