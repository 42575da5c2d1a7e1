"""What a trained student says to a picture."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import TypeAdapter, ValidationError

from kdstudio.data.image_folder import picture
from kdstudio.models import build, put_weights, read_weights
from kdstudio.runs.files import read_json
from kdstudio.runs.folder import RunFolder
from kdstudio.spec.errors import KnownFailure
from kdstudio.spec.kinds import Model

LARGEST = 4096  # pixels of a side
FIELD = "IMAGE"  # as the command line calls it


def predict(folder: RunFolder, image: Path) -> list[tuple[str, float]]:
    """(class, probability) of the run's student for the picture at `image`, the likeliest first.

    Raises:
        KnownFailure: the run has no student, its student is damaged, or the picture cannot be read.
    """
    weights = folder.student / "model.safetensors"
    if not weights.exists():
        raise KnownFailure("student-missing", run=folder.id)
    file = folder.student / "config.json"
    try:
        spec, (channels, height, width), classes, normalisation = _read_config(read_json(file) or {})
    except (ValidationError, ValueError, KeyError, TypeError, AttributeError):
        raise KnownFailure("file-corrupt", path=str(file), why="it does not describe a student", field="RUN") from None
    module = build(spec, (channels, height, width), len(classes))
    put_weights(module, read_weights(weights, role="student"), path=weights, role="student")
    pixels = _pixels(image, channels, height, width)
    mean, deviation = (torch.tensor(values).view(-1, 1, 1) for values in normalisation)
    with torch.inference_mode():
        logits = module.eval()(((torch.from_numpy(pixels).float() - mean) * (1.0 / deviation))[None])[0]
    probabilities = torch.softmax(logits.double(), dim=-1).tolist()
    return sorted(zip(classes, probabilities, strict=True), key=lambda pair: -pair[1])


def _read_config(config: dict[str, Any]) -> tuple[Any, tuple[int, int, int], list[str], list[list[float]]]:
    """The model, the size of its input, the classes' names, and mean and deviation of each channel.

    Raises:
        ValueError, KeyError, TypeError: something is missing, or not what it should be.
    """
    spec = TypeAdapter(Model).validate_python({"kind": config["model"], **config["arguments"]})
    channels, height, width = config["input"]
    classes = [name for name in config["classes"] if isinstance(name, str)]
    normalisation = [list(config["normalisation"][name]) for name in ("mean", "deviation")]
    whole = all(type(number) is int for number in (channels, height, width))
    if not (whole and channels in (1, 3) and 1 <= height <= LARGEST and 1 <= width <= LARGEST):
        raise ValueError("input")
    if len(classes) < 2 or len(classes) != len(config["classes"]):
        raise ValueError("classes")
    for values in normalisation:
        if len(values) != channels or not all(type(one) in (int, float) and math.isfinite(one) for one in values):
            raise ValueError("normalisation")
    if not all(one > 0 for one in normalisation[1]):
        raise ValueError("deviation")
    return spec, (channels, height, width), classes, normalisation


def _pixels(path: Path, channels: int, height: int, width: int) -> Any:
    if height == width:
        return picture(path, height, colour=channels == 3, field=FIELD)
    square = torch.from_numpy(picture(path, max(height, width), colour=channels == 3, field=FIELD)).float()[None]
    resized = torch.nn.functional.interpolate(square, size=(height, width), mode="area")[0]
    return resized.round().numpy().astype(np.uint8)
