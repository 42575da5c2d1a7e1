"""Pictures as cameras, scanners and drawing programs write them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kdstudio.data import load
from kdstudio.data.image_folder import picture
from kdstudio.data.images import some_of
from kdstudio.data.source import TEST, TRAIN, VALIDATION, read
from kdstudio.runs.failures import explain
from kdstudio.spec import ImageFolder
from kdstudio.spec.errors import KnownFailure

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def paint(
    path: Path, colour: tuple[int, ...] | int = RED, *, mode: str = "RGB", size: tuple[int, int] = (16, 16)
) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path)
    return path


def spec(folder: Path, **fields: object) -> ImageFolder:
    return ImageFolder(kind="image-folder", path=folder, **{"size": 8, **fields})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten pictures of each of two classes."""
    for number in range(10):
        paint(tmp_path / "blue" / f"{number}.png", BLUE)
        paint(tmp_path / "red" / f"{number}.png", RED)
    return tmp_path


def test_that_each_folder_is_a_class_and_its_pictures_are_its_images(folder: Path) -> None:
    source = read(spec(folder))
    assert source.classes == ("blue", "red")
    assert source.labels.tolist() == [0] * 10 + [1] * 10
    assert source.parts is None
    assert source.images.shape == (20, 3, 8, 8)
    assert source.images[0, :, 4, 4].tolist() == list(BLUE)
    assert source.images[-1, :, 4, 4].tolist() == list(RED)


def test_that_every_picture_is_in_some_part(folder: Path) -> None:
    images = load(spec(folder))
    whole = sorted([*images.train.index.tolist(), *images.validation.index.tolist(), *images.test.index.tolist()])
    assert whole == list(range(20))


@pytest.mark.parametrize("validation", ["val", "valid", "validation", "Val"])
def test_that_train_val_and_test_folders_are_the_parts(tmp_path: Path, validation: str) -> None:
    for part, count in (("train", 6), (validation, 2), ("test", 3)):
        for number in range(count):
            paint(tmp_path / part / "blue" / f"{number}.png", BLUE)
            paint(tmp_path / part / "red" / f"{number}.png", RED)
    source = read(spec(tmp_path))
    assert source.parts is not None
    assert np.bincount(source.parts).tolist() == [12, 4, 6]
    assert (TRAIN, VALIDATION, TEST) == (0, 1, 2)
    images = load(spec(tmp_path))
    assert (len(images.train), len(images.validation), len(images.test)) == (12, 4, 6)


def test_that_what_is_missing_of_the_parts_is_drawn_from_training(tmp_path: Path) -> None:
    for part, count in (("train", 20), ("test", 4)):
        for number in range(count):
            paint(tmp_path / part / "blue" / f"{number}.png", BLUE)
            paint(tmp_path / part / "red" / f"{number}.png", RED)
    images = load(spec(tmp_path, validation=0.1))
    assert (len(images.train), len(images.validation), len(images.test)) == (36, 4, 8)


def test_that_classes_called_train_and_test_are_classes_where_no_folders_lie_in_them(tmp_path: Path) -> None:
    for number in range(10):
        paint(tmp_path / "train" / f"{number}.png", BLUE)
        paint(tmp_path / "bus" / f"{number}.png", RED)
    assert read(spec(tmp_path)).classes == ("bus", "train")


@pytest.mark.parametrize(
    ("name", "mode", "colour"),
    [
        ("a.png", "RGB", RED), ("a.jpg", "RGB", RED), ("a.JPEG", "RGB", RED), ("a.bmp", "RGB", RED),
        ("a.gif", "P", None), ("a.webp", "RGB", RED), ("a.tif", "RGB", RED), ("a.png", "RGBA", (255, 0, 0, 255)),
    ],
)  # fmt: skip
def test_that_every_usual_format_is_read_in_colour(tmp_path: Path, name: str, mode: str, colour: object) -> None:
    path = tmp_path / name
    if mode == "P":
        Image.new("RGB", (16, 16), RED).convert("P", palette=Image.Palette.ADAPTIVE).save(path)
    else:
        Image.new(mode, (16, 16), colour).save(path)  # type: ignore[arg-type]
    pixels = picture(path, 8, colour=True)
    assert pixels.shape == (3, 8, 8)
    assert pixels.dtype == np.uint8
    assert np.abs(pixels[:, 4, 4].astype(int) - RED).max() <= 6


@pytest.mark.parametrize(("mode", "value"), [("L", 100), ("RGB", (100, 100, 100)), ("LA", (100, 255)), ("1", 1)])
def test_that_grey_pictures_have_three_equal_channels_in_colour_and_one_without(
    tmp_path: Path, mode: str, value: object
) -> None:
    path = tmp_path / "grey.png"
    Image.new(mode, (16, 16), value).save(path)  # type: ignore[arg-type]
    expected = 255 if mode == "1" else 100
    coloured, grey = picture(path, 8, colour=True), picture(path, 8, colour=False)
    assert coloured[:, 4, 4].tolist() == [expected] * 3
    assert grey.shape == (1, 8, 8)
    assert int(grey[0, 4, 4]) == expected


