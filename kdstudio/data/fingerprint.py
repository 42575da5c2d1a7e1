"""Short names for content: equal content, equal name."""

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kdstudio.spec.regular_files import open_regular

if TYPE_CHECKING:
    from numpy.typing import NDArray


def of_values(*values: Any) -> str:
    """The fingerprint of plain JSON values."""
    return _name(hashlib.sha256(json.dumps(values, sort_keys=True).encode()))


def of_arrays(*arrays: "NDArray[np.generic]") -> str:
    """The fingerprint of arrays: their types, shapes and bytes."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).view(np.uint8).data if array.size else b"")
    return _name(digest)


def of_file(path: Path) -> str:
    """The fingerprint of a file's bytes.

    Raises:
        OSError: it cannot be read.
    """
    with open_regular(path) as file:
        return _name(hashlib.file_digest(file, "sha256"))


def _name(digest: "hashlib._Hash") -> str:
    return digest.hexdigest()[:20]
