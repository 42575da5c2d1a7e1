"""Small IDX files for tests, written as the format's page describes it, from real digits."""

import gzip
import struct
from pathlib import Path

import numpy as np


def idx_bytes(array: "np.ndarray") -> bytes:
    """`array` (uint8) as the content of an IDX file."""
    assert array.dtype == np.uint8
    return struct.pack(f">HBB{array.ndim}I", 0, 0x08, array.ndim, *array.shape) + array.tobytes()


def write_idx(path: Path, array: "np.ndarray") -> None:
    """Write `array` to `path`, gzipped where the name says so."""
    content = idx_bytes(array)
    path.write_bytes(gzip.compress(content, 1) if path.suffix == ".gz" else content)


def write_digits(folder: Path, *, train: int, test: int) -> Path:
    """scikit-learn's digits at 28 x 28 pixels, as the four files of MNIST: `train` of them, the rest repeated to `test`."""
    from sklearn.datasets import load_digits

    raw = load_digits()
    small = np.rint(raw.images * (255 / 16)).astype(np.uint8)
    images = np.pad(np.kron(small, np.ones((1, 3, 3), np.uint8)), ((0, 0), (2, 2), (2, 2)))
    labels = raw.target.astype(np.uint8)
    rest = train + np.arange(test) % (len(labels) - train)
    for name, chosen in (("train", np.arange(train)), ("t10k", rest)):
        write_idx(folder / f"{name}-images-idx3-ubyte", images[chosen])
        write_idx(folder / f"{name}-labels-idx1-ubyte", labels[chosen])
    return folder
