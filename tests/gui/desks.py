"""A desk that is no process: it remembers what it was asked, and answers when a test says so."""

import base64
from typing import Any

from kdstudio.runs.desk import Answer

GIB = 2**30


class FakeDesk:
    """`asked` are the questions by number, `cancelled` those that nobody wants any more."""

    def __init__(self) -> None:
        self.asked: dict[int, dict[str, Any]] = {}
        self.cancelled: list[int] = []
        self.killed = self.closed = 0
        self._came: list[Answer] = []

    @property
    def last(self) -> int:
        """The number of the newest question; 0 before the first."""
        return max(self.asked, default=0)

    def say(self, **answer: Any) -> None:
        """Answer the newest question, or with `id` another one."""
        self._came.append(Answer(**{"id": self.last, **answer}))

    def ask(self, question: str, **given: Any) -> int:
        assert question == "preview"
        self.asked[self.last + 1] = given["experiment"]
        return self.last

    def cancel(self, number: int) -> None:
        self.cancelled.append(number)

    def answers(self) -> list[Answer]:
        came, self._came = self._came, []
        return came

    def kill(self) -> None:
        self.killed += 1

    def close(self) -> None:
        self.closed += 1


def networks(teacher: int = 1000, student: int = 250) -> dict[str, Any]:
    """The desk's part "networks"."""
    sizes = {"teacher": teacher, "student": student}
    return {
        role: {"kind": "mlp", "parameters": count, "macs": 2 * count, "bytes": 4 * count}
        for role, count in sizes.items()
    }


def data(counts: list[int], warnings: list[dict[str, Any]] | None = None, colour: bool = False) -> dict[str, Any]:
    """The desk's part "data", with one grey or coloured sample for each of the first classes."""
    names = [f"class {number}" for number in range(len(counts))]
    shape = [2, 2, 3] if colour else [2, 2]
    pixels = bytes(range(12 if colour else 4))
    sample = {"shape": shape, "bytes": base64.b64encode(pixels).decode()}
    return {
        "classes": names, "counts": counts, "images": {"train": sum(counts), "validation": 20, "test": 30},
        "transfer": sum(counts), "labelled": sum(counts) // 2, "input": [3 if colour else 1, 2, 2],
        "samples": [{"class": name, **sample} for name in names[:14]], "warnings": warnings or [],
    }  # fmt: skip


def memory(verdict: str, needed: float = 2.0, free: float = 8.0, *, teaching: bool = False) -> dict[str, Any]:
    """The desk's part "memory", in GiB."""
    parts = {"process": 0, "images": 0, "teacher": 2 if teaching else 0, "student": 1}
    return {"verdict": verdict, "needed": needed * GIB, "free": free * GIB, "device": "cpu", "parts": parts}
