"""What a run came to: the interval's arithmetic, pairs of seeds, and one honest sentence."""

import json
import math
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdstudio.results.comparison import VALIDATION, comparison
from kdstudio.runs.events import Evaluated, ModelReady, Note, RunEnded, RunStarted, Saved
from kdstudio.runs.outlook import outlook
from kdstudio.runs.state import RunState, State
from kdstudio.runs.summary import gain_of, headline, interval, share, summarise, t_quantile
from kdstudio.spec import loads
from tests.fakes import EXPERIMENT, SPLIT, a_story

DIFFERENCES = st.lists(st.floats(-1, 1), min_size=3, max_size=30)


def fold(events: Any) -> RunState:
    state = RunState()
    state.apply_all(events)
    return state


def a_summary(**how: Any) -> dict[str, Any]:
    return summarise(fold(a_story(**how)), "A title")


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 9, 10, 29, 30, 99])
@pytest.mark.parametrize("probability", [0.5, 0.6, 0.9, 0.95, 0.975, 0.995])
def test_that_quantiles_of_t_are_scipys(probability: float, freedom: int) -> None:
    from scipy import stats

    assert t_quantile(probability, freedom) == pytest.approx(stats.t.ppf(probability, freedom), rel=1e-9, abs=1e-9)


@given(DIFFERENCES, st.sampled_from([0.8, 0.95, 0.99]))
def test_that_the_interval_is_scipys_paired_t(values: list[float], confidence: float) -> None:
    from scipy import stats

    low, high = interval(values, confidence)

    error = np.std(values, ddof=1) / math.sqrt(len(values))
    half = stats.t.ppf(0.5 + confidence / 2, len(values) - 1) * error
    assert low == pytest.approx(np.mean(values) - half, rel=1e-9, abs=1e-12)
    assert high == pytest.approx(np.mean(values) + half, rel=1e-9, abs=1e-12)


def test_that_the_interval_of_known_numbers_is_the_textbooks() -> None:
    """Five differences: mean 3, deviation sqrt(2.5), t(0.975, 4) = 2.776445."""
    low, high = interval([1.0, 2.0, 3.0, 4.0, 5.0])

    assert low == pytest.approx(3 - 2.776445 * math.sqrt(2.5 / 5), abs=1e-6)
    assert high == pytest.approx(3 + 2.776445 * math.sqrt(2.5 / 5), abs=1e-6)


@pytest.mark.parametrize("values", [[], [0.1], [0.1, 0.2]])
def test_that_fewer_than_three_seeds_have_no_interval(values: list[float]) -> None:
    assert interval(values) == (None, None)


def test_that_the_gain_pairs_equal_seeds_and_leaves_the_others_out() -> None:
    student = {seed: {"accuracy": 0.9 + seed / 100} for seed in (0, 1, 2, 7)}
    baseline = {seed: {"accuracy": 0.8 + seed / 50} for seed in (2, 1, 0, 9)}

    gain = gain_of(baseline, student)

    differences = [0.1, 0.09, 0.08]
    assert gain["mean"] == pytest.approx(np.mean(differences))
    assert (gain["low"], gain["high"]) == pytest.approx(interval(differences))
    assert gain["seeds"] == 3


def test_that_there_is_no_gain_without_a_baseline() -> None:
    assert gain_of({}, {0: {"accuracy": 0.9}}) == {"mean": None, "low": None, "high": None, "seeds": 0}


@pytest.mark.parametrize("broken", [{}, {"accuracy": None}, {"accuracy": "high"}, {"accuracy": [1.0]}])
def test_that_a_pair_without_two_accuracies_is_no_pair(broken: dict[str, Any]) -> None:
    gain = gain_of({0: {"accuracy": 0.8}, 1: broken}, {0: {"accuracy": 0.9}, 1: {"accuracy": 0.9}})

    assert gain["seeds"] == 1
    assert gain["mean"] == pytest.approx(0.1)


