"""All runs of a home as rows, through an index that is a cache: the folders are the truth."""

import contextlib
import json
import logging
import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import msgspec

from kdstudio.runs.folder import LONGEST, RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.state import State
from kdstudio.spec.regular_files import printable_name, read_text

log = logging.getLogger(__name__)

VERSION = 7
PATIENCE = 5.0  # seconds to wait for another process that writes the index
MOST_POINTS = 100  # of a small curve
PORTION = 25  # folders between two reports of how far the reading is
_HELD = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_GARBAGE = (ValueError, TypeError, KeyError)  # what a row ends in whose text is not what this version wrote

Progress = Callable[[int, int], bool]


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One run in a list. `problem` says what is damaged in its folder, "" when nothing is.

    Attributes:
        accuracy, agreement: of the student, on the data that `split` names.
        split: "test" once test data have been used, "validation" before, "" while nothing is measured.
        validation: the student's latest accuracy on validation data, whatever `split` is.
        teacher, baseline: accuracy on test data.
        gain, gain_low, gain_high: over the baseline, with its interval where there are seeds enough.
        stage: what it is at.
        done: the fraction of the whole run that is done.
        seconds: at work, over all attempts.
        parameters: of the student.
        weak: its students learned almost nothing.
        curve: a few points of the student's validation accuracy, first to last.
        dataset, model, method, device, seeds: what the experiment asks for, in a word each.
        attempt: how often it was begun.
        code: why it failed.
    """

    id: str
    folder: str = ""
    created: str
    title: str
    state: str
    headline: str | None = None
    stage: str | None = None
    done: float | None = None
    accuracy: float | None = None
    agreement: float | None = None
    split: str = ""
    validation: float | None = None
    gain: float | None = None
    gain_low: float | None = None
    gain_high: float | None = None
    teacher: float | None = None
    baseline: float | None = None
    parameters: float | None = None
    weak: bool = False
    seconds: float | None = None
    curve: tuple[float, ...] = ()
    dataset: str = ""
    model: str = ""
    method: str = ""
    device: str = ""
    seeds: int = 0
    attempt: int = 0
    code: str | None = None
    tags: tuple[str, ...] = ()
    notes: str = ""
    problem: str = ""

    @property
    def begun(self) -> bool:
        """Whether a process is, or should be, at work on it: one that only waits has never been begun."""
        return self.state in _ACTIVE and not (self.state == State.QUEUED and self.attempt == 0)


_ACTIVE = frozenset(state for state in State if state.active)
_STATES = frozenset(map(str, State))
# What each number of a row may be, lowest and highest; what is beyond that is not known.
_BOUNDS: dict[str, tuple[float, float]] = {
    "done": (0.0, 1.0), "accuracy": (0.0, 1.0), "agreement": (0.0, 1.0), "validation": (0.0, 1.0),
    "gain": (-1.0, 1.0), "gain_low": (-1e3, 1e3), "gain_high": (-1e3, 1e3), "teacher": (0.0, 1.0),
    "baseline": (0.0, 1.0), "parameters": (0.0, 1e18), "seconds": (0.0, 1e12),
}  # fmt: skip
_COUNTS = ("seeds", "attempt")
_DECODER = msgspec.json.Decoder(Row)


def _go_on(done: int, of: int) -> bool:
    return True


class Library:
    """The runs below a home. A damaged index is thrown away and made anew; a damaged run is still a row.

    A library that is kept gives the very same object for a run that has not changed.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._kept: dict[str, tuple[str, Row]] = {}  # folder's name -> its mark and row

    def rows(self, progress: Progress = _go_on) -> list[Row]:
        """Every run, newest first. Folders that did not change since the last call are not read again.

        Args:
            progress: told now and then how many folders are done, of how many; says False to end at once, with the rows
                so far.
        """
        try:
            return self._rows(progress)
        except (sqlite3.Error, *_GARBAGE) as error:
            if getattr(error, "sqlite_errorcode", None) in _HELD:
                return self._read_all()
        with contextlib.suppress(OSError):
            for path in self._home.root.glob(f"{self._home.index.name}*"):
                path.unlink(missing_ok=True)
        try:
            return self._rows(progress)
        except sqlite3.Error:  # no index can be kept here
            return self._read_all()

    def _read_all(self) -> list[Row]:
        return [_as_it_is(_row_of(folder), folder) for folder in self._home.folders()][::-1]

    def _rows(self, progress: Progress) -> list[Row]:
        names = [folder.path.name for folder in self._home.folders()]
        with contextlib.closing(self._open()) as index:
            known = self._kept or dict(self._indexed(index))
            rows, fresh, kept = [], [], {}
            for number, name in enumerate(names):
                if number % PORTION == 0 and not progress(number, len(names)):
                    break
                mark = _mark(f"{self._home.runs}{os.sep}{name}")
                old_mark, row = known.get(name, ("", None))
                if row is None or mark != old_mark:
                    row = _row_of(RunFolder(self._home.runs / name))
                    if printable_name(name) == name:  # SQLite keeps no other text: such a folder is read each time
                        fresh.append((name, mark, _text_of(row)))
                kept[name] = (mark, row)
                rows.append(_as_it_is(row, RunFolder(self._home.runs / name)) if _is_active(row) else row)
            whole = len(kept) == len(names)
            self._write(index, fresh, set(known) - set(names) if whole else set())
        self._kept = kept if whole else known | kept
        return rows[::-1]

    def _indexed(self, index: sqlite3.Connection) -> Iterator[tuple[str, tuple[str, Row]]]:
        for name, mark, text in index.execute("SELECT name, mark, row FROM runs"):
            with contextlib.suppress(*_GARBAGE):  # a damaged row is read again from its folder
                yield name, (mark, _row_from(text, f"{self._home.runs}{os.sep}{name}"))

    def _write(self, index: sqlite3.Connection, fresh: list[tuple[str, str, str]], gone: set[str]) -> None:
        if fresh or gone:
            with index:
                index.executemany("INSERT OR REPLACE INTO runs VALUES (?, ?, ?)", fresh)
                index.executemany("DELETE FROM runs WHERE name = ?", [(name,) for name in gone])

    def _open(self) -> sqlite3.Connection:
        index = sqlite3.connect(self._home.index, timeout=PATIENCE)
        try:
            index.execute("PRAGMA journal_mode = WAL")
            index.execute("PRAGMA synchronous = OFF")
            if index.execute("PRAGMA user_version").fetchone()[0] != VERSION:
                index.execute("DROP TABLE IF EXISTS runs")
                index.execute(f"PRAGMA user_version = {VERSION}")
            index.execute("CREATE TABLE IF NOT EXISTS runs (name TEXT PRIMARY KEY, mark TEXT, row TEXT)")
            index.execute("SELECT name, mark, row FROM runs LIMIT 1")
        except BaseException:
            index.close()
            raise
        return index


