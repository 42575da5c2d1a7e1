"""The one folder in which everything lies: runs, trained teachers, their outputs, locks and the index."""

import os
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from kdstudio.runs.folder import RunFolder
from kdstudio.spec.errors import KnownFailure

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # no letters that look like digits


@dataclass(frozen=True, slots=True)
class Home:
    """A home folder; its parts are made when they are missing.

    Attributes:
        decided_by: what named it, "--home" or "KDSTUDIO_HOME"; "" where neither did.
    """

    root: Path
    decided_by: str = field(default="", compare=False)

    @classmethod
    def locate(cls, explicit: Path | None = None, *, chosen: bool = True) -> Self:
        """`explicit` (--home), else KDSTUDIO_HOME, else the one that was chosen in the window, else the platform's data folder.

        Args:
            chosen: False passes over the one that was chosen.

        Raises:
            KnownFailure: it cannot be made, or the chosen one is gone: an empty one in its place would hide that.
        """
        try:
            home = cls(explicit.expanduser().absolute(), "--home") if explicit else cls._named(chosen)
        except RuntimeError as error:  # ~nobody
            raise KnownFailure(
                "home-unusable", path=str(explicit or os.environ.get("KDSTUDIO_HOME")), why=str(error)
            ) from None
        try:
            for folder in (home.runs, home.teachers, home.outputs, home.locks):
                folder.mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:  # ValueError: a NUL byte
            why = error.strerror if isinstance(error, OSError) else str(error)
            raise KnownFailure("home-unusable", path=str(home.root), why=why) from None
        return home

    @classmethod
    def _named(cls, chosen: bool) -> Self:
        named = os.environ.get("KDSTUDIO_HOME")
        if named:
            return cls(Path(named).expanduser().absolute(), "KDSTUDIO_HOME")
        from kdstudio.runs.chosen_home import choice_file, chosen_home, platform_home

        root = chosen_home() if chosen else None
        if root is not None and not root.is_dir():
            raise KnownFailure("home-gone", path=str(root), file=str(choice_file()))
        return cls(root or platform_home())

    @classmethod
    def of(cls, run: RunFolder, explicit: Path | None = None) -> Self:
        """The home that `run` lies in; where it lies elsewhere, `locate(explicit)`."""
        inside = explicit is None and run.path.parent.name == "runs"
        return cls.locate(run.path.parent.parent if inside else explicit)

    @property
    def runs(self) -> Path:
        """The folder of run folders."""
        return self.root / "runs"

    @property
    def teachers(self) -> Path:
        """Trained teachers, one folder each, named by fingerprint."""
        return self.root / "teachers"

    @property
    def outputs(self) -> Path:
        """Teachers' outputs on training images, one folder each, named by fingerprint."""
        return self.root / "outputs"

    @property
    def locks(self) -> Path:
        """One lock file for each device."""
        return self.root / "locks"

    @property
    def index(self) -> Path:
        """The library's index: a cache."""
        return self.root / "library.sqlite"

    def new_run(self, title: str) -> RunFolder:
        """A fresh run folder's path, not made yet: <time>_<slug>_<id>."""
        import secrets

        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
        identity = "".join(secrets.choice(_ALPHABET) for _ in range(8))
        return RunFolder(self.runs / f"{stamp}_{slug(title)}_{identity}")

    def folders(self) -> Iterator[RunFolder]:
        """Every run folder, oldest first."""
        try:
            with os.scandir(self.runs) as entries:
                names = sorted(entry.name for entry in entries if not entry.name.startswith(".") and _is_folder(entry))
        except FileNotFoundError:  # removed by hand: no run is left
            return
        yield from (RunFolder(self.runs / name) for name in names)

    def find(self, run: str) -> RunFolder:
        """The run that `run` names: a folder, an id, or the unique beginning of one.

        Raises:
            KnownFailure: there is none, or more than one.
        """
        try:
            path = Path(run).expanduser()
            if (path / "experiment.yaml").exists() or (path / "status.json").exists():
                return RunFolder(path.absolute())
        except (OSError, ValueError, RuntimeError):  # too long for a path, not to be looked into, ~nobody
            pass
        return self.find_id(run)

    def find_id(self, run: str) -> RunFolder:
        """The run of this home that `run` names: by its id, the unique beginning of one, or its folder's name.

        Raises:
            KnownFailure: there is none, or more than one.
        """
        found = [folder for folder in self.folders() if folder.path.name == run or (run and folder.id.startswith(run))]
        exact = [folder for folder in found if run in (folder.id, folder.path.name)]
        if len(exact or found) == 1:
            return (exact or found)[0]
        raise KnownFailure("run-ambiguous" if found else "run-unknown", run=run, home=str(self.root), count=len(found))


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # links that lead in a circle
        return False


def slug(title: str) -> str:
    """At most 40 ASCII characters of `title`, fit for a folder's name on every system."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = "".join(letter if letter.isalnum() else " " for letter in plain).split()
    return "-".join(words)[:40].strip("-") or "run"
