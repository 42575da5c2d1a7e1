"""Teachers and their outputs: made once, found by every later run, made again when they are damaged."""

import errno
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from filelock import FileLock
from safetensors.torch import load_file, save_file

from kdstudio.engine import teacher as teacher_stage
from kdstudio.engine import teacher_outputs as outputs_stage
from kdstudio.engine.driver import drive
from kdstudio.engine.teacher import name_of, teacher
from kdstudio.engine.teacher_outputs import teacher_outputs
from kdstudio.runs.events import Note, StageEnded, StageStarted, StepLogged
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from tests.engine.lab import a_context, a_run, carried_out, codes, drained, events_of, files_in, tiny

ONE = ("seeds=[0]", "training.steps=4", "teacher_training.steps=20", "baseline=false")


def the_only(folder: Path) -> Path:
    (found,) = [path for path in folder.iterdir() if path.is_dir()]
    return found


def stage(folder: RunFolder, name: str) -> tuple[float, bool]:
    found = folder.fold()[0].stages[(name, None)]
    return found.planned, found.reused


def test_that_a_second_run_reuses_teacher_and_outputs_and_says_so(home: Home) -> None:
    first = carried_out(home, *ONE)
    kept = {path: path.stat().st_mtime_ns for path in home.root.rglob("*.npy")}
    second = carried_out(home, *ONE, "method.temperature=7", "student={kind: cnn, width: 2}")
    assert not {"teacher-reused", "outputs-reused"} & set(codes(first))
    assert {"teacher-reused", "outputs-reused"} <= set(codes(second))
    assert (stage(first, "teacher"), stage(second, "teacher")) == ((20, False), (0, True))
    assert stage(second, "teacher-outputs") == (0, True)
    assert not [event for event in events_of(second) if isinstance(event, StepLogged) and event.stage == "teacher"]
    assert {path: path.stat().st_mtime_ns for path in home.root.rglob("*.npy")} == kept
    assert "teacher-reused" in second.log_file.read_text()
    name = name_of(
        first.experiment(),
        json.loads((first.path / "environment.json").read_text())["fingerprints"]["data"],
        torch.float32,
    )
    assert the_only(home.teachers).name == name


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ("training.steps=5", True),
        ("dataset.labelled=0.5", True),
        ("dataset.views.shift=1", True),
        ("teacher_training.checkpoint_every.steps=7", True),
        ("title=Another", True),
        ("teacher_training.seed=1", False),
        ("teacher_training.steps=21", False),
        ("teacher.hidden=[17]", False),
        ("dataset.teacher_views.shift=1", False),
        ("teacher_training.early_stopping=9", False),
    ],
)
def test_that_a_teacher_is_known_by_all_that_it_depends_on_and_by_nothing_else(change: str, same: bool) -> None:
    assert (name_of(tiny(change), "data", torch.float32) == name_of(tiny(), "data", torch.float32)) is same
    assert name_of(tiny(change), "other data", torch.float32) != name_of(tiny(change), "data", torch.float32)


