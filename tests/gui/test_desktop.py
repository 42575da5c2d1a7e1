"""On a desktop that answers: a run's end is notified, and the desktop's choice of light and dark is followed live.

The real protocols on a bus of their own, and Qt's own platform theme: see `on_a_desktop.py`.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
TOOLS = ("Xvfb", "xvfb-run", "dbus-run-session")
pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, TOOLS)), reason=f"needs {', '.join(TOOLS)}: packages xvfb and dbus"
)


@pytest.fixture(scope="module")
def said() -> dict[str, Any]:
    """What desktop and window made of each other."""
    program = [sys.executable, str(Path(__file__).with_name("on_a_desktop.py"))]
    environment = {**os.environ, "QT_QPA_PLATFORM": "xcb", "XDG_CURRENT_DESKTOP": "GNOME", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["dbus-run-session", "--", "xvfb-run", "-a", *program],
        env=environment,
        capture_output=True,
        text=True,
        timeout=90,
    )
    if "Could not load the Qt platform plugin" in done.stderr:
        pytest.skip("Qt's libraries for X11 are not there")
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_that_the_window_and_its_plots_follow_the_desktops_choice_live(said: dict[str, Any], scheme: str) -> None:
    assert [said[scheme], said[f"{scheme} ground"], said[f"{scheme} plot"]] == [True, True, True]


def test_that_a_choice_of_ones_own_stands_against_the_desktops(said: dict[str, Any]) -> None:
    assert said["heard"]
    assert said["own choice"] == "light"


def test_that_the_desktop_shows_a_notification_and_a_sign_in_its_tray(said: dict[str, Any]) -> None:
    assert (said["tray"], said["said"], said["signs"]) == (True, True, 1)
    assert said["notified"] == [["Completed: Digits", "The teacher's help is worth +7.7 points."]]