def _mark(folder: str) -> str:
    """What changes when anything that a row shows changes."""
    return " ".join([_stamp(f"{folder}{os.sep}{name}") for name in ("status.json", "summary.json", "about.yaml")])


def _stamp(path: str) -> str:
    try:
        seen = os.stat(path)  # noqa: PTH116 (a Path for each of 30,000 files takes longer than the look)
    except OSError:
        return "-"
    return f"{seen.st_mtime_ns}.{seen.st_size}.{seen.st_ino}"


def _text_of(row: Row) -> str:
    return json.dumps({field.name: getattr(row, field.name) for field in fields(Row) if field.name != "folder"})


def _row_from(text: str, folder: str) -> Row:
    """The row that `text` says.

    Raises:
        ValueError, TypeError: it is damaged.
    """
    row = _DECODER.decode(text)
    fits = row.state in _STATES and all(0 <= getattr(row, name) < 2**63 for name in _COUNTS)
    for name, (low, high) in _BOUNDS.items():
        value = getattr(row, name)
        fits = fits and (value is None or low <= value <= high)
    if not fits:
        raise ValueError("a number beyond its bounds")
    object.__setattr__(row, "folder", folder)  # a copy of each of 10,000 rows would take longer than all the rest
    return row


def _is_active(row: Row) -> bool:
    return row.state in _ACTIVE


def _as_it_is(row: Row, folder: RunFolder) -> Row:
    """`row` with the state as it is, and why: whether a run that should be at work has a process is not in any file."""
    if not _is_active(row):
        return row
    try:
        now = folder.current()
    except Exception as error:  # as for `_row_of`
        return _damaged(folder, error)
    return row if now.state == row.state else replace(row, state=str(now.state), code=now.code)


def _row_of(folder: RunFolder) -> Row:
    """`read_row`, and for a folder that it was never meant for a row that says so: one bad run hides no other."""
    try:
        return read_row(folder)
    except Exception as error:
        log.info("run %s cannot be read", printable_name(folder.path.name), exc_info=True)
        return _damaged(folder, error)


def _damaged(folder: RunFolder, error: Exception) -> Row:
    name = printable_name(folder.path.name)
    why = (error.strerror if isinstance(error, OSError) else None) or f"{type(error).__name__}: {error}"
    return Row(
        id=printable_name(folder.id), folder=str(folder.path), created="", title=name, state=str(State.LOST),
        problem=f"cannot be read ({why})"[:200],
    )  # fmt: skip


