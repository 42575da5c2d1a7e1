"""What is wrong with what the form holds, and what the Start button says of it. No widgets of its own."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kdstudio.gui.cards import NO_BREAK
from kdstudio.gui.editors import PathEditor
from kdstudio.gui.language import tr
from kdstudio.spec import problems_of

if TYPE_CHECKING:
    from kdstudio.gui.forms import FieldRow
    from kdstudio.spec.yaml_file import Problem


NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")


def mistakes(values: Mapping[str, Any], rows: "Iterable[FieldRow]", base: Path) -> dict[str, str]:
    """What is wrong, by field: what the spec says, and folders that are not there."""
    found = {problem.path: problem.message for problem in problems_of(values)}
    for row in rows:
        if row.field.percent and found.get(row.path, "").startswith("must be "):
            found[row.path] = NUMBER.sub(_as_percent, found[row.path])
        folder = row.editor.value() if isinstance(row.editor, PathEditor) else None
        if folder and row.path not in found and not (base / Path(folder).expanduser()).is_dir():
            found[row.path] = tr("there is no such folder")
    return found


def _as_percent(number: "re.Match[str]") -> str:
    return f"{100 * float(number[0]):g}{NO_BREAK}%"


def mistakes_in_text(problems: "Iterable[Problem]") -> dict[str, str]:
    """What is wrong with the text, by field, or by line where no field is known."""
    return {each.path or tr("line {0}").format(each.line or 1): each.message for each in problems}


def next_step(problems: Mapping[str, str], row: "FieldRow | None") -> str:
    """What is to be done next. `row` is the field of the first problem, where there is one."""
    if not problems:
        return tr("Start")
    if len(problems) > 1:
        return tr("Fix {0} fields").format(len(problems))
    path, message = next(iter(problems.items()))
    if row is not None and isinstance(row.editor, PathEditor) and row.editor.value() is None:
        return tr("Choose a folder")
    title = row.field.title if row is not None else path.rpartition(".")[2].replace("_", " ") or tr("the experiment")
    return (tr("Fill in: {0}") if message.startswith("missing") else tr("Fix: {0}")).format(title)


def next_step_in_text(problems: "Iterable[Problem]") -> str:
    """What is to be done next while the text has mistakes."""
    return tr("Go to line {0}").format(next((each.line for each in problems if each.line), 1))
