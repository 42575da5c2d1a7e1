"""Pictures in folders: one folder for each class, or train, val and test folders of those."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kdstudio.data.source import TEST, TRAIN, VALIDATION, Source, read
from kdstudio.spec import ImageFolder
from kdstudio.spec.errors import KnownFailure

if TYPE_CHECKING:
    from PIL import Image

PART_NAMES = {
    "train": TRAIN,
    "training": TRAIN,
    "val": VALIDATION,
    "valid": VALIDATION,
    "validation": VALIDATION,
    "test": TEST,
}
FIELD = "dataset.path"


@read.register
def _(spec: ImageFolder) -> Source:
    if not spec.path.is_dir():
        raise KnownFailure("file-missing", path=str(spec.path), field=FIELD)
    files = list(_files(spec.path))
    classes = tuple(sorted({name for _, name, _ in files}))
    if len(classes) < 2:
        held = f"pictures of one class ({classes[0]})" if classes else "no pictures in folders"
        raise KnownFailure("too-few-classes", path=str(spec.path), held=held, field=FIELD)
    number = {name: index for index, name in enumerate(classes)}
    pictures, damaged = _pictures([path for _, _, path in files], spec)
    whole = [each for each in files if each[2] not in damaged]
    parts = np.array([part for part, _, _ in whole], np.int8)
    return Source(
        images=np.stack(pictures),
        labels=np.array([number[name] for _, name, _ in whole], np.int64),
        classes=classes,
        parts=parts if (parts != TRAIN).any() else None,
        left_out=tuple(str(path.relative_to(spec.path)) for path in damaged),
    )


def _pictures(
    paths: list[Path], spec: ImageFolder
) -> "tuple[list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]], dict[Path, KnownFailure]]":
    """All that can be read, and why the others cannot.

    Raises:
        KnownFailure: none can be read, or a file went away meanwhile.
    """
    found, damaged = [], {}
    for path in paths:
        try:
            found.append(picture(path, spec.size, colour=spec.colour))
        except KnownFailure as failure:
            if failure.code != "file-corrupt":
                raise
            damaged[path] = failure
    if not found:
        raise next(iter(damaged.values()))
    return found, damaged


def _files(root: Path) -> Iterator[tuple[int, str, Path]]:
    """(part, class, file) for every picture, in an order that does not depend on the file system."""
    folders = _folders(root)
    named = {folder: PART_NAMES[folder.name.lower()] for folder in folders if folder.name.lower() in PART_NAMES}
    split = TRAIN in named.values() and any(_folders(folder) for folder in named)
    roots = [(part, folder) for folder, part in named.items()] if split else [(TRAIN, root)]
    for part, parent in roots:
        for folder in _folders(parent):
            for path in sorted(folder.rglob("*")):
                # Hidden ones are other systems' notes beside the pictures, such as macOS's "._0.png".
                if path.suffix.lower() in _endings() and not path.name.startswith(".") and path.is_file():
                    yield part, folder.name, path


def _folders(parent: Path) -> list[Path]:
    return sorted(path for path in parent.iterdir() if path.is_dir() and not path.name.startswith("."))


def _endings() -> frozenset[str]:
    from PIL import Image

    return frozenset(Image.registered_extensions())


def picture(path: Path, size: int, *, colour: bool) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    """The picture in `path`, resized to a square: uint8 [3 or 1, size, size].

    Raises:
        KnownFailure: it is missing or damaged.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(path) as opened:
            upright = _in_eight_bits(ImageOps.exif_transpose(opened))
            image = upright.convert("RGB" if colour else "L").resize((size, size), Image.Resampling.BILINEAR)
    except FileNotFoundError:
        raise KnownFailure("file-missing", path=str(path), field=FIELD) from None
    except UnidentifiedImageError:  # its own words are the path again
        raise KnownFailure("file-corrupt", path=str(path), why="it cannot be read as a picture", field=FIELD) from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise KnownFailure("file-corrupt", path=str(path), why=f"it cannot be read ({error})", field=FIELD) from None
    pixels = np.array(image, dtype=np.uint8)  # a copy: torch warns of arrays that it may not write to
    return np.ascontiguousarray(pixels.transpose(2, 0, 1) if colour else pixels[None])


def _in_eight_bits(image: "Image.Image") -> "Image.Image":
    """Grey pictures of 16 bits in 8: Pillow would clip them, which makes most of them white."""
    if not image.mode.startswith("I"):
        return image
    from PIL import Image

    return Image.fromarray((np.asarray(image).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8))
