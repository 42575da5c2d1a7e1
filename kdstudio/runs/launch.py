"""Starting the training process, and stopping it: the same command that anyone can type."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import psutil

from kdstudio.runs.child_python import environment, python
from kdstudio.runs.files import read_json, write_json
from kdstudio.runs.folder import Request, RunFolder
from kdstudio.runs.home import Home
from kdstudio.spec.errors import KnownFailure
from kdstudio.spec.regular_files import append_regular, remove_unless_regular

if TYPE_CHECKING:
    from kdstudio.spec import Experiment

PATIENCE = 15.0  # seconds that a run has to reach a checkpoint before it is terminated
LAST_RESORT = 5.0  # seconds after that before it is killed

LAUNCHED = "launched.json"  # in the run's folder: who was launched last

SAME_START = 60.0
"""Seconds between two readings of when one process began. The system counts from its boot, whose time is in whole seconds and
moves when the clock is set; no process gets the number of one that ended within a minute."""

Process: TypeAlias = "subprocess.Popen[bytes]"


def command(folder: RunFolder, home: Home) -> list[str]:
    """The command that starts or resumes the run in `folder`."""
    return python("-m", "kdstudio", "resume", str(folder.path), "--home", str(home.root))


def launch(folder: RunFolder, home: Home, how: "Callable[[RunFolder, Home], list[str]] | None" = None) -> "Process":
    """Start the training process of `folder`. It outlives this one, and what it prints goes to the run's log.

    Args:
        folder: the run.
        home: its home.
        how: the command; `command`, unless a test wants another process in its place.

    Raises:
        OSError: it cannot be started.
    """
    flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(subprocess, "CREATE_NO_WINDOW", 0)
    remove_unless_regular(folder.log_file)
    with append_regular(folder.log_file) as log:
        process = subprocess.Popen(
            (how or command)(folder, home),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment(),
            start_new_session=True,
            creationflags=flags,
        )
    with contextlib.suppress(OSError, psutil.Error):  # on a full disk it says so itself
        about = {"pid": process.pid, "host": socket.gethostname(), "began": psutil.Process(process.pid).create_time()}
        write_json(folder.path / LAUNCHED, about)
    return process


def starting(folder: RunFolder) -> psutil.Process | None:
    """The process that somebody has launched for the run and that has not said its first word yet: importing takes seconds."""
    said = read_json(folder.path / LAUNCHED) or {}
    pid, began = said.get("pid"), said.get("began")
    if type(pid) is not int or said.get("host") != socket.gethostname() or folder.status().pid == pid:
        return None
    try:
        process = psutil.Process(pid)
        # Its number may have been given to another process since, even to one that shows this very run.
        ours = folder.path.name in " ".join(process.cmdline()) and type(began) is float
        ours = ours and abs(process.create_time() - began) < SAME_START
        return process if ours and process.status() != psutil.STATUS_ZOMBIE else None
    except (psutil.Error, OverflowError, ValueError):
        return None


def new_run(experiment: "Experiment", home: Home) -> RunFolder:
    """Make a run folder for `experiment`, queued. One without a title is called by what it is; where it begins from another
    run's student, that run is written down by its full id.

    Raises:
        OSError: it cannot be written.
    """
    from kdstudio.spec import title_of

    folder = home.new_run(title_of(experiment))
    folder.create(_with_full_ids(experiment, home))
    return folder


def _with_full_ids(experiment: "Experiment", home: Home) -> "Experiment":
    """`experiment` with the full ids of the runs that it names: the beginning of one may fit two runs tomorrow. What names
    none, or more than one, stays as it is: the run itself will say so."""
    from kdstudio.spec.models import RUN_PREFIX, ModelSpec

    found = {}
    for name, model in vars(experiment).items():
        if isinstance(model, ModelSpec) and model.weights_run is not None:
            with contextlib.suppress(KnownFailure):
                found[name] = model.model_copy(update={"weights": RUN_PREFIX + home.find_id(model.weights_run).id})
    return experiment.model_copy(update=found) if found else experiment


class StopLadder:
    """Stops a run step by step: a request, then terminate, then kill. Call `climb` now and then until it says True.

    A process that has been launched and has not begun yet cannot hear the request: it is left as soon as it can. A process
    that is not known to be this run's is never signalled.

    Args:
        folder: the run.
        clock: monotonic seconds.

    Attributes:
        holder_unknown: the run is held, the request was not heard, and nobody knows by whom: on another computer, or by
            another program. Nothing more can be done from here.
    """

    def __init__(self, folder: RunFolder, clock: Callable[[], float] = time.monotonic) -> None:
        self.holder_unknown = False
        self._folder = folder
        self._clock = clock
        self._began = clock()
        self._rung = 0
        self._asked = starting(folder) is None and self._ask()

    def climb(self) -> bool:
        """Take the next step when its time has come; True when no process is at work any more, or nothing more can be done."""
        begins = starting(self._folder)
        if begins is None and not self._folder.alive():
            return True
        if begins is None and not self._asked:
            self._asked = self._ask()
        waited = self._clock() - self._began
        if self._rung == 0 and waited >= PATIENCE:
            self._rung = 1
            self._signal(begins, kill=False)
        elif self._rung == 1 and waited >= PATIENCE + LAST_RESORT:
            self._rung = 2
            self._signal(begins, kill=True)
        return self._rung == 2 and self.holder_unknown

    def _ask(self) -> bool:
        try:
            return self._folder.ask(Request.STOP)
        except OSError:  # a full disk takes no request: the next steps need none
            return False

    def _signal(self, begins: psutil.Process | None, *, kill: bool) -> None:
        process = begins or process_of(self._folder)
        self.holder_unknown = process is None and self._folder.alive()
        if process is None:
            return
        try:
            if kill:
                process.kill()
            else:
                process.terminate()
        except psutil.Error:
            return


def process_of(folder: RunFolder) -> psutil.Process | None:
    """The process that status.json names, where it is known to be this run's: it has the run's lock open. Numbers are used
    again, and files can be copied."""
    status = folder.status()
    if status.pid <= 0 or status.host not in ("", socket.gethostname()):
        return None  # on a shared home it may be another computer's
    try:
        process = psutil.Process(status.pid)
        return process if _holds_lock(process, folder) else None
    except (psutil.Error, OSError, ValueError, OverflowError):
        return None


def _holds_lock(process: psutil.Process, folder: RunFolder) -> bool:
    if sys.platform == "win32":  # which files a process has open cannot be told reliably there
        return folder.path.name in " ".join(process.cmdline()) and folder.alive()
    lock = (folder.path / "run.lock").stat()
    return any(os.path.samestat(lock, Path(opened.path).stat()) for opened in process.open_files())
