"""The state of training on disk: a new directory, then the pointer file. A crash at any instant leaves one of the two.

Each stage and seed has checkpoints of its own, so that a stage that is trained again never touches another's.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from kdstudio.engine.tensor_files import Damaged, check_fit, read_facts, read_tensors
from kdstudio.runs.files import read_json, remove, write_folder, write_json, write_whole
from kdstudio.runs.state import StageKey
from kdstudio.spec.errors import KnownFailure
from kdstudio.spec.regular_files import KIB, read_text

POINTER = "latest"
RESULTS = "results"
MODEL, BEST, OBJECTIVE = "model.safetensors", "best.safetensors", "objective.safetensors"
OPTIMIZER, PLAIN, GENERATORS = "optimizer.safetensors", "optimizer.json", "generators.safetensors"
PLACE, FACTS = "position.json", "facts.json"
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
        device = next((parameter.device for parameter in model.parameters()), torch.device("cpu"))
        with write_folder(folder / str(number)) as aside:
            save_file(_flat(model.state_dict()), aside / MODEL, metadata={"format": "pt"})
            save_file(_flat(best), aside / BEST, metadata={"format": "pt"})
            own = objective.state_dict() if objective is not None else {}
            if own:
                save_file(_flat(own), aside / OBJECTIVE, metadata={"format": "pt"})
            tensors, rest = _packed(optimizer)
            save_file(tensors, aside / OPTIMIZER, metadata={"format": "pt"})
            save_file(_generators(device), aside / GENERATORS, metadata={"format": "pt"})
            write_json(aside / PLAIN, rest)
            write_json(aside / PLACE, asdict(position))
        write_whole(folder / POINTER, str(number), durable=True)
        if latest is not None:
            remove(latest)
        if found is not None:  # the same one, or the one that an earlier version wrote
            remove(found[0])

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
        try:
            return _restored(found[0], model, optimizer, objective)
        except Damaged as error:
            raise KnownFailure("file-corrupt", path=str(found[0]), why=str(error), field=None) from error

    def discard(self, stage: str, seed: int | None) -> None:
        """Remove the checkpoints of a stage whose result is kept."""
        found = self._find(stage, seed)
        if found is not None:
            remove(found[0])
        remove(self._folder / _name(stage, seed))

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
                remove(path)

    def keep_result(self, stage: str, seed: int | None, weights: dict[str, Tensor], facts: dict[str, Any]) -> None:
        """Keep what a stage came to, until the run's end needs it."""
        place = self._result(stage, seed)
        if place.exists():
            return
        with write_folder(place) as aside:
            save_file(_flat(weights), aside / MODEL, metadata={"format": "pt"})
            write_json(aside / FACTS, facts)

    def has_result(self, stage: str, seed: int | None) -> bool:
        """Whether what a stage came to is kept."""
        return self._result(stage, seed).exists()

    def result(
        self, stage: str, seed: int | None, *, fits: nn.Module | None = None
    ) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """What a stage came to; None when it is not done.

        Args:
            fits: a network that the weights must fit.

        Raises:
            KnownFailure: what was kept is damaged.
        """
        place = self._result(stage, seed)
        if not place.exists():
            return None
        try:
            weights, facts = read_tensors(place / MODEL), read_facts(place / FACTS)
            if fits is not None:
                check_fit(weights, fits, place / MODEL)
            if type(facts.get("best_step")) is not int:
                raise Damaged(f"{FACTS} names no best step")
            return weights, facts
        except Damaged as error:
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
        name = read_text(folder / POINTER, limit=KIB).strip()
    except (OSError, ValueError):
        return None
    place = folder / name
    return place if name.isascii() and name.isdigit() and place.is_dir() else None


def _position(checkpoint: Path) -> Position | None:
    values = read_json(checkpoint / PLACE)
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
    """Put the checkpoint in `folder` in place, after all of it was read and found whole.

    Raises:
        Damaged: some of it is not what was written.
    """
    weights, best, generators = (read_tensors(folder / name) for name in (MODEL, BEST, GENERATORS))
    check_fit(weights, model, folder / MODEL)
    check_fit(best, model, folder / BEST)
    own = read_tensors(folder / OBJECTIVE) if objective is not None and objective.state_dict() else None
    if objective is not None and own is not None:
        check_fit(own, objective, folder / OBJECTIVE)
    state = _state(optimizer, read_tensors(folder / OPTIMIZER), read_facts(folder / PLAIN))
    here = _generators(next((parameter.device for parameter in model.parameters()), torch.device("cpu")))
    for name, value in generators.items():
        if name in here and (value.dtype, value.shape) != (here[name].dtype, here[name].shape):
            raise Damaged(f"{GENERATORS}: {name} is no state of a generator")
    if "cpu" not in generators:
        raise Damaged(f"{GENERATORS}: cpu is missing")

    model.load_state_dict(weights)
    if objective is not None and own is not None:
        objective.load_state_dict(own)
    _put_state(optimizer, state)
    _set_generators({name: value for name, value in generators.items() if name in here}, model)
    return best


def _flat(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}


def _generators(device: torch.device) -> dict[str, Tensor]:
    """The states of the generators that training on `device` draws from, by the type of device."""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    elif device.type == "mps":
        states["mps"] = torch.mps.get_rng_state()
    return states


def _set_generators(states: dict[str, Tensor], model: nn.Module) -> None:
    torch.set_rng_state(states["cpu"])
    if "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], next(model.parameters()).device)
    if "mps" in states:
        torch.mps.set_rng_state(states["mps"])


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


def _state(
    optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor], rest: dict[str, Any]
) -> dict[int, dict[str, Any]]:
    """The state that `_packed` took apart.

    Raises:
        Damaged: it is not one of this optimiser's parameters.
    """
    parameters = _parameters(optimizer)
    state: dict[int, dict[str, Any]] = {}
    for key, value in (tensors | rest).items():
        number, _, name = key.partition(".")
        if not (name and number.isascii() and number.isdigit() and int(number) < len(parameters)):
            raise Damaged(f"the optimiser has no {key}")
        fitting = (parameters[int(number)].shape, torch.Size([]))
        if value.shape not in fitting if isinstance(value, Tensor) else not isinstance(value, _PLAIN_TYPES):
            raise Damaged(f"the optimiser's {key} does not fit its parameter")
        state.setdefault(int(number), {})[name] = value
    if len({frozenset(entries) for entries in state.values()}) > 1:
        raise Damaged("some of the optimiser's state is missing")
    return state


_PLAIN_TYPES = (int, float, str, type(None))


def _put_state(optimizer: torch.optim.Optimizer, state: dict[int, dict[str, Any]]) -> None:
    """Give `optimizer` a state that was read, each tensor laid out in memory as its parameter is: fused optimisers compute
    other bits where the two differ, as they would for a network in the channels-last format."""
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    for parameter in _parameters(optimizer):
        entries = optimizer.state.get(parameter, {})
        for name, value in entries.items():
            if isinstance(value, Tensor) and value.shape == parameter.shape:
                entries[name] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)


def _parameters(optimizer: torch.optim.Optimizer) -> list[nn.Parameter]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]
