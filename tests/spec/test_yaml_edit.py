"""An edit changes what it changes: comments, order and layout of a file stay, and the text says exactly the new values."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kdstudio.runs.resources import resource
from kdstudio.spec import Classification, changed, dump, load, loads
from kdstudio.spec.yaml_edit import brief, edited
from tests.spec import strategies

QUIET = settings(suppress_health_check=list(HealthCheck), max_examples=60, deadline=None)
MINE = """\
# What I want to know.
kind: classification   # the only one
title: 'Mine, and yours'

dataset:
  kind: digits
  labelled: 5e-2   # one in twenty

# a big one
teacher: {kind: cnn,
          width: 16}   # wide
student:
  kind: mlp
  hidden:
    - 32  # first
    - 16
training: {steps: 3000, learning_rate: 0.003} # long
seeds: [0,1,  2]
# the end
"""


def plain(text: str, base: Path | None = None) -> dict[str, Any]:
    return loads(text, base=base).model_dump(mode="json")


def after(text: str, **changes: Any) -> str:
    """`text` after changes by path, with "__" for a point."""
    old = plain(text)
    new = changed(old, {name.replace("__", "."): value for name, value in changes.items()})
    made = edited(text, old, loads(dump_of(new)).model_dump(mode="json"))
    assert loads(made) == loads(dump_of(new))
    return made


def dump_of(values: dict[str, Any]) -> str:
    return dump(Classification.model_validate(values))


EDITS: list[tuple[dict[str, Any], str, str]] = [
    ({"title": "Theirs: all"}, "title: 'Mine, and yours'", "title: 'Theirs: all'"),
    ({"dataset__labelled": 0.1}, "labelled: 5e-2   # one", "labelled: 0.1   # one"),
    ({"dataset__test": 0.2}, "labelled: 5e-2   # one in twenty\n", "labelled: 5e-2   # one in twenty\n  test: 0.2\n"),
    ({"teacher__width": 8}, "width: 16}", "width: 8}"),
    ({"teacher__dropout": 0.5}, "width: 16}", "width: 16, dropout: 0.5}"),
    ({"student__hidden": [4]}, "- 32  # first\n    - 16", "[4]"),
    ({"training__epochs": 40.0}, "{steps: 3000,", "{epochs: 40,"),
    ({"training__steps": 5000}, "{steps: 3000,", "{steps: 5000,"),
    ({"training__evaluate_every__steps": 9}, "0.003}", "0.003, evaluate_every: {steps: 9}}"),
    ({"method__alpha": 0.25}, "# the end\n", "# the end\n"),
    ({"student": {"kind": "cnn", "width": 4}}, "kind: mlp\n  hidden:\n    - 32  # first\n    - 16", "kind: cnn\n  width: 4"),
    ({"teacher": {"kind": "mlp", "hidden": [9]}}, "{kind: cnn,\n          width: 16}", "{kind: mlp, hidden: [9]}"),
    ({"compute__threads": 2, "baseline": False}, "  2]\n", "  2]\nbaseline: false\ncompute: {threads: 2}\n"),
]


@pytest.mark.parametrize(("changes", "before", "now"), EDITS, ids=[next(iter(each[0])) for each in EDITS])
def test_that_an_edit_changes_its_own_characters_alone(changes: dict[str, Any], before: str, now: str) -> None:
    made = after(MINE, **changes)
    expected = MINE.replace(before, now)
    if "method__alpha" in changes:
        expected = MINE.replace("seeds: [0,1,  2]\n", "seeds: [0,1,  2]\nmethod: {kind: soft-targets, alpha: 0.25}\n")
    assert made == expected


def test_that_one_edit_leaves_a_sample_as_short_as_it_is() -> None:
    text = (resource("experiments") / "digits-few-labels.yaml").read_text(encoding="utf-8")
    made = after(text, method__temperature=2.0)
    assert made == text.replace("temperature: 3", "temperature: 2")


def test_that_a_field_that_is_cleared_keeps_its_line() -> None:
    text = "kind: classification\ntraining:\n  clip: 0.5  # careful\n  steps: 9\n"
    assert after(text, training__clip=None) == text.replace("0.5", "null")


def test_that_a_value_that_was_left_out_gets_room() -> None:
    assert after("kind: classification\ntraining:\n  clip:\n", training__clip=1.0) == "kind: classification\ntraining:\n  clip: 1\n"


@pytest.mark.parametrize("seeds", [[3], [4, 5, 6]])
def test_that_a_list_right_below_its_key_changes_alone(seeds: list[int]) -> None:
    seeded = "# mine\nkind: classification\nseeds: # these\n- 0\n- 1 # last\n"
    text = f"{seeded}# below\nstudent:\n  kind: mlp # small\n  hidden:\n  - 8\n"
    shown = str(seeds)
    assert after(text, seeds=seeds) == text.replace("- 0\n- 1", f" {shown}")
    assert after(text, student__hidden=seeds) == text.replace("  - 8", f"   {shown}")


def test_that_a_relative_path_stays_relative_while_it_is_not_changed(tmp_path: Path) -> None:
    text = "kind: classification\ndataset: {kind: idx, path: data/mnist}\n"
    old = plain(text, tmp_path)
    made = edited(text, old, {**old, "baseline": False}, base=tmp_path)
    assert made == text + "baseline: false\n"


@pytest.mark.parametrize("changes", [{"training__epochs": 7.0}, {"teacher_training__epochs": 7.0}, {"baseline": False}])
def test_that_a_change_to_one_of_two_parts_that_share_an_alias_leaves_the_other(changes: dict[str, Any]) -> None:
    after("kind: classification\nteacher_training: &t {epochs: 5}\ntraining: *t\n", **changes)
    after("kind: classification\nteacher_training: &t {epochs: 5}\ntraining: {<<: *t, clip: 1}\n", **changes)


def test_that_an_experiment_without_a_file_is_written_in_few_lines() -> None:
    assert brief(plain("kind: classification\n")) == (
        "kind: classification\ndataset: {kind: digits}\nteacher: {kind: cnn}\nstudent:\n  kind: mlp\n  hidden: [32]\n"
        "method: {kind: soft-targets}\n"
    )


def test_that_mistakes_are_written_too_with_the_comments_around_them() -> None:
    old = plain(MINE)
    new = changed(old, {"training.learning_rate": "fast"})
    assert edited(MINE, old, new) == MINE.replace("0.003", "fast")


@QUIET
@given(strategies.EXPERIMENTS)
def test_that_any_experiment_comes_back_from_its_short_text(experiment: Classification) -> None:
    assert loads(brief(experiment.model_dump(mode="json"))) == experiment


@QUIET
@given(st.sampled_from(["mine", "dump", "brief"]), strategies.EXPERIMENTS, strategies.EXPERIMENTS)
def test_that_any_text_can_be_made_to_say_anything(layout: str, before: Classification, now: Classification) -> None:
    text = {"mine": MINE, "dump": dump(before), "brief": brief(before.model_dump(mode="json"))}[layout]
    made = edited(text, plain(text), now.model_dump(mode="json"))
    assert loads(made) == now
    assert layout != "mine" or "# the end" in made


def test_that_every_sample_can_be_edited_in_place() -> None:
    for path in resource("experiments").glob("*.yaml"):
        text, old = path.read_text(encoding="utf-8"), load(path).model_dump(mode="json")
        made = edited(text, old, changed(old, {"training.minutes": 2.0, "title": "Other"}))
        assert [line for line in made.splitlines() if line.startswith("#")] == [
            line for line in text.splitlines() if line.startswith("#")
        ]
        assert len(made.splitlines()) == len(text.splitlines())
