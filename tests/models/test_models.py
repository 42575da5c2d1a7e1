"""Networks as their specs describe them: shapes, costs by hand, weights that a seed fixes."""

import pytest
import torch
from torch import nn

from kdstudio.models import build, built, cost
from kdstudio.spec import MODELS, Cnn, Mlp, ModelSpec

SIDES = (8, 9, 12, 16, 28, 32, 64)


def mlp(*hidden: int, dropout: float = 0.0) -> Mlp:
    return Mlp(kind="mlp", hidden=hidden, dropout=dropout)


def cnn(width: int = 4, dropout: float = 0.0) -> Cnn:
    return Cnn(kind="cnn", width=width, dropout=dropout)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("spec", [mlp(), mlp(8), mlp(8, 5, dropout=0.2), cnn(), cnn(3, dropout=0.5)], ids=str)
def test_that_logits_come_out_for_images_of_every_size(spec: ModelSpec, side: int, channels: int) -> None:
    module = build(spec, (channels, side, side), 7)
    logits = module(torch.randn(2, channels, side, side))
    assert logits.shape == (2, 7)
    assert logits.isfinite().all()


def test_that_images_need_not_be_square() -> None:
    for spec in (mlp(4), cnn()):
        assert build(spec, (1, 9, 20), 3)(torch.randn(2, 1, 9, 20)).shape == (2, 3)


@pytest.mark.parametrize(("side", "left"), [(8, 4), (14, 7), (16, 4), (28, 7), (32, 4), (64, 4)])
def test_that_a_cnn_halves_the_image_until_four_to_seven_pixels_are_left(side: int, left: int) -> None:
    module = build(cnn(), (1, side, side), 3)
    assert module.features(torch.randn(1, 1, side, side)).shape[-2:] == (left, left)  # type: ignore[operator]


def test_that_a_cnn_gets_wider_by_two_up_to_eight_times() -> None:
    module = build(cnn(2), (1, 512, 512), 3)
    widths = [layer.out_channels for layer in module.modules() if isinstance(layer, nn.Conv2d)]
    assert widths == [2, 2, 4, 4, 8, 8, *[16] * 10][: len(widths)]
    assert widths[-1] == 16


# Cost, counted by hand.


def test_that_the_cost_of_an_mlp_is_the_sum_over_its_layers() -> None:
    found = cost(mlp(30, 20), (3, 8, 8), 10)
    weights = 192 * 30 + 30 * 20 + 20 * 10
    assert found.macs == weights
    assert found.parameters == weights + 30 + 20 + 10
    assert found.bytes == 4 * found.parameters


def test_that_dropout_costs_nothing() -> None:
    assert cost(mlp(30, dropout=0.5), (1, 8, 8), 10) == cost(mlp(30), (1, 8, 8), 10)
    assert cost(cnn(dropout=0.5), (1, 8, 8), 10) == cost(cnn(), (1, 8, 8), 10)


def test_that_the_cost_of_a_cnn_is_the_sum_over_its_convolutions() -> None:
    found = cost(cnn(4), (1, 8, 8), 10)
    # 8 x 8: 1 -> 4 -> 4 channels; halved to 4 x 4: 4 -> 8 -> 8; then a mean, and 8 -> 10.
    convolutions = (9 * (1 * 4 + 4 * 4), 9 * (4 * 8 + 8 * 8))
    assert found.macs == 64 * convolutions[0] + 16 * convolutions[1] + 8 * 10
    assert found.parameters == sum(convolutions) + 2 * (4 + 4 + 8 + 8) + 8 * 10 + 10
    statistics = 2 * (4 + 4 + 8 + 8)  # running mean and variance are stored too
    assert found.bytes == 4 * (found.parameters + statistics)


@pytest.mark.parametrize("spec", [mlp(8), cnn()], ids=str)
def test_that_what_is_costed_is_what_is_built(spec: ModelSpec) -> None:
    module = build(spec, (3, 16, 16), 5)
    assert cost(spec, (3, 16, 16), 5).parameters == sum(each.numel() for each in module.parameters())


def test_that_costing_the_largest_network_takes_no_memory_and_no_random_number() -> None:
    before = torch.get_rng_state()
    found = cost(Cnn(kind="cnn", width=1024), (3, 512, 512), 1000)
    assert found.parameters > 500_000_000
    assert torch.equal(torch.get_rng_state(), before)


# Weights from a seed.


@pytest.mark.parametrize("spec", [mlp(8), cnn()], ids=str)
def test_that_a_seed_fixes_the_initial_weights_and_leaves_the_global_generator_alone(spec: ModelSpec) -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = built(spec, (1, 8, 8), 10, seed=5).state_dict()
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    again, other = (built(spec, (1, 8, 8), 10, seed=seed).state_dict() for seed in (5, 6))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)


def test_that_every_model_that_can_be_asked_for_is_built() -> None:
    for kind in MODELS:
        (name,) = kind.model_fields["kind"].annotation.__args__  # type: ignore[union-attr]
        assert isinstance(build(kind(kind=name), (1, 8, 8), 3), nn.Module)


def test_that_a_model_that_nobody_registered_is_our_mistake() -> None:
    class Unknown(ModelSpec):
        kind: str = "unknown"

    with pytest.raises(TypeError, match="Unknown"):
        build(Unknown(), (1, 8, 8), 3)
