"""The background worker of a run: launches the training process, follows its files, carries requests to it.

A QThread that overrides `run`: it has no slots and no timers, is never terminated, and hands what it learns to the window
through a queue that the window empties when it likes (pull, not push: a flood of signals would bury the clicks).
"""

import logging
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from typing import TypeAlias

import psutil
from PySide6.QtCore import QObject, QThread

from kdstudio.gui.language import tr
from kdstudio.runs import fold_cache
from kdstudio.runs.folder import Request, RunFolder, Status
from kdstudio.runs.follow import Follower, News
from kdstudio.runs.home import Home
from kdstudio.runs.launch import StopLadder, launch, starting
from kdstudio.runs.lost import disk_is_full
from kdstudio.runs.state import RunState, State
from kdstudio.runs.usage import Meter, Usage
from kdstudio.spec.regular_files import read_end

log = logging.getLogger(__name__)

LOOK_EVERY = 0.1  # seconds
MEASURE_EVERY = 0.5  # seconds
EXIT_PATIENCE = 20.0  # seconds that a process may take to end after its run has
BATCH = 1000  # events in one piece of news: the window takes as many pieces as fit between two frames

KILLED = (-9, -15)
"""Exit codes of a process that was ended from outside: kill, and terminate before it could hear that as a request."""

Process: TypeAlias = "subprocess.Popen[bytes]"
Launcher: TypeAlias = Callable[[RunFolder, Home], Process]


@dataclass(frozen=True, kw_only=True, slots=True)
class Folded:
    """All that was there when the run was opened, folded by the thread, so that the window does not have to: `state` is the
    window's from now on. `news` says how the run stands."""

    state: RunState
    news: News


# Processes that go on without us are kept, so that Python does not complain about children nobody waited for.
_left_running: list[Process] = []


