"""Where the files that come with the program are, installed or in a checkout."""

from pathlib import Path

import kdstudio


def resource(*parts: str) -> Path:
    """The path of a shipped file or folder, for example `resource("experiments", "digits.yaml")`.

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    package = Path(kdstudio.__file__).resolve().parent
    for root in (package / "resources", package.parent / "resources"):
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise FileNotFoundError(f"{'/'.join(parts)} is missing from this installation; install KD Studio again")
