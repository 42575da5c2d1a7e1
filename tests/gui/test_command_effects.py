"""What each command does, done from the palette."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from kdstudio.gui import file_manager, main_window
from kdstudio.gui.commands.listed import COMMANDS
from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.pages import discarding, home_choice, runs
from kdstudio.gui.pages import home as home_page
from kdstudio.gui.pages.results import Reading
from kdstudio.gui.pages.runs import NOTES, OVERLAY
from kdstudio.gui.plots import plot_menu
from kdstudio.gui.presets import presets
from kdstudio.gui.queue import Waiting
from kdstudio.gui.theme import theme
from kdstudio.runs.events import RunEnded
from kdstudio.runs.files import write_json
from kdstudio.runs.folder import Request, RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.state import State
from kdstudio.spec import copy_of, loads
from tests.fakes import EXPERIMENT, a_run, a_story, a_tested_run, a_told_run
from tests.gui.hand import Hand
from tests.gui.player import Player

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLE = ROOT / "resources" / "experiments" / "digits-few-labels.yaml"
TITLE = "Digits of a test"


@pytest.fixture
def hand(qtbot: QtBot, window: MainWindow) -> Hand:
    return Hand(qtbot, window)


VIEWS = {
    "view.home", "view.new", "view.run", "view.runs", "view.settings", "view.palette", "view.presenter", "view.theme.dark",
    "view.theme.light", "view.theme.system", "help.shortcuts", "help.terms", "help.curves", "form.simple", "form.advanced",
    "form.yaml", "part.curves", "part.tested", "part.log", "part.configuration", "below.nothing", "below.notes",
    "below.overlay", "below.queue", "view.stage",
    "help.tour",
}  # fmt: skip


def test_that_every_page_and_view_is_reached(qtbot: QtBot, hand: Hand) -> None:
    window = hand.window
    for name in ("home", "new", "run", "runs", "settings"):
        hand(f"view.{name}")
        assert window.pages.currentWidget().objectName() == f"page.{name}"
    for number, name in ((1, "advanced"), (2, "yaml"), (0, "simple")):
        hand(f"form.{name}")
        assert (window.new_page.detail.chosen, window.new_page.isVisible()) == (number, True)
        assert window.actions_by_id[f"form.{name}"].isChecked()
    for number, name in ((1, "tested"), (2, "log"), (3, "configuration"), (0, "curves")):
        hand(f"part.{name}")
        assert (window.run_page.tabs.chosen, window.run_page.isVisible()) == (number, True)
        assert window.actions_by_id[f"part.{name}"].isChecked()
    for number, name in ((1, "notes"), (2, "overlay"), (3, "queue"), (0, "nothing")):
        hand(f"below.{name}")
        assert (window.runs_page.below.chosen, window.runs_page.isVisible()) == (number, True)
    for name in ("shortcuts", "terms", "curves"):
        hand(f"help.{name}")
        assert window.shell.help_in_view
    window.shell.hide_help()
    hand("help.tour")
    assert window.findChild(QWidget, "tour").isVisible()
    window.shell.close_tour()
    for choice in ("dark", "light", "system"):
        hand(f"view.theme.{choice}")
        assert str(theme().choice) == choice
        assert window.actions_by_id[f"view.theme.{choice}"].isChecked()
    for presenter in (True, False):
        hand("view.presenter")
        assert theme().presenter is presenter
        assert window.actions_by_id["view.presenter"].isChecked() is presenter
    hand("view.stage")
    assert window.stage.on
    assert window.actions_by_id["view.stage"].isChecked()
    window.stage.leave()
    assert not window.actions_by_id["view.stage"].isChecked()
    hand("view.palette")
    assert window.shell.palette.isVisible()
    assert hand.done == VIEWS


FILES = {
    "file.new", "file.open", "file.recent", "file.sample", "file.images", "file.save", "file.save-as", "file.home",
    "file.choose-home", "file.clear", "file.close",
}  # fmt: skip


def test_that_files_and_folders_are_reached(
    qtbot: QtBot, hand: Hand, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, file = hand.window, tmp_path / "mine.yaml"
    assert hand.grey("file.recent") == "No file has been opened or saved yet"
    monkeypatch.setattr(main_window, "pick_file_to_save", lambda *_: str(file))
    monkeypatch.setattr(main_window, "pick_file_to_open", lambda *_: str(SAMPLE))
    window.new_page.show_experiment(loads(EXPERIMENT))
    hand("file.save-as")
    assert loads(file.read_text()).title == TITLE
    hand("file.new")
    assert window.new_page.document.file is None
    hand("file.open")
    assert window.new_page.document.file == SAMPLE
    hand("file.recent", "mine.yaml")
    assert window.new_page.document.file == file
    file.unlink()
    hand("file.save")
    assert file.exists()
    title = loads(SAMPLE.read_text()).title
    hand("file.sample", title)
    assert window.new_page.values()["title"] == title
    (tmp_path / "images" / "cat").mkdir(parents=True)
    (tmp_path / "images" / "cat" / "1.png").touch()
    monkeypatch.setattr(home_page, "pick_folder", lambda *_: str(tmp_path / "images"))
    hand("file.images")
    assert window.new_page.values()["dataset"]["path"] == str(tmp_path / "images")
    opened: list[Path] = []
    monkeypatch.setattr(file_manager, "show_folder", lambda path: opened.append(path) or True)
    hand("file.home")
    assert opened == [home.root]
    assert "Fixed by KDSTUDIO_HOME" in hand.grey("file.choose-home")
    window.home = replace(home, decided_by="")
    window.switchboard.refresh_all()
    monkeypatch.setattr(home_choice, "pick_home", lambda _, start: opened.append(Path(start)) or "")
    hand("file.choose-home")
    assert opened == [home.root] * 2
    asked: list[str] = []
    monkeypatch.setattr(discarding, "ask_to_discard", lambda parent, what, *_: asked.append(what) or False)
    (home.teachers / "one").mkdir(parents=True)
    (home.teachers / "one" / "weights").write_bytes(bytes(2000))
    hand("file.clear", "Teachers...")  # as soon as it has been counted
    qtbot.waitUntil(lambda: asked == ["Move a trained teacher (2.0 kB) to the system's trash?"])
    qtbot.waitUntil(lambda: window.settings_page.storage.buttons["teachers"].isEnabled())
    hand("file.clear", "Runs...")
    qtbot.waitUntil(lambda: window.settings_page.storage.said.title == "There is nothing to clear")
    hand("file.close")
    assert not window.isVisible()
    assert hand.done == FILES


EDITS = {
    "edit.undo", "edit.redo", "edit.copy-yaml", "edit.copy-command", "edit.preset", "edit.keep-preset",
    "edit.forget-preset", "edit.changed", "edit.reset",
}  # fmt: skip


def test_that_the_form_is_edited(qtbot: QtBot, hand: Hand, home: Home) -> None:
    window = hand.window
    assert "Open New experiment first" in hand.grey("edit.undo")
    window.show_page("new")
    page = window.new_page
    page.check()
    assert hand.grey("edit.undo") == "There is nothing to undo"
    assert hand.grey("edit.reset") == "Every field is at its default"
    page.change({"method.alpha": 0.25})
    hand("edit.undo")
    assert page.values()["method"]["alpha"] != 0.25
    hand("edit.redo")
    assert page.values()["method"]["alpha"] == 0.25
    hand("edit.changed", "Method:")
    assert page.board.row("method.alpha").editor.isAncestorOf(window.focusWidget())
    hand("edit.keep-preset", "Method...")
    method = next(card for card in page.cards if card.title == "Method")
    assert method.naming.isVisible()
    qtbot.keyClicks(method.naming.line, "Gentle")
    qtbot.keyClick(method.naming.line, Qt.Key.Key_Return)
    hand("edit.reset", "Method")
    assert page.values()["method"]["alpha"] != 0.25
    hand("edit.preset", "Method: Gentle")
    assert page.values()["method"]["alpha"] == 0.25
    hand("edit.forget-preset", "Method: Gentle")
    assert presets(home, "Method") == []
    assert hand.grey("edit.preset") == "No preset has been saved yet"
    window.show_page("home")
    hand("edit.copy-yaml")
    assert loads(QGuiApplication.clipboard().text()).method.alpha == 0.25
    hand("edit.copy-command")
    assert QGuiApplication.clipboard().text().startswith("kdstudio")
    page.change({"training.epochs": 0})
    page.check()
    assert hand.grey("edit.copy-yaml") == hand.grey("edit.copy-command") == "Something is still missing in the form"
    assert hand.done == EDITS


STARTS = {"run.start", "run.queue", "run.sample", "run.pause", "run.resume", "run.stop", "run.save", "run.evaluate"}


def test_that_runs_are_started_and_asked(qtbot: QtBot, hand: Hand, home: Home, player: Player) -> None:
    window, controller = hand.window, hand.window.controller
    assert hand.grey("run.save") == "The run in view is not running"
    player.habits = ("hold=student",)
    hand("run.start")
    assert window.new_page.isVisible()
    assert controller.folder is None, "nobody starts what they do not see"
    hand("run.start")
    qtbot.waitUntil(lambda: hand.grey("run.save") == "", timeout=15_000)
    hand("run.save")
    hand("run.evaluate")
    assert controller.wanted | {Request.SAVE, Request.EVALUATE} == {Request.SAVE, Request.EVALUATE}
    hand("run.pause")
    assert controller.asked is Request.PAUSE
    qtbot.waitUntil(lambda: controller.status.state is State.PAUSED and not controller.active, timeout=15_000)
    hand("run.resume")
    qtbot.waitUntil(lambda: hand.grey("run.stop") == "", timeout=15_000)
    hand("run.stop")
    assert window.run_page.sentences.stopping.isVisible(), "it asks first, as the button does"
    qtbot.mouseClick(window.run_page.sentences.stop_save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: controller.status.state is State.STOPPED and not controller.active, timeout=15_000)
    hand("run.queue")
    hand("run.queue")
    assert window.new_page.isVisible() and window.message.title.startswith("Added to the queue")
    assert len(window.lobby.queue.waiting) == 1
    player.habits = ()
    title = loads(SAMPLE.read_text()).title
    hand("run.sample", title)
    assert controller.experiment is not None
    assert controller.experiment.title == title
    qtbot.waitUntil(lambda: not controller.active, timeout=15_000)
    assert hand.done == STARTS


ENDED = {
    "run.longer", "run.duplicate", "run.mend", "run.compare", "run.copy-diagnostics", "run.copy-configuration", "run.folder",
    "replay.start", "replay.play", "replay.speed", "replay.end", "run.suggestions",
}  # fmt: skip


def in_view(qtbot: QtBot, window: MainWindow, folder: RunFolder) -> None:
    window.open_run(folder)
    qtbot.waitUntil(lambda: not window.controller.active and window.controller.state.events > 0)


def test_that_a_run_that_is_over_is_used(qtbot: QtBot, hand: Hand, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    window, controller, folder = hand.window, hand.window.controller, a_told_run(home)
    assert hand.grey("run.longer") == hand.grey("run.folder") == "No run is in view"
    in_view(qtbot, window, folder)
    qtbot.waitUntil(lambda: window.run_page.verdict.isVisible())
    window.show_page("home")
    hand("run.longer")
    assert window.new_page.experiment().parent == folder.id
    hand("run.suggestions", "Train twice as long")
    assert window.new_page.board.row("training.epochs").marked
    hand("run.duplicate")
    assert window.new_page.experiment() == copy_of(loads(EXPERIMENT), folder.id)
    opened: list[Path] = []
    monkeypatch.setattr(file_manager, "show_folder", lambda path: opened.append(path) or True)
    hand("run.folder")
    assert opened == [folder.path]
    hand("run.copy-configuration")
    assert loads(QGuiApplication.clipboard().text()) == loads(EXPERIMENT)
    hand("run.copy-diagnostics")
    assert "KD Studio diagnostics" in QGuiApplication.clipboard().text()
    assert window.message.title == "Diagnostics copied"
    assert hand.grey("run.mend") == "The run in view has not failed"
    hand("run.compare")
    assert window.runs_page.below.chosen == OVERLAY
    hand("replay.start")
    assert controller.replay is not None
    assert window.run_page.replay_bar.isVisible()
    qtbot.waitUntil(lambda: controller.replay.ready)
    playing = controller.replay.playing
    hand("replay.play")
    assert controller.replay.playing is not playing
    hand("replay.speed", "×60")
    assert controller.replay.speed == 60
    hand("replay.end")
    assert controller.replay is None
    assert "replay" in hand.grey("replay.play")
    end = RunEnded(attempt=1, outcome="failed", code="not-a-number", parameters={"stage": "student", "step": 7, "term": "labels"})
    in_view(qtbot, window, a_told_run(home, [*a_story()[:-1], end]))
    window.show_page("home")
    hand("run.mend")
    assert window.new_page.board.row("training.learning_rate").editor.isAncestorOf(window.focusWidget())
    hand("run.copy-diagnostics")
    assert window.run_page.sentences.copy.text() == "Copied"
    assert hand.done == ENDED


PLOTS = {
    "plots.all", "plots.in", "plots.out", "plots.steps", "plots.epochs", "plots.time", "plots.log", "plots.export",
}  # fmt: skip


def test_that_plots_are_looked_at_and_taken_away(
    qtbot: QtBot, hand: Hand, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = hand.window
    assert hand.grey("plots.in") == "No run is in view"
    in_view(qtbot, window, a_told_run(home))
    qtbot.waitUntil(lambda: not window.run_page.accuracy.picture.empty)
    window.show_page("home")
    canvases = [plot.plot for plot in window.run_page.board.plots]
    hand("plots.in")
    assert window.run_page.isVisible()
    assert canvases[0].free
    narrow = canvases[0].view.viewRange()[0]
    hand("plots.out")
    wide = canvases[0].view.viewRange()[0]
    assert wide[1] - wide[0] > narrow[1] - narrow[0]
    hand("plots.all")
    assert not any(canvas.free for canvas in canvases)
    for axis in ("epochs", "time", "steps"):
        hand(f"plots.{axis}")
        assert window.run_page.accuracy.options.axis == {"epochs": "epoch", "time": "time", "steps": "step"}[axis]
        assert window.actions_by_id[f"plots.{axis}"].isChecked()
    hand("plots.log")
    assert window.run_page.loss.options.logarithmic
    assert window.actions_by_id["plots.log"].isChecked()
    monkeypatch.setattr(plot_menu, "pick_export", lambda *_: str(tmp_path / "plot.csv"))
    hand("plots.export", f"{window.run_page.agreement.title.whole} as CSV...")
    assert "validation" in (tmp_path / "plot.csv").read_text()
    assert hand.done == PLOTS


RESULTS = {"results.student", "results.baseline", "results.teacher", "results.sort", "results.seed", "results.copy"}


def a_run_with_a_baseline(home: Home) -> RunFolder:
    """A tested run whose baseline takes every image for class 0."""
    folder = a_tested_run(home)
    with np.load(folder.artefacts / "test_outputs.npz") as kept:
        arrays = dict(kept)
    baseline = np.tile(np.array([2.0, 0.0, 0.0], dtype=np.float32), (4, 1))
    seeds = np.stack([arrays["student"], np.roll(arrays["student"], 1, axis=1), arrays["student"]])
    np.savez(folder.artefacts / "test_outputs.npz", **arrays, baseline=baseline, student_all=seeds)
    return folder


def seen(widget: QWidget) -> bool:
    """Whether any of it is in view, and not scrolled away."""
    return not widget.visibleRegion().isEmpty()


def test_that_test_results_are_looked_at(qtbot: QtBot, hand: Hand, home: Home) -> None:
    window = hand.window
    for name in ("sort", "teacher", "seed", "copy"):
        assert hand.grey(f"results.{name}") == "No run is in view"
    in_view(qtbot, window, a_told_run(home, a_story()[:20]))
    assert hand.grey("results.sort") == hand.grey("results.teacher") == "Test images are used once, at the end of the run"
    in_view(qtbot, window, a_run_with_a_baseline(home))
    window.show_page("home")
    hand("results.teacher")  # its answers have yet to be read
    results = window.run_page.results
    qtbot.waitUntil(lambda: results.outcome is not None)
    assert (results.isVisible(), results.who.chosen) == (True, 2)
    for number, who in ((1, "baseline"), (0, "student")):
        window.show_page("home")
        hand(f"results.{who}")
        assert (results.isVisible(), results.who.chosen) == (True, number)
        assert window.actions_by_id[f"results.{who}"].isChecked()
        assert results.model.index(0, 3).data() == ("25.0 %" if who == "baseline" else "28.6 %"), "precision of class 0"
    for number, name in ((2, "Seed 1"), (0, "All seeds")):
        window.show_page("home")
        hand("results.seed", name)
        assert (results.isVisible(), results.seed.currentIndex()) == (True, number)
    for kind, start in (("Text", "Network"), ("Markdown", "| Network"), ("LaTeX", r"\begin{table}"), ("CSV", "network,metric")):
        window.show_page("home")
        hand("results.copy", f"As {kind}")
        assert results.isVisible()
        assert QGuiApplication.clipboard().text().startswith(start)
        assert results.comparison.copy.text() == f"Copied as {kind}"
    table = results.table
    for order in (["1", "1", "2"], ["2", "1", "1"]):
        window.show_page("home")
        hand("results.sort", "Images")
        assert [table.model().index(row, 1).data() for row in range(3)] == order
        assert results.isVisible()
    window.resize(1024, 640)
    qtbot.waitUntil(lambda: seen(results.who) and not seen(table.viewport()))
    hand("results.sort", "F1")
    qtbot.waitUntil(lambda: seen(table.viewport()) and not seen(results.who))
    hand("results.student")
    qtbot.waitUntil(lambda: seen(results.who))
    hand("results.sort", "Images")
    hand("results.sort", "Images")
    (offer,) = [offer for offer in window.switchboard._deeds["results.sort"].offers() if offer.on]
    assert (offer.title, offer.tip) == ("Images", "Sorted from high to low; choose again to reverse")
    assert hand.done == RESULTS


def test_that_answers_that_a_run_has_not_cannot_be_chosen(qtbot: QtBot, hand: Hand, home: Home) -> None:
    window = hand.window
    in_view(qtbot, window, a_told_run(home, text=f"{EXPERIMENT}baseline: false\n"))
    assert hand.grey("results.baseline") == "This run had no baseline", "the experiment says so"
    in_view(qtbot, window, a_tested_run(home))
    assert hand.grey("results.baseline") == ""
    hand("results.baseline")
    results = window.run_page.results
    qtbot.waitUntil(lambda: results.outcome is not None)
    assert results.who.chosen == 0
    assert hand.grey("results.baseline") == "This run had no baseline", "its answers have been read by now"
    in_view(qtbot, window, a_told_run(home))
    hand("results.sort", "Class")
    qtbot.waitUntil(lambda: not results.findChildren(Reading))
    assert "missing or damaged" in hand.grey("results.teacher")


RUNS = {
    "runs.open", "runs.resume", "runs.duplicate", "runs.queue", "runs.overlay", "runs.rename", "runs.tags", "runs.notes",
    "runs.folder", "runs.export", "runs.delete", "runs.filter", "runs.columns", "runs.sort", "runs.recent", "queue.switch",
    "queue.up", "queue.down", "queue.out", "queue.next",
}  # fmt: skip


def test_that_chosen_runs_and_the_queue_are_reached(
    qtbot: QtBot, hand: Hand, home: Home, tmp_path: Path, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, done, waiting = hand.window, a_told_run(home), [a_run(home), a_run(home)]
    assert hand.grey("runs.rename") == "Open Runs and choose a run first"
    window.show_page("runs")
    page = window.runs_page
    qtbot.waitUntil(lambda: page.model.rowCount() == 3)
    assert hand.grey("runs.rename") == "Choose a run first"
    page.table.choose({str(done.path)})
    hand("runs.rename")
    assert page.table.editing
    qtbot.keyClick(page.table.findChild(QLineEdit), Qt.Key.Key_Escape)
    hand("runs.tags")
    assert window.focusWidget() is page.notes.tags
    hand("runs.notes")
    assert window.focusWidget() is page.notes.notes
    assert page.below.chosen == NOTES
    hand("runs.overlay")
    assert page.below.chosen == OVERLAY
    window.show_page("home")
    shown: list[Path] = []
    monkeypatch.setattr(file_manager, "show_folder", lambda path: shown.append(path) or True)
    hand("runs.folder")
    assert shown == [done.path]
    monkeypatch.setattr(runs, "pick_csv", lambda *_: str(tmp_path / "runs.csv"))
    hand("runs.export")
    assert TITLE in (tmp_path / "runs.csv").read_text()
    asked: list[object] = []
    monkeypatch.setattr(discarding, "ask_to_discard", lambda *said: asked.append(said) and False)
    hand("runs.delete")
    qtbot.waitUntil(lambda: len(asked) == 1)
    qtbot.waitUntil(lambda: page._discarding is None)
    window.show_page("home")
    hand("runs.filter")
    assert window.focusWidget() is page.filter
    for place in (0, 2):  # the one that is over is the first of its column, and then the last
        hand("runs.sort", "State")
        assert [page.model.row(number).state for number in range(3)].index("completed") == place
        assert page.isVisible()
    hidden = page.table.isColumnHidden(1)
    hand("runs.columns", "State")
    assert page.table.isColumnHidden(1) is not hidden
    hand("runs.open")
    assert (window.run_page.isVisible(), window.controller.folder) == (True, done)
    hand("runs.duplicate")
    assert window.new_page.experiment() == copy_of(loads(EXPERIMENT), done.id)
    window.show_page("home")
    hand("runs.recent", TITLE)
    assert window.run_page.isVisible()

    assert "queue" in hand.grey("queue.up")
    page.table.choose({str(folder.path) for folder in waiting})
    hand("runs.queue")
    first, second = (each.folder for each in window.lobby.queue.waiting)
    assert {first, second} == set(waiting)
    page.queue_card.list.setCurrentRow(1)
    hand("queue.up")
    assert [each.folder for each in window.lobby.queue.waiting] == [second, first]
    hand("queue.down")
    assert [each.folder for each in window.lobby.queue.waiting] == [first, second]
    hand("queue.out")
    assert [each.folder for each in window.lobby.queue.waiting] == [first]
    page.table.choose({str(second.path)})
    hand("runs.resume")
    assert window.controller.folder == second
    qtbot.waitUntil(lambda: not window.controller.active, timeout=15_000)
    window.lobby.queue.order([])
    hand("queue.switch")
    assert window.lobby.queue.on
    assert window.actions_by_id["queue.switch"].isChecked()
    queue, paused = window.lobby.queue, a_run(home)
    assert "paused" in hand.grey("queue.next")
    write_json(paused.status_file, {"state": "paused", "attempt": 1})
    queue._paused = [Waiting(folder=paused, title="paused", device="auto")]
    assert queue.add(first, "next")
    queue.look()
    assert [each.folder for each in queue.waiting] == [first]
    hand("queue.next")
    assert queue.waiting == []
    qtbot.waitUntil(lambda: not window.controller.active and first.status().state is State.COMPLETED, timeout=15_000)
    window.lobby.queue.switch(False)
    assert hand.done == RUNS


def test_that_every_command_is_among_those_whose_effect_is_tested() -> None:
    assert {command.id for command in COMMANDS} == VIEWS | FILES | EDITS | STARTS | ENDED | PLOTS | RESULTS | RUNS
