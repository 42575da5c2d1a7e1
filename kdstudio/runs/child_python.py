"""How this program starts another Python: with no code from the folder that it happens to be started in."""

import os
import sys

PATH_OPTION = "-P"
"""Keeps Python from putting the working folder on `sys.path`: a json.py or torch.py that lies there is never run."""


def python(*arguments: str) -> list[str]:
    """The command that starts this very Python with `arguments`."""
    return [sys.executable, PATH_OPTION, *arguments]


def environment() -> dict[str, str]:
    """The environment of such a process: the same holds for every Python that it starts itself."""
    return {**os.environ, "PYTHONSAFEPATH": "1"}


__all__ = ["environment", "python"]