def test_that_a_picture_with_sixteen_bits_keeps_its_brightness(tmp_path: Path) -> None:
    path = tmp_path / "deep.png"
    Image.fromarray(np.full((16, 16), 25_700, np.uint16)).save(path)  # 100 in 8 bits
    assert int(picture(path, 8, colour=False)[0, 4, 4]) == pytest.approx(100, abs=1)


def test_that_a_picture_is_turned_as_its_camera_says(tmp_path: Path) -> None:
    upright = Image.new("RGB", (20, 10), BLUE)
    upright.paste(RED, (0, 0, 10, 10))  # red at the left
    turned, path = upright.transpose(Image.Transpose.ROTATE_90), tmp_path / "turned.png"
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by 90 degrees clockwise
    turned.save(path, exif=exif)
    pixels = picture(path, 8, colour=True)
    assert pixels[:, 4, 1].tolist() == list(RED)
    assert pixels[:, 4, 6].tolist() == list(BLUE)


@pytest.mark.parametrize("size", [(1, 1), (3, 50), (200, 100)])
def test_that_pictures_of_any_size_become_squares(tmp_path: Path, size: tuple[int, int]) -> None:
    path = paint(tmp_path / "odd.png", GREEN, size=size)
    assert np.array_equal(picture(path, 8, colour=True)[:, 2, 5], GREEN)


@pytest.mark.parametrize("content", [b"", b"no picture", None], ids=["empty", "text", "torn"])
def test_that_a_damaged_picture_is_left_out_and_named(folder: Path, content: bytes | None) -> None:
    path = folder / "red" / "3.png"
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:2000] if content is None else content)
    source = read(spec(folder))
    assert source.left_out == (str(Path("red") / "3.png"),)
    assert np.bincount(source.labels).tolist() == [10, 9]
    images = load(spec(folder))
    assert images.left_out == source.left_out
    assert len(images.train) + len(images.validation) + len(images.test) == 19


def test_that_damaged_pictures_of_a_part_are_left_out_of_it(tmp_path: Path) -> None:
    for part, count in (("train", 6), ("val", 2), ("test", 3)):
        for number in range(count):
            paint(tmp_path / part / "blue" / f"{number}.png", BLUE)
            paint(tmp_path / part / "red" / f"{number}.png", RED)
    (tmp_path / "test" / "red" / "0.png").write_bytes(b"no picture")
    images = load(spec(tmp_path))
    assert (len(images.train), len(images.validation), len(images.test)) == (12, 4, 5)


def test_that_a_picture_is_named_where_none_can_be_read(tmp_path: Path) -> None:
    for name in ("blue", "red"):
        paint(tmp_path / name / "0.png").write_bytes(b"no picture")
    with pytest.raises(KnownFailure) as failure:
        load(spec(tmp_path))
    assert failure.value.code == "file-corrupt"
    assert failure.value.parameters["path"] == str(tmp_path / "blue" / "0.png")


def test_that_a_single_class_is_refused_in_words(tmp_path: Path) -> None:
    paint(tmp_path / "only" / "a.png")
    with pytest.raises(KnownFailure) as failure:
        load(spec(tmp_path))
    words = explain(failure.value.code, failure.value.parameters)
    assert words.cause == f"{tmp_path} holds pictures of one class (only)."
    assert failure.value.parameters["path"] == str(tmp_path)


def test_that_pictures_that_lie_in_no_class_folder_are_refused(tmp_path: Path) -> None:
    paint(tmp_path / "a.png")
    with pytest.raises(KnownFailure) as failure:
        load(spec(tmp_path))
    assert failure.value.code == "too-few-classes"


def test_that_a_few_of_many_damaged_pictures_are_named() -> None:
    assert some_of(["a", "b"]) == "a, b"
    assert some_of(list("abcdefg")) == "a, b, c, d, e, ..."


def test_that_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(KnownFailure) as failure:
        load(spec(tmp_path / "nowhere"))
    assert (failure.value.code, failure.value.parameters["path"]) == ("file-missing", str(tmp_path / "nowhere"))


def test_that_hidden_folders_and_other_files_are_passed_over(folder: Path) -> None:
    paint(folder / ".cache" / "a.png")
    (folder / "red" / "notes.txt").write_text("red ones")
    (folder / "red" / ".DS_Store").write_bytes(b"\0")
    assert len(read(spec(folder)).labels) == 20


def test_that_hidden_files_of_other_systems_are_passed_over(folder: Path) -> None:
    # macOS leaves one beside each picture on a foreign disk; it is no picture.
    (folder / "red" / "._0.png").write_bytes(b"\0\5\x16\7")
    assert len(read(spec(folder)).labels) == 20
