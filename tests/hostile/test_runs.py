"""A home whose runs are hostile: each is still a row, the others are as they were, and no command hangs or breaks."""

import json
import os
import sqlite3
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import Qt
from PySide6.QtWidgets import QAbstractItemView, QWidget
from pytestqt.qtbot import QtBot

from kdstudio.gui.main_window import MainWindow
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.library import Library
from tests.fakes import EXPERIMENT, a_run, a_tested_run
from tests.hostile.commands import kdstudio
from tests.hostile.files import MARKUP

# What `show` and `log` do not read.
UNREAD = {f"pipe for {name}" for name in ("about.yaml", "heartbeat", "fold.bin", "artefacts/test_outputs.npz",
                                          "artefacts/test_images.npz", "experiment.yaml")} | {
    "endless experiment.yaml", "endless about.yaml", "no number as name", "half a character as name", "markup",
}  # fmt: skip
STALL = 3.0  # seconds for which a window on a busy computer may not answer


def test_that_runs_lists_every_hostile_run_and_the_sound_one(home: Home, runs: dict[str, RunFolder]) -> None:
    said = kdstudio("runs", "--home", home.root)

    assert said.code == 0
    assert len(said.out.splitlines()) == 1 + len(runs)
    (sound,) = (line for line in said.out.splitlines() if line.startswith(runs["sound"].id))
    assert "completed" in sound and "[" not in sound
    rows = json.loads(kdstudio("runs", "--json", "--home", home.root).out)
    assert {row["id"] for row in rows} >= {run.id for name, run in runs.items() if name != "odd name"}


def test_that_what_is_damaged_is_said_beside_the_run(home: Home, runs: dict[str, RunFolder]) -> None:
    rows = {row.id: row for row in Library(home).rows()}

    for name, said in (
        ("pipe for experiment.yaml", "experiment.yaml is damaged"), ("pipe for status.json", "status.json is damaged"),
        ("pipe for summary.json", "summary.json is damaged"), ("endless summary.json", "summary.json is damaged"),
        ("number of 5000 digits", ""), ("sound", ""),
    ):  # fmt: skip
        assert rows[runs[name].id].problem == said, name


def test_that_no_hostile_run_holds_a_reader_for_long(runs: dict[str, RunFolder]) -> None:
    for name, run in runs.items():
        began = time.monotonic()
        run.status(), run.summary(), run.about(), run.current(), run.fold()
        assert time.monotonic() - began < 2.0, name


def test_that_no_hostile_run_breaks_or_holds_a_command(home: Home, runs: dict[str, RunFolder]) -> None:
    logs = (
        "sound",
        "pipe for log.txt",
        "endless log.txt",
        "pipe for status.json",
        "escapes for a terminal",
        "odd name",
    )
    for name, run in runs.items():
        if name.startswith(("outputs", "artefact", "many", "events")) or name in UNREAD:
            continue
        for command in ("show", "log") if name in logs else ("show",):
            said = kdstudio(command, os.fsencode(run.path).decode("utf-8", "surrogateescape"), "--home", home.root)
            assert said.code == 0 or said.err, name


def test_that_a_title_and_a_log_cannot_give_orders_to_a_terminal(home: Home, runs: dict[str, RunFolder]) -> None:
    run = runs["escapes for a terminal"]

    assert "\\x1b[2J\\x1b]0;owned\\x07\\u009b31m\\u202e" in kdstudio("show", run.id, "--home", home.root).out
    assert (
        kdstudio("log", run.id, "--home", home.root).out == "before\n\\x1b[2J\\x1b]0;owned\\x07\\u009b31m\\u202eafter\n"
    )


