"""The run in view: owns its worker, folds its events in the window's thread, and passes on what people ask of it."""

import logging
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from kdstudio.gui.language import explain
from kdstudio.gui.replay import Replay
from kdstudio.gui.stopping import Stopping
from kdstudio.gui.training_worker import Folded, Launcher, TrainingWorker, drained
from kdstudio.runs.events import AnyEvent, Evaluated, Saved, StageEnded
from kdstudio.runs.failures import Words
from kdstudio.runs.folder import Request, RunFolder, Status
from kdstudio.runs.follow import News
from kdstudio.runs.home import Home
from kdstudio.runs.launch import launch, new_run, starting
from kdstudio.runs.state import RunState, State
from kdstudio.runs.storage import at_work
from kdstudio.runs.usage import Usage
from kdstudio.spec import SpecError

if TYPE_CHECKING:
    from kdstudio.spec import Experiment

log = logging.getLogger(__name__)

DRAIN_EVERY = 50  # milliseconds
RECENT = 20  # runs that are looked at for one at work when the window opens
FRAME = 0.010  # seconds of folding at a time, so that a long replay never holds up a click


class RunController(QObject):
    """Everything the window knows of one run, and may do to it.

    Signals:
        opened: another run is in view.
        changed: something about it is new.
        refused: something could not be done; carries `Words`.
        answered: the run has saved or evaluated, as it was asked to; carries the event.

    Attributes:
        folder: the run in view, or None.
        title: what people call it, "" for none.
        experiment: what it was asked for; None when that cannot be read.
        state: the fold of its events.
        status: as it is now.
        silence: words while its silence means something, else None.
        asked: the request to stop or to pause that is on its way, or None.
        wanted: requests to save or to evaluate that the run has not answered yet.
        replay: the replay in view, which leaves the run itself as it is; None for none.
    """

    opened = Signal()
    changed = Signal()
    refused = Signal(object)
    answered = Signal(object)

    def __init__(self, home: Home, launcher: Launcher = launch, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.home, self._launcher = home, launcher
        self.folder: RunFolder | None = None
        self.title = ""
        self.experiment: Experiment | None = None
        self.state = RunState()
        self.status = Status()
        self.silence: Words | None = None
        self.asked: Request | None = None
        self.wanted: set[Request] = set()
        self.replay: Replay | None = None
        self._watched = False
        self._worker: TrainingWorker | None = None
        self._stopping: Stopping | None = None
        self._leaving: list[TrainingWorker] = []
        self._launched: list[RunFolder] = []
        self._timer = QTimer(self)
        self._timer.setInterval(DRAIN_EVERY)
        self._timer.timeout.connect(self._drain)

    @property
    def active(self) -> bool:
        """Whether a process is, or should be, at work on the run in view."""
        return self.folder is not None and self.status.state.active and self._worker is not None and not self.waiting

    @property
    def waiting(self) -> bool:
        """Whether the run in view has never begun, and nobody is starting it: it was queued, or died before its first word."""
        new = self.folder is not None and self.status.state is State.QUEUED and self.status.attempt == 0
        return new and (self._worker is None or not self._worker.starts)

    @property
    def resumable(self) -> bool:
        """Whether `resume` would go on with it."""
        ended = (State.PAUSED, State.STOPPED, State.FAILED, State.LOST)
        return self.folder is not None and not self.active and (self.status.state in ended or self.waiting)

    @property
    def replayable(self) -> bool:
        """Whether there is something to tell again, and nobody is writing it."""
        return self.folder is not None and not self.active and self.state.events > 1

    @property
    def shown(self) -> RunState:
        """What there is to see: the replay where one is in view, else the run."""
        return self.replay.state if self.replay is not None else self.state

    @property
    def shown_as(self) -> State:
        """What it is doing, as far as it is seen."""
        if self.replay is not None and not self.replay.over:
            return State.RUNNING
        return self.status.state

    @property
    def usage(self) -> Usage | None:
        """How busy the run's process is, as last measured; only while `watch` is on."""
        return self._worker.usage if self._worker is not None else None

    @property
    def failure_code(self) -> tuple[str, dict[str, Any]] | None:
        """Why it failed, when it did: a code and its parameters."""
        if self.status.state not in (State.FAILED, State.LOST):
            return None
        code = self.status.code or self.state.code or ("killed" if self.status.state is State.LOST else "internal")
        return code, self.status.parameters or self.state.parameters

    @property
    def failure(self) -> Words | None:
        """The words for why it failed, when it did."""
        return explain(*self.failure_code) if self.failure_code is not None else None

    @property
    def others(self) -> list[RunFolder]:
        """The runs that this window knows of, that are not in view, and that are still at work."""
        going = [folder for folder in self._launched if folder != self.folder and _goes_on(folder)]
        seen_to = [self.folder, *(worker.folder for worker in self._leaving)]  # may be about to be launched
        self._launched = [folder for folder in self._launched if folder in going or folder in seen_to]
        return going

    @property
    def at_work(self) -> list[RunFolder]:
        """The runs at work that this window knows of: the one in view, and the others that were started from here."""
        return [*([self.folder] if self.folder is not None and self.active else []), *self.others]

    @property
    def ending(self) -> bool:
        """Whether a run is at work that `stop_all` has still to wait for."""
        return self.active or self._stopping is not None

    def start(self, experiment: "Experiment") -> bool:
        """Make a run of `experiment` and start it; False when that was refused."""
        try:
            folder = new_run(experiment, self.home)
        except OSError as error:
            self.refused.emit(
                explain("not-writable", {"path": str(self.home.runs), "why": error.strerror or str(error)})
            )
            return False
        self._show(folder, self._launcher)
        return True

    def open(self, folder: RunFolder) -> None:
        """Bring `folder` into view: an ended run whole, one at work as it goes on."""
        if self.folder == folder and self.active:
            return
        self._show(folder, None)

    def take_name(self, folder: RunFolder, name: str) -> None:
        """`folder` is called `name` by now: it may be the run in view, which people have renamed in the table."""
        if folder == self.folder and name != self.title:
            self.title = name
            self.changed.emit()

    @Slot()
    def resume(self) -> None:
        """Go on with the run in view."""
        if self.folder is None or not self.resumable:
            return
        self.carry_on(self.folder)

    def carry_on(self, folder: RunFolder) -> None:
        """Start a queued run, or go on with one that ended early, in view. Where somebody else has done so, it is watched."""
        if at_work(folder):
            self.open(folder)
        else:
            self._show(folder, self._launcher)

    def keep_track(self, folders: Iterable[RunFolder]) -> None:
        """Count `folders` among this window's runs, as long as they are at work: people are asked about them when it
        closes, and told when they end. A window that was opened again knows of the runs that an earlier one left."""
        self._launched += [folder for folder in folders if folder not in self._launched]

    def start_behind(self, folder: RunFolder) -> None:
        """Start a run or go on with it without bringing it into view: its worker launches it, and leaves it running."""
        worker = TrainingWorker(folder, self.home, self._launcher, self)
        worker.finished.connect(self._worker_finished)
        worker.leave()
        self._leaving.append(worker)
        self.keep_track([folder])
        worker.start()

    @Slot()
    def pause(self) -> None:
        """Ask the run to save, and to give its device back until it is resumed."""
        self._ask(Request.PAUSE)

    @Slot()
    def stop(self) -> None:
        """Ask the run to save and end; what does not listen is ended step by step."""
        self._ask(Request.STOP)

    @Slot()
    def save_now(self) -> None:
        """Ask the run for a checkpoint; it goes on."""
        self._want(Request.SAVE)

    @Slot()
    def evaluate_now(self) -> None:
        """Ask the run for an evaluation; it goes on."""
        self._want(Request.EVALUATE)

    def watch(self, watched: bool) -> None:
        """Measure how busy the run's process is, or leave it alone."""
        self._watched = watched
        if self._worker is not None:
            self._worker.watched = watched

    @Slot()
    def start_replay(self) -> None:
        """Tell the run in view again, from its beginning."""
        if self.folder is None or not self.replayable or self.replay is not None:
            return
        self.replay = Replay(self.folder, self)
        self.replay.changed.connect(self.changed)
        self.changed.emit()

    @Slot()
    def end_replay(self) -> None:
        """Show the run itself again."""
        if self.replay is not None:
            self.replay.shutdown()
            self.replay.deleteLater()
            self.replay = None
            self.changed.emit()

    def stop_all(self) -> None:
        """Ask the run in view and every other one that this window knows of to save and end; what does not listen is
        ended step by step."""
        if self._stopping is None and self.others:
            self._stopping = Stopping(self.others, self)
            self._stopping.over.connect(self._others_stopped)
        self.stop()

    @Slot()
    def attach(self) -> None:
        """Keep track of the runs that are at work already; bring the newest into view where nothing is in view yet."""
        newest = list(self.home.folders())[: -RECENT - 1 : -1]
        training = [folder for folder in newest if _goes_on(folder)]
        self.keep_track(training)
        if training and self.folder is None:
            self.open(training[0])

    def shutdown(self) -> None:
        """Let every worker end, and wait for it: a QThread must never be destroyed at work. Runs go on."""
        self._timer.stop()
        self.end_replay()
        if self._stopping is not None:
            self._stopping.shutdown()
        workers = [*self._leaving, *([self._worker] if self._worker else [])]
        for worker in workers:
            worker.leave()
        for worker in workers:
            worker.wait()
        self._worker, self._leaving = None, []

    def _ask(self, request: Request) -> None:
        if not self.active or self._worker is None or self.asked is Request.STOP:
            return
        self.asked = request
        self._worker.request(request)
        self.changed.emit()

    def _want(self, request: Request) -> None:
        if self.active and self._worker is not None and self.asked is None and request not in self.wanted:
            self.wanted.add(request)
            self._worker.request(request)
            self.changed.emit()

    def _show(self, folder: RunFolder, launcher: Launcher | None) -> None:
        self._release()
        self.end_replay()
        self.folder, self.state, self.asked, self.silence = folder, RunState(), None, None
        self.title = folder.called
        self.wanted.clear()
        try:
            self.experiment = folder.experiment()
        except SpecError as error:
            self.experiment = None
            log.info("run %s: %s", folder.id, error)
        self.status = Status() if launcher is not None else folder.current()
        if launcher is not None or self.status.state.active:
            self.keep_track([folder])
        self._worker = TrainingWorker(folder, self.home, launcher, self)
        self._worker.watched = self._watched
        self._worker.finished.connect(self._worker_finished)
        self._worker.start()
        self._timer.start()
        self.opened.emit()
        self.changed.emit()

    def _release(self) -> None:
        """Let the present worker end by itself, in the background."""
        if self._worker is None:
            return
        self._worker.leave()
        self._leaving.append(self._worker)
        self._worker = None

    @Slot()
    def _drain(self) -> None:
        worker, until = self._worker, time.monotonic() + FRAME
        if worker is None:
            self._timer.stop()
            return
        done = worker.isFinished()  # asked first: what it wrote before it ended is in the queue by now
        news, new = None, False
        for news in drained(worker.news):
            new |= self._take(news)
            if time.monotonic() > until:
                break
        if new:
            self.changed.emit()
        if news is None and done:
            self._worker = None
            worker.deleteLater()
            self._timer.stop()
            if self.status.state in (State.FAILED, State.LOST):
                self.state.lose(self.status.state)
            self.changed.emit()

    def _take(self, news: News | Folded) -> bool:
        """Take a piece of news in; whether there is anything new in it: a waiting run has none for minutes."""
        before = self.status, self.silence
        whole = isinstance(news, Folded)
        if isinstance(news, Folded):
            self.state, news = news.state, news.news
        self.state.apply_all(news.events)
        self._answered(news.events)
        self.status = news.status
        self.silence = explain(news.silence, self._silent(news)) if news.silence else None
        if not news.status.state.active:
            self.asked = None
            self.wanted.clear()
        return whole or bool(news.events) or (self.status, self.silence) != before

    def _answered(self, events: tuple[AnyEvent, ...]) -> None:
        """A wish is forgotten when it has come true, or when the stage that might have heard it is over."""
        for event in events if self.wanted else ():
            match event:
                case Saved() if Request.SAVE in self.wanted:
                    self.wanted.discard(Request.SAVE)
                    self.answered.emit(event)
                case Evaluated() if Request.EVALUATE in self.wanted and event.split == "validation":
                    self.wanted.discard(Request.EVALUATE)
                    self.answered.emit(event)
                case StageEnded():
                    self.wanted.clear()

    def _silent(self, news: News) -> dict[str, object]:
        stage = self.state.current[0] if self.state.current else "loading"
        return {"seconds": round(news.silent_for), "stage": stage}

    @Slot()
    def _others_stopped(self) -> None:
        if self._stopping is not None:
            self._stopping.deleteLater()
            self._stopping = None
            self.changed.emit()

    @Slot()
    def _worker_finished(self) -> None:
        for worker in [each for each in self._leaving if each.isFinished()]:
            self._leaving.remove(worker)
            worker.deleteLater()


def _goes_on(folder: RunFolder) -> bool:
    """Whether a process is at work on the run and has not said yet that it is over, or is about to begin."""
    return (folder.status().state.active and folder.alive()) or starting(folder) is not None
