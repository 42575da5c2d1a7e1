"""The state of training on disk: whole or not at all, bit for bit, and never a pickle."""

import copy
import os
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from kdstudio.engine.checkpoint import Checkpoints, Position
from kdstudio.engine.loop import optimizer_for
from kdstudio.spec import Training
from kdstudio.spec.errors import KnownFailure
from tests.engine.lab import as_an_earlier_version, files_in

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
    assert checkpoints.position("student", 1) is None
    assert checkpoints.result("student", 0) is None


def test_that_a_position_comes_back_as_it_was(checkpoints: Checkpoints) -> None:
    Trainee().save(checkpoints, 7)
    assert checkpoints.position("student", 1) == at(7)


@pytest.mark.parametrize("kind", ["adamw", "sgd"])
def test_that_training_goes_on_from_a_checkpoint_bit_for_bit(checkpoints: Checkpoints, kind: str) -> None:
    """Weights, moments, running statistics and the generator of the noise."""
    first = Trainee(kind)
    first.save(checkpoints, 3)
    saved = first.weights()
    for _ in range(3):
        first.step()
    second = Trainee(kind, steps=1)
    best = checkpoints.restore(at(3), model=second.model, optimizer=second.optimizer)
    for _ in range(3):
        second.step()
    assert all(torch.equal(value, first.weights()[name]) for name, value in second.weights().items())
    assert all(torch.equal(best[name], saved[name]) for name in saved)


def test_that_the_newest_is_kept_alone(checkpoints: Checkpoints, tmp_path: Path) -> None:
    trainee = Trainee()
    for step in (1, 2, 3):
        trainee.save(checkpoints, step)
    assert checkpoints.position("student", 1) == at(3)
    folder = tmp_path / "checkpoints" / "student-1"
    assert sorted(path.name for path in folder.iterdir()) == ["3", "latest"]
    assert (folder / "latest").read_text() == "3"


@pytest.mark.parametrize("torn", ["aside", "renamed"])
def test_that_a_crash_while_saving_leaves_the_checkpoint_before(
    checkpoints: Checkpoints, tmp_path: Path, torn: str
) -> None:
    trainee = Trainee()
    trainee.save(checkpoints, 1)
    before = trainee.weights()
    folder = tmp_path / "checkpoints" / "student-1"
    # Half of the next one is there, under the name that it has before, or after, it is renamed.
    half = folder / (".2.part" if torn == "aside" else "2")
    shutil.copytree(folder / "1", half)
    (half / "model.safetensors").write_bytes(b"half")
    assert checkpoints.position("student", 1) == at(1)
    checkpoints.restore(at(1), model=trainee.model, optimizer=trainee.optimizer)
    assert all(torch.equal(value, before[name]) for name, value in trainee.weights().items())

    trainee.save(checkpoints, 2)
    assert checkpoints.position("student", 1) == at(2)
    checkpoints.restore(at(2), model=trainee.model, optimizer=trainee.optimizer)
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
    assert checkpoints.position("student", 1) == at(1)
    trainee.save(checkpoints, 2)
    assert checkpoints.position("student", 1) == at(2)
    assert {name.replace("/2/", "/1/") for name in files_in(tmp_path)} == before


@pytest.mark.parametrize("content", ["", "no number", "../1", "17"])
def test_that_a_pointer_to_nothing_is_no_checkpoint(checkpoints: Checkpoints, tmp_path: Path, content: str) -> None:
    Trainee().save(checkpoints, 1)
    (tmp_path / "checkpoints" / "student-1" / "latest").write_text(content)
    assert checkpoints.position("student", 1) is None


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"stage": "student"', '{"odd": 1}'])
def test_that_a_damaged_position_is_no_checkpoint(checkpoints: Checkpoints, tmp_path: Path, content: str) -> None:
    Trainee().save(checkpoints, 1)
    (tmp_path / "checkpoints" / "student-1" / "1" / "position.json").write_text(content)
    assert checkpoints.position("student", 1) is None


@pytest.mark.parametrize("name", TENSORS)
def test_that_a_damaged_checkpoint_is_named(checkpoints: Checkpoints, tmp_path: Path, name: str) -> None:
    trainee = Trainee()
    trainee.save(checkpoints, 1)
    path = tmp_path / "checkpoints" / "student-1" / "1" / name
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(KnownFailure) as failure:
        checkpoints.restore(at(1), model=trainee.model, optimizer=trainee.optimizer)
    assert failure.value.code == "file-corrupt"
    assert failure.value.parameters["path"] == str(path.parent)


def spoil(path: Path, how: str) -> None:
    """Damage a file of tensors: whole as a file, but not what was written."""
    tensors = load_file(path)
    first = sorted(tensors)[0]
    if how == "renamed":
        tensors["odd"] = tensors.pop(first)
    elif how == "missing":
        del tensors[first]
    elif how == "another shape":
        tensors[first] = torch.zeros(7, 9)
    else:
        tensors[first] = tensors[first].to(torch.int16)
    save_file(tensors, path)


