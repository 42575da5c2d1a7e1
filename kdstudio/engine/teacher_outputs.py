"""The teacher's outputs on the training images: a dataset of its own, kept for every student, seed and sweep."""

import shutil
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
from kdstudio.runs.events import AnyEvent, Note, Progress, StageEnded, StageStarted
from kdstudio.runs.files import read_json, write_json

STAGE = "teacher-outputs"
HEADER: dict[str, Any] = {"stage": STAGE, "who": "teacher"}
KEPT = "logits.npy"
FACTS = "facts.json"


def weights_name(module: nn.Module) -> str:
    """The fingerprint of a module's weights."""
    state = module.state_dict()
    return fingerprint.of_values(
        {name: fingerprint.of_arrays(value.detach().cpu().contiguous().numpy()) for name, value in state.items()}
    )


def teacher_outputs(context: Context, teacher: nn.Module) -> Generator[AnyEvent, None, Tensor | None]:
    """The teacher's logits on every training image as it is: float32 [train, classes] on the device.

    None when the student sees random views: it must never meet the logits of other pixels than it sees, so the
    teacher then runs live. Kept in half precision, memory-mapped, keyed by weights, data and view.
    """
    silent = context.has_ended(STAGE)
    if not context.experiment.dataset.views.off:
        if not silent:
            yield from _nothing_to_do("outputs-live", reused=False)
        return None
    name = fingerprint.of_values(weights_name(teacher), context.images.fingerprint, "as it is", "float16")
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
    assert logits is not None, "it has just been written"
    return torch.from_numpy(logits.astype(np.float32)).to(context.place.device)


def _nothing_to_do(code: str, *, reused: bool, **parameters: Any) -> Iterator[AnyEvent]:
    yield StageStarted(**HEADER, planned=0, unit="images")
    yield Note(**HEADER, level="info", code=code, parameters=parameters)
    yield StageEnded(**HEADER, reused=reused)


def _read(place: Path, rows: int, columns: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.float16]] | None":
    """The kept logits; None when there are none, or they are damaged: then they are thrown away and computed again."""
    try:
        logits = np.load(place / KEPT, mmap_mode="r")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, EOFError):
        logits = None
    if logits is None or logits.shape != (rows, columns) or logits.dtype != np.float16:
        shutil.rmtree(place, ignore_errors=True)
        return None
    return logits


def _made_by(place: Path, context: Context) -> bool:
    return (read_json(place / FACTS) or {}).get("run") == context.folder.id


def _compute(context: Context, teacher: nn.Module, place: Path, *, silent: bool) -> Iterator[AnyEvent]:
    train, pixels = context.part("train"), context.plain_pixels()
    if not silent:
        yield StageStarted(**HEADER, planned=len(train), unit="images")
    aside = place.with_name(f".{place.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    # Written piece by piece, not through a writable memory map: a full disk is then an error, not a bus error.
    with (aside / KEPT).open("wb") as file:
        shape = (len(train), len(context.images.classes))
        np.lib.format.write_array_header_1_0(file, {"descr": "<f2", "fortran_order": False, "shape": shape})
        for at in range(0, len(train), CHUNK):
            context.control.check()
            piece = train.only(slice(at, at + CHUNK))
            file.write(logits_of(teacher, piece, pixels).numpy().astype(np.float16).tobytes())
            done = float(min(at + CHUNK, len(train)))
            if not silent:
                yield Progress(**HEADER, done=done, total=float(len(train)), unit="images")
    write_json(aside / FACTS, {"run": context.folder.id})
    shutil.rmtree(place, ignore_errors=True)
    aside.rename(place)
    if not silent:
        yield StageEnded(**HEADER)
