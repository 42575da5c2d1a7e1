"""What an experiment is called that nobody gave a title: a name made from what it is, the same words in window and file."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from kdstudio.spec.base import KindSpec
from kdstudio.spec.experiment import ExperimentSpec
from kdstudio.spec.kinds import Dataset, Method, Model

LONGEST = 60  # letters of a title that is made up
LONGEST_GIVEN = 200  # letters of one that is given

Asked = TypeVar("Asked", bound=ExperimentSpec)
_PARTS: dict[str, TypeAdapter[Any]] = {
    "dataset": TypeAdapter(Dataset), "teacher": TypeAdapter(Model), "student": TypeAdapter(Model), "method": TypeAdapter(Method),
}  # fmt: skip


def title_of(experiment: ExperimentSpec) -> str:
    """The title that `experiment` was given, else the one made up for it."""
    return experiment.title or made_up(vars(experiment))


def titled(experiment: Asked) -> Asked:
    """`experiment` with a title, as it is written into a run."""
    return experiment if experiment.title else experiment.model_copy(update={"title": title_of(experiment)})


def untitled(experiment: Asked) -> Asked:
    """`experiment` without its title where that is the one made up for it: it will follow what is changed."""
    made = experiment.title == made_up(vars(experiment))
    return experiment.model_copy(update={"title": ""}) if made else experiment


def copy_of(experiment: Asked, run: str) -> Asked:
    """A new experiment made from that of the run with the id `run`: that run is its parent, and it is told apart from it by
    a number in its title; a title that was made up for it follows what is changed instead."""
    named = untitled(experiment)
    return named.model_copy(update={"title": next_title(named.title), "parent": run})


def next_title(title: str) -> str:
    """The title of another one of what is called `title`: "Digits" is followed by "Digits (2)"; none stays none."""
    found = re.fullmatch(r"(.*) \((\d{1,6})\)", title, re.DOTALL)
    stem, number = (found[1], int(found[2]) + 1) if found else (title, 2)
    ending = f" ({number})"
    return f"{stem[: LONGEST_GIVEN - len(ending)]}{ending}" if title else ""


def made_up(values: Mapping[str, Any], base: Path | None = None) -> str:
    """A title for an experiment: "digits: cnn-32 to mlp-64-32, soft targets, 5 % labelled".

    Args:
        values: its fields, also as a form holds them; of a part that is wrong the kind alone is named.
        base: the folder that relative paths are relative to.
    """
    parts = {name: _part(name, values.get(name), base) for name in _PARTS}
    said = {name: brief for name, (brief, _) in parts.items()}
    taught = said["student"] if said["method"] == "labels only" else f"{said['teacher']} to {said['student']}"
    title = f"{said['dataset']}: {taught}, {said['method']}"
    for remark in (each for _, remarks in parts.values() for each in remarks):
        longer = f"{title}, {remark}"
        title = longer if len(longer) <= LONGEST else title
    return title if len(title) <= LONGEST else f"{title[: LONGEST - 3].rstrip()}..."


def _part(name: str, value: Any, base: Path | None) -> tuple[str, tuple[str, ...]]:
    try:
        part: KindSpec = _PARTS[name].validate_python(value, context={"base": base})
    except ValidationError:
        return str(value.get("kind", name) if isinstance(value, Mapping) else name), ()
    return part.brief, part.remarks


__all__ = ["LONGEST", "LONGEST_GIVEN", "copy_of", "made_up", "next_title", "title_of", "titled", "untitled"]
