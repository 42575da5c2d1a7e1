"""Soft targets: match the teacher's softened distribution (Hinton, Vinyals, Dean 2015, section 2)."""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

from kdstudio.methods.base import Batch, Dense, Objective, Signal, Softened, objective
from kdstudio.methods.labels import cross_entropy
from kdstudio.spec import SoftTargets


class SoftTargetsObjective(Objective):
    """(1 - alpha) CE(z_s, y) + alpha T^2 KL(softmax(z_t / T) || softmax(z_s / T)), means over the batch.

    Gradients of the soft term scale with 1 / T^2, so T^2 keeps the balance when T changes. The KL divergence, not the
    cross-entropy, is what is returned: its floor is 0, not the teacher's entropy. It is summed over classes, and every
    image counts, labelled or not.
    """

    def __init__(self, *, temperature: float, alpha: float, every_label: bool) -> None:
        super().__init__()
        self._temperature = temperature
        self._alpha = alpha
        self._every_label = every_label

    def prepare(self, teacher: Dense) -> Softened:
        logs = F.log_softmax(teacher.logits / self._temperature, dim=-1)
        probabilities = logs.exp()
        return Softened(self._temperature, probabilities, -(probabilities * logs).sum(dim=-1))

    def forward(self, student: Dense, teachers: Sequence[Signal], batch: Batch) -> dict[str, Tensor]:
        (teacher,) = teachers
        assert isinstance(teacher, Softened)
        terms = {}
        if self._alpha > 0:
            cross = F.cross_entropy(student.logits / self._temperature, teacher.probabilities)
            divergence = cross - teacher.entropy.mean()
            terms["soft targets"] = divergence * (self._alpha * self._temperature**2)
        if self._alpha < 1:
            hard = cross_entropy(student.logits, batch.targets, every_label=self._every_label)
            terms["labels"] = hard * (1 - self._alpha)
        return terms


@objective.register
def _(spec: SoftTargets, *, every_label: bool) -> Objective:
    return SoftTargetsObjective(temperature=spec.temperature, alpha=spec.alpha, every_label=every_label)
