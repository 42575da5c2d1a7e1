"""The state of training on disk: a new directory, then the pointer file. A crash at any instant leaves one of the two."""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from kdstudio.runs.files import read_json, write_json, write_whole
from kdstudio.spec.errors import KnownFailure

POINTER = "latest"


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """Where training is: `step` steps of (`stage`, `seed`) are done, `elapsed` seconds of its budget used.

    `best`: step, validation accuracy and negative log-likelihood of the best weights so far; `since_best`: evaluations
    since then. `evaluation_due`: training was interrupted within the evaluation that is due at `step`.
    """

    stage: str
    seed: int | None
    step: int
    elapsed: float = 0.0
    best_step: int = 0
    best_accuracy: float = -1.0
    best_nll: float = 0.0
    since_best: int = 0
    evaluation_due: bool = False


class Checkpoints:
    """The checkpoints of one run: the latest one is kept, and the results of stages that are done."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def position(self) -> Position | None:
        """Where the latest checkpoint is; None when there is none that can be read."""
        latest = self._latest()
        values = read_json(latest / "position.json") if latest is not None else None
        try:
            return Position(**values) if values is not None else None
        except TypeError:
            return None

    def save(
        self, position: Position, *, model: nn.Module, best: dict[str, Tensor], optimizer: torch.optim.Optimizer,
        objective: nn.Module | None = None,
    ) -> None:  # fmt: skip
        """Write a checkpoint, then point to it, then remove the one before.

        Raises:
            OSError: it cannot be written; the one before is still the latest.
        """
        old = self._latest()
        number = int(old.name) + 1 if old is not None else 1
        aside = self._folder / f".{number}.part"
        shutil.rmtree(aside, ignore_errors=True)
        shutil.rmtree(self._folder / str(number), ignore_errors=True)
        aside.mkdir(parents=True)
        try:
            save_file(_flat(model.state_dict()), aside / "model.safetensors", metadata={"format": "pt"})
            save_file(_flat(best), aside / "best.safetensors", metadata={"format": "pt"})
            own = _flat(objective.state_dict()) if objective is not None else {}
            save_file(own, aside / "objective.safetensors", metadata={"format": "pt"})
            tensors, rest = _packed(optimizer)
            save_file(tensors, aside / "optimizer.safetensors", metadata={"format": "pt"})
            save_file(_generators(), aside / "generators.safetensors", metadata={"format": "pt"})
            write_json(aside / "optimizer.json", rest)
            write_json(aside / "position.json", asdict(position))
            aside.rename(self._folder / str(number))
        except (OSError, SafetensorError):
            shutil.rmtree(aside, ignore_errors=True)
            raise
        write_whole(self._folder / POINTER, str(number))
        if old is not None:
            shutil.rmtree(old, ignore_errors=True)

    def restore(
        self, *, model: nn.Module, optimizer: torch.optim.Optimizer, objective: nn.Module | None = None
    ) -> dict[str, Tensor]:
        """Put the latest checkpoint into the modules, `optimizer` and the global generators; the best weights so far.

        Raises:
            KnownFailure: it is damaged.
        """
        latest = self._latest()
        assert latest is not None, "position() said that there is one"
        try:
            return _restored(latest, model, optimizer, objective)
        except (OSError, SafetensorError, ValueError, KeyError) as error:
            raise KnownFailure("file-corrupt", path=str(latest), why=str(error), field=None) from error

    def keep_result(self, stage: str, seed: int | None, weights: dict[str, Tensor], facts: dict[str, Any]) -> None:
        """Keep what a stage came to, until the run's end needs it."""
        place = self._result(stage, seed)
        if place.exists():
            return
        aside = place.with_name(f".{place.name}.part")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        save_file(_flat(weights), aside / "model.safetensors", metadata={"format": "pt"})
        write_json(aside / "facts.json", facts)
        aside.rename(place)

    def has_result(self, stage: str, seed: int | None) -> bool:
        """Whether what a stage came to is kept."""
        return self._result(stage, seed).exists()

    def result(self, stage: str, seed: int | None) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """What a stage came to; None when it is not done.

        Raises:
            KnownFailure: what was kept is damaged.
        """
        place = self._result(stage, seed)
        if not place.exists():
            return None
        try:
            facts = json.loads((place / "facts.json").read_text(encoding="utf-8"))
            return load_file(place / "model.safetensors"), facts
        except (OSError, SafetensorError, ValueError) as error:
            raise KnownFailure("file-corrupt", path=str(place), why=str(error), field=None) from error

    def _result(self, stage: str, seed: int | None) -> Path:
        return self._folder / "results" / (stage if seed is None else f"{stage}-{seed}")

    def _latest(self) -> Path | None:
        try:
            name = (self._folder / POINTER).read_text(encoding="utf-8").strip()
        except OSError:
            return None
        place = self._folder / name
        return place if name.isdigit() and place.is_dir() else None


def _restored(
    folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer, objective: nn.Module | None
) -> dict[str, Tensor]:
    model.load_state_dict(load_file(folder / "model.safetensors"))
    if objective is not None and objective.state_dict():
        objective.load_state_dict(load_file(folder / "objective.safetensors"))
    _unpack(optimizer, load_file(folder / "optimizer.safetensors"), json.loads((folder / "optimizer.json").read_text()))
    generators = load_file(folder / "generators.safetensors")
    torch.set_rng_state(generators["cpu"])
    if "cuda" in generators and torch.cuda.is_available():
        torch.cuda.set_rng_state(generators["cuda"])
    return load_file(folder / "best.safetensors")


def _flat(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}


def _generators() -> dict[str, Tensor]:
    states = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        states["cuda"] = torch.cuda.get_rng_state()
    return states


def _packed(optimizer: torch.optim.Optimizer) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """An optimiser's state as tensors and plain values: no pickle."""
    state = optimizer.state_dict()["state"]
    tensors, rest = {}, {}
    for number, entries in state.items():
        for name, value in entries.items():
            if isinstance(value, Tensor):
                tensors[f"{number}.{name}"] = value.detach().cpu().contiguous()
            else:
                rest[f"{number}.{name}"] = value
    return tensors, rest


def _unpack(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor], rest: dict[str, Any]) -> None:
    state: dict[int, dict[str, Any]] = {}
    for key, value in (tensors | rest).items():
        number, name = key.split(".", 1)
        state.setdefault(int(number), {})[name] = value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
