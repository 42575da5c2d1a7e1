"""What a path is good for here: an experiment, a run, or a folder of images of one kind or the other. No widgets."""

import os
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from kdstudio.gui.language import tr

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pgm", ".ppm")
LOOKED = 200  # entries of a folder that are looked at


@dataclass(frozen=True, kw_only=True, slots=True)
class Use:
    """`file` is an experiment, `run` a run's folder; `dataset` are a dataset's fields; `refusal` says why it is none of them."""

    file: Path | None = None
    run: Path | None = None
    dataset: dict[str, Any] = field(default_factory=dict)
    refusal: str = ""


def use_of(path: Path) -> Use:
    """What `path` is good for."""
    if path.is_file() and path.suffix.lower() in (".yaml", ".yml"):
        return Use(file=path)
    if not path.is_dir():
        return Use(refusal=tr("{0} is neither an experiment (.yaml) nor a folder of images.").format(path.name))
    if (path / "experiment.yaml").is_file() and (path / "status.json").is_file():
        return Use(run=path)
    if any("-idx3-ubyte" in name.replace(".", "-") for name in _names(path)):
        return Use(dataset={"kind": "idx", "path": str(path)})
    if _holds_classes(path):
        return Use(dataset={"kind": "image-folder", "path": str(path)})
    return Use(refusal=tr("{0} holds neither IDX files nor one folder of pictures for each class.").format(path.name))


def _names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in islice(entries, LOOKED)]
    except OSError:
        return []


def _holds_classes(folder: Path) -> bool:
    """Whether folders in it, or folders in those, hold pictures."""
    inside = [folder / name for name in _names(folder) if (folder / name).is_dir()]
    deeper = [below / name for below in inside[:20] for name in _names(below)[:20] if (below / name).is_dir()]
    return any(name.lower().endswith(PICTURES) for each in (*inside, *deeper) for name in _names(each))
