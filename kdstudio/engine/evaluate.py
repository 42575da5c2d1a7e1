"""Measuring a network: float32 logits, and every metric from exactly those logits."""

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kdstudio.data import Part
from kdstudio.data.batches import Pixels

CHUNK = 1024
BINS = 15


def logits_of(module: nn.Module, part: Part, pixels: Pixels, *, check: Callable[[], None] = lambda: None) -> Tensor:
    """`module`'s logits on every image of `part`: float32 [n, classes], on the CPU. The training mode is put back.

    Args:
        module: on the device of `part`.
        part: uint8 images.
        pixels: how bytes become input; without random views.
        check: called between chunks; may raise to interrupt.
    """
    training = module.training
    module.eval()
    try:
        pieces = []
        for at in range(0, len(part), CHUNK):
            check()
            with torch.inference_mode():
                pieces.append(module(pixels(part.images[at : at + CHUNK])).float())
        return torch.cat(pieces).cpu().clone()
    finally:
        module.train(training)


def metrics_of(logits: Tensor, labels: Tensor, teacher: Tensor | None = None) -> dict[str, Any]:
    """What `logits` are worth, with `teacher` also how they agree with it.

    Args:
        logits: float32 [n, classes], CPU.
        labels: int64 [n], CPU.
        teacher: float32 [n, classes], CPU.

    Returns:
        accuracy, ece and agreement with its four-way split as fractions; nll and kl (teacher || student) in nats at
        T = 1; recall for each class, None where it has no image.
    """
    logs = F.log_softmax(logits.double(), dim=-1)
    guess = logits.argmax(dim=-1)
    right = guess == labels
    values: dict[str, Any] = {
        "accuracy": _fraction(right),
        "nll": _finite(F.nll_loss(logs, labels)),
        "ece": _finite(calibration_error(logs.exp().amax(dim=-1), right)),
        "recall": _recall(right, labels, logits.shape[1]),
    }
    if teacher is None:
        return values
    teacher_logs = F.log_softmax(teacher.double(), dim=-1)
    teacher_guess = teacher.argmax(dim=-1)
    teacher_right = teacher_guess == labels
    divergence = (teacher_logs.exp() * (teacher_logs - logs)).sum(dim=-1).mean()
    return values | {
        "agreement": _fraction(guess == teacher_guess),
        "kl": _finite(divergence.clamp_(min=0.0)),
        "both": _fraction(right & teacher_right),
        "teacher_only": _fraction(teacher_right & ~right),
        "student_only": _fraction(right & ~teacher_right),
        "neither": _fraction(~right & ~teacher_right),
    }


def _finite(value: Tensor | float) -> float | None:
    """What does not exist is None, never NaN: a network can be so far off that its likelihood is no number."""
    number = float(value)
    return number if math.isfinite(number) else None


def _fraction(true: Tensor) -> float:
    return int(true.sum()) / true.numel()


def _recall(right: Tensor, labels: Tensor, classes: int) -> list[float | None]:
    hits = torch.bincount(labels[right], minlength=classes).tolist()
    counts = torch.bincount(labels, minlength=classes).tolist()
    return [hit / count if count else None for hit, count in zip(hits, counts, strict=True)]


def calibration_error(confidence: Tensor, right: Tensor, bins: int = BINS) -> float:
    """The expected calibration error (Guo et al. 2017, equation 3): the mean distance between confidence and accuracy
    over equal bins of confidence, each closed on the right, weighted by the images in it.

    Args:
        confidence: the highest probability of each image, [n].
        right: whether the guess was right, bool [n].
        bins: how many.
    """
    place = (confidence.double() * bins).ceil().long().clamp_(1, bins) - 1
    sure = torch.zeros(bins, dtype=torch.float64).index_add_(0, place, confidence.double())
    hits = torch.zeros(bins, dtype=torch.float64).index_add_(0, place, right.double())
    return float((sure - hits).abs().sum() / len(confidence))
