"""Which network teaches and which one learns."""

import re
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import ValidationInfo, field_validator

from kdstudio.spec.base import KindSpec, against_the_file, option

TRAIN = "train"
RUN_PREFIX = "run:"
LAYERS = 3  # of a network that a title names


class ModelSpec(KindSpec):
    """What all kinds of model have in common."""

    weights: str = option(
        TRAIN,
        min_length=1,
        title="Weights",
        advanced=True,
        choices="weights",
        description="Where the weights come from: 'train' (from scratch, here), 'run:<id>' (the student of that run) or "
        "a safetensors file, relative to the YAML file.",
    )

    @field_validator("weights")
    @classmethod
    def _name_a_source(cls, weights: str, info: ValidationInfo) -> str:
        if weights == TRAIN:
            return weights
        if weights.startswith(RUN_PREFIX):
            if not re.fullmatch("[0-9a-z]+", weights.removeprefix(RUN_PREFIX)):
                raise ValueError("write run:<id>, with the id that `kdstudio runs` shows")
            return weights
        return str(against_the_file(Path(weights), info))

    @property
    def weights_file(self) -> Path | None:
        """The file that `weights` names, or None where it names none."""
        return None if self.weights == TRAIN or self.weights.startswith(RUN_PREFIX) else Path(self.weights)

    @property
    def weights_run(self) -> str | None:
        """The id of the run whose student `weights` names, or None."""
        return self.weights.removeprefix(RUN_PREFIX) if self.weights.startswith(RUN_PREFIX) else None


class Mlp(ModelSpec):
    """A multilayer perceptron with ReLU units."""

    label: ClassVar[str] = "Multilayer perceptron"
    blurb: ClassVar[str] = "Layers of ReLU units on the flattened image."
    kind: Literal["mlp"]
    hidden: tuple[int, ...] = option(
        (128,),
        max_length=16,
        title="Hidden layers",
        unit="units",
        description="The number of units in each hidden layer, from the input on. Empty makes it linear.",
    )
    dropout: float = option(
        0.0,
        ge=0.0,
        lt=1.0,
        title="Dropout",
        unit="fraction",
        advanced=True,
        description="The share of hidden units that is switched off at random in each training step.",
    )

    @property
    def brief(self) -> str:
        layers = [str(units) for units in self.hidden]
        shown = layers if len(layers) <= LAYERS else [*layers[: LAYERS - 1], "...", layers[-1]]
        return "-".join([self.kind, *shown]).replace("-...-", "...") if layers else f"{self.kind}-linear"

    @field_validator("hidden")
    @classmethod
    def _have_units(cls, hidden: tuple[int, ...]) -> tuple[int, ...]:
        if any(not 1 <= units <= 65_536 for units in hidden):
            raise ValueError("each layer needs from 1 to 65536 units")
        return hidden


class Cnn(ModelSpec):
    """A small convolutional network: 3 x 3 convolutions with batch normalisation, halved until 4 to 7 pixels are left."""

    label: ClassVar[str] = "Convolutional network"
    blurb: ClassVar[str] = "3 x 3 convolutions with batch normalisation; deeper for larger images."
    kind: Literal["cnn"]
    width: int = option(
        32,
        ge=1,
        le=1024,
        title="Width",
        unit="channels",
        description="Channels of the first stage; each later stage has twice as many, up to eight times.",
    )
    dropout: float = option(
        0.0,
        ge=0.0,
        lt=1.0,
        title="Dropout",
        unit="fraction",
        advanced=True,
        description="The share of the last features that is switched off at random in each training step.",
    )

    @property
    def brief(self) -> str:
        return f"{self.kind}-{self.width}"


__all__ = ["RUN_PREFIX", "TRAIN", "Cnn", "Mlp", "ModelSpec"]
