"""From a click to a curve: real clicks, the real training process, real files."""

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from kdstudio.gui import main_window
from kdstudio.gui.main_window import Closing, MainWindow
from kdstudio.runs.home import Home
from kdstudio.runs.state import State
from kdstudio.spec import loads

QUICK = """
kind: classification
title: From a click to a curve
dataset: {kind: digits, labelled: 0.05}
teacher: {kind: mlp, hidden: [64]}
student: {kind: mlp, hidden: [16]}
teacher_training: {epochs: 4}
training: {epochs: 40, learning_rate: 0.003}
compute: {device: cpu, threads: 1}
"""
PATIENCE = 120_000  # milliseconds: importing torch alone takes ten seconds on a busy computer


@pytest.mark.timeout(300)
def test_that_a_click_on_start_trains_a_student_and_draws_its_curves(
    qtbot: QtBot, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main_window, "ask_on_close", lambda *_: Closing.LEAVE)
    window = MainWindow(home)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: window.pages.count() > 0)
    page = window.new_page
    page.show_experiment(loads(QUICK))
    row = page.cards[3].forms["method"].form.rows["temperature"]  # type: ignore[union-attr]
    line = row.editor.focus.lineEdit()  # type: ignore[union-attr]
    line.selectAll()
    qtbot.keyClicks(line, "3")
    qtbot.waitUntil(lambda: page.experiment().method.temperature == 3.0)

    qtbot.mouseClick(page.start_button, Qt.MouseButton.LeftButton)

    run = window.run_page
    assert window.pages.currentWidget() is run
    qtbot.waitUntil(lambda: "labels" in run.loss.legend.entries, timeout=PATIENCE)
    qtbot.waitUntil(lambda: "student" in run.accuracy.legend.entries, timeout=PATIENCE)
    qtbot.waitUntil(lambda: not window.controller.active, timeout=PATIENCE)
    assert window.controller.status.state is State.COMPLETED, window.controller.failure
    qtbot.waitUntil(run.verdict.isVisible)
    assert run.verdict.title.endswith("(1 seed; 3 are needed for an interval).")
    assert {"teacher", "baseline", "student"} <= set(run.accuracy.legend.entries)
    assert {"train", "validation"} <= set(run.agreement.legend.entries)
    assert {"soft targets", "labels"} <= set(run.loss.legend.entries)
    drawn = run.accuracy.items["student.validation.accuracy.0"].raw
    assert len(drawn.getData()[0]) > 5
    assert window.controller.experiment.method.temperature == 3.0  # type: ignore[union-attr]

    qtbot.mouseClick(window.navigation.buttons["runs"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.runs_page.model.rowCount() == 1)
    qtbot.waitUntil(lambda: window.controller._worker is None, timeout=PATIENCE)
    window.shutdown()


@pytest.mark.timeout(300)
def test_that_a_paused_training_is_resumed_by_a_click_and_ends_as_if_undisturbed(
    qtbot: QtBot, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main_window, "ask_on_close", lambda *_: Closing.LEAVE)
    window = MainWindow(home)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: window.pages.count() > 0)
    longer = QUICK.replace("epochs: 4}", "epochs: 40}").replace("epochs: 40,", "epochs: 400,")
    window.start_experiment(loads(longer))
    run = window.run_page
    qtbot.waitUntil(lambda: run.pause.isEnabled() and bool(window.controller.state.stages), timeout=PATIENCE)
    qtbot.mouseClick(run.pause, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: run.resume.isVisible(), timeout=PATIENCE)
    assert window.controller.status.state is State.PAUSED
    qtbot.mouseClick(run.resume, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.controller.status.attempt == 2, timeout=PATIENCE)
    qtbot.waitUntil(lambda: not window.controller.active, timeout=PATIENCE)
    assert window.controller.status.state is State.COMPLETED, window.controller.failure
    qtbot.waitUntil(lambda: window.controller._worker is None, timeout=PATIENCE)
    window.shutdown()
