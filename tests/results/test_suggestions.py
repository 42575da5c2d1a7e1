"""What is suggested after a verdict, a warning or a failure: each is an experiment, and changes what it says."""

from typing import Any

import pytest

from kdstudio.results.suggestions import REASONS, TEXTS, Suggestion, after_problem, after_verdict, longer
from kdstudio.runs.events import Evaluated
from kdstudio.runs.state import RunState
from kdstudio.runs.summary import summarise
from kdstudio.spec import Experiment, dump, loads
from tests.fakes import EXPERIMENT, a_story


def experiment(**parts: str) -> Experiment:
    """The experiment of the tests, with other parts (in YAML)."""
    lines = {"kind": "classification", "title": "Digits of a test", "seeds": "[0, 1, 2]", **parts}
    return loads("".join(f"{name}: {value}\n" for name, value in lines.items()))


def said(suggestions: tuple[Suggestion, ...]) -> list[str]:
    return [each.text() for each in suggestions]


def judged(asked: Experiment, *, flat: bool = True, **how: Any) -> tuple[Suggestion, ...]:
    """What is suggested after a completed run of `asked`; `flat`: its students learn nothing in the last quarter."""
    story = a_story(seeds=asked.seeds, **how)
    if flat:
        story = [
            event
            if not isinstance(event, Evaluated) or event.stage != "student" or event.step == 10
            else levelled(event)
            for event in story
        ]
    state = RunState()
    state.apply_all(story)
    return after_verdict(asked, state, summarise(state, asked.title, asked))


def levelled(event: Evaluated) -> Evaluated:
    return Evaluated(
        stage=event.stage, seed=event.seed, who=event.who, split=event.split, step=event.step, seconds=event.seconds,
        attempt=event.attempt, metrics={**event.metrics, "accuracy": 0.8},
    )  # fmt: skip


@pytest.mark.parametrize(("seeds", "wanted"), [("[0]", (0, 1, 2)), ("[7]", (7, 0, 1)), ("[1, 2]", (1, 2, 0))])
def test_that_fewer_than_three_seeds_become_three_of_which_the_old_ones_are_some(
    seeds: str, wanted: tuple[int, ...]
) -> None:
    asked = experiment(seeds=seeds)
    (suggestion,) = judged(asked)
    assert suggestion.text() == "Run 3 seeds for an interval"
    assert suggestion.applied(asked).seeds == wanted


def test_that_a_gain_that_can_be_told_from_noise_needs_nothing() -> None:
    assert judged(experiment()) == ()


def test_that_a_gain_within_the_noise_asks_for_more_seeds() -> None:
    asked = experiment()
    (suggestion,) = judged(asked, gain=0.0)
    assert suggestion.text() == "Run 6 seeds"
    assert suggestion.applied(asked).seeds == (0, 1, 2, 3, 4, 5)
    assert "0" in suggestion.reason()


def test_that_harm_by_a_teacher_who_drowns_the_labels_asks_for_a_lower_alpha() -> None:
    asked = experiment(method="{kind: soft-targets, alpha: 0.9}")
    (suggestion,) = judged(asked, gain=-0.05)
    assert suggestion.text() == "Lower alpha to 0.5"
    assert suggestion.reason().startswith("With alpha 0.9 the labels count for 0.1")
    assert suggestion.applied(asked).method.alpha == 0.5  # type: ignore[union-attr]
    assert judged(experiment(method="{kind: soft-targets, alpha: 0.5}"), gain=-0.05) == ()


def test_that_a_run_without_a_baseline_is_told_to_have_one() -> None:
    asked = experiment(baseline="false")
    (suggestion,) = judged(asked, baseline=False)
    assert suggestion.applied(asked).baseline


def test_that_a_student_that_still_rises_at_its_end_is_trained_twice_as_long() -> None:
    asked = experiment(training="{steps: 40}")
    (suggestion,) = judged(asked, flat=False)
    assert (suggestion.text(), suggestion.code) == ("Train twice as long", "still-rising")
    after = suggestion.applied(asked, "20260101-000000_x_abcdefgh")
    assert after.training.steps == 80
    assert after.parent == "20260101-000000_x_abcdefgh"
    assert after.title == "Digits of a test, twice as long"
    assert loads(dump(after)) == after


