"""The fold of a run's first events, kept beside its summary so that a large run opens at once: a cache, never the truth.

One line of JSON, then the curves as plain arrays. It is believed only while `events.jsonl` begins with the very bytes that
were folded, by their digest: so it serves a run that has gone on, was killed, or was copied. What is missing, torn or of
another version counts as not there, and all events are read.
"""

import hashlib
import json
import math
import os
import sys
from array import array
from typing import Any

from kdstudio.runs.events import ModelReady, Note, Sampled, from_json, to_json
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.series import Series
from kdstudio.runs.state import Measured, RunState, Stage
from kdstudio.spec.regular_files import open_regular, read_bytes

VERSION = 3
LARGEST = 1 << 30  # bytes of a fold that is read
WORTH = 1 << 20  # bytes of events from which on reading them takes long enough
_PLAIN = (
    "name", "seed", "planned", "unit", "began", "done", "before", "rate", "ended", "reused", "step", "epoch", "best", "saved",
)  # fmt: skip


def _mark(folder: RunFolder, size: int) -> list[Any]:
    """By what a fold of the first `size` bytes of the events is known.

    Raises:
        OSError: there are no events.
        ValueError: there are fewer.
    """
    digest, left = hashlib.blake2b(digest_size=16), size
    with open_regular(folder.events_file) as file:
        while left:
            chunk = file.read(min(left, 1 << 20))
            if not chunk:
                raise ValueError("fewer events than were folded")
            digest.update(chunk)
            left -= len(chunk)
    return [VERSION, size, digest.hexdigest(), sys.byteorder]


def keep(folder: RunFolder, state: RunState, size: int) -> None:
    """Keep `state`, the fold of the first `size` bytes of the events; where that is not possible nothing is kept."""
    try:
        mark = _mark(folder, size)
    except (OSError, ValueError):
        return
    curves: list[Series] = []

    def put(series: Series) -> list[int]:
        curves.append(series)
        return [len(curves) - 1, len(series)]

    values = {
        "mark": mark, "attempt": state.attempt, "outcome": state.outcome, "code": state.code,
        "parameters": state.parameters, "current": state.current, "events": state.events,
        "models": [to_json(ready) for ready in state.models.values()],
        "notes": [to_json(note) for note in state.notes], "samples": [to_json(sample) for sample in state.samples],
        "seconds": list(state._seconds.items()), "stages": [_stage(stage, put) for stage in state.stages.values()],
    }  # fmt: skip
    aside = folder.path / f".fold.{os.getpid()}.part"
    try:
        with aside.open("wb") as file:
            file.write(json.dumps(values, separators=(",", ":"), allow_nan=False).encode() + b"\n")
            for series in curves:
                for column in series.columns:
                    file.write(column.tobytes())
        aside.replace(folder.path / "fold.bin")
    except (OSError, RecursionError, ValueError):
        aside.unlink(missing_ok=True)


def kept(folder: RunFolder) -> tuple[RunState, int] | None:
    """The fold that was kept, with the bytes of events that it is the fold of, when those are still as they were."""
    try:
        head, _, body = read_bytes(folder.path / "fold.bin", limit=LARGEST).partition(b"\n")
        values = json.loads(head, parse_constant=_finite, parse_float=_finite)
        size = int(values["mark"][1])
        return (_state(values, memoryview(body)), size) if values["mark"] == _mark(folder, size) else None
    except (OSError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        return None


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits} is no JSON")
    return number


def _stage(stage: Stage, put: Any) -> dict[str, Any]:
    return {
        **{name: getattr(stage, name) for name in _PLAIN},
        "terms": [[term, put(series)] for term, series in stage.terms.items()],
        "rates": put(stage.learning_rate), "clock": put(stage.clock),
        "curves": [[key, put(series)] for key, series in stage.curves.items()],
        "history": [[each.step, each.seed, each.who, each.split, each.metrics] for each in stage.history],
    }  # fmt: skip


def _state(values: dict[str, Any], body: memoryview) -> RunState:
    starts: dict[int, int] = {}
    state, at = RunState(), 0

    def take(place: list[int]) -> Series:
        nonlocal at
        number, count = place
        if number != len(starts):
            raise ValueError("curves in another order")
        starts[number] = at
        end = at + 16 * count
        if end > len(body):
            raise ValueError("torn")
        series = Series.of(array("q", bytes(body[at : at + 8 * count])), array("d", bytes(body[at + 8 * count : end])))
        at = end
        return series

    state.attempt, state.outcome, state.code = values["attempt"], values["outcome"], values["code"]
    state.parameters, state.events = values["parameters"], values["events"]
    for line in values["models"]:
        ready = from_json(line)
        if isinstance(ready, ModelReady):
            state.models[ready.who or ""] = ready
    state.notes = [note for note in map(from_json, values["notes"]) if isinstance(note, Note)]
    state.samples = [sample for sample in map(from_json, values["samples"]) if isinstance(sample, Sampled)]
    state._seconds = {int(attempt): float(seconds) for attempt, seconds in values["seconds"]}
    for each in values["stages"]:
        stage = Stage(**{name: each[name] for name in _PLAIN})
        stage.terms = {term: take(place) for term, place in each["terms"]}
        stage.learning_rate, stage.clock = take(each["rates"]), take(each["clock"])
        stage.curves = {(who, split, metric): take(place) for (who, split, metric), place in each["curves"]}
        stage.history = [
            Measured(step=step, seed=seed, who=who, split=split, metrics=metrics)
            for step, seed, who, split, metrics in each["history"]
        ]
        stage.latest = {(said.who, said.split): said.metrics for said in stage.history}
        state.stages[(stage.name, stage.seed)] = stage
    state.current = (values["current"][0], values["current"][1]) if values["current"] else None
    return state


__all__ = ["WORTH", "keep", "kept"]
