"""`kdstudio run` and `resume` as real processes: what they print where, and how they exit."""

from pathlib import Path

import pytest

from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.state import State
from kdstudio.spec import loads
from tests.e2e.processes import EXPERIMENT, cli

SHORT = [
    argument
    for change in (
        "seeds=[0]", "training.steps=20", "training.evaluate_every.steps=10", "teacher_training.steps=10",
        "teacher_training.evaluate_every.steps=10",
    )
    for argument in ("--set", change)
]  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    # A folder whose name is long enough for anything that wraps lines to wrap it.
    folder = tmp_path / ("experiments with a rather long name " * 3).strip()
    folder.mkdir()
    path = folder / "digits.yaml"
    path.write_text(EXPERIMENT)
    return path


def test_that_run_prints_the_folder_alone_and_resume_of_it_the_same_again(file: Path) -> None:
    home = file.parent / "home"
    ran = cli("run", file, "--home", home, *SHORT)
    assert ran.returncode == 0, ran.stderr
    folder = Path(ran.stdout.splitlines()[-1])
    assert ran.stdout == f"{folder}\n"
    assert folder.is_absolute()
    assert len(str(folder)) > 160
    assert RunFolder(folder).status().state is State.COMPLETED
    assert "Student, seed 0" in ran.stderr
    assert RunFolder(folder).summary()["headline"] in ran.stderr
    assert "\x1b" not in ran.stderr, "nobody watches: no colours, no live bar"

    written = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.name != "run.lock"}
    again = cli("resume", folder.name.rsplit("_", 1)[-1], "--home", home)
    assert again.returncode == 0
    assert again.stdout == ran.stdout
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.name != "run.lock"} == written


def test_that_a_failed_run_exits_with_1_and_names_folder_cause_and_field(file: Path, home: Home) -> None:
    missing = file.parent / "not-there"
    ran = cli("run", file, "--home", home.root, "--set", f"dataset={{kind: idx, path: {missing}}}")
    assert ran.returncode == 1
    folder = RunFolder(Path(ran.stdout.splitlines()[-1]))
    assert folder.status().state is State.FAILED
    assert folder.status().code == "file-missing"
    assert f"{missing} is not there" in ran.stderr
    assert "dataset.path" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_that_run_carries_out_what_stands_on_its_standard_input(home: Home) -> None:
    ran = cli("run", "-", "--home", home.root, *SHORT, given=EXPERIMENT)
    assert ran.returncode == 0, ran.stderr
    folder = RunFolder(Path(ran.stdout.splitlines()[-1]))
    assert folder.status().state is State.COMPLETED
    made, told = folder.experiment(), loads(EXPERIMENT)
    assert (made.title, made.student, made.method) == (told.title, told.student, told.method)
    assert made.training.steps == 20
