"""Arrays that a run has left for its readers, taken from an .npz file only as far as they are what a run writes.

numpy's own reader believes every header: a few kilobytes can claim gigabytes, or be no array at all. Here names, types and
sizes are known, and bounded, before anything is unpacked.
"""

import math
import re
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from kdstudio.runs.folder import RunFolder
from kdstudio.spec.regular_files import MIB, open_regular

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LARGEST = 1024 * MIB
"""Bytes of all arrays that are read from one file."""
LARGEST_IMAGES = 128 * MIB
LONGEST_NAME = 1000  # letters of a class
MOST_MEMBERS = 100
KINDS = "biufU"  # of numpy's types: truth values, numbers, text
HEADER = 10_000  # bytes of a member in which its header must end
ENDING = ".npy"
# All that reading such a file may raise.
UNREADABLE = (
    OSError, ValueError, KeyError, TypeError, IndexError, EOFError, NotImplementedError, RuntimeError, MemoryError,
    OverflowError, SyntaxError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


class Header(NamedTuple):
    """What an array is, before it is read."""

    shape: tuple[int, ...]
    dtype: "np.dtype[Any]"

    @property
    def size(self) -> int:
        """Bytes of the array."""
        return math.prod(self.shape) * self.dtype.itemsize


class ArrayFile:
    """The arrays of one .npz file. Use as a context.

    Args:
        path: the file.
        limit: bytes of all arrays that are read.

    Attributes:
        headers: of each array, by name.

    Raises:
        one of UNREADABLE: it is missing, no regular file, no such archive, or holds something that no run writes.
    """

    def __init__(self, path: Path, *, limit: int = LARGEST) -> None:
        self._raw = open_regular(path)
        self._left = limit
        try:
            self._archive = zipfile.ZipFile(self._raw)
            members = self._archive.infolist()
            if len(members) > MOST_MEMBERS:
                raise ValueError(f"{len(members)} members")
            self.headers: Mapping[str, Header] = {
                member.filename.removesuffix(ENDING): self._header(member)
                for member in members if member.filename.endswith(ENDING)
            }  # fmt: skip
        except BaseException:
            self._raw.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._archive.close()
        self._raw.close()

    def read(self, name: str) -> "NDArray[Any]":
        """The array called `name`.

        Raises:
            one of UNREADABLE: there is none, or it is torn, or with it more bytes than the limit would be read.
        """
        import numpy as np

        header = self.headers[name]
        self._left -= header.size
        if self._left < 0:
            raise ValueError("too large")
        with self._archive.open(f"{name}{ENDING}") as member:
            return np.lib.format.read_array(member, allow_pickle=False, max_header_size=HEADER)

    def _header(self, member: zipfile.ZipInfo) -> Header:
        import numpy as np

        with self._archive.open(member) as file:
            version = np.lib.format.read_magic(file)
            read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
            shape, _, dtype = read(file, max_header_size=HEADER)
            header = Header(shape=shape, dtype=dtype)
            if dtype.kind not in KINDS or any(length < 0 for length in shape):
                raise ValueError(f"{member.filename} holds {dtype}")
            if file.tell() + header.size != member.file_size:
                raise ValueError(f"{member.filename} is of another size than its header says")
        return header


def read_outputs(path: Path) -> "dict[str, NDArray[Any]]":
    """The arrays of test_outputs.npz, when they fit together: labels [n], classes [c], and logits by who: of every seed,
    "student_all" [seeds, n, c], where they are there; else of the first, "student" [n, c].

    Raises:
        one of UNREADABLE: they are not what a run writes.
    """
    import numpy as np

    with ArrayFile(path) as file:
        labels, classes = file.headers["labels"], file.headers["classes"]
        if labels.dtype.kind not in "iu" or len(labels.shape) != 1:
            raise ValueError("labels")
        if classes.dtype.kind != "U" or len(classes.shape) != 1 or classes.dtype.itemsize > 4 * LONGEST_NAME:
            raise ValueError("classes")
        arrays = {"labels": file.read("labels"), "classes": file.read("classes")}
        for name, header in file.headers.items():
            if header.dtype.kind != "f" or f"{name}_all" in file.headers:
                continue
            dimensions = 3 if name.endswith("_all") else 2
            if len(header.shape) != dimensions or header.shape[-2:] != (*labels.shape, *classes.shape):
                raise ValueError(f"{name} is {header.shape} for {labels.shape} labels of {classes.shape} classes")
            arrays[name] = file.read(name)
            if not np.isfinite(arrays[name]).all():
                raise ValueError(f"{name} holds NaN or infinity")
    return arrays


def read_images(path: Path) -> "NDArray[np.uint8]":
    """The thumbnails in an artefact, uint8 [n, h, w] or [n, h, w, 3].

    Raises:
        one of UNREADABLE: they are not what a run writes.
    """
    with ArrayFile(path, limit=LARGEST_IMAGES) as file:
        kind = file.headers["images"]
        grey, colour = len(kind.shape) == 3, len(kind.shape) == 4 and kind.shape[3] == 3
        if kind.dtype.str != "|u1" or not (grey or colour) or 0 in kind.shape:
            raise ValueError(f"images are {kind}")
        images: NDArray[np.uint8] = file.read("images")
    return images


_NAME = re.compile(r"[\w.-]+(/[\w.-]+)*", re.ASCII)


def artefact_path(folder: RunFolder, name: str) -> Path | None:
    """The file that an event calls `name`; None where that is no plain name, or leads out of the run."""
    if not _NAME.fullmatch(name) or ".." in name.split("/"):
        return None
    try:
        path = (folder.path / name).resolve()
        return path if path.is_relative_to(folder.path.resolve()) else None
    except (OSError, RuntimeError):  # links that lead in a circle
        return None


__all__ = ["ArrayFile", "Header", "LARGEST", "UNREADABLE", "artefact_path", "read_images", "read_outputs"]
