"""What happens in a run, as data: one closed union of events, one flat JSON object a line.

Events carry codes and parameters, never prose, so that readers can translate them and add what a dead runner cannot
write. Appending and reading keep three promises: a torn last line is ended before anything follows it, a line that
cannot be understood costs that line alone, and both are counted.
"""

import dataclasses
import json
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Literal, Self, TypeAlias

FORMAT = 1
Metrics: TypeAlias = Mapping[str, float | list[float | None] | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """What every event has. The writer stamps `seq`, `attempt`, `at` (UTC) and `seconds` (since the attempt began)."""

    seq: int = -1
    attempt: int = 0
    at: str = ""
    seconds: float = 0.0
    stage: str | None = None
    seed: int | None = None
    who: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RunStarted(Event):
    """The first event of an attempt. `resumes_from`: [stage, seed, step] of the checkpoint, or None for a fresh start."""

    format: int = FORMAT
    resumes_from: list[Any] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelReady(Event):
    """What a network costs: parameters, multiply-accumulates for one image, bytes in float32; input is [c, h, w]."""

    parameters: int
    macs: int
    bytes: int
    input: list[int]
    classes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class StageStarted(Event):
    """A stage begins; it plans `planned` of `unit` (steps, images, seconds)."""

    planned: float
    unit: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress(Event):
    """A stage has done `done` of `total`, at `rate` units a second (None until it is known)."""

    done: float
    total: float
    unit: str
    rate: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StageEnded(Event):
    """A stage is done; `reused`: its result was there already."""

    reused: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class StepLogged(Event):
    """The weighted loss terms of this very step (nats), with the learning rate that it used and steps a second."""

    step: int
    epoch: float
    lr: float
    terms: dict[str, float]
    rate: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluated(Event):
    """`who` was measured on `split` (train, validation, test) after `step` steps; what does not exist is None."""

    step: int
    split: str
    metrics: dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sampled(Event):
    """Examples were written to `artefact`, a path inside the run folder."""

    step: int
    artefact: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Saved(Event):
    """A checkpoint of `step` is on disk; `best` is the step with the best validation accuracy so far."""

    step: int
    best: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Note(Event):
    """Something worth knowing that is no failure; words in `kdstudio.runs.failures`."""

    level: Literal["info", "warning"]
    code: str
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class RunEnded(Event):
    """The last event of an attempt. `outcome`: completed, stopped, paused or failed (then `code` says why)."""

    outcome: str
    code: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)


AnyEvent: TypeAlias = (
    RunStarted | ModelReady | StageStarted | Progress | StageEnded | StepLogged | Evaluated | Sampled | Saved | Note | RunEnded
)
TYPES: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (RunStarted, ModelReady, StageStarted, Progress, StageEnded, StepLogged, Evaluated, Sampled, Saved, Note, RunEnded)
}  # fmt: skip

_NUMBER = (int, float)
_TEXT_OR_NONE = (str, type(None))
_CHECKS: dict[str, tuple[type, ...]] = {
    "int": (int,), "float": _NUMBER, "str": (str,), "bool": (bool,), "str | None": _TEXT_OR_NONE,
    "int | None": (int, type(None)), "float | None": (int, float, type(None)), "list[int]": (list,),
    "list[Any] | None": (list, type(None)), "dict[str, float]": (dict,), "dict[str, Any]": (dict,),
    "Literal['info', 'warning']": (str,),
}  # fmt: skip


def _name(annotation: Any) -> str:
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
    text = str(annotation) if "[" in str(annotation) or "|" in str(annotation) else text
    return text.replace("typing.", "")


_FIELDS: dict[type[Event], dict[str, tuple[type, ...]]] = {
    kind: {each.name: _CHECKS[_name(each.type)] for each in dataclasses.fields(kind)} for kind in TYPES.values()
}


class BadLine(ValueError):
    """A line that is no event: torn, not JSON, or with a field of the wrong type."""


class UnknownType(ValueError):
    """A line of a type that this version does not know."""


def to_json(event: Event) -> str:
    """One line, without the newline. Header fields that do not apply are left out.

    Raises:
        ValueError: a number in it is not finite.
    """
    values: dict[str, Any] = {"type": type(event).__name__}
    for name in _FIELDS[type(event)]:
        value = getattr(event, name)
        if value is not None or name not in ("stage", "seed", "who"):
            values[name] = value
    return json.dumps(values, separators=(",", ":"), allow_nan=False, ensure_ascii=False)


