"""The table of runs as a CSV file: raw numbers, every column, as other programs want it."""

import csv
import io
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from kdstudio.runs.files import write_whole
from kdstudio.runs.library import Row

LEFT_OUT = ("curve", "done")
FORMULA = ("=", "+", "-", "@", "\t")  # how a text begins that a spreadsheet would carry out


def write_csv(path: Path, rows: Sequence[Row]) -> None:
    """Write `rows` to `path`: fractions stay fractions, what is not known is empty.

    Raises:
        OSError: it cannot be written.
    """
    names = [field.name for field in fields(Row) if field.name not in LEFT_OUT]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_cell(getattr(row, name)) for name in names] for row in rows)
    write_whole(path, text.getvalue())


def _cell(value: Any) -> Any:
    if isinstance(value, tuple):
        value = ", ".join(str(each) for each in value)
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return "" if value is None else value
