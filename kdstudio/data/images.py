"""A dataset shared out: which images train, choose and test, and which labels the student may see."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from kdstudio.data import fingerprint
from kdstudio.data.source import TEST, TRAIN, VALIDATION, Source, interruptible, read
from kdstudio.spec import DatasetSpec
from kdstudio.spec.errors import KnownFailure

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAMED = 5  # so many of many are named in a sentence
SAMPLE = 1000
"""The most training images on which live curves are measured."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Some of the images: uint8 [n, c, h, w], their labels int64 [n], and where each stands in the whole data int64 [n]."""

    images: Tensor
    labels: Tensor
    index: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device) -> "Part":
        """The same part on `device`."""
        return Part(images=self.images.to(device), labels=self.labels.to(device), index=self.index.to(device))

    def only(self, positions: Tensor | slice) -> "Part":
        """The images at `positions` of this part; a slice copies nothing."""
        return Part(images=self.images[positions], labels=self.labels[positions], index=self.index[positions])


@dataclass(frozen=True, kw_only=True)
class Images:
    """A dataset, ready to train on.

    Attributes:
        transfer: positions in `train` that student and baseline see (hidden classes are left out), int64.
        labelled: those of `transfer` whose labels they see too, int64.
        sample: positions in `train` (a fixed choice from `transfer`) on which live curves are measured, int64.
        mean, deviation: of each channel in 0..255, float32 [c, 1, 1]; 0 and 255 when not normalised.
        fingerprint: of images, labels, split and normalisation: all that a teacher depends on.
        left_out: files of the data that cannot be read, relative to its folder.
        left_out_because: why, of each.
    """

    train: Part
    validation: Part
    test: Part
    classes: tuple[str, ...]
    transfer: Tensor
    labelled: Tensor
    sample: Tensor
    mean: Tensor
    deviation: Tensor
    fingerprint: str
    left_out: tuple[str, ...] = ()
    left_out_because: tuple[str, ...] = ()

    @property
    def input(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        channels, height, width = self.train.images.shape[1:]
        return channels, height, width

    @property
    def left_out_in_words(self) -> str:
        """The first few of the files that were left out, each with the reason."""
        return some_of([f"{name} ({why})" for name, why in zip(self.left_out, self.left_out_because, strict=True)])


def load(spec: DatasetSpec, *, check: Callable[[], None] = lambda: None) -> Images:
    """The images that `spec` names, shared out by its seed.

    Args:
        spec: names them.
        check: called while they are read; may raise to interrupt.

    Raises:
        KnownFailure: a file is missing or damaged, or too little is left in a part.
    """
    with interruptible(check):
        source = read(spec)
    parts = _shares(source, spec)
    train, validation, test = (_part(source, parts == number) for number in (TRAIN, VALIDATION, TEST))
    transfer, labelled = _what_the_student_sees(train.labels.numpy(), source, spec)
    mean, deviation = _normalisation(train.images, normalise=spec.normalise)
    chosen = np.random.default_rng([spec.seed, 3]).permutation(transfer)[:SAMPLE]
    return Images(
        train=train, validation=validation, test=test, classes=source.classes,
        transfer=torch.from_numpy(transfer), labelled=torch.from_numpy(labelled), sample=torch.from_numpy(np.sort(chosen)),
        mean=mean, deviation=deviation,
        fingerprint=fingerprint.of_values(
            fingerprint.of_arrays(source.images, source.labels, parts), source.classes, spec.normalise
        ),
        left_out=source.left_out,
        left_out_because=source.left_out_because,
    )  # fmt: skip


def some_of(names: Sequence[str]) -> str:
    """The names as a sentence has them: the first few, and whether there are more."""
    return ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")


def _shares(source: Source, spec: DatasetSpec) -> "NDArray[np.int8]":
    """The part of each image: the data's own where it has one, the rest drawn class by class."""
    parts = np.full(len(source.labels), TRAIN, np.int8) if source.parts is None else source.parts.copy()
    wanted = [
        (part, share) for part, share in ((TEST, spec.test), (VALIDATION, spec.validation)) if not (parts == part).any()
    ]
    draw = np.random.default_rng([spec.seed, 1])
    pool = parts == TRAIN
    for number in range(len(source.classes)):
        members = draw.permutation(np.flatnonzero(pool & (source.labels == number)))
        start = 0
        for part, share in wanted:
            count = min(round(share * len(members)), max(0, len(members) - 1 - start))
            parts[members[start : start + count]] = part
            start += count
    for part, name in ((TRAIN, "training"), (VALIDATION, "validation"), (TEST, "test")):
        if not (parts == part).any():
            raise KnownFailure("too-few-images", why=f"With {len(parts)} images none is left for {name}")
    return parts


def _part(source: Source, chosen: "NDArray[np.bool_]") -> Part:
    index = np.flatnonzero(chosen)
    return Part(
        images=torch.from_numpy(source.images[index]),
        labels=torch.from_numpy(source.labels[index]),
        index=torch.from_numpy(index),
    )


def _what_the_student_sees(
    labels: "NDArray[np.int64]", source: Source, spec: DatasetSpec
) -> "tuple[NDArray[np.int64], NDArray[np.int64]]":
    """Positions whose images, and positions whose labels too, student and baseline see."""
    for number in spec.hidden_classes:
        if number >= len(source.classes):
            raise KnownFailure("hidden-class-unknown", number=number, last=len(source.classes) - 1)
    transfer = np.flatnonzero(~np.isin(labels, spec.hidden_classes))
    if not len(transfer):
        raise KnownFailure("nothing-left")
    kept = []
    for number in range(len(source.classes)):
        # A stream for each class: hiding one class leaves the labels of the others where they were.
        draw = np.random.default_rng([spec.seed, 2, number])
        members = draw.permutation(transfer[labels[transfer] == number])
        kept.append(members[: max(1, round(spec.labelled * len(members)))])
    return transfer, np.sort(np.concatenate(kept))


def _normalisation(images: Tensor, *, normalise: bool) -> tuple[Tensor, Tensor]:
    channels = images.shape[1]
    if not normalise:
        return torch.zeros(channels, 1, 1), torch.full((channels, 1, 1), 255.0)
    # From exact sums of integers, so that the result does not depend on the number of threads.
    counts = [np.bincount(images[:, channel].reshape(-1).numpy(), minlength=256) for channel in range(channels)]
    levels = np.arange(256, dtype=np.float64)
    mean = [float((count * levels).sum() / count.sum()) for count in counts]
    spread = [
        float(np.sqrt((count * (levels - middle) ** 2).sum() / count.sum()))
        for count, middle in zip(counts, mean, strict=True)
    ]
    return (
        torch.tensor(mean, dtype=torch.float32).view(channels, 1, 1),
        torch.tensor([value or 1.0 for value in spread], dtype=torch.float32).view(channels, 1, 1),
    )
