"""What a trained student says to a picture."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import TypeAdapter

from kdstudio.data.image_folder import picture
from kdstudio.models import build, put_weights, read_weights
from kdstudio.runs.folder import RunFolder
from kdstudio.spec.errors import KnownFailure
from kdstudio.spec.kinds import Model


def predict(folder: RunFolder, image: Path) -> list[tuple[str, float]]:
    """(class, probability) of the run's student for the picture at `image`, the likeliest first.

    Raises:
        KnownFailure: the run has no student, or the picture cannot be read.
    """
    weights = folder.student / "model.safetensors"
    if not weights.exists():
        raise KnownFailure("student-missing", run=folder.id)
    config = json.loads((folder.student / "config.json").read_text(encoding="utf-8"))
    spec: Any = TypeAdapter(Model).validate_python({"kind": config["model"], **config["arguments"]})
    channels, height, width = config["input"]
    module = build(spec, (channels, height, width), len(config["classes"]))
    put_weights(module, read_weights(weights, role="student"), path=weights, role="student")
    pixels = _pixels(image, channels, height, width)
    mean, deviation = (torch.tensor(config["normalisation"][name]).view(-1, 1, 1) for name in ("mean", "deviation"))
    with torch.inference_mode():
        logits = module.eval()(((torch.from_numpy(pixels).float() - mean) * (1.0 / deviation))[None])[0]
    chances = torch.softmax(logits.double(), dim=-1).tolist()
    return sorted(zip(config["classes"], chances, strict=True), key=lambda pair: -pair[1])


def _pixels(path: Path, channels: int, height: int, width: int) -> Any:
    if height == width:
        return picture(path, height, colour=channels == 3)
    square = torch.from_numpy(picture(path, max(height, width), colour=channels == 3)).float()[None]
    resized = torch.nn.functional.interpolate(square, size=(height, width), mode="area")[0]
    return resized.round().numpy().astype(np.uint8)
