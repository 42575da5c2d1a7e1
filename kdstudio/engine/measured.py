"""How long trainings took here before: what earlier runs of a home have measured tells more than a few trial steps."""

import contextlib
from collections.abc import Callable, Iterable
from functools import lru_cache
from heapq import nlargest
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.state import State
from kdstudio.spec import Classification, SpecError

LOOKED = 12  # of the newest runs
ALIKE = 4.0  # times more or fewer steps, at most: evaluations weigh differently in a stage of another length
LEAST = 0.2  # seconds of a stage that tell anything


class Measured(NamedTuple):
    """The seconds and the steps of a training of `role`."""

    role: str
    seconds: float
    steps: float


class Timings:
    """What the trainings of one experiment took in earlier runs.

    Args:
        experiment: the one that is asked about.
        home: whose runs are looked at.
        check: called between two runs; may raise to give up.
    """

    def __init__(self, experiment: Classification, home: Home, check: Callable[[], None] = lambda: None) -> None:
        self._found: list[Measured] = []
        for folder in _newest(home):
            check()
            earlier = _earlier(folder.path)
            if earlier is not None:
                asked, measured = earlier
                self._found += [each for each in measured if _alike(each.role, experiment, asked)]

    def seconds(self, role: str, steps: int | None) -> float | None:
        """Seconds of a training of `role` for so many steps, by the newest run that tells; None where none does."""
        if not steps:
            return None
        fitting = (each for each in self._found if each.role == role and 1 / ALIKE <= each.steps / steps <= ALIKE)
        best = next(fitting, None)
        return best.seconds * steps / best.steps if best is not None else None


def _newest(home: Home) -> Iterable[RunFolder]:
    return nlargest(LOOKED, home.folders(), key=lambda folder: folder.path.name)


def _earlier(path: Path) -> tuple[Classification, tuple[Measured, ...]] | None:
    """The experiment of a completed run and what its trainings took."""
    with contextlib.suppress(OSError, SpecError):
        if RunFolder(path).status().state is State.COMPLETED:
            return _read(path)
    return None


@lru_cache(maxsize=4 * LOOKED)  # a completed run stays as it is
def _read(path: Path) -> tuple[Classification, tuple[Measured, ...]]:
    folder = RunFolder(path)
    experiment = folder.experiment()
    state, _ = folder.fold()
    took: dict[tuple[str, float], list[float]] = {}
    for stage, after in pairwise(state.stages.values()):
        lasted = after.began - stage.began
        if stage.ended and not stage.reused and stage.unit == "steps" and stage.planned and lasted >= LEAST:
            took.setdefault((stage.name, stage.planned), []).append(lasted)
    return experiment, tuple(Measured(role, fmean(each), steps) for (role, steps), each in took.items())


def _alike(role: str, asked: Classification, earlier: Classification) -> bool:
    """Whether a step of the training of `role` costs in both the same."""
    if (asked.dataset, asked.compute) != (earlier.dataset, earlier.compute):
        return False
    name, network = ("teacher_training", "teacher") if role == "teacher" else ("training", "student")
    mine, theirs = getattr(asked, name), getattr(earlier, name)
    costly = ("batch_size", "optimizer", "clip", "evaluate_every", "early_stopping")
    if getattr(asked, network) != getattr(earlier, network) or any(
        getattr(mine, each) != getattr(theirs, each) for each in costly
    ):
        return False
    live = role == "student" and not asked.dataset.views.off  # the teacher is asked in every step
    return (role != "student" or asked.method == earlier.method) and (not live or asked.teacher == earlier.teacher)


__all__ = ["Measured", "Timings"]
