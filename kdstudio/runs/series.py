"""A curve: values at steps, growing at the end, read as numpy arrays.

numpy is imported where arrays are made: it takes 0.1 s, and what only lists or stops runs makes none.
"""

from array import array
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class Series:
    """Values (float64) at steps (int64), in the order in which they came."""

    __slots__ = ("_steps", "_values")

    def __init__(self) -> None:
        self._steps = array("q")
        self._values = array("d")

    @classmethod
    def of(cls, steps: "array[int]", values: "array[float]") -> "Series":
        """A series of these columns, which are its own from now on."""
        made = cls()
        made._steps, made._values = steps, values
        return made

    @property
    def columns(self) -> "tuple[array[int], array[float]]":
        """Steps and values as they are kept."""
        return self._steps, self._values

    def __len__(self) -> int:
        return len(self._steps)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Series) and self._steps == other._steps and self._values == other._values

    __hash__ = None  # type: ignore[assignment]

    def append(self, step: int, value: float) -> None:
        """Add one point; a second value at the same last step takes the first one's place."""
        if self._steps and self._steps[-1] == step:
            self._values[-1] = value
        else:
            self._steps.append(step)
            self._values.append(value)

    def truncate(self, step: int) -> None:
        """Forget everything after `step`."""
        while self._steps and self._steps[-1] > step:
            self._steps.pop()
            self._values.pop()

    def arrays(self) -> "tuple[Floats, Floats]":
        """Steps and values, float64 [n] each: copies, so that the series may grow on."""
        import numpy as np

        return np.array(self._steps, dtype=np.float64), np.array(self._values, dtype=np.float64)

    @property
    def last(self) -> float | None:
        """The newest value."""
        return self._values[-1] if self._values else None

    @property
    def last_step(self) -> int | None:
        """The step of the newest value."""
        return self._steps[-1] if self._steps else None

    def sketch(self, points: int) -> list[float]:
        """At most `points` of the values, evenly chosen, the first and the last among them: for a curve of a thumb's size."""
        count = len(self._values)
        if count <= points:
            return list(self._values)
        return [self._values[round(number * (count - 1) / (points - 1))] for number in range(points)]

    def best(self) -> tuple[int, float] | None:
        """The highest value and the first step that has it."""
        if not self._values:
            return None
        top = max(self._values)
        return self._steps[self._values.index(top)], top


def smoothed(values: "Floats", weight: float) -> "Floats":
    """The exponential moving average of `values`, each divided by 1 - weight^n so that the start is not pulled to 0
    (the bias correction of Kingma, Ba 2015, section 3)."""
    import numpy as np

    out = np.empty_like(values)
    average = 0.0
    for number, value in enumerate(values.tolist(), start=1):
        average = weight * average + (1.0 - weight) * value
        out[number - 1] = average / (1.0 - weight**number)
    return out


def thinned(steps: "Floats", values: "Floats", points: int) -> "tuple[Floats, Floats]":
    """At most about `points` points that keep every bin's lowest and highest value, so that no spike is lost."""
    bins = max(1, points // 2)
    if len(values) <= 2 * bins:
        return steps, values
    import numpy as np

    edges = np.linspace(0, len(values), bins + 1).astype(np.int64)
    keep: list[int] = [0, len(values) - 1]
    for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        if end > start:
            keep += [start + int(values[start:end].argmin()), start + int(values[start:end].argmax())]
    chosen = np.unique(np.array(keep))
    return steps[chosen], values[chosen]
