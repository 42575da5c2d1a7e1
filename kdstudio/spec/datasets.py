"""Which images an experiment looks at, and how they are shared out between training, validation and test."""

import re
from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import field_validator, model_validator

from kdstudio.spec.base import FilePath, KindSpec, Spec, option

NAME = 24  # letters of a folder's name in a title


class Views(Spec):
    """Random changes to each training image, drawn anew in every step. All off by default."""

    shift: int = option(
        0,
        ge=0,
        le=64,
        title="Shift",
        unit="pixels",
        description="Move each image by up to this many pixels in each direction; the border is filled with black.",
    )
    flip: bool = option(
        False, title="Flip", description="Mirror half of the images left to right. Wrong for digits and letters."
    )
    crop: float = option(
        1.0,
        gt=0.0,
        le=1.0,
        title="Crop",
        unit="share of the side",
        description="The smallest share of the side that a random crop keeps, before it is enlarged again; 1 is off.",
    )

    @property
    def off(self) -> bool:
        """Whether every image is always seen as it is."""
        return self == Views()


class DatasetSpec(KindSpec):
    """What all kinds of dataset have in common."""

    validation: float = option(
        0.1,
        gt=0.0,
        lt=1.0,
        title="Validation share",
        unit="fraction",
        advanced=True,
        description="The share of the images kept for choosing (best epoch, early stopping), where the data has no "
        "validation part of its own.",
    )
    test: float = option(
        0.3,
        gt=0.0,
        lt=1.0,
        title="Test share",
        unit="fraction",
        advanced=True,
        description="The share of the images kept for the report at the end, where the data has no test part of its own.",
    )
    seed: int = option(
        0,
        ge=0,
        lt=2**31,
        title="Split seed",
        advanced=True,
        description="Fixes the split into parts and which images keep their labels.",
    )
    labelled: float = option(
        1.0,
        gt=0.0,
        le=1.0,
        title="Labels available to the student",
        unit="fraction",
        description="The share of the training images whose labels student and baseline may see, in each class. The "
        "teacher sees them all.",
    )
    hidden_classes: tuple[int, ...] = option(
        (),
        title="Hidden classes",
        advanced=True,
        description="Numbers of the classes whose images student and baseline never see in training. The teacher does.",
    )
    views: Views = option(
        Views(),
        title="Views for the student",
        advanced=True,
        description="Random views of the training images for student and baseline. With any of them on, the teacher "
        "runs live on the very same pixels.",
    )
    teacher_views: Views = option(
        Views(),
        title="Views for the teacher",
        advanced=True,
        description="Random views of the training images while the teacher itself is trained.",
    )
    normalise: bool = option(
        True,
        title="Normalise",
        advanced=True,
        description="Shift and scale each channel to mean 0 and deviation 1, as measured on the training images.",
    )

    @property
    def remarks(self) -> tuple[str, ...]:
        labelled = f"{100 * self.labelled:.3g} % labelled"
        hidden = f"without {', '.join(map(str, self.hidden_classes))}"
        return (labelled,) * (self.labelled < 1.0) + (hidden,) * bool(self.hidden_classes)

    @field_validator("hidden_classes")
    @classmethod
    def _are_distinct(cls, classes: tuple[int, ...]) -> tuple[int, ...]:
        if any(number < 0 for number in classes) or len(set(classes)) != len(classes):
            raise ValueError("name each class once, by its number from 0")
        return classes

    @model_validator(mode="after")
    def _something_is_left_to_train_on(self) -> Self:
        if self.validation + self.test >= 1.0:
            raise ValueError(
                f"validation ({self.validation:g}) and test ({self.test:g}) together must leave something to train on"
            )
        return self


class Digits(DatasetSpec):
    """scikit-learn's 1,797 real handwritten digits, 8 x 8 pixels."""

    label: ClassVar[str] = "Handwritten digits (built in)"
    blurb: ClassVar[str] = "1,797 real 8 x 8 digits. Nothing to download."
    kind: Literal["digits"]


class Idx(DatasetSpec):
    """A folder with MNIST-style IDX files, gzipped or not."""

    label: ClassVar[str] = "IDX files (MNIST, Fashion-MNIST, KMNIST)"
    blurb: ClassVar[str] = "A folder with train-images-idx3-ubyte and its three siblings, gzipped or not."
    kind: Literal["idx"]
    path: FilePath = option(
        title="Folder", description="The folder that holds the IDX files; relative to the YAML file."
    )

    @property
    def brief(self) -> str:
        return _name_of(self.path) or self.kind


class ImageFolder(DatasetSpec):
    """One folder of pictures for each class, or train, val and test folders of those."""

    label: ClassVar[str] = "A folder of images"
    blurb: ClassVar[str] = (
        "One folder per class, or train/val/test folders of those: PNG, JPEG, WebP, BMP, TIFF, GIF, PPM."
    )
    kind: Literal["image-folder"]
    path: FilePath = option(
        title="Folder", description="The folder that holds one folder per class; relative to the YAML file."
    )
    size: int = option(
        64, ge=4, le=512, title="Size", unit="pixels", description="Every image is resized to a square of this side."
    )
    colour: bool = option(True, title="Colour", description="Keep three colour channels; off makes everything grey. "
                          "Transparent pixels become white.")  # fmt: skip

    @property
    def brief(self) -> str:
        return _name_of(self.path) or self.kind


def _name_of(folder: Path) -> str:
    """The folder's own name and nothing above it, whichever system the path is of; long ones are cut."""
    parts = [part for part in re.split(r"[\\/]", str(folder)) if part.strip(". ")]
    name = " ".join(parts[-1].split()) if parts else ""
    return name if len(name) <= NAME else f"{name[: NAME - 3].rstrip()}..."


__all__ = ["DatasetSpec", "Digits", "Idx", "ImageFolder", "Views"]
