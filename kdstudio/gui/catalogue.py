"""The words that stand in tables, and the making of a file for translators: `python -m kdstudio.gui.catalogue FILE.ts`.

pyside6-lupdate finds texts in calls. What the window takes from a table (commands, fields of the spec, failures, terms of
the help) is named to it here, in a file of calls that is written for the moment.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from kdstudio.gui.commands.listed import COMMANDS
from kdstudio.gui.fields import USUAL, blurb_of, label_of, shown_unit
from kdstudio.gui.help import paragraphs, raw_terms
from kdstudio.gui.inner_keys import INNER_KEYS
from kdstudio.gui.language import CATALOGUE
from kdstudio.gui.pages.form_board import CARDS
from kdstudio.gui.pages.run_captions import CAPTIONS
from kdstudio.gui.plots.curves import SPLIT, TERMS
from kdstudio.gui.preview_words import VERDICTS
from kdstudio.gui.run_rules import TRAININGS
from kdstudio.gui.states import STAGES, STATES
from kdstudio.gui.tables import classes_model, columns
from kdstudio.results import comparison, suggestions
from kdstudio.runs.failures import UNKNOWN, WORDS
from kdstudio.runs.sample_experiments import sample_experiments
from kdstudio.runs.summary import HEADLINES, LESS, PART, TIMES, UNEQUAL
from kdstudio.spec import Experiment, Spec, models_in

GUI = Path(__file__).parent


def words() -> list[str]:
    """Every word and sentence that the window looks up, each once."""
    said = [*_of_commands(), *_of_pages(), *_of_runs(), *_of_spec(Experiment), *_of_help()]
    return list(dict.fromkeys(text for text in said if text))


def _of_commands() -> Iterator[str]:
    for command in COMMANDS:
        yield from (command.menu, command.submenu, command.title)
    for key in INNER_KEYS:
        yield from (key.part, key.does)


def _of_pages() -> Iterator[str]:
    yield from (title for title, _ in CARDS)
    yield from (*classes_model.HEADS, *classes_model.TIPS, *comparison.WORDS, *TERMS, *TRAININGS)
    for column in columns.COLUMNS:
        yield from (column.title, column.tip)
    yield from (sample.shows for sample in sample_experiments())
    for _, label, briefly, _ in SPLIT:
        yield from (label, briefly)


def _of_runs() -> Iterator[str]:
    yield from (word for word, _ in (*STATES.values(), *VERDICTS.values()))
    yield from (*suggestions.TEXTS.values(), *suggestions.REASONS.values())
    yield from (*STAGES.values(), *CAPTIONS.values(), *HEADLINES.values(), UNEQUAL, PART, TIMES, LESS)
    for words_of_code in (*WORDS.values(), UNKNOWN):
        yield from (words_of_code.title, words_of_code.cause, words_of_code.remedy)


def _of_spec(model: type[BaseModel]) -> Iterator[str]:
    yield from (label_of(model), blurb_of(model), *(called for usual in USUAL.values() for _, called in usual))
    for group in model.one_of if issubclass(model, Spec) else ():
        yield from (group.title, group.description, group.empty)
    for info in model.model_fields.values():
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        yield from (info.title or "", info.description or "", shown_unit(str(extra.get("unit", ""))))
        for inner in models_in(info.annotation):
            yield from _of_spec(inner)


def _of_help() -> Iterator[str]:
    for term in raw_terms():
        yield from (term["title"], term["part"], term.get("also", ""), *paragraphs(term["text"]).split("\n\n"))


def write(translation: Path) -> None:
    """Make `translation`, a file for Qt Linguist, or renew it: what is translated in it stays.

    Raises:
        subprocess.CalledProcessError: pyside6-lupdate has failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "tables.py"
        calls = [f"QT_TRANSLATE_NOOP({CATALOGUE!r}, {_quoted(text)})" for text in words()]
        listed.write_text("\n".join(calls), encoding="utf-8")
        sources = [*sorted(GUI.rglob("*.py")), listed]
        tool = Path(sys.executable).with_name("pyside6-lupdate")
        command = [tool if tool.exists() else "pyside6-lupdate", *sources, "-locations", "none", "-ts", translation]
        subprocess.run(command, check=True, capture_output=True)


def _quoted(text: str) -> str:
    """As Python writes it, in one line and in double quotes."""
    shown = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{shown}"'


if __name__ == "__main__":
    write(Path(sys.argv[1]))
