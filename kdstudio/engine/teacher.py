"""The teacher: loaded, found where an earlier run left it, or trained here and kept for every later run."""

import contextlib
import logging
import os
import re
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout
from safetensors.torch import save_file
from torch import Tensor, nn

from kdstudio.data import fingerprint
from kdstudio.data.batches import Order, Pixels, derived
from kdstudio.engine.budget import Budget
from kdstudio.engine.context import Context, to_place
from kdstudio.engine.control import EVERY, Control
from kdstudio.engine.evaluate import logits_of, metrics_of
from kdstudio.engine.given_weights import give_weights
from kdstudio.engine.loop import Measurement, Pass, Task, Trained, optimise
from kdstudio.engine.tensor_files import Damaged, check_fit, read_tensors
from kdstudio.methods import Batch, Labels
from kdstudio.models import built
from kdstudio.runs.events import AnyEvent, Note, Progress, StageEnded, StageStarted
from kdstudio.runs.files import remove, write_folder, write_json
from kdstudio.runs.home import Home
from kdstudio.spec import Classification
from kdstudio.spec.errors import KnownFailure

log = logging.getLogger("kdstudio")
STAGE = "teacher"
HEADER: dict[str, Any] = {"stage": STAGE, "who": "teacher"}
KEPT = "model.safetensors"


def teacher(context: Context) -> Generator[AnyEvent, None, nn.Module]:
    """The teacher, on the device, in evaluation mode. Says nothing if an earlier attempt ended this stage.

    Raises:
        KnownFailure: weights that were named are missing, damaged, or another network's.
    """
    spec = context.experiment.teacher
    seed = context.experiment.teacher_training.seed
    module = built(spec, context.images.input, len(context.images.classes), seed=derived("teacher", seed, "init"))
    named = give_weights(module, spec, context.images, context.home, role=STAGE)
    if named is not None:
        yield from _ready_made(
            context, Note(**HEADER, level="info", code="teacher-loaded", parameters={"path": str(named)})
        )
    else:
        yield from _trained_or_found(context, module)
    return to_place(module, context.place).eval()


def _ready_made(context: Context, note: Note) -> Iterator[AnyEvent]:
    if not context.has_ended(STAGE):
        yield StageStarted(**HEADER, planned=0, unit="steps")
        yield note
        yield StageEnded(**HEADER, reused=True)


TRAINED_BY = 2
"""The version of the code that trains a teacher. Raise it with every change after which the same experiment gives other
weights: streams of random numbers, the order of images, the loop, an optimiser, a network. 2: a role has its own streams."""


def name_of(experiment: Classification, data: str, precision: torch.dtype) -> str:
    """The fingerprint under which a teacher is kept: data, model, training, views, seed, the precision that the device
    really has, and the code's version; not how often it was saved."""
    return fingerprint.of_values(*_asked(experiment, data), str(precision), TRAINED_BY)


def resumed_name(experiment: Classification, data: str, home: Home, recorded: object) -> str | None:
    """The teacher that a run has had so far, where it is still kept: also one that was trained with another precision, on
    another device, or by an earlier version, since the run's student has begun to learn from it.

    Args:
        recorded: the name that the run wrote down; runs of earlier versions wrote none.
    """
    earlier = fingerprint.of_values(*_asked(experiment, data), experiment.compute.precision)
    name = recorded if isinstance(recorded, str) and re.fullmatch("[0-9a-f]+", recorded) else earlier
    return name if (home.teachers / name).is_dir() else None


def _asked(experiment: Classification, data: str) -> tuple[Any, ...]:
    training = experiment.teacher_training.model_dump(mode="json", exclude={"checkpoint_every"})
    model = experiment.teacher.model_dump(mode="json", exclude={"weights"})
    views = experiment.dataset.teacher_views.model_dump(mode="json")
    return data, model, training, views


def _trained_or_found(context: Context, module: nn.Module) -> Iterator[AnyEvent]:
    name = context.teacher or name_of(context.experiment, context.images.fingerprint, context.place.precision)
    place = context.home.teachers / name
    begun = context.start_of(STAGE, None) is not None
    with (yield from held(place.with_suffix(".lock"), context.control, HEADER, "waiting-for-teacher")):
        weights = _read(place, module)
        if weights is None:
            if context.has_ended(STAGE):
                yield from _train_again(context, module, place)
            else:
                yield from _train(context, module, place)
        elif begun and not context.has_ended(STAGE):
            # This run trained it and was cut off between keeping it and saying so.
            yield from _train(context, module, place)
        else:
            note = Note(**HEADER, level="info", code="teacher-reused", parameters={"fingerprint": name})
            yield from _ready_made(context, note)
        if weights is None:
            weights = _read(place, module)
        if weights is None:
            raise KnownFailure("file-corrupt", path=str(place), why="it was damaged while it was written", field=None)
    module.load_state_dict(weights)


