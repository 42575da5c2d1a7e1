"""Real pictures of handwritten digits for windows that are pictured: scikit-learn's file, read without importing it."""

import base64
import gzip
import importlib.util
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from kdstudio.runs.events import AnyEvent, Sampled
from kdstudio.runs.folder import RunFolder

SHOWN = 14
GUESSES = ((3, 8, 5), (9, 4, 7), (1, 8, 2), (7, 1, 9), (5, 9, 3), (4, 9, 1), (8, 2, 3), (0, 6, 8))
"""The true class, what the student takes it for, and what both have in mind as well."""


@cache
def digits() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """300 images, [n, 8, 8] of 0 to 255, and what they show."""
    found = importlib.util.find_spec("sklearn")
    assert found is not None and found.submodule_search_locations
    file = Path(found.submodule_search_locations[0]) / "datasets" / "data" / "digits.csv.gz"
    with gzip.open(file, "rt") as lines:
        rows = np.loadtxt(lines, delimiter=",", max_rows=300)
    images = (rows[:, :-1] * (255 / 16)).round().astype(np.uint8).reshape(-1, 8, 8)
    return images, rows[:, -1].astype(np.int64)


def sample_pictures() -> list[dict[str, Any]]:
    """As the desk sends them: the classes in turns."""
    images, labels = digits()
    chosen = [int(np.flatnonzero(labels == number % 10)[number // 10]) for number in range(SHOWN)]
    return [
        {"class": str(labels[at]), "shape": [8, 8], "bytes": base64.b64encode(images[at].tobytes()).decode()}
        for at in chosen
    ]


def sampled(story: list[AnyEvent]) -> list[AnyEvent]:
    """`story`, in which each sample is an artefact of its own seed and step, as the engine names them."""
    return [
        replace(event, artefact=f"artefacts/samples_{event.seed}_{event.step}.json")
        if isinstance(event, Sampled)
        else event
        for event in story
    ]


def write_artefacts(folder: RunFolder, story: list[AnyEvent]) -> None:
    """What `engine/samples.py` writes: thumbnails once, and at each `Sampled` the surest disagreements."""
    folder.artefacts.mkdir(exist_ok=True)
    images, labels = digits()
    np.savez_compressed(folder.artefacts / "validation_images.npz", images=images)
    for event in story:
        if isinstance(event, Sampled):
            shown = [_sample(labels, number, *guesses) for number, guesses in enumerate(GUESSES)]
            said = {"classes": [str(number) for number in range(10)], "samples": shown}
            (folder.path / event.artefact).write_text(json.dumps(said), encoding="utf-8")


def _sample(labels: NDArray[np.int64], number: int, true: int, taken: int, other: int) -> dict[str, Any]:
    sure, certain = 0.93 - 0.04 * number, 0.99 - 0.03 * number
    return {
        "image": int(np.flatnonzero(labels == true)[number]),
        "label": true,
        "teacher": [
            [true, round(certain, 4)],
            [taken, round(0.8 * (1 - certain), 4)],
            [other, round(0.2 * (1 - certain), 4)],
        ],
        "student": [[taken, round(sure, 4)], [true, round(0.7 * (1 - sure), 4)], [other, round(0.3 * (1 - sure), 4)]],
    }
