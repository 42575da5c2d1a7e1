"""README says that the program opens no network connection: a real window, its desk and a real training work where none can be.

Every process of the program starts with a guard. It writes down each socket that Python makes; on Linux the kernel ends a
process at once that asks for a socket of another kind than those within this computer, whoever asks: Qt, torch, any library.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kdstudio.runs.desk import Answer, Desk
from kdstudio.runs.home import Home
from kdstudio.runs.state import State
from tests.gui.a_window import AWindow, until
from tests.gui.player import RECORDED

ROOT = Path(__file__).resolve().parent.parent.parent
GUARD = '''
import ctypes, os, platform, socket, struct, sys

LOG = os.environ["KDSTUDIO_TEST_SOCKETS"]
LOCAL = {getattr(socket, name) for name in ("AF_UNIX", "AF_NETLINK") if hasattr(socket, name)}
CALLS = {"x86_64": 41, "aarch64": 198}  # the number of socket(2)

def note(*said):
    with open(LOG, "a") as file:
        print(*said, file=file)

def hear(event, arguments):
    if event == "socket.__new__" and arguments[1] not in LOCAL or event == "socket.getaddrinfo":
        note("socket", event, *arguments[1:])
        if sys.platform != "linux":
            raise PermissionError("no network here")

def step(code, yes, no, value):
    return struct.pack("HBBI", code, yes, no, value)

class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_void_p)]

def forbid():
    """A filter of the kernel, which children inherit: socket(2) of AF_UNIX (1) and AF_NETLINK (16), or the end."""
    steps = [
        step(0x20, 0, 0, 0), step(0x15, 0, 4, CALLS[platform.machine()]), step(0x20, 0, 0, 16),
        step(0x15, 2, 0, 1), step(0x15, 1, 0, 16), step(0x06, 0, 0, 0x80000000), step(0x06, 0, 0, 0x7FFF0000),
    ]
    kept = ctypes.create_string_buffer(b"".join(steps))
    libc = ctypes.CDLL(None)
    allowed = libc.prctl(38, 1, 0, 0, 0) == 0
    program = Program(len(steps), ctypes.addressof(kept))
    return allowed and libc.prctl(22, 2, ctypes.byref(program), 0, 0) == 0

sys.addaudithook(hear)
held = sys.platform == "linux" and platform.machine() in CALLS and forbid()
note("guarded", "held" if held else "heard", *sys.orig_argv[1:])
'''


@pytest.fixture
def sockets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Processes started from now on are guarded; where they write down what they do."""
    (tmp_path / "guard").mkdir()
    (tmp_path / "guard" / "sitecustomize.py").write_text(GUARD)
    path = os.pathsep.join([str(tmp_path / "guard"), str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    monkeypatch.setenv("PYTHONPATH", path)
    monkeypatch.setenv("KDSTUDIO_TEST_SOCKETS", str(tmp_path / "sockets"))
    return tmp_path / "sockets"


def said(sockets: Path, word: str) -> list[str]:
    """What was written down under `word`."""
    lines = sockets.read_text(encoding="utf-8").splitlines() if sockets.exists() else []
    return [line for line in lines if line.startswith(f"{word} ")]


@pytest.mark.timeout(300)
def test_that_a_window_and_a_training_open_no_network_connection(home: Home, sockets: Path) -> None:
    with AWindow(home) as window:
        window.do("start", RECORDED)
        until(lambda: any(folder.status().state is State.COMPLETED for folder in home.folders()))
        assert window.process.poll() is None
    (folder,) = home.folders()
    assert folder.summary()["headline"]
    assert said(sockets, "socket") == []
    for process in ("/a_window.py ", " kdstudio resume "):
        assert any(process in line for line in said(sockets, "guarded")), f"{process} has started, and under guard"


def test_that_the_desk_answers_without_a_network_connection(home: Home, sockets: Path) -> None:
    desk, came = Desk(home), list[Answer]()
    try:
        for question in ("preview", "devices"):
            desk.ask(question, **({"experiment": {"kind": "classification"}} if question == "preview" else {}))
        until(lambda: came.extend(desk.answers()) or sum(answer.over for answer in came) == 2)
    finally:
        desk.close()
    assert [answer.failed for answer in came if answer.over] == [None, None]
    assert [answer.part for answer in came][:4] == ["networks", "data", "memory", "time"]
    assert said(sockets, "socket") == []
    assert any(" kdstudio desk " in line for line in said(sockets, "guarded"))


@pytest.mark.parametrize(
    "attempt",
    [
        "import socket; socket.socket(socket.AF_INET)",
        "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9')",
        "import ctypes; ctypes.CDLL(None).socket(2, 1, 0)",
    ],
    ids=["python", "a library", "not python"],
)
def test_that_the_guard_sees_who_tries(sockets: Path, attempt: str) -> None:
    done = subprocess.run([sys.executable, "-c", attempt], capture_output=True, text=True, timeout=60, check=False)
    held = "guarded held" in sockets.read_text()
    if "ctypes" in attempt and not held:
        pytest.skip("this kernel takes no filter")
    assert done.returncode != 0
    assert done.returncode == -31 or not held  # SIGSYS
    assert "ctypes" in attempt or said(sockets, "socket")


def test_that_what_lies_within_this_computer_is_allowed(sockets: Path) -> None:
    attempt = "import socket; socket.socket(socket.AF_UNIX); print('made')"
    done = subprocess.run([sys.executable, "-c", attempt], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "made\n"
    assert said(sockets, "socket") == []
