"""Every metric against a direct computation from the same logits."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from kdstudio.data import Part, load
from kdstudio.data.batches import Pixels
from kdstudio.engine.control import Interrupted
from kdstudio.engine.evaluate import BINS, CHUNK, calibration_error, logits_of, metrics_of
from kdstudio.runs.folder import Request
from kdstudio.spec import Digits

SPLIT = ("both", "teacher_only", "student_only", "neither")


def some(seed: int, images: int = 200, classes: int = 5) -> tuple[Tensor, Tensor, Tensor]:
    """Logits, labels and a teacher's logits."""
    generator = torch.Generator().manual_seed(seed)
    logits, teacher = (3 * torch.randn(images, classes, generator=generator) for _ in range(2))
    return logits, torch.randint(classes, (images,), generator=generator), teacher


def ece_by_hand(logits: Tensor, labels: Tensor) -> float:
    """Guo et al. 2017, equations 2 and 3, read aloud: bins (0, 1/15], (1/15, 2/15], ..."""
    chances = logits.double().softmax(-1)
    error = 0.0
    for number in range(BINS):
        low, high = number / BINS, (number + 1) / BINS
        inside = [
            (float(row.max()), int(row.argmax()) == int(label))
            for row, label in zip(chances, labels, strict=True)
            if low < float(row.max()) <= high
        ]
        if inside:
            accuracy = sum(right for _, right in inside) / len(inside)
            confidence = sum(sure for sure, _ in inside) / len(inside)
            error += len(inside) / len(labels) * abs(accuracy - confidence)
    return error


@pytest.mark.parametrize("seed", range(5))
def test_that_the_calibration_error_is_that_of_its_definition(seed: int) -> None:
    logits, labels, _ = some(seed)
    assert metrics_of(logits, labels)["ece"] == pytest.approx(ece_by_hand(logits, labels), abs=1e-12)


def test_that_a_confidence_on_a_bins_edge_belongs_to_the_bin_below() -> None:
    # 0.2 and 0.25 share the bin (0.2, 0.2667] only if the edge were closed on the left; apart, both errors count.
    confidence = torch.tensor([3 / 15, 3.5 / 15], dtype=torch.float64)
    apart = calibration_error(confidence, torch.tensor([True, False]))
    assert apart == pytest.approx((1 - 3 / 15 + 3.5 / 15) / 2)


def test_that_a_full_bin_and_a_confidence_of_one_have_no_error_when_they_are_right() -> None:
    assert calibration_error(torch.ones(4), torch.ones(4, dtype=torch.bool)) == 0.0


