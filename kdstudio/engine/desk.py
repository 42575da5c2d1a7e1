"""The desk: a warm helper that answers what the window would need torch for. JSON lines on its standard streams.

A question is `{"id": 7, "ask": "preview", "with": {...}}`; answers are `{"id": 7, "part": NAME, "values": {...}}` as they become
known, then `{"id": 7, "done": true}`, or `{"id": 7, "failed": CODE, "parameters": {...}}`. `{"cancel": 7}` ends a question early:
`{"id": 7, "cancelled": true}`. The desk ends when its input does, which is when the window does.
"""

import contextlib
import json
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, TextIO

import torch

from kdstudio.engine.device import available
from kdstudio.engine.preview import preview
from kdstudio.runs.home import Home
from kdstudio.spec import Classification, problems_of
from kdstudio.spec.errors import KnownFailure

Parts = Iterator[tuple[str, dict[str, Any]]]


class Cancelled(Exception):
    """Nobody wants the answer any more."""


class Desk:
    """Answers one question after another; listens for cancellations meanwhile.

    Args:
        home: of the window.
        answers: where lines are written.
    """

    def __init__(self, home: Home, answers: TextIO) -> None:
        self._home = home
        self._answers = answers
        self._questions: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._cancelled: set[int] = set()
        self._known: dict[str, Callable[[dict[str, Any], Callable[[], None]], Parts]] = {
            "devices": self._devices,
            "preview": self._preview,
        }

    def serve(self, lines: Iterator[str]) -> None:
        """Answer until `lines` end."""
        worker = threading.Thread(target=self._work, name="desk", daemon=True)
        worker.start()
        for line in lines:
            self._hear(line)
        self._questions.put(None)
        worker.join(timeout=0.5)

    def _hear(self, line: str) -> None:
        try:
            said = json.loads(line)
            if "cancel" in said:
                self._cancelled.add(int(said["cancel"]))
            else:
                self._questions.put({"id": int(said["id"]), "ask": str(said["ask"]), "with": dict(said.get("with", {}))})
        except (ValueError, TypeError, KeyError):
            self._say({"id": None, "failed": "question-unreadable", "parameters": {"line": line[:200]}})

    def _work(self) -> None:
        while (question := self._questions.get()) is not None:
            self._answer(question)

    def _answer(self, question: dict[str, Any]) -> None:
        number = question["id"]

        def check() -> None:
            if number in self._cancelled:
                raise Cancelled

        try:
            check()
            ask = self._known.get(question["ask"])
            if ask is None:
                raise KnownFailure("question-unknown", ask=question["ask"])
            for name, values in ask(question["with"], check):
                self._say({"id": number, "part": name, "values": values})
            self._say({"id": number, "done": True})
        except Cancelled:
            self._say({"id": number, "cancelled": True})
        except KnownFailure as failure:
            self._say({"id": number, "failed": failure.code, "parameters": failure.parameters})
        except Exception as error:  # whatever it is, the next question must find the desk at work
            about = {"kind": type(error).__name__, "message": str(error)[:500]}
            self._say({"id": number, "failed": "internal", "parameters": about})
        finally:
            self._cancelled.discard(number)

    def _say(self, answer: dict[str, Any]) -> None:
        with contextlib.suppress(OSError, ValueError):  # the window is gone: the input will end in a moment
            self._answers.write(json.dumps(answer, separators=(",", ":")) + "\n")
            self._answers.flush()

    def _devices(self, asked: dict[str, Any], check: Callable[[], None]) -> Parts:
        yield "devices", {"available": available(), "torch": torch.__version__, "cores": os.cpu_count()}

    def _preview(self, asked: dict[str, Any], check: Callable[[], None]) -> Parts:
        values = asked.get("experiment", {})
        problems = problems_of(values)
        if problems:
            raise KnownFailure("experiment-unreadable", why="\n".join(str(problem) for problem in problems))
        experiment = Classification.model_validate(values)
        yield from preview(experiment, self._home, check)
        yield from self._devices(asked, check)


def serve(home: Home) -> None:
    """Answer on the standard streams. What libraries print goes to stderr, not between the answers."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    torch.set_num_threads(1)  # a run may be at work beside it
    try:
        Desk(home, answers).serve(iter(sys.stdin.readline, ""))
    finally:
        with contextlib.suppress(OSError):
            answers.close()



