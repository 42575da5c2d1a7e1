"""MNIST-style IDX files: MNIST, Fashion-MNIST, KMNIST, EMNIST. Format: http://yann.lecun.com/exdb/mnist/."""

import gzip
import math
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import psutil

from kdstudio.data.source import TEST, TRAIN, Source, check_interrupt, read
from kdstudio.spec import Idx
from kdstudio.spec.errors import KnownFailure
from kdstudio.spec.regular_files import MIB, open_regular

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNSIGNED_BYTES = 0x08
PIECE = 16 * MIB
PARTS = (("train", TRAIN), ("t10k", TEST), ("test", TEST))


@read.register
def _(spec: Idx) -> Source:
    if not spec.path.is_dir():
        raise KnownFailure("file-missing", path=str(spec.path), field="dataset.path")
    found = [(part, pair) for name, part in PARTS if (pair := _pair(spec.path, name)) is not None]
    if not any(part == TRAIN for part, _ in found):
        raise KnownFailure("file-missing", path=str(spec.path / "train-images-idx3-ubyte"), field="dataset.path")
    pieces = [(part, *_load(*pair)) for part, pair in found]
    shapes = {images.shape[1:] for _, images, _ in pieces}
    if len(shapes) > 1:
        raise _corrupt(found[1][1][0], f"its images are not of the size of the training images ({sorted(shapes)})")
    labels = np.concatenate([labels for _, _, labels in pieces]).astype(np.int64)
    if labels.min() == labels.max():
        held = f"images of one class ({labels[0]})"
        raise KnownFailure("too-few-classes", path=str(spec.path), held=held, field="dataset.path")
    parts = np.concatenate([np.full(len(labels), part, np.int8) for part, _, labels in pieces])
    return Source(
        images=np.concatenate([images for _, images, _ in pieces])[:, None],
        labels=labels,
        classes=tuple(str(number) for number in range(int(labels.max()) + 1)),
        parts=parts if (parts == TEST).any() else None,
    )


def _pair(folder: Path, name: str) -> tuple[Path, Path] | None:
    """The image file and the label file of one part; None when neither is there."""
    images, labels = _find(folder, f"{name}-images", "idx3"), _find(folder, f"{name}-labels", "idx1")
    if images is None and labels is None:
        return None
    if images is None or labels is None:
        missing = f"{name}-images-idx3-ubyte" if images is None else f"{name}-labels-idx1-ubyte"
        raise KnownFailure("file-missing", path=str(folder / missing), field="dataset.path")
    return images, labels


def _find(folder: Path, stem: str, kind: str) -> Path | None:
    """The file with this beginning: both spellings of the ending, gzipped or not, are in use; so are prefixes (emnist-...)."""
    for pattern in (f"{stem}[-.]{kind}-ubyte", f"{stem}[-.]{kind}-ubyte.gz", f"*{stem}[-.]{kind}-ubyte*"):
        found = sorted(folder.glob(pattern))
        if found:
            return found[0]
    return None


def _load(images_file: Path, labels_file: Path) -> "tuple[NDArray[np.uint8], NDArray[np.uint8]]":
    images, labels = read_idx(images_file), read_idx(labels_file)
    if images.ndim != 3 or labels.ndim != 1:
        raise _corrupt(images_file if images.ndim != 3 else labels_file, "it has another number of dimensions")
    if len(images) != len(labels):
        raise _corrupt(labels_file, f"it has {len(labels)} labels for {len(images)} images")
    if len(images) == 0:
        raise _corrupt(images_file, "it holds no image")
    if 0 in images.shape:
        raise _corrupt(images_file, f"its images have no pixels ({images.shape[1]} x {images.shape[2]})")
    return images, labels


def read_idx(path: Path) -> "NDArray[np.uint8]":
    """The array in one IDX file of unsigned bytes, gzipped or not.

    Raises:
        KnownFailure: the file is missing, torn, or no IDX file.
    """
    try:
        with open_regular(path) as file:
            zipped = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            if not zipped:
                return _read(path, file)
            with gzip.GzipFile(fileobj=file) as unzipped:
                return _read(path, unzipped)  # type: ignore[arg-type]
    except FileNotFoundError:
        raise KnownFailure("file-missing", path=str(path), field="dataset.path") from None
    except (OSError, EOFError, zlib.error) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise _corrupt(path, f"it cannot be unpacked ({why})") from None


def _read(path: Path, file: BinaryIO) -> "NDArray[np.uint8]":
    """The array in `file`, of which no more is unpacked than its header promises: a small file may unpack to any size."""
    head = file.read(4)
    if len(head) < 4 or head[:2] != b"\0\0" or head[2] != UNSIGNED_BYTES:
        raise _corrupt(path, "it is no IDX file of unsigned bytes")
    if head[3] not in (1, 3):
        raise _corrupt(path, f"it has {head[3]} dimensions; images have 3, labels 1")
    sizes = file.read(4 * head[3])
    if len(sizes) < 4 * head[3]:
        raise _corrupt(path, "it ends within its header")
    shape = tuple(int(size) for size in np.frombuffer(sizes, dtype=">u4"))
    count = math.prod(shape)
    if count > psutil.virtual_memory().available:
        raise _corrupt(path, f"it should hold {count} bytes, more than there is memory")
    content = bytearray()
    # Piece by piece: what a header only claims takes no memory.
    while len(content) <= count and (piece := file.read(min(PIECE, count + 1 - len(content)))):
        content += piece
        check_interrupt()
    if len(content) != count:
        found = f"holds {len(content)}" if len(content) < count else "holds more"
        raise _corrupt(path, f"it should hold {count} bytes, but {found}")
    return np.frombuffer(content, dtype=np.uint8).reshape(shape)


def _corrupt(path: Path, why: str) -> KnownFailure:
    return KnownFailure("file-corrupt", path=str(path), why=why, field="dataset.path")
