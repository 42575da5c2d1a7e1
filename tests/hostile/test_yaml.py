"""YAML that stands for more than it says: refused at its line by command line and window, before it costs time or memory."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.presets import presets
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.settings import Settings, read_settings
from kdstudio.spec import SpecError, load, loads
from kdstudio.spec.plain_yaml import MOST_BYTES
from tests.hostile.commands import PATIENCE, kdstudio
from tests.hostile.files import laughs

BOMB = laughs().rpartition("\n")[0]
FIELDS = (
    "title", "seeds", "dataset", "teacher", "student", "method", "training", "compute", "unknown", "training: {steps", "<<",
)  # fmt: skip
LONG = "9" * 5000
WHOLE = (
    "title",
    "seeds",
    "training: {steps",
    "training: {epochs",
    "compute: {threads",
    "format",
    "dataset: {kind: digits, seed",
)
TEXTS: dict[str, tuple[str, str]] = {
    **{f"bomb in {field}": (f"{BOMB}\n{field}: *a12{'}' * field.count('{')}", "stand for more than 10,000 values")
       for field in FIELDS},
    **{f"hexadecimal {field}": (f"kind: classification\n{field}: 0x{LONG}{'}' * field.count('{')}", "a number of 5,002")
       for field in WHOLE},
    "5,000 digits": (f"kind: classification\nformat: {LONG}", "a number of 5,000 characters"),
    "60 levels": (f"kind: classification\ntitle: {'[' * 60}{']' * 60}", "nested more than 50 levels deep"),
    "60 levels of aliases": (
        "kind: classification\nb0: &b0 [x]\n" + "\n".join(f"b{n}: &b{n} [*b{n - 1}]" for n in range(1, 60)),
        "nested more than 50 levels deep",
    ),
    "an alias in itself": ("kind: classification\ntitle: &a [[*a]]", "an alias may not contain itself"),
    "20,000 seeds": (f"kind: classification\nseeds: [{', '.join(map(str, range(20_000)))}]", "more than 10,000 values"),
    "a text that is too long": (f"kind: classification\ntitle: {'x' * MOST_BYTES}", "larger than"),
    "half a character": ('kind: classification\ntitle: "\\ud800"', "half of a character"),
    "escapes": ("kind: classification\n\"t\\e[2J\\a\": 1\n", "unknown field"),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_that_it_is_refused_at_once_with_its_reason(here: Path, name: str) -> None:
    text, why = TEXTS[name]
    (here / "e.yaml").write_text(text)

    began = time.monotonic()
    with pytest.raises(SpecError) as error:
        load(here / "e.yaml")

    assert time.monotonic() - began < 5
    assert why in str(error.value)
    assert len(str(error.value)) < 2000


def test_that_the_command_line_refuses_it_too(home: Home, here: Path) -> None:
    for name in (
        "bomb in seeds",
        "hexadecimal format",
        "60 levels",
        "a text that is too long",
        "half a character",
        "escapes",
    ):
        text, why = TEXTS[name]
        (here / "e.yaml").write_text(text)
        said = kdstudio("check", here / "e.yaml", "--home", home.root)
        assert said.code == 1
        assert why in said.err, name


def test_that_a_pipe_and_an_endless_file_are_refused(home: Home, here: Path) -> None:
    os.mkfifo(here / "pipe.yaml")
    for path in (here / "pipe.yaml", Path("/dev/zero")):
        said = kdstudio("run", path, "--home", home.root)
        assert said.code == 1
        assert "it is no regular file" in said.err


def test_that_an_endless_standard_input_is_refused(home: Home) -> None:
    with Path("/dev/zero").open("rb") as endless:
        done = subprocess.run(
            [sys.executable, "-m", "kdstudio", "run", "-", "--home", str(home.root)], stdin=endless, capture_output=True,
            text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert "longer than 1,000,000 characters" in done.stderr


def test_that_set_is_held_to_the_same_limits(home: Home, here: Path) -> None:
    (here / "e.yaml").write_text("kind: classification\n")
    for change in (
        f"format=0x{LONG}",
        "title=" + "[" * 5000,
        f"seeds=[{'1, ' * 20_000}]",
        "title=\x1b[2J",
        "title=\udcff",
    ):
        said = kdstudio("check", here / "e.yaml", "--set", change, "--home", home.root)
        assert said.code == 1


def test_that_an_experiment_of_ordinary_size_is_read(here: Path) -> None:
    many = ", ".join(map(str, range(2000)))
    shared = "kind: classification\nteacher_training: &t {steps: 5}\ntraining: {<<: *t, batch_size: 8}\n"

    assert (
        len(loads(f"kind: classification\ndataset: {{kind: digits, hidden_classes: [{many}]}}").dataset.hidden_classes)
        == 2000
    )
    assert loads(shared).training.steps == 5


def test_that_what_a_home_keeps_is_read_within_limits(home: Home) -> None:
    folder = home.root / "presets"
    folder.mkdir()
    (folder / "bomb.yaml").write_text(f"{BOMB}\npreset: x\ncard: training\nvalues: {{a: *a12}}\n")
    (folder / "sound.yaml").write_text("preset: x\ncard: training\nvalues: {steps: 3}\n")
    os.mkfifo(folder / "pipe.yaml")
    os.mkfifo(home.root / "settings.json")

    began = time.monotonic()
    assert [one.path.name for one in presets(home, "training")] == ["sound.yaml"]
    assert read_settings(home) == Settings()
    assert time.monotonic() - began < 5


def test_that_the_window_opens_none_of_it_and_says_why(
    qtbot: QtBot, home: Home, here: Path, window: MainWindow
) -> None:
    os.mkfifo(here / "pipe.yaml")
    files = [here / "pipe.yaml"]
    for number, name in enumerate(
        ("bomb in title", "hexadecimal seeds", "60 levels", "20,000 seeds", "half a character")
    ):
        files.append(here / f"{number}.yaml")
        files[-1].write_text(TEXTS[name][0])
    for file in files:
        began = time.monotonic()
        assert not window.open_file(file)
        qtbot.wait(20)
        assert time.monotonic() - began < 5, file.name


def test_that_a_draft_that_is_a_pipe_or_a_bomb_holds_no_window(qtbot: QtBot, home: Home, open_window: "object") -> None:
    (home.root / "draft.yaml").write_text(laughs())
    began = time.monotonic()
    window: MainWindow = open_window()  # type: ignore[operator]
    window.show_page("new")
    qtbot.wait(100)
    assert time.monotonic() - began < 15


def test_that_a_run_whose_experiment_is_a_bomb_is_refused_by_resume(home: Home, runs: dict[str, RunFolder]) -> None:
    said = kdstudio("resume", runs["bomb as experiment"].id, "--home", home.root)

    assert said.code in (0, 1)
