"""What the stages of a run share."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from kdstudio.data import Images, Part
from kdstudio.data.batches import Pixels
from kdstudio.engine.checkpoint import Checkpoints, Position
from kdstudio.engine.control import Control
from kdstudio.engine.device import Place
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.state import StageKey
from kdstudio.spec import Classification


@dataclass(frozen=True, kw_only=True)
class Context:
    """One attempt at one experiment.

    Attributes:
        ended: the stages that earlier attempts brought to their end: they say nothing any more.
        start: where the latest checkpoint is, if there is one.
        teacher: the name under which the shared teacher is kept, where the run knows it.
    """

    folder: RunFolder
    home: Home
    experiment: Classification
    images: Images
    place: Place
    checkpoints: Checkpoints
    control: Control
    ended: frozenset[StageKey] = frozenset()
    start: Position | None = None
    teacher: str | None = None
    _parts: dict[str, Part] = field(default_factory=dict)

    def start_of(self, stage: str, seed: int | None) -> Position | None:
        """The checkpoint from which this very stage resumes; of a stage that ended and is done again, the one from there."""
        if self.has_ended(stage, seed):
            return self.checkpoints.position(stage, seed)
        here = self.start is not None and (self.start.stage, self.start.seed) == (stage, seed)
        return self.start if here else None

    def has_ended(self, stage: str, seed: int | None = None) -> bool:
        """Whether an earlier attempt ended this stage."""
        return (stage, seed) in self.ended

    def part(self, name: str) -> Part:
        """The part called train, validation, test or sample, on the device; moved there once."""
        if name not in self._parts:
            images = self.images
            whole = images.train.only(images.sample) if name == "sample" else getattr(images, name)
            self._parts[name] = whole.to(self.place.device)
        return self._parts[name]

    def plain_pixels(self) -> Pixels:
        """Bytes to input, every image as it is."""
        return Pixels(self.images, device=self.place.device)

    def labels(self, name: str) -> Tensor:
        """The labels of a part, on the CPU."""
        return self.part(name).labels.cpu()


def to_place(module: torch.nn.Module, place: Place) -> torch.nn.Module:
    """`module` on the device; on a GPU in the layout that its convolutions like best."""
    module = module.to(place.device)
    if place.device.type == "cuda":
        module = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return module
