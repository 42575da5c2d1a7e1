"""Learning from labels alone: the mean over those that may be seen."""

import pytest
import torch
import torch.nn.functional as F

from kdstudio.methods import Batch, Dense, Labels, objective
from kdstudio.spec import METHODS, MethodSpec, NoMethod, SoftTargets


def logits_and_targets() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(6, 4, generator=generator), torch.randint(4, (6,), generator=generator)


def test_that_the_method_none_is_cross_entropy_and_needs_no_teacher() -> None:
    logits, targets = logits_and_targets()
    goal = objective(NoMethod(kind="none"))
    terms = goal(Dense(logits), [], Batch(logits, targets, torch.arange(6), 0.0))
    assert list(terms) == ["labels"]
    assert torch.allclose(terms["labels"], F.cross_entropy(logits, targets))
    assert isinstance(goal, Labels)
    assert not goal.needs_teacher
    assert not NoMethod.needs_teacher
    assert SoftTargets.needs_teacher


def test_that_every_method_that_can_be_asked_for_has_an_objective() -> None:
    for kind in METHODS:
        (name,) = kind.model_fields["kind"].annotation.__args__  # type: ignore[union-attr]
        assert objective(kind(kind=name)) is not None


def test_that_a_method_that_nobody_registered_is_our_mistake() -> None:
    class Unknown(MethodSpec):
        kind: str = "unknown"

    with pytest.raises(TypeError, match="Unknown"):
        objective(Unknown())
