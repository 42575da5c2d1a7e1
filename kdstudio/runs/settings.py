"""What a person chose for the program itself: settings.json in the home, unreadable parts replaced by defaults."""

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

from kdstudio.runs.files import read_json, write_json
from kdstudio.runs.home import Home


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The choices.

    Attributes:
        theme: system, light or dark.
        threads: CPU threads of new experiments; 0 is auto.
        device: of new experiments.
        presenter: large type, masked paths.
        notify: tell the desktop when a run ends.
        keep_awake: keep the machine awake while a run is at work.
        smoothing: of the loss curves, 0 (raw) to 0.99.
        tour_seen: the first-run hints have been closed.
    """

    theme: str = "system"
    threads: int = 0
    device: str = "auto"
    presenter: bool = False
    notify: bool = True
    keep_awake: bool = False
    smoothing: float = 0.9
    tour_seen: bool = False


def read_settings(home: Home) -> Settings:
    """The settings of `home`; a field that is missing or of another type has its default."""
    values = read_json(home.root / "settings.json") or {}
    kept: dict[str, Any] = {}
    for each in fields(Settings):
        value, default = values.get(each.name), each.default
        fits = type(value) is type(default) or (isinstance(default, float) and type(value) is int)
        endless = isinstance(value, float) and not math.isfinite(value)  # 1e999 is JSON, and could not be written again
        if fits and not endless:
            kept[each.name] = value
    return Settings(**kept)


def write_settings(home: Home, settings: Settings) -> None:
    """Keep `settings`.

    Raises:
        OSError: they cannot be written; the old ones are as they were.
    """
    write_json(home.root / "settings.json", asdict(settings))
