"""Looking at an experiment before it runs: its data is loaded and its networks are costed, nothing is trained."""

from typing import Any

import torch

from kdstudio.data import load
from kdstudio.engine.device import prepare
from kdstudio.engine.given_weights import give_weights
from kdstudio.engine.preview import warnings_of
from kdstudio.models import built, cost
from kdstudio.runs.home import Home
from kdstudio.spec import Classification, title_of
from kdstudio.spec.models import TRAIN


def check(experiment: Classification, home: Home) -> dict[str, Any]:
    """What the run would work on: parts, classes, networks, device, and the warnings of the preview. Plain JSON values.

    Raises:
        KnownFailure: data or weights are missing or damaged, or the device is not there.
    """
    place = prepare(experiment.compute)
    images = load(experiment.dataset)
    counts = torch.bincount(images.train.labels, minlength=len(images.classes)).tolist()
    networks = {}
    for role in ("teacher", "student"):
        spec = getattr(experiment, role)
        costs = cost(spec, images.input, len(images.classes))
        networks[role] = {"kind": spec.kind, "parameters": costs.parameters, "macs": costs.macs, "bytes": costs.bytes}
        if spec.weights != TRAIN:
            module = built(spec, images.input, len(images.classes), seed=0)
            give_weights(module, spec, images, home, role=role)
    return {
        "title": title_of(experiment),
        "device": place.name,
        "images": {name: len(getattr(images, name)) for name in ("train", "validation", "test")},
        "transfer": len(images.transfer),
        "labelled": len(images.labelled),
        "left_out": dict(zip(images.left_out, images.left_out_because, strict=True)),
        "warnings": list(warnings_of(images, counts)),
        "input": list(images.input),
        "classes": dict(zip(images.classes, counts, strict=True)),
        "networks": networks,
    }
