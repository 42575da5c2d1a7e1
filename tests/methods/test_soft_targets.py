"""Soft targets against the formula in float64, and against the faults that other toolkits have made of it."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from kdstudio.methods import WITHHELD, Batch, Dense, objective
from kdstudio.methods.soft_targets import SoftTargetsObjective
from kdstudio.spec import SoftTargets


def some(seed: int, images: int = 7, classes: int = 5, scale: float = 3.0) -> tuple[Tensor, Tensor, Tensor]:
    """Student's logits, teacher's logits, targets."""
    generator = torch.Generator().manual_seed(seed)
    student, teacher = (scale * torch.randn(images, classes, generator=generator) for _ in range(2))
    return student, teacher, torch.randint(classes, (images,), generator=generator)


def terms_of(
    student: Tensor, teacher: Tensor, targets: Tensor, *, temperature: float, alpha: float, every_label: bool = False
) -> dict[str, Tensor]:
    spec = SoftTargets(kind="soft-targets", temperature=temperature, alpha=alpha)
    goal = objective(spec, every_label=every_label)
    batch = Batch(torch.zeros(len(student), 1), targets, torch.arange(len(student)), 0.5)
    return goal(Dense(student), [goal.prepare(Dense(teacher))], batch)


def divergence(student: Tensor, teacher: Tensor, temperature: float) -> float:
    """KL(p || q) summed over classes, averaged over images, as the definition reads."""
    p, q = ((each.double() / temperature).softmax(-1) for each in (teacher, student))
    total = sum(float(a) * math.log(float(a) / float(b)) for a, b in zip(p.flatten(), q.flatten(), strict=True))
    return total / len(student)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0, 20.0])
@pytest.mark.parametrize("seed", range(3))
def test_that_the_soft_term_is_alpha_t_squared_kl_summed_over_classes_and_averaged_over_images(
    temperature: float, seed: int
) -> None:
    student, teacher, targets = some(seed)
    terms = terms_of(student, teacher, targets, temperature=temperature, alpha=0.7)
    direct = 0.7 * temperature**2 * divergence(student, teacher, temperature)
    assert float(terms["soft targets"]) == pytest.approx(direct, rel=2e-4, abs=1e-5)


def test_that_the_soft_term_is_zero_when_student_and_teacher_are_the_same() -> None:
    # The cross-entropy, which some toolkits plot as "KL", would stop at the teacher's entropy.
    student, _, targets = some(0)
    for temperature in (1.0, 4.0):
        terms = terms_of(student, student.clone(), targets, temperature=temperature, alpha=1.0)
        assert float(terms["soft targets"]) == pytest.approx(0.0, abs=1e-5)


@given(st.integers(0, 2**31), st.floats(0.5, 20.0), st.integers(2, 8))
def test_that_the_soft_term_is_never_below_zero_but_for_rounding(seed: int, temperature: float, classes: int) -> None:
    student, teacher, targets = some(seed, classes=classes)
    terms = terms_of(student, teacher, targets, temperature=temperature, alpha=1.0)
    assert float(terms["soft targets"]) >= -1e-5 * temperature**2


@pytest.mark.parametrize("temperature", [1.0, 2.0, 10.0])
def test_that_the_gradient_of_the_soft_term_is_alpha_t_times_q_minus_p_over_the_batch(temperature: float) -> None:
    student, teacher, targets = some(1)
    student.requires_grad_()
    terms_of(student, teacher, targets, temperature=temperature, alpha=0.3)["soft targets"].backward()
    p, q = ((each.double() / temperature).softmax(-1) for each in (teacher, student.detach()))
    direct = 0.3 * temperature * (q - p) / len(student)
    assert student.grad is not None
    assert torch.allclose(student.grad.double(), direct, rtol=1e-4, atol=1e-6)


def test_that_t_squared_keeps_the_gradient_at_high_temperatures() -> None:
    """In the limit it is alpha (z_s - z_t) / (B C) for centred logits (Hinton, Vinyals, Dean 2015, equation 4)."""
    student, teacher, targets = some(2, scale=1.0)
    student, teacher = student - student.mean(-1, keepdim=True), teacher - teacher.mean(-1, keepdim=True)
    student.requires_grad_()
    terms_of(student, teacher, targets, temperature=100.0, alpha=1.0)["soft targets"].backward()
    assert student.grad is not None
    limit = (student.detach() - teacher) / student.numel()
    assert torch.allclose(student.grad, limit, rtol=0.05, atol=2e-3)


def test_that_the_temperature_softens_the_soft_term_alone() -> None:
    student, teacher, targets = some(3)
    hard = [
        float(terms_of(student, teacher, targets, temperature=temperature, alpha=0.5)["labels"])
        for temperature in (1.0, 9.0)
    ]
    assert hard[0] == hard[1] == pytest.approx(0.5 * float(F.cross_entropy(student.double(), targets)), rel=1e-5)


def test_that_unlabelled_images_count_in_the_soft_term_and_not_in_the_hard_one() -> None:
    student, teacher, targets = some(4)
    hidden = targets.clone()
    hidden[[0, 3, 4]] = WITHHELD
    all_seen = terms_of(student, teacher, targets, temperature=2.0, alpha=0.5)
    some_seen = terms_of(student, teacher, hidden, temperature=2.0, alpha=0.5)
    assert torch.equal(all_seen["soft targets"], some_seen["soft targets"])
    seen = hidden != WITHHELD
    direct = 0.5 * float(F.cross_entropy(student[seen].double(), targets[seen]))
    assert float(some_seen["labels"]) == pytest.approx(direct, rel=1e-5)


def test_that_a_batch_with_no_label_has_a_hard_term_of_zero_and_a_finite_gradient() -> None:
    student, teacher, targets = some(5)
    student.requires_grad_()
    terms = terms_of(student, teacher, torch.full_like(targets, WITHHELD), temperature=2.0, alpha=0.5)
    assert terms["labels"].item() == 0.0
    sum(terms.values(), torch.zeros(())).backward()
    assert student.grad is not None
    assert bool(student.grad.isfinite().all())


def test_that_counting_labels_and_knowing_that_all_are_there_is_the_same() -> None:
    student, teacher, targets = some(6)
    counted, known = (
        terms_of(student, teacher, targets, temperature=3.0, alpha=0.4, every_label=every) for every in (False, True)
    )
    assert counted.keys() == known.keys()
    assert all(torch.allclose(counted[name], known[name]) for name in counted)


def test_that_alpha_zero_is_labels_alone_and_alpha_one_the_teacher_alone() -> None:
    student, teacher, targets = some(7)
    assert list(terms_of(student, teacher, targets, temperature=3.0, alpha=0.0)) == ["labels"]
    assert list(terms_of(student, teacher, targets, temperature=3.0, alpha=1.0)) == ["soft targets"]
    plain = terms_of(student, teacher, targets, temperature=3.0, alpha=0.0)["labels"]
    assert float(plain) == pytest.approx(float(F.cross_entropy(student, targets)), rel=1e-6)


def test_that_cached_and_live_teachers_give_the_very_same_loss() -> None:
    student, teacher, targets = some(8, images=20)
    goal = objective(SoftTargets(kind="soft-targets", temperature=3.0, alpha=0.5), every_label=True)
    at = torch.tensor([3, 17, 4, 4])
    batch = Batch(torch.zeros(4, 1), targets[at], at, 0.0)
    cached = goal(Dense(student[at]), [goal.prepare(Dense(teacher)).at(at)], batch)
    live = goal(Dense(student[at]), [goal.prepare(Dense(teacher[at]))], batch)
    assert all(torch.allclose(cached[name], live[name], atol=1e-6) for name in live)


def test_that_the_terms_are_scalars_with_a_gradient_to_the_student_and_none_to_the_teacher() -> None:
    student, teacher, targets = some(9)
    student.requires_grad_()
    terms = terms_of(student, teacher, targets, temperature=3.0, alpha=0.5)
    assert all(term.shape == () and term.requires_grad for term in terms.values())
    assert not teacher.requires_grad


def test_that_the_method_leaves_no_weights_of_its_own_in_the_student() -> None:
    goal = SoftTargetsObjective(temperature=3.0, alpha=0.5, every_label=True)
    assert list(goal.parameters()) == []
    assert goal.state_dict() == {}


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_that_logits_of_any_size_give_a_finite_loss(scale: float) -> None:
    student, teacher, targets = some(10, scale=scale)
    student.requires_grad_()
    terms = terms_of(student, teacher, targets, temperature=1.0, alpha=0.5)
    sum(terms.values(), torch.zeros(())).backward()
    assert all(bool(term.isfinite()) for term in terms.values())
    assert student.grad is not None
    assert bool(student.grad.isfinite().all())
