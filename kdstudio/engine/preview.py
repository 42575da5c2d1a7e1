"""What can be known of an experiment before it runs: its images, its networks to scale, its memory, its time."""

import base64
import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import psutil
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kdstudio.data import Images, load
from kdstudio.data.batches import Order
from kdstudio.data.image_folder import PART_NAMES
from kdstudio.data.images import some_of
from kdstudio.engine.budget import EVALUATIONS, Budget, evaluation_stride
from kdstudio.engine.device import Place, place_of, resolve
from kdstudio.engine.loop import Pass, Stepper, Task
from kdstudio.engine.measured import Timings
from kdstudio.engine.teacher import name_of
from kdstudio.methods import Batch, Dense, objective
from kdstudio.models import build, built, cost
from kdstudio.runs.home import Home
from kdstudio.spec import Classification, DatasetSpec, MethodSpec, ModelSpec, NoMethod, Training

SAMPLES = 14
THUMBNAIL = 48  # pixels
IMBALANCE = 10  # times
PROCESS = 450 * 2**20
"""Bytes of a training process that holds torch and nothing else."""
TRY_FOR = 0.04  # seconds of real steps of each training behind a time estimate; the whole preview should come within 0.3
SLOW = 0.03  # seconds of a step from which steps on fewer images must tell
PROBES = 4, 16  # so many images
BLOCK = 4  # steps that are timed together: a device may be behind by as many
KEPT = 64  # steps whose seconds are kept
REHEARSED = 512  # images that they learn from
START = 5.0  # seconds until a process has imported torch and read its data
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
    ready = (home.teachers / name_of(experiment, images.fingerprint, place_of(experiment.compute).precision)).exists()
    yield "time", duration(experiment, images, check, teacher_ready=ready, earlier=Timings(experiment, home, check))


def loaded(spec: DatasetSpec) -> Images:
    """The images of `spec`: those of the last question are kept, and read again when their files have changed."""
    marks = tuple(_marks(getattr(spec, "path", None)))
    images, damaged = _loaded(spec, marks)
    if damaged != _ages_of_damaged(spec, images):  # somebody has mended some in their place
        _loaded.cache_clear()
        images, _ = _loaded(spec, marks)
    return images


@lru_cache(maxsize=1)  # images may be gigabytes, which the run itself will need
def _loaded(spec: DatasetSpec, marks: tuple[tuple[str, int], ...]) -> tuple[Images, list[int]]:
    images = load(spec)
    return images, _ages_of_damaged(spec, images)


def _ages_of_damaged(spec: DatasetSpec, images: Images) -> list[int]:
    """When the files that were left out were last written; their folder does not tell."""
    ages = []
    for name in images.left_out:
        with contextlib.suppress(OSError):
            ages.append((Path(getattr(spec, "path", "")) / name).stat().st_mtime_ns)
    return ages


def _marks(path: Path | None) -> Iterator[tuple[str, int]]:
    """What changes when files come to a dataset or go: times of the file, or of the folder and the classes' folders."""
    if path is None:
        return
    with contextlib.suppress(OSError):
        yield str(path), path.stat().st_mtime_ns
        for inside in sorted(path.iterdir()) if path.is_dir() else []:
            parts = sorted(inside.iterdir()) if inside.name.lower() in PART_NAMES and inside.is_dir() else []
            for each in (inside, *parts):
                yield str(each), each.stat().st_mtime_ns


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
        "warnings": list(warnings_of(images, counts)),
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


def warnings_of(images: Images, counts: list[int]) -> Iterator[dict[str, Any]]:
    """What is odd in the data without keeping a run from starting: codes of `runs.failures`, with their parameters.

    Args:
        images: the data.
        counts: training images of each class.
    """
    if images.left_out:
        yield {"code": "damaged-left-out", "count": len(images.left_out), "names": images.left_out_in_words}
    present = [count for count in counts if count]
    if len(present) < 2:
        yield {"code": "one-class"}
    elif max(present) > IMBALANCE * min(present):
        yield {"code": "imbalance", "most": max(present), "fewest": min(present)}
    absent = [name for name, count in zip(images.classes, counts, strict=True) if not count]
    if absent and len(present) >= 2:
        yield {"code": "empty-class", "classes": some_of(absent)}
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


