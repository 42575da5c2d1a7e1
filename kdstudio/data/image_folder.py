"""Pictures in folders: one folder for each class, or train, val and test folders of those."""

import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn, TypeAlias

import numpy as np

from kdstudio.data.source import TEST, TRAIN, VALIDATION, Source, check_interrupt, read
from kdstudio.spec import ImageFolder
from kdstudio.spec.errors import KnownFailure
from kdstudio.spec.regular_files import open_regular, printable_name

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
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "PPM")
"""What is opened. Pillow knows more, and runs another program (Ghostscript) for some of them."""
MOST_PIXELS = 64_000_000
LEVELS = 16
"""So few levels of grey out of 256 that the picture is as good as lost."""

Pixels: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


@read.register
def _(spec: ImageFolder) -> Source:
    if not spec.path.is_dir():
        raise KnownFailure("file-missing", path=str(spec.path), field=FIELD)
    closed: dict[Path, str] = {}  # folders that cannot be looked into, and why
    files = list(_files(spec.path, closed))
    classes = tuple(sorted({name for _, name, _ in files}))
    if len(classes) < 2:
        _refuse_too_few(spec.path, classes, closed)
    number = {name: index for index, name in enumerate(classes)}
    pictures, damaged = _pictures([path for _, _, path in files], spec)
    whole = [each for each in files if each[2] not in damaged]
    left = tuple(sorted({name for _, name, _ in whole}))
    if len(left) < 2:
        _refuse_too_few(spec.path, left, {path: str(why.parameters["why"]) for path, why in damaged.items()})
    parts = np.array([part for part, _, _ in whole], np.int8)
    out = {**closed, **{path: str(failure.parameters["why"]) for path, failure in damaged.items()}}
    return Source(
        images=np.stack(pictures),
        labels=np.array([number[name] for _, name, _ in whole], np.int64),
        classes=classes,
        parts=parts if (parts != TRAIN).any() else None,
        left_out=tuple(printable_name(path.relative_to(spec.path)) for path in out),
        left_out_because=tuple(out.values()),
    )


def _refuse_too_few(root: Path, classes: tuple[str, ...], unread: dict[Path, str]) -> NoReturn:
    held = f"pictures of one class ({classes[0]})" if classes else "no pictures in folders"
    if unread:
        path, why = next(iter(unread.items()))
        held += f" that can be read; {printable_name(path.relative_to(root))}: {why}"
    raise KnownFailure("too-few-classes", path=str(root), held=held, field=FIELD)


def _pictures(paths: list[Path], spec: ImageFolder) -> tuple[list[Pixels], dict[Path, KnownFailure]]:
    """All that can be read, and why the others cannot.

    Raises:
        KnownFailure: none can be read, or a file went away meanwhile.
    """
    found, damaged = [], {}
    for path in paths:
        check_interrupt()
        try:
            found.append(picture(path, spec.size, colour=spec.colour))
        except KnownFailure as failure:
            if failure.code != "file-corrupt":
                raise
            damaged[path] = failure
    if not found:
        raise next(iter(damaged.values()))
    return found, damaged


def _files(root: Path, closed: dict[Path, str]) -> Iterator[tuple[int, str, Path]]:
    """(part, class, file) for every picture, in an order that does not depend on the file system; folders that cannot be
    looked into go to `closed`."""
    folders = _folders(root, closed)
    named = {folder: PART_NAMES[folder.name.lower()] for folder in folders if folder.name.lower() in PART_NAMES}
    split = TRAIN in named.values() and any(_folders(folder, closed) for folder in named)
    roots = [(part, folder) for folder, part in named.items()] if split else [(TRAIN, root)]
    for part, parent in roots:
        for folder in _folders(parent, closed):
            for path in _below(folder, closed):
                check_interrupt()
                # Hidden ones are other systems' notes beside the pictures, such as macOS's "._0.png".
                if path.suffix.lower() in _endings() and not path.name.startswith(".") and path.is_file():
                    yield part, printable_name(folder.name), path


def _folders(parent: Path, closed: dict[Path, str]) -> list[Path]:
    try:
        return sorted(path for path in parent.iterdir() if path.is_dir() and not path.name.startswith("."))
    except OSError as error:
        closed[parent] = f"the folder cannot be read ({error.strerror})"
        return []


def _below(folder: Path, closed: dict[Path, str]) -> list[Path]:
    """Every file below `folder`; links to folders are not followed."""

    def note(error: OSError) -> None:
        closed[Path(error.filename)] = f"the folder cannot be read ({error.strerror})"

    return sorted(Path(where) / name for where, _, names in os.walk(folder, onerror=note) for name in names)


