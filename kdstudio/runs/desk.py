"""The window's side of the desk: starts it, asks it, and hands its answers on; starts it again when it dies."""

import contextlib
import json
import queue
import subprocess
import threading
from dataclasses import dataclass, field
from typing import IO, Any

from kdstudio.runs.child_python import environment, python
from kdstudio.runs.home import Home


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One line from the desk. `part` names a piece of the answer; `over` is set on a question's last line."""

    id: int
    part: str | None = None
    values: dict[str, Any] = field(default_factory=dict)
    failed: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    cancelled: bool = False

    @property
    def over(self) -> bool:
        """Whether nothing more comes to this question."""
        return self.part is None


class Desk:
    """A desk process. No method waits for it; `answers` gives what has come since the last call.

    Args:
        home: whose teachers and runs it may look at.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._came: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._open: set[int] = set()
        self._next = 0

    def ask(self, question: str, **given: Any) -> int:
        """Ask something; the number under which the answers come. Starts the desk when it does not run.

        Raises:
            OSError: it cannot be started.
        """
        self._next += 1
        number = self._next
        process = self._running()
        self._open.add(number)
        self._send(process, {"id": number, "ask": question, "with": given})
        return number

    def cancel(self, number: int) -> None:
        """Nobody wants the answer to this question any more."""
        if number in self._open and self._process is not None:
            self._send(self._process, {"cancel": number})

    def answers(self) -> list[Answer]:
        """What came since the last call. Questions that a dead desk left open have failed with the code desk-gone."""
        came = []
        while True:
            try:
                came.append(self._came.get_nowait())
            except queue.Empty:
                break
        if self._open and self._process is not None and self._process.poll() is not None:
            came += [Answer(id=number, failed="desk-gone") for number in sorted(self._open - {one.id for one in came})]
        self._open -= {answer.id for answer in came if answer.over}
        return came

    def kill(self) -> None:
        """End the desk at once, whatever it is at: it holds nothing that could be lost. Open questions fail; the next
        one starts it again."""
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        """End the desk and wait for it."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        try:
            process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if self._reader is not None:
            self._reader.join()
        if process.stdout is not None:
            process.stdout.close()

    def _running(self) -> "subprocess.Popen[str]":
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.close()
        self._process = subprocess.Popen(
            python("-m", "kdstudio", "desk", "--home", str(self._home.root)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env=environment(),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        assert self._process.stdout is not None
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), name="desk answers", daemon=True)
        self._reader.start()
        return self._process

    def _read(self, lines: IO[str]) -> None:
        """Runs in a thread of its own, so that nobody waits and the pipe never fills."""
        for line in lines:
            try:
                said = json.loads(line)
                self._came.put(Answer(**{name: value for name, value in said.items() if name in Answer.__slots__}))
            except (ValueError, TypeError):
                continue

    def _send(self, process: "subprocess.Popen[str]", message: dict[str, Any]) -> None:
        assert process.stdin is not None
        with contextlib.suppress(OSError):  # it died: `answers` says so
            process.stdin.write(json.dumps(message) + "\n")
            process.stdin.flush()