SPOILT = [
    (name, how) for name in TENSORS for how in ("renamed", "missing", "another shape", "another type")
    if (name, how) != ("optimizer.safetensors", "another type")  # torch casts it to the type of its parameter
]  # fmt: skip


@pytest.mark.parametrize(("name", "how"), SPOILT)
def test_that_tensors_that_do_not_fit_are_named_before_anything_is_put_in_place(
    checkpoints: Checkpoints, tmp_path: Path, name: str, how: str
) -> None:
    trainee = Trainee()
    trainee.save(checkpoints, 1)
    path = tmp_path / "checkpoints" / "student-1" / "1" / name
    spoil(path, how)
    refused(checkpoints, trainee, path.parent)


@pytest.mark.parametrize(
    "content",
    ["", "[1]", "null", "{", "\xff", '{"0.odd": [1]}', '{"0.odd": {}}', '{"x.odd": 1}', '{"99.odd": 1}', '{"odd": 1}',
     '{"0.odd": 1}', "[" * 20_000],
)  # fmt: skip
def test_that_a_damaged_state_of_the_optimiser_is_named(checkpoints: Checkpoints, tmp_path: Path, content: str) -> None:
    trainee = Trainee()
    trainee.save(checkpoints, 1)
    path = tmp_path / "checkpoints" / "student-1" / "1" / "optimizer.json"
    path.write_bytes(content.encode("latin-1"))
    refused(checkpoints, trainee, path.parent)


@pytest.mark.parametrize("name", [*TENSORS, "optimizer.json"])
def test_that_a_missing_part_of_a_checkpoint_is_named(checkpoints: Checkpoints, tmp_path: Path, name: str) -> None:
    trainee = Trainee()
    trainee.save(checkpoints, 1)
    path = tmp_path / "checkpoints" / "student-1" / "1" / name
    path.unlink()
    assert name in refused(checkpoints, trainee, path.parent)


def refused(checkpoints: Checkpoints, trainee: Trainee, place: Path) -> str:
    """Why the checkpoint at `place` is not restored; the network and its optimiser are as they were."""
    before, moments = trainee.weights(), copy.deepcopy(trainee.optimizer.state_dict())
    with pytest.raises(KnownFailure) as failure:
        checkpoints.restore(at(1), model=trainee.model, optimizer=trainee.optimizer)
    assert (failure.value.code, failure.value.parameters["path"]) == ("file-corrupt", str(place))
    assert all(torch.equal(value, before[name]) for name, value in trainee.weights().items())
    assert str(trainee.optimizer.state_dict()) == str(moments)
    return str(failure.value.parameters["why"])


@pytest.mark.parametrize("content", ["{}", '{"best_step": "x"}', "[]", '{"best_step": 1.5}'])
def test_that_a_result_without_its_facts_is_named(checkpoints: Checkpoints, tmp_path: Path, content: str) -> None:
    checkpoints.keep_result("student", 4, Trainee().weights(), {"best_step": 20})
    (tmp_path / "checkpoints" / "results" / "student-4" / "facts.json").write_text(content)
    with pytest.raises(KnownFailure) as failure:
        checkpoints.result("student", 4)
    assert failure.value.code == "file-corrupt"


def test_that_a_result_of_another_network_is_named(checkpoints: Checkpoints) -> None:
    checkpoints.keep_result("student", 4, Trainee().weights(), {"best_step": 20})
    assert checkpoints.result("student", 4, fits=Trainee().model) is not None
    with pytest.raises(KnownFailure) as failure:
        checkpoints.result("student", 4, fits=nn.Linear(3, 4))
    assert failure.value.code == "file-corrupt"


@pytest.mark.parametrize("kind", ["adamw", "sgd"])
def test_that_a_convolution_in_the_channels_last_format_resumes_bit_for_bit(
    checkpoints: Checkpoints, kind: str
) -> None:
    """The format of every network on a GPU: its moments must be laid out as its weights are."""

    def step(model: nn.Module, optimizer: torch.optim.Optimizer, inputs: Tensor) -> None:
        model(inputs).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()

    def fresh() -> tuple[nn.Module, torch.optim.Optimizer]:
        torch.manual_seed(3)
        model = nn.Sequential(nn.Conv2d(5, 7, 3), nn.ReLU(), nn.Conv2d(7, 3, 3)).to(memory_format=torch.channels_last)
        return model, optimizer_for(Training(optimizer=kind), list(model.parameters()))

    batches = torch.randn(12, 4, 5, 9, 9).unbind()
    model, optimizer = fresh()
    for inputs in batches[:6]:
        step(model, optimizer, inputs)
    checkpoints.save(at(6), model=model, best=dict(model.state_dict()), optimizer=optimizer)
    again, resumed = fresh()
    checkpoints.restore(at(6), model=again, optimizer=resumed)
    for parameter in again.parameters():
        moments = [
            value for value in resumed.state[parameter].values() if getattr(value, "shape", None) == parameter.shape
        ]
        assert moments
        assert all(moment.stride() == parameter.stride() for moment in moments)
    for inputs in batches[6:]:
        step(model, optimizer, inputs)
        step(again, resumed, inputs)
    pairs = zip(model.parameters(), again.parameters(), strict=True)
    assert all(torch.equal(ours, theirs) for ours, theirs in pairs)


