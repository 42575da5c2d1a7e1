"""What a new experiment begins with: the spec's defaults, on the device and with the threads that the settings name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from kdstudio.gui.fields import kind_of
from kdstudio.runs.home import Home
from kdstudio.runs.settings import Settings, read_settings
from kdstudio.spec.titles import LONGEST_GIVEN


def blank(model: type[BaseModel], home: Home) -> dict[str, Any]:
    """A new experiment of `model`, as plain data. Settings that the spec does not accept count as auto."""
    return _made(model, compute(read_settings(home))) or _made(model, {}) or {}


def with_images(blank_values: Mapping[str, Any], dataset: Mapping[str, Any], held: Mapping[str, Any]) -> dict[str, Any]:
    """A new experiment with the images of a folder: every field at its default, called like the folder.

    Args:
        blank_values: a new experiment, plain data.
        dataset: kind and path of the images.
        held: what the form held before; what a person has chosen of the computer there (device, threads) is kept.
    """
    title = Path(str(dataset["path"])).name[:LONGEST_GIVEN]
    return {**blank_values, "title": title, "dataset": dict(dataset), "compute": held.get("compute", blank_values["compute"])}


def compute(settings: Settings) -> dict[str, Any]:
    """The fields of an experiment's `compute` that `settings` name."""
    return {"device": settings.device, "threads": settings.threads or "auto"}


def _made(model: type[BaseModel], wanted: dict[str, Any]) -> dict[str, Any] | None:
    try:
        return model.model_validate({"kind": kind_of(model), "compute": wanted}).model_dump(mode="json")
    except ValidationError:
        return None
