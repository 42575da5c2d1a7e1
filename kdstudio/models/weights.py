"""Weights from files: safetensors only, and only what fits."""

import zipfile
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from kdstudio.spec.errors import KnownFailure
from kdstudio.spec.regular_files import open_regular


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
    with open_regular(path) as file:
        start = file.read(2)
    return zipfile.is_zipfile(path) or start[:1] == b"\x80" or path.suffix in (".pt", ".pth", ".pkl", ".ckpt")


def put_weights(module: nn.Module, weights: dict[str, Tensor], *, path: Path, role: str) -> None:
    """Load `weights` into `module`.

    Raises:
        KnownFailure: they are those of another network, both are named; of numbers with too few bits; or no numbers.
    """
    own = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    given = {name: tuple(value.shape) for name, value in weights.items()}
    if own != given:
        raise KnownFailure(
            "weights-mismatch", path=str(path), role=role, found=_outline(given, own), needed=_outline(own, given)
        )
    for name, value in module.state_dict().items():
        why = _unfit(weights[name], value.dtype)
        if why:
            raise KnownFailure("file-corrupt", path=str(path), why=f"{name} {why}", field=f"{role}.weights")
    module.load_state_dict(weights)


def _unfit(given: Tensor, wanted: torch.dtype) -> str:
    """Why `given` cannot stand for numbers of the type `wanted`; "" when it can."""
    kind = str(given.dtype).removeprefix("torch.")
    if not wanted.is_floating_point:
        return "" if given.dtype == wanted else f"holds {kind}, not {str(wanted).removeprefix('torch.')}"
    if not given.is_floating_point() or given.element_size() < 2:
        return f"holds {kind}; weights are floating-point numbers of 16 bits or more"
    return "" if bool(torch.isfinite(given.to(wanted)).all()) else "holds NaN or infinity"


def _outline(shapes: dict[str, tuple[int, ...]], other: dict[str, tuple[int, ...]]) -> str:
    """The first tensors in which two sets of weights differ."""
    odd = [name for name in shapes if shapes[name] != other.get(name)][:3]
    named = ", ".join(f"{name} {'x'.join(map(str, shapes[name])) or 'scalar'}" for name in odd)
    return f"{len(shapes)} tensors ({named or 'all of which the other has too'})"
