"""Small files that several processes read and write: whole or not at all, and patient with Windows."""

import contextlib
import json
import math
import os
import re
import time
from collections.abc import Callable, Iterator
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


def write_whole(path: Path, content: str | bytes, *, durable: bool = False) -> None:
    """Write `content` to `path`: a reader sees the old one or the new one, never a part.

    Args:
        durable: wait until it is on disk, so that it is there after a power cut too.

    Raises:
        OSError: it cannot be written; what was there is as it was.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        if isinstance(content, bytes):
            aside.write_bytes(content)
        else:
            aside.write_text(content, encoding="utf-8")
        if durable:
            _sync(aside)
        patiently(lambda: aside.replace(path))
        if durable:
            _sync_folder(path.parent)
    except OSError as error:
        error.filename = error.filename or str(path)  # a full disk is found out by a write that knows no name
        aside.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def write_folder(place: Path) -> Iterator[Path]:
    """A folder aside, to be filled in the `with` block. At its end the folder is on disk and takes the place of `place`;
    when the block raises, it is removed and `place` is as it was.

    Raises:
        OSError: it cannot be written, or not be put in its place.
    """
    aside, old = (place.with_name(f".{place.name}.{end}") for end in ("part", "old"))
    remove(aside)
    aside.mkdir(parents=True)
    try:
        yield aside
        for path in aside.rglob("*"):
            _sync_folder(path) if path.is_dir() else _sync(path)
        _sync_folder(aside)
        _swap(aside, place, old)
    except BaseException:
        remove(aside)
        raise
    _sync_folder(place.parent)
    remove(old)


def _swap(aside: Path, place: Path, old: Path) -> None:
    remove(old)
    if not os.path.lexists(place):
        patiently(lambda: aside.rename(place))
        return
    patiently(lambda: place.rename(old))
    try:
        patiently(lambda: aside.rename(place))
    except OSError:
        old.rename(place)
        raise


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it, as far as that is possible."""
    if path.is_dir() and not path.is_symlink():
        import shutil  # 3 ms, and who only reads runs needs it not

        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    with path.open("rb+") as file:  # Windows syncs only what is open for writing
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    """Names are on disk only when their folder is. Windows cannot, and some file systems refuse: then they need it not."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_json(path: Path, value: Any, *, durable: bool = False) -> None:
    """`write_whole` for a JSON value."""
    write_whole(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n", durable=durable)


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