@pytest.mark.parametrize("seed", range(3))
def test_that_the_likelihood_is_the_mean_over_images_of_minus_log_p_of_the_label(seed: int) -> None:
    # gnosis averaged a [b, b] array here: every image's label under every image's prediction.
    logits, labels, _ = some(seed)
    direct = -sum(
        float(row[label] - row.logsumexp(0)) for row, label in zip(logits.double(), labels.tolist(), strict=True)
    ) / len(labels)
    assert metrics_of(logits, labels)["nll"] == pytest.approx(direct, rel=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_that_kl_is_from_teacher_to_student_at_temperature_one_in_nats(seed: int) -> None:
    logits, labels, teacher = some(seed)
    p, q = teacher.double().softmax(-1), logits.double().softmax(-1)
    direct = float((p * (p / q).log()).sum(-1).mean())
    assert metrics_of(logits, labels, teacher)["kl"] == pytest.approx(direct, rel=1e-9)


def test_that_the_teacher_agrees_with_itself_at_a_kl_of_zero() -> None:
    logits, labels, _ = some(0)
    values = metrics_of(logits, labels, logits.clone())
    assert values["agreement"] == 1.0
    assert values["kl"] == pytest.approx(0.0, abs=1e-12)
    assert values["teacher_only"] == values["student_only"] == 0.0


@given(st.integers(0, 2**31), st.integers(1, 60), st.integers(2, 6))
def test_that_the_four_ways_to_be_right_or_wrong_sum_to_one(seed: int, images: int, classes: int) -> None:
    logits, labels, teacher = some(seed, images, classes)
    values = metrics_of(logits, labels, teacher)
    assert math.fsum(values[name] for name in SPLIT) == pytest.approx(1.0, abs=1e-12)
    assert values["both"] + values["student_only"] == pytest.approx(values["accuracy"], abs=1e-12)
    teacher_accuracy = metrics_of(teacher, labels)["accuracy"]
    assert values["both"] + values["teacher_only"] == pytest.approx(teacher_accuracy, abs=1e-12)
    assert values["both"] <= values["agreement"] <= 1 - values["teacher_only"] - values["student_only"] + 1e-12


def test_that_a_class_with_no_image_has_no_recall() -> None:
    logits = F.one_hot(torch.tensor([0, 0, 2]), 4).float()
    values = metrics_of(logits, torch.tensor([0, 2, 2]))
    assert values["recall"] == [1.0, None, 0.5, None]
    assert values["accuracy"] == pytest.approx(2 / 3)


def test_that_what_does_not_exist_is_none_and_never_nan() -> None:
    logits = torch.full((3, 4), torch.nan)
    values = metrics_of(logits, torch.tensor([0, 1, 2]), logits)
    assert values["nll"] is None
    assert values["kl"] is None


def test_that_without_a_teacher_nothing_is_said_of_agreement() -> None:
    logits, labels, _ = some(0)
    assert set(metrics_of(logits, labels)) == {"accuracy", "nll", "ece", "recall"}


class Remembers(nn.Module):
    """Notes the mode in which it is called, and answers with noise when it trains."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(64, 10), nn.Dropout(0.5))
        self.modes: list[tuple[bool, bool]] = []

    def forward(self, images: Tensor) -> Tensor:
        self.modes.append((self.training, torch.is_grad_enabled()))
        return self.layers(images)


@pytest.fixture(scope="module")
def digits() -> tuple[Part, Pixels]:
    images = load(Digits(kind="digits"))
    return images.train, Pixels(images, device=torch.device("cpu"))


@pytest.mark.parametrize("training", [True, False])
def test_that_measuring_runs_in_evaluation_mode_and_leaves_the_mode_as_it_was(
    digits: tuple[Part, Pixels], training: bool
) -> None:
    module = Remembers().train(training)
    first = logits_of(module, *digits)
    assert module.training is training
    assert module.layers[2].training is training
    assert {mode for mode, _ in module.modes} == {False}
    assert {grad for _, grad in module.modes} == {False}
    assert torch.equal(first, logits_of(module, *digits)), "no dropout"
    assert (first.dtype, first.device.type, tuple(first.shape)) == (torch.float32, "cpu", (len(digits[0]), 10))
    assert not first.requires_grad
    assert not first.is_inference(), "it may be used in a step later"


def test_that_measuring_can_be_interrupted_between_chunks_and_puts_the_mode_back(
    digits: tuple[Part, Pixels],
) -> None:
    module, asked = Remembers().train(), iter([None, Request.STOP])

    def check() -> None:
        request = next(asked)
        if request is not None:
            raise Interrupted(request)

    assert len(digits[0]) > CHUNK, "an interruption between chunks needs two of them"
    with pytest.raises(Interrupted):
        logits_of(module, *digits, check=check)
    assert module.training
    assert len(module.modes) == 1


def test_that_the_chunk_does_not_show_in_the_logits(digits: tuple[Part, Pixels]) -> None:
    module = Remembers()
    part, pixels = digits
    whole = logits_of(module, part, pixels)
    first = logits_of(module, part.only(slice(0, 10)), pixels)
    assert torch.allclose(whole[:10], first, atol=1e-5)