def test_that_a_summary_has_every_number_of_the_run() -> None:
    summary = a_summary(seeds=(0, 1, 2), steps=40)

    student, teacher = summary["models"]["student"], summary["models"]["teacher"]
    assert student["accuracy"] == pytest.approx(np.mean([0.89, 0.901, 0.91]))
    assert (student["parameters"], teacher["parameters"]) == (2_400, 90_000)
    assert teacher["agreement"] is None
    assert summary["steps"] == {"baseline": 40, "student": 40}
    assert summary["gain"]["seeds"] == 3
    assert sum(summary["split"][name] for name in SPLIT) == pytest.approx(1.0)
    assert summary["kept"]["parameters"] == pytest.approx(2_400 / 90_000)
    assert summary["kept"]["accuracy"] == pytest.approx(student["accuracy"] / 0.96)
    assert summary["seconds"] > 0
    assert set(summary) == {
        "title",
        "seeds",
        "headline",
        "models",
        "steps",
        "steps_differ",
        "gain",
        "split",
        "kept",
        "seconds",
        "weak",
        "live",
    }
    assert set(student) == {"accuracy", "nll", "ece", "agreement", "kl", "parameters", "macs", "bytes"}


@given(st.integers(0, 400))
def test_that_a_run_cut_off_anywhere_has_a_summary_of_plain_json_without_a_headline(cut: int) -> None:
    story = a_story(seeds=(0, 1), steps=20)[:-1]

    summary = summarise(fold(story[:cut]), "x")

    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    assert summary["headline"] is None


def test_that_the_validation_accuracy_of_a_completed_run_is_the_one_of_its_results_table() -> None:
    story = [
        msgspec.structs.replace(event, metrics={**event.metrics, "accuracy": 0.5})
        if isinstance(event, Evaluated) and (event.who, event.split, event.step) == ("student", "validation", 40)
        else event
        for event in a_story(seeds=(0, 1, 2), steps=40)
    ]
    state = fold(story)
    table = comparison(state)
    assert table is not None
    row = table.row("student")
    assert row is not None
    assert summarise(state, "x")["live"]["accuracy"] == pytest.approx(row.cells[VALIDATION].mean)
    assert summarise(state, "x")["live"]["accuracy"] > 0.6, "the best, and not the last"


def test_that_a_live_summary_says_where_the_run_is() -> None:
    story = a_story(seeds=(0,), steps=40)
    looked_at = ("student", 30, "validation")
    cut = next(
        place for place, event in enumerate(story)
        if isinstance(event, Evaluated) and (event.stage, event.step, event.split) == looked_at
    )  # fmt: skip

    state = fold(story[: cut + 1])
    live = summarise(state, "x", loads(EXPERIMENT))["live"]

    assert (live["stage"], live["seed"], live["done"], live["planned"], live["unit"]) == (
        "student",
        0,
        30,
        40,
        "steps",
    )
    assert live["whole"] == outlook(state, loads(EXPERIMENT), State.RUNNING).fraction < 0.5
    assert live["accuracy"] == pytest.approx(0.9 * 0.875)


# Sentences

KEPT = r" The student reaches \d+\.\d % \(teacher 96\.0 %\) with 2\.7 % of the parameters\.$"


def test_that_a_gain_beyond_noise_is_called_worth_it() -> None:
    headline = a_summary(gain=0.05)["headline"]

    pattern = r"^\+5\.0 points with the teacher \(\+4\.\d to \+5\.\d, 3 seeds\)\." + KEPT
    assert_matches(pattern, headline)


def test_that_a_gain_inside_the_noise_is_called_noise() -> None:
    headline = a_summary(gain=0.0)["headline"]

    assert_matches(
        r"^No gain beyond noise: \+0\.0 points with the teacher \(-0\.\d to \+0\.\d, 3 seeds\)\." + KEPT, headline
    )


def test_that_harm_is_called_harm() -> None:
    headline = a_summary(gain=-0.05)["headline"]

    pattern = r"^The teacher cost 5\.0 points \(-5\.\d to -4\.\d, 3 seeds\)\." + KEPT
    assert_matches(pattern, headline)


@pytest.mark.parametrize(("seeds", "word"), [((0,), "1 seed"), ((0, 1), "2 seeds")])
def test_that_few_seeds_are_too_few_to_tell(seeds: tuple[int, ...], word: str) -> None:
    headline = a_summary(seeds=seeds)["headline"]

    assert_matches(
        rf"^\+5\.\d points with the teacher \({word}; 3 are needed for an interval\)\." + KEPT,
        headline,
    )
    harm = a_summary(seeds=seeds, gain=-0.05)["headline"]
    assert_matches(rf"^The teacher cost \d\.\d points \({word}; 3 are needed for an interval\)\." + KEPT, harm)


