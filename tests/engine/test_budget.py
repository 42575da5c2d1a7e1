"""How long a training lasts, how often something is logged, and the learning rate on the way."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdstudio.engine.budget import MOST_LOGGED, Budget, learning_rate, log_stride, open_stride
from kdstudio.spec import Training


def training(**fields: object) -> Training:
    return Training(**{"learning_rate": 0.01, **({} if "epochs" in fields else {"steps": 40}), **fields})


@given(st.integers(1, 1_000_000_000))
def test_that_at_most_four_thousand_steps_of_a_stage_are_logged(planned: int) -> None:
    stride = log_stride(planned)
    assert planned // stride + 2 <= MOST_LOGGED + 2
    assert stride >= 1


@pytest.mark.parametrize(("planned", "points"), [(40, 40), (100, 33), (2000, 40), (200_000, 4000)])
def test_that_a_stage_of_any_length_makes_a_curve(planned: int, points: int) -> None:
    assert planned // log_stride(planned) >= points


def test_that_a_stage_of_unknown_length_logs_fewer_than_800_of_a_million_steps() -> None:
    budget, step, count = Budget(steps=None, seconds=60.0), 1, 0
    while step <= 1_000_000:
        count += budget.log_is_due(step)
        step = open_stride(step) * (step // open_stride(step) + 1)
    assert 100 < count < 800


@pytest.mark.parametrize("used", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_that_the_cosine_schedule_is_half_a_cosine(used: float) -> None:
    spec = training(schedule="cosine", learning_rate=2.0)
    assert learning_rate(spec, used) == pytest.approx(1.0 + math.cos(math.pi * used))


def test_that_the_warm_up_rises_from_zero_and_then_the_schedule_begins_at_its_top() -> None:
    spec = training(schedule="cosine", warmup=0.2, learning_rate=1.0)
    assert learning_rate(spec, 0.0) == 0.0
    assert learning_rate(spec, 0.1) == pytest.approx(0.5)
    assert learning_rate(spec, 0.2) == pytest.approx(1.0)
    assert learning_rate(spec, 0.6) == pytest.approx(0.5)
    assert learning_rate(spec, 1.0) == pytest.approx(0.0)


def test_that_the_constant_schedule_is_constant_after_its_warm_up() -> None:
    spec = training(schedule="constant", warmup=0.5, learning_rate=0.3)
    assert learning_rate(spec, 0.25) == pytest.approx(0.15)
    assert learning_rate(spec, 0.5) == learning_rate(spec, 1.0) == 0.3


def test_that_epochs_are_rounded_up_to_whole_steps() -> None:
    assert Budget.of(training(epochs=2.0), 3.5).steps == 7
    assert Budget.of(training(epochs=1.0), 3.2).steps == 4
    assert Budget.of(training(epochs=3.0), 0.1 + 0.2 + 0.7).steps == 3
    assert Budget.of(training(epochs=0.001), 1.0).steps == 1
