"""Every action there is stands in the one list, and each command does from the palette what it says.

The walk goes through all pages, panels and menus of a furnished window. A new button or menu entry fails it until its command
is listed here; the few that are no commands are named below, with the reason.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QMenu, QMenuBar, QTableView, QWidget
from pytestqt.qtbot import QtBot

from kdstudio.gui import file_manager, main_window
from kdstudio.gui.commands.listed import COMMANDS
from kdstudio.gui.editors import Editor
from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.pages import discarding, home_choice, runs
from kdstudio.gui.pages import home as home_page
from kdstudio.gui.pages.runs import NOTES, OVERLAY, QUEUE
from kdstudio.gui.palette import Entry, entries_of
from kdstudio.gui.plots import plot_menu
from kdstudio.gui.plots.legend import LegendEntry
from kdstudio.gui.presets import presets
from kdstudio.gui.theme import theme
from kdstudio.runs.events import RunEnded
from kdstudio.runs.folder import Request, RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.state import State
from kdstudio.spec import loads
from tests.fakes import EXPERIMENT, a_run, a_story, a_told_run
from tests.gui.player import Player

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLE = ROOT / "resources" / "experiments" / "digits-few-labels.yaml"
TITLE = "Digits of a test"

# What a button or an entry of a page's own menu is called, and the command that does the same.
STANDS_FOR = {
    "nav.home": "view.home", "nav.new": "view.new", "nav.run": "view.run", "nav.runs": "view.runs",
    "nav.settings": "view.settings", "nav.running": "view.run", "nav.help": "help.terms", "nav.hint.show": "help.curves",
    "help.tabs.0": "help.terms", "help.tabs.1": "help.shortcuts", "help.close": "help.shortcuts",
    "run.new": "view.new", "run.samples": "view.home", "home.all": "view.runs",
    "home.file": "file.open", "home.folder": "file.images", "look.*": "file.sample",
    "start.*": "run.sample", "line.*": "runs.recent",
    "undo": "edit.undo", "redo": "edit.redo", "save": "file.save", "open.menu/file": "file.open",
    "open.menu/save-as": "file.save-as", "open.menu/new": "file.new", "open.recent/entry": "file.recent",
    "open.samples/entry": "file.sample", "detail.0": "form.simple", "detail.1": "form.advanced", "detail.2": "form.yaml",
    "changes.*/entry": "edit.changed", "changes.*/reset": "edit.reset", "presets.remove/entry": "edit.forget-preset",
    "presets.*/entry": "edit.preset", "presets.*/save": "edit.keep-preset",
    "start": "run.start", "queue.add": "run.queue", "copy": "edit.copy-yaml", "copy.command": "edit.copy-command",
    "save.now": "run.save", "evaluate.now": "run.evaluate", "pause": "run.pause", "resume": "run.resume", "stop": "run.stop",
    "duplicate": "run.duplicate", "longer": "run.longer", "compare": "run.compare", "open.folder": "run.folder",
    "mend": "run.mend", "diagnostics": "run.copy-diagnostics", "configuration.copy": "run.copy-configuration",
    "replay.start": "replay.start", "replay.play": "replay.play", "replay.pause": "replay.play", "replay.end": "replay.end",
    "replay.speed.*": "replay.speed",
    "run.tabs.0": "part.curves", "run.tabs.1": "part.tested", "run.tabs.2": "part.log", "run.tabs.3": "part.configuration",
    "plots.axis.0": "plots.steps", "plots.axis.1": "plots.epochs", "plots.axis.2": "plots.time",
    "plots.logarithmic": "plots.log", "*.choices/*.reset": "plots.all", "*.choices/*.in": "plots.in",
    "*.choices/*.out": "plots.out", "*.choices/*.png": "plots.export", "*.choices/*.svg": "plots.export",
    "*.choices/*.csv": "plots.export",
    "runs.open.button": "runs.open", "runs.resume.button": "runs.resume", "/column.*": "runs.columns",
    "runs.below.0": "below.nothing", "runs.below.1": "below.notes", "runs.below.2": "below.overlay",
    "runs.below.3": "below.queue", "queue.switch": "queue.switch", "queue.up": "queue.up", "queue.down": "queue.down",
    "queue.out": "queue.out",
    "settings.theme.0": "view.theme.system", "settings.theme.1": "view.theme.light", "settings.theme.2": "view.theme.dark",
    "settings.open": "file.home", "settings.choose": "file.choose-home", "settings.clear.*": "file.clear",
}  # fmt: skip
NO_COMMANDS = {
    "an answer to what is asked or said right there, which means nothing elsewhere": (
        "message.close", "new.banner.close", "nav.hint.close", "stop.save", "stop.keep", "draft.discard", "yaml.discard",
        "preset.save.*", "preset.cancel.*", "preview.*", "settings.reopen", "settings.keep",
    ),
    "shows a menu; its entries are walked": (
        "open", "runs.more", "runs.columns", "*.menu", "badge.*", "presets.button.*",
    ),
    "whose answers one card shows": ("results.who.*",),
}  # fmt: skip


@pytest.fixture
def furnished(qtbot: QtBot, window: MainWindow, home: Home) -> MainWindow:
    """A window in which every page, panel and menu is made, each with something in it."""
    window.open_run(a_told_run(home))
    qtbot.waitUntil(lambda: not window.controller.active and window.controller.state.events > 0)
    for name in window.navigation.buttons:
        window.show_page(name)
    page = window.new_page
    page.show_experiment(loads(EXPERIMENT))
    page.cards[0].keep("kept")
    page.save_to(home.root / "kept.yaml")
    qtbot.waitUntil(lambda: window.runs_page.model.rowCount() == 1)
    window.runs_page.show_below(OVERLAY)
    window.lobby.queue.add(a_run(home), "waiting")
    assert window.shell.help
    assert window.shell.palette
    return window


def buttons_of(window: MainWindow) -> Iterator[str]:
    """Every button that is an action, by name: neither the editor of a value, nor a curve's switch, nor a part of Qt's own."""
    for button in window.findChildren(QAbstractButton):
        parent = button.parentWidget()
        of_qt = isinstance(parent, QLineEdit | QTableView | QMenuBar) or button.objectName().startswith("qt_")
        of_an_editor = any(isinstance(each, Editor) for each in above(button))
        if not (of_qt or of_an_editor or isinstance(button, LegendEntry)):
            assert button.objectName(), f"{type(button).__name__} {button.text()!r} in {parent} has no name"
            yield button.objectName()


def above(widget: QWidget) -> Iterator[QWidget]:
    parent = widget.parentWidget()
    while parent is not None:
        yield parent
        parent = parent.parentWidget()


def entries_in(window: MainWindow) -> Iterator[str]:
    """Every entry of a menu that is not one of the window's own actions, as "menu/entry"."""
    page, shared = window.new_page, set(window.actions_by_id.values())
    kept = [page.tools.menu(), *(card.presets_menu() for card in page.cards), *(card.changes_menu() for card in page.cards)]
    menus = [menu for menu in window.findChildren(QMenu) if not any(isinstance(each, QMenuBar) for each in above(menu))]
    below = {menu.menuAction() for menu in menus}
    for menu in menus:
        for action in menu.actions():
            if not (action in shared or action in below or action.isSeparator()):
                yield f"{menu.objectName()}/{action.objectName()}"
    del kept


