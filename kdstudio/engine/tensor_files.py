"""Tensors in files that the program itself wrote, read so that damage and a disk that does not answer are told apart.

What is damaged can be thrown away and made again; what cannot be read just now must stay as it is.
"""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor, nn

from kdstudio.spec.errors import KnownFailure

WAITS = (0.1, 0.4)  # seconds between attempts to read a file that gives an error
Result = TypeVar("Result")


class Damaged(ValueError):
    """A file is not what was written there: missing, torn, or of another shape."""


def read_patiently(read: Callable[[], Result], path: Path) -> Result:
    """What `read` gives; an error of the system may pass, so it is tried again.

    Raises:
        Damaged: a file is missing, or is no file.
        KnownFailure: it cannot be read now; names the file.
    """
    for wait in (*WAITS, None):
        try:
            return read()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise Damaged(f"{path.name} is missing") from error
        except OSError as error:
            if wait is None:
                why = error.strerror or str(error)
                raise KnownFailure("file-unreadable", path=str(error.filename or path), why=why) from error
            time.sleep(wait)
    raise AssertionError("the last attempt returns or raises")


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors in a safetensors file, on the CPU.

    Raises:
        Damaged, KnownFailure: see `read_patiently`.
    """
    content = read_patiently(path.read_bytes, path)
    try:
        return safetensors.torch.load(content)
    except (SafetensorError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise Damaged(f"{path.name}: {error}") from error


def read_facts(path: Path) -> dict[str, Any]:
    """The JSON object in a file.

    Raises:
        Damaged, KnownFailure: see `read_patiently`.
    """
    content = read_patiently(path.read_bytes, path)
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Damaged(f"{path.name} is no JSON") from error
    if not isinstance(value, dict):
        raise Damaged(f"{path.name} holds no JSON object")
    return value


def check_fit(tensors: Mapping[str, Tensor], module: nn.Module, path: Path) -> None:
    """Raises Damaged unless `tensors`, read from `path`, are the state of a network like `module`."""
    own = {name: (tuple(value.shape), value.dtype) for name, value in module.state_dict().items()}
    given = {name: (tuple(value.shape), value.dtype) for name, value in tensors.items()}
    if own == given:
        return
    name = min(name for name in own.keys() | given.keys() if own.get(name) != given.get(name))
    raise Damaged(f"{path.name} does not fit the network: {name} is {_outline(given, name)}, not {_outline(own, name)}")


def _outline(state: dict[str, tuple[tuple[int, ...], Any]], name: str) -> str:
    if name not in state:
        return "missing"
    shape, kind = state[name]
    return f"{'x'.join(map(str, shape)) or 'a scalar'} of {str(kind).removeprefix('torch.')}"
