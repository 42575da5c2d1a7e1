"""Processes that the program starts take no code from the folder that it was started in."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kdstudio.doctor import findings
from kdstudio.runs.child_python import environment, python
from kdstudio.runs.desk import Desk
from kdstudio.runs.home import Home
from kdstudio.runs.launch import launch, new_run
from kdstudio.spec import loads
from tests.engine.lab import EXPERIMENT
from tests.fakes import until

NAMES = ("json", "torch", "kdstudio", "PySide6", "numpy", "sitecustomize")
CAUGHT = "ran"


@pytest.fixture
def trap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working folder full of modules that leave a trace when anybody runs them; the file that they would write."""
    folder, trace = tmp_path / "downloads", tmp_path / CAUGHT
    folder.mkdir()
    for name in NAMES:
        (folder / f"{name}.py").write_text(f"open({str(trace)!r}, 'a').write({name!r})\nraise SystemExit(7)\n")
    monkeypatch.chdir(folder)
    yield trace
    assert not trace.exists(), trace.read_text()


def test_that_a_training_runs_nothing_that_lies_in_the_working_folder(home: Home, trap: Path) -> None:
    folder = new_run(loads(EXPERIMENT, changes=["training.steps=2", "teacher_training.steps=2", "seeds=[0]"]), home)
    assert launch(folder, home).wait(timeout=120) == 0, folder.log_file.read_text()


def test_that_the_desk_runs_nothing_that_lies_in_the_working_folder(home: Home, trap: Path) -> None:
    desk = Desk(home)
    try:
        number, came = desk.ask("devices"), []
        until(lambda: came.extend(desk.answers()) or any(answer.over for answer in came))
        assert [(answer.id, answer.part, answer.failed) for answer in came] == [
            (number, "devices", None),
            (number, None, None),
        ]
    finally:
        desk.close()


def test_that_doctor_runs_nothing_that_lies_in_the_working_folder(home: Home, trap: Path) -> None:
    assert {finding.what: finding for finding in findings(home)}["window"].fine


def test_that_what_a_child_starts_runs_nothing_from_there_either(trap: Path) -> None:
    script = f"import subprocess, sys; sys.exit(subprocess.call([{sys.executable!r}, '-c', 'import json']))"
    assert subprocess.run(python("-c", script), env=environment(), check=False, timeout=60).returncode == 0
