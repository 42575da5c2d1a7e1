"""What can be known of an experiment before it runs: its images, its networks to scale, its memory, its time."""

import base64
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import psutil
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kdstudio.data import Images, load
from kdstudio.engine.device import resolve
from kdstudio.engine.loop import Budget, optimizer_for
from kdstudio.models import build, built, cost
from kdstudio.runs.home import Home
from kdstudio.spec import Classification, DatasetSpec, ModelSpec, NoMethod, Training

SAMPLES = 14
THUMBNAIL = 48  # pixels
IMBALANCE = 10  # times
PROCESS = 450 * 2**20
"""Bytes of a training process that holds torch and nothing else."""
TRY_FOR = 0.06  # seconds of real steps behind a time estimate; the whole preview should come within 0.3
FITS, TIGHT = 0.7, 1.0  # shares of the free memory

Check = Callable[[], None]


def preview(experiment: Classification, home: Home, check: Check = lambda: None) -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, values) of each part as soon as it is known: networks, data, memory, time. Values are plain JSON.

    Args:
        experiment: what is asked for.
        home: where teachers may lie ready.
        check: called between pieces of work; may raise to give up.

    Raises:
        KnownFailure: data is missing or damaged, or the device is not there.
    """
    images = loaded(experiment.dataset)
    check()
    yield "networks", {
        role: _cost(getattr(experiment, role), images.input, len(images.classes)) for role in ("teacher", "student")
    }
    check()
    yield "data", data_facts(images, seen=experiment.dataset.labelled)
    check()
    verdict = memory(experiment, images)
    yield "memory", verdict
    if verdict["verdict"] == "wont-fit":
        return  # a trial step would take the memory that is not there
    check()
    yield "time", duration(experiment, images, check)


@lru_cache(maxsize=4)
def loaded(spec: DatasetSpec) -> Images:
    """The images of `spec`, read once."""
    return load(spec)


@lru_cache(maxsize=64)
def _cost(spec: ModelSpec, shape: tuple[int, int, int], classes: int) -> dict[str, Any]:
    costs = cost(spec, shape, classes)
    return {"kind": spec.kind, "parameters": costs.parameters, "macs": costs.macs, "bytes": costs.bytes}


def data_facts(images: Images, *, seen: float) -> dict[str, Any]:
    """Counts, sample pictures (base64 of bytes, [h, w] or [h, w, 3]) and warnings."""
    counts = torch.bincount(images.train.labels, minlength=len(images.classes)).tolist()
    shown = _samples(images)
    return {
        "classes": list(images.classes),
        "counts": counts,
        "images": {part: len(getattr(images, part)) for part in ("train", "validation", "test")},
        "transfer": len(images.transfer),
        "labelled": len(images.labelled),
        "input": list(images.input),
        "samples": shown,
        "warnings": list(_warnings(images, counts)),
    }


def _samples(images: Images) -> list[dict[str, Any]]:
    """Pictures of as many classes as fit, in turns, from the training images."""
    labels = images.train.labels.numpy()
    by_class = [np.flatnonzero(labels == number) for number in range(len(images.classes))]
    chosen = [int(members[turn]) for turn in range(SAMPLES) for members in by_class if turn < len(members)][:SAMPLES]
    return [
        {"class": images.classes[int(labels[at])], **_picture(images.train.images[at])} for at in chosen
    ]


def _picture(image: Tensor) -> dict[str, Any]:
    """One image, uint8 [c, h, w], small enough to send."""
    side = max(image.shape[-2:])
    if side > THUMBNAIL:
        image = F.interpolate(image[None].float(), scale_factor=THUMBNAIL / side, mode="area")[0].round().byte()
    pixels = image.permute(1, 2, 0).contiguous().numpy()
    pixels = pixels[..., 0] if pixels.shape[-1] == 1 else pixels[..., :3]
    return {"shape": list(pixels.shape), "bytes": base64.b64encode(np.ascontiguousarray(pixels).tobytes()).decode()}


def _warnings(images: Images, counts: list[int]) -> Iterator[dict[str, Any]]:
    present = [count for count in counts if count]
    if len(present) < 2:
        yield {"code": "one-class"}
    elif max(present) > IMBALANCE * min(present):
        yield {"code": "imbalance", "most": max(present), "fewest": min(present)}
    twins = _shared(images.train.images, images.test.images)
    if twins:
        yield {"code": "same-image-in-test", "count": twins}


def _shared(train: Tensor, test: Tensor) -> int:
    """How many test images are also training images, to the byte."""
    known = {row.tobytes() for row in train.reshape(len(train), -1).numpy()}
    return sum(row.tobytes() in known for row in test.reshape(len(test), -1).numpy())


def memory(experiment: Classification, images: Images) -> dict[str, Any]:
    """Bytes that the run needs at its most, what of, bytes that are free, and a verdict: fits, tight or wont-fit.

    An estimate: weights of both networks, the student's (or teacher's) gradients and two moments, the activations of a
    batch kept for the backward pass, the images, and the process itself.
    """
    device = resolve(experiment.compute)
    shape, classes = images.input, len(images.classes)
    teacher, student = (_cost(spec, shape, classes)["bytes"] for spec in (experiment.teacher, experiment.student))
    data = sum(part.images.numel() for part in (images.train, images.validation, images.test))
    teaching = 4 * teacher + _activations(experiment.teacher, shape, classes) * experiment.teacher_training.batch_size
    learning = teacher + 4 * student + _activations(experiment.student, shape, classes) * experiment.training.batch_size
    process = PROCESS if device.type == "cpu" else 0
    needed = process + 2 * data + max(teaching, learning)
    free = psutil.virtual_memory().available if device.type != "cuda" else torch.cuda.mem_get_info(device)[0]
    share = needed / max(1, free)
    verdict = "fits" if share <= FITS else "tight" if share <= TIGHT else "wont-fit"
    parts = {"process": process, "images": 2 * data, "teacher": teaching, "student": learning}
    return {"needed": needed, "free": free, "verdict": verdict, "device": str(device), "parts": parts}


@lru_cache(maxsize=64)
def _activations(spec: ModelSpec, shape: tuple[int, int, int], classes: int) -> int:
    """Bytes that one image's forward pass leaves for the backward pass, about: the outputs of all layers, float32."""
    total = 0

    def add(module: nn.Module, given: Any, output: Any) -> None:
        nonlocal total
        total += output.numel() * 4 if isinstance(output, Tensor) else 0

    with torch.device("meta"):
        module = build(spec, shape, classes)
        hooks = [layer.register_forward_hook(add) for layer in module.modules() if not list(layer.children())]
        module.eval()(torch.empty(1, *shape))
    for hook in hooks:
        hook.remove()
    return 2 * total  # the gradients of activations come beside them