def stands_for(name: str) -> str | None:
    return next((pattern for pattern in STANDS_FOR if fnmatchcase(name, pattern)), None)


def test_that_every_button_and_every_entry_of_a_menu_stands_for_a_command(furnished: MainWindow) -> None:
    known = {command.id for command in COMMANDS}
    names = {*buttons_of(furnished), *entries_in(furnished)}
    excused = {name for name in names for patterns in NO_COMMANDS.values() if any(fnmatchcase(name, each) for each in patterns)}
    unlisted = sorted(name for name in names - excused if stands_for(name) is None)
    assert unlisted == []
    assert set(STANDS_FOR.values()) <= known
    assert {stands_for(name) for name in names - excused} == set(STANDS_FOR), "some of STANDS_FOR are no more"
    for reason, patterns in NO_COMMANDS.items():
        gone = [each for each in patterns if each != "preview.*" and not any(fnmatchcase(name, each) for name in names)]
        assert gone == [], reason


def test_that_every_action_with_keys_is_a_command(furnished: MainWindow) -> None:
    """None of pages, panels or plots has keys of its own that the list under F1 does not name."""
    listed = set(furnished.actions_by_id.values())
    strange = [action for action in furnished.findChildren(QAction) if not action.shortcut().isEmpty() and action not in listed]
    assert [(action.text(), action.shortcut().toString()) for action in strange if not _of_pyqtgraph(action)] == []


def _of_pyqtgraph(action: QAction) -> bool:
    return type(action.parent()).__module__.startswith("pyqtgraph")


def test_that_a_page_and_the_menus_share_one_action(furnished: MainWindow) -> None:
    page = furnished.runs_page
    for name in (*page.does, *page.queue_card.does):
        assert page.actions_by_id[name] is furnished.actions_by_id[name]
    assert set(page.menu.actions()) - set(furnished.actions_by_id.values()) == {
        action for action in page.menu.actions() if action.isSeparator()
    }


