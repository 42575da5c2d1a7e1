"""The language of the window: `tr` where there is no QObject to ask, and what translates words that stand in tables.

Three ways lead to a translator, and no other: `self.tr("...")` in a QObject, `tr("...")` anywhere else, both with the text
itself in the call, where pyside6-lupdate finds it; and `looked_up(word)` for words out of a table, all of which catalogue.py
names to it. `python -m kdstudio.gui.catalogue FILE.ts` makes or renews a translation.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication

if TYPE_CHECKING:
    from kdstudio.runs.failures import Words

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


def retold(kept: str | None) -> str:
    """A headline that a run has kept, in the language of the window; as it is where it is of another version."""
    from kdstudio.runs.summary import HEADLINES

    worth, before, rest = (kept or "").partition(HEADLINES["kept"].partition("{")[0])
    return f"{_again(worth.strip(), HEADLINES.values())} {_again(before + rest, HEADLINES.values())}".strip()


def _again(said: str, templates: Iterable[str]) -> str:
    """`said` out of the one of `templates` that it was made of, in the language of the window."""
    from kdstudio.runs.summary import LESS, PART, TIMES

    for template in templates:
        found = _pattern(template).fullmatch(said)
        if found is not None:
            values = found.groupdict()
            if "share" in values:
                values["share"] = _again(values["share"], (LESS, TIMES, PART))
            return looked_up(template).format(*([] if values else found.groups()), **values)
    return said


@cache
def _pattern(template: str) -> "re.Pattern[str]":
    """What texts made of `template` look like."""
    parts = re.split(r"{(\w+)}", template)
    blanks = [f"(?P<{part}>.+?)" if part.isidentifier() else "(.+?)" for part in parts[1::2]]
    return re.compile("".join(chain.from_iterable(zip_longest(map(re.escape, parts[::2]), blanks, fillvalue=""))))


def explain(code: str | None, parameters: Mapping[str, Any] | None = None) -> "Words":
    """The words for `code`, in the language of the window."""
    from kdstudio.runs import failures  # 5 ms of words that the first paint needs not

    return failures.explain(code, parameters, looked_up)
