"""The columns of the table of runs: what each shows, sorts by and reads aloud, and which ones a person wants to see."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kdstudio.gui.language import tr
from kdstudio.gui.states import row_words
from kdstudio.runs.files import read_json, write_json
from kdstudio.runs.home import Home
from kdstudio.runs.library import Row
from kdstudio.runs.outlook import clock, local_time
from kdstudio.runs.summary import percent


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column: its title, its width (0 takes the rest), the raw value to sort by (None comes last), the text to show.

    Attributes:
        number: it stands at the right.
        first: people see it before they choose.
        tip: what its title means, where that is short.
    """

    id: str
    title: str
    width: int
    raw: Callable[[Row], Any]
    text: Callable[[Row], str]
    number: bool = False
    first: bool = True
    tip: str = ""


def _share(value: float | None) -> str:
    return "" if value is None else percent(value)


def _tested(row: Row) -> float | None:
    """The student's accuracy on test data."""
    return row.accuracy if row.split == "test" else None


def _agreement(row: Row) -> str:
    """The agreement; one that was measured on validation data says so."""
    said = _share(row.agreement)
    return tr("{0} val.").format(said) if said and row.split == "validation" else said


def _gain(row: Row) -> str:
    return "" if row.gain is None else tr("{0} points").format(f"{100 * row.gain:+.1f}")


def _interval(row: Row) -> str:
    low, high = row.gain_low, row.gain_high
    return "" if low is None or high is None else tr("{0} to {1}").format(f"{100 * low:+.1f}", f"{100 * high:+.1f}")


def _count(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _or_none(text: str) -> str | None:
    return text.casefold() or None


def _line(text: str) -> str:
    return " ".join(text.split())


COLUMNS = (
    Column(id="title", title="Title", width=0, raw=lambda row: row.title.casefold(), text=lambda row: row.title),
    Column(id="state", title="State", width=118, raw=lambda row: row.state, text=lambda row: row_words(row)[0]),
    Column(id="curve", title="Curve", width=92, text=lambda row: "", raw=lambda row: row.curve[-1] if row.curve else None,
           tip="Validation accuracy of the student, from 0 to 100 %"),
    Column(id="accuracy", title="Test acc.", width=84, raw=lambda row: _tested(row),
           text=lambda row: _share(_tested(row)), number=True, tip="Accuracy of the student on test data"),
    Column(id="validation", title="Val. acc.", width=84, raw=lambda row: row.validation,
           text=lambda row: _share(row.validation), number=True, tip="Accuracy of the student on validation data, so far"),
    Column(id="agreement", title="Agreement", width=96, raw=lambda row: row.agreement, text=lambda row: _agreement(row),
           number=True, tip="How often student and teacher give the same answer: on test data, or on validation data (val.)"),
    Column(id="gain", title="Gain", width=98, raw=lambda row: row.gain, text=_gain, number=True,
           tip="Test accuracy of the student minus that of the baseline"),
    Column(id="interval", title="Gain, 95 %", width=108, raw=lambda row: row.gain_low, text=_interval, number=True,
           first=False),
    Column(id="baseline", title="Baseline", width=84, raw=lambda row: row.baseline, text=lambda row: _share(row.baseline),
           number=True, first=False),
    Column(id="teacher", title="Teacher", width=84, raw=lambda row: row.teacher, text=lambda row: _share(row.teacher),
           number=True, first=False),
    Column(id="parameters", title="Parameters", width=96, raw=lambda row: row.parameters,
           text=lambda row: _count(row.parameters), number=True, first=False),
    Column(id="seeds", title="Seeds", width=62, raw=lambda row: row.seeds or None, text=lambda row: str(row.seeds or ""),
           number=True, first=False),
    Column(id="dataset", title="Dataset", width=110, raw=lambda row: _or_none(row.dataset), text=lambda row: row.dataset,
           first=False),
    Column(id="model", title="Student", width=84, raw=lambda row: _or_none(row.model), text=lambda row: row.model,
           first=False),
    Column(id="method", title="Method", width=110, raw=lambda row: _or_none(row.method), text=lambda row: row.method,
           first=False),
    Column(id="device", title="Device", width=72, raw=lambda row: _or_none(row.device), text=lambda row: row.device,
           first=False),
    Column(id="seconds", title="Time", width=72, raw=lambda row: row.seconds, number=True,
           text=lambda row: "" if row.seconds is None else clock(row.seconds)),
    Column(id="tags", title="Tags", width=96, raw=lambda row: _or_none(", ".join(row.tags)),
           text=lambda row: ", ".join(row.tags)),
    Column(id="notes", title="Notes", width=160, raw=lambda row: _or_none(row.notes), text=lambda row: _line(row.notes),
           first=False),
    Column(id="created", title="Created", width=152, raw=lambda row: row.created or None,
           text=lambda row: local_time(row.created)),
    Column(id="id", title="Id", width=92, raw=lambda row: row.id, text=lambda row: row.id, first=False),
)  # fmt: skip
FORMAT = 2  # of what is kept
PLACES = {column.id: number for number, column in enumerate(COLUMNS)}


def spoken(column: Column, row: Row) -> str:
    """What a screen reader says of a cell; a curve is silent otherwise."""
    if column.id == "curve" and row.curve:
        return tr("validation accuracy from {0} to {1}").format(percent(row.curve[0]), percent(row.curve[-1]))
    return column.text(row)


def searched(row: Row) -> str:
    """All that a filter looks through, as one text in small letters."""
    said = [column.text(row) for column in COLUMNS if not column.number]
    return "\n".join([*said, row.headline or "", row.problem, *(f"tag:{tag}" for tag in row.tags)]).casefold()


@dataclass(kw_only=True, slots=True)
class Arrangement:
    """How a person has arranged the table: kept in the home, replaced by the first one where it cannot be read."""

    shown: list[str] = field(default_factory=lambda: [column.id for column in COLUMNS if column.first])
    widths: dict[str, int] = field(default_factory=dict)
    sort: str = "created"
    descending: bool = True

    @classmethod
    def of(cls, home: Home) -> "Arrangement":
        """The arrangement kept in `home`."""
        values, made = read_json(home.root / "runs_table.json") or {}, cls()
        shown, widths = values.get("shown"), values.get("widths")
        if isinstance(shown, list):
            made.shown = ["title", *(name for name in shown if name in PLACES and name != "title")]
            if "format" not in values and "accuracy" in shown:  # one column held both accuracies
                made.shown.append("validation")
        if isinstance(widths, dict):
            made.widths = {name: size for name, size in widths.items() if name in PLACES and type(size) is int and size > 0}
        if values.get("sort") in PLACES:
            made.sort = values["sort"]
        made.descending = values.get("descending") is not False
        return made

    def keep(self, home: Home) -> None:
        """Write it down; a home that cannot be written to forgets it."""
        values = {"format": FORMAT, "shown": self.shown, "widths": self.widths, "sort": self.sort, "descending": self.descending}
        with contextlib.suppress(OSError):
            write_json(home.root / "runs_table.json", values)
