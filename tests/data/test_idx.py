"""IDX files as they lie on people's disks: every spelling, and every way to be damaged, named with its path."""

import gzip
import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest

from kdstudio.data import load
from kdstudio.data.idx import read_idx
from kdstudio.data.source import TEST, TRAIN, read
from kdstudio.spec import Idx
from kdstudio.spec.errors import KnownFailure
from tests.idx_files import idx_bytes, write_digits, write_idx

PLAIN = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """60 digits to train on, 30 to test on."""
    return write_digits(tmp_path, train=60, test=30)


def spec(folder: Path, **fields: object) -> Idx:
    return Idx(kind="idx", path=folder, **fields)


def refusal(folder: Path) -> KnownFailure:
    with pytest.raises(KnownFailure) as failure:
        load(spec(folder))
    assert failure.value.parameters["field"] == "dataset.path"
    return failure.value


def test_that_images_and_labels_are_read_as_they_were_written(folder: Path) -> None:
    source = read(spec(folder))
    assert source.images.shape == (90, 1, 28, 28)
    assert source.images.dtype == np.uint8
    assert np.array_equal(source.images[:60, 0], read_idx(folder / PLAIN[0]))
    assert np.array_equal(source.labels[60:], read_idx(folder / PLAIN[3]))
    assert source.parts is not None
    assert source.parts.tolist() == [TRAIN] * 60 + [TEST] * 30
    assert source.classes == tuple("0123456789")


@pytest.mark.parametrize(
    "spelling",
    [
        lambda name: f"{name}.gz",
        lambda name: name.replace("-idx", ".idx"),
        lambda name: name.replace("-idx", ".idx") + ".gz",
        lambda name: f"emnist-digits-{name}.gz",
        lambda name: name.replace("t10k", "test"),
    ],
    ids=["gzipped", "dots", "dots, gzipped", "a prefix", "test for t10k"],
)
def test_that_every_usual_spelling_of_the_names_is_found(folder: Path, spelling: object) -> None:
    plain = read(spec(folder))
    for name in PLAIN:
        path = folder / name
        target = folder / spelling(name)  # type: ignore[operator]
        if target.suffix == ".gz":
            target.write_bytes(gzip.compress(path.read_bytes()))
            path.unlink()
        else:
            path.rename(target)
    found = read(spec(folder))
    assert np.array_equal(found.images, plain.images)
    assert np.array_equal(found.labels, plain.labels)


def test_that_without_test_files_a_test_part_is_drawn(folder: Path) -> None:
    for name in PLAIN[2:]:
        (folder / name).unlink()
    images = load(spec(folder, test=0.3))
    assert len(images.train) + len(images.validation) + len(images.test) == 60
    assert 10 <= len(images.test) <= 25


def test_that_the_datas_own_test_part_is_used_whole_and_validation_is_drawn_from_training(folder: Path) -> None:
    images = load(spec(folder))
    assert images.test.index.tolist() == list(range(60, 90))
    assert len(images.train) + len(images.validation) == 60


def test_that_a_missing_folder_is_named(tmp_path: Path) -> None:
    failure = refusal(tmp_path / "nowhere")
    assert (failure.code, failure.parameters["path"]) == ("file-missing", str(tmp_path / "nowhere"))


def test_that_an_empty_folder_is_told_which_file_it_lacks(tmp_path: Path) -> None:
    failure = refusal(tmp_path)
    assert (failure.code, failure.parameters["path"]) == ("file-missing", str(tmp_path / PLAIN[0]))


@pytest.mark.parametrize("name", PLAIN)
def test_that_a_missing_sibling_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    failure = refusal(folder)
    assert (failure.code, failure.parameters["path"]) == ("file-missing", str(folder / name))


