"""Weights that are named instead of trained."""

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from kdstudio.data import load
from kdstudio.engine.check import check
from kdstudio.engine.given_weights import give_weights
from kdstudio.models import built
from kdstudio.runs.home import Home
from kdstudio.runs.storage import leaving
from kdstudio.spec import Mlp, loads
from kdstudio.spec.errors import KnownFailure
from tests.engine.lab import a_run, carried_out, codes


def test_that_the_student_of_a_run_can_teach(home: Home) -> None:
    run = carried_out(home)
    pupil = carried_out(home, f"teacher={{kind: mlp, hidden: [8], weights: 'run:{run.id}'}}")
    assert "teacher-loaded" in codes(pupil)
    accuracies = [run.summary()["models"]["student"]["accuracy"], pupil.summary()["models"]["teacher"]["accuracy"]]
    assert accuracies[1] == pytest.approx(accuracies[0], abs=0.1)  # the first seed's, against the mean of two


def test_that_a_student_can_begin_where_another_ended(home: Home) -> None:
    run = carried_out(home)
    images = load(run.experiment().dataset)
    spec = Mlp(kind="mlp", hidden=(8,), weights=f"run:{run.id}")
    module = built(spec, images.input, 10, seed=1)
    assert give_weights(module, spec, images, home, role="student") == run.student / "model.safetensors"


def test_that_a_run_with_other_classes_is_refused_and_both_are_named(home: Home) -> None:
    run = carried_out(home)
    config = run.student / "config.json"
    config.write_text(config.read_text().replace('"9"', '"nine"'))
    wanted = loads("kind: classification", changes=[f"teacher={{kind: mlp, hidden: [8], weights: 'run:{run.id}'}}"])
    with pytest.raises(KnownFailure) as caught:
        check(wanted, home)
    assert caught.value.code == "classes-mismatch"
    assert "10 classes" in str(caught.value.parameters["found"]) and "1x8x8" in str(caught.value.parameters["needed"])


def test_that_a_folder_that_only_has_the_name_of_a_run_gives_no_weights(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`run:abc` names a run of this home, wherever the program was started."""
    run = carried_out(home, "seeds=[0]", "training.steps=2", "teacher_training.steps=2")
    shutil.copytree(run.path, tmp_path / "here" / "abc")
    monkeypatch.chdir(tmp_path / "here")
    wanted = loads("kind: classification", changes=["teacher={kind: mlp, hidden: [8], weights: 'run:abc'}"])
    with pytest.raises(KnownFailure) as caught:
        check(wanted, home)
    assert caught.value.code == "run-unknown"


def test_that_a_run_named_by_the_beginning_of_its_id_is_written_down_by_all_of_it(home: Home) -> None:
    run = a_run(home)
    for role in ("teacher", "student"):
        pupil = a_run(home, f"{role}={{kind: mlp, hidden: [8], weights: 'run:{run.id[:4]}'}}")
        assert getattr(pupil.experiment(), role).weights == f"run:{run.id}"
        assert pupil in leaving([run], home)[0].users
    unknown = a_run(home, "teacher={kind: mlp, weights: 'run:zzz'}")
    assert unknown.experiment().teacher.weights == "run:zzz"


def test_that_a_run_without_a_student_is_refused(home: Home) -> None:
    run = a_run(home)
    wanted = loads("kind: classification", changes=[f"student={{kind: mlp, weights: 'run:{run.id}'}}"])
    with pytest.raises(KnownFailure) as caught:
        check(wanted, home)
    assert caught.value.code == "weights-run-empty"


def test_that_a_file_of_another_network_is_refused_and_both_are_named(home: Home) -> None:
    path = home.root / "weights.safetensors"
    save_file({"layers.1.weight": torch.zeros(3, 3)}, path)
    wanted = loads("kind: classification", changes=[f"teacher={{kind: mlp, weights: '{path}'}}"])
    with pytest.raises(KnownFailure) as caught:
        check(wanted, home)
    assert caught.value.code == "weights-mismatch"
    assert "3x3" in str(caught.value.parameters["found"]) and "128x64" in str(caught.value.parameters["needed"])
