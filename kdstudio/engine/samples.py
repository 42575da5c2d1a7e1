"""Pictures for whoever watches: thumbnails, and at each evaluation the images on which teacher and student differ most."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from kdstudio.engine.context import Context
from kdstudio.runs.files import write_whole

MOST_SHOWN = 2000
"""Validation images from which samples are taken: those whose thumbnails are kept."""
SHOWN = 12
GUESSES = 3
THUMBNAIL = 48  # pixels


def write_samples(context: Context, *, seed: int, step: int, student: Tensor, teacher: Tensor) -> str:
    """Write the surest disagreements on validation images, then the closest calls, as artefacts/samples_<seed>_<step>.json.

    Args:
        context: of the run.
        seed, step: of the student.
        student, teacher: logits, float32 [n, classes], on the CPU.

    Returns:
        The path inside the run folder.
    """
    ours, theirs = (torch.softmax(logits[:MOST_SHOWN].double(), dim=-1) for logits in (student, teacher))
    labels = context.labels("validation")[:MOST_SHOWN]
    chosen = surest_disagreements(ours, theirs)
    names = context.images.classes
    shown = [
        {"image": at, "label": int(labels[at]), "teacher": _guesses(theirs[at]), "student": _guesses(ours[at])}
        for at in chosen
    ]
    artefact = f"artefacts/samples_{seed}_{step}.json"
    values = {"classes": list(names), "samples": shown}
    write_whole(context.folder.path / artefact, json.dumps(values, ensure_ascii=False, separators=(",", ":")))
    return artefact


def surest_disagreements(student: Tensor, teacher: Tensor, count: int = SHOWN) -> list[int]:
    """Places of the images, [n, classes] of probabilities each: those with different answers first, the surer both are the
    sooner; then those on which the distributions are furthest apart."""
    sure, ours = student.max(dim=-1)
    certain, theirs = teacher.max(dim=-1)
    differ = (ours != theirs).double()
    distance = (student - teacher).abs().sum(dim=-1) / 2  # total variation, 0 to 1
    rank = differ * (1.0 + sure * certain) + (1.0 - differ) * distance
    return [int(at) for at in torch.sort(rank, descending=True, stable=True).indices[:count]]


def _guesses(chances: Tensor) -> list[list[Any]]:
    top = chances.topk(min(GUESSES, len(chances)))
    pairs = zip(top.indices.tolist(), top.values.tolist(), strict=True)
    return [[number, round(chance, 4)] for number, chance in pairs]


def write_validation_images(context: Context) -> None:
    """artefacts/validation_images.npz: the thumbnails to which the samples' `image` points; written once."""
    path = context.folder.artefacts / "validation_images.npz"
    if not path.exists():
        write_thumbnails(path, context.images.validation.images[:MOST_SHOWN])


def write_thumbnails(path: Path, images: Tensor) -> None:
    """`images` (uint8 [n, h, w] or [n, h, w, 3], at most 48 pixels wide), so that a window needs no dataset.

    Args:
        path: the npz file.
        images: uint8 [n, channels, h, w].
    """
    side = max(images.shape[-2:])
    if side > THUMBNAIL:
        small = F.interpolate(images.float(), scale_factor=THUMBNAIL / side, mode="area")
        images = small.round().to(torch.uint8)
    pixels = images.permute(0, 2, 3, 1).contiguous().numpy()
    pixels = pixels[..., 0] if pixels.shape[-1] == 1 else pixels[..., :3]
    write_npz(path, lambda aside: np.savez_compressed(aside, images=pixels))


def write_npz(path: Path, save: Callable[[Path], None]) -> None:
    """Have `save` write to a file aside, then put it in its place.

    Raises:
        OSError: it cannot be written; what was there is as it was.
    """
    path.parent.mkdir(exist_ok=True)
    aside = path.with_name(f".{path.stem}.{os.getpid()}.part.npz")
    try:
        save(aside)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
