"""Keeping the machine awake: asked of the desktop, which may refuse or never answer."""

import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from kdstudio.gui.awake import Awake
from kdstudio.runs.home import Home


class FakeMode:
    """A desktop that can be kept awake, or cannot."""

    def __init__(self, active: bool) -> None:
        self.active = active
        self.entered, self.left = threading.Event(), threading.Event()

    def __enter__(self) -> "FakeMode":
        self.entered.set()
        return self

    def __exit__(self, *_: object) -> None:
        self.left.set()


def test_that_the_machine_is_kept_awake_until_it_is_let_go(qtbot: QtBot) -> None:
    mode = FakeMode(active=True)
    awake = Awake(lambda: mode)
    awake.start()
    qtbot.waitUntil(mode.entered.is_set)
    assert not mode.left.is_set()
    awake.leave()
    assert awake.wait(60)
    assert mode.left.is_set()


@pytest.mark.parametrize("keeper", [lambda: FakeMode(active=False), lambda: 1 / 0])
def test_that_a_desktop_that_cannot_be_kept_awake_is_said_and_no_more(qtbot: QtBot, keeper: Any) -> None:
    awake = Awake(keeper)
    with qtbot.waitSignal(awake.refused):
        awake.start()
    awake.leave()
    assert awake.wait(60)


@pytest.mark.skipif(sys.platform != "linux", reason="a session bus")
def test_that_a_desktop_that_never_answers_does_not_hold_the_window(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real peer at the address of the session bus, which takes the call and is silent from then on."""
    with socket.socket(socket.AF_UNIX) as bus:
        bus.bind(str(tmp_path / "bus"))
        bus.listen()
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path / 'bus'}")
        awake = Awake()
        refused: list[bool] = []
        awake.refused.connect(lambda: refused.append(True))
        awake.start()
        peer, _ = bus.accept()  # it has been asked, and waits
        awake.leave()
        began = time.monotonic()
        assert not awake.wait()
        assert time.monotonic() - began < 20.0  # D-Bus itself waits for 25
        peer.close()
    assert awake.wait(60)
    assert refused == []  # nobody asks any more


STALLS = """
import socket, sys, threading
from pathlib import Path
from PySide6.QtCore import QTimer
from kdstudio.gui import app, awake
from kdstudio.runs import launch
from kdstudio.runs.home import Home
from kdstudio.runs.settings import Settings, write_settings
from kdstudio.spec import loads
from tests.gui.player import Player

here, there = socket.socketpair()
asked = threading.Event()

class Stalling:
    def __enter__(self):
        print("asked", flush=True)
        asked.set()
        here.recv(1)
    def __exit__(self, *_):
        pass

awake.keep_running = Stalling

class Keeper(app.Housekeeper):
    def _open(self):
        super()._open()
        window = self._window
        window.start_experiment(loads("kind: classification"))
        self.look = QTimer(self, interval=20)
        self.look.timeout.connect(self.close_when_asked)
        self.look.start()
    def close_when_asked(self):
        endings = self._window.shell.endings
        if endings is not None and asked.is_set() and self._window.controller.state.events:
            self.look.stop()
            self._window.leaves = True
            self._window.close()

app.Housekeeper = Keeper
home = Home.locate(Path(sys.argv[1]))
write_settings(home, Settings(keep_awake=True))
player = Player(0.05, "hold=teacher")  # at work until it is killed
launch.command = player.command
print(app.run_window(home), flush=True)
for folder in home.folders():
    launch.process_of(folder).kill()
"""


def test_that_a_window_closes_and_its_process_ends_while_the_desktop_does_not_answer(home: Home) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", STALLS, str(home.root)],
        capture_output=True, text=True, timeout=60, cwd=Path(__file__).resolve().parent.parent.parent, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "asked\n0\n"), done.stderr
