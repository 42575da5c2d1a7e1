"""The command that carries out exactly what the form says: nothing is written for it. No Qt."""

import os
import shlex
from pathlib import Path
from typing import Any

from kdstudio.gui.document import plain_values
from kdstudio.runs.home import Home
from kdstudio.spec import SpecError, dump, load
from kdstudio.spec.base import plain
from kdstudio.spec.changes import rivals
from kdstudio.spec.regular_files import read_text
from kdstudio.spec.yaml_file import to_yaml

MARK = "EXPERIMENT"
FEW = 6  # changes to a file beyond which the whole text is easier to read


def command(experiment: Any, file: Path | None, home: Home) -> str:
    """A command for the shell: the file where there is one, with `--set` for what differs, else the whole text.

    Args:
        experiment: what is to be carried out.
        file: the file that it was read from or saved to.
        home: where the run shall lie.
    """
    changes = _changes(experiment, file) if file is not None else None
    if changes is None:
        return _with_text(experiment, home)
    sets = [f"--set {shlex.quote(change)}" for change in changes]
    return " ".join(["kdstudio run", shlex.quote(str(file)), *sets, *_home(home)])


def _with_text(experiment: Any, home: Home) -> str:
    """The experiment on the standard input, for a POSIX shell or for PowerShell."""
    text, run = dump(experiment), " ".join(["kdstudio run -", *_home(home)])
    if os.name == "nt":
        return f"@'\n{text}'@ | {run}"
    mark = MARK
    while mark in text.splitlines():
        mark += "_"
    return f"{run} <<'{mark}'\n{text}{mark}"


def _home(home: Home) -> list[str]:
    from kdstudio.runs.chosen_home import usual_home

    return [] if home.root == usual_home() else ["--home", shlex.quote(str(home.root))]


def _changes(experiment: Any, file: Path) -> list[str] | None:
    """What turns the file into `experiment`; None where that takes many changes, or cannot be said so."""
    try:
        before, after = plain(load(file)), plain(experiment)
        named = plain_values(read_text(file)) or {}
        changed = {path: value for path, value in differences(before, after) if path.partition(".")[0] in named}
        whole = {path.partition(".")[0] for path, _ in differences(before, after)} - named.keys()
        changes = [
            _set(path, value)
            for path, value in (changed | {name: after[name] for name in whole}).items()
            if value is not None or all(changed.get(rival) is None for rival in rivals(path))  # the rival clears it
        ]
        exact = len(changes) <= FEW and load(file, changes=changes) == experiment
    except (SpecError, OSError):
        return None
    return changes if exact else None


def differences(before: Any, after: Any, path: str = "") -> list[tuple[str, Any]]:
    """(path, new value) of each field of `after` that is another one in `before`; another kind is replaced whole."""
    both = isinstance(before, dict) and isinstance(after, dict)
    if both and before.get("kind") == after.get("kind") and before.keys() == after.keys():
        return [
            found
            for name in after
            for found in differences(before[name], after[name], f"{path}.{name}".lstrip("."))
        ]
    return [] if before == after else [(path, after)]


def _set(path: str, value: Any) -> str:
    import yaml

    if isinstance(value, dict | list):
        text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=100_000, sort_keys=False)
    else:
        text = to_yaml(value)
    return f"{path}={text.removesuffix(chr(10)).removesuffix('...').strip()}"
