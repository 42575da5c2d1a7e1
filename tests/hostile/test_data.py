"""Hostile pictures, IDX files and weights: refused or left out with the reason, before they cost time or memory."""

import json
import os
import resource
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import save_file

from kdstudio.data.idx import read_idx
from kdstudio.data.image_folder import picture
from kdstudio.engine.predict import predict
from kdstudio.runs.desk import Desk
from kdstudio.runs.failures import explain
from kdstudio.runs.files import write_json
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.spec import load
from kdstudio.spec.errors import KnownFailure
from tests.fakes import a_folder_of_pictures, a_run
from tests.hostile.commands import PATIENCE, asked, kdstudio
from tests.hostile.files import experiment, gzip_bomb, idx_bytes, idx_files, pictures, png, saved

# Imports torch's compiler, which names its cache in the environment: here, so that no test is blamed for it.
torch.use_deterministic_algorithms(False)


@pytest.fixture
def desk(home: Home) -> Iterator[Desk]:
    made = Desk(home)
    yield made
    made.close()


def dataset(kind: str, folder: Path, **fields: object) -> dict[str, object]:
    return {"kind": "classification", "dataset": {"kind": kind, "path": str(folder), **fields}, "training": {"steps": 2}}


# Pictures


def test_that_hostile_pictures_are_left_out_and_named_by_check(home: Home, here: Path) -> None:
    mark = here / "a-program-ran"
    hostile = pictures(here / "pictures", mark)
    birds = here / "pictures" / os.fsdecode(b"b\xefrds\x1b[2J")  # no UTF-8, and an order to the terminal
    birds.mkdir()
    for number in range(10):  # the same image in training and in test
        (birds / f"{number}.png").write_bytes(png(8, 8))
    (birds / "broken.png").write_bytes(b"no picture")
    file = experiment(home, dataset=f"{{kind: image-folder, path: {here / 'pictures'}, size: 8}}")

    began = time.monotonic()
    said = kdstudio("check", file, "--home", home.root)

    assert said.code == 0, said.err
    assert not mark.exists()
    assert time.monotonic() - began < PATIENCE
    for name, why in hostile.items():
        (line,) = (line for line in said.out.splitlines() if line.startswith(f"left out: {name}: "))
        assert why in line
    assert "left out: b\\xefrds\\x1b[2J/broken.png: " in said.out
    assert "warning: Some images are damaged." in said.out
    assert "warning: Training images are also test images." in said.out


