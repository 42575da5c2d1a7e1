"""The language of the window: `tr` where there is no QObject to ask, and what translates words that stand in tables.

Three ways lead to a translator, and no other: `self.tr("...")` in a QObject, `tr("...")` anywhere else, both with the text
itself in the call, where pyside6-lupdate finds it; and `looked_up(word)` for words out of a table, all of which catalogue.py
names to it. `python -m kdstudio.gui.catalogue FILE.ts` makes or renews a translation.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication

from kdstudio.runs.folder import RunFolder
from kdstudio.runs.status import State

if TYPE_CHECKING:
    from kdstudio.runs.failures import Words
    from kdstudio.runs.library import Row

CATALOGUE = "catalogue"  # the context of the words in tables; those in calls of `tr` have none


def tr(text: str) -> str:
    """`text` in the language of the window."""
    return QCoreApplication.translate("", text)


def looked_up(word: str) -> str:
    """A word out of a table, in the language of the window."""
    return QCoreApplication.translate(CATALOGUE, word) if word else ""


def headline(summary: dict[str, Any]) -> str:
    """What a run came to, in the language of the window; "" while there is nothing to say."""
    from kdstudio.runs.summary import headline as worded  # not before the first paint

    kept = str(summary.get("headline") or "")
    try:
        return worded(summary, looked_up) if kept else ""
    except (KeyError, TypeError):  # of another version
        return kept


def headline_of(row: "Row") -> str:
    """What the run of a row came to, in the language of the window; "" while there is nothing to say."""
    return headline(RunFolder(Path(row.folder)).summary()) if row.headline else ""


def cause_of(row: "Row") -> str:
    """Why the run of a row failed or was killed, in the language of the window; "" of a run that did neither."""
    if row.state not in (State.FAILED, State.LOST):
        return ""
    status = RunFolder(Path(row.folder)).current()
    words = explain(row.code or "killed", status.parameters if status.code == row.code else {})
    return f"{words.title}. {words.cause}"


def explain(code: str | None, parameters: Mapping[str, Any] | None = None) -> "Words":
    """The words for `code`, in the language of the window."""
    from kdstudio.runs import failures  # 5 ms of words that the first paint needs not

    return failures.explain(code, parameters, looked_up)
