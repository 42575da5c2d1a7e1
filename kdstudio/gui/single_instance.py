"""One window for each home: the second start hands over what it was asked to do, and raises the first.

The lock is the operating system's, so that it is free the moment its holder dies; the server is how the first is reached.
"""

import json
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Slot

from kdstudio.runs.home import Home

if TYPE_CHECKING:
    from PySide6.QtNetwork import QLocalServer, QLocalSocket

log = logging.getLogger(__name__)

PATIENCE = 3000  # milliseconds for the first window to answer: it may be starting
LONGEST = 64 * 1024  # bytes of a request: more is not from us

Request = dict[str, Any]


class SingleInstance(QObject):
    """The claim of this process to be the window of `home`."""

    def __init__(self, home: Home, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = home.root / "window.lock"
        self._give_back: Callable[[], None] = lambda: None
        self._home = home
        self._server: QLocalServer | None = None
        self._answer: Callable[[Request], Request] | None = None

    def claim(self) -> bool:
        """Whether this is the first window; where a lock cannot be had at all, it is."""
        try:
            self._give_back = _locked(self._path)
        except (TimeoutError, BlockingIOError):
            return False
        except (OSError, NotImplementedError) as error:
            log.info("no lock in the home: %s", error)
        return True

    def listen(self, answer: Callable[[Request], Request]) -> None:
        """Hear what later starts ask for; `answer` carries it out and says what came of it."""
        from PySide6.QtNetwork import QLocalServer

        self._answer, name = answer, server_name(self._home)
        QLocalServer.removeServer(name)  # left behind by one that was killed: the lock is ours
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._connected)
        if not self._server.listen(name):
            log.info("later starts cannot be heard: %s", self._server.errorString())

    def release(self) -> None:
        """Let another window be the first."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self._give_back()
        self._give_back = lambda: None

    @Slot()
    def _connected(self) -> None:
        while self._server is not None and (socket := self._server.nextPendingConnection()) is not None:
            socket.disconnected.connect(socket.deleteLater)
            socket.readyRead.connect(self._read)
            if socket.canReadLine():
                self._reply(socket)

    @Slot()
    def _read(self) -> None:
        socket: Any = self.sender()
        if socket.canReadLine():
            self._reply(socket)
        elif socket.bytesAvailable() > LONGEST:
            socket.abort()

    def _reply(self, socket: "QLocalSocket") -> None:
        request = _parsed(bytes(socket.readLine(LONGEST).data()))
        reply = self._answer(request) if self._answer is not None and request is not None else {}
        socket.write(json.dumps(reply).encode() + b"\n")
        socket.flush()
        socket.disconnectFromServer()


def _locked(path: Path) -> Callable[[], None]:
    """Lock `path` with the system's own lock; the value gives it back.

    Where there is flock it is called as it is: it is what filelock calls too, whose import takes 25 to 40 ms of the start.

    Raises:
        TimeoutError, BlockingIOError: another process, or another claim of this one, holds it.
        OSError: it cannot be locked at all.
    """
    if os.name != "posix":
        from filelock import FileLock

        lock = FileLock(path, timeout=0)
        lock.acquire()
        return lock.release
    import fcntl

    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise
    return lambda: os.close(handle)


def server_name(home: Home) -> str:
    """The name under which the window of `home` is reached on this computer."""
    import hashlib

    return f"kdstudio-{hashlib.sha256(str(home.root.resolve()).encode()).hexdigest()[:20]}"


def hand_over(home: Home, request: Request) -> Request | None:
    """Ask the first window of `home` for `request`; what it answers, or None where it does not."""
    from PySide6.QtNetwork import QLocalSocket

    socket, until = QLocalSocket(), time.monotonic() + PATIENCE / 1000
    socket.connectToServer(server_name(home))
    while not socket.waitForConnected(PATIENCE):
        if time.monotonic() > until:
            return None
        time.sleep(0.05)  # the first window has the lock, and does not listen yet
        socket.connectToServer(server_name(home))
    socket.write(json.dumps(request).encode() + b"\n")
    while not socket.canReadLine():
        if not socket.waitForReadyRead(PATIENCE):
            return None
    return _parsed(bytes(socket.readLine(LONGEST).data()))


def _parsed(line: bytes) -> Request | None:
    try:
        said = json.loads(line)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None
