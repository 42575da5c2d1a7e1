"""The `kdstudio` command, and `python -m kdstudio`. The window alone is opened from here: what reads a command line takes
a tenth of a second to import, and a window is there sooner without it."""

import gc
import sys
from pathlib import Path
from typing import NoReturn

from kdstudio.told import told


def main() -> NoReturn:
    """Open the window, or leave the arguments to the command line."""
    alone, home = asks_for_window_alone(sys.argv[1:])
    if alone:
        # Nothing is thrown away before the first paint; the window collects by itself from then on (gui/app.py).
        gc.disable()
        from kdstudio.opening import open_window

        with told():
            open_window(home)
    from kdstudio.cli import main as command_line

    command_line()


def asks_for_window_alone(arguments: list[str]) -> tuple[bool, Path | None]:
    """Whether `arguments` name no command, and the home that they may name."""
    match arguments:
        case []:
            return True, None
        case ["--home", home] if not home.startswith("-"):
            return True, Path(home)
        case [one] if one.startswith("--home=") and len(one) > len("--home="):
            return True, Path(one.removeprefix("--home="))
    return False, None


if __name__ == "__main__":
    main()
