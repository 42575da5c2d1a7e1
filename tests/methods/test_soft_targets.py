"""Soft targets against the formula in float64, and against the faults that other toolkits have made of it."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from kdstudio.methods import Batch, Dense, objective
from kdstudio.methods.soft_targets import SoftTargetsObjective
from kdstudio.spec import SoftTargets


def some(seed: int, images: int = 7, classes: int = 5, scale: float = 3.0) -> tuple[Tensor, Tensor, Tensor]:
    """Student's logits, teacher's logits, targets."""
    generator = torch.Generator().manual_seed(seed)
    student, teacher = (scale * torch.randn(images, classes, generator=generator) for _ in range(2))
    return student, teacher, torch.randint(classes, (images,), generator=generator)


def terms_of(
    student: Tensor, teacher: Tensor, targets: Tensor | None, *, temperature: float, alpha: float
) -> dict[str, Tensor]:
    goal = objective(SoftTargets(kind="soft-targets", temperature=temperature, alpha=alpha))
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
    for temperature in (1.0, 4.0, 100.0):
        terms = terms_of(student, student.clone(), targets, temperature=temperature, alpha=1.0)
        assert float(terms["soft targets"]) == 0.0


@pytest.mark.parametrize("apart", [0.0, 1e-5, 1e-3, 0.1, 1.0])
def test_that_a_student_near_its_teacher_at_a_high_temperature_has_the_loss_of_the_formula_and_never_less_than_zero(
    apart: float,
) -> None:
    """Textbook float32 arithmetic subtracts nearly equal numbers here: times T^2 it is off by several thousandths."""
    for seed in range(20):
        teacher, noise, targets = some(seed, images=128, classes=10)
        student = teacher + apart * noise
        term = float(terms_of(student, teacher, targets, temperature=100.0, alpha=1.0)["soft targets"])
        assert term >= 0.0
        assert term == pytest.approx(100.0**2 * divergence(student, teacher, 100.0), rel=5e-3, abs=2e-6)


@given(st.integers(0, 2**31), st.floats(0.5, 20.0), st.integers(2, 8))
def test_that_the_soft_term_is_never_below_zero(seed: int, temperature: float, classes: int) -> None:
    student, teacher, targets = some(seed, classes=classes)
    terms = terms_of(student, teacher, targets, temperature=temperature, alpha=1.0)
    assert float(terms["soft targets"]) >= 0.0


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


def test_that_without_targets_there_is_the_soft_term_alone_and_without_a_teacher_the_labels_alone() -> None:
    student, teacher, targets = some(4)
    both = terms_of(student, teacher, targets, temperature=2.0, alpha=0.5)
    soft = terms_of(student, teacher, None, temperature=2.0, alpha=0.5)
    assert list(soft) == ["soft targets"]
    assert torch.equal(soft["soft targets"], both["soft targets"])
    goal = objective(SoftTargets(kind="soft-targets", temperature=2.0, alpha=0.5))
    hard = goal(Dense(student), [], Batch(torch.zeros(7, 1), targets, torch.arange(7), 0.5))
    assert list(hard) == ["labels"]
    assert torch.equal(hard["labels"], both["labels"])


def test_that_a_signal_prepared_at_another_temperature_is_refused() -> None:
    student, teacher, targets = some(5)
    goals = [objective(SoftTargets(kind="soft-targets", temperature=warm, alpha=0.5)) for warm in (2.0, 3.0)]
    batch = Batch(torch.zeros(7, 1), targets, torch.arange(7), 0.5)
    with pytest.raises(ValueError, match="another objective"):
        goals[0](Dense(student), [goals[1].prepare(Dense(teacher))], batch)


def test_that_alpha_zero_is_labels_alone_and_alpha_one_the_teacher_alone() -> None:
    student, teacher, targets = some(7)
    assert list(terms_of(student, teacher, targets, temperature=3.0, alpha=0.0)) == ["labels"]
    assert list(terms_of(student, teacher, targets, temperature=3.0, alpha=1.0)) == ["soft targets"]
    plain = terms_of(student, teacher, targets, temperature=3.0, alpha=0.0)["labels"]
    assert float(plain) == pytest.approx(float(F.cross_entropy(student, targets)), rel=1e-6)


def test_that_cached_and_live_teachers_give_the_very_same_loss() -> None:
    student, teacher, targets = some(8, images=20)
    goal = objective(SoftTargets(kind="soft-targets", temperature=3.0, alpha=0.5))
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
    goal = SoftTargetsObjective(temperature=3.0, alpha=0.5)
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
