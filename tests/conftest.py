"""What every test gets: a home of its own, and guards that fail a test which leaves anything behind.

A guard reports when the test and all its fixtures are torn down, so a test is blamed for its own leaks alone.
None of them imports Qt: what looks at Qt runs for tests that use it (marker `gui`, set by itself).
"""

import faulthandler
import gc
import logging
import os
import re
import sys
import threading
import time
import weakref
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# Tests find the program and `tests.fakes` from any working directory, installed or not.
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

# Windows are drawn in memory, on a screen of a usual size (Qt's own would have 800 x 800), whatever desktop the tests run on;
# to be said before the first import of Qt.
# KDSTUDIO_TEST_DISPLAY=1 shows them, for watching a test at work.
if not os.environ.get("KDSTUDIO_TEST_DISPLAY"):
    screen = ROOT / "tests" / "gui" / "screen.json"  # not beside a copy of this file, as the guards' own test makes one
    os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={screen}" if screen.is_file() else "offscreen"
# No test writes into the person's own config folder; those about what lies there name one of their own.
os.environ["XDG_CONFIG_HOME"] = f"{os.devnull}/no-config-folder"
# A test that forgets the fixture `home` gets the failure home-unusable, and never the person's own runs.
os.environ["KDSTUDIO_HOME"] = f"{os.devnull}/ask-for-the-fixture-home"

import psutil  # noqa: E402
import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

# pydantic before Qt: app_model's import ends in a circle otherwise (shiboken's import hook).
from kdstudio.runs.home import Home  # noqa: E402
from kdstudio.spec import Spec as Spec  # noqa: E402