def test_that_a_student_at_chance_is_not_praised_for_a_gain() -> None:
    """A learning rate of 100 left 13.4 % beside a teacher with 99.6 %, and a green verdict."""

    def told(*weak: int) -> dict[str, Any]:
        notes = [
            Note(stage="student", seed=seed, level="warning", code="student-weak",
                 parameters={"student": 0.134, "chance": 0.1, "who": "student"})
            for seed in weak
        ]  # fmt: skip
        story = a_story(seeds=(0, 1, 2))
        return summarise(fold([*story[:-1], *notes, story[-1]]), "x")

    assert told(0, 1, 2)["headline"] == (
        "The student learned almost nothing: 90.0 % on test data, where guessing gives 10.0 %."
    )
    assert told(0, 1, 2)["weak"] == {"seeds": 3, "chance": 0.1}
    assert told(0)["weak"] == {"seeds": 1, "chance": 0.1}
    assert told(0)["headline"].startswith("+5.0 points"), "one of three seeds: the others have learned something"
    assert told()["weak"] is None


def test_that_a_run_without_a_baseline_says_so() -> None:
    headline = a_summary(baseline=False)["headline"]

    assert_matches(r"^The student reaches 90\.0 %; the run has no baseline to compare it with\." + KEPT, headline)


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        (50_600 / 1_210, "41.8 times"), (1.04, "1.04 times"), (2.0, "2 times"), (142.4, "142 times"), (12_345.0, "12,345 times"),
        (1.0, "100.0 % of"), (0.504, "50.4 % of"), (0.0267, "2.7 % of"), (0.00021, "0.021 % of"), (1e-9, "less than 0.001 % of"),
    ],
)  # fmt: skip
def test_that_a_ratio_is_said_in_digits_that_make_sense(ratio: float, said: str) -> None:
    assert share(ratio) == said


def test_that_a_student_larger_than_its_teacher_has_so_many_times_its_parameters() -> None:
    large = [
        msgspec.structs.replace(event, parameters=3_762_000) if isinstance(event, ModelReady) and event.who == "student" else event
        for event in a_story()
    ]

    assert summarise(fold(large), "x")["headline"].endswith(" with 41.8 times the parameters.")


def test_that_a_student_better_than_its_teacher_is_not_said_to_keep_more_than_all_of_it() -> None:
    weak = [
        msgspec.structs.replace(event, metrics={**event.metrics, "accuracy": 0.083})
        if isinstance(event, Evaluated) and event.who == "teacher"
        else event
        for event in a_story()
    ]

    said = summarise(fold(weak), "x")["headline"]

    assert_matches(r"\. The student reaches \d\d\.\d %, more than the teacher \(8\.3 %\), with 2\.7 % of the parameters\.$", said)


def test_that_a_completed_run_without_measurements_says_so() -> None:
    state = fold([RunStarted(attempt=1), RunEnded(attempt=1, outcome="completed")])

    assert summarise(state, "x")["headline"] == "The run completed without a measurement."


def test_that_equal_results_of_all_seeds_are_no_division_by_nothing() -> None:
    same = {seed: {"accuracy": 0.9} for seed in range(5)}

    assert gain_of(same, same) == {"mean": 0.0, "low": 0.0, "high": 0.0, "seeds": 5}


def test_that_equal_differences_that_are_not_zero_have_no_interval_and_are_not_called_a_gain() -> None:
    baseline = {seed: {"accuracy": 0.7 + seed / 10} for seed in range(3)}
    student = {seed: {"accuracy": 0.8 + seed / 10} for seed in range(3)}
    gain = gain_of(baseline, student)
    assert gain == {"mean": pytest.approx(0.1), "low": None, "high": None, "seeds": 3}
    summary = {**a_summary(), "gain": gain}
    assert_matches(r"^\+10\.0 points .* in each of 3 seeds", headline(summary))


def test_that_the_steps_are_those_taken_and_not_the_last_logged_one() -> None:
    story = [
        msgspec.structs.replace(event, step=43) if isinstance(event, Saved) and event.stage == "student" else event
        for event in a_story(seeds=(0, 1, 2), steps=40)
    ]
    summary = summarise(fold(story), "x")
    assert summary["steps"] == {"baseline": 40, "student": 43}
    assert summary["steps_differ"]
    assert "took different numbers of steps (43 and 40)" in summary["headline"]


def assert_matches(pattern: str, text: str) -> None:
    import re

    assert re.search(pattern, text), text
