"""What was dropped onto the page: an experiment, or a folder of images of one kind or the other. No Qt."""

import os
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pgm", ".ppm")
LOOKED = 200  # entries of a folder that are looked at


@dataclass(frozen=True, kw_only=True, slots=True)
class Dropped:
    """`file` is an experiment; `dataset` are a dataset's fields; `refusal` says why it is neither."""

    file: Path | None = None
    dataset: dict[str, Any] = field(default_factory=dict)
    refusal: str = ""


def dropped(path: Path) -> Dropped:
    """What `path` is good for."""
    if path.is_file() and path.suffix.lower() in (".yaml", ".yml"):
        return Dropped(file=path)
    if not path.is_dir():
        return Dropped(refusal=f"{path.name} is neither an experiment (.yaml) nor a folder of images.")
    if any("-idx3-ubyte" in name or "-idx3-ubyte" in name.replace(".", "-") for name in _names(path)):
        return Dropped(dataset={"kind": "idx", "path": str(path)})
    if _holds_classes(path):
        return Dropped(dataset={"kind": "image-folder", "path": str(path)})
    return Dropped(refusal=f"{path.name} holds neither IDX files nor one folder of pictures for each class.")


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
