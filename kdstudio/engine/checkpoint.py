"""The state of training on disk: a new directory, then the pointer file. A crash at any instant leaves one of the two.

Each stage and seed has checkpoints of its own, so that a stage that is trained again never touches another's.
"""

import json
import shutil
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from kdstudio.runs.files import read_json, write_json, write_whole
from kdstudio.runs.state import StageKey
from kdstudio.spec.errors import KnownFailure

POINTER = "latest"
RESULTS = "results"
Count = Annotated[int, msgspec.Meta(ge=0)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """Where training is: `step` steps of (`stage`, `seed`) are done, `elapsed` seconds of its budget used.

    `best`: step, validation accuracy and negative log-likelihood of the best weights so far; `since_best`: evaluations
    since then. `evaluation_due`: training was interrupted within the evaluation that is due at `step`.
    """

    stage: str
    seed: int | None
    step: Count
    elapsed: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    best_step: Count = 0
    best_accuracy: float = -1.0
    best_nll: float = 0.0
    since_best: Count = 0
    evaluation_due: bool = False


class Checkpoints:
    """The checkpoints of one run: the latest one of each stage at work, and the results of stages that are done.

    A stage's checkpoints are in `<stage>[-<seed>]/<number>`. Runs begun by earlier versions have one for all stages, in
    `<number>` beside the results: it is read as that of the stage that its position names.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def position(self, stage: str, seed: int | None) -> Position | None:
        """Where the latest checkpoint of a stage is; None when there is none that can be read."""
        found = self._find(stage, seed)
        return found[1] if found is not None else None

    def save(
        self, position: Position, *, model: nn.Module, best: dict[str, Tensor], optimizer: torch.optim.Optimizer,
        objective: nn.Module | None = None,
    ) -> None:  # fmt: skip
        """Write a checkpoint, then point to it, then remove the one before.

        Raises:
            OSError: it cannot be written; the one before is still the latest.
        """
        folder = self._folder / _name(position.stage, position.seed)
        found, latest = self._find(position.stage, position.seed), _latest(folder)
        number = int(latest.name) + 1 if latest is not None else 1
        aside = folder / f".{number}.part"
        shutil.rmtree(aside, ignore_errors=True)
        shutil.rmtree(folder / str(number), ignore_errors=True)
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
            aside.rename(folder / str(number))
        except (OSError, SafetensorError):
            shutil.rmtree(aside, ignore_errors=True)
            raise
        write_whole(folder / POINTER, str(number))
        if latest is not None:
            shutil.rmtree(latest, ignore_errors=True)
        if found is not None:  # the same one, or the one that an earlier version wrote
            shutil.rmtree(found[0], ignore_errors=True)

    def restore(
        self, position: Position, *, model: nn.Module, optimizer: torch.optim.Optimizer,
        objective: nn.Module | None = None,
    ) -> dict[str, Tensor]:  # fmt: skip
        """Put the checkpoint at `position` into the modules, `optimizer` and the global generators; the best weights so far.

        Raises:
            KnownFailure: it is damaged, or it is not the one at `position`.
        """
        found = self._find(position.stage, position.seed)
        if found is None or found[1] != position:
            place = found[0] if found is not None else self._folder / _name(position.stage, position.seed)
            about = f"it is not the checkpoint of step {position.step} of {_name(position.stage, position.seed)}"
            raise KnownFailure("file-corrupt", path=str(place), why=about, field=None)
        latest = found[0]
        try:
            return _restored(latest, model, optimizer, objective)
        except (OSError, SafetensorError, ValueError, KeyError) as error:
            raise KnownFailure("file-corrupt", path=str(latest), why=str(error), field=None) from error

    def discard(self, stage: str, seed: int | None) -> None:
        """Remove the checkpoints of a stage whose result is kept."""
        found = self._find(stage, seed)
        if found is not None:
            shutil.rmtree(found[0], ignore_errors=True)
        shutil.rmtree(self._folder / _name(stage, seed), ignore_errors=True)

    def discard_others(self, keep: Collection[StageKey]) -> None:
        """Remove the checkpoints of every stage that is not in `keep`: those of stages that are over, or begin anew."""
        names = {_name(*key) for key in keep} | {RESULTS}
        for path in _folders_in(self._folder):
            if path.name.isdigit():
                position = _position(path)
                stale = position is None or (position.stage, position.seed) not in keep
            else:
                stale = path.name not in names
            if stale:
                shutil.rmtree(path, ignore_errors=True)

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
        return self._folder / RESULTS / _name(stage, seed)

    def _find(self, stage: str, seed: int | None) -> tuple[Path, Position] | None:
        """The latest checkpoint of a stage and its position: its own, else the one that an earlier version wrote."""
        for folder in (self._folder / _name(stage, seed), self._folder):
            latest = _latest(folder)
            position = _position(latest) if latest is not None else None
            if latest is not None and position is not None and (position.stage, position.seed) == (stage, seed):
                return latest, position
        return None


def _name(stage: str, seed: int | None) -> str:
    return stage if seed is None else f"{stage}-{seed}"


def _latest(folder: Path) -> Path | None:
    """The checkpoint to which the pointer in `folder` points."""
    try:
        name = (folder / POINTER).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return None
    place = folder / name
    return place if name.isascii() and name.isdigit() and place.is_dir() else None


def _position(checkpoint: Path) -> Position | None:
    values = read_json(checkpoint / "position.json")
    try:
        return msgspec.convert(values, Position)
    except msgspec.ValidationError:
        return None


def _folders_in(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()]
    except OSError:
        return []


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
