"""What happens in a run, as data: one closed union of events, one flat JSON object a line.

Events carry codes and parameters, never prose, so that readers can translate them and add what a dead runner cannot
write. Appending and reading keep three promises: a torn last line is ended before anything follows it, a line that
cannot be understood costs that line alone, and both are counted.
"""

import json
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias

import msgspec
from msgspec import Meta, Struct, field

from kdstudio.spec.regular_files import append_regular, open_regular

FORMAT = 1
DEEPEST = 20
"""Levels of lists and mappings in an event, at most."""
Whole: TypeAlias = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
"""What the columns of a curve can hold."""
MOST_TERMS = 100
"""Of a loss: each is a curve of its own."""
Real: TypeAlias = Annotated[float, Meta(ge=-1e18, le=1e18)]
"""Seconds, counts and rates: far beyond any run, and small enough to add up."""
Metrics: TypeAlias = Mapping[str, float | list[float | None] | None]


class Event(Struct, frozen=True, kw_only=True, gc=False, tag_field="type", tag=True):
    """What every event has. The writer stamps `seq`, `attempt`, `at` (UTC) and `seconds` (since the attempt began)."""

    seq: Whole = -1
    attempt: Whole = 0
    at: str = ""
    seconds: Real = 0.0
    stage: str | None = None
    seed: Whole | None = None
    who: str | None = None


class RunStarted(Event, frozen=True, kw_only=True, gc=False):
    """The first event of an attempt. `resumes_from`: [stage, seed, step] of the checkpoint, or None for a fresh start;
    ["", None, 0] where nothing that was said before is done again."""

    format: Whole = FORMAT
    resumes_from: list[Any] | None = None


class ModelReady(Event, frozen=True, kw_only=True, gc=False):
    """What a network costs: parameters, multiply-accumulates for one image, bytes in float32; input is [c, h, w]."""

    parameters: Whole
    macs: Whole
    bytes: Whole
    input: list[Whole]
    classes: Whole


class StageStarted(Event, frozen=True, kw_only=True, gc=False):
    """A stage begins; it plans `planned` of `unit` (steps, images, seconds)."""

    planned: Real
    unit: str


class Progress(Event, frozen=True, kw_only=True, gc=False):
    """A stage has done `done` of `total`, at `rate` units a second (None until it is known)."""

    done: Real
    total: Real
    unit: str
    rate: Real | None = None


class StageEnded(Event, frozen=True, kw_only=True, gc=False):
    """A stage is done; `reused`: its result was there already."""

    reused: bool = False


class StepLogged(Event, frozen=True, kw_only=True, gc=False):
    """The weighted loss terms of this very step (nats), with the learning rate that it used and steps a second."""

    step: Whole
    epoch: Real
    lr: float
    terms: dict[str, float]
    rate: Real | None = None


class Evaluated(Event, frozen=True, kw_only=True, gc=False):
    """`who` was measured on `split` (train, validation, test) after `step` steps; what does not exist is None."""

    step: Whole
    split: str
    metrics: dict[str, Any]


class Sampled(Event, frozen=True, kw_only=True, gc=False):
    """Examples were written to `artefact`, a path inside the run folder."""

    step: Whole
    artefact: str


class Saved(Event, frozen=True, kw_only=True, gc=False):
    """A checkpoint of `step` is on disk; `best` is the step with the best validation accuracy so far."""

    step: Whole
    best: Whole


class Note(Event, frozen=True, kw_only=True, gc=False):
    """Something worth knowing that is no failure; words in `kdstudio.runs.failures`."""

    level: Literal["info", "warning"]
    code: str
    parameters: dict[str, Any] = field(default_factory=dict)


class RunEnded(Event, frozen=True, kw_only=True, gc=False):
    """The last event of an attempt. `outcome`: completed, stopped, paused or failed (then `code` says why)."""

    outcome: str
    code: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)


AnyEvent: TypeAlias = (
    RunStarted
    | ModelReady
    | StageStarted
    | Progress
    | StageEnded
    | StepLogged
    | Evaluated
    | Sampled
    | Saved
    | Note
    | RunEnded
)
TYPES: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (RunStarted, ModelReady, StageStarted, Progress, StageEnded, StepLogged, Evaluated, Sampled, Saved, Note, RunEnded)
}  # fmt: skip


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
    for name in event.__struct_fields__:
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
        event = _DECODER.decode(line)
    except msgspec.ValidationError as error:
        kind = _type_of(line)
        if kind is not None and kind not in TYPES:
            raise UnknownType(kind) from None
        raise BadLine(str(error)) from None
    except (ValueError, RecursionError):
        raise BadLine("not JSON") from None
    if not _holds_what_it_should(event):
        raise BadLine("a field holds something odd")
    return event


