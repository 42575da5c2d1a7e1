"""Weights from files: safetensors only, only what fits, and no file that could run a program."""

import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from kdstudio.models import built, put_weights, read_weights
from kdstudio.runs.failures import explain
from kdstudio.spec import Cnn, Mlp
from kdstudio.spec.errors import KnownFailure


def small(hidden: int = 4, classes: int = 3) -> torch.nn.Module:
    return built(Mlp(kind="mlp", hidden=(hidden,)), (1, 2, 2), classes, seed=0)


def refusal(path: Path) -> KnownFailure:
    with pytest.raises(KnownFailure) as failure:
        read_weights(path, role="teacher")
    assert failure.value.parameters["path"] == str(path)
    return failure.value


def test_that_weights_come_back_bit_for_bit(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    save_file(small().state_dict(), path)
    other = built(Mlp(kind="mlp", hidden=(4,)), (1, 2, 2), 3, seed=1)
    put_weights(other, read_weights(path, role="teacher"), path=path, role="teacher")
    assert all(torch.equal(value, small().state_dict()[name]) for name, value in other.state_dict().items())


@pytest.mark.parametrize("name", ["checkpoint.pt", "checkpoint.pth", "model.bin", "model.safetensors"])
@pytest.mark.parametrize("zipped", [True, False])
def test_that_a_pickled_checkpoint_is_refused_under_any_name_and_never_loaded(
    tmp_path: Path, name: str, zipped: bool
) -> None:
    path, proof = tmp_path / name, tmp_path / "it ran"

    class Attack:
        def __reduce__(self) -> tuple:
            return (Path.touch, (proof,))

    torch.save({"weights": torch.zeros(3), "odd": Attack()}, path, _use_new_zipfile_serialization=zipped)
    failure = refusal(path)
    assert failure.code == "weights-pickled"
    assert not proof.exists()
    words = explain(failure.code, failure.parameters)
    assert "save_file" in words.remedy
    assert words.field == "teacher.weights"


def test_that_a_plain_pickle_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    path.write_bytes(pickle.dumps({"weights": [1, 2, 3]}))
    assert refusal(path).code == "weights-pickled"


@pytest.mark.parametrize("keep", [0, 4, 8, 60, -1])
def test_that_a_truncated_file_is_named(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "weights.safetensors"
    save_file(small().state_dict(), path)
    path.write_bytes(path.read_bytes()[:keep])
    failure = refusal(path)
    assert failure.code == "file-corrupt"
    assert failure.parameters["field"] == "teacher.weights"


def test_that_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nothing.safetensors").code == "file-missing"
    assert refusal(tmp_path).code == "file-missing"


def test_that_weights_of_another_width_are_refused_with_both_shapes(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    with pytest.raises(KnownFailure) as failure:
        put_weights(small(4), small(6).state_dict(), path=path, role="student")
    assert failure.value.code == "weights-mismatch"
    said = failure.value.parameters
    assert "layers.1.weight 6x4" in str(said["found"])
    assert "layers.1.weight 4x4" in str(said["needed"])
    words = explain(failure.value.code, said)
    assert "6x4" in words.cause
    assert "4x4" in words.cause
    assert words.field == "student.weights"


def test_that_weights_for_other_classes_are_refused_with_both_shapes(tmp_path: Path) -> None:
    with pytest.raises(KnownFailure) as failure:
        put_weights(small(classes=3), small(classes=5).state_dict(), path=tmp_path, role="teacher")
    assert "layers.3.weight 5x4" in str(failure.value.parameters["found"])
    assert "layers.3.weight 3x4" in str(failure.value.parameters["needed"])


def test_that_weights_of_another_family_are_refused_and_nothing_is_loaded(tmp_path: Path) -> None:
    module = small()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    other = built(Cnn(kind="cnn", width=2), (1, 8, 8), 3, seed=0)
    with pytest.raises(KnownFailure):
        put_weights(module, other.state_dict(), path=tmp_path, role="teacher")
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
