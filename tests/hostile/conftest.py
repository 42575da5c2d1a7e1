"""What these tests share with the window's: a window, and a home full of hostile runs."""

from pathlib import Path

import pytest

from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from tests.gui.conftest import desks, light, open_window, player, qtbot, real_desk, window  # noqa: F401
from tests.hostile.files import hostile_runs


@pytest.fixture
def runs(home: Home) -> dict[str, RunFolder]:
    """A home full of hostile runs, by what is wrong with them; "sound" is not hostile."""
    return hostile_runs(home)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A place for files."""
    return tmp_path