def _endings() -> frozenset[str]:
    """Endings that any picture may have: one of a kind that is not read here is named, not passed over."""
    from PIL import Image

    return frozenset(Image.registered_extensions())


def picture(path: Path, size: int, *, colour: bool, field: str = FIELD) -> Pixels:
    """The picture in `path`, resized to a square: uint8 [3 or 1, size, size].

    What is transparent is put on white. Grey levels of 16 bits and fractions from 0 to 1 are scaled to 0..255.

    Args:
        path: the file.
        size: pixels of a side.
        colour: whether the result has three channels.
        field: what named the file.

    Raises:
        KnownFailure: it is missing or damaged, of a format that is not read, too large, or beyond 8 bits cannot tell.
    """
    try:
        with open_regular(path) as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a decoder's remarks on odd files are nothing for a terminal
            image = _decoded(file, size, colour=colour)
    except FileNotFoundError:
        raise KnownFailure("file-missing", path=str(path), field=field) from None
    except _Unfit as unfit:
        raise KnownFailure("file-corrupt", path=str(path), why=str(unfit), field=field) from None
    except Exception as error:  # whatever a decoder makes of a damaged file: one picture must not refuse the others
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
        raise KnownFailure("file-corrupt", path=str(path), why=f"it cannot be read ({why})", field=field) from None
    pixels = np.array(image, dtype=np.uint8)  # a copy: torch warns of arrays that it may not write to
    return np.ascontiguousarray(pixels.transpose(2, 0, 1) if colour else pixels[None])


class _Unfit(Exception):
    """A picture that is whole and still not to be used; its words say why."""


def _decoded(file: BinaryIO, size: int, *, colour: bool) -> "Image.Image":
    from PIL import Image, ImageOps, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # Pillow would warn or refuse at sizes of its own; ours is looked at before decoding
    try:
        opened = Image.open(file, formats=FORMATS)
    except UnidentifiedImageError:  # its own words are the path again
        raise _Unfit("it cannot be read as a picture") from None
    with opened:
        width, height = opened.size
        if width < 1 or height < 1:
            raise _Unfit(f"it has no pixels ({width} x {height})")
        if width * height > MOST_PIXELS:
            raise _Unfit(f"it has {width} x {height} pixels; at most {MOST_PIXELS // 10**6} million are read")
        sixteen = any("16" in str(tile[3]) for tile in opened.tile)
        clear = "transparency" in opened.info or opened.mode in ("RGBA", "LA", "PA", "La", "RGBa")
        image = ImageOps.exif_transpose(opened)
    if image.mode == "F" or image.mode.startswith("I"):
        image = _in_eight_bits(image)
    elif sixteen and 0 < max(int(each[1]) for each in _extremes(image)) < LEVELS:
        raise _Unfit(
            f"its 16 bits reach only the darkest {LEVELS} of 256 levels; save it with its full range, or in 8 bits"
        )
    elif clear:
        shown = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", shown.size, "white"), shown)
    return image.convert("RGB" if colour else "L").resize((size, size), Image.Resampling.BILINEAR)


def _extremes(image: "Image.Image") -> list[tuple[float, float]]:
    found: Any = image.getextrema()
    return [found] if len(image.getbands()) == 1 else list(found)


def _in_eight_bits(image: "Image.Image") -> "Image.Image":
    """A grey picture of 16 or 32 bits, or of fractions, in 8: Pillow would clip it, which makes most of it white or black."""
    from PIL import Image

    values = np.asarray(image)
    low, high = float(values.min()), float(values.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise _Unfit("it holds infinite or undefined numbers")
    if image.mode == "F":
        if low < 0.0 or high > 255.0:
            raise _Unfit(f"its numbers run from {low:g} to {high:g}; those of a picture run from 0 to 1, or to 255")
        return Image.fromarray(np.rint(values * (255.0 if high <= 1.0 else 1.0)).astype(np.uint8))
    if low < 0 or high > 65_535:
        raise _Unfit(f"its numbers run from {low:g} to {high:g}; those of 16 bits run from 0 to 65535")
    small = (values.astype(np.int64) >> 8).astype(np.uint8)
    if high < 256 * LEVELS and len(np.unique(values)) > len(np.unique(small)):
        raise _Unfit(
            f"its 16 bits reach only {high:.0f} of 65535, which leaves {len(np.unique(small))} levels of grey; save it with "
            "its full range, or in 8 bits"
        )
    return Image.fromarray(small)
