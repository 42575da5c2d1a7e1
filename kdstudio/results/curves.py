"""Curves over several seeds: their mean, and the band from the lowest to the highest."""

from array import array
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from kdstudio.runs.series import Series


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """The mean of several curves, and the lowest and the highest of them at each of its steps."""

    mean: Series
    low: Series
    high: Series
    count: int


_KEPT: OrderedDict[tuple[object, ...], tuple[Sequence[Series], Spread | None]] = OrderedDict()
KEPT = 32  # spreads: the plots of a page ask for the same ones at every redraw


def spread(curves: Sequence[Series]) -> Spread | None:
    """The mean and the band of `curves`, as far as all of them go; between two steps they are interpolated. None for fewer
    than two curves, or where they have no step in common."""
    mark = tuple((id(curve), len(curve), curve.last) for curve in curves)
    known = _KEPT.get(mark)
    if known is None:
        known = (curves, _spread(curves))  # the curves are kept too: their ids must not become those of others
        _KEPT[mark] = known
        if len(_KEPT) > KEPT:
            _KEPT.popitem(last=False)
    return known[1]


def _spread(curves: Sequence[Series]) -> Spread | None:
    import numpy as np

    if len(curves) < 2 or not all(len(curve) for curve in curves):
        return None
    arrays = [curve.arrays() for curve in curves]
    first, last = max(steps[0] for steps, _ in arrays), min(steps[-1] for steps, _ in arrays)
    if first > last:
        return None
    every = np.unique(np.concatenate([steps for steps, _ in arrays]))
    steps = every[(every >= first) & (every <= last)]
    values = np.stack([np.interp(steps, *each) for each in arrays])

    def made(numbers: "np.ndarray") -> Series:
        return Series.of(array("q", steps.astype(np.int64).tolist()), array("d", numbers.tolist()))

    return Spread(
        mean=made(values.mean(axis=0)), low=made(values.min(axis=0)), high=made(values.max(axis=0)), count=len(curves)
    )


__all__ = ["Spread", "spread"]
