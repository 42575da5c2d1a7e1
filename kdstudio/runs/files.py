"""Small files that several processes read and write: whole or not at all, and patient with Windows."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

PATIENCE = 2.0  # seconds: as long as a virus scanner or an indexer may hold a file on Windows
Result = TypeVar("Result")


def patiently(action: Callable[[], Result]) -> Result:
    """Do `action`, again and again for two seconds while it raises PermissionError."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return action()
        except PermissionError:
            if os.name != "nt" or time.monotonic() > until:
                raise
            time.sleep(0.02)


def write_whole(path: Path, content: str | bytes) -> None:
    """Write `content` to `path`: a reader sees the old one or the new one, never a part.

    Raises:
        OSError: it cannot be written; what was there is as it was.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        if isinstance(content, bytes):
            aside.write_bytes(content)
        else:
            aside.write_text(content, encoding="utf-8")
        patiently(lambda: aside.replace(path))
    except OSError:
        aside.unlink(missing_ok=True)
        raise


def write_json(path: Path, value: Any) -> None:
    """`write_whole` for a JSON value."""
    write_whole(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> dict[str, Any] | None:
    """The JSON object in `path`; None when it is missing, damaged, or something else."""
    try:
        value = json.loads(patiently(lambda: path.read_text(encoding="utf-8")), parse_constant=_refuse)
    except (OSError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
