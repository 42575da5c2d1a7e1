"""What a failure names by its path in the experiment, as the form calls it: "Training, Learning rate"."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import BaseModel

from kdstudio.gui.fields import rows_of
from kdstudio.spec import EXPERIMENTS, row_path

if TYPE_CHECKING:
    from kdstudio.runs.failures import Words


def field_words(path: str) -> str:
    """The titles of the field at `path` and of what it is part of; `path` itself where the form has no such field."""
    said: list[str] = []
    models: Sequence[type[BaseModel]] = EXPERIMENTS
    for name in row_path(path).split("."):
        field = next((field for model in models for field in rows_of(model) if field.name == name), None)
        if field is None:
            return path
        said.append(field.title)
        models = field.models
    return ", ".join(said)


def as_in_the_form(words: "Words") -> "Words":
    """`words` with titles where they name their field by its path, which is what a terminal needs."""
    path = words.field or ""
    if "." not in path:  # a word such as "dataset" means the thing itself
        return words
    named = re.compile(rf"(?<![\w./\\]){re.escape(path)}(?![\w/\\]|\.\w)")
    cause, remedy = (named.sub(lambda _: field_words(path), text) for text in (words.cause, words.remedy))
    return replace(words, cause=cause, remedy=remedy)


__all__ = ["as_in_the_form", "field_words"]
