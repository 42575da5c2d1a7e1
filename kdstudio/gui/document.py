"""Which file the form's experiment is kept in, as which text, and whether that is what the form says. No widgets."""

from pathlib import Path
from typing import Any

from kdstudio.gui.drafts import remember_file
from kdstudio.gui.language import tr
from kdstudio.runs.files import write_whole
from kdstudio.runs.home import Home
from kdstudio.runs.resources import resource
from kdstudio.spec import SpecError, loads
from kdstudio.spec.plain_yaml import MOST_BYTES, UNREADABLE, read_yaml
from kdstudio.spec.regular_files import read_text
from kdstudio.spec.yaml_edit import brief, edited
from kdstudio.spec.yaml_file import Problem, to_yaml

Values = dict[str, Any]


class Document:
    """The experiment as a file.

    Args:
        home: where the recent files are kept.
        values: the experiment as it is while nobody has changed anything.

    Attributes:
        file: where it was opened from or saved to; None while it is nowhere.
    """

    def __init__(self, home: Home, values: Values) -> None:
        self._home = home
        self.file: Path | None = None
        self._saved = values
        self._in_file: Values | None = None
        self._pair: tuple[Values, str] = (values, "")

    @property
    def base(self) -> Path:
        """What relative paths are relative to."""
        return self.file.parent if self.file is not None else Path.cwd()

    @property
    def target(self) -> Path | None:
        """Where it is saved to unasked; None for a sample, which comes with the program and stays as it is."""
        return None if self.file is None or self.file.resolve().parent == resource("experiments") else self.file

    def clean(self, values: Values) -> bool:
        """Whether nothing would be lost with `values`."""
        return values == self._saved

    def edited(self, values: Values) -> bool:
        """Whether the file says something else than `values`."""
        return self.file is not None and values != self._in_file

    def leave(self) -> None:
        """Belong to no file any more; what was not saved still is not."""
        self.file = self._in_file = None
        self._pair = ({}, "")

    @property
    def place(self) -> tuple[Path | None, Values | None, tuple[Values, str]]:
        """The file, what it holds, and the text with what it says."""
        return self.file, self._in_file, self._pair

    def move(self, place: tuple[Path | None, Values | None, tuple[Values, str]]) -> None:
        """Belong to the file of `place`, with its text."""
        if place[0] != self.file:  # else what it holds may have been saved since
            self.file, self._in_file = place[:2]
        self._pair = place[2]

    def text(self, values: Values, experiment: Any) -> str:
        """`values` as text: the text of the file with what has changed changed in it, comments and order kept; without a
        file what is not at its default. `experiment` is what they make, None while something is wrong with them."""
        old, text = self._pair
        if text and values == old:
            return text
        if text:
            return edited(text, old, values, base=self.base)
        return brief(experiment.model_dump(mode="json")) if experiment is not None else to_yaml(values)

    def pair(self, values: Values, text: str) -> None:
        """`text` is what `values` were read from."""
        self._pair = (values, text)

    def settle(self, values: Values, file: Path | None = None) -> None:
        """`values` are kept: in `file`, or in a run."""
        self._saved = values
        if file is not None:
            self._in_file = values
            self.file = file.absolute()
            remember_file(self._home, self.file)

    def begin(self, values: Values) -> None:
        """A new experiment, in no file, is what nobody has changed yet."""
        self.leave()
        self._saved, self._pair = values, (values, "")

    def write(self, path: Path, values: Values, text: str) -> None:
        """Save `text`, which says `values`, in `path`.

        Raises:
            OSError: it cannot be written; what was there is as it was.
        """
        write_whole(path, text)
        self.pair(values, text)
        self.settle(values, path)


def read(path: Path) -> tuple[str, Any, tuple[Problem, ...]]:
    """(text, experiment or None, problems) of the file at `path`."""
    try:
        text = read_text(path, limit=MOST_BYTES)
    except OSError as error:
        return "", None, (Problem(file=path.name, line=None, path="", message=tr("cannot be read ({0})").format(error.strerror)),)
    except UnicodeDecodeError:
        return "", None, (Problem(file=path.name, line=None, path="", message=tr("is not UTF-8 text")),)
    try:
        return text, loads(text, file=path.name, base=path.absolute().parent), ()
    except SpecError as error:
        return text, None, error.problems


def plain_values(text: str) -> Values | None:
    """What `text` holds, right or wrong, where it is at least a list of fields; else None."""
    try:
        values = read_yaml(text)
    except UNREADABLE:
        return None
    return values if isinstance(values, dict) and all(isinstance(name, str) for name in values) else None
