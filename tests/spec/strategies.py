"""Random experiments, made from the specs' own descriptions: a kind that joins a union is covered too."""

import math
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from kdstudio.spec import (
    Compute,
    DatasetSpec,
    Every,
    Experiment,
    ExperimentSpec,
    Mlp,
    ModelSpec,
    Spec,
    Training,
)
from kdstudio.spec.training import BUDGETS

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\t\n\x85\u2028 #:'\"\\"), max_size=20)
NAME = st.text("abcxyz019-_. äß数", min_size=1, max_size=8).filter(lambda name: name.strip(". ") == name != "")
PATHS = st.lists(NAME, min_size=1, max_size=3).map(lambda parts: Path(*parts)) | st.lists(NAME, max_size=3).map(
    lambda parts: Path("/", *parts)
)
WEIGHTS = st.just("train") | st.from_regex(r"run:[a-z0-9]{1,8}", fullmatch=True) | PATHS.map(str)
# What a field's type and bounds do not say, because a validator says it.
OVERRIDES: dict[tuple[type, str], st.SearchStrategy[Any]] = {
    (DatasetSpec, "validation"): st.floats(0.01, 0.49),
    (DatasetSpec, "test"): st.floats(0.01, 0.49),
    (DatasetSpec, "hidden_classes"): st.lists(st.integers(0, 20), unique=True, max_size=4).map(tuple),
    (ExperimentSpec, "seeds"): st.lists(st.integers(0, 2**31 - 1), unique=True, min_size=1, max_size=5).map(tuple),
    (ExperimentSpec, "title"): TEXT,
    (ModelSpec, "weights"): WEIGHTS,
    (Mlp, "hidden"): st.lists(st.integers(1, 65_536), max_size=4).map(tuple),
    (Compute, "threads"): st.just("auto") | st.integers(1, 1024),
}


def specs(kind: type[Spec]) -> st.SearchStrategy[Any]:
    """Any spec of this class, some fields left to their defaults."""
    if kind is Every:
        return (
            st.builds(Every, steps=st.integers(1)) | st.builds(Every, seconds=st.floats(0.001, 1e9)) | st.just(Every())
        )
    required, free = {}, {}
    for name, field in kind.model_fields.items():
        if issubclass(kind, Training) and name in BUDGETS:
            continue
        found = [OVERRIDES[base, name] for base in kind.__mro__ if (base, name) in OVERRIDES]
        strategy = found[0] if found else of_field(field)
        (required if field.is_required() else free)[name] = strategy
    fields = st.fixed_dictionaries(required, optional=free)
    if issubclass(kind, Training):
        fields = st.tuples(fields, st.sampled_from(BUDGETS).flatmap(_budget)).map(lambda both: {**both[0], **both[1]})
    return fields.map(lambda values: kind(**values))


def _budget(name: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={name: of_field(Training.model_fields[name])})


def of_field(field: FieldInfo) -> st.SearchStrategy[Any]:
    bounds: dict[str, Any] = {}
    for meta in field.metadata:
        for mark, name in ((annotated_types.Ge, "ge"), (annotated_types.Gt, "gt"), (annotated_types.Le, "le"),
                           (annotated_types.Lt, "lt")):  # fmt: skip
            if isinstance(meta, mark):
                bounds[name] = getattr(meta, name)
        if getattr(meta, "pattern", None):
            return st.from_regex(str(meta.pattern), fullmatch=True).filter(lambda text: text.isascii())
    return of_type(field.annotation, bounds)


def of_type(annotation: Any, bounds: dict[str, Any]) -> st.SearchStrategy[Any]:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return st.sampled_from(inner)
    if origin in (Union, UnionType):
        return st.one_of([of_type(each, bounds) for each in inner])
    if origin is Annotated:
        return of_type(inner[0], bounds)
    if annotation is type(None):
        return st.none()
    if annotation is bool:
        return st.booleans()
    if annotation is int:
        low = bounds.get("ge", bounds.get("gt", -2) + 1 if "gt" in bounds else None)
        high = bounds.get("le", bounds["lt"] - 1 if "lt" in bounds else None)
        return st.integers(low, high)
    if annotation is float:
        low, high = bounds.get("ge", bounds.get("gt")), bounds.get("le", bounds.get("lt"))
        return st.floats(
            low,
            high,
            exclude_min="gt" in bounds,
            exclude_max="lt" in bounds,
            allow_nan=False,
            allow_infinity=False,
        )
    if annotation is str:
        return TEXT
    if annotation is Path:
        return PATHS
    if isinstance(annotation, type) and issubclass(annotation, Spec):
        return specs(annotation)
    raise NotImplementedError(f"tests/spec/strategies.py must learn to make {annotation}")


EXPERIMENTS = specs(Experiment)


def is_valid(values: dict[str, Any]) -> bool:
    try:
        Experiment.model_validate(values)
    except ValidationError:
        return False
    return True


def plain(value: Any) -> bool:
    """Whether `value` is made of what JSON has, with finite numbers."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and plain(each) for key, each in value.items())
    if isinstance(value, list):
        return all(map(plain, value))
    return math.isfinite(value) if isinstance(value, float) else isinstance(value, str | bool | int | None)
