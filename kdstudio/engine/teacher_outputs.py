"""The teacher's outputs on the training images: a dataset of its own, kept for every student, seed and sweep."""

import contextlib
import logging
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from kdstudio.data import fingerprint
from kdstudio.engine.context import Context
from kdstudio.engine.evaluate import CHUNK, logits_of
from kdstudio.engine.teacher import held
from kdstudio.engine.tensor_files import Damaged, read_patiently
from kdstudio.runs.events import AnyEvent, Note, Progress, StageEnded, StageStarted
from kdstudio.runs.files import read_json, remove, write_folder, write_json
from kdstudio.spec.errors import KnownFailure

log = logging.getLogger("kdstudio")
STAGE = "teacher-outputs"
HEADER: dict[str, Any] = {"stage": STAGE, "who": "teacher"}
KEPT = "logits.npy"
FACTS = "facts.json"
KINDS = (np.dtype("<f2"), np.dtype("<f4"))
"""What logits are kept as: the first that can hold them all."""
COMPUTED_BY = 1
"""The version of the code that computes outputs. Raise it with every change after which the same teacher gives others."""


def weights_name(module: nn.Module) -> str:
    """The fingerprint of a module's weights."""
    state = module.state_dict()
    return fingerprint.of_values(
        {name: fingerprint.of_arrays(value.detach().cpu().contiguous().numpy()) for name, value in state.items()}
    )


def teacher_outputs(context: Context, teacher: nn.Module) -> Generator[AnyEvent, None, Tensor | None]:
    """The teacher's logits on every training image as it is: float32 [train, classes] on the device.

    None when the student sees random views: it must never meet the logits of other pixels than it sees, so the
    teacher then runs live. Kept in half precision, or in float32 where a logit is beyond its range; memory-mapped; keyed by
    weights, architecture, data, view and the code's version.
    """
    silent = context.has_ended(STAGE)
    if not context.experiment.dataset.views.off:
        if not silent:
            yield from _nothing_to_do("outputs-live", reused=False)
        return None
    name = name_of(context, teacher)
    place = context.home.outputs / name
    rows, columns = len(context.images.train), len(context.images.classes)
    with (yield from held(place.with_suffix(".lock"), context.control, HEADER, "waiting-for-teacher")):
        logits = _read(place, rows, columns)
        if logits is not None and not silent and _made_by(place, context):
            # This run computed them and was cut off between keeping them and saying so.
            yield StageStarted(**HEADER, planned=rows, unit="images")
            yield StageEnded(**HEADER)
        elif logits is not None and not silent:
            yield from _nothing_to_do("outputs-reused", reused=True, fingerprint=name)
        elif logits is None:
            yield from _compute(context, teacher, place, silent=silent)
            logits = _read(place, rows, columns)
        if logits is None:
            raise KnownFailure("file-corrupt", path=str(place), why="it was damaged while it was written", field=None)
        return torch.from_numpy(logits.astype(np.float32)).to(context.place.device)


def name_of(context: Context, teacher: nn.Module) -> str:
    """The fingerprint under which the outputs of `teacher` are kept. Weights alone do not name a network: two architectures
    can have tensors of equal names and shapes."""
    model = context.experiment.teacher.model_dump(mode="json", exclude={"weights"})
    return fingerprint.of_values(weights_name(teacher), model, context.images.fingerprint, "as it is", COMPUTED_BY)


def _nothing_to_do(code: str, *, reused: bool, **parameters: Any) -> Iterator[AnyEvent]:
    yield StageStarted(**HEADER, planned=0, unit="images")
    yield Note(**HEADER, level="info", code=code, parameters=parameters)
    yield StageEnded(**HEADER, reused=reused)


def _read(place: Path, rows: int, columns: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.floating[Any]]] | None":
    """The kept logits; None when there are none, or they are damaged: then they are thrown away and computed again.

    Raises:
        KnownFailure: they cannot be read now; they stay as they are.
    """
    if not os.path.lexists(place):
        return None
    try:
        return _checked(read_patiently(lambda: _map(place / KEPT), place / KEPT), rows, columns)
    except Damaged as error:
        log.warning("the teacher's outputs at %s are computed again: %s", place, error)
        remove(place)
        return None


def _map(path: Path) -> Any:
    try:
        return np.load(path, mmap_mode="r")
    except (OSError, MemoryError):
        raise
    except Exception as error:  # numpy's reader of headers raises nearly anything
        raise Damaged(f"{path.name}: {error}") from error


def _checked(logits: Any, rows: int, columns: int) -> Any:
    if not isinstance(logits, np.ndarray) or logits.shape != (rows, columns) or logits.dtype not in KINDS:
        raise Damaged(f"{KEPT} holds something else than {rows} x {columns} logits")
    return logits


def _made_by(place: Path, context: Context) -> bool:
    return (read_json(place / FACTS) or {}).get("run") == context.folder.id


def _compute(context: Context, teacher: nn.Module, place: Path, *, silent: bool) -> Iterator[AnyEvent]:
    train = context.part("train")
    if not silent:
        yield StageStarted(**HEADER, planned=len(train), unit="images")
    for kind in KINDS:
        with contextlib.suppress(_TooLarge):
            yield from _write(context, teacher, place, kind, silent=silent)
            break
    if not silent:
        yield StageEnded(**HEADER)


class _TooLarge(Exception):
    """A logit is beyond the range of half precision."""


def _write(
    context: Context, teacher: nn.Module, place: Path, kind: "np.dtype[Any]", *, silent: bool
) -> Iterator[AnyEvent]:
    """Compute all logits and keep them as numbers of type `kind`.

    Raises:
        _TooLarge: `kind` cannot hold one of them.
    """
    train, pixels = context.part("train"), context.plain_pixels()
    # Written piece by piece, not through a writable memory map: a full disk is then an error, not a bus error.
    with write_folder(place) as aside:
        with (aside / KEPT).open("wb") as file:
            shape = (len(train), len(context.images.classes))
            np.lib.format.write_array_header_1_0(file, {"descr": kind.str, "fortran_order": False, "shape": shape})
            for at in range(0, len(train), CHUNK):
                context.control.check()
                logits = logits_of(teacher, train.only(slice(at, at + CHUNK)), pixels).numpy()
                if kind != KINDS[-1] and np.abs(logits).max() > np.finfo(kind).max:
                    raise _TooLarge
                file.write(logits.astype(kind).tobytes())
                done = float(min(at + CHUNK, len(train)))
                if not silent:
                    yield Progress(**HEADER, done=done, total=float(len(train)), unit="images")
        write_json(aside / FACTS, {"run": context.folder.id, "type": kind.name})
