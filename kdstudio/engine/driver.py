"""Drives one attempt: holds the run's lock, beats, stamps and writes events, and always says how it ended."""

import errno
import logging
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec
import torch
from safetensors import SafetensorError

from kdstudio.engine.control import Interrupted
from kdstudio.engine.session import session
from kdstudio.runs import fold_cache
from kdstudio.runs.events import (
    FORMAT,
    AnyEvent,
    Event,
    EventWriter,
    ModelReady,
    Note,
    RunEnded,
    Saved,
    StageEnded,
    StepLogged,
)
from kdstudio.runs.files import write_json
from kdstudio.runs.folder import Request, RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.state import RunState, State
from kdstudio.runs.summary import summarise
from kdstudio.spec import Experiment, title_of
from kdstudio.spec.errors import KnownFailure
from kdstudio.spec.regular_files import remove_unless_regular

log = logging.getLogger("kdstudio")
BEAT = 1.0  # seconds
SUMMARY = 1.0  # seconds
BALLAST = 64 * 1024
"""Bytes kept back, so that a run on a full disk can still write how it ended."""


def drive(folder: RunFolder, home: Home, *, on_event: Callable[[AnyEvent, RunState], None] | None = None) -> str:
    """Carry out one attempt at the run in `folder`; the outcome: completed, stopped, paused or failed.

    Ctrl-C, a polite request to terminate and a terminal that closes stop it and save; a second Ctrl-C ends it at once.
    `on_event` sees each event after it is written; when it raises OSError it is not called again.

    Raises:
        KnownFailure: another process is at work on it.
    """
    with folder.hold():
        if folder.status().state is State.COMPLETED:
            return "completed"
        return _Attempt(folder, home, on_event).run()


