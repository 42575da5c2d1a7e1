"""Learning from labels: cross-entropy. What teacher and baseline do, and the method "none"."""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

from kdstudio.methods.base import WITHHELD, Batch, Dense, Objective, Signal, objective
from kdstudio.spec import NoMethod


def cross_entropy(logits: Tensor, targets: Tensor, *, every_label: bool) -> Tensor:
    """The mean cross-entropy over the labelled images of a batch, nats; 0 where there is none.

    The sum is divided by max(1, labelled), not by the batch: an unlabelled image must not dilute the others.
    """
    if every_label:
        return F.cross_entropy(logits, targets)
    labelled = (targets != WITHHELD).sum().clamp_(min=1)
    return F.cross_entropy(logits, targets, ignore_index=WITHHELD, reduction="sum") / labelled


class Labels(Objective):
    """The mean cross-entropy with the labels."""

    def __init__(self, *, every_label: bool) -> None:
        super().__init__()
        self._every_label = every_label

    def forward(self, student: Dense, teachers: Sequence[Signal], batch: Batch) -> dict[str, Tensor]:
        return {"labels": cross_entropy(student.logits, batch.targets, every_label=self._every_label)}


@objective.register
def _(spec: NoMethod, *, every_label: bool) -> Objective:
    return Labels(every_label=every_label)
