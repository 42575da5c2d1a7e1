"""Weights from files: safetensors only, and only what fits."""

import zipfile
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from kdstudio.spec.errors import KnownFailure


def read_weights(path: Path, *, role: str) -> dict[str, Tensor]:
    """The tensors in the safetensors file at `path`.

    Args:
        path: the file.
        role: "teacher" or "student": whose `weights` named it.

    Raises:
        KnownFailure: it is missing, damaged, or a pickled checkpoint, which could run any program.
    """
    if not path.is_file():
        raise KnownFailure("file-missing", path=str(path), field=f"{role}.weights")
    if _pickled(path):
        raise KnownFailure("weights-pickled", path=str(path), role=role)
    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise KnownFailure("file-corrupt", path=str(path), why=str(error), field=f"{role}.weights") from None


def _pickled(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(2)
    return zipfile.is_zipfile(path) or start[:1] == b"\x80" or path.suffix in (".pt", ".pth", ".pkl", ".ckpt")


def put_weights(module: nn.Module, weights: dict[str, Tensor], *, path: Path, role: str) -> None:
    """Load `weights` into `module`.

    Raises:
        KnownFailure: they are those of another network; both are named.
    """
    own = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    given = {name: tuple(value.shape) for name, value in weights.items()}
    if own != given:
        raise KnownFailure(
            "weights-mismatch", path=str(path), role=role, found=_outline(given, own), needed=_outline(own, given)
        )
    module.load_state_dict(weights)


def _outline(shapes: dict[str, tuple[int, ...]], other: dict[str, tuple[int, ...]]) -> str:
    """The first tensors in which two sets of weights differ."""
    odd = [name for name in shapes if shapes[name] != other.get(name)][:3]
    named = ", ".join(f"{name} {'x'.join(map(str, shapes[name])) or 'scalar'}" for name in odd)
    return f"{len(shapes)} tensors ({named or 'all of which the other has too'})"
