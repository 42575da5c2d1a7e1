"""How people want the plots of a page to look: one choice for all of them."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from kdstudio.gui.plots.curves import Axis
from kdstudio.runs.series import smoothed

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

SMOOTH = 0.9  # weight of the moving average, at most, unless people choose another
SPAN = 15  # points that it spans at least: a short curve needs no smoothing


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """`smoothing`: the weight of the moving average, 0 for raw curves; `logarithmic`: of plots without a unit."""

    axis: Axis = "step"
    smoothing: float = SMOOTH
    logarithmic: bool = False


def averaged(values: Floats, weight: float = SMOOTH) -> Floats:
    """The debiased moving average that lies over a noisy curve; the shorter the curve, the lighter."""
    return smoothed(values, max(0.0, min(weight, 1.0 - SPAN / max(1, len(values)))))


__all__ = ["SMOOTH", "Floats", "Options", "averaged"]