def _train_again(context: Context, module: nn.Module, place: Path) -> Iterator[AnyEvent]:
    """Train the teacher of a run that is past this stage, since the shared one is gone. What the run has said of it stays as
    it is, so that the stage at work resumes from its own checkpoint: a note and the progress are all that is new."""
    yield Note(**HEADER, level="warning", code="teacher-gone", parameters={"fingerprint": place.name})
    with contextlib.closing(_train(context, module, place)) as events:
        for event in events:
            if isinstance(event, Progress):
                yield event
    context.checkpoints.discard(STAGE, None)


def _read(place: Path, module: nn.Module) -> dict[str, Tensor] | None:
    """The weights of the teacher that is kept at `place`; None when there is none, or when it is damaged or another
    network's: then it is thrown away, since it can be trained again.

    Raises:
        KnownFailure: it cannot be read now; it stays as it is.
    """
    if not os.path.lexists(place):
        return None
    try:
        weights = read_tensors(place / KEPT)
        check_fit(weights, module, place / KEPT)
    except Damaged as error:
        log.warning("the teacher at %s is trained again: %s", place, error)
        remove(place)
        return None
    return weights


@contextlib.contextmanager
def _released(lock: FileLock) -> Iterator[None]:
    try:
        yield
    finally:
        lock.release()


def held(
    path: Path, control: Control, header: dict[str, Any], code: str, **parameters: Any
) -> Generator[AnyEvent, None, contextlib.AbstractContextManager[None]]:
    """Take the lock at `path`; the value is a context that gives it back. Says `code` once while somebody else holds it.

    Raises:
        Interrupted: it was asked to stop or pause while it waited.
    """
    lock, said = FileLock(path), False
    while True:
        try:
            lock.acquire(timeout=EVERY, poll_interval=EVERY / 2)
        except Timeout:
            if not said:
                yield Note(**header, level="info", code=code, parameters=parameters)
                said = True
            control.check()
        else:
            return _released(lock)


def _train(context: Context, module: nn.Module, place: Path) -> Generator[AnyEvent, None, None]:
    training, images = context.experiment.teacher_training, context.images
    device = context.place.device
    train, pixels = context.part("train"), Pixels(
        images, device=device, views=context.experiment.dataset.teacher_views, seed=derived("teacher", training.seed, "views")
    )  # fmt: skip
    order = Order(
        torch.arange(len(train)), batch_size=training.batch_size, seed=derived("teacher", training.seed, "order"),
        device=device,
    )  # fmt: skip
    module = to_place(module, context.place).train()

    def feed(step: int, used: float) -> list[Pass]:
        at = order.at(step)
        inputs = pixels(train.images.index_select(0, at), step)
        return [(Batch(inputs, train.labels.index_select(0, at), at, used), [])]

    def evaluate(model: nn.Module, step: int, check: Callable[[], None]) -> list[Measurement]:
        plain, measured = context.plain_pixels(), []
        for split, part in (("validation", "validation"), ("train", "sample")):
            logits = logits_of(model, context.part(part), plain, check=check)
            measured.append(Measurement(split=split, metrics=metrics_of(logits, context.labels(part))))
        return measured

    start = context.start_of(STAGE, None)
    if start is None:
        budget = Budget.of(training, order.steps_per_epoch)
        yield StageStarted(**HEADER, planned=budget.planned, unit=budget.unit)
    torch.manual_seed(derived("teacher", training.seed, "dropout"))
    task = Task(
        stage=STAGE, seed=None, who="teacher", model=module, objective=Labels(), feed=feed,
        evaluate=evaluate, training=training, steps_per_epoch=order.steps_per_epoch,
    )  # fmt: skip
    trained = yield from optimise(
        task, place=context.place, checkpoints=context.checkpoints, control=context.control, start=start
    )
    keep(place, trained, context.experiment)
    yield StageEnded(**HEADER)


def keep(place: Path, trained: Trained, experiment: Classification) -> None:
    """Put a trained teacher where every later run finds it: whole or not at all."""
    if place.exists():
        return
    weights: dict[str, Tensor] = {name: value.cpu().contiguous() for name, value in trained.weights.items()}
    facts = {
        "model": experiment.teacher.model_dump(mode="json"),
        "best_step": trained.best_step,
        "steps": trained.steps,
    }
    with write_folder(place) as aside:
        save_file(weights, aside / KEPT, metadata={"format": "pt"})
        write_json(aside / "facts.json", facts)
