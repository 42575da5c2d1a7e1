"""What a drag carries that the window can take: one file of an experiment, or one folder."""

from pathlib import Path

from PySide6.QtCore import QMimeData

YAML = (".yaml", ".yml")


def carried_path(data: QMimeData) -> Path | None:
    """The one thing in `data` that the window can take, or None."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    taken = [path for path in paths if path.is_dir() or (path.suffix.lower() in YAML and path.is_file())]
    return taken[0] if len(paths) == 1 and taken else None
