"""What a person keeps of a card under a name: HOME/presets/*.yaml, one file each. No Qt.

The menus ask whether there is any right after the first paint; YAML and the spec are imported when one is kept or read.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kdstudio.runs.files import write_whole
from kdstudio.runs.home import Home, slug


@dataclass(frozen=True, kw_only=True, slots=True)
class Preset:
    """The fields of one card under a name. `values` is what the card's form holds, by field of the experiment."""

    name: str
    card: str
    values: dict[str, Any]
    path: Path


def presets(home: Home, card: str) -> list[Preset]:
    """The presets for `card`, by name; files that are no presets are passed over."""
    try:
        paths = sorted((home.root / "presets").glob("*.yaml"))
    except OSError:
        return []
    found = [each for each in map(_read, paths) if each is not None and each.card == card]
    return sorted(found, key=lambda preset: preset.name.casefold())


def any_presets(home: Home) -> bool:
    """Whether anything has been kept, by the names of the files alone."""
    return next((home.root / "presets").glob("*.yaml"), None) is not None


def keep(home: Home, name: str, card: str, values: dict[str, Any]) -> Preset:
    """Keep `values` as `name`, in place of what had that name on the same card.

    Raises:
        OSError: it cannot be written.
    """
    from kdstudio.spec.yaml_file import to_yaml

    folder = home.root / "presets"
    folder.mkdir(parents=True, exist_ok=True)
    same = next((each.path for each in presets(home, card) if each.name == name), None)
    path = same or _free(folder, f"{slug(card)}-{slug(name)}")
    write_whole(path, to_yaml({"preset": name, "card": card, "values": values}))
    return Preset(name=name, card=card, values=values, path=path)


def remove(preset: Preset) -> None:
    """Forget `preset`.

    Raises:
        OSError: its file cannot be removed.
    """
    preset.path.unlink(missing_ok=True)


def _free(folder: Path, stem: str) -> Path:
    """A path that no file has yet: two names may have the same letters."""
    number, path = 1, folder / f"{stem}.yaml"
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}.yaml"
    return path


def _read(path: Path) -> Preset | None:
    from kdstudio.spec.plain_yaml import UNREADABLE, read_yaml_file

    try:
        said = read_yaml_file(path)
        return Preset(name=str(said["preset"]), card=str(said["card"]), values=dict(said["values"]), path=path)
    except (OSError, *UNREADABLE):
        return None