_DECODER = msgspec.json.Decoder(AnyEvent)


class _Typed(Struct):
    type: str


def _type_of(line: str | bytes) -> str | None:
    try:
        return msgspec.json.decode(line, type=_Typed).type
    except (ValueError, RecursionError):
        return None


def _holds_what_it_should(event: Event) -> bool:
    """Whether fields of any content hold what readers take for granted; the others were checked by their types."""
    match event:
        case StepLogged():
            return len(event.terms) <= MOST_TERMS
        case Evaluated():
            return _within(event.metrics)
        case Note() | RunEnded():
            return _within(event.parameters)
        case RunStarted() if event.resumes_from is not None:
            if len(event.resumes_from) != 3:
                return False
            stage, seed, step = event.resumes_from
            return (
                type(stage) is str
                and (seed is None or type(seed) is int)
                and type(step) is int
                and _within([seed, step])
            )
    return True


def _within(value: Any, depth: int = DEEPEST) -> bool:
    """Whether no number in `value` is larger than curves can hold, and nothing is nested deeper than `depth`."""
    kind = type(value)
    if depth < 0:
        return False
    if kind is float:
        return math.isfinite(value)
    if kind is int:
        return -(2**63) <= value < 2**63
    if kind is dict:
        return all(_within(each, depth - 1) for each in value.values())
    return all(_within(each, depth - 1) for each in value) if kind is list else True


class EventWriter:
    """Appends events to a file. Each append reaches the operating system before it returns."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = append_regular(path)
        self._file.seek(0, os.SEEK_END)
        self._torn = self._file.tell() > 0 and not _ends_with_newline(path)

    def append(self, event: Event) -> None:
        """Write one event; a line that an earlier failure tore is ended first.

        Raises:
            OSError: the disk is full, or gone.
        """
        rest = (b"\n" if self._torn else b"") + to_json(event).encode() + b"\n"
        self._torn = True
        try:
            while rest:
                rest = rest[self._file.write(rest) or 0 :]
        except OSError as error:
            error.filename = error.filename or str(self._path)
            raise
        self._torn = False

    def sync(self) -> None:
        """Wait until what was appended is on disk, so that it is there after a power cut too.

        Raises:
            OSError: the disk does not take it.
        """
        os.fsync(self._file.fileno())

    @property
    def size(self) -> int:
        """Bytes of the file so far, the torn line among them."""
        return self._file.tell()

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

    Args:
        at: bytes from the start where the cursor stands, at the beginning of a line.

    Attributes:
        at: where it stands now: behind the last whole line.
        torn: lines that were no event.
        unknown: lines of a type that this version does not know, and all of an attempt that a newer version wrote.
        newer: the format of the attempt that is being read, where a newer version wrote it; else 0.
    """

    CHUNK: ClassVar[int] = 1 << 22

    def __init__(self, path: Path, at: int = 0) -> None:
        self._path = path
        self.at = at
        self._in_giant, self.newer = False, 0
        self.torn = 0
        self.unknown = 0

    def read(self) -> list[AnyEvent]:
        """Every whole event written since the last call; an unended last line waits. No file yet is no event."""
        events: list[AnyEvent] = []
        for line in self._lines():
            try:
                event = from_json(line)
            except BadLine:
                self.torn += 1
                continue
            except UnknownType:
                self.unknown += 1
                continue
            if type(event) is RunStarted:
                self.newer = event.format if event.format > FORMAT else 0
                if self.newer:
                    about = {"format": event.format, "known": FORMAT}
                    events.append(
                        Note(attempt=event.attempt, at=event.at, level="warning", code="newer-format", parameters=about)
                    )
            if self.newer:
                self.unknown += 1
            else:
                events.append(event)
        return events

    def _lines(self) -> Iterator[bytes]:
        try:
            with open_regular(self._path) as file:
                file.seek(self.at)
                while True:
                    chunk = file.read(self.CHUNK)
                    end = chunk.rfind(b"\n")
                    if end < 0:
                        if len(chunk) < self.CHUNK:
                            return
                        # A single line larger than a chunk: no event of ours.
                        self.torn += not self._in_giant
                        self._in_giant = True
                        self.at += len(chunk)
                        continue
                    self.at += end + 1
                    file.seek(self.at)
                    lines = chunk[:end].split(b"\n")[self._in_giant :]
                    self._in_giant = False
                    yield from (line for line in lines if line.strip())
        except OSError:  # not there yet, or not a file: nothing to read
            return
