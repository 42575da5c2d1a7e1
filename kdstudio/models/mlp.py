"""A multilayer perceptron. `MlpNet` uses torch alone: its source travels with every exported student."""

from collections.abc import Sequence

from torch import Tensor, nn

from kdstudio.models.build import Shape, build
from kdstudio.spec import Mlp


class MlpNet(nn.Module):
    """Linear layers with ReLU between them, on the flattened image."""

    def __init__(self, input_shape: Sequence[int], classes: int, hidden: Sequence[int], dropout: float = 0.0) -> None:
        super().__init__()
        units = input_shape[0] * input_shape[1] * input_shape[2]
        layers: list[nn.Module] = [nn.Flatten()]
        for width in hidden:
            layers += [nn.Linear(units, width), nn.ReLU(inplace=True)]
            if dropout > 0:
                layers.append(nn.Dropout(dropout))
            units = width
        layers.append(nn.Linear(units, classes))
        self.layers = nn.Sequential(*layers)

    def forward(self, images: Tensor) -> Tensor:
        """Logits [b, classes] for images [b, c, h, w]."""
        return self.layers(images)


@build.register
def _(spec: Mlp, input_shape: Shape, classes: int) -> nn.Module:
    return MlpNet(input_shape, classes, spec.hidden, spec.dropout)
