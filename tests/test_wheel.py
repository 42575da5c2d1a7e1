"""The wheel holds what the program needs, and finds it there as it does in a checkout."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the wheel installs."""
    pytest.importorskip("setuptools")
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    for name in ("kdstudio", "resources"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (ROOT / "pyproject.toml", ROOT / "LICENSE", *ROOT.glob("README.md")):
        shutil.copy(path, source)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run(
        [*command, "-w", str(built), str(source)], capture_output=True, text=True, check=False, cwd=source
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = built.glob("kdstudio-*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(built / "site")
    return built / "site"


def files_in(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_that_the_wheel_has_every_module_and_every_resource(installed: Path) -> None:
    inside = files_in(installed / "kdstudio")

    assert inside == files_in(ROOT / "kdstudio") | {
        f"resources/{name}" for name in files_in(ROOT / "resources") if not name.startswith("screenshots")
    }


def test_that_the_wheel_has_the_command_and_the_licence(installed: Path) -> None:
    (info,) = installed.glob("kdstudio-*.dist-info")

    assert "kdstudio = kdstudio.__main__:main" in (info / "entry_points.txt").read_text()
    assert (info / "licenses" / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()


@pytest.mark.parametrize("where", ["wheel", "checkout"])
def test_that_resources_are_found_in_wheel_and_checkout(installed: Path, where: str, tmp_path: Path) -> None:
    base = installed if where == "wheel" else ROOT
    script = "from kdstudio.runs.resources import resource; print(resource('experiments'))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(base)},
    )  # fmt: skip

    expected = installed / "kdstudio" / "resources" if where == "wheel" else ROOT / "resources"
    assert done.stdout.strip() == str(expected / "experiments")
