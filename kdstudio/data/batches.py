"""Which images each step sees, and how bytes become what a network takes. No state: step 700 is step 700 after any resume."""

import hashlib

import torch
from torch import Tensor

from kdstudio.data.images import Images
from kdstudio.data.views import random_views
from kdstudio.spec import Views

BLOCK = 64
"""Batches that are shuffled ahead in one go."""


def derived(*parts: int | str) -> int:
    """A seed of 63 bits made of several parts: streams that share one part have nothing else in common."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:8], "big") >> 1


class Order:
    """An endless stream of positions: every pass shows each of them once, in a new order.

    Args:
        positions: int64 [n], what to draw from.
        batch_size: positions in a step; a batch may reach into the next pass, so all are equally large.
        seed: fixes the order.
        device: where the positions are wanted.
    """

    def __init__(self, positions: Tensor, *, batch_size: int, seed: int, device: torch.device) -> None:
        self._positions = positions.cpu()
        self._batch = batch_size
        self._seed = seed
        self._device = device
        self._passes = max(1, -(-BLOCK * batch_size // len(positions)))
        self._number = -1
        self._block = self._next = torch.empty(0, dtype=torch.int64)

    @property
    def steps_per_epoch(self) -> float:
        """Steps in one pass, not rounded."""
        return len(self._positions) / self._batch

    def at(self, step: int) -> Tensor:
        """The positions of `step` (from 0): int64 [batch_size], on the device."""
        length = self._passes * len(self._positions)
        number, start = divmod(step * self._batch, length)
        self._load(number)
        end = start + self._batch
        if end <= length:
            return self._block[start:end]
        return torch.cat([self._block[start:], self._next[: end - length]])

    def _load(self, number: int) -> None:
        if number == self._number:
            return
        self._block = self._next if number == self._number + 1 and self._number >= 0 else self._shuffled(number)
        self._next = self._shuffled(number + 1)
        self._number = number

    def _shuffled(self, number: int) -> Tensor:
        generator = torch.Generator().manual_seed(derived(self._seed, "order", number))
        orders = [torch.randperm(len(self._positions), generator=generator) for _ in range(self._passes)]
        return self._positions[torch.cat(orders)].to(self._device)


class Pixels:
    """Turns bytes into the network's input: views, then normalisation, on the device.

    Args:
        images: whose mean and deviation to use.
        views: random views, or all off.
        seed: fixes them.
        device: where the images lie.
    """

    def __init__(self, images: Images, *, device: torch.device, views: Views | None = None, seed: int = 0) -> None:
        self._mean = images.mean.to(device)
        self._factor = (1.0 / images.deviation).to(device)
        self._views = views if views is not None and not views.off else None
        self._seed = seed
        self._generator = torch.Generator(device=device)

    def __call__(self, raw: Tensor, step: int = 0) -> Tensor:
        """`raw`, uint8 [b, c, h, w], as the network sees it in `step`: float32, of the same shape."""
        pixels = raw.to(torch.float32)
        if self._views is not None:
            self._generator.manual_seed(derived(self._seed, "views", step))
            pixels = random_views(pixels, self._views, self._generator)
        return pixels.sub_(self._mean).mul_(self._factor)
