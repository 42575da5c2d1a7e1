"""All runs of a home as rows, through an index that is a cache: the folders are the truth."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.state import State

VERSION = 1
PATIENCE = 5.0  # seconds to wait for another process that writes the index
_HELD = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_GARBAGE = (ValueError, TypeError, KeyError)  # what a row ends in whose text is not what this version wrote


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One run in a list. `problem` says what is damaged in its folder, "" when nothing is."""

    id: str
    folder: str
    created: str
    title: str
    state: str
    headline: str | None = None
    stage: str | None = None
    accuracy: float | None = None
    agreement: float | None = None
    gain: float | None = None
    seconds: float | None = None
    tags: tuple[str, ...] = ()
    notes: str = ""
    problem: str = ""


class Library:
    """The runs below a home. A damaged index is thrown away and made anew; a damaged run is still a row."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def rows(self) -> list[Row]:
        """Every run, newest first. Folders that did not change since the last call are not read again."""
        try:
            return self._rows()
        except (sqlite3.Error, *_GARBAGE) as error:
            if getattr(error, "sqlite_errorcode", None) in _HELD:
                return self._read_all()
        with contextlib.suppress(OSError):
            for path in self._home.root.glob(f"{self._home.index.name}*"):
                path.unlink(missing_ok=True)
        try:
            return self._rows()
        except sqlite3.Error:  # no index can be kept here
            return self._read_all()

    def _read_all(self) -> list[Row]:
        return [_as_it_is(read_row(folder), folder) for folder in self._home.folders()][::-1]

    def _rows(self) -> list[Row]:
        with contextlib.closing(self._open()) as index:
            known = {name: (mark, text) for name, mark, text in index.execute("SELECT name, mark, row FROM runs")}
            rows, fresh = [], []
            for folder in self._home.folders():
                name, mark = folder.path.name, _mark(folder)
                old_mark, text = known.pop(name, (None, ""))
                if mark == old_mark:
                    row = _row_from(text)
                else:
                    row = read_row(folder)
                    fresh.append((name, mark, json.dumps(asdict(row))))
                rows.append(_as_it_is(row, folder))
            with index:
                index.executemany("INSERT OR REPLACE INTO runs VALUES (?, ?, ?)", fresh)
                index.executemany("DELETE FROM runs WHERE name = ?", [(name,) for name in known])
        return rows[::-1]

    def _open(self) -> sqlite3.Connection:
        index = sqlite3.connect(self._home.index, timeout=PATIENCE)
        try:
            index.execute("PRAGMA journal_mode = WAL")
            index.execute("PRAGMA synchronous = OFF")
            if index.execute("PRAGMA user_version").fetchone()[0] != VERSION:
                index.execute("DROP TABLE IF EXISTS runs")
                index.execute(f"PRAGMA user_version = {VERSION}")
            index.execute("CREATE TABLE IF NOT EXISTS runs (name TEXT PRIMARY KEY, mark TEXT, row TEXT)")
        except BaseException:
            index.close()
            raise
        return index


def _mark(folder: RunFolder) -> str:
    """What changes when anything that a row shows changes."""
    return " ".join(_stamp(folder.path / name) for name in ("status.json", "summary.json", "about.yaml"))


def _stamp(path: Path) -> str:
    try:
        seen = path.stat()
    except OSError:
        return "-"
    return f"{seen.st_mtime_ns}.{seen.st_size}.{seen.st_ino}"


def _row_from(text: str) -> Row:
    values = json.loads(text)
    return Row(**{**values, "tags": tuple(values["tags"])})


def _as_it_is(row: Row, folder: RunFolder) -> Row:
    """`row` with the state as it is: whether a run that should be at work has a process is not in any file."""
    if not State(row.state).active:
        return row
    state = folder.current().state
    return row if state == row.state else Row(**{**_fields(row), "state": str(state)})


def _fields(row: Row) -> dict[str, Any]:
    return {**asdict(row), "tags": row.tags}


def read_row(folder: RunFolder) -> Row:
    """The row of one run, read from its folder, whatever state that is in."""
    problems = list(_problems(folder))
    summary, about = folder.summary(), folder.about()
    live, student = _part(summary, "live"), _part(_part(summary, "models"), "student")
    accuracy = student.get("accuracy")
    return Row(
        id=folder.id,
        folder=str(folder.path),
        created=folder.created,
        title=about.name or _text(summary.get("title")) or _title(folder) or folder.path.name,
        state=str(folder.status().state),
        headline=_text(summary.get("headline")),
        stage=_text(live.get("stage")),
        accuracy=_number(accuracy if accuracy is not None else live.get("accuracy")),
        agreement=_number(student.get("agreement") if accuracy is not None else live.get("agreement")),
        gain=_number(_part(summary, "gain").get("mean")),
        seconds=_number(summary.get("seconds")),
        tags=about.tags,
        notes=about.notes,
        problem="; ".join(problems),
    )


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
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _title(folder: RunFolder) -> str | None:
    """The title in experiment.yaml, without reading the rest: nothing else of it is in a row."""
    for line in _read(folder.experiment_file).splitlines():
        if line.startswith("title:"):
            return line.removeprefix("title:").strip().strip("'\"") or None
    return None


def _part(values: dict[str, Any], name: str) -> dict[str, Any]:
    part = values.get(name)
    return part if isinstance(part, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
