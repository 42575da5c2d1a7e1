"""The guards of conftest.py are tested by breaking what each of them guards, in a test session of its own."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

GUILTY = """
import logging, os, subprocess, sys, threading, time
import pytest

def test_environment(): os.environ["KDSTUDIO_LEFT"] = "1"
def test_folder(tmp_path): os.chdir(tmp_path)
def test_thread(): threading.Thread(target=time.sleep, args=(60,), daemon=True, name="sleeper").start()
def test_process(request):
    request.session.child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
def test_log(): logging.getLogger("somebody").warning("unheard of")

def test_timer(qapp, request):
    from PySide6.QtCore import QTimer
    request.session.timer = QTimer(); request.session.timer.start(1000)
def test_window(qapp, request):
    from PySide6.QtWidgets import QWidget
    request.session.window = QWidget(); request.session.window.setWindowTitle("forgotten")
def test_qthread(qapp, request):
    from PySide6.QtCore import QThread
    request.session.thread = QThread(); request.session.thread.start()
def test_qt_says(qapp):
    from PySide6.QtCore import qWarning
    qWarning("QObject: something is amiss")
"""

# A word of what each guard says, in the order of the tests above.
TOLD = (
    "KDSTUDIO_LEFT",
    "working directory",
    "sleeper",
    "time.sleep(60)",
    "unheard of",
    "QTimer, started at",
    "forgotten",
    "QThread, started at",
    "something is amiss",
)

INNOCENT = """
import logging, os, sys, threading
import pytest

def test_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("KDSTUDIO_LEFT", "1"); monkeypatch.chdir(tmp_path)
def test_thread():
    thread = threading.Thread(target=print); thread.start(); thread.join()
@pytest.mark.may_log("of [a-z]+$")
def test_log(): logging.getLogger("somebody").warning("heard of before")

def test_marker(qapp, request): assert request.node.get_closest_marker("gui")
def test_no_marker(request): assert not request.node.get_closest_marker("gui")
def test_timer_and_thread(qtbot):
    from PySide6.QtCore import QThread, QTimer
    from PySide6.QtWidgets import QWidget
    window = QWidget(); qtbot.addWidget(window); window.show()
    timer = QTimer(window); timer.start(10)
    thread = QThread(); thread.start(); thread.quit(); thread.wait()
def test_garbage(qapp):
    import gc
    from PySide6.QtCore import QThread
    collected_in = set()
    class Littering(QThread):
        def run(self):
            for _ in range(5000):
                cycle = []; cycle.append(cycle)
    look = lambda phase, _: collected_in.add(threading.current_thread())
    gc.callbacks.append(look)
    thread = Littering(); thread.start(); thread.wait()
    gc.callbacks.remove(look)
    assert not collected_in
def test_local_timer(qapp):
    from PySide6.QtCore import QTimer
    timer = QTimer(); timer.start(10)
def test_home(home):
    assert home.root.is_dir() and os.environ["KDSTUDIO_HOME"] == str(home.root)
def test_no_home():
    from kdstudio.runs.home import Home
    from kdstudio.spec.errors import KnownFailure
    with pytest.raises(KnownFailure, match="home-unusable"):
        Home.locate()
"""


@pytest.fixture
def session(tmp_path: Path):
    """Runs the tests in `text` under our conftest.py: each test's name -> what pytest said of it."""
    guards = Path(__file__).with_name("conftest.py").read_text()
    assert "PATIENCE = 30.0" in guards
    root = Path(__file__).resolve().parent.parent
    here = "ROOT = Path(__file__).resolve().parent.parent"
    assert here in guards
    guards = guards.replace(here, f"ROOT = Path({str(root)!r})")  # the screen that tests draw on lies beside the others

    def run(text: str, patience: float) -> tuple[dict[str, set[str]], str]:
        (tmp_path / "conftest.py").write_text(guards.replace("PATIENCE = 30.0", f"PATIENCE = {patience}"))
        (tmp_path / "test_them.py").write_text(text)
        command = [sys.executable, "-m", "pytest", "-rA", "-p", "no:cacheprovider"]
        command += ["-c", str(root / "pyproject.toml"), "--rootdir", str(tmp_path)]
        command += ["--override-ini", "filterwarnings=ignore", str(tmp_path / "test_them.py")]
        done = subprocess.run(command, capture_output=True, text=True, cwd=root, check=False)
        said: dict[str, set[str]] = {}
        for word, name in re.findall(r"^(PASSED|FAILED|ERROR) \S*::(\w+)", done.stdout, re.MULTILINE):
            said.setdefault(name, set()).add(word)
        return said, done.stdout

    return run


def test_that_each_guard_fails_the_test_that_leaves_something_behind(session) -> None:
    said, output = session(GUILTY, 0.2)

    assert len(said) == GUILTY.count("def test_"), output
    unblamed = [name for name, words in said.items() if not words & {"ERROR", "FAILED"}]
    assert not unblamed, output
    for word in TOLD:
        assert word in output


def test_that_tidy_tests_pass_under_all_guards(session) -> None:
    said, output = session(INNOCENT, 30.0)

    assert len(said) == INNOCENT.count("def test_"), output
    assert all(words == {"PASSED"} for words in said.values()), output
