"""Soft targets: match the teacher's softened distribution (Hinton, Vinyals, Dean 2015, section 2)."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from kdstudio.methods.base import Batch, Dense, Objective, Signal, Softened, objective
from kdstudio.spec import SoftTargets


class SoftTargetsObjective(Objective):
    """(1 - alpha) CE(z_s, y) + alpha T^2 KL(softmax(z_t / T) || softmax(z_s / T)), means over their batches.

    Gradients of the soft term scale with 1 / T^2, so T^2 keeps the balance when T changes. The KL divergence, not the
    cross-entropy, is what is returned: its floor is 0, not the teacher's entropy. It is summed over classes.
    """

    def __init__(self, *, temperature: float, alpha: float) -> None:
        super().__init__()
        self._temperature = temperature
        self._alpha = alpha
        self.needs_labels = alpha < 1
        self.needs_teacher = alpha > 0

    def prepare(self, teacher: Dense) -> Softened:
        return Softened(self._temperature, _log_probabilities(teacher.logits, self._temperature))

    def forward(self, student: Dense, teachers: Sequence[Signal], batch: Batch) -> dict[str, Tensor]:
        terms = {}
        if batch.targets is not None and self.needs_labels:
            terms["labels"] = F.cross_entropy(student.logits, batch.targets) * (1 - self._alpha)
        if teachers and self.needs_teacher:
            (teacher,) = teachers
            if not isinstance(teacher, Softened) or teacher.temperature != self._temperature:
                raise ValueError("the teacher's signal was prepared by another objective")
            terms["soft targets"] = _SoftTerm.apply(
                student.logits, teacher.log_probabilities, self._temperature, self._alpha
            )
        return terms


def _log_probabilities(logits: Tensor, temperature: float) -> Tensor:
    """log softmax(logits / T), float64 [b, classes] where the device has it (an Apple GPU has not)."""
    precision = torch.float32 if logits.device.type == "mps" else torch.float64
    return torch.log_softmax(logits.to(precision) / temperature, dim=-1)


class _SoftTerm(torch.autograd.Function):
    """weight T^2 KL(teacher || student), summed over classes, averaged over images; differentiable once in the student.

    In double precision: a divergence subtracts numbers that are nearly equal, and at a temperature
    of 100, times T^2, float32 leaves an error of several thousandths. The gradient, weight T (q - p) / images, is known in
    closed form; written down here it costs less than what autograd would record.
    """

    @staticmethod
    def forward(context: Any, logits: Tensor, teacher: Tensor, temperature: float, weight: float) -> Tensor:
        ours = _log_probabilities(logits, temperature)
        probabilities = teacher.exp()
        scale = weight * temperature**2 / len(logits)
        context.save_for_backward((ours.exp().sub_(probabilities).mul_(scale / temperature)).to(logits.dtype))
        divergence = probabilities.mul_(ours.sub_(teacher)).sum().neg_()
        return divergence.mul_(scale).clamp_(min=0.0).to(logits.dtype)  # rounding alone goes below 0

    @staticmethod
    @once_differentiable
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        (difference,) = context.saved_tensors
        return difference * gradients[0], None, None, None


@objective.register
def _(spec: SoftTargets) -> Objective:
    return SoftTargetsObjective(temperature=spec.temperature, alpha=spec.alpha)
