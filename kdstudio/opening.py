"""Opening the window, or saying why it cannot be opened."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from kdstudio.told import fail

if TYPE_CHECKING:
    from kdstudio.runs.folder import RunFolder
    from kdstudio.runs.home import Home
    from kdstudio.spec.errors import KnownFailure


def has_display() -> bool:
    """Whether a window could be shown: on Linux DISPLAY or WAYLAND_DISPLAY (or a Qt platform of one's choice) is set."""
    named = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return sys.platform in ("win32", "darwin") or any(os.environ.get(name) for name in named)


def open_window(explicit: Path | None, *, experiment: Path | None = None, start: bool = False) -> NoReturn:
    """Show the window until it is closed, then end with its exit code. The folder of a run that it starts is printed.

    Args:
        explicit: the home that was named, None for the usual one.
    """
    home, trouble = _home(explicit)
    if not has_display():
        fail(
            "There is no display (neither DISPLAY nor WAYLAND_DISPLAY is set). `kdstudio demo --headless` runs without one."
        )
    try:
        from kdstudio.gui.app import run_window
    except ImportError as error:
        fail(f"The window cannot be opened: {error}. `kdstudio doctor` says what is missing.")
    raise SystemExit(run_window(home, experiment=experiment, start=start, on_started=_print_folder, trouble=trouble))


def _home(explicit: Path | None) -> "tuple[Home, KnownFailure | None]":
    """The home; where the one that was chosen in the window cannot be used, the platform's, and what the window has to say."""
    from kdstudio.runs.home import Home
    from kdstudio.spec.errors import KnownFailure

    try:
        return Home.locate(explicit), None
    except KnownFailure as failure:
        if explicit or os.environ.get("KDSTUDIO_HOME"):
            raise
        return Home.locate(chosen=False), failure


def _print_folder(folder: "RunFolder") -> None:
    print(folder.path.absolute(), flush=True)
