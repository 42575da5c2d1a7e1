"""What an experiment is called that nobody gave a title."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from kdstudio.spec import Classification, copy_of, dump, loads, made_up, title_of, titled, untitled
from kdstudio.spec.titles import LONGEST
from tests.spec.strategies import specs

FEW = "dataset: {kind: digits, labelled: 0.05}"
MADE: dict[str, str] = {
    "": "digits: cnn-32 to mlp-32, soft targets",
    FEW: "digits: cnn-32 to mlp-32, soft targets, 5 % labelled",
    "teacher: {kind: mlp, hidden: [1200]}\nstudent: {kind: mlp, hidden: [300]}": "digits: mlp-1200 to mlp-300, soft targets",
    "student: {kind: mlp, hidden: []}\nmethod: {kind: none}": "digits: mlp-linear, labels only",
    "student: {kind: mlp, hidden: [9, 8, 7, 6]}": "digits: cnn-32 to mlp-9-8...6, soft targets",
    "method: {kind: soft-targets, temperature: 2.5, alpha: 0.5}": (
        "digits: cnn-32 to mlp-32, soft targets, T 2.5, alpha 0.5"
    ),
    f"{FEW}\nmethod: {{kind: soft-targets, temperature: 2.5}}": (
        "digits: cnn-32 to mlp-32, soft targets, 5 % labelled, T 2.5"
    ),
    "dataset: {kind: idx, path: /home/anna/secret/kmnist}": "kmnist: cnn-32 to mlp-32, soft targets",
    "dataset: {kind: image-folder, path: 'C:\\Users\\anna\\pets\\'}": "pets: cnn-32 to mlp-32, soft targets",
    "dataset: {kind: idx, path: /}": "idx: cnn-32 to mlp-32, soft targets",
    "dataset: {kind: idx, path: /data/pictures of all the plants here}": (
        "pictures of all the p...: cnn-32 to mlp-32, soft targets"
    ),
}


def experiment(text: str) -> Classification:
    return loads(f"kind: classification\n{text}\n")


@pytest.mark.parametrize(("text", "title"), MADE.items(), ids=MADE.values())
def test_that_an_experiment_without_a_title_is_called_by_what_it_is(text: str, title: str) -> None:
    asked = experiment(text)
    assert title_of(asked) == title
    assert titled(asked).title == title
    assert loads(dump(titled(asked))) == titled(asked)


def test_that_a_title_that_was_given_stays() -> None:
    asked = experiment("title: Mine")
    assert title_of(asked) == "Mine"
    assert titled(asked) == untitled(asked) == asked


def test_that_only_the_title_that_was_made_up_for_it_is_taken_away() -> None:
    asked = experiment(FEW)
    assert untitled(titled(asked)) == asked
    other = titled(experiment("")).model_copy(update={"dataset": asked.dataset})
    assert untitled(other) == other


@pytest.mark.parametrize(
    ("values", "title"),
    [
        ({"dataset": {"kind": "idx"}, "student": {"kind": "mlp", "hidden": ["many"]}}, "idx: teacher to mlp, method"),
        ({"dataset": {"kind": "image-folder", "path": None}, "method": {"kind": "none"}}, "image-folder: student, labels only"),
        ({"dataset": 3, "teacher": {}}, "dataset: teacher to student, method"),
    ],
)  # fmt: skip
def test_that_of_a_part_that_is_wrong_the_kind_is_named(values: dict[str, Any], title: str) -> None:
    assert made_up(values) == title


def test_that_a_relative_folder_is_called_by_its_own_name(tmp_path: Path) -> None:
    values = experiment("dataset: {kind: idx, path: .}").model_dump(mode="json")
    (tmp_path / "kmnist").mkdir()
    assert made_up(values, tmp_path / "kmnist").startswith("kmnist: ")


@given(specs(Classification))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_that_a_made_up_title_is_short_one_line_and_valid(asked: Classification) -> None:
    title = made_up(vars(asked))
    assert 0 < len(title) <= LONGEST and title == " ".join(title.split())
    assert "/" not in title and "\\" not in title
    assert title_of(titled(asked)) == title_of(asked)
    assert made_up(asked.model_dump(mode="json")) == title


@pytest.mark.parametrize(
    ("title", "after"),
    [("Digits", "Digits (2)"), ("Digits (2)", "Digits (3)"), ("A (9) b", "A (9) b (2)"), ("", ""), ("x" * 200, "x" * 196 + " (2)")],
)
def test_that_a_copy_is_told_apart_by_a_number_in_its_title(title: str, after: str) -> None:
    asked = experiment("").model_copy(update={"title": title})
    made = copy_of(asked, "abc123")
    assert (made.title, made.parent) == (after, "abc123")
    assert made.model_copy(update={"title": title, "parent": None}) == asked


def test_that_a_made_up_title_of_a_run_follows_its_copy() -> None:
    assert copy_of(titled(experiment("")), "abc").title == ""
