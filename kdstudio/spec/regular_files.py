"""Reading files that other people made: regular files alone, and never beyond a limit.

A pipe or a device in a file's place would keep a reader waiting for ever, and an endless file would fill the memory. Every
room reads through here what may have come from elsewhere, and what cannot be read is an OSError that says why.
"""

import contextlib
import errno
import io
import os
import stat
from pathlib import Path

KIB, MIB = 1 << 10, 1 << 20
_SAFE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_FLAGS, _APPEND = os.O_RDONLY | _SAFE, os.O_WRONLY | os.O_APPEND | os.O_CREAT | _SAFE


def open_regular(path: Path) -> io.BufferedReader:
    """The regular file at `path`, open for reading bytes; never waits for somebody to write into a pipe.

    Raises:
        OSError: it is missing, may not be read, or is a pipe, a device, a socket or a folder.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except ValueError:  # a NUL byte, or half a character
        raise OSError(errno.EINVAL, "no file can have such a name", ascii(str(path))) from None
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    return os.fdopen(descriptor, "rb")


def append_regular(path: Path) -> io.FileIO:
    """The regular file at `path`, made where it is missing, open for adding bytes at its end, unbuffered.

    Raises:
        OSError: it cannot be written, or is something else than a regular file.
    """
    descriptor = os.open(path, _APPEND, 0o666)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    return io.FileIO(descriptor, "ab")


def remove_unless_regular(path: Path) -> None:
    """Remove a pipe, a device or a broken link that lies where the program is about to write a file of its own."""
    if os.path.lexists(path) and not path.is_file():
        with contextlib.suppress(OSError):  # a folder stays, and whoever opens the file says so
            path.unlink()


def read_bytes(path: Path, *, limit: int) -> bytes:
    """The content of the regular file at `path`.

    Raises:
        OSError: it cannot be read, or holds more than `limit` bytes.
    """
    with open_regular(path) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise OSError(errno.EFBIG, f"it is larger than {_size(limit)}", str(path))
    return content


def read_text(path: Path, *, limit: int = MIB, errors: str = "strict") -> str:
    """The UTF-8 text of the regular file at `path`, its line ends as they are.

    Args:
        path: the file.
        limit: bytes that it may hold.
        errors: what becomes of bytes that are no UTF-8, as for `bytes.decode`.

    Raises:
        OSError: it cannot be read, or holds more than `limit` bytes.
        UnicodeDecodeError: it is no UTF-8.
    """
    return read_bytes(path, limit=limit).decode("utf-8", errors).replace("\r\n", "\n")


def read_end(path: Path, count: int) -> bytes:
    """The last `count` bytes of the regular file at `path`.

    Raises:
        OSError: it cannot be read.
    """
    with open_regular(path) as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - count))
        return file.read(count)


def printable_name(path: Path | str) -> str:
    """A file's name, or its path, as text that can be written anywhere: bytes that are no UTF-8 as "\\xe9"."""
    return os.fsencode(path).decode("utf-8", "backslashreplace") if _is_odd(str(path)) else str(path)


def _is_odd(name: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in name)


def _size(count: int) -> str:
    return f"{count // MIB} MiB" if count >= MIB else f"{count // KIB} KiB"


__all__ = [
    "KIB", "MIB", "append_regular", "open_regular", "printable_name", "read_bytes", "read_end", "read_text",
    "remove_unless_regular",
]  # fmt: skip
