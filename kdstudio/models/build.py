"""A model spec becomes a module: `build` is one function with one registered builder for each family."""

from functools import singledispatch

import torch
from torch import nn

from kdstudio.spec import ModelSpec

Shape = tuple[int, int, int]


@singledispatch
def build(spec: ModelSpec, input_shape: Shape, classes: int) -> nn.Module:
    """The network that `spec` describes, for images [c, h, w] and so many classes; its output is logits [b, classes].

    The weights are drawn from torch's global generator: see `built`.
    """
    raise TypeError(f"no builder is registered for {type(spec).__name__}")


def built(spec: ModelSpec, input_shape: Shape, classes: int, *, seed: int) -> nn.Module:
    """`build` with the initial weights fixed by `seed`, on the CPU; the global generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build(spec, input_shape, classes)
