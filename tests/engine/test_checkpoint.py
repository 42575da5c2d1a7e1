"""The state of training on disk: whole or not at all, bit for bit, and never a pickle."""

import shutil
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from kdstudio.engine.checkpoint import Checkpoints, Position
from kdstudio.engine.loop import optimizer_for
from kdstudio.spec import Training
from kdstudio.spec.errors import KnownFailure
from tests.engine.lab import files_in

TENSORS = ("model.safetensors", "best.safetensors", "optimizer.safetensors", "generators.safetensors")


def at(step: int) -> Position:
    return Position(stage="student", seed=1, step=step, elapsed=1.5, best_step=step, best_accuracy=0.75, best_nll=0.1)


class Trainee:
    """A network that has taken some steps, and its optimiser."""

    def __init__(self, kind: str = "adamw", steps: int = 3) -> None:
        self.model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
        self.optimizer = optimizer_for(Training(optimizer=kind), list(self.model.parameters()))
        for _ in range(steps):
            self.step()

    def step(self) -> None:
        self.model(torch.randn(5, 3)).square().sum().backward()
        self.optimizer.step()
        self.optimizer.zero_grad()

    def save(self, checkpoints: Checkpoints, step: int) -> None:
        best = {name: value.clone() for name, value in self.model.state_dict().items()}
        checkpoints.save(at(step), model=self.model, best=best, optimizer=self.optimizer)

    def weights(self) -> dict[str, Tensor]:
        return {name: value.clone() for name, value in self.model.state_dict().items()}


@pytest.fixture
def checkpoints(tmp_path: Path) -> Checkpoints:
    return Checkpoints(tmp_path / "checkpoints")


def test_that_without_a_checkpoint_there_is_no_position(checkpoints: Checkpoints) -> None:
    assert checkpoints.position() is None
    assert checkpoints.result("student", 0) is None


def test_that_a_position_comes_back_as_it_was(checkpoints: Checkpoints) -> None:
    Trainee().save(checkpoints, 7)
    assert checkpoints.position() == at(7)


@pytest.mark.parametrize("kind", ["adamw", "sgd"])
def test_that_training_goes_on_from_a_checkpoint_bit_for_bit(checkpoints: Checkpoints, kind: str) -> None:
    """Weights, moments, running statistics and the generator of the noise."""
    first = Trainee(kind)
    first.save(checkpoints, 3)
    saved = first.weights()
    for _ in range(3):
        first.step()
    second = Trainee(kind, steps=1)
    best = checkpoints.restore(model=second.model, optimizer=second.optimizer)
    for _ in range(3):
        second.step()
    assert all(torch.equal(value, first.weights()[name]) for name, value in second.weights().items())
    assert all(torch.equal(best[name], saved[name]) for name in saved)


def test_that_the_newest_is_kept_alone(checkpoints: Checkpoints, tmp_path: Path) -> None:
    trainee = Trainee()
    for step in (1, 2, 3):
        trainee.save(checkpoints, step)
    assert checkpoints.position() == at(3)
    folder = tmp_path / "checkpoints"
    assert sorted(path.name for path in folder.iterdir()) == ["3", "latest"]
    assert (folder / "latest").read_text() == "3"


@pytest.mark.parametrize("torn", ["aside", "renamed"])
def test_that_a_crash_while_saving_leaves_the_checkpoint_before(
    checkpoints: Checkpoints, tmp_path: Path, torn: str
) -> None:
    trainee = Trainee()
    trainee.save(checkpoints, 1)
    before = trainee.weights()
    folder = tmp_path / "checkpoints"
    # Half of the next one is there, under the name that it has before, or after, it is renamed.
    half = folder / (".2.part" if torn == "aside" else "2")
    shutil.copytree(folder / "1", half)
    (half / "model.safetensors").write_bytes(b"half")
    assert checkpoints.position() == at(1)
    checkpoints.restore(model=trainee.model, optimizer=trainee.optimizer)
    assert all(torch.equal(value, before[name]) for name, value in trainee.weights().items())

    trainee.save(checkpoints, 2)
    assert checkpoints.position() == at(2)
    checkpoints.restore(model=trainee.model, optimizer=trainee.optimizer)
    assert sorted(path.name for path in folder.iterdir()) == ["2", "latest"]


