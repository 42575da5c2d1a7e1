"""The window's process: one QApplication, set up so that it starts fast, stays quick, and never dies of a mistake.

Nothing here imports pydantic: it comes with the pages, after the first paint. (`import pydantic`, then Qt, then
`import app_model` ends in a circle through shiboken's import hook; Qt first, or pydantic's names first, does not.)
"""

import gc
import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QApplication

from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.preferences import dress
from kdstudio.gui.single_instance import SingleInstance, hand_over
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.settings import read_settings
from kdstudio.spec.errors import KnownFailure

log = logging.getLogger(__name__)

SWITCH_INTERVAL = 0.001  # seconds: how long the worker thread may keep the window waiting for the interpreter
COLLECT_EVERY = 1000  # milliseconds
FULL_EVERY = 30  # collections between two full ones
PREPARE_AFTER = 300  # milliseconds after the first paint


def run_window(
    home: Home,
    *,
    experiment: Path | None = None,
    start: bool = False,
    on_started: Callable[[RunFolder], None] | None = None,
    trouble: KnownFailure | None = None,
) -> int:
    """Show the window until it is closed; its exit code. Where `home` has a window already, that one is raised instead.
    A window that people close for another home opens again there.

    Args:
        home: where runs are.
        experiment: a YAML file to fill the form from.
        start: start it at once.
        on_started: is told of the run that `start` has started, as soon as there is one.
        trouble: what the window has to say of its home.
    """
    code, reopens = _show(home, experiment, start, on_started, trouble)
    while reopens:
        home, trouble = _following(home)
        code, reopens = _show(home, None, False, None, trouble)
    return code


def _following(home: Home) -> tuple[Home, KnownFailure | None]:
    """The home that was chosen; where it cannot be used the old one, and why."""
    gc.unfreeze()  # the old window, and all that was in it
    gc.collect()
    try:
        return Home.locate(), None
    except KnownFailure as failure:
        return home, failure


def _show(
    home: Home,
    experiment: Path | None,
    start: bool,
    on_started: Callable[[RunFolder], None] | None,
    trouble: KnownFailure | None,
) -> tuple[int, bool]:
    """Show a window until it is closed: its exit code, and whether it closed to open again."""
    instance = SingleInstance(home)
    if not instance.claim():
        return _hand_over(home, experiment, start, on_started), False
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("KD Studio")
    app.setDesktopFileName("kdstudio")
    dress(home, read_settings(home))
    sys.setswitchinterval(SWITCH_INTERVAL)
    window = MainWindow(home)
    keeper = Housekeeper(app, window, instance)
    window.painted.connect(keeper.first_paint)
    keeper.opening, keeper.on_started, keeper.trouble = (experiment, start), on_started, trouble
    app.aboutToQuit.connect(window.shutdown)
    previous = sys.excepthook, signal.getsignal(signal.SIGINT)
    sys.excepthook = keeper.excepthook
    # Ctrl-C closes the window in order. Python hears it when it runs next, at the latest at the housekeeper's timer.
    signal.signal(signal.SIGINT, lambda *_: _leave(app, window))
    window.show()
    try:
        return int(app.exec()), window.reopens
    finally:
        window.shutdown()
        for left in (keeper, window):
            left.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        instance.release()
        sys.excepthook = previous[0]
        signal.signal(signal.SIGINT, previous[1])


def _leave(app: QApplication, window: MainWindow) -> None:
    """Close without a question, which nobody at the terminal would see: a run at work goes on."""
    window.leaves = True
    QTimer.singleShot(0, app.quit)  # Qt forgets a quit that comes before its loop


def _hand_over(home: Home, experiment: Path | None, start: bool, on_started: Callable[[RunFolder], None] | None) -> int:
    """Let the window that is already there do what this one was to do."""
    file = str(experiment.absolute()) if experiment is not None else ""
    reply = hand_over(home, {"file": file, "start": start})
    if reply is None:
        print("A window of this home is open already, and does not answer.", file=sys.stderr)
        return 0 if not file else 1
    print("A window of this home is open already; it has been brought to the front.", file=sys.stderr)
    if on_started is not None and reply.get("started"):
        on_started(RunFolder(Path(str(reply["started"]))))
    return 0


class Housekeeper(QObject):
    """Collects garbage in the window's own thread, shows mistakes instead of dying of them, and does what can wait.

    Python's own collector would run in whichever thread allocates, and destroy widgets there.

    Signals:
        erred: a mistake of ours; what it is, in a line. A thread may have made it: the window hears of it in its own.
    """

    erred = Signal(str)

    def __init__(self, app: QApplication, window: MainWindow, instance: SingleInstance | None = None) -> None:
        super().__init__(app)
        self._window, self._instance = window, instance
        self._rounds = 0
        self.opening: tuple[Path | None, bool] = (None, False)
        self.on_started: Callable[[RunFolder], None] | None = None
        self.trouble: KnownFailure | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(COLLECT_EVERY)
        self._timer.timeout.connect(self._collect)
        self.erred.connect(self._say)

    def excepthook(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Log a mistake of ours, and say it in the window: what works goes on working."""
        log.error("a mistake in the window", exc_info=(kind, error, trace))
        words = str(error) or self.tr("no further words")
        self.erred.emit(f"{kind.__name__}: {words}")

    @Slot(str)
    def _say(self, mistake: str) -> None:
        said = self.tr("{0}. Runs continue. Please report it, and say what you did last.").format(mistake)
        self._window.show_message(self.tr("The program made a mistake"), said)

    @Slot()
    def first_paint(self) -> None:
        """The window is there: now comes what would have held it up."""
        if os.environ.get("KDSTUDIO_EXIT_AFTER_PAINT") == "1":  # the start-up benchmark measures to here
            QTimer.singleShot(0, QApplication.quit)
            return
        QTimer.singleShot(0, self, self._open)
        QTimer.singleShot(PREPARE_AFTER, self, self._prepare)

    @Slot()
    def _open(self) -> None:
        gc.collect()
        gc.freeze()
        gc.disable()
        self._timer.start()
        if self._instance is not None:
            self._instance.listen(self.answer)
        if self.trouble is not None:
            from kdstudio.gui.language import explain

            words = explain(self.trouble.code, self.trouble.parameters)
            self._window.show_message(words.title, f"{words.cause} {words.remedy}")
        file, start = self.opening
        if file is not None and self._window.open_file(file) and start:
            self._prepare()  # before the run competes for the processor
            QTimer.singleShot(0, self, self._start)

    @Slot()
    def _start(self) -> None:
        started = self.start()
        if started is not None and self.on_started is not None:
            self.on_started(started)

    def start(self) -> RunFolder | None:
        """Start what the form says; the run, or None where it was refused."""
        before = self._window.controller.folder
        self._window.new_page.start()
        after = self._window.controller.folder
        return after if after != before else None

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Carry out what a later start of the program asks for, and say which run it has started."""
        window = self._window
        window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
        window.show()
        window.raise_()
        window.activateWindow()
        file = request.get("file")
        opened = isinstance(file, str) and bool(file) and window.open_file(Path(file))
        started = self.start() if opened and request.get("start") is True else None
        return {"started": str(started.path) if started else ""}

    @Slot()
    def _prepare(self) -> None:
        """Import the plots while nobody waits for them."""
        _ = self._window.run_page

    @Slot()
    def _collect(self) -> None:
        self._rounds += 1
        if self._rounds % FULL_EVERY:
            gc.collect(1)
        else:
            gc.collect()
