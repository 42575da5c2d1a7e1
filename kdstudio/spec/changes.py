"""Changing single fields of an experiment by their paths, "training.epochs": `--set`, the form and suggestions all do it."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from pydantic import BaseModel

from kdstudio.spec.base import OneOf, Spec, models_in
from kdstudio.spec.experiment import EXPERIMENTS


def changed(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of `values` (plain data) with other values at some paths.

    Args:
        changes: by path. Of fields that exclude one another (epochs, steps and minutes) the one that is given clears the
            others.

    Raises:
        ValueError: a path leads through something that holds no fields.
    """
    copy = deepcopy(dict(values))
    for path, value in changes.items():
        set_field(copy, path.split("."), value)
    return copy


def set_field(values: dict[str, Any], keys: Sequence[str], value: Any) -> None:
    """Set one field within `values` and clear those that it excludes. Inner mappings are replaced, not changed in place:
    an alias elsewhere in a YAML file keeps what it has.

    Raises:
        ValueError: what is named above the field holds a value, not fields; carries its name.
    """
    here = values
    for key in keys[:-1]:
        deeper = here.get(key, {})
        if not isinstance(deeper, Mapping):
            raise ValueError(key)
        here[key] = dict(deeper)
        here = here[key]
    here[keys[-1]] = value
    for rival in rivals(".".join(keys)) if value is not None else ():
        here.pop(rival.rpartition(".")[2], None)


def rivals(path: str) -> tuple[str, ...]:
    """The paths of the fields that have no value while the one at `path` has one."""
    above, _, name = path.rpartition(".")
    group = group_of(path)
    return tuple(f"{above}.{other}".strip(".") for other in group.fields if other != name) if group is not None else ()


def row_path(path: str) -> str:
    """The path of the form's row that shows the field at `path`: its own, or that of the group that it belongs to."""
    group = group_of(path)
    return f"{path.rpartition('.')[0]}.{group.name}".strip(".") if group is not None else path


def group_of(path: str) -> OneOf | None:
    """The group of fields that the one at `path` belongs to."""
    above, _, name = path.rpartition(".")
    groups = (group for model in _models_at(above) if issubclass(model, Spec) for group in model.one_of)
    return next((group for group in groups if name in group.fields), None)


def _models_at(path: str) -> Sequence[type[BaseModel]]:
    models: Sequence[type[BaseModel]] = EXPERIMENTS
    for name in filter(None, path.split(".")):
        models = list(_inside(models, name))
    return models


def _inside(models: Sequence[type[BaseModel]], name: str) -> Iterator[type[BaseModel]]:
    for model in models:
        if name in model.model_fields:
            yield from models_in(model.model_fields[name].annotation)


__all__ = ["changed", "group_of", "rivals", "row_path", "set_field"]