class _Attempt:
    def __init__(self, folder: RunFolder, home: Home, on_event: Callable[[AnyEvent, RunState], None] | None) -> None:
        self._folder, self._home, self._on_event = folder, home, on_event
        self._state, reader = folder.fold()
        if reader.newer:
            raise KnownFailure("newer-format", format=reader.newer, known=FORMAT)
        self._number = max(folder.status().attempt, self._state.attempt) + 1
        self._seq = self._state.events + reader.torn + reader.unknown
        self._began = time.monotonic()
        self._summarised = 0.0
        self._folded = 0  # bytes of the events whose fold is kept
        self._signalled: deque[Request] = deque()  # one for each signal that was not taken yet
        self._title = ""
        self._experiment: Experiment | None = None
        self._ballast = folder.path / ".ballast"

    def run(self) -> str:
        folder = self._folder
        folder.artefacts.mkdir(exist_ok=True)
        self._experiment = _experiment(folder)
        self._title = title_of(self._experiment) if self._experiment else folder.path.name
        for path in (folder.log_file, folder.heartbeat_file, folder.events_file):
            remove_unless_regular(path)
        with _logging_to(folder.log_file), _beating(folder.heartbeat_file), self._signals():
            self._set(State.QUEUED)
            log.info("attempt %d begins, process %d", self._number, os.getpid())
            with suppress(OSError):
                self._ballast.write_bytes(bytes(BALLAST))
            with EventWriter(folder.events_file) as self._writer:
                return self._write_all()

    def _write_all(self) -> str:
        ended = RunEnded(outcome="failed", code="internal")
        events = session(self._folder, self._request, home=self._home)
        try:
            for event in events:
                self._append(event)
            ended = RunEnded(outcome="completed")
        except Interrupted as interrupted:
            ended = RunEnded(outcome="paused" if interrupted.request is Request.PAUSE else "stopped")
        except KeyboardInterrupt:
            ended = RunEnded(outcome="stopped")
        except BaseException as error:
            code, parameters = classify(error, self._folder, self._state)
            log.error("failed: %s %s", code, parameters, exc_info=code == "internal")
            ended = RunEnded(outcome="failed", code=code, parameters=parameters)
        finally:
            events.close()  # gives locks and device back, also when it was an append that failed
            ended = self._end(ended)
        return ended.outcome

    def _end(self, ended: RunEnded) -> RunEnded:
        """Write down how the attempt ended; the event that says it, which is a failure where it could not be written."""
        with suppress(OSError):
            self._ballast.unlink(missing_ok=True)
        # Each of these is worth having without the others: the disk may be full, or the folder gone.
        try:
            self._append(ended)
        except OSError as error:
            if ended.outcome != "failed":
                code, parameters = classify(error, self._folder, self._state)
                ended = RunEnded(outcome="failed", code=code, parameters=parameters)
            log.error("the end cannot be written: %s", error)
            if self._state.outcome is None:  # it is not in the file, so nobody was told
                self._state.apply(self._stamped(ended))
                self._show(ended)
        with suppress(OSError):
            self._summarise()
        with suppress(OSError):
            self._keep_fold(growth=1.0)
        with suppress(OSError):
            self._set(State(ended.outcome), ended.code, **ended.parameters)
        log.info("attempt %d ended: %s", self._number, ended.outcome)
        return ended

    def _append(self, event: AnyEvent) -> None:
        stamped = self._stamped(event)
        self._writer.append(stamped)
        self._state.apply(stamped)
        if isinstance(stamped, Saved | StageEnded | RunEnded):  # what was said before counts as much as the checkpoint
            self._writer.sync()
        match stamped:
            case Note(code="device-ready"):
                self._set(State.PREPARING)
            case Note() if stamped.code.startswith("waiting-") and self._folder.status().state is State.QUEUED:
                self._set(State.QUEUED, stamped.code, **stamped.parameters)  # lists say what it waits for
            case ModelReady() if self._folder.status().state is State.PREPARING:
                self._set(State.RUNNING)
        if not isinstance(stamped, StepLogged):
            _write_log(stamped)
            if time.monotonic() - self._summarised >= SUMMARY:
                self._summarise()
                self._keep_fold(growth=1.5)
        self._show(stamped)

    def _show(self, event: AnyEvent) -> None:
        """Hand the event to whoever watches. A reader that went away (a closed pipe or terminal) is no reason to end."""
        if self._on_event is None:
            return
        try:
            self._on_event(event, self._state)
        except OSError as error:
            self._on_event = None
            log.warning("nobody reads the progress any more (%s): the training runs without", error)

    def _stamped(self, event: AnyEvent) -> AnyEvent:
        self._seq += 1
        return msgspec.structs.replace(
            event, seq=self._seq, attempt=self._number,
            at=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            seconds=round(time.monotonic() - self._began, 4),
        )  # fmt: skip

    def _summarise(self) -> None:
        write_json(self._folder.summary_file, summarise(self._state, self._title, self._experiment))
        self._summarised = time.monotonic()

    def _keep_fold(self, growth: float) -> None:
        """Keep the fold when the events are many and `growth` times those of the one that is kept: a window then opens the
        run, at work or killed, without reading every line."""
        size = self._writer.size
        if size >= max(fold_cache.WORTH, growth * self._folded):
            fold_cache.keep(self._folder, self._state, size)
            self._folded = size

    def _set(self, state: State, code: str | None = None, **parameters: Any) -> None:
        self._folder.set_status(state, attempt=self._number, code=code, **parameters)

    def _request(self) -> Request | None:
        """The next thing asked of this attempt, by a signal or a file; the status says at once that it was heard."""
        request = self._signalled.popleft() if self._signalled else next(self._folder.take_requests(self._number), None)
        if request is Request.STOP:
            self._set(State.STOPPING)
        elif request is Request.PAUSE:
            self._set(State.PAUSING)
        return request

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """The first signal is a request to stop, a second Ctrl-C is not a request. A terminal that closes is one too."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def heard(number: int, frame: FrameType | None) -> None:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self._signalled.append(Request.STOP)

        numbers = [signal.SIGINT, signal.SIGTERM]
        hang_up = getattr(signal, "SIGHUP", None)  # Windows has none
        if hang_up is not None and signal.getsignal(hang_up) is not signal.SIG_IGN:  # `nohup` asks to ignore it
            numbers.append(hang_up)
        old = {number: signal.signal(number, heard) for number in numbers}
        try:
            yield
        finally:
            for number, handler in old.items():
                signal.signal(number, handler)


def _experiment(folder: RunFolder) -> Experiment | None:
    try:
        return folder.experiment()
    except ValueError:
        return None


def _write_log(event: Event) -> None:
    if isinstance(event, Note):
        log.log(logging.WARNING if event.level == "warning" else logging.INFO, "%s %s", event.code, event.parameters)
    else:
        log.debug("%s", type(event).__name__)


@contextmanager
def _logging_to(path: Path) -> Iterator[None]:
    handler = logging.FileHandler(path, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    handler.handleError = lambda record: None  # type: ignore[method-assign]  # a full disk must not end the run twice
    level, propagate = log.level, log.propagate
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
        log.propagate = propagate
        with suppress(OSError):
            handler.close()


@contextmanager
def _beating(path: Path) -> Iterator[None]:
    """A counter that a daemon thread raises: it says that the process runs, not that it gets anywhere."""
    over = threading.Event()

    def beat() -> None:
        count = 0
        while True:
            with suppress(OSError):
                path.write_text(str(count))
            count += 1
            if over.wait(BEAT):
                return

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def classify(error: BaseException, folder: RunFolder, state: RunState) -> tuple[str, dict[str, Any]]:
    """The code and parameters of what went wrong; the words are in `kdstudio.runs.failures`."""
    stage = state.current[0] if state.current else "loading"
    if isinstance(error, KnownFailure):
        return error.code, dict(error.parameters)
    if isinstance(error, torch.OutOfMemoryError):
        return "out-of-memory-device", {"stage": stage, "device": _device_in(state)}
    text = str(error)
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and _says_no_memory(text)):
        return "out-of-memory-system", {"stage": stage}
    if (isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)) or _says_disk_full(error, text):
        return "disk-full", {"path": str(folder.path)}
    if isinstance(error, FileNotFoundError):
        return "file-missing", {"path": str(error.filename), "field": None}
    if isinstance(error, PermissionError) or (isinstance(error, OSError) and error.errno == errno.EROFS):
        return "not-writable", {"path": str(error.filename or folder.path), "why": error.strerror or text}
    if isinstance(error, RuntimeError) and any(
        word in text for word in ("CUDA error", "cuDNN error", "MPS backend", "HIP error")
    ):
        return "device-lost", {"device": _device_in(state), "why": text.splitlines()[0]}
    return "internal", {"kind": type(error).__name__, "message": text[:500]}


def _says_no_memory(text: str) -> bool:
    return any(
        words in text
        for words in ("can't allocate memory", "not enough memory", "Cannot allocate memory", "std::bad_alloc")
    )


def _says_disk_full(error: BaseException, text: str) -> bool:
    """safetensors and numpy say so in words alone."""
    told = isinstance(error, SafetensorError) and (
        "os error 28" in text or "os error 122" in text or "os error 112" in text
    )
    return told or (isinstance(error, OSError) and "requested and" in text and "written" in text)


def _device_in(state: RunState) -> str:
    ready = [note.parameters.get("device") for note in state.notes if note.code == "device-ready"]
    return str(ready[-1]) if ready else "The device"