def damaged_contents(content: bytes) -> dict[str, bytes]:
    packed = gzip.compress(content)
    return {
        "torn": content[:-5],
        "too long": content + b"x",
        "empty": b"",
        "only a header": content[:6],
        "wrong magic": b"\x01" + content[1:],
        "floats": content[:2] + b"\x0d" + content[3:],
        "torn gzip": packed[: len(packed) // 2],
        "gzip with a wrong checksum": packed[:-8] + b"\0\0\0\0" + packed[-4:],
        "gzip that is none": b"\x1f\x8b" + content[2:],
        "one dimension more": content[:3] + bytes([content[3] + 1]) + content[4:],
        "text": b"<html>404 Not Found</html>",
    }


@pytest.mark.parametrize("damage", list(damaged_contents(b"0000")))
@pytest.mark.parametrize("name", PLAIN[:2])
def test_that_a_damaged_file_is_named(folder: Path, name: str, damage: str) -> None:
    path = folder / name
    path.write_bytes(damaged_contents(path.read_bytes())[damage])
    failure = refusal(folder)
    assert failure.code == "file-corrupt"
    assert failure.parameters["path"] == str(path)
    assert failure.parameters["why"]


def test_that_a_header_which_asks_for_more_than_there_is_takes_no_memory(folder: Path) -> None:
    path = folder / PLAIN[0]
    path.write_bytes(struct.pack(">HBB3I", 0, 0x08, 3, 2**32 - 1, 2**32 - 1, 2**32 - 1) + b"abc")
    assert refusal(folder).code == "file-corrupt"


def test_that_labels_of_another_count_are_named_with_both_counts(folder: Path) -> None:
    write_idx(folder / PLAIN[1], np.zeros(59, np.uint8))
    failure = refusal(folder)
    assert failure.parameters["path"] == str(folder / PLAIN[1])
    assert failure.parameters["why"] == "it has 59 labels for 60 images"


def test_that_test_images_of_another_size_are_named(folder: Path) -> None:
    write_idx(folder / PLAIN[2], np.zeros((30, 27, 28), np.uint8))
    failure = refusal(folder)
    assert failure.code == "file-corrupt"
    assert failure.parameters["path"] == str(folder / PLAIN[2])


def test_that_files_without_an_image_are_refused(folder: Path) -> None:
    write_idx(folder / PLAIN[0], np.zeros((0, 28, 28), np.uint8))
    write_idx(folder / PLAIN[1], np.zeros(0, np.uint8))
    assert refusal(folder).code == "file-corrupt"


def test_that_labels_where_images_should_be_are_refused(folder: Path) -> None:
    shutil.copy(folder / PLAIN[1], folder / PLAIN[0])
    failure = refusal(folder)
    assert (failure.code, failure.parameters["path"]) == ("file-corrupt", str(folder / PLAIN[0]))


def test_that_a_single_file_is_read_as_it_is(tmp_path: Path) -> None:
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    (tmp_path / "x").write_bytes(idx_bytes(array))
    assert np.array_equal(read_idx(tmp_path / "x"), array)


# The real thing.


@pytest.fixture
def fashion_mnist() -> Path:
    """The folder in which Debian's package has put Fashion-MNIST."""
    try:
        listed = subprocess.run(["dpkg", "-L", "dataset-fashion-mnist"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("this is no Debian")
    files = [Path(line) for line in listed.stdout.splitlines() if line.endswith("train-images-idx3-ubyte.gz")]
    if not files:
        pytest.skip("the package dataset-fashion-mnist is not installed")
    return files[0].parent


def test_that_fashion_mnist_is_read_whole(fashion_mnist: Path) -> None:
    images = load(spec(fashion_mnist))
    assert (len(images.train), len(images.validation), len(images.test)) == (54_000, 6_000, 10_000)
    assert images.input == (1, 28, 28)
    # Its published mean and deviation are 0.2860 and 0.3530 on all 60,000.
    assert float(images.mean) / 255 == pytest.approx(0.2860, abs=0.002)
    assert float(images.deviation) / 255 == pytest.approx(0.3530, abs=0.002)
    assert images.test.labels.bincount().tolist() == [1000] * 10
    assert images.train.labels.bincount().tolist() == [5400] * 10
