"""The walls: which room may import which, what a front end may load, and what no module may be called.

The table of arrows is in pyproject.toml; a rule that no test checks is not a rule.
"""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "kdstudio"
MODULES = sorted(PACKAGE.rglob("*.py"))
NAMES = sorted(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in MODULES)
HEAVY = ("torch", "sklearn", "scipy", "transformers", "datasets", "matplotlib", "pandas")
QT = ("PySide6", "shiboken6", "pyqtgraph", "superqt", "qtpy", "qtawesome", "app_model", "PySide6Qlementine")


def python(*arguments: str, **environment: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, cwd=ROOT,
        env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded_after(*names: str) -> set[str]:
    """The top-level packages that are loaded when `names` have been imported in this order."""
    lines = [
        *[f"import {name}" for name in names],
        "import sys",
        "print(*{n.partition('.')[0] for n in sys.modules})",
    ]
    return set(python("-c", "\n".join(lines)).split())


def test_that_the_arrows_between_rooms_point_one_way() -> None:
    said = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip

    assert said.returncode == 0, said.stdout + said.stderr
    assert " 0 broken" in said.stdout


def test_that_no_room_of_the_window_loads_torch() -> None:
    names = [name for name in NAMES if name.startswith("kdstudio.gui")]
    loaded = loaded_after("kdstudio.gui.app", *names)

    assert "PySide6" in loaded
    assert loaded & set(HEAVY) == set()


def test_that_no_room_that_trains_loads_qt() -> None:
    rooms = ("kdstudio.data", "kdstudio.models", "kdstudio.methods", "kdstudio.engine")
    names = [name for name in NAMES if name.startswith(rooms)]
    loaded = loaded_after("kdstudio.engine.session", *names)

    assert "torch" in loaded
    assert loaded & set(QT) == set()


def test_that_spec_and_runs_load_neither_torch_nor_qt() -> None:
    names = [name for name in NAMES if name.startswith(("kdstudio.spec", "kdstudio.runs", "kdstudio.results"))]

    assert loaded_after(*names) & {*HEAVY, *QT} == set()


def test_that_the_window_may_be_imported_first_of_all() -> None:
    """pydantic before Qt, Qt before app_model: another order ends in a circle in shiboken's import hook."""
    assert "kdstudio" in loaded_after("kdstudio.gui.app")


LIGHT = [["--help"], ["schema"], ["runs", "--json"], ["run", "--help"], ["check", "--help"]]


@pytest.mark.parametrize("arguments", LIGHT, ids=" ".join)
def test_that_commands_which_only_look_load_neither_torch_nor_qt(arguments: list[str], tmp_path: Path) -> None:
    script = (
        "import sys\nsys.argv = ['kdstudio', *sys.argv[1:]]\nfrom kdstudio.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    code = end.code\n"
        "print('LOADED', code, *{n.partition('.')[0] for n in sys.modules})"
    )

    last = python("-c", script, *arguments, KDSTUDIO_HOME=str(tmp_path)).splitlines()[-1].split()

    assert last[:2] == ["LOADED", "0"]
    assert set(last) & {*HEAVY, *QT} == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_that_a_module_says_what_it_is_for_and_imports_by_full_name(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    relative = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level]

    assert (ast.get_docstring(tree) or "").strip(), "it has no docstring"
    assert not relative, f"relative imports in lines {relative}"


def test_that_no_room_is_a_junk_room() -> None:
    junk = {"utils", "util", "common", "helpers", "helper", "misc", "tools", "shared"}

    assert [name for name in NAMES if junk & set(name.split("."))] == []


def test_that_the_wheel_names_every_package() -> None:
    """setuptools is told the packages one by one, because `resources` lies elsewhere in a checkout."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    packages = {".".join(path.parent.relative_to(ROOT).parts) for path in PACKAGE.rglob("__init__.py")}
    with_modules = {".".join(path.parent.relative_to(ROOT).parts) for path in MODULES}
    resources = {
        ".".join(("kdstudio", *path.parent.relative_to(ROOT).parts))
        for path in _shipped()
        if path.is_file()
    }

    assert with_modules == packages, "a folder with modules lacks its __init__.py"
    assert set(settings["packages"]) >= packages | resources
    ours = {name for name in settings["packages"] if not name.startswith("kdstudio.resources")}
    assert ours == packages


def test_that_every_dependency_is_imported_by_the_program() -> None:
    """What nothing imports is only downloaded, and may do things of its own: qtpy writes QT_API into the environment."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {_plain(re.split(r"[\s<>=!~;\[]", line)[0]) for line in project["dependencies"]}
    givers = packages_distributions()
    imported = {name.partition(".")[0] for path in MODULES for name in _imported(ast.parse(path.read_text(encoding="utf-8")))}
    used = {_plain(giver) for module in imported for giver in givers.get(module, ())}

    assert wanted - used == set()


def base_install() -> set[str]:
    """What `pip install .` brings, with what that needs in turn, as far as it is installed here."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found, waiting = set[str](), list(project["dependencies"])
    while waiting:
        wanted = Requirement(waiting.pop())
        if _plain(wanted.name) not in found and (wanted.marker is None or wanted.marker.evaluate({"extra": ""})):
            found.add(_plain(wanted.name))
            waiting += _needs(wanted.name)
    return found


def _needs(distribution: str) -> list[str]:
    try:
        return requires(distribution) or []
    except PackageNotFoundError:
        return []


def test_that_nothing_in_the_base_install_brings_torchvision() -> None:
    """PyPI's must match torch exactly, and does not load beside a CPU build of torch."""
    brought = base_install()

    assert {"torch", "sympy", "pydantic-core", "shiboken6"} <= brought, "the walk goes down"
    assert "torchvision" not in brought


def test_that_what_trains_is_imported_where_there_is_no_torchvision() -> None:
    rooms = ("kdstudio.data", "kdstudio.models", "kdstudio.methods", "kdstudio.engine")
    lines = ["import sys", "sys.modules['torchvision'] = None  # to import it is an ImportError"]
    lines += [f"import {name}" for name in NAMES if name.startswith(rooms)]

    assert python("-c", "\n".join([*lines, "print('torch' in sys.modules)"])) == "True\n"


# What carries a place in a list that people look at: it stays far below 2^31, where a C int ends.
SMALL_NUMBERS = {("pickers.py", "picked"), ("matrix.py", "chosen"), ("classes_table.py", "picked")}


def signals() -> Iterator[tuple[Path, str, list[str]]]:
    """Every signal of the window: where it is, its name, the types that it carries, also in overloads."""
    for path in sorted((PACKAGE / "gui").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Assign | ast.AnnAssign) or not isinstance(node.value, ast.Call):
                continue
            called = ast.unparse(node.value.func)
            if called.rpartition(".")[2] == "Signal":
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                types = [ast.unparse(each).strip("'\"") for each in node.value.args]
                yield path, ast.unparse(target), [part for each in types for part in re.findall(r"[\w.|]+", each)]


def test_that_no_signal_carries_what_qt_would_change_on_the_way() -> None:
    """A dict with an int for a key arrives as {}, a list as a copy, and an int from 2^31 on overflows in the receiver."""
    found = list(signals())
    changed = [f"{path.name}: {name}" for path, name, types in found if {"dict", "list", "set", "tuple"} & set(types)]
    numbers = {(path.name, name) for path, name, types in found if "int" in types}

    assert len(found) > 50, "the walk finds them"
    assert changed == []
    assert numbers == SMALL_NUMBERS


def test_that_areas_are_filled_between_plot_curve_items_alone() -> None:
    """Between PlotDataItems without a pen pyqtgraph's FillBetweenItem draws nothing. Only the canvas makes either."""
    made: dict[str, set[str]] = {}
    for path in (PACKAGE / "gui").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
            if name in ("FillBetweenItem", "PlotCurveItem", "PlotDataItem", "PlotItem"):
                made.setdefault(name, set()).add(path.name)

    assert made == {"FillBetweenItem": {"canvas.py"}, "PlotCurveItem": {"canvas.py"}}


def _plain(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _imported(tree: ast.AST) -> set[str]:
    nodes = list(ast.walk(tree))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}


def test_that_every_shipped_file_is_in_the_wheels_data() -> None:
    data = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["package-data"]
    for path in _shipped():
        if path.is_file():
            package = ".".join(("kdstudio", *path.parent.relative_to(ROOT).parts))
            assert any(path.match(pattern) for pattern in data.get(package, ())), f"{path} is in no package-data"


def test_that_nothing_names_this_machine_or_a_registry() -> None:
    """Scripts and settings are for every computer."""
    for path in (*ROOT.glob("packaging/**/*"), *ROOT.glob(".ci/*"), ROOT / "pyproject.toml"):
        if path.is_file() and path.suffix not in (".png", ".ico", ".icns"):
            text = path.read_text(encoding="utf-8")
            for word in (
                "http://",
                "https://",
                "index-url",
                "find-links",
                "/work/",
                "/root/",
                "/home/",
                "file://",
            ):
                assert word not in text, f"{path.relative_to(ROOT)} names {word}"


def _shipped() -> list[Path]:
    """Everything below resources but the README's pictures, which no wheel carries."""
    return [path for path in (ROOT / "resources").rglob("*") if "screenshots" not in path.parts]
