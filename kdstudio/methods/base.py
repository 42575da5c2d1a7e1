"""What a method sees and gives: signals of student and teachers in, named weighted loss terms out."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import TypeAlias

from torch import Tensor, nn

from kdstudio.spec import MethodSpec

WITHHELD = -100
"""The target of an image whose label must not be seen."""


@dataclass(slots=True)
class Batch:
    """What a step works on.

    Attributes:
        inputs: float32 [b, ...], as the network takes it.
        targets: int64 [b], WITHHELD where the label must not be seen.
        indices: int64 [b], positions in the training images.
        progress: how much of the budget is used, 0 to 1.
    """

    inputs: Tensor
    targets: Tensor
    indices: Tensor
    progress: float


@dataclass(slots=True)
class Dense:
    """Logits over all classes, float32 [b, classes]."""

    logits: Tensor

    def at(self, indices: Tensor) -> "Dense":
        """The rows at `indices`."""
        return Dense(self.logits.index_select(0, indices))


@dataclass(slots=True)
class Softened:
    """Soft targets at one temperature, prepared once.

    Attributes:
        temperature: what the logits were divided by.
        probabilities: float32 [b, classes].
        entropy: of each row, nats, float32 [b].
    """

    temperature: float
    probabilities: Tensor
    entropy: Tensor

    def at(self, indices: Tensor) -> "Softened":
        """The rows at `indices`."""
        return Softened(
            self.temperature, self.probabilities.index_select(0, indices), self.entropy.index_select(0, indices)
        )


Signal: TypeAlias = Dense | Softened


class Objective(nn.Module):
    """A method's loss. Its parameters, if it has any, are trained beside the student's and never shipped with it."""

    def prepare(self, teacher: Dense) -> Signal:
        """What of a teacher's output can be computed once for all steps; the same function serves a live teacher."""
        return teacher

    def forward(self, student: Dense, teachers: Sequence[Signal], batch: Batch) -> dict[str, Tensor]:
        """Named, already weighted terms (scalars, nats); the loop sums them, each is a curve."""
        raise AssertionError("every objective has its own forward")


@singledispatch
def objective(spec: MethodSpec, *, every_label: bool) -> Objective:
    """The objective of `spec`. `every_label`: no target is ever withheld, which saves counting them."""
    raise TypeError(f"no objective is registered for {type(spec).__name__}")