def duration(experiment: Classification, images: Images, check: Check = lambda: None) -> dict[str, Any]:
    """Seconds that the run will take on this machine, from a few real steps; and the optimiser steps of a seed."""
    shape, classes = images.input, len(images.classes)
    device = resolve(experiment.compute)
    training, teaching = experiment.training, experiment.teacher_training
    budget = Budget.of(training, len(images.transfer) / training.batch_size)
    teacher = Budget.of(teaching, len(images.train) / teaching.batch_size)
    trained_here = experiment.teacher.weights_file is None and experiment.teacher.weights_run is None
    live = not experiment.dataset.views.off and experiment.method.needs_teacher
    step = step_seconds(experiment.student, shape, classes, training.batch_size, device.type)
    check()
    teacher_step = step_seconds(experiment.teacher, shape, classes, teaching.batch_size, device.type)
    runs = len(experiment.seeds) * (2 if experiment.baseline and not isinstance(experiment.method, NoMethod) else 1)
    seconds = runs * _span(budget, step) + (_span(teacher, teacher_step) if trained_here else 0.0)
    if live:
        seconds += len(experiment.seeds) * (budget.steps or 0) * teacher_step / 3
    return {
        "seconds": round(seconds, 1),
        "steps": budget.steps,
        "teacher_steps": teacher.steps if trained_here else 0,
        "device": device.type,
        "threads": torch.get_num_threads(),
    }


def _span(budget: Budget, step: float) -> float:
    return budget.seconds if budget.steps is None else budget.steps * step  # type: ignore[return-value]


@lru_cache(maxsize=64)
def step_seconds(spec: ModelSpec, shape: tuple[int, int, int], classes: int, batch: int, device: str) -> float:
    """Seconds of one training step, from real ones on random images."""
    module = built(spec, shape, classes, seed=0).to(device).train()
    optimizer = optimizer_for(Training(), list(module.parameters()))
    inputs, targets = torch.randn(batch, *shape, device=device), torch.zeros(batch, dtype=torch.int64, device=device)
    began, done = 0.0, -1
    while done < 1 or time.perf_counter() - began < TRY_FOR:
        F.cross_entropy(module(inputs), targets).backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        done += 1
        if done == 0:  # the first step allocates, and does not count
            began = time.perf_counter()
    if device == "cuda":
        torch.cuda.synchronize()
    return (time.perf_counter() - began) / done
