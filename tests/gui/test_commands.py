"""Every action there is stands in the one list; test_command_effects.py has what each command does.

The walk goes through all pages, panels and menus of a furnished window. A new button or menu entry fails it until its command
is listed here; the few that are no commands are named below, with the reason.
"""

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QMenu, QMenuBar, QTableView, QWidget
from pytestqt.qtbot import QtBot

from kdstudio.gui.commands.listed import COMMANDS
from kdstudio.gui.editors import Editor
from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.pages import discarding
from kdstudio.gui.pages.home_cards import RunLine
from kdstudio.gui.pages.runs import OVERLAY, QUEUE
from kdstudio.gui.plots.legend import LegendEntry
from kdstudio.runs.home import Home
from kdstudio.spec import loads
from tests.fakes import EXPERIMENT, a_run, a_story, a_told_run

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLE = ROOT / "resources" / "experiments" / "digits-few-labels.yaml"
TITLE = "Digits of a test"

# What a button or an entry of a page's own menu is called, and the command that does the same.
STANDS_FOR = {
    "nav.home": "view.home", "nav.new": "view.new", "nav.run": "view.run", "nav.runs": "view.runs",
    "nav.settings": "view.settings", "nav.running": "view.run", "nav.help": "help.terms", "nav.hint.show": "help.tour",
    "help.tabs.0": "help.terms", "help.tabs.1": "help.shortcuts", "help.close": "help.shortcuts",
    "run.new": "view.new", "run.samples": "view.home", "runs.new": "view.new", "runs.samples": "view.home", "home.all": "view.runs",
    "home.file": "file.open", "home.folder": "file.images", "look.*": "file.sample",
    "start.*": "run.sample", "line.*": "runs.recent",
    "undo": "edit.undo", "redo": "edit.redo", "save": "file.save", "open.menu/file": "file.open",
    "open.menu/save-as": "file.save-as", "open.menu/new": "file.new", "open.recent/entry": "file.recent",
    "open.samples/entry": "file.sample", "detail.0": "form.simple", "detail.1": "form.advanced", "detail.2": "form.yaml",
    "changes.*/entry": "edit.changed", "changes.*/reset": "edit.reset", "presets.remove/entry": "edit.forget-preset",
    "presets.*/entry": "edit.preset", "presets.*/save": "edit.keep-preset",
    "start": "run.start", "queue.add": "run.queue", "copy": "edit.copy-yaml", "copy.command": "edit.copy-command",
    "save.now": "run.save", "evaluate.now": "run.evaluate", "pause": "run.pause", "resume": "run.resume", "stop": "run.stop",
    "duplicate": "run.duplicate", "longer": "run.longer", "suggest.*": "run.suggestions",
    "compare": "run.compare", "open.folder": "run.folder",
    "mend": "run.mend", "diagnostics": "run.copy-diagnostics", "configuration.copy": "run.copy-configuration",
    "replay.start": "replay.start", "replay.play": "replay.play", "replay.pause": "replay.play", "replay.end": "replay.end",
    "replay.speed.*": "replay.speed",
    "results.who.0": "results.student", "results.who.1": "results.baseline", "results.who.2": "results.teacher",
    "results.copy.*": "results.copy",
    "run.tabs.0": "part.curves", "run.tabs.1": "part.tested", "run.tabs.2": "part.log", "run.tabs.3": "part.configuration",
    "plots.axis.0": "plots.steps", "plots.axis.1": "plots.epochs", "plots.axis.2": "plots.time",
    "plots.logarithmic": "plots.log", "*.choices/*.reset": "plots.all", "*.choices/*.in": "plots.in",
    "*.choices/*.out": "plots.out", "*.choices/*.png": "plots.export", "*.choices/*.svg": "plots.export",
    "*.choices/*.csv": "plots.export",
    "runs.open.button": "runs.open", "runs.resume.button": "runs.resume", "/column.*": "runs.columns",
    "runs.below.0": "below.nothing", "runs.below.1": "below.notes", "runs.below.2": "below.overlay",
    "runs.below.3": "below.queue", "queue.switch": "queue.switch", "queue.up": "queue.up", "queue.down": "queue.down",
    "queue.out": "queue.out", "queue.next": "queue.next", "nav.queue": "below.queue", "nav.queue.switch": "queue.switch",
    "settings.theme.0": "view.theme.system", "settings.theme.1": "view.theme.light", "settings.theme.2": "view.theme.dark",
    "settings.open": "file.home", "settings.choose": "file.choose-home", "settings.clear.*": "file.clear",
}  # fmt: skip
NO_COMMANDS = {
    "an answer to what is asked or said right there, which means nothing elsewhere": (
        "message.close", "message.offer.*",
        "new.banner.close", "nav.hint.close", "stop.save", "stop.keep", "draft.discard", "yaml.discard",
        "preset.save.*", "preset.cancel.*", "preview.*", "settings.reopen", "settings.keep",
    ),
    "shows a menu; its entries are walked": (
        "open", "results.copy", "runs.more", "runs.columns", "*.menu", "badge.*", "presets.button.*",
    ),
}  # fmt: skip


@pytest.fixture
def furnished(qtbot: QtBot, window: MainWindow, home: Home) -> MainWindow:
    """A window in which every page, panel and menu is made, each with something in it."""
    window.open_run(a_told_run(home, a_story(seeds=[0]), text=EXPERIMENT.replace("[0, 1, 2]", "[0]")))
    qtbot.waitUntil(lambda: not window.controller.active and window.controller.state.events > 0)
    for name in window.navigation.buttons:
        window.show_page(name)
    page = window.new_page
    page.show_experiment(loads(EXPERIMENT))
    page.cards[0].keep("kept")
    page.save_to(home.root / "kept.yaml")
    qtbot.waitUntil(lambda: window.runs_page.model.rowCount() == 1)
    window.show_page("home")  # it lists runs only while it is looked at
    qtbot.waitUntil(lambda: any(line.isVisible() for line in window.lobby.home_page.findChildren(RunLine)))
    window.show_page("runs")
    window.runs_page.show_below(OVERLAY)
    window.lobby.queue.add(a_run(home), "waiting")
    window.show_message("Something happened", buttons=[("Do something", int)])
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
    assert (gone.text(), gone.isEnabled()) == ("Nothing to choose from", False)
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
    window.open_run(a_told_run(home))
    qtbot.waitUntil(lambda: not window.controller.active and window.controller.state.events > 0)
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
    assert window.pages.currentWidget() is page, "the form stays in view"
    assert (window.message.title, window.message.detail) == (
        f"Added to the queue: “{TITLE}”", "Queue is off: runs will not start.",
    )  # fmt: skip
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
