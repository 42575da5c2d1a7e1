"""The mean of several seeds' curves, its band, and the gain so far."""

import numpy as np
import pytest

from kdstudio.results.curves import spread
from kdstudio.results.gain import gain_so_far
from kdstudio.runs.series import Series
from kdstudio.runs.state import RunState
from tests.fakes import a_story


def curve(*points: tuple[int, float]) -> Series:
    made = Series()
    for step, value in points:
        made.append(step, value)
    return made


def test_that_the_mean_and_the_band_are_those_of_each_step() -> None:
    found = spread([curve((0, 0.0), (10, 1.0)), curve((0, 0.2), (10, 0.6)), curve((0, 0.4), (10, 0.2))])
    assert found is not None
    steps, mean = found.mean.arrays()
    assert steps.tolist() == [0, 10]
    assert np.allclose(mean, [0.2, 0.6])
    assert found.low.columns[1].tolist() == [0.0, 0.2]
    assert found.high.columns[1].tolist() == [0.4, 1.0]
    assert found.count == 3


def test_that_between_steps_curves_are_interpolated_and_the_mean_ends_where_the_shortest_does() -> None:
    found = spread([curve((0, 0.0), (10, 1.0), (20, 1.0)), curve((0, 0.0), (5, 0.1), (15, 0.3))])
    assert found is not None
    steps, mean = found.mean.arrays()
    assert steps.tolist() == [0, 5, 10, 15]
    assert np.allclose(mean, [0.0, 0.3, 0.6, 0.65])


@pytest.mark.parametrize(
    "curves", [[], [curve((0, 1.0))], [curve((0, 1.0)), curve()], [curve((0, 1.0)), curve((5, 1.0))]]
)
def test_that_there_is_no_mean_without_two_curves_that_share_a_step(curves: list[Series]) -> None:
    assert spread(curves) is None


def test_that_the_gain_so_far_counts_the_seeds_that_have_both() -> None:
    story = a_story()
    ends = [place for place, event in enumerate(story) if (event.stage, event.seed) == ("student", 1)]
    state = RunState()
    state.apply_all(story[: ends[-1] + 1])
    found = gain_so_far(state)
    assert found is not None
    assert (round(found.mean, 6), found.seeds) == (0.05, 2)
    assert gain_so_far(RunState()) is None
