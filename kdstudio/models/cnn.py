"""A small convolutional network. `CnnNet` uses torch alone: its source travels with every exported student."""

from collections.abc import Sequence

from torch import Tensor, nn

from kdstudio.models.build import Shape, build
from kdstudio.spec import Cnn


class CnnNet(nn.Module):
    """Stages of 3 x 3 convolutions with batch normalisation; each halves the image until its side is below 8."""

    def __init__(self, input_shape: Sequence[int], classes: int, width: int, dropout: float = 0.0) -> None:
        super().__init__()
        channels, height, wide = input_shape
        side, stage = min(height, wide), 0
        layers: list[nn.Module] = []
        while True:
            wider = width * min(8, 2**stage)
            for before in (channels, wider):
                layers += [
                    nn.Conv2d(before, wider, 3, padding=1, bias=False),
                    nn.BatchNorm2d(wider),
                    nn.ReLU(inplace=True),
                ]
            channels, stage = wider, stage + 1
            if side < 8:
                break
            layers.append(nn.MaxPool2d(2))
            side //= 2
        self.features = nn.Sequential(*layers)
        head: list[nn.Module] = [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        if dropout > 0:
            head.append(nn.Dropout(dropout))
        self.head = nn.Sequential(*head, nn.Linear(channels, classes))

    def forward(self, images: Tensor) -> Tensor:
        """Logits [b, classes] for images [b, c, h, w]."""
        return self.head(self.features(images))


@build.register
def _(spec: Cnn, input_shape: Shape, classes: int) -> nn.Module:
    return CnnNet(input_shape, classes, spec.width, spec.dropout)