def test_that_a_failure_to_save_leaves_the_checkpoint_before_and_nothing_half_done(
    checkpoints: Checkpoints, tmp_path: Path
) -> None:
    trainee = Trainee()
    trainee.save(checkpoints, 1)
    before = files_in(tmp_path)
    with pytest.raises(ValueError, match="JSON"):
        # No JSON: found out when most of the next checkpoint is written already.
        checkpoints.save(
            Position(stage="student", seed=1, step=2, best_nll=float("nan")), model=trainee.model, best={},
            optimizer=trainee.optimizer,
        )  # fmt: skip
    assert checkpoints.position() == at(1)
    trainee.save(checkpoints, 2)
    assert checkpoints.position() == at(2)
    assert {name.replace("/2/", "/1/") for name in files_in(tmp_path)} == before


@pytest.mark.parametrize("content", ["", "no number", "../1", "17"])
def test_that_a_pointer_to_nothing_is_no_checkpoint(checkpoints: Checkpoints, tmp_path: Path, content: str) -> None:
    Trainee().save(checkpoints, 1)
    (tmp_path / "checkpoints" / "latest").write_text(content)
    assert checkpoints.position() is None


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"stage": "student"', '{"odd": 1}'])
def test_that_a_damaged_position_is_no_checkpoint(checkpoints: Checkpoints, tmp_path: Path, content: str) -> None:
    Trainee().save(checkpoints, 1)
    (tmp_path / "checkpoints" / "1" / "position.json").write_text(content)
    assert checkpoints.position() is None


@pytest.mark.parametrize("name", TENSORS)
def test_that_a_damaged_checkpoint_is_named(checkpoints: Checkpoints, tmp_path: Path, name: str) -> None:
    trainee = Trainee()
    trainee.save(checkpoints, 1)
    path = tmp_path / "checkpoints" / "1" / name
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(KnownFailure) as failure:
        checkpoints.restore(model=trainee.model, optimizer=trainee.optimizer)
    assert failure.value.code == "file-corrupt"
    assert failure.value.parameters["path"] == str(path.parent)


def test_that_a_stages_result_is_kept_once(checkpoints: Checkpoints) -> None:
    trainee = Trainee()
    weights = trainee.weights()
    checkpoints.keep_result("student", 4, weights, {"best_step": 20, "steps": 40})
    trainee.step()
    checkpoints.keep_result("student", 4, trainee.weights(), {"best_step": 21, "steps": 41})
    kept = checkpoints.result("student", 4)
    assert kept is not None
    assert kept[1] == {"best_step": 20, "steps": 40}
    assert all(torch.equal(value, weights[name]) for name, value in kept[0].items())
    assert checkpoints.result("baseline", 4) is None
    assert checkpoints.result("student", None) is None


def test_that_a_damaged_result_is_named(checkpoints: Checkpoints, tmp_path: Path) -> None:
    checkpoints.keep_result("student", 4, Trainee().weights(), {"best_step": 20})
    place = tmp_path / "checkpoints" / "results" / "student-4"
    (place / "model.safetensors").write_bytes(b"no tensors")
    with pytest.raises(KnownFailure) as failure:
        checkpoints.result("student", 4)
    assert failure.value.parameters["path"] == str(place)


def test_that_nothing_of_a_checkpoint_is_pickled(checkpoints: Checkpoints, tmp_path: Path) -> None:
    Trainee().save(checkpoints, 1)
    assert {Path(name).suffix for name in files_in(tmp_path)} == {".safetensors", ".json", ""}