@pytest.mark.parametrize(
    ("code", "parameters", "parts", "wanted"),
    [
        ("student-weak", {"student": 0.1, "chance": 0.1, "who": "student"}, {"training": "{learning_rate: 0.03}"},
         ["Lower the learning rate to 0.003", "Train twice as long"]),
        ("student-weak", {}, {"training": "{learning_rate: 100}"}, ["Lower the learning rate to 0.001", "Train twice as long"]),
        ("student-weak", {}, {"training": "{learning_rate: 0.00001}"},
         ["Raise the learning rate to 0.001", "Train twice as long"]),
        ("teacher-weak", {}, {"teacher_training": "{learning_rate: 0.1}"},
         ["Train the teacher twice as long", "Lower the teacher's learning rate to 0.01"]),
        ("teacher-not-better", {}, {}, ["Train the teacher twice as long", "Use a wider teacher (64)"]),
        ("teacher-not-better", {}, {"teacher": "{kind: mlp, hidden: [64, 32]}"},
         ["Train the teacher twice as long", "Use a wider teacher (128-64)"]),
        ("teacher-weak", {}, {"teacher": "{kind: cnn, weights: 'run:abc'}"}, []),
        ("not-a-number", {"stage": "student"}, {}, ["Lower the learning rate to 0.0001", "Clip gradients at 1"]),
        ("not-a-number", {"stage": "teacher"}, {"teacher_training": "{learning_rate: 3, clip: 1}"},
         ["Lower the teacher's learning rate to 0.001"]),
        ("out-of-memory-device", {"stage": "student"}, {}, ["Halve the batch size to 64"]),
        ("out-of-memory-system", {"stage": "teacher"}, {}, ["Halve the teacher's batch size to 64"]),
        ("out-of-memory-device", {"stage": "student"}, {"training": "{batch_size: 1}"}, []),
        ("killed", {}, {}, ["Halve the batch size to 64"]),
        ("device-missing", {}, {"compute": "{device: cuda}"}, ["Choose the device automatically"]),
        ("hidden-class-unknown", {"number": 12, "last": 9}, {"dataset": "{kind: digits, hidden_classes: [3, 12]}"},
         ["Hide existing classes alone"]),
        ("nothing-left", {}, {"dataset": "{kind: digits, hidden_classes: [0, 1]}"}, ["Hide no class"]),
        ("weights-run-empty", {"role": "teacher", "run": "abc"}, {"teacher": "{kind: cnn, weights: 'run:abc'}"},
         ["Train the teacher here"]),
        ("disk-full", {"path": "/x"}, {}, []),
        ("a code of a newer version", {}, {}, []),
    ],
)  # fmt: skip
def test_that_each_problem_has_changes_that_may_help(
    code: str, parameters: dict[str, Any], parts: dict[str, str], wanted: list[str]
) -> None:
    asked = experiment(**parts)
    suggestions = after_problem(asked, code, parameters)
    assert said(suggestions) == wanted
    for each in suggestions:
        after = each.applied(asked)
        for path, value in each.changes.items():
            here: Any = after
            for name in path.split("."):
                here = getattr(here, name)
            assert here == value
        assert loads(dump(after)) == after


def test_that_what_no_experiment_can_be_is_not_suggested() -> None:
    asked = experiment(training="{steps: 900000000}")
    assert said(after_problem(asked, "student-weak", {})) == ["Lower the learning rate to 0.0001"]
    with pytest.raises(ValueError, match="1000000000"):
        longer(asked).applied(asked)


def test_that_a_made_up_title_is_made_up_again_and_a_long_one_is_cut() -> None:
    asked = loads(EXPERIMENT.replace("title: Digits of a test\n", ""))
    assert longer(asked).applied(asked).title == ""
    full = experiment(title="x" * 200)
    assert len(longer(full).applied(full).title) == 200


def test_that_every_text_and_reason_is_used_and_filled_in() -> None:
    import inspect

    from kdstudio.results import suggestions

    source = inspect.getsource(suggestions)
    made = [f"{way}-{whose}rate" for way in ("lower", "raise") for whose in ("", "teacher-")] + [
        "train-teacher",
        "train-student",
    ]
    assert [name for name in TEXTS if name not in made and source.count(f'"{name}"') < 2] == []
    notes = {"student-weak", "teacher-weak", "teacher-not-better", "not-a-number", "device-missing"}
    assert [code for code in REASONS if code not in notes and source.count(f'"{code}"') < 2] == []