@contextlib.contextmanager
def _threads(count: int) -> Iterator[None]:
    """Compute with so many threads, as the run will; afterwards with those from before: a run may be at work beside it."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def duration(
    experiment: Classification,
    images: Images,
    check: Check = lambda: None,
    *,
    teacher_ready: bool = False,
    earlier: Timings | None = None,
) -> dict[str, Any]:
    """Seconds that the run will take on this machine, from what the same trainings took in `earlier` runs, else from a few
    real steps of each; and the optimiser steps of a seed. `teacher_ready`: an earlier run has trained it."""
    place = place_of(experiment.compute)
    trainings = _trainings(experiment, images, teacher_ready=teacher_ready)
    seconds = START
    with _threads(place.threads):
        for training in trainings:
            check()
            role = "teacher" if training.spec is experiment.teacher else "student"
            role = "baseline" if role == "student" and training.method is not experiment.method else role
            known = earlier.seconds(role, training.budget.steps) if earlier is not None else None
            seconds += training.times * (_span(training, images, place, check) if known is None else known)
    taught = trainings[0] if trainings[0].spec is experiment.teacher else None
    return {
        "seconds": round(seconds, 1),
        "steps": trainings[-1].budget.steps,
        "two_passes": trainings[-1].two_streams,
        "teacher_steps": taught.budget.steps if taught is not None else 0,
        "device": place.device.type,
        "threads": place.threads,
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class _Training:
    """A training that the run will hold, `times` over: of a network `spec`, by `method`; `live` asks the network `live` in
    each step; with `two_streams` a step has one pass for the labels and one for the teacher's terms."""

    spec: ModelSpec
    method: MethodSpec
    training: Training
    budget: Budget
    times: int = 1
    live: ModelSpec | None = None
    two_streams: bool = False


def _trainings(experiment: Classification, images: Images, *, teacher_ready: bool) -> list[_Training]:
    """The teacher's, where it has none yet; the baseline's; the student's, last."""
    training, teaching, method = experiment.training, experiment.teacher_training, experiment.method
    budget, seeds = Budget.of(training, len(images.transfer) / training.batch_size), len(experiment.seeds)
    goal = objective(method)
    live = goal.needs_teacher and not experiment.dataset.views.off
    two_streams = goal.needs_teacher and goal.needs_labels and len(images.labelled) != len(images.transfer)
    held = [_Training(
        spec=experiment.student, method=method, training=training, budget=budget, times=seeds,
        live=experiment.teacher if live else None, two_streams=two_streams,
    )]  # fmt: skip
    if experiment.has_baseline:
        held.insert(0, _Training(
            spec=experiment.student, method=NoMethod(kind="none"), training=training, budget=budget, times=seeds
        ))  # fmt: skip
    given = experiment.teacher.weights_file is not None or experiment.teacher.weights_run is not None
    if not (given or teacher_ready):
        lasts = Budget.of(teaching, len(images.train) / teaching.batch_size)
        held.insert(0, _Training(spec=experiment.teacher, method=NoMethod(kind="none"), training=teaching, budget=lasts))
    return held


def _span(training: _Training, images: Images, place: Place, check: Check) -> float:
    """Seconds of one such training: its steps, and a third of a step for every batch that is only looked at."""
    if training.budget.steps is None:
        return training.budget.seconds or 0.0
    about = images.input, len(images.classes), place, check
    step = step_seconds(training.spec, training.method, training.training, *about, two_streams=training.two_streams)
    stride = evaluation_stride(training.training, training.budget)
    evaluations = training.budget.steps / stride if stride else EVALUATIONS
    looked_at = evaluations * (len(images.validation) + len(images.sample)) / training.training.batch_size
    seconds = (training.budget.steps + looked_at / (6 if training.two_streams else 3)) * step
    if training.live is not None:
        seconds += training.budget.steps * step_seconds(training.live, NoMethod(kind="none"), training.training, *about) / 3
    return seconds