def test_that_a_teacher_is_known_by_the_precision_that_the_device_has_and_by_the_code_that_trains(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Asked for or not: "auto" is float32 on a CPU and bfloat16 on a GPU."""
    same = name_of(tiny(), "data", torch.float32)
    assert name_of(tiny("compute.precision=float32"), "data", torch.float32) == same
    assert name_of(tiny(), "data", torch.bfloat16) != same
    monkeypatch.setattr(teacher_stage, "TRAINED_BY", teacher_stage.TRAINED_BY + 1)
    assert name_of(tiny(), "data", torch.float32) != same


def test_that_outputs_are_known_by_the_architecture_too(home: Home) -> None:
    """The same tensors behind another activation, or another shape of image, are another network."""
    context = a_context(home, *ONE)
    module = torch.nn.Linear(2, 3)
    other = a_context(home, *ONE, "teacher.dropout=0.5")
    assert outputs_stage.name_of(context, module) == outputs_stage.name_of(context, module)
    assert outputs_stage.name_of(context, module) != outputs_stage.name_of(other, module)


def test_that_logits_beyond_half_precision_are_kept_as_they_are(home: Home) -> None:
    context = a_context(home, *ONE)
    _, module = drained(teacher(context))
    with torch.no_grad():
        list(module.parameters())[-1][:3] += torch.tensor([1e5, -2e5, 3e6])
    told, outputs = drained(teacher_outputs(context, module))
    with torch.no_grad():
        direct = module(context.plain_pixels()(context.images.train.images))
    assert bool(outputs.isfinite().all())
    assert torch.allclose(outputs, direct, rtol=1e-6)
    assert json.loads((the_only(home.outputs) / outputs_stage.FACTS).read_text())["type"] == "float32"
    again = a_context(home, *ONE)
    told, read = drained(teacher_outputs(again, module))
    assert [event.code for event in told if isinstance(event, Note)] == ["outputs-reused"]
    assert torch.equal(read, outputs)


@pytest.mark.parametrize("damage", ["another shape", "another type", "another name", "a folder", "a file"])
def test_that_a_kept_teacher_that_is_another_network_is_trained_again(home: Home, damage: str) -> None:
    carried_out(home, *ONE)
    place = the_only(home.teachers)
    kept = place / teacher_stage.KEPT
    whole, tensors = kept.read_bytes(), load_file(kept)
    name = sorted(tensors)[0]
    if damage == "another shape":
        save_file(tensors | {name: torch.zeros(3)}, kept)
    elif damage == "another type":
        save_file(tensors | {name: tensors[name].half()}, kept)
    elif damage == "another name":
        save_file(tensors | {"odd": tensors[name].clone()}, kept)
    elif damage == "a folder":
        kept.unlink()
        kept.mkdir()
    else:
        shutil.rmtree(place)
        place.write_text("no folder")
    second = carried_out(home, *ONE)
    assert "teacher-reused" not in codes(second)
    assert kept.read_bytes() == whole


class Unreliable:
    """A disk that answers the first `failures` reads of one file with an error."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str, failures: int) -> None:
        self.left, read, load = failures, Path.read_bytes, np.load

        def spoil(path: Path) -> None:
            if path.name == name and self.left:
                self.left -= 1
                raise OSError(errno.EIO, "Input/output error", str(path))

        def read_bytes(path: Path) -> bytes:
            spoil(path)
            return read(path)

        def np_load(path: Path, **options: object) -> object:
            spoil(path)
            return load(path, **options)

        monkeypatch.setattr(Path, "read_bytes", read_bytes)
        monkeypatch.setattr(np, "load", np_load)


@pytest.mark.parametrize(
    ("name", "code"), [(teacher_stage.KEPT, "teacher-reused"), (outputs_stage.KEPT, "outputs-reused")]
)
def test_that_what_runs_share_survives_a_disk_that_does_not_answer(
    home: Home, monkeypatch: pytest.MonkeyPatch, name: str, code: str
) -> None:
    carried_out(home, *ONE)
    (kept,) = [path for path in home.root.glob(f"*/*/{name}") if "runs" not in path.parts]
    whole = kept.read_bytes()

    Unreliable(monkeypatch, name, failures=2)
    assert code in codes(carried_out(home, *ONE)), "an error that passes costs nothing"

    Unreliable(monkeypatch, name, failures=1000)
    refused = a_run(home, *ONE)
    assert drive(refused, home) == "failed"
    assert refused.status().code == "file-unreadable"
    assert refused.status().parameters == {"path": str(kept), "why": "Input/output error"}
    monkeypatch.undo()
    assert kept.read_bytes() == whole
    assert drive(refused, home) == "completed"
    assert code in codes(refused)


@pytest.mark.parametrize("damage", ["torn", "empty", "missing"])
def test_that_a_damaged_teacher_is_trained_again_to_the_same_weights(home: Home, damage: str) -> None:
    carried_out(home, *ONE)
    kept = the_only(home.teachers) / teacher_stage.KEPT
    whole = kept.read_bytes()
    if damage == "missing":
        kept.unlink()
    else:
        kept.write_bytes(whole[:-7] if damage == "torn" else b"")
    second = carried_out(home, *ONE)
    assert "teacher-reused" not in codes(second)
    assert stage(second, "teacher") == (20, False)
    assert kept.read_bytes() == whole


@pytest.mark.parametrize("damage", ["torn", "empty", "another shape"])
def test_that_damaged_outputs_are_computed_again(home: Home, damage: str) -> None:
    carried_out(home, *ONE)
    kept = the_only(home.outputs) / outputs_stage.KEPT
    whole = kept.read_bytes()
    if damage == "another shape":
        np.save(kept, np.zeros((3, 10), np.float16))
    else:
        kept.write_bytes(whole[:-7] if damage == "torn" else b"")
    second = carried_out(home, *ONE)
    assert "outputs-reused" not in codes(second)
    assert "teacher-reused" in codes(second)
    assert kept.read_bytes() == whole


def test_that_who_wants_a_teacher_that_another_run_trains_waits_and_takes_it(home: Home) -> None:
    finished = carried_out(home, *ONE)
    place = the_only(home.teachers)
    hidden = place.rename(home.root / "not yet there")
    lock = FileLock(place.with_suffix(".lock"))
    lock.acquire()
    context = a_context(home, *ONE)
    told = []
    events = teacher(context)
    for event in events:
        told.append(event)
        if isinstance(event, Note) and event.code == "waiting-for-teacher":
            hidden.rename(place)  # the other run comes to its end
            lock.release()
    assert [type(event) for event in told] == [Note, StageStarted, Note, StageEnded]
    assert [event.code for event in told if isinstance(event, Note)] == ["waiting-for-teacher", "teacher-reused"]
    assert finished.fold()[0].outcome == "completed"
    with FileLock(place.with_suffix(".lock"), timeout=0):
        pass  # given back


def test_that_a_teacher_is_in_evaluation_mode_and_has_the_best_weights(home: Home) -> None:
    context = a_context(home, *ONE)
    events, module = drained(teacher(context))
    assert not module.training
    kept = load_file(the_only(home.teachers) / teacher_stage.KEPT)
    assert all(torch.equal(value, kept[name]) for name, value in module.state_dict().items())
    assert isinstance(events[-1], StageEnded)
    assert not [name for name in files_in(home.teachers) if ".part" in name]


def test_that_outputs_are_the_teachers_logits_in_half_precision_on_every_training_image(home: Home) -> None:
    context = a_context(home, *ONE)
    _, module = drained(teacher(context))
    _, outputs = drained(teacher_outputs(context, module))
    with torch.no_grad():
        direct = module(context.plain_pixels()(context.images.train.images))
    assert outputs.dtype == torch.float32
    assert torch.equal(outputs, direct.half().float()) or torch.allclose(outputs, direct, rtol=1e-3, atol=1e-3)
    assert len(outputs) == len(context.images.train), "hidden or not, labelled or not"


def test_that_with_random_views_the_teacher_runs_live_and_nothing_is_kept(home: Home) -> None:
    folder = carried_out(home, *ONE, "dataset.views.shift=1")
    assert "outputs-live" in codes(folder)
    assert stage(folder, "teacher-outputs") == (0, False)
    assert files_in(home.outputs) == set() or not [name for name in files_in(home.outputs) if name.endswith(".npy")]


def test_that_weights_of_a_run_teach_and_those_of_a_run_without_a_student_are_refused(home: Home) -> None:
    first = carried_out(home, *ONE, "student.hidden=[16]")
    second = carried_out(home, *ONE, f"teacher.weights=run:{first.id}")
    assert "teacher-loaded" in codes(second)
    kept = load_file(first.student / "model.safetensors")
    with (
        np.load(first.artefacts / "test_outputs.npz") as theirs,
        np.load(second.artefacts / "test_outputs.npz") as ours,
    ):
        assert np.array_equal(ours["teacher"], theirs["student"])
    assert kept

    queued = a_run(home)
    third = a_run(home, *ONE, f"teacher.weights=run:{queued.id}")
    assert drive(third, home) == "failed"
    assert third.status().code == "weights-run-empty"


def test_that_weights_of_another_network_are_refused_and_both_are_named(home: Home) -> None:
    first = carried_out(home, *ONE, "student.hidden=[12]")
    second = a_run(home, *ONE, f"teacher.weights=run:{first.id}")
    assert drive(second, home) == "failed"
    assert second.status().code == "weights-mismatch"
    said = second.status().parameters
    assert "12x64" in said["found"]
    assert "16x64" in said["needed"]