def test_that_the_menus_have_no_entries_before_the_first_paint(open_window: Callable[[], MainWindow], home: Home) -> None:
    window = MainWindow(home)
    assert [menu.actions() for menu in window.menuBar().findChildren(QMenu)] == [[]] * 6
    window.shutdown()
    painted = open_window()
    assert all(menu.actions() for menu in painted.menuBar().findChildren(QMenu) if not menu.menuAction().objectName())


# What each command does, from the palette


class Hand:
    """Types commands into the palette of a window, and knows which it has carried out."""

    def __init__(self, qtbot: QtBot, window: MainWindow) -> None:
        self._qtbot, self.window = qtbot, window
        self.done: set[str] = set()

    def __call__(self, identity: str, offer: str = "") -> None:
        """Carry out a command, and choose `offer` from what it lets choose."""
        palette = self.window.shell.palette
        self.window.actions_by_id["view.palette"].trigger()
        entry = next(each for each in palette.model.found if isinstance(each, Entry) and each.id == identity)
        assert not entry.reason, f"{identity}: {entry.reason}"
        self._type(entry.name)
        if offer:
            assert palette.isVisible(), f"{identity} lets nobody choose"
            self._type(offer)
        self.done.add(identity)

    def _type(self, name: str) -> None:
        palette = self.window.shell.palette
        palette.line.setText(name)
        assert name in palette.model.found[0].name
        self._qtbot.keyClick(palette.line, Qt.Key.Key_Return)

    def grey(self, identity: str) -> str:
        """Why a command cannot be carried out."""
        self.window.switchboard.refresh()
        entries = entries_of(self.window.shell.application, self.window.shell.actions)
        return next(each.reason for each in entries if each.id == identity)


@pytest.fixture
def hand(qtbot: QtBot, window: MainWindow) -> Hand:
    return Hand(qtbot, window)