# No deadline: on a busy computer one slow example says nothing. On CI the same examples each time.
settings.register_profile("kdstudio", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("kdstudio")

_QUICK = Path(f"/proc/self/task/{os.getpid()}/children").exists()
PATIENCE = 30.0  # seconds that a thread or process may take to end by itself after its test

# Lines that Qt prints on a healthy program: all from platform plugins that lack what a desktop has.
QT_LOG_IGNORED = (
    r"^This plugin does not support propagateSizeHints\(\)",  # offscreen has no window manager
    r"^This plugin does not support raise\(\)",  # the same
    r"^This plugin does not support grabbing the keyboard",  # the same
    r"^QXcbConnection: ",  # an X server without some extension, as in a virtual one
    r"^Failed to create wl_display",  # no Wayland socket, before the next platform is tried
    r"^propagateSizeHints",  # older spelling of the first
)
# Variables that imported libraries set for themselves: OpenMP's (scikit-learn), and the name of the test.
ENVIRONMENT_IGNORED = re.compile(r"^(KMP_|PYTEST_CURRENT_TEST$)")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker of the log guard, and print Python's stacks when the interpreter itself dies."""
    config.addinivalue_line(
        "markers", "may_log(*patterns): records at WARNING and above that match one of these are expected"
    )
    if not faulthandler.is_enabled():
        faulthandler.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that uses Qt gets the marker `gui`, and fails on a Qt warning that nobody expects."""
    for item in items:
        if {"qapp", "qtbot", "qtmodeltester"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("gui")
            if item.get_closest_marker("qt_log_level_fail") is None:
                item.add_marker(pytest.mark.qt_log_level_fail("WARNING"))
            if item.get_closest_marker("qt_log_ignore") is None:
                item.add_marker(pytest.mark.qt_log_ignore(*QT_LOG_IGNORED))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """In a test that uses Qt garbage is collected in the main thread alone, as in the window's process: Python's own collector
    runs in whichever thread allocates, destroys dead widgets there, and now and then aborts the interpreter."""
    if item.get_closest_marker("gui") is None:
        return (yield)
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()  # what is alive now is not looked at again: the next collection takes a tenth of the time
        gc.enable()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home of the test's own, which is also what KDSTUDIO_HOME names."""
    root = tmp_path / "home"
    monkeypatch.setenv("KDSTUDIO_HOME", str(root))
    return Home.locate()


def settles(condition: Callable[[], bool], patience: float = PATIENCE) -> bool:
    """Whether `condition` comes true within `patience` seconds."""
    until = time.monotonic() + patience
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


# The guards. Each is set up before the test's own fixtures and looks when those are gone.


@pytest.fixture(autouse=True)
def environment_is_as_it_was() -> Iterator[None]:
    """Fail a test that leaves another environment or working directory."""
    before, where = dict(os.environ), Path.cwd()
    yield
    after, now = dict(os.environ), _cwd()
    names = sorted(
        name for name in before.keys() | after.keys()
        if before.get(name) != after.get(name) and not ENVIRONMENT_IGNORED.search(name)
    )  # fmt: skip
    for name in names:
        if name in before:
            os.environ[name] = before[name]
        else:
            del os.environ[name]
    os.chdir(where)
    if names:
        pytest.fail(f"the test left these environment variables changed: {', '.join(names)}", pytrace=False)
    if now != where:
        pytest.fail(f"the test left the working directory {now}", pytrace=False)


def _cwd() -> Path | None:
    try:
        return Path.cwd()
    except FileNotFoundError:
        return None


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """Fail a test that leaves a thread of Python running; a QThread's stand-in is the Qt guard's business."""
    before = set(threading.enumerate())

    def left() -> list[threading.Thread]:
        return [
            thread for thread in threading.enumerate()
            if thread not in before and not isinstance(thread, threading._DummyThread)
        ]  # fmt: skip

    yield
    if not settles(lambda: not left()):
        pytest.fail(f"the test left threads running: {', '.join(map(repr, left()))}", pytrace=False)


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    """Fail a test that leaves a child process at work, and end it, so that it disturbs no other test."""
    before = set(_children())

    def remaining() -> list[psutil.Process]:
        return [child for child in _children() if child not in before]

    yield
    if not settles(lambda: not remaining()):
        left = remaining()
        said = [f"{child.pid} {' '.join(_command_of(child))}" for child in left]
        for child in left:
            child.kill()
        psutil.wait_procs(left, timeout=PATIENCE)
        pytest.fail(f"the test left processes at work: {'; '.join(said)}", pytrace=False)


def _has_children() -> bool:
    """Asked twice a test, so Linux is asked in the quick way, not through a list of all processes."""
    try:
        return any(path.read_bytes() for path in Path("/proc/self/task").glob("*/children"))
    except (FileNotFoundError, ProcessLookupError):  # a thread has just ended
        return True


def _children() -> list[psutil.Process]:
    if _QUICK and not _has_children():
        return []
    found = []
    for child in psutil.Process().children(recursive=True):
        try:
            # multiprocessing's tracker of shared memory lives as long as this process.
            helper = "resource_tracker" in " ".join(child.cmdline())
            if child.status() != psutil.STATUS_ZOMBIE and not helper:
                found.append(child)
        except psutil.Error:
            continue
    return found


def _command_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


class _Warnings(logging.Handler):
    """Keeps what was logged at WARNING and above."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture(autouse=True)
def no_unexpected_log(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test in which anything logs a warning or worse that `@pytest.mark.may_log` does not expect."""
    handler = _Warnings()
    logging.getLogger().addHandler(handler)
    yield
    logging.getLogger().removeHandler(handler)
    allowed = [pattern for mark in request.node.iter_markers("may_log") for pattern in mark.args]
    said = [
        f"{record.levelname} {record.name}: {record.getMessage()}"
        for record in handler.records
        if not any(re.search(pattern, record.getMessage()) for pattern in allowed)
    ]
    if said:
        lines = "\n  ".join(said)
        pytest.fail(f"something logged a warning that the test does not expect:\n  {lines}", pytrace=False)


@pytest.fixture(autouse=True)
def nothing_of_qt_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a running QThread, an active QTimer or a top-level window."""
    if request.node.get_closest_marker("gui") is None:
        yield
        return
    from PySide6.QtCore import QCoreApplication, QEvent, QThread, QTimer
    from PySide6.QtWidgets import QApplication
    from shiboken6 import isValid

    started: list[tuple[weakref.ref[Any], str]] = []
    threads, timers = QThread.start, QTimer.start
    QThread.start = _remembering(threads, started)  # type: ignore[method-assign]
    QTimer.start = _remembering(timers, started)  # type: ignore[method-assign]
    before = set(map(id, QApplication.topLevelWidgets()))
    kept = QApplication.topLevelWidgets()  # alive, so that no identity is used twice
    try:
        yield
    finally:
        QThread.start, QTimer.start = threads, timers  # type: ignore[method-assign]

    def at_work() -> list[tuple[Any, str]]:
        QCoreApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # type: ignore[arg-type]
        known = [(what(), where) for what, where in started]
        running = [(what, where) for what, where in known if what and isValid(what) and _is_at_work(what)]
        windows = [
            (widget, f"window title {widget.windowTitle()!r}, name {widget.objectName()!r}")
            for widget in QApplication.topLevelWidgets()
            # Qt keeps one tool tip for the program's life.
            if id(widget) not in before and widget.metaObject().className() != "QTipLabel"
        ]
        return running + windows

    def collected() -> bool:
        if at_work():
            gc.collect()  # a window without a parent, held by a cycle alone, is nobody's leak
        return not at_work()

    if not collected() and not settles(collected):
        left = at_work()
        said = "\n  ".join(f"{type(what).__name__}, {where}" for what, where in left)
        for what, _ in left:
            _end(what)
        del kept
        pytest.fail(f"the test left these of Qt behind:\n  {said}", pytrace=False)


def _remembering(start: Any, started: list[tuple[weakref.ref[Any], str]]) -> Any:
    def remember(self: Any, *args: Any, **named: Any) -> Any:
        caller = sys._getframe(1)
        where = f"started at {caller.f_code.co_filename}:{caller.f_lineno}"
        if all(known() is not self for known, _ in started):
            started.append((weakref.ref(self), where))
        return start(self, *args, **named)

    return remember


def _is_at_work(what: Any) -> bool:
    return bool(what.isActive() if hasattr(what, "isActive") else what.isRunning())


def _end(what: Any) -> None:
    """Stop what a test left, so that it disturbs no other test."""
    if hasattr(what, "stop"):
        what.stop()
    elif hasattr(what, "isRunning"):
        what.requestInterruption()
        what.quit()
        what.wait(int(1000 * PATIENCE))
    else:
        what.close()
        what.deleteLater()