ROWS = {
    "no JSON": "'nonsense'",
    "another state": """json_set(row, '$.state', 'dancing')""",
    "a text for a number": """json_set(row, '$.accuracy', 'high')""",
    "a huge number": """replace(row, '"attempt": 1', '"attempt": 1%s')""" % ("0" * 40),
    "an endless number": """replace(row, '"seeds": 3', '"seeds": 3, "seconds": 1e999')""",
    "bytes that are no UTF-8": "CAST(x'ff00fe' AS TEXT)",
    "nothing": "NULL",
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_that_one_damaged_row_of_the_index_is_read_again_from_its_folder(home: Home, row: str) -> None:
    first, second = a_tested_run(home), a_tested_run(home)
    good = Library(home).rows()
    index = sqlite3.connect(home.index)
    with index:
        index.execute(f"UPDATE runs SET row = {row} WHERE name = ?", (first.path.name,))
    index.close()

    assert Library(home).rows() == good
    assert {one.id for one in good} == {first.id, second.id}


@pytest.mark.parametrize("name", ["circle", "~nosuchperson/home", "a" * 5000], ids=["circle", "nobody", "long"])
def test_that_a_home_that_is_none_is_refused_in_words(here: Path, name: str) -> None:
    (here / "circle").symlink_to(here / "circle")

    said = kdstudio("runs", "--home", name if name.startswith("~") else here / name)

    assert said.code == 1
    assert "The data folder cannot be used" in said.err


@pytest.mark.parametrize("name", ["~nosuchperson", "a" * 5000, "..", "*"], ids=["nobody", "long", "up", "star"])
def test_that_a_run_that_is_none_is_refused_in_words(home: Home, name: str) -> None:
    said = kdstudio("show", name, "--home", home.root)

    assert said.code == 1
    assert "There is no such run" in said.err


def test_that_the_library_counts_forty_seeds(home: Home) -> None:
    many = a_run(home, text=EXPERIMENT.replace("[0, 1, 2]", str(list(range(40)))))
    block = a_run(home, text=EXPERIMENT)
    listed = "".join(f"- {number}\n" for number in range(7))
    block.experiment_file.write_text(f"kind: classification\nseeds:\n{listed}title: x\n")

    assert {row.id: row.seeds for row in Library(home).rows()} == {many.id: 40, block.id: 7}


class Stalls:
    """How long the window's thread did not answer, at its worst; counted by a timer of its own."""

    def __init__(self, window: QWidget) -> None:
        self.worst, self._last = 0.0, time.monotonic()
        self._timer = QTimer(window)
        self._timer.timeout.connect(self._tick)
        self._timer.start(20)

    def _tick(self) -> None:
        now = time.monotonic()
        self.worst, self._last = max(self.worst, now - self._last), now


@pytest.mark.may_log("cannot be read", "following run")
def test_that_the_window_opens_every_hostile_run_and_stays_quick(
    qtbot: QtBot, home: Home, runs: dict[str, RunFolder], window: MainWindow
) -> None:
    page, stalls = window.run_page, Stalls(window)
    window.show_page("runs")
    qtbot.waitUntil(lambda: window.lobby.feed.known)
    assert len(window.lobby.feed.rows) == len(runs)
    for name, run in runs.items():
        stalls.worst = 0.0
        window.open_run(run)
        qtbot.waitUntil(lambda: not window.controller.active)
        for number in range(4):
            page.tabs.group.button(number).click()
            qtbot.wait(5)
        qtbot.waitUntil(lambda: not page.results._readings)
        page._refresh()
        assert stalls.worst < STALL, f"{name}: {stalls.worst:.1f} s"
        told = page.results.outcome is not None
        assert told or name not in ("sound", "many samples", "number of 5000 digits"), name
        assert not (told and name.startswith("outputs")), name


@pytest.mark.may_log("cannot be read")
def test_that_a_tooltip_shows_markup_as_it_is_written(
    qtbot: QtBot, home: Home, runs: dict[str, RunFolder], window: MainWindow
) -> None:
    window.show_page("runs")
    qtbot.waitUntil(lambda: window.lobby.feed.known)
    window.open_run(runs["markup"])
    qtbot.waitUntil(lambda: not window.controller.active)
    window.run_page.tabs.group.button(1).click()
    qtbot.waitUntil(lambda: window.run_page.results.outcome is not None)
    window.resize(1024, 640)  # so that titles are cut off
    window.show_page("home")
    qtbot.wait(50)

    tips = [tip for widget in window.findChildren(QWidget) for tip in tips_of(widget)]

    assert [tip for tip in tips if MARKUP in tip] == []
    assert any("&lt;img" in tip for tip in tips), "no tooltip shows the title"


def tips_of(widget: QWidget) -> list[str]:
    """The tooltips of a widget and of all that it lists."""
    said = [widget.toolTip(), *(action.toolTip() for action in widget.actions())]
    if isinstance(widget, QAbstractItemView) and (model := widget.model()) is not None:
        said += [
            str(model.index(row, column).data(Qt.ItemDataRole.ToolTipRole) or "")
            for row in range(model.rowCount()) for column in range(model.columnCount())
        ]  # fmt: skip
    return said
