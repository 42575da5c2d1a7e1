"""What the form would lose in a crash, and which files were opened: HOME/draft.yaml and HOME/recent.json. No Qt."""

import logging
from pathlib import Path

from kdstudio.runs.files import read_json, write_json, write_whole
from kdstudio.runs.home import Home
from kdstudio.spec.regular_files import read_text

log = logging.getLogger(__name__)

KEPT = 10  # recent files


class Draft:
    """The text of an experiment that nobody has saved yet.

    Args:
        home: where it lies.
    """

    def __init__(self, home: Home) -> None:
        self._path = home.root / "draft.yaml"
        self._written = ""

    def read(self) -> str:
        """The text; "" where there is none."""
        try:
            return read_text(self._path)
        except (OSError, UnicodeDecodeError):
            return ""

    def write(self, text: str) -> None:
        """Keep `text`, whole. A disk that is full must not keep anybody from working."""
        if text == self._written:
            return
        try:
            write_whole(self._path, text)
            self._written = text
        except OSError as error:
            log.info("the draft cannot be kept: %s", error)

    def discard(self) -> None:
        """Keep nothing."""
        self._written = ""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            log.info("the draft cannot be removed: %s", error)


def any_recent_files(home: Home) -> bool:
    """Whether files have been opened or saved; not whether they are still there, which may take its time to find out."""
    return (home.root / "recent.json").exists()


def recent_files(home: Home) -> list[Path]:
    """The files that were opened or saved last and are still there, newest first."""
    kept = (read_json(home.root / "recent.json") or {}).get("files", [])
    paths = [Path(each) for each in kept if isinstance(each, str)] if isinstance(kept, list) else []
    return [path for path in paths if path.is_file()][:KEPT]


def remember_file(home: Home, path: Path) -> None:
    """Put `path` on top of the recent files."""
    path = path.absolute()
    others = [each for each in recent_files(home) if each != path]
    try:
        write_json(home.root / "recent.json", {"files": [str(each) for each in (path, *others)][:KEPT]})
    except OSError as error:
        log.info("the recent files cannot be kept: %s", error)
