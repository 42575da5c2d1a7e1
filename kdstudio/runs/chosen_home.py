"""The home that a person chose in the window: remembered for every later start, in a small file of the platform's config folder.

It is the one thing that cannot lie in the home. `--home` and `KDSTUDIO_HOME` go before it, the platform's data folder after.
"""

import os
from pathlib import Path

from kdstudio.runs.files import read_json, write_json
from kdstudio.spec.errors import KnownFailure


def choice_file() -> Path:
    """Where the choice is remembered: beside the usual home where the platform keeps settings and data in one folder, so that
    it does not go with a home that is thrown away."""
    from platformdirs import user_config_path

    folder = user_config_path("kdstudio", appauthor=False)
    return folder.with_name("kdstudio-home.json") if folder == platform_home() else folder / "home.json"


def platform_home() -> Path:
    """The home of somebody who never chose one: the platform's data folder."""
    from platformdirs import user_data_path

    return user_data_path("kdstudio", appauthor=False)


def chosen_home() -> Path | None:
    """The home that was chosen; None where none was, or what says so is damaged."""
    said = (read_json(choice_file()) or {}).get("home")
    return Path(said) if isinstance(said, str) and Path(said).is_absolute() else None


def usual_home() -> Path:
    """The home where neither --home nor KDSTUDIO_HOME names one."""
    return chosen_home() or platform_home()


def choose_home(root: Path) -> None:
    """Remember `root`, which is made where it is missing, as the home of every start that names none.

    Raises:
        KnownFailure: nothing can be written there, or the choice cannot be kept; the old one stands.
    """
    _try_out(root)
    file = choice_file()
    try:
        if root == platform_home():
            file.unlink(missing_ok=True)
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_json(file, {"home": str(root)})
    except OSError as error:
        raise KnownFailure("choice-not-kept", path=str(file), why=error.strerror or str(error)) from None


def _try_out(root: Path) -> None:
    import tempfile  # 5 ms, and every start reads the choice

    try:
        root.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".kdstudio-", dir=root)
        os.close(handle)
        Path(name).unlink()
    except OSError as error:
        raise KnownFailure("home-unusable", path=str(root), why=error.strerror or str(error)) from None
