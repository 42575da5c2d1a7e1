"""Learning from labels: cross-entropy. What teacher and baseline do, and the method "none"."""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

from kdstudio.methods.base import Batch, Dense, Objective, Signal, objective
from kdstudio.spec import NoMethod


class Labels(Objective):
    """The mean cross-entropy with the labels, nats."""

    needs_teacher = False

    def forward(self, student: Dense, teachers: Sequence[Signal], batch: Batch) -> dict[str, Tensor]:
        assert batch.targets is not None, "without a teacher's terms a batch has labels"
        return {"labels": F.cross_entropy(student.logits, batch.targets)}


@objective.register
def _(spec: NoMethod) -> Objective:
    return Labels()
