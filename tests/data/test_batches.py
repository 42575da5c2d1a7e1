"""Which images a step sees, and what becomes of their pixels: a function of seed and step alone."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from kdstudio.data import Images, load
from kdstudio.data.batches import BLOCK, Order, Pixels, derived
from kdstudio.data.views import random_views
from kdstudio.spec import Digits, Views

CPU = torch.device("cpu")


def order(count: int, batch: int, seed: int = 0) -> Order:
    return Order(torch.arange(count) + 100, batch_size=batch, seed=seed, device=CPU)


@given(st.integers(1, 40), st.integers(1, 60), st.integers(0, 2**31))
def test_that_each_pass_shows_each_image_once(count: int, batch: int, seed: int) -> None:
    stream = order(count, batch, seed)
    steps = -(-5 * count // batch)
    shown = torch.cat([stream.at(step) for step in range(steps)])
    for number in range(5):
        one = shown[number * count : (number + 1) * count]
        assert one.sort().values.tolist() == list(range(100, 100 + count))


@settings(max_examples=30)
@given(st.integers(1, 40), st.integers(1, 60), st.lists(st.integers(0, 300), min_size=1, max_size=6))
def test_that_a_step_is_the_same_step_in_whatever_order_it_is_asked_for(
    count: int, batch: int, steps: list[int]
) -> None:
    whole = order(count, batch)
    sequential = [whole.at(step) for step in range(max(steps) + 1)]
    anyhow = order(count, batch)
    for step in steps:
        assert torch.equal(anyhow.at(step), sequential[step])
        assert torch.equal(order(count, batch).at(step), sequential[step])


@pytest.mark.parametrize(("count", "batch"), [(3, 10), (10, 3), (1, 1), (7, 7), (1000, 128)])
def test_that_every_batch_is_full_also_across_the_ends_of_passes_and_blocks(count: int, batch: int) -> None:
    stream = order(count, batch)
    # Twice over the boundary of what is shuffled in one go.
    for step in range(2 * BLOCK + 5):
        assert stream.at(step).shape == (batch,)
    assert stream.steps_per_epoch == count / batch


def test_that_passes_and_seeds_have_orders_of_their_own() -> None:
    stream = order(50, 50)
    assert not torch.equal(stream.at(0), stream.at(1))
    assert torch.equal(stream.at(0), order(50, 50).at(0))
    assert not torch.equal(stream.at(0), order(50, 50, seed=1).at(0))


def test_that_the_global_generator_is_neither_asked_nor_moved() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = order(50, 20).at(3)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert torch.equal(order(50, 20).at(3), first)


@given(st.lists(st.one_of(st.integers(), st.text(max_size=5)), min_size=1, max_size=4))
def test_that_a_derived_seed_fits_every_generator(parts: list[int | str]) -> None:
    seed = derived(*parts)
    assert 0 <= seed < 2**63
    assert derived(*parts) == seed
    assert derived(*parts, "more") != seed


# Pixels.


@pytest.fixture(scope="module")
def images() -> Images:
    return load(Digits(kind="digits"))


def pixels(images: Images, views: Views | None = None, seed: int = 0) -> Pixels:
    return Pixels(images, device=CPU, views=views, seed=seed)


def test_that_training_images_come_out_with_mean_0_and_deviation_1(images: Images) -> None:
    out = pixels(images)(images.train.images)
    assert out.dtype == torch.float32
    assert float(out.mean()) == pytest.approx(0.0, abs=1e-5)
    assert float(out.std(correction=0)) == pytest.approx(1.0, abs=1e-5)
    direct = (images.train.images.double() - images.mean.double()) / images.deviation.double()
    assert torch.allclose(out.double(), direct, atol=1e-6)


def test_that_the_bytes_are_left_as_they_were(images: Images) -> None:
    raw = images.train.images[:5].clone()
    pixels(images, Views(shift=2, crop=0.5))(raw)
    assert torch.equal(raw, images.train.images[:5])


def test_that_views_that_are_off_change_nothing(images: Images) -> None:
    raw = images.train.images[:9]
    assert torch.equal(pixels(images, Views())(raw, 5), pixels(images)(raw, 0))


def test_that_seed_and_step_fix_a_view_and_other_ones_make_others(images: Images) -> None:
    raw, views = images.train.images[:9], Views(shift=2, flip=True, crop=0.7)
    first = pixels(images, views, seed=3)
    out = first(raw, 7)
    first(raw, 8)
    assert torch.equal(first(raw, 7), out), "no state"
    assert torch.equal(pixels(images, views, seed=3)(raw, 7), out)
    assert not torch.equal(pixels(images, views, seed=3)(raw, 8), out)
    assert not torch.equal(pixels(images, views, seed=4)(raw, 7), out)


def test_that_views_leave_the_global_generator_alone(images: Images) -> None:
    before = torch.get_rng_state()
    pixels(images, Views(shift=2))(images.train.images[:9], 7)
    assert torch.equal(torch.get_rng_state(), before)


# Views.


def shown(raw: Tensor, seed: int = 0, **views: object) -> Tensor:
    return random_views(raw.clone(), Views(**views), torch.Generator().manual_seed(seed))


def noise(count: int = 200, height: int = 8, width: int = 8) -> Tensor:
    return torch.randint(1, 256, (count, 2, height, width), generator=torch.Generator().manual_seed(9)).float()


def moved(image: Tensor, right: int, down: int) -> Tensor:
    """`image` moved by whole pixels, black where nothing comes in."""
    (height, width), most = image.shape[-2:], 4
    wide = torch.nn.functional.pad(image, (most, most, most, most))
    return wide[:, most - down : most - down + height, most - right : most - right + width]


@pytest.mark.parametrize(("height", "width"), [(8, 8), (9, 14), (28, 28)])
def test_that_a_shift_moves_whole_pixels_without_blending_and_fills_with_black(height: int, width: int) -> None:
    raw = noise(40, height, width)
    out = shown(raw, shift=2)
    seen = set()
    for before, after in zip(raw, out, strict=True):
        fits = [
            (right, down)
            for right in range(-2, 3)
            for down in range(-2, 3)
            if torch.allclose(after, moved(before, right, down), atol=0.05)
        ]
        assert len(fits) == 1
        seen.add(fits[0])
    assert len(seen) > 10, "in every direction"


def test_that_a_shift_is_drawn_evenly_up_to_its_bound() -> None:
    raw = torch.zeros(3000, 1, 9, 9)
    raw[:, :, 4, 4] = 1.0
    where = shown(raw, shift=1).flatten(1).argmax(-1)
    counts = {(int(place) // 9 - 4, int(place) % 9 - 4): int((where == place).sum()) for place in where.unique()}
    assert set(counts) == {(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1)}
    assert min(counts.values()) > 230


def test_that_a_flip_mirrors_about_half_of_the_images_left_to_right() -> None:
    raw = noise()
    out = shown(raw, flip=True)
    mirrored = [torch.allclose(after, before.flip(-1), atol=0.05) for before, after in zip(raw, out, strict=True)]
    same = [torch.allclose(after, before, atol=0.05) for before, after in zip(raw, out, strict=True)]
    assert all(a != b for a, b in zip(mirrored, same, strict=True))
    assert 70 < sum(mirrored) < 130


def test_that_a_crop_enlarges_a_part_that_lies_inside_the_image() -> None:
    raw = torch.ones(200, 1, 16, 16)
    assert torch.allclose(shown(raw, crop=0.5), raw), "nothing from outside comes in"
    ramp = torch.arange(16.0).expand(200, 1, 16, 16)
    out = shown(ramp, crop=0.5)
    step = (out[..., 1:] - out[..., :-1])[..., 4:-4].mean((1, 2, 3))
    assert float(step.min()) >= 0.5 - 1e-3
    assert float(step.max()) <= 1.0 + 1e-3
    assert float(step.max() - step.min()) > 0.3


def test_that_every_image_of_a_batch_has_a_view_of_its_own() -> None:
    out = shown(noise(1).expand(50, -1, -1, -1).clone(), crop=0.5)
    assert len({tuple(image.flatten().tolist()) for image in out}) == 50
