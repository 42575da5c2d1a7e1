"""Every key that the list under F1 has for the inside of a part is pressed, and does what is said; and no part is left out."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from kdstudio.gui import inner_keys
from kdstudio.gui.buttons import Pressable
from kdstudio.gui.inner_keys import INNER_KEYS, InnerKey
from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.pages.run import TESTED
from kdstudio.runs.home import Home
from kdstudio.spec import loads
from tests.fakes import EXPERIMENT, a_told_run
from tests.gui.test_run_page import a_tested_run

GUI = Path(inner_keys.__file__).parent
PARTS = tuple(dict.fromkeys(key.part for key in INNER_KEYS))


class Stage:
    """A window with a tested run, and the means to press keys in a part of it."""

    def __init__(self, qtbot: QtBot, window: MainWindow, home: Home) -> None:
        self.qtbot, self.window, self.home = qtbot, window, home

    def press(self, widget: QWidget, key: str) -> None:
        """Press one key, with the focus in `widget`."""
        widget.setFocus()
        if key == "Shift+Tab":  # keyboards send another key for the two together
            QTest.keyClick(widget, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
        else:
            QTest.keySequence(widget, QKeySequence(key))
        QApplication.processEvents()

    def run_page(self) -> Any:
        self.window.open_run(a_tested_run(self.home))
        self.qtbot.waitUntil(lambda: not self.window.controller.active and self.window.controller.state.events > 0)
        page = self.window.run_page
        page._refresh()
        return page

    def results(self) -> Any:
        page = self.run_page()
        with self.qtbot.waitSignal(page.results.ready):
            page.tabs.group.button(TESTED).click()
        return page.results

    def runs_table(self, count: int = 4) -> Any:
        for _ in range(count):
            a_told_run(self.home)
        self.window.show_page("runs")
        table = self.window.runs_page.table
        there = len(list(self.home.folders()))
        self.qtbot.waitUntil(lambda: table.model().rowCount() == there)
        table.choose(set())
        return table


Checks = dict[str, Callable[[str], None]]


def plot(stage: Stage) -> Checks:
    board = stage.run_page()
    canvas, other = board.accuracy.plot, board.loss.plot
    QApplication.processEvents()

    def seen(one: Any = canvas) -> tuple[float, float]:
        low, high = one.view.viewRange()[0]
        return low, high

    def wide() -> float:
        return seen()[1] - seen()[0]

    def zoom_in(key: str) -> None:
        before = wide()
        stage.press(canvas, key)
        assert wide() < 0.9 * before
        assert seen(other) == pytest.approx(seen())  # all plots go together

    def zoom_out(key: str) -> None:
        before = wide()
        stage.press(canvas, key)
        assert wide() > 1.1 * before

    def move(key: str) -> None:
        stage.press(canvas, "+")
        before, width = seen()[0], wide()
        stage.press(canvas, key)
        assert (seen()[0] > before) is (key == "Right")
        assert wide() == pytest.approx(width)

    def everything(key: str) -> None:
        stage.press(canvas, "+")
        assert canvas.free
        stage.press(canvas, key)
        assert not canvas.free

    return {"zoom in": zoom_in, "zoom out": zoom_out, "move along the axis": move, "show everything": everything}


def name_of_a_curve(stage: Stage) -> Checks:
    page = stage.run_page()

    def toggle(key: str) -> None:
        legend = page.accuracy.legend
        for off in (True, False):
            stage.press(legend.entries["baseline"], key)
            assert ("baseline" in legend.off) is off
            assert ("baseline" not in page.accuracy.summary) is off

    return {"hide the curve, or show it": toggle}


def confusion(stage: Stage) -> Checks:
    results = stage.results()
    at = {"Left": (1, 0), "Right": (1, 2), "Up": (0, 1), "Down": (2, 1)}

    def go(key: str) -> None:
        results.matrix.choose(1, 1)
        stage.press(results.matrix, key)
        words = results.matrix.describe(*at[key])
        assert results.matrix.accessibleDescription() == words
        assert results.cell.text() == words

    return {"go to another cell, and show its images": go}


def table(stage: Stage) -> Checks:
    classes, runs = stage.results().table, stage.runs_table(4)  # and the tested one

    def step(key: str) -> None:
        for view, page in ((classes, "run"), (runs, "runs")):
            stage.window.show_page(page)
            view.setCurrentIndex(view.model().index(1, 0))
            stage.press(view, key)
            assert view.currentIndex().row() == {"Up": 0, "Down": 2}[key]

    def page(key: str) -> None:
        stage.window.show_page("runs")
        runs.setCurrentIndex(runs.model().index(2, 0))
        stage.press(runs, key)
        assert runs.currentIndex().row() == {"PgUp": 0, "PgDown": 4}[key]

    return {"go to another row": step, "go to another page of rows": page}


def table_of_runs(stage: Stage) -> Checks:
    runs = stage.runs_table()

    def more(key: str) -> None:
        runs.clearSelection()
        runs.selectRow(1)
        stage.press(runs, key)
        chosen = [index.row() for index in sorted(runs.selectionModel().selectedRows())]
        assert chosen == {"Shift+Up": [0, 1], "Shift+Down": [1, 2]}[key]
        assert len(runs.chosen()) == 2

    def every(key: str) -> None:
        stage.press(runs, key)
        assert len(runs.chosen()) == 4

    return {"choose one more": more, "choose all": every}


def row_of_words(stage: Stage) -> Checks:
    page = stage.run_page()

    def choose(key: str) -> None:
        page.options.axis.group.button(1).click()
        stage.press(page.options.axis.group.button(1), key)
        assert page.options.axis.chosen == {"Left": 0, "Right": 2}[key]
        assert page.accuracy.options.axis == {"Left": "step", "Right": "time"}[key]  # and it is in force

    return {"choose another": choose}


def card_or_line(stage: Stage) -> Checks:
    a_told_run(stage.home)
    stage.window.show_page("home")
    home = stage.window.lobby.home_page
    stage.qtbot.waitUntil(lambda: any(each.isVisible() for each in home.findChildren(Pressable)))

    def press(key: str) -> None:
        stage.window.show_page("home")
        for each in [found for found in home.findChildren(Pressable) if found.isVisible()]:
            stage.window.show_page("home")
            with stage.qtbot.waitSignal(each.clicked):
                stage.press(each, key)

    return {"press it": press}


def number(stage: Stage) -> Checks:
    stage.window.show_page("settings")
    editor = stage.window.settings_page.threads

    def step(key: str) -> None:
        editor.set_value(4)
        stage.press(editor.focus, key)
        assert editor.value() == {"Up": 5, "Down": 3}[key]

    return {"one step more, or less": step}


def slider(stage: Stage) -> Checks:
    smoothing = stage.run_page().options.smoothing

    def step(key: str) -> None:
        smoothing.setValue(smoothing.maximum() // 2)
        before = smoothing.value()
        stage.press(smoothing, key)
        assert smoothing.value() - before == {"Left": -1, "Right": 1}[key] * smoothing.singleStep()

    def end(key: str) -> None:
        stage.press(smoothing, key)
        assert smoothing.value() == {"Home": smoothing.minimum(), "End": smoothing.maximum()}[key]

    return {"one step less, or more": step, "to its beginning, or its end": end}


def list_to_pick_from(stage: Stage) -> Checks:
    stage.window.show_page("new")
    page = stage.window.new_page
    page.show_experiment(loads(EXPERIMENT))
    picker = page.cards[1].forms["teacher"].picker

    def go(key: str) -> None:
        picker.showPopup()
        entries = picker.list.entries
        entries.setCurrentRow(0 if key.endswith("Down") else entries.count() - 1)
        stage.press(picker.list.search, key)
        assert (
            entries.currentRow()
            == {"Down": 1, "Up": entries.count() - 2, "PgDown": entries.count() - 1, "PgUp": 0}[key]
        )
        picker.list.hide()

    def take(key: str) -> None:
        before = page.values()["teacher"]["kind"]
        picker.showPopup()
        picker.list.entries.setCurrentRow(1 - picker.currentIndex())
        stage.press(picker.list.search, key)
        assert {before, page.values()["teacher"]["kind"]} == {"mlp", "cnn"}

    return {"go to another choice": go, "take it": take}


def palette(stage: Stage) -> Checks:
    def opened() -> Any:
        shell = stage.window.shell
        if not shell.palette.isVisible():
            shell.open_palette()
        return shell.palette

    def go(key: str) -> None:
        shown = opened()
        shown._choose(20)
        stage.press(shown.line, key)
        moved = shown.list.currentIndex().row() - 20
        assert moved in {"Up": [-1], "Shift+Tab": [-1], "Down": [1], "Tab": [1], "PgUp": [-8], "PgDown": [8]}[key]
        shown.dismiss()

    def carry_out(key: str) -> None:
        shown = opened()
        QTest.keyClicks(shown.line, "view: settings")
        stage.press(shown.line, key)
        assert stage.window.settings_page.isVisible()

    def close(key: str) -> None:
        shown = opened()
        stage.press(shown.line, key)
        assert not shown.isVisible()

    return {
        "go to another command": go,
        "go to the next command, or back": go,
        "run it": carry_out,
        "close it": close,
    }


def help_panel(stage: Stage) -> Checks:
    def close(key: str) -> None:
        stage.window.shell.toggle_shortcuts()
        stage.press(stage.window.shell.help.line, key)
        assert not stage.window.shell.help_in_view

    return {"close it": close}


def stage_mode(stage: Stage) -> Checks:
    stage.run_page()
    mode = stage.window.stage

    def view() -> Any:
        if not mode.on:
            mode.enter()
        return mode.view

    def show(key: str) -> None:
        shown = view()
        shown.show_plot(0 if key != "1" else 1)
        stage.press(shown, key)
        assert shown.shown == int(key) - 1

    def turn(key: str) -> None:
        shown = view()
        shown.show_plot(1)
        stage.press(shown, key)
        assert shown.shown == (2 if key in ("Right", "PgDown") else 0)

    def play(key: str) -> None:
        stage.press(view(), key)
        assert stage.window.controller.replay is not None

    def leave(key: str) -> None:
        stage.press(view(), key)
        assert not mode.on

    return {
        "show accuracy, agreement or loss": show,
        "previous plot, next plot": turn,
        "replay the run, or pause": play,
        "leave it": leave,
    }


def tour(stage: Stage) -> Checks:
    def begun() -> Any:
        stage.window.shell.start_tour()
        made = stage.window.shell._tour
        made.go_on()
        return made

    def go_on(key: str) -> None:
        made = begun()
        stage.press(made, key)
        assert made.number == 2

    def go_back(key: str) -> None:
        made = begun()
        stage.press(made, key)
        assert made.number == 0

    def skip(key: str) -> None:
        stage.press(begun(), key)
        assert stage.window.shell._tour is None

    return {"next step": go_on, "previous step": go_back, "skip the rest": skip}


CHECKED: dict[str, Callable[[Stage], Checks]] = {
    "Plot": plot, "Name of a curve": name_of_a_curve, "Confusion matrix": confusion, "Table": table,
    "Table of runs": table_of_runs, "Row of words": row_of_words, "Card or line": card_or_line, "Number": number,
    "Slider": slider, "List to pick from": list_to_pick_from, "Command palette": palette, "Help": help_panel,
    "Stage mode": stage_mode, "Tour": tour,
}  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
def test_that_each_key_inside_a_part_does_what_the_list_says(
    qtbot: QtBot, window: MainWindow, home: Home, part: str
) -> None:
    window.resize(1360, 860)
    checks = CHECKED[part](Stage(qtbot, window, home))
    listed = [key for key in INNER_KEYS if key.part == part]
    assert {key.does for key in listed} == checks.keys()
    for key in listed:
        for press in key.presses:
            checks[key.does](press)


# Where a class takes keys into its own hands, and the part that it is in the list; "" is what is no key of its own.
TAKES_KEYS = {
    "Canvas": "Plot", "Matrix": "Confusion matrix", "HelpPanel": "Help", "Pressable": "Card or line",
    "_SearchLine": "Command palette", "PrivateLine": "", "MainWindow": "Card or line", "StageView": "Stage mode", "Tour": "Tour",
}  # fmt: skip


def test_that_every_part_with_keys_of_its_own_is_in_the_list() -> None:
    takes = {
        node.name
        for path in GUI.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and any(getattr(each, "name", "") == "keyPressEvent" for each in node.body)
    }
    assert takes == TAKES_KEYS.keys()
    assert {part for part in TAKES_KEYS.values() if part} <= {*PARTS}


def test_that_the_list_under_f1_has_them_in_a_group_of_their_own_and_finds_them(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.shell.toggle_shortcuts()
    panel = window.shell.help
    assert [row.entry for row in panel._inner] == list(INNER_KEYS)
    headings = {heading.text(): widgets for heading, widgets in panel._headings}
    assert headings["INSIDE THE PART THAT HAS THE FOCUS"] == panel._inner
    qtbot.keyClicks(panel.line, "confusion")
    assert [row.entry.keys for row in panel._inner if not row.isHidden()] == ["Left, Right, Up, Down"]
    assert not panel.none.isVisible()


def test_that_keys_are_written_as_the_platform_writes_them() -> None:
    assert InnerKey("Table", ("PgUp", "Ctrl+A"), "x").keys == ", ".join(
        QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in ("PgUp", "Ctrl+A")
    )
    assert all(QKeySequence(press).count() == 1 for key in INNER_KEYS for press in key.presses)
