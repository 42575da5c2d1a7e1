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
        return Softened(self._temperature, F.log_softmax(teacher.logits / self._temperature, dim=-1))

    def forward(self, student: Dense, teachers: Sequence[Signal], batch: Batch) -> dict[str, Tensor]:
        terms = {}
        if batch.targets is not None and self.needs_labels:
            terms["labels"] = F.cross_entropy(student.logits, batch.targets) * (1 - self._alpha)
        if teachers and self.needs_teacher:
            (teacher,) = teachers
            if not isinstance(teacher, Softened) or teacher.temperature != self._temperature:
                raise ValueError("the teacher's signal was prepared by another objective")
            logs = F.log_softmax(student.logits / self._temperature, dim=-1)
            divergence = divergence_of(logs, teacher.log_probabilities)
            terms["soft targets"] = divergence * (self._alpha * self._temperature**2)
        return terms


def divergence_of(student: Tensor, teacher: Tensor) -> Tensor:
    """KL(teacher || student), nats: summed over classes, averaged over images; never below 0. Differentiable in `student`.

    Args:
        student: log-probabilities, float32 [b, classes].
        teacher: log-probabilities, float32 [b, classes].
    """
    divergence: Tensor = _Divergence.apply(student, teacher)
    return divergence


class _Divergence(torch.autograd.Function):
    """The sum over classes of p g(log q - log p) with g(x) = exp(x) - 1 - x, which is KL(p || q) since p and q sum to 1.

    Every summand is at least 0 and small where p and q are near each other. The textbook form subtracts numbers that are
    nearly equal: at a temperature of 100, times T^2, float32 leaves an error of several thousandths.
    """

    @staticmethod
    def forward(context: Any, student: Tensor, teacher: Tensor) -> Tensor:
        p, q, x = teacher.exp(), student.exp(), student - teacher
        context.save_for_backward(p, q)
        # p exp(x) is q; where x is large that avoids infinity times zero, and nothing is lost by the subtraction.
        near = torch.expm1(x.clamp(max=1.0)).sub_(x).mul_(p)
        terms = torch.where(x < 1.0, near, q - p - p * x)
        return terms.sum() / len(student)

    @staticmethod
    @once_differentiable
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        p, q = context.saved_tensors
        (gradient,) = gradients
        return (q - p) * (gradient / len(p)), None


@objective.register
def _(spec: SoftTargets) -> Objective:
    return SoftTargetsObjective(temperature=spec.temperature, alpha=spec.alpha)
