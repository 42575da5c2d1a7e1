"""What a finished run says of each test image, counted: who takes which class for which, and how good each class is.

numpy alone, from `artefacts/test_outputs.npz` and `test_images.npz`; no Qt. Reading takes up to seconds, so a thread of
the page does it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from kdstudio.runs.artefacts import UNREADABLE, read_images, read_outputs
from kdstudio.runs.folder import RunFolder

Counts: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Pixels: TypeAlias = np.ndarray[Any, np.dtype[np.uint8]]
WHO = ("student", "baseline", "teacher")


@dataclass(frozen=True, kw_only=True)
class Answers:
    """The answers of one network to all test images: its guess, and how sure it is, of the true class too."""

    guess: Counts
    sure: Floats


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """All that test data said. `answers` by who, as far as they took part; `images` may be fewer than labels, or None."""

    classes: tuple[str, ...]
    labels: Counts
    answers: dict[str, Answers]
    images: Pixels | None

    def confusion(self, who: str) -> Counts:
        """How often `who` takes a class (row) for another (column): [classes, classes]."""
        count = len(self.classes)
        places = self.labels * count + self.answers[who].guess
        return np.bincount(places, minlength=count * count).reshape(count, count)

    def cell(self, who: str, label: int, guess: int) -> list[int]:
        """Which images are in a cell of the confusion of `who`, those of which it is surest first."""
        answers = self.answers[who]
        found = np.flatnonzero((self.labels == label) & (answers.guess == guess))
        order = np.argsort(-answers.sure[found], kind="stable")
        return [int(at) for at in found[order]]


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassRow:
    """One class: how many images it has, how many are found (recall), how many named so are it (precision), and F1; None
    where there is nothing to divide by. `taken_for`: the class it is mistaken for most, and how often."""

    name: str
    images: int
    recall: float | None
    precision: float | None
    f1: float | None
    taken_for: tuple[str, int] | None


def class_rows(confusion: Counts, classes: tuple[str, ...]) -> list[ClassRow]:
    """A row for each class."""
    rows = []
    for place, name in enumerate(classes):
        right, own, named = (
            int(confusion[place, place]),
            int(confusion[place].sum()),
            int(confusion[:, place].sum()),
        )
        wrong = confusion[place].copy()
        wrong[place] = 0
        worst = int(wrong.argmax())
        rows.append(
            ClassRow(
                name=name,
                images=own,
                recall=right / own if own else None,
                precision=right / named if named else None,
                f1=2 * right / (own + named) if own + named else None,
                taken_for=(classes[worst], int(wrong[worst])) if wrong[worst] else None,
            )
        )
    return rows


def most_mistaken(confusion: Counts) -> tuple[int, int] | None:
    """The cell beside the diagonal with most images; None where all are named right."""
    wrong = confusion - np.diag(np.diag(confusion))
    place = int(wrong.argmax()) if wrong.size else 0
    row, column = divmod(place, max(1, wrong.shape[1]))
    return (row, column) if wrong.size and wrong[row, column] else None


def outcome_of(folder: RunFolder) -> Outcome | None:
    """What the run's artefacts hold; None where there are none that can be read."""
    try:
        arrays = read_outputs(folder.artefacts / "test_outputs.npz", every_seed=False)
        labels = arrays["labels"].astype(np.int64)
        classes = tuple(str(name) for name in arrays["classes"])
        answers = {who: _answers(arrays[who]) for who in WHO if who in arrays}
    except UNREADABLE:
        return None
    fits = all(len(each.guess) == len(labels) for each in answers.values())
    numbers = [labels, *(each.guess for each in answers.values())]
    inside = all(not len(each) or (each.min() >= 0 and each.max() < len(classes)) for each in numbers)
    if not (fits and inside and "student" in answers):
        return None
    return Outcome(classes=classes, labels=labels, answers=answers, images=images_in(folder.artefacts / "test_images.npz"))


def _answers(logits: Floats) -> Answers:
    """The guess of each row of logits, and its probability."""
    values = logits.astype(np.float64)
    values = np.exp(values - values.max(axis=1, keepdims=True))
    return Answers(guess=values.argmax(axis=1), sure=values.max(axis=1) / values.sum(axis=1))


def images_in(path: Path) -> Pixels | None:
    """The thumbnails in an artefact, uint8 [n, h, w] or [n, h, w, 3]; None where there are none that can be read."""
    try:
        return read_images(path)
    except UNREADABLE:
        return None


__all__ = ["ClassRow", "Outcome", "class_rows", "images_in", "most_mistaken", "outcome_of"]