VIEWS = {
    "view.home", "view.new", "view.run", "view.runs", "view.settings", "view.palette", "view.presenter", "view.theme.dark",
    "view.theme.light", "view.theme.system", "help.shortcuts", "help.terms", "help.curves", "form.simple", "form.advanced",
    "form.yaml", "part.curves", "part.tested", "part.log", "part.configuration", "below.nothing", "below.notes",
    "below.overlay", "below.queue",
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
    for choice in ("dark", "light", "system"):
        hand(f"view.theme.{choice}")
        assert str(theme().choice) == choice
        assert window.actions_by_id[f"view.theme.{choice}"].isChecked()
    for presenter in (True, False):
        hand("view.presenter")
        assert theme().presenter is presenter
        assert window.actions_by_id["view.presenter"].isChecked() is presenter
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
    assert "KDSTUDIO_HOME is set" in hand.grey("file.choose-home")
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
    assert window.settings_page.storage.said.title == "There is nothing to clear"
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
    assert hand.grey("run.save") == "The run in view is not at work"
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
    assert window.runs_page.below.chosen == QUEUE
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
    "replay.start", "replay.play", "replay.speed", "replay.end",
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
    hand("run.duplicate")
    assert window.new_page.experiment() == loads(EXPERIMENT)
    opened: list[Path] = []
    monkeypatch.setattr(file_manager, "show_folder", lambda path: opened.append(path) or True)
    hand("run.folder")
    assert opened == [folder.path]
    hand("run.copy-configuration")
    assert loads(QGuiApplication.clipboard().text()) == loads(EXPERIMENT)
    hand("run.copy-diagnostics")
    assert "KD Studio diagnostics" in QGuiApplication.clipboard().text()
    assert window.message.title == "The diagnostics are on the clipboard"
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
    assert "told again" in hand.grey("replay.play")
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


RUNS = {
    "runs.open", "runs.resume", "runs.duplicate", "runs.queue", "runs.overlay", "runs.rename", "runs.tags", "runs.notes",
    "runs.folder", "runs.export", "runs.delete", "runs.filter", "runs.columns", "runs.recent", "queue.switch", "queue.up",
    "queue.down", "queue.out",
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
    hidden = page.table.isColumnHidden(1)
    hand("runs.columns", "State")
    assert page.table.isColumnHidden(1) is not hidden
    hand("runs.open")
    assert (window.run_page.isVisible(), window.controller.folder) == (True, done)
    hand("runs.duplicate")
    assert window.new_page.experiment() == loads(EXPERIMENT)
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
    window.lobby.queue.switch(False)
    assert hand.done == RUNS


def test_that_every_command_is_among_those_whose_effect_is_tested() -> None:
    assert {command.id for command in COMMANDS} == VIEWS | FILES | EDITS | STARTS | ENDED | PLOTS | RUNS


# In the menus


def opened(window: MainWindow, identity: str) -> list[QAction]:
    """The entries of a command that lets choose, in its menu."""
    menu = window.actions_by_id[identity].menu()
    menu.aboutToShow.emit()
    return menu.actions()


def test_that_what_lets_choose_is_a_menu_in_the_menus(window: MainWindow, home: Home) -> None:
    window.new_page.save_to(home.root / "mine.yaml")
    (recent,) = opened(window, "file.recent")
    assert (recent.text(), recent.toolTip()) == ("mine.yaml", str(home.root / "mine.yaml"))
    window.show_page("home")
    recent.trigger()
    assert window.new_page.isVisible()
    (home.root / "mine.yaml").unlink()
    (gone,) = opened(window, "file.recent")
    assert (gone.text(), gone.isEnabled()) == ("None is there any more", False)
    window.actions_by_id["file.recent"].trigger()
    assert window.shell.palette.none.isVisible()
    window.shell.palette.dismiss()
    columns = opened(window, "runs.columns")
    assert [action.isChecked() for action in columns] == [shown for _, _, shown in window.runs_page.table.listed_columns()]


def test_that_no_entry_is_grey_without_a_reason(window: MainWindow) -> None:
    window.switchboard.refresh()
    grey = [action for action in window.actions_by_id.values() if not action.isEnabled()]
    assert "run.pause" in [action.objectName() for action in grey]
    assert [action.objectName() for action in grey if len(action.toolTip().split()) < 3] == []


def test_that_keys_reach_a_command_as_soon_as_it_can_be_done(qtbot: QtBot, window: MainWindow, home: Home) -> None:
    """A grey entry does not hear its keys: nobody may have to open the menu first."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    in_view(qtbot, window, a_told_run(home))
    qtbot.keyClick(window, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert window.new_page.isVisible()
    window.new_page.change({"method.alpha": 0.25})
    window.new_page.check()
    window.new_page.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.new_page.values()["method"]["alpha"] != 0.25
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert window.focusWidget() is window.runs_page.filter
    QApplication.processEvents()


def test_that_the_queue_stands_beside_start(qtbot: QtBot, window: MainWindow) -> None:
    window.show_page("new")
    page = window.new_page
    page.show_experiment(loads(EXPERIMENT))
    qtbot.mouseClick(page.summary.queue, Qt.MouseButton.LeftButton)
    assert [run.title for run in window.lobby.queue.waiting] == [TITLE]
    assert window.runs_page.queue_card.isVisible()
    assert "Off. Nothing starts by itself." in window.runs_page.queue_card.state.text()
    window.show_page("new")
    page.change({"training.epochs": 0})
    page.check()
    assert not page.summary.queue.isEnabled()
    assert page.summary.queue.toolTip() == "Something is still missing"


def focus(qtbot: QtBot, widget: QWidget) -> None:
    """Put the keys to `widget`, in a window that has them."""
    widget.window().activateWindow()
    widget.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is widget)


def test_that_keys_of_a_list_mean_its_own_commands_alone(
    qtbot: QtBot, window: MainWindow, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Return, F2 and Delete write text elsewhere; Delete throws a run away in one list and takes it out in the other."""
    done, waiting = a_told_run(home), [a_run(home), a_run(home)]
    asked: list[object] = []
    monkeypatch.setattr(discarding, "ask_to_discard", lambda *said: asked.append(said) and False)
    window.show_page("runs")
    page, queue = window.runs_page, window.lobby.queue
    qtbot.waitUntil(lambda: page.model.rowCount() == 3)
    for number, folder in enumerate(waiting):
        queue.add(folder, f"run {number}")
    page.show_below(QUEUE)
    page.table.choose({str(done.path)})

    listed = page.queue_card.list
    focus(qtbot, listed)
    listed.setCurrentRow(1)
    qtbot.keyClick(listed, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert [run.folder for run in queue.waiting] == waiting[::-1]
    qtbot.keyClick(listed, Qt.Key.Key_Delete)
    assert [run.folder for run in queue.waiting] == waiting[:1]
    assert asked == []
    focus(qtbot, page.filter)
    for key in (Qt.Key.Key_Return, Qt.Key.Key_F2, Qt.Key.Key_Delete):
        qtbot.keyClick(page.filter, key)
    assert page.isVisible()
    assert not page.table.editing
    focus(qtbot, page.table)
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: len(asked) == 1)
    qtbot.waitUntil(lambda: page._discarding is None)
    assert len(queue.waiting) == 1
    qtbot.keyClick(page.table, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert page.below.chosen == OVERLAY
    focus(qtbot, page.table)
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    assert window.run_page.isVisible()