def read_row(folder: RunFolder) -> Row:
    """The row of one run, read from its folder, whatever state that is in."""
    problems = list(_problems(folder))
    summary, about, status = folder.summary(), folder.about(), folder.status()
    asked = _asked(_read(folder.experiment_file))
    return Row(
        id=printable_name(folder.id),
        folder=str(folder.path),
        created=folder.created,
        title=_text(about.name) or _text(summary.get("title")) or asked.get("title") or printable_name(folder.path.name),
        state=str(status.state),
        headline=_text(summary.get("headline")),
        **_measured(summary),
        seconds=_number("seconds", summary.get("seconds")),
        dataset=asked.get("dataset", ""),
        model=asked.get("student", ""),
        method=asked.get("method", ""),
        device=asked.get("compute", ""),
        seeds=_count(asked.get("seeds", "")),
        attempt=status.attempt,
        code=status.code,
        tags=about.tags,
        notes=about.notes,
        problem="; ".join(problems),
    )


def _measured(summary: dict[str, Any]) -> dict[str, Any]:
    """The numbers of a summary that are in a row."""
    live, models, gain = _part(summary, "live"), _part(summary, "models"), _part(summary, "gain")
    student = _part(models, "student")
    tested, validation = _number("accuracy", student.get("accuracy")), _number("validation", live.get("accuracy"))
    return {
        "stage": _text(live.get("stage")),
        "done": _number("done", live.get("whole")),
        "accuracy": tested if tested is not None else validation,
        "agreement": _number("agreement", (student if tested is not None else live).get("agreement")),
        "split": "test" if tested is not None else "validation" if validation is not None else "",
        "validation": validation,
        "gain": _number("gain", gain.get("mean")),
        "gain_low": _number("gain_low", gain.get("low")),
        "gain_high": _number("gain_high", gain.get("high")),
        "teacher": _number("teacher", _part(models, "teacher").get("accuracy")),
        "baseline": _number("baseline", _part(models, "baseline").get("accuracy")),
        "parameters": _number("parameters", student.get("parameters")),
        "weak": _is_weak(summary),
        "curve": tuple(_curve(live.get("curve"))),
    }


def _is_weak(summary: dict[str, Any]) -> bool:
    """Whether the students of all seeds learned almost nothing, as the headline counts them."""
    weak, seeds = _part(summary, "weak").get("seeds"), summary.get("seeds")
    return type(weak) is int and type(seeds) is int and 0 < seeds <= weak


def _curve(points: Any) -> Iterator[float]:
    for value in points[:MOST_POINTS] if isinstance(points, list) else ():
        number = _number("accuracy", value)
        if number is not None:
            yield number


_FIELD = re.compile(r"(?:^|\{|, ) *(kind|device): ?([\w.:-]+)")


def _asked(text: str) -> dict[str, str]:
    """What experiment.yaml asks for, as far as it is in a row, without parsing YAML: that takes a hundred times longer.
    The first level's name -> its value; where that is a mapping, its kind or device."""
    asked: dict[str, str] = {}
    top = ""
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        listed = asked.get("seeds", "")
        if (top == "seeds" and line.lstrip().startswith("-")) or (listed.startswith("[") and "]" not in listed):
            asked["seeds"] = f"{listed},{line.strip().lstrip('-')}"  # a list in several lines
            continue
        if not line.startswith((" ", "-", "#")) and colon:
            top, value = name, value.strip()
            if value and not value.startswith("{"):
                asked[top] = value.strip("'\"")
                continue
        elif not line.startswith("  ") or line.startswith("   "):
            continue
        found = _FIELD.search(value if name == top else line)
        if found:
            asked.setdefault(top, found[2])
    return asked


def _count(seeds: str) -> int:
    """How many seeds are in "[0, 1, 2]", or in what is left of lines with one each."""
    return len(re.findall(r"\d+", seeds.partition("#")[0]))


def _problems(folder: RunFolder) -> Iterator[str]:
    if not folder.experiment_file.exists():
        yield "experiment.yaml is missing"
    elif not any(line.startswith("kind:") for line in _read(folder.experiment_file).splitlines()):
        yield "experiment.yaml is damaged"
    if not folder.status_file.exists():
        yield "status.json is missing"
    elif folder.status().state is State.LOST and '"lost"' not in _read(folder.status_file):
        yield "status.json is damaged"
    if folder.summary_file.exists() and not folder.summary():
        yield "summary.json is damaged"


def _read(path: Path) -> str:
    try:
        return read_text(path, errors="replace")
    except OSError:
        return ""


def _part(values: dict[str, Any], name: str) -> dict[str, Any]:
    part = values.get(name)
    return part if isinstance(part, dict) else {}


def _text(value: Any) -> str | None:
    return value[:LONGEST] if isinstance(value, str) and value else None


def _number(name: str, value: Any) -> float | None:
    """`value` as the number called `name`; None where it is none, or none that this can be."""
    low, high = _BOUNDS[name]
    known = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
    return float(value) if known else None