def test_that_a_checkpoint_is_on_disk_before_it_is_pointed_to_and_before_the_old_one_goes(
    checkpoints: Checkpoints, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainee, synced, sync, replace = Trainee(), set(), os.fsync, Path.replace
    trainee.save(checkpoints, 1)
    folder = tmp_path / "checkpoints" / "student-1"

    def watched_sync(handle: int) -> None:
        synced.add(Path(f"/proc/self/fd/{handle}").readlink().relative_to(folder.parent).as_posix())
        sync(handle)

    def watched_replace(self: Path, target: Path) -> Path:
        if target == folder / "latest":
            written = {f"student-1/.2.part/{path.name}" for path in (folder / "2").iterdir()}
            assert written <= synced
            assert {"student-1/.2.part", "student-1"} <= synced, "the names of the files too"
            assert any(name.startswith("student-1/.latest") for name in synced)
            assert (folder / "1" / "model.safetensors").exists()
            synced.clear()
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", watched_sync)
    monkeypatch.setattr(Path, "replace", watched_replace)
    trainee.save(checkpoints, 2)
    assert synced == {"student-1"}
    assert not (folder / "1").exists()


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


# Each stage has its own.


def test_that_a_stage_that_is_trained_again_leaves_the_checkpoint_of_another_as_it_is(
    checkpoints: Checkpoints, tmp_path: Path
) -> None:
    student, teacher = Trainee(), Trainee(steps=5)
    student.save(checkpoints, 3)
    before = student.weights()
    again = Position(stage="teacher", seed=None, step=60)
    for _ in range(2):
        checkpoints.save(again, model=teacher.model, best={}, optimizer=teacher.optimizer)
    assert (checkpoints.position("teacher", None), checkpoints.position("student", 1)) == (again, at(3))
    assert checkpoints.position("student", 0) is None
    checkpoints.restore(at(3), model=student.model, optimizer=student.optimizer)
    assert all(torch.equal(value, before[name]) for name, value in student.weights().items())

    checkpoints.discard("teacher", None)
    assert (checkpoints.position("teacher", None), checkpoints.position("student", 1)) == (None, at(3))
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["student-1"]


@pytest.mark.parametrize(
    "asked",
    [at(2), Position(stage="student", seed=0, step=1), Position(stage="teacher", seed=None, step=1)],
    ids=["another step", "another seed", "another stage"],
)
def test_that_a_checkpoint_of_something_else_is_never_restored(
    checkpoints: Checkpoints, tmp_path: Path, asked: Position
) -> None:
    trainee = Trainee()
    trainee.save(checkpoints, 1)
    if asked.stage != "student" or asked.seed != 1:  # as somebody may have copied it
        name = asked.stage if asked.seed is None else f"{asked.stage}-{asked.seed}"
        shutil.copytree(tmp_path / "checkpoints" / "student-1", tmp_path / "checkpoints" / name)
    trainee.step()
    before = trainee.weights()
    with pytest.raises(KnownFailure) as failure:
        checkpoints.restore(asked, model=trainee.model, optimizer=trainee.optimizer)
    assert failure.value.code == "file-corrupt"
    assert all(torch.equal(value, before[name]) for name, value in trainee.weights().items())


def test_that_a_checkpoint_of_an_earlier_version_is_found_and_gives_way_to_the_next(
    checkpoints: Checkpoints, tmp_path: Path
) -> None:
    trainee = Trainee()
    trainee.save(checkpoints, 1)
    as_an_earlier_version(tmp_path / "checkpoints")
    assert (checkpoints.position("student", 1), checkpoints.position("student", 0)) == (at(1), None)
    checkpoints.restore(at(1), model=trainee.model, optimizer=trainee.optimizer)
    trainee.save(checkpoints, 2)
    assert checkpoints.position("student", 1) == at(2)
    assert not (tmp_path / "checkpoints" / "1").exists()


def test_that_checkpoints_of_stages_that_are_over_are_removed_and_results_stay(
    checkpoints: Checkpoints, tmp_path: Path
) -> None:
    trainee = Trainee()
    checkpoints.keep_result("baseline", 1, trainee.weights(), {"best_step": 1})
    for stage, seed in (("teacher", None), ("baseline", 1), ("student", 1)):
        position = Position(stage=stage, seed=seed, step=1)
        checkpoints.save(position, model=trainee.model, best={}, optimizer=trainee.optimizer)
    checkpoints.discard_others({("student", 1)})
    assert {path.name for path in (tmp_path / "checkpoints").iterdir()} == {"student-1", "results"}
    as_an_earlier_version(tmp_path / "checkpoints")
    checkpoints.discard_others({("student", 1)})
    assert checkpoints.position("student", 1) is not None
    checkpoints.discard_others({("student", 0)})
    assert checkpoints.position("student", 1) is None