def test_that_a_class_folder_that_cannot_be_read_is_said(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from kdstudio.data.source import read
    from kdstudio.spec import ImageFolder

    folder = a_folder_of_pictures(here / "pictures")
    a_folder_of_pictures(here / "more")
    (here / "more" / "cats").rename(folder / "birds")
    scan = os.scandir

    def refuses(path: str) -> object:  # as root nothing else would
        if str(path).endswith("birds"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuses)
    source = read(ImageFolder(kind="image-folder", path=folder, size=8))

    assert source.classes == ("cats", "dogs")
    assert source.left_out == ("birds",)
    assert source.left_out_because == ("the folder cannot be read (Permission denied)",)


def grey(path: Path) -> list[int]:
    return picture(path, 8, colour=False).ravel().tolist()


def test_that_fractions_keep_their_levels(here: Path) -> None:
    values = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    (here / "a.tif").write_bytes(saved(Image.fromarray(values), "TIFF"))

    assert len(set(grey(here / "a.tif"))) == 64


def test_that_a_dark_picture_of_sixteen_bits_without_detail_is_taken(here: Path) -> None:
    (here / "a.png").write_bytes(saved(Image.fromarray(np.zeros((8, 8), np.uint16)), "PNG"))

    assert set(grey(here / "a.png")) == {0}


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_that_a_black_drawing_on_transparency_is_seen_on_white(here: Path, mode: str) -> None:
    pixels = np.zeros((8, 8, 4 if mode == "RGBA" else 2), np.uint8)
    pixels[:, :4, -1] = 255
    Image.fromarray(pixels, mode).save(here / "a.png")

    assert grey(here / "a.png") == [0, 0, 0, 0, 255, 255, 255, 255] * 8


def test_that_a_huge_picture_is_refused_before_it_is_decoded(here: Path) -> None:
    (here / "bomb.png").write_bytes(png(13_000, 13_000))

    began = time.process_time()
    with pytest.raises(KnownFailure, match="13000 x 13000"):
        picture(here / "bomb.png", 8, colour=True)
    assert time.process_time() - began < 0.5


# IDX

IMAGES = "train-images-idx3-ubyte"
WRONG = {
    "0 x 0": ({"images": struct.pack(">HBBIII", 0, 8, 3, 30, 0, 0)}, "no pixels"),
    "8 x 0": ({"images": struct.pack(">HBBIII", 0, 8, 3, 30, 8, 0)}, "no pixels"),
    "255 dimensions": ({"images": struct.pack(">HBB", 0, 8, 255) + struct.pack(">I", 1) * 255}, "255 dimensions"),
    "no dimension": ({"images": struct.pack(">HBB", 0, 8, 0) + b"\0"}, "0 dimensions"),
    "claims 2^90 bytes": ({"images": struct.pack(">HBBIII", 0, 8, 3, 2**30, 2**30, 2**30)}, "more than there is memory"),
    "one class": ({"labels": idx_bytes(np.full(30, 7, np.uint8))}, "images of one class (7)"),
}


def test_that_a_desk_refuses_hostile_data_and_answers_the_next_question(desk: Desk, here: Path) -> None:
    mark = here / "a-program-ran"
    hostile = pictures(here / "pictures", mark)
    answers = asked(desk, dataset("image-folder", here / "pictures", size=8))
    data = next(answer.values for answer in answers if answer.part == "data")
    assert sum(data["images"].values()) == 20
    warned = {warning["code"]: warning for warning in data["warnings"]}
    assert warned["damaged-left-out"]["count"] == len(hostile)
    assert not mark.exists()

    for name, (contents, why) in WRONG.items():
        (*_, last) = asked(desk, dataset("idx", idx_files(here / name, **contents)))
        assert last.failed in ("file-corrupt", "too-few-classes"), name
        assert why in str(last.parameters), name

    pipe, endless = idx_files(here / "pipe"), idx_files(here / "endless")
    (pipe / IMAGES).unlink()
    os.mkfifo(pipe / IMAGES)
    (endless / IMAGES).unlink()
    (endless / IMAGES).symlink_to("/dev/zero")
    for folder in (pipe, endless):
        (*_, last) = asked(desk, dataset("idx", folder))
        assert "no regular file" in str(last.parameters)
    assert asked(desk, dataset("idx", idx_files(here / "sound")))[-1].failed is None


def test_that_a_gzip_bomb_is_unpacked_as_far_as_its_header_says(here: Path) -> None:
    path = here / "bomb.gz"
    path.write_bytes(gzip_bomb(struct.pack(">HBBIII", 0, 8, 3, 30, 4, 4), 256 << 20))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with pytest.raises(KnownFailure, match="should hold 480 bytes, but holds more"):
        read_idx(path)

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10  # KiB


# Weights


@pytest.mark.parametrize(
    ("kind", "value", "why"),
    [
        ("int64", 1, "holds int64; weights are floating-point numbers of 16 bits or more"),
        ("bool", 1, "holds bool"), ("uint8", 1, "holds uint8"),
        ("float32", np.nan, "holds NaN or infinity"), ("float16", np.inf, "holds NaN or infinity"),
        ("float64", 1e300, "holds NaN or infinity"),
    ],
)  # fmt: skip
def test_that_weights_that_are_no_numbers_are_refused_when_they_are_read(
    here: Path, kind: str, value: float, why: str
) -> None:
    from kdstudio.models import built, put_weights, read_weights
    from kdstudio.spec import Mlp

    module = built(Mlp(kind="mlp", hidden=(32,)), (1, 8, 8), 10, seed=0)
    names = iter(module.state_dict())
    tensors = {name: np.zeros(tuple(each.shape), np.float64) for name, each in module.state_dict().items()}
    tensors[next(names)].flat[0] = value
    save_file({name: each.astype(kind) for name, each in tensors.items()}, here / "w.safetensors")

    with pytest.raises(KnownFailure) as failure:
        put_weights(module, read_weights(here / "w.safetensors", role="teacher"), path=here / "w.safetensors", role="teacher")
    assert why in str(failure.value.parameters["why"])
    assert failure.value.parameters["path"] == str(here / "w.safetensors")
    assert failure.value.parameters["field"] == "teacher.weights"
    assert all(bool(torch.isfinite(each).all()) for each in module.state_dict().values())


def test_that_a_teachers_file_with_a_nan_is_said_by_check(home: Home, here: Path) -> None:
    from kdstudio.engine.check import check
    from kdstudio.models import built
    from kdstudio.spec import Mlp

    module = built(Mlp(kind="mlp", hidden=(32,)), (1, 8, 8), 10, seed=0)
    tensors = {name: np.full(tuple(each.shape), np.nan, np.float32) for name, each in module.state_dict().items()}
    save_file(tensors, here / "w.safetensors")

    teacher = f"{{kind: mlp, hidden: [32], weights: {here / 'w.safetensors'}}}"
    asked_for = load(experiment(home, teacher=teacher, compute=f"{{device: cpu, threads: {torch.get_num_threads()}}}"))
    with pytest.raises(KnownFailure) as failure:
        check(asked_for, home)  # type: ignore[arg-type]
    torch.use_deterministic_algorithms(False)
    words = explain(failure.value.code, failure.value.parameters)
    assert str(here / "w.safetensors") in words.cause and "holds NaN or infinity" in words.cause
    assert words.field == "teacher.weights"


# predict


@pytest.fixture
def student(home: Home) -> RunFolder:
    """A run whose student is an mlp for 8 x 8 grey images."""
    from safetensors.torch import save_file as save

    from kdstudio.models import built
    from kdstudio.spec import Mlp

    run = a_run(home)
    run.student.mkdir()
    module = built(Mlp(kind="mlp", hidden=(4,)), (1, 8, 8), 2, seed=0)
    save({name: value.contiguous() for name, value in module.state_dict().items()}, run.student / "model.safetensors")
    write_json(run.student / "config.json", {
        "model": "mlp", "arguments": {"hidden": [4], "dropout": 0.0}, "classes": ["a", "b"], "input": [1, 8, 8],
        "normalisation": {"mean": [0.0], "deviation": [255.0]},
    })  # fmt: skip
    return run


CONFIGS: dict[str, dict[str, object]] = {
    "no model": {"model": "transformer"}, "model of another type": {"model": 3}, "no arguments": {"arguments": 7},
    "odd arguments": {"arguments": {"hidden": "many"}}, "endless input": {"input": [1, 10**9, 10**9]},
    "no pixels": {"input": [1, 0, 8]}, "input of text": {"input": "abc"}, "seven channels": {"input": [7, 8, 8]},
    "one class": {"classes": ["a"]}, "classes of numbers": {"classes": [1, 2]}, "classes of nothing": {"classes": None},
    "no mean": {"normalisation": {}}, "mean of text": {"normalisation": {"mean": ["x"], "deviation": [1.0]}},
    "deviation of zero": {"normalisation": {"mean": [0.0], "deviation": [0.0]}},
    "huge mean": {"normalisation": {"mean": [10**400], "deviation": [1.0]}},
    "two means": {"normalisation": {"mean": [0.0, 0.0], "deviation": [1.0, 1.0]}},
}  # fmt: skip


@pytest.mark.parametrize("name", CONFIGS)
def test_that_a_damaged_student_is_named_by_predict(student: RunFolder, here: Path, name: str) -> None:
    file = student.student / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **CONFIGS[name]}))
    (here / "a.png").write_bytes(png(8, 8))

    with pytest.raises(KnownFailure) as failure:
        predict(student, here / "a.png")
    assert (failure.value.code, failure.value.parameters["path"]) == ("file-corrupt", str(file))


def test_that_predict_refuses_a_pipe_and_names_what_it_was_given(home: Home, student: RunFolder, here: Path) -> None:
    (here / "a.png").write_bytes(png(8, 8))
    os.mkfifo(here / "pipe.png")

    assert len(predict(student, here / "a.png")) == 2
    said = kdstudio("predict", student.id, here / "pipe.png", "--home", home.root)
    assert said.code == 1
    assert "no regular file" in said.err and "dataset.path" not in said.err
    (student.student / "config.json").unlink()
    os.mkfifo(student.student / "config.json")
    with pytest.raises(KnownFailure, match=r"config\.json"):
        predict(student, here / "a.png")
