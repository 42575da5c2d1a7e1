"""What a terminal may be told: text from titles, logs and files with its control characters written out, never obeyed."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

# C0 but for tab and newline, DEL and C1, what turns the direction of writing, other line ends, halves of characters.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def escaped(text: str) -> str:
    """`text` with each control character as its code, as in "\\x1b[2J": a terminal would clear itself, or take another name.
    In JSON it means the same as before."""
    return _CONTROL.sub(lambda found: _code(ord(found[0])), text)


def _code(number: int) -> str:
    return f"\\x{number:02x}" if number < 0x20 else f"\\u{number:04x}"


class EscapedStream:
    """A text stream that escapes all that is written to it; for the rest it is the stream behind it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write `text`, escaped."""
        self._stream.write(escaped(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def escaped_output() -> Iterator[None]:
    """Whatever is printed meanwhile on the standard output is escaped."""
    before = sys.stdout
    sys.stdout = EscapedStream(before)
    try:
        yield
    finally:
        sys.stdout = before


__all__ = ["escaped", "escaped_output"]