def step_seconds(
    spec: ModelSpec, method: MethodSpec, training: Training, shape: tuple[int, int, int], classes: int, place: Place,
    check: Check = lambda: None, *, two_streams: bool = False,
) -> float:  # fmt: skip
    """Seconds of one step as the loop takes it, from real ones on random images; measured once for what makes it long.

    With `two_streams` labels and teacher's terms come from two passes, where the method has both.
    """
    costly = Training(steps=1, batch_size=training.batch_size, optimizer=training.optimizer, clip=training.clip)
    key = spec, method, costly, shape, classes, place, two_streams
    if key not in _STEPS:
        if len(_STEPS) >= KEPT:
            _STEPS.clear()
        _STEPS[key] = _tried(spec, method, costly, shape, classes, place, check, two_streams=two_streams)
    return _STEPS[key]


_STEPS: dict[tuple[object, ...], float] = {}


def _tried(
    spec: ModelSpec, method: MethodSpec, training: Training, shape: tuple[int, int, int], classes: int, place: Place, check: Check,
    *, two_streams: bool,
) -> float:  # fmt: skip
    """The median of a few steps, so that what else the machine does in these milliseconds counts little. How long a slow
    network takes is told by steps on a few images: an edit waits for the answer."""

    def stepper(batch_size: int) -> Stepper:
        asked = training.model_copy(update={"batch_size": batch_size})
        task = _rehearsal(spec, method, asked, shape, classes, place.device, two_streams=two_streams)
        made = Stepper(task, place)
        _timed(made, place, 1)  # allocates, and does not count
        check()
        return made

    if training.batch_size > 2 * PROBES[1]:
        few, more = (_timed(stepper(count), place, 2) / 2 for count in PROBES)
        an_image = max(0.0, more - few) / (PROBES[1] - PROBES[0])
        probed = few + an_image * (training.batch_size - PROBES[0])
        if probed > SLOW:
            return probed
    whole = stepper(training.batch_size)
    took = [_timed(whole, place, BLOCK) / BLOCK]
    while BLOCK * sum(took) < TRY_FOR:
        check()
        took.append(_timed(whole, place, BLOCK) / BLOCK)
    return median(took)


def _timed(stepper: Stepper, place: Place, steps: int) -> float:
    began = time.perf_counter()
    for step in range(steps):
        stepper.step(step, 0.5)
    if place.device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - began


def _rehearsal(
    spec: ModelSpec, method: MethodSpec, training: Training, shape: tuple[int, int, int], classes: int, device: torch.device,
    *, two_streams: bool = False,
) -> Task:  # fmt: skip
    """A training on random images whose teacher, where `method` asks one, has answered before."""
    count = max(training.batch_size, REHEARSED)
    raw = torch.randint(0, 256, (count, *shape), dtype=torch.uint8, device=device)
    targets = torch.randint(0, classes, (count,), device=device)
    order = Order(torch.arange(count), batch_size=training.batch_size, seed=0, device=device)
    goal = objective(method).to(device)
    answers = goal.prepare(Dense(torch.randn(count, classes, device=device))) if goal.needs_teacher else None

    def feed(step: int, used: float) -> list[Pass]:
        at = order.at(step)
        inputs = raw.index_select(0, at).to(torch.float32).div_(255.0)
        labelled = Batch(inputs, targets.index_select(0, at), at, used)
        if answers is None:
            return [(labelled, [])]
        if not two_streams:
            return [(labelled, [answers.at(at)])]
        again = raw.index_select(0, at).to(torch.float32).div_(255.0)
        return [(labelled, []), (Batch(again, None, at, used), [answers.at(at)])]

    return Task(
        stage="student", seed=None, who="student", model=built(spec, shape, classes, seed=0).to(device).train(),
        objective=goal, feed=feed, evaluate=lambda model, step, check: [], training=training, steps_per_epoch=1.0,
    )  # fmt: skip