def from_json(line: str | bytes) -> AnyEvent:
    """The event in `line`. Fields that this version does not know are ignored.

    Raises:
        BadLine: it is torn, or a field is missing or of the wrong type.
        UnknownType: its type is not known here.
    """
    try:
        values = _DECODER.decode(line if isinstance(line, str) else line.decode())
    except (ValueError, RecursionError):
        raise BadLine("not JSON") from None
    if not isinstance(values, dict) or not isinstance(values.get("type"), str):
        raise BadLine("no event")
    kind = TYPES.get(values["type"])
    if kind is None:
        raise UnknownType(values["type"])
    checks = _FIELDS[kind]
    known = {name: values[name] for name in checks if name in values}
    for name, value in known.items():
        if not isinstance(value, checks[name]) or ((value is True or value is False) and checks[name] != (bool,)):
            raise BadLine(f"{name} has the wrong type")
        if not _within(value):
            raise BadLine(f"{name} is larger than curves can hold")
    try:
        event = kind(**known)
    except TypeError:
        raise BadLine("a field is missing") from None
    if not _holds_what_it_should(event):
        raise BadLine("a field holds something odd")
    return event  # type: ignore[return-value]


def _holds_what_it_should(event: Event) -> bool:
    """Whether lists and dictionaries hold what readers take for granted; their own types were checked before."""
    match event:
        case StepLogged():
            return all(type(value) in _NUMBER for value in event.terms.values())
        case ModelReady():
            return all(type(value) is int for value in event.input)
        case Note():
            return event.level in ("info", "warning")
        case RunStarted() if event.resumes_from is not None:
            if len(event.resumes_from) != 3:
                return False
            stage, seed, step = event.resumes_from
            return type(stage) is str and (seed is None or type(seed) is int) and type(step) is int
    return True


def _within(value: Any) -> bool:
    """Whether no number in `value` is larger than curves can hold. Asked of what was decoded: a function of ours for each
    number that is decoded would take the decoder's fast path away."""
    kind = type(value)
    if kind is float:
        return math.isfinite(value)
    if kind is int:
        return -(2**63) <= value < 2**63
    if kind is dict:
        return all(map(_within, value.values()))
    return all(map(_within, value)) if kind is list else True


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)


class EventWriter:
    """Appends events to a file. Each append reaches the operating system before it returns."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        self._torn = self._file.tell() > 0 and not _ends_with_newline(path)

    def append(self, event: Event) -> None:
        """Write one event; a line that an earlier failure tore is ended first.

        Raises:
            OSError: the disk is full, or gone.
        """
        rest = (b"\n" if self._torn else b"") + to_json(event).encode() + b"\n"
        self._torn = True
        while rest:
            rest = rest[self._file.write(rest) or 0 :]
        self._torn = False

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


class EventReader:
    """Reads a growing file of events from a cursor on.

    Attributes:
        torn: lines that were no event.
        unknown: lines of a type that this version does not know.
    """

    CHUNK: ClassVar[int] = 1 << 22

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0
        self._in_giant = False
        self.torn = 0
        self.unknown = 0

    def read(self) -> list[AnyEvent]:
        """Every whole event written since the last call; an unended last line waits. No file yet is no event."""
        events = []
        for line in self._lines():
            try:
                events.append(from_json(line))
            except BadLine:
                self.torn += 1
            except UnknownType:
                self.unknown += 1
        return events

    def _lines(self) -> Iterator[bytes]:
        try:
            with self._path.open("rb") as file:
                file.seek(self._at)
                while True:
                    chunk = file.read(self.CHUNK)
                    end = chunk.rfind(b"\n")
                    if end < 0:
                        if len(chunk) < self.CHUNK:
                            return
                        # A single line larger than a chunk: no event of ours.
                        self.torn += not self._in_giant
                        self._in_giant = True
                        self._at += len(chunk)
                        continue
                    self._at += end + 1
                    file.seek(self._at)
                    lines = chunk[:end].split(b"\n")[self._in_giant :]
                    self._in_giant = False
                    yield from (line for line in lines if line.strip())
        except OSError:  # not there yet, or not a file: nothing to read
            return
