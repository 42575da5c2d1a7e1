"""What a method sees and gives: signals of student and teachers in, named weighted loss terms out."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import TypeAlias

from torch import Tensor, nn

from kdstudio.spec import MethodSpec


@dataclass(slots=True)
class Batch:
    """What one forward pass of a step works on.

    Attributes:
        inputs: float32 [b, ...], as the network takes it.
        targets: int64 [b]; None where no label may be seen: images of the transfer stream.
        indices: int64 [b], positions in the training images.
        progress: how much of the budget is used, 0 to 1.
    """

    inputs: Tensor
    targets: Tensor | None
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
        log_probabilities: float64 [b, classes] where the device has it: the loss is a small difference of these.
    """

    temperature: float
    log_probabilities: Tensor

    def at(self, indices: Tensor) -> "Softened":
        """The rows at `indices`."""
        return Softened(self.temperature, self.log_probabilities.index_select(0, indices))


Signal: TypeAlias = Dense | Softened


class Objective(nn.Module):
    """A method's loss. Its parameters, if it has any, are trained and checkpointed beside the student's and never shipped.

    A student with a teacher is the baseline plus the teacher's terms. Where it may see every label, a step is one pass
    that carries both. Where labels are withheld, a step is two passes: one over the baseline's labelled images, without
    teachers, for the label terms; one over images of the transfer set, without targets, for the teacher's terms.

    Attributes:
        needs_labels: it has label terms.
        needs_teacher: it has teacher's terms. Without them it is given the baseline's batches, and no teacher.
    """

    needs_labels: bool = True
    needs_teacher: bool = True

    def prepare(self, teacher: Dense) -> Signal:
        """What of a teacher's output can be computed once for all steps; the same function serves a live teacher."""
        return teacher

    def forward(self, student: Dense, teachers: Sequence[Signal], batch: Batch) -> dict[str, Tensor]:
        """Named, already weighted terms (scalars, nats); the loop sums them, each is a curve.

        Label terms are left out where `batch.targets` is None, the teacher's terms where `teachers` is empty.
        """
        raise AssertionError("every objective has its own forward")


@singledispatch
def objective(spec: MethodSpec) -> Objective:
    """The objective of `spec`."""
    raise TypeError(f"no objective is registered for {type(spec).__name__}")
