"""Small files that several processes read and write: whole or not at all, and patient with Windows."""

import json
import math
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from kdstudio.spec.regular_files import MIB, read_bytes

PATIENCE = 2.0  # seconds: as long as a virus scanner or an indexer may hold a file on Windows
JSON_LIMIT = 16 * MIB
Result = TypeVar("Result")
_HALF = re.compile("[\ud800-\udfff]")


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
    except OSError as error:
        error.filename = error.filename or str(path)  # a full disk is found out by a write that knows no name
        aside.unlink(missing_ok=True)
        raise


def write_json(path: Path, value: Any) -> None:
    """`write_whole` for a JSON value."""
    write_whole(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path, *, limit: int = JSON_LIMIT) -> dict[str, Any] | None:
    """The JSON object in `path`; None when it is missing, damaged, or something else.

    A number beyond 64 bits is None, and half of a character is a replacement sign: neither could be written again.
    """
    try:
        text = patiently(lambda: read_bytes(path, limit=limit)).decode("utf-8")
        value = json.loads(text, parse_constant=_refuse, parse_int=_whole, parse_float=_finite)
        if "\\ud" in text or "\\uD" in text:
            value = _without_halves(value)
    except (OSError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _whole(digits: str) -> int | None:
    number = int(digits) if len(digits) <= 20 else 2**63
    return number if -(2**63) <= number < 2**63 else None


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _without_halves(value: Any) -> Any:
    """`value` with a replacement sign for each lone surrogate in its texts."""
    if isinstance(value, str):
        return _HALF.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, dict):
        return {_without_halves(name): _without_halves(each) for name, each in value.items()}
    return [_without_halves(each) for each in value] if isinstance(value, list) else value


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
