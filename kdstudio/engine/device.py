"""Where the work is done: resolves what the experiment asks for into what this computer has."""

import os
from dataclasses import dataclass

import psutil
import torch

from kdstudio.spec import Compute
from kdstudio.spec.errors import KnownFailure


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A device made ready.

    Attributes:
        device: torch's.
        precision: of training: torch.float32 or torch.bfloat16 (autocast). Evaluation is always float32.
        threads: CPU threads.
        name: for people.
        fell_back: the precision was asked for, but the device has none.
    """

    device: torch.device
    precision: torch.dtype
    threads: int
    name: str
    fell_back: bool = False

    @property
    def key(self) -> str:
        """The name of the device's lock: cpu, cuda-0, mps."""
        return self.device.type if self.device.index is None else f"{self.device.type}-{self.device.index}"


def available() -> list[str]:
    """The devices that this computer has, the fastest first."""
    cuda = [f"cuda:{index}" for index in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    mps = ["mps"] if torch.backends.mps.is_available() else []
    return [*cuda, *mps, "cpu"]


def resolve(compute: Compute) -> torch.device:
    """The device that `compute` names.

    Raises:
        KnownFailure: it is not there.
    """
    here = available()
    wanted = {"auto": here[0], "cuda": "cuda:0"}.get(compute.device, compute.device)
    if wanted not in here:
        raise KnownFailure("device-missing", device=compute.device, available=", ".join(here))
    return torch.device(wanted)


def prepare(compute: Compute) -> Place:
    """Resolve `compute`, and set threads, determinism and what float32 means for this process.

    Raises:
        KnownFailure: the device is not there.
    """
    place = place_of(compute)
    torch.set_num_threads(place.threads)
    _set_determinism(compute.deterministic, place.device)
    # float32 means float32: GPUs since Ampere would otherwise round the inputs of convolutions to 10 bits (TF32).
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    return place


def place_of(compute: Compute) -> Place:
    """Resolve `compute`.

    Raises:
        KnownFailure: the device is not there.
    """
    device = resolve(compute)
    cores = psutil.cpu_count(logical=False) or os.cpu_count() or 1
    has_bfloat16 = device.type == "cpu" or (device.type == "cuda" and torch.cuda.is_bf16_supported())
    automatic = "bfloat16" if device.type == "cuda" and has_bfloat16 else "float32"
    wanted = automatic if compute.precision == "auto" else compute.precision
    used = wanted if has_bfloat16 else "float32"
    return Place(
        device=device,
        precision=torch.bfloat16 if used == "bfloat16" else torch.float32,
        threads=compute.threads if isinstance(compute.threads, int) else max(1, cores - 1),
        name=_name(device),
        fell_back=used != wanted,
    )


def _set_determinism(deterministic: bool, device: torch.device) -> None:
    if deterministic and device.type == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS is repeatable only with it
    torch.use_deterministic_algorithms(deterministic, warn_only=True)
    torch.backends.cudnn.benchmark = not deterministic


def _name(device: torch.device) -> str:
    if device.type == "cuda":
        return f"{torch.cuda.get_device_name(device)} ({device})"
    return {"cpu": "CPU", "mps": "Apple GPU"}.get(device.type, str(device))


def give_back(device: torch.device) -> None:
    """Return cached device memory."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
