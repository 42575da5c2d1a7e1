"""What threads may not do to a window, and the soak tests of what makes and ends them: windows, runs and pages."""

import gc
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QThread
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from kdstudio.gui import main_window
from kdstudio.gui.app import Housekeeper
from kdstudio.gui.main_window import Closing, MainWindow
from kdstudio.gui.pages import discarding
from kdstudio.gui.replay import Replay
from kdstudio.runs import launch
from kdstudio.runs.home import Home
from kdstudio.spec import loads
from tests.fakes import a_told_run
from tests.gui.player import RECORDED, Player

MIB = 1 << 20


@pytest.mark.may_log("a mistake in the window")
def test_that_a_mistake_in_a_thread_is_said_by_the_windows_own_thread(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    keeper, said = Housekeeper(app, window), []
    show = window.show_message

    def noting(*words: str) -> None:
        said.append(threading.current_thread())
        show(*words)

    monkeypatch.setattr(window, "show_message", noting)
    monkeypatch.setattr(sys, "excepthook", keeper.excepthook)

    class Mistaken(QThread):
        def run(self) -> None:
            sys.excepthook(ValueError, ValueError("a bug"), None)

    thread = Mistaken()
    thread.start()
    thread.wait()
    qtbot.waitUntil(lambda: "a bug" in window.message.detail)
    assert said == [threading.main_thread()]
    keeper.deleteLater()


def test_that_a_page_that_closes_while_it_finds_out_what_goes_asks_nothing(
    qtbot: QtBot, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(discarding, "ask_to_discard", lambda *said: asked.append(said))
    page = QWidget()
    qtbot.addWidget(page)
    going = discarding.Discarding(discarding.ChosenRuns([a_told_run(home)], ["a run"], home), page)
    going.shutdown()
    QCoreApplication.processEvents()
    assert asked == []


def test_that_a_replay_that_is_left_while_it_reads_does_not_set_its_clock_going(qtbot: QtBot, home: Home) -> None:
    replay = Replay(a_told_run(home))
    replay.shutdown()
    QCoreApplication.processEvents()
    assert not replay._timer.isActive()


COLLECTS = """
import gc, json, sys, threading, weakref
from pathlib import Path
from PySide6.QtCore import QThread, QTimer
from PySide6.QtWidgets import QWidget
from kdstudio.gui import app
from kdstudio.runs.home import Home

app.COLLECT_EVERY = 20
said, ends = {}, []

class Allocating(QThread):
    def run(self):
        for _ in range(20):  # thousands of times as much as sets Python's own collector going
            kept = [[each] for each in range(20000)]

class Keeper(app.Housekeeper):
    def _open(self):
        super()._open()
        said["enabled"], said["frozen"] = gc.isenabled(), gc.get_freeze_count() > 1000
        widget = QWidget()
        widget.itself = widget  # a cycle: nothing but the collector ends it
        weakref.finalize(widget, lambda: ends.append(threading.current_thread() is threading.main_thread()))
        del widget
        self.thread = Allocating(self)
        self._timer.stop()
        self.thread.finished.connect(self.waited)
        self.thread.start()
    def waited(self):
        said["left alone"] = ends == []
        self._timer.start()
        self.look = QTimer(self, interval=10)
        self.look.timeout.connect(lambda: ends and self._window.close())
        self.look.start()

app.Housekeeper = Keeper
app.run_window(Home.locate(Path(sys.argv[1])))
print(json.dumps({**said, "in the main thread": ends}))
"""


def test_that_garbage_is_collected_by_a_timer_of_the_window_and_by_nothing_else(home: Home) -> None:
    """Python's own collector runs in whichever thread allocates, and would destroy widgets there."""
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", COLLECTS, str(home.root)],
        capture_output=True, text=True, timeout=60, cwd=Path(__file__).resolve().parent.parent.parent, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said == {"enabled": False, "frozen": True, "left alone": True, "in the main thread": [True]}


@pytest.fixture
def collected(qtbot: QtBot) -> Iterator[Callable[[], float]]:
    """Collects in this thread, as the window's housekeeper does; the memory of this process in MiB after that."""

    def collect() -> float:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # type: ignore[arg-type]
        gc.collect()
        return psutil.Process().memory_info().rss / MIB

    yield collect


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_that_forty_windows_opened_and_closed_in_every_state_of_a_run_leave_nothing(
    qtbot: QtBot, tmp_path: Path, player: Player, monkeypatch: pytest.MonkeyPatch, collected: Callable[[], float]
) -> None:
    """Closed while the run starts, goes on, is held, ends; its threads are waited for, and no window is left."""
    monkeypatch.setattr(main_window, "ask_on_close", lambda *_: Closing.LEAVE)
    monkeypatch.setattr(launch, "command", player.command)
    player.story = "normal"
    sizes = []
    for number in range(40):
        home = Home.locate(tmp_path / str(number))
        player.habits = ("hold=student",) if number % 4 == 2 else ()
        window = MainWindow(home)
        window.show()
        qtbot.waitUntil(lambda window=window: window.pages.count() > 0)
        window.start_experiment(loads(RECORDED))
        events = (0, 5, 100, 317)[number % 4]
        qtbot.waitUntil(lambda window=window, events=events: window.controller.state.events >= events, timeout=20_000)
        for name in ("home", "runs", "settings", "new", "run"):
            window.show_page(name)
        window.close()
        player.end()
        window.deleteLater()
        del window
        sizes.append(collected())
    left = [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, MainWindow)]
    assert left == []
    assert sizes[-1] - sizes[len(sizes) // 2] < 30, sizes


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_that_a_thousand_page_changes_while_a_run_goes_on_keep_the_memory_level(
    qtbot: QtBot, window: MainWindow, home: Home, player: Player, collected: Callable[[], float]
) -> None:
    for _ in range(20):
        a_told_run(home)
    player.story, player.pace, player.habits = "normal", 0.2, ()
    window.start_experiment(loads(RECORDED))
    sizes = []
    for number in range(1000):
        window.show_page(("home", "runs", "settings", "new", "run")[number % 5])
        QCoreApplication.processEvents()
        if number % 100 == 99:
            sizes.append(collected())
    assert window.controller.active, "it went on all the while"
    assert sizes[-1] - sizes[len(sizes) // 2] < 10, sizes
    player.end()


CLOSES = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from kdstudio.gui import app, main_window
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home

pages = ["new", "runs", "settings", "run", "home"]

class Visitor(app.Housekeeper):
    def first_paint(self):
        super().first_paint()
        self.visits = QTimer(self, interval=int(sys.argv[2]))
        self.visits.timeout.connect(self.visit)
        self.visits.start()
    def visit(self):
        if not pages:
            self._window.close()
        else:
            self._window.show_page(pages.pop())
            self._window.open_run(next(iter(self._window.home.folders())))

app.Housekeeper = Visitor
print(app.run_window(Home.locate(Path(sys.argv[1]))))
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("pause", [0, 20, 200])
def test_that_a_process_that_closes_its_window_amid_everything_ends_well(home: Home, pause: int) -> None:
    """While threads read, plots are imported and the desk starts; thirty times in all."""
    a_told_run(home)
    for _ in range(10):
        done = subprocess.run(
            [sys.executable, "-X", "faulthandler", "-c", CLOSES, str(home.root), str(pause)],
            capture_output=True, text=True, timeout=60, cwd=Path(__file__).resolve().parent.parent.parent, check=False,
        )  # fmt: skip
        said = [line for line in done.stderr.splitlines() if "This plugin does not support" not in line]
        assert (done.returncode, done.stdout, said) == (0, "0\n", [])
