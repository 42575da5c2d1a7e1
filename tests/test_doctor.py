"""What is installed, what is missing, and how to get it."""

import sys

import pytest

from kdstudio import doctor
from kdstudio.doctor import PACKAGES, findings
from kdstudio.runs.home import Home


def test_that_versions_devices_memory_home_and_window_are_looked_at(home: Home) -> None:
    found = {finding.what: finding for finding in findings(home)}
    assert {"KD Studio", *PACKAGES, "devices", "memory", "data folder", "window"} == set(found)
    assert found["torch"].fine
    assert found["torch"].detail
    assert "cpu" in found["devices"].detail
    assert str(home.root) in found["data folder"].detail
    assert all(finding.remedy for finding in found.values() if not finding.fine)


@pytest.mark.parametrize(
    ("name", "fine", "remedy"), [("no-such-package", False, "pip install no-such-package"), ("numpy", True, "")]
)
def test_that_a_missing_package_comes_with_its_command(name: str, fine: bool, remedy: str) -> None:
    found = doctor._package(name)
    assert (found.fine, found.remedy) == (fine, remedy)


def test_that_a_window_that_cannot_start_is_a_finding_and_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "no-such-platform")
    found = doctor._window()
    assert not found.fine
    assert found.detail
    assert found.remedy or sys.platform != "linux"