class TrainingWorker(QThread):
    """Follows one run until its attempt is over, or until it is told to leave.

    Args:
        folder: the run.
        home: its home.
        launcher: starts the training process; None only follows what is there.
    """

    def __init__(
        self, folder: RunFolder, home: Home, launcher: Launcher | None = launch, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName(f"follow {folder.id}")
        self.folder, self._home, self._launcher = folder, home, launcher
        self.news: SimpleQueue[News | Folded] = SimpleQueue()
        self.watched = False
        self.usage: Usage | None = None
        self._wake = threading.Event()
        self._leaving = False
        self._wanted: set[Request] = set()
        self._process: Process | None = None
        self._before = folder.status().attempt  # asked first: a process that begins right now is not taken for one that waits
        self._foreign = starting(folder) if launcher is None else None  # launched by another window
        if not self.starts:
            self._before = 0
        self._ladder: StopLadder | None = None
        self._meter: Meter | None = None
        self._meter_of, self._measure_at = 0, 0.0

    @property
    def starts(self) -> bool:
        """Whether a process has been launched for the run, by this window or another."""
        return self._launcher is not None or self._foreign is not None

    def request(self, request: Request) -> None:
        """Ask the run for something. Called by the window; done by the thread, as soon as the run can hear it."""
        self._wanted |= {request}
        self._wake.set()

    def leave(self) -> None:
        """End the thread soon. The run itself goes on."""
        self._leaving = True
        self._wake.set()

    def run(self) -> None:
        """The thread: never called directly."""
        try:
            self._work()
        except Exception as error:  # else it would vanish, or take the program with it
            log.exception("following run %s failed", self.folder.id)
            self._put_failure("internal", kind=type(error).__name__, message=str(error))
        finally:
            if self._meter is not None:
                self._meter.close()
            self._see_off()

    def _see_off(self) -> None:
        """Wait until the process of an ended run is gone too; one that goes on without us is only remembered."""
        _left_running[:] = [process for process in _left_running if process.poll() is None]
        until = time.monotonic() + EXIT_PATIENCE
        while self._process is not None and self._process.poll() is None:
            if self._leaving or time.monotonic() > until:
                _left_running.append(self._process)
                return
            self._wake.wait(LOOK_EVERY)
            self._wake.clear()

    def _work(self) -> None:
        if self._launcher is not None and not self._launch(self._launcher):
            return
        state, known = fold_cache.kept(self.folder) or (RunState(), 0)
        follower = Follower(self.folder, at=known)
        first = True
        while True:
            ended = self._process.poll() is not None if self._process is not None else not _is_there(self._foreign)
            news = self._as_launched(follower.look(), ended)
            if self._ladder is not None and self._ladder.holder_unknown and not news.over:
                news = replace(news, silence="holder-unknown")
            if first and (news.events or known):
                state.apply_all(news.events)
                if news.over and follower.reader.at - known >= fold_cache.WORTH:
                    fold_cache.keep(self.folder, state, follower.reader.at)
                self.news.put(Folded(state=state, news=replace(news, events=())))
            else:
                for piece in pieces(news):
                    self.news.put(piece)
            first = False
            self._measure(news.status)
            if self._leaving or news.over:
                return
            self._obey(news.status)
            self._wake.wait(LOOK_EVERY)
            self._wake.clear()

    def _measure(self, status: Status) -> None:
        """How busy the run is, twice a second, while somebody looks."""
        at_work = self.watched and status.state.active and status.host == socket.gethostname()
        if self._meter is not None and (not at_work or self._meter_of != status.pid):
            self._meter.close()
            self._meter, self.usage = None, None
        if not at_work or time.monotonic() < self._measure_at:
            return
        self._measure_at = time.monotonic() + MEASURE_EVERY
        if self._meter is None:
            self._meter, self._meter_of = Meter(status.pid), status.pid
        self.usage = self._meter.read()

    def _launch(self, launcher: Launcher) -> bool:
        try:
            self._process = launcher(self.folder, self._home)
        except OSError as error:
            self._put_failure(
                "not-writable", path=str(error.filename or self.folder.path), why=error.strerror or str(error)
            )
            return False
        return True

    def _as_launched(self, news: News, ended: bool) -> News:
        """`news`, but for a process that was launched and has not begun yet, or has died before it could write a word."""
        begun = news.status.attempt > self._before
        if not self.starts or begun:
            return news
        if not ended:
            return replace(news, status=Status(state=State.QUEUED, attempt=news.status.attempt))
        if self._process is None:
            return replace(news, status=Status(state=State.LOST, attempt=news.status.attempt, code="killed"))
        if self._process.returncode == 0 and not news.status.state.active:
            return news  # there was nothing to do, for example because the run is complete
        if self._process.returncode in KILLED:
            return replace(news, status=Status(state=State.LOST, attempt=news.status.attempt, code="killed"))
        kind = tr("Exit code {0}").format(self._process.returncode)
        code, parameters = "internal", {"kind": kind, "message": last_words(self.folder)}
        if disk_is_full(self.folder):
            code, parameters = "disk-full", {"path": str(self.folder.path)}
        return replace(news, status=Status(
            state=State.FAILED, attempt=news.status.attempt, code=code, parameters=dict(parameters),
        ))  # fmt: skip

    def _obey(self, status: Status) -> None:
        """Carry out what was asked for. A process that has not begun yet cannot hear; then it is tried again."""
        if self._ladder is not None:
            self._ladder.climb()
            return
        if Request.STOP in self._wanted:  # stop beats everything else, and the ladder waits for who has not begun
            self._ladder = StopLadder(self.folder)
            return
        if not status.state.active or status.attempt <= self._before:
            return
        for request in sorted(self._wanted):
            if self.folder.ask(request):
                self._wanted -= {request}

    def _put_failure(self, code: str, **parameters: str) -> None:
        self.news.put(News(events=(), status=Status(state=State.FAILED, code=code, parameters=dict(parameters))))


def _is_there(process: psutil.Process | None) -> bool:
    try:
        return process is not None and process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def pieces(news: News) -> Iterator[News]:
    """`news` in pieces of at most BATCH events. Only the last one says how the run stands, so that no reader believes
    that it is over while events are still to come."""
    at = 0
    while len(news.events) - at > BATCH:
        yield News(
            events=news.events[at : at + BATCH],
            status=Status(state=State.RUNNING, attempt=news.status.attempt),
        )
        at += BATCH
    yield replace(news, events=news.events[at:])


def drained(queue: "SimpleQueue[News | Folded]") -> Iterator[News | Folded]:
    """What is in `queue` now."""
    while True:
        try:
            yield queue.get_nowait()
        except Empty:
            return


def last_words(folder: RunFolder, lines: int = 3) -> str:
    """The end of the run's log, in one line; what a process said before it died."""
    try:
        text = read_end(folder.log_file, 4096).decode("utf-8", "replace")
    except OSError:
        return tr("it left no log")
    said = [line.strip() for line in text.splitlines() if line.strip()]
    return " ".join(said[-lines:])[-400:] or tr("it said nothing")
