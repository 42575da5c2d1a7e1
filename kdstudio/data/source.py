"""Images as they come from a source, before anybody shares them out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import singledispatch
from typing import TYPE_CHECKING

import numpy as np

from kdstudio.spec import DatasetSpec

if TYPE_CHECKING:
    from numpy.typing import NDArray

TRAIN, VALIDATION, TEST = 0, 1, 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Labelled images.

    Attributes:
        images: uint8 [n, channels, height, width].
        labels: int64 [n], from 0 to len(classes) - 1.
        classes: their names.
        parts: int8 [n], TRAIN, VALIDATION or TEST where the data has parts of its own; None where it has none.
        left_out: files of the data that cannot be read, relative to its folder: they are in none of the above.
        left_out_because: why, of each.
    """

    images: "NDArray[np.uint8]"
    labels: "NDArray[np.int64]"
    classes: tuple[str, ...]
    parts: "NDArray[np.int8] | None" = None
    left_out: tuple[str, ...] = ()
    left_out_because: tuple[str, ...] = ()


_check: ContextVar[Callable[[], None]] = ContextVar("check", default=lambda: None)


@contextmanager
def interruptible(check: Callable[[], None]) -> Iterator[None]:
    """While the block runs, readers call `check` now and then; what it raises ends their work."""
    token = _check.set(check)
    try:
        yield
    finally:
        _check.reset(token)


def check_interrupt() -> None:
    """For readers, between files: raises when nobody waits for the data any more."""
    _check.get()()


@singledispatch
def read(spec: DatasetSpec) -> Source:
    """The images that `spec` names. A reader that takes long calls `check_interrupt` now and then.

    Raises:
        KnownFailure: a file is missing or damaged.
    """
    raise TypeError(f"no reader is registered for {type(spec).__name__}")
