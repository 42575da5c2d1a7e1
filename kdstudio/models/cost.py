"""What a network costs, before it has learned anything: parameters, multiply-accumulates, bytes."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from kdstudio.models.build import Shape, build
from kdstudio.spec import ModelSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """Parameters, multiply-accumulates of one image's forward pass, and bytes of the weights and buffers in float32."""

    parameters: int
    macs: int
    bytes: int


def cost(spec: ModelSpec, input_shape: Shape, classes: int) -> Cost:
    """The cost of the network that `spec` describes; no memory is taken for its weights."""
    with torch.device("meta"):
        module = build(spec, input_shape, classes).eval()
    return cost_of(module, input_shape)


def cost_of(module: nn.Module, input_shape: Shape) -> Cost:
    """The cost of `module`, which lies on the meta device."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(torch.empty(1, *input_shape, device="meta"))
    stored = [*module.parameters(), *(buffer for buffer in module.buffers() if buffer.is_floating_point())]
    return Cost(
        parameters=sum(parameter.numel() for parameter in module.parameters()),
        macs=counter.get_total_flops() // 2,  # it counts a multiply and an add apart
        bytes=sum(tensor.numel() * 4 for tensor in stored),
    )
