"""Curves: they grow, are cut back, smoothed without a pull to 0, and thinned without losing a spike."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from kdstudio.runs.series import Series, smoothed, thinned

VALUES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200)


def curve(values: list[float]) -> Series:
    series = Series()
    for step, value in enumerate(values):
        series.append(step * 2, value)
    return series


def test_that_a_curve_gives_copies_of_its_steps_and_values() -> None:
    series = curve([3.0, 1.0])
    steps, values = series.arrays()
    values[0] = 99.0
    series.append(4, 2.0)

    assert steps.tolist() == [0.0, 2.0]
    assert series.arrays()[1].tolist() == [3.0, 1.0, 2.0]


def test_that_a_second_value_at_the_last_step_takes_the_place_of_the_first() -> None:
    series = curve([1.0, 2.0])
    series.append(2, 5.0)

    assert len(series) == 2
    assert (series.last_step, series.last) == (2, 5.0)


@given(VALUES, st.integers(-1, 500))
def test_that_a_truncated_curve_is_the_one_that_never_went_further(values: list[float], step: int) -> None:
    series = curve(values)
    series.truncate(step)

    assert series == curve([value for number, value in enumerate(values) if number * 2 <= step])


def test_that_the_best_is_the_first_of_equals() -> None:
    assert curve([0.5, 0.9, 0.7, 0.9]).best() == (2, 0.9)
    assert Series().best() is None


def test_that_an_empty_curve_has_no_last_value() -> None:
    assert (Series().last, Series().last_step, len(Series())) == (None, None, 0)


@given(VALUES, st.sampled_from([0.0, 0.5, 0.9, 0.99]))
def test_that_smoothing_is_the_debiased_weighted_mean(values: list[float], weight: float) -> None:
    """Directly: the n-th is the mean of the first n values with weights w^(n-1) ... w^0."""
    got = smoothed(np.array(values), weight)

    for number in range(1, len(values) + 1):
        weights = weight ** np.arange(number - 1, -1, -1.0)
        expected = np.average(np.array(values[:number]), weights=weights)
        assert np.isclose(got[number - 1], expected, rtol=1e-9, atol=1e-6)


def test_that_a_level_curve_stays_level_when_smoothed() -> None:
    assert np.allclose(smoothed(np.full(50, 7.0), 0.95), 7.0)


@given(arrays.arrays(np.float64, st.integers(1, 2000), elements=st.floats(-1e6, 1e6)), st.integers(2, 300))
def test_that_thinning_keeps_ends_and_extremes(values: np.ndarray, points: int) -> None:
    steps = np.arange(len(values), dtype=np.float64)
    few, kept = thinned(steps, values, points)

    assert len(few) == len(kept) <= points + 2
    assert (kept.min(), kept.max()) == (values.min(), values.max())
    assert (few[0], few[-1]) == (0.0, len(values) - 1)
    assert np.all(np.diff(few) > 0)
    assert np.array_equal(values[few.astype(int)], kept)


def test_that_thinning_keeps_a_single_spike() -> None:
    values = np.zeros(100_000)
    values[61_803] = 9.0

    _, kept = thinned(np.arange(100_000.0), values, 500)

    assert kept.max() == 9.0
    assert len(kept) <= 502


def test_that_a_short_curve_is_not_thinned() -> None:
    steps, values = np.arange(10.0), np.arange(10.0)

    assert thinned(steps, values, 500) == (steps, values)


@pytest.mark.parametrize(("count", "points"), [(0, 0), (1, 1), (24, 24), (25, 24), (400, 24)])
def test_that_a_sketch_keeps_both_ends(count: int, points: int) -> None:
    series = Series()
    for step in range(count):
        series.append(step, float(step))
    sketch = series.sketch(24)
    assert len(sketch) == points
    assert not sketch or (sketch[0], sketch[-1]) == (0.0, float(count - 1))
