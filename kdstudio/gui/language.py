"""The language of the window: `tr` where there is no QObject to ask, and what translates words that stand in tables.

Three ways lead to a translator, and no other: `self.tr("...")` in a QObject, `tr("...")` anywhere else, both with the text
itself in the call, where pyside6-lupdate finds it; and `looked_up(word)` for words out of a table, all of which catalogue.py
names to it. `python -m kdstudio.gui.catalogue FILE.ts` makes or renews a translation.
"""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QCoreApplication

from kdstudio.runs import failures
from kdstudio.runs.failures import Words

CATALOGUE = "catalogue"  # the context of the words in tables; those in calls of `tr` have none


def tr(text: str) -> str:
    """`text` in the language of the window."""
    return QCoreApplication.translate("", text)


def looked_up(word: str) -> str:
    """A word out of a table, in the language of the window."""
    return QCoreApplication.translate(CATALOGUE, word) if word else ""


def explain(code: str | None, parameters: Mapping[str, Any] | None = None) -> Words:
    """The words for `code`, in the language of the window."""
    return failures.explain(code, parameters, looked_up)
