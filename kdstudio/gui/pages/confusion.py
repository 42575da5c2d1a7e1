"""What a finished run says of each test image, counted: which class is predicted as which, and how good each class is.

numpy alone, from `artefacts/test_outputs.npz` and `test_images.npz`; no Qt. Reading takes up to seconds, so a thread of
the page does it.
"""

from collections.abc import Callable
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
    """The answers of one network to all test images: the class that it predicts, and with which probability."""

    predicted: Counts
    confidence: Floats


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A test image, with a prediction for it: how many seeds predict so, and their mean confidence."""

    image: int
    predicted: int
    seeds: int
    confidence: float


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """All that test data said. `answers` by who, as far as they took part, one for each seed (the teacher has one);
    `images` may be fewer than labels, or None."""

    classes: tuple[str, ...]
    labels: Counts
    answers: dict[str, tuple[Answers, ...]]
    images: Pixels | None

    @property
    def seeds(self) -> int:
        """How many seeds the student was trained with."""
        return len(self.answers["student"])

    def of(self, who: str, seed: int | None = None) -> tuple[Answers, ...]:
        """The answers of `who`: of all seeds, or of the one at place `seed`."""
        answers = self.answers[who]
        return answers if seed is None or len(answers) == 1 else answers[seed : seed + 1]

    def confusion(self, who: str, seed: int | None = None) -> Counts:
        """How often `who` predicts a class (column) for images of a class (row): [classes, classes], summed over seeds."""
        count = len(self.classes)
        places = [self.labels * count + answers.predicted for answers in self.of(who, seed)]
        counts: Counts = sum(np.bincount(each, minlength=count * count) for each in places)  # type: ignore[assignment]
        return counts.reshape(count, count)

    def cell(self, who: str, label: int, predicted: int, seed: int | None = None) -> list[Found]:
        """The images in a cell of the confusion of `who`: what most seeds predict comes first, then the most confident."""
        return self._found(who, label, lambda each: each == predicted, seed)

    def mistakes(self, who: str, label: int, seed: int | None = None) -> list[Found]:
        """The images of a class that `who` classifies wrongly, in the same order."""
        return self._found(who, label, lambda each: each != label, seed)

    def _found(self, who: str, label: int, wanted: Callable[[Counts], Any], seed: int | None) -> list[Found]:
        votes: dict[tuple[int, int], list[float]] = {}
        for answers in self.of(who, seed):
            for at in np.flatnonzero((self.labels == label) & wanted(answers.predicted)).tolist():
                votes.setdefault((at, int(answers.predicted[at])), []).append(float(answers.confidence[at]))
        found = [
            Found(image=at, predicted=predicted, seeds=len(sure), confidence=sum(sure) / len(sure))
            for (at, predicted), sure in votes.items()
        ]
        return sorted(found, key=lambda each: (-each.seeds, -each.confidence, each.image))


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassRow:
    """One class: how many images it has, which share of them is classified correctly (recall), which share of what is predicted
    as it is right (precision), and F1; None where there is nothing to divide by. `mistaken_for`: the class that is predicted
    for its images most often beside itself, and how often."""

    name: str
    images: int
    recall: float | None
    precision: float | None
    f1: float | None
    mistaken_for: tuple[str, int] | None


def class_rows(confusion: Counts, classes: tuple[str, ...], seeds: int = 1) -> list[ClassRow]:
    """A row for each class, of a confusion that is the sum over `seeds`."""
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
                images=own // seeds,
                recall=right / own if own else None,
                precision=right / named if named else None,
                f1=2 * right / (own + named) if own + named else None,
                mistaken_for=(classes[worst], int(wrong[worst])) if wrong[worst] else None,
            )
        )
    return rows


def most_mistaken(confusion: Counts) -> tuple[int, int] | None:
    """The cell beside the diagonal with most images; None where all are classified correctly."""
    wrong = confusion - np.diag(np.diag(confusion))
    place = int(wrong.argmax()) if wrong.size else 0
    row, column = divmod(place, max(1, wrong.shape[1]))
    return (row, column) if wrong.size and wrong[row, column] else None


def outcome_of(folder: RunFolder) -> Outcome | None:
    """What the run's artefacts hold; None where there are none that can be read."""
    try:
        arrays = read_outputs(folder.artefacts / "test_outputs.npz")
        labels = arrays["labels"].astype(np.int64)
        classes = tuple(str(name) for name in arrays["classes"])
        answers = {who: _by_seed(arrays, who) for who in WHO if who in arrays or f"{who}_all" in arrays}
    except UNREADABLE:
        return None
    every = [each for of_seeds in answers.values() for each in of_seeds]
    fits = all(len(each.predicted) == len(labels) for each in every)
    numbers = [labels, *(each.predicted for each in every)]
    inside = all(not len(each) or (each.min() >= 0 and each.max() < len(classes)) for each in numbers)
    if not (fits and inside and answers.get("student")):
        return None
    return Outcome(classes=classes, labels=labels, answers=answers, images=images_in(folder.artefacts / "test_images.npz"))


def _by_seed(arrays: dict[str, Any], who: str) -> tuple[Answers, ...]:
    """The answers of each seed; a run of an older version may have kept those of the first alone."""
    every = arrays.get(f"{who}_all")
    return tuple(_answers(logits) for logits in every) if every is not None else (_answers(arrays[who]),)


def _answers(logits: Floats) -> Answers:
    """The class that each row of logits predicts, and its probability."""
    values = logits.astype(np.float64)
    values = np.exp(values - values.max(axis=1, keepdims=True))
    return Answers(predicted=values.argmax(axis=1), confidence=values.max(axis=1) / values.sum(axis=1))


def images_in(path: Path) -> Pixels | None:
    """The thumbnails in an artefact, uint8 [n, h, w] or [n, h, w, 3]; None where there are none that can be read."""
    try:
        return read_images(path)
    except UNREADABLE:
        return None


__all__ = ["ClassRow", "Found", "Outcome", "class_rows", "images_in", "most_mistaken", "outcome_of"]
