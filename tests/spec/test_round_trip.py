"""An experiment survives the way to text and back, whatever it says."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from kdstudio.spec import EXPERIMENTS as KINDS
from kdstudio.spec import Classification, Digits, Idx, dump, load, loads, problems_of
from tests.spec import strategies

QUIET = settings(suppress_health_check=[HealthCheck.too_slow], max_examples=50)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_that_any_experiment_comes_back_from_its_text_as_it_was(kind: type) -> None:
    @QUIET
    @given(strategies.specs(kind))
    def comes_back(experiment: Any) -> None:
        text = dump(experiment)
        again = loads(text)
        assert again == experiment
        assert dump(again) == text

    comes_back()


@QUIET
@given(strategies.EXPERIMENTS)
def test_that_the_text_is_plain_yaml_with_every_field_written_out(experiment: Classification) -> None:
    values = yaml.safe_load(dump(experiment))

    assert strategies.plain(values)
    assert next(iter(values)) == "kind"
    assert set(values) == set(Classification.model_fields)
    assert set(values["training"]) == set(type(experiment.training).model_fields)
    assert problems_of(values) == ()


def test_that_the_kind_alone_is_a_whole_experiment() -> None:
    experiment = loads("kind: classification")

    assert isinstance(experiment.dataset, Digits)
    assert (experiment.training.epochs, experiment.seeds, experiment.baseline) == (30.0, (0,), True)


ISSUE = """\
kind: classification
title: Handwritten digits, few labels
dataset: {kind: digits, labelled: 0.05}
teacher: {kind: cnn}
student: {kind: mlp, hidden: [32]}
method: {kind: soft-targets, temperature: 3, alpha: 0.5}
teacher_training: {epochs: 30}
training: {epochs: 60, optimizer: adamw, learning_rate: 0.003}
compute: {device: auto}
baseline: true
seeds: [0, 1, 2, 3, 4]
"""


def test_that_the_example_of_the_documentation_is_an_experiment() -> None:
    experiment = loads(ISSUE)

    assert (experiment.dataset.labelled, experiment.student.hidden, experiment.seeds) == (
        0.05,
        (32,),
        (0, 1, 2, 3, 4),
    )
    assert experiment.method.temperature == 3.0


def test_that_a_learning_rate_may_be_written_as_1e_3() -> None:
    """YAML 1.1 reads that as text; people mean the number."""
    assert loads("kind: classification\ntraining: {learning_rate: 1e-3}").training.learning_rate == 0.001


# Paths


def an_experiment_file(folder: Path) -> Path:
    folder.mkdir(parents=True)
    file = folder / "e.yaml"
    file.write_text(
        "kind: classification\ndataset: {kind: idx, path: ../data/mnist}\n"
        "teacher: {kind: cnn, weights: teacher.safetensors}\nstudent: {kind: mlp, weights: 'run:abcd'}\n"
    )
    return file


def test_that_relative_paths_are_relative_to_the_file_and_absolute_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = an_experiment_file(tmp_path / "mine")
    monkeypatch.chdir(tmp_path)

    for name in (file, Path("mine/e.yaml")):
        experiment = load(name)
        assert isinstance(experiment.dataset, Idx)
        assert experiment.dataset.path == tmp_path / "data" / "mnist"
        assert experiment.teacher.weights_file == tmp_path / "mine" / "teacher.safetensors"
        assert (experiment.student.weights_run, experiment.student.weights_file) == ("abcd", None)
        assert str(tmp_path / "data" / "mnist") in dump(experiment)


def test_that_an_absolute_path_stays_and_a_tilde_is_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    text = "kind: classification\ndataset: {kind: idx, path: %s}"

    assert loads(text % "/data/x", base=tmp_path).dataset.path == Path("/data/x")
    assert loads(text % "~/x", base=Path("/elsewhere")).dataset.path == tmp_path / "x"


def test_that_paths_given_on_the_command_line_are_relative_to_the_file_too(tmp_path: Path) -> None:
    file = an_experiment_file(tmp_path / "mine")

    assert load(file, changes=["dataset.path=other"]).dataset.path == tmp_path / "mine" / "other"


def test_that_an_experiment_never_changes_after_it_was_made() -> None:
    experiment = loads(ISSUE)

    with pytest.raises(ValueError, match="frozen"):
        experiment.title = "Another"
    assert hash(experiment) == hash(loads(ISSUE))
