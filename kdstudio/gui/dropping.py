"""What may be dropped on the window: an experiment's file, a run's folder, or a folder of images."""

from pathlib import Path

from PySide6.QtCore import QMimeData

YAML = (".yaml", ".yml")


def dropped(data: QMimeData) -> Path | None:
    """The one thing in `data` that the window can take, or None."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    taken = [path for path in paths if path.is_dir() or (path.suffix.lower() in YAML and path.is_file())]
    return taken[0] if len(paths) == 1 and taken else None


def is_run(folder: Path) -> bool:
    """Whether `folder` is a run's."""
    return (folder / "experiment.yaml").is_file() and (folder / "status.json").is_file()
