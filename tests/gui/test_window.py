"""The whole window: menus, files, closing while a run is on, names for all that takes focus, and 2,000 repaints."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QComboBox, QWidget
from pytestqt.qtbot import QtBot

from kdstudio.gui import app as app_module
from kdstudio.gui import document, main_window
from kdstudio.gui.app import Housekeeper
from kdstudio.gui.main_window import Closing, MainWindow
from kdstudio.gui.theme import theme
from kdstudio.runs import launch
from kdstudio.runs.home import Home
from kdstudio.runs.launch import starting
from kdstudio.runs.state import State
from kdstudio.spec import copy_of, load, loads
from tests.fakes import EXPERIMENT, a_run, a_story, a_told_run
from tests.gui.player import Player

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = ("new", "run", "runs", "settings")


def at_work(qtbot: QtBot, window: MainWindow, player: Player) -> None:
    """Start a run that goes on until it is asked to end."""
    player.pace, player.habits = 0.05, (*player.habits, "hold=student")
    window.start_experiment(loads(EXPERIMENT))
    qtbot.waitUntil(lambda: window.controller.state.events > 2, timeout=15_000)


def test_that_leave_it_running_closes_the_window_and_not_the_run(
    qtbot: QtBot, window: MainWindow, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work(qtbot, window, player)
    monkeypatch.setattr(main_window, "ask_on_close", lambda *_: Closing.LEAVE)
    assert window.close()
    assert window.controller.folder is not None
    assert window.controller.folder.alive()


def test_that_stop_and_save_closes_the_window_when_the_run_has_ended(
    qtbot: QtBot, window: MainWindow, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work(qtbot, window, player)
    monkeypatch.setattr(main_window, "ask_on_close", lambda *_: Closing.STOP)
    assert not window.close()
    assert window.isVisible()
    assert window.run_page.pill.text == "Stopping..."
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=15_000)
    assert window.controller.folder is not None
    assert window.controller.folder.status().state is State.STOPPED


def test_that_cancel_keeps_window_and_run(
    qtbot: QtBot, window: MainWindow, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work(qtbot, window, player)
    monkeypatch.setattr(main_window, "ask_on_close", lambda *_: Closing.CANCEL)
    assert not window.close()
    assert window.isVisible()
    assert window.controller.active


def test_that_a_run_out_of_view_is_asked_about_and_stopped_too(
    qtbot: QtBot, window: MainWindow, home: Home, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work(qtbot, window, player)
    first = window.controller.folder
    assert first is not None
    window.open_run(a_told_run(home))
    qtbot.waitUntil(lambda: not window.controller.active)
    asked: list[list[str]] = []
    monkeypatch.setattr(
        main_window, "ask_on_close", lambda _, runs: asked.append([run.title for run in runs]) or Closing.STOP
    )
    window.close()
    assert asked == [[first.called]]
    assert window.isVisible()
    assert (window.message.title, first.called in window.message.detail) == ("Saving and stopping...", True)
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=15_000)
    assert first.status().state is State.STOPPED


def test_that_runs_out_of_view_that_do_not_listen_are_ended_before_the_window_closes(
    qtbot: QtBot, window: MainWindow, home: Home, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "PATIENCE", 0.3)
    player.habits = ("deaf",)
    at_work(qtbot, window, player)
    deaf = window.controller.folder
    assert deaf is not None
    player.habits = ("sleeps",)
    asleep = a_run(home)
    window.controller.start_behind(asleep)
    window.open_run(a_told_run(home))
    qtbot.waitUntil(lambda: not window.controller.active and starting(asleep) is not None)
    monkeypatch.setattr(main_window, "ask_on_close", lambda *_: Closing.STOP)
    window.close()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=15_000)
    assert not deaf.alive()
    assert deaf.current().state is State.LOST
    assert starting(asleep) is None


def test_that_closing_once_more_while_runs_are_stopping_may_leave_them_to_it(
    qtbot: QtBot, window: MainWindow, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    player.habits = ("deaf",)
    at_work(qtbot, window, player)
    answers = [Closing.STOP, Closing.CANCEL, Closing.LEAVE]
    monkeypatch.setattr(main_window, "ask_on_close", lambda *_: answers.pop(0))
    assert [window.close(), window.close(), window.close()] == [False, False, True]
    assert window.controller.folder is not None
    assert window.controller.folder.alive()


def test_that_ctrl_c_closes_unasked_and_leaves_the_run_at_work(
    qtbot: QtBot, window: MainWindow, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work(qtbot, window, player)

    def never(*_: object) -> Closing:
        raise AssertionError("nobody is there to answer")

    monkeypatch.setattr(main_window, "ask_on_close", never)
    quits: list[bool] = []
    application = type("Application", (), {"quit": lambda self: quits.append(window.close())})()
    app_module._leave(application, window)
    qtbot.waitUntil(lambda: quits == [True])
    assert window.controller.folder is not None
    assert window.controller.folder.alive()


def test_that_a_window_without_a_run_closes_without_a_question(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> Closing:
        raise AssertionError("there was nothing to ask")

    monkeypatch.setattr(main_window, "ask_on_close", never)
    assert window.close()


def test_that_a_reopened_window_finds_the_run_where_it_is(
    qtbot: QtBot, open_window: Callable[[], MainWindow], player: Player
) -> None:
    first = open_window()
    at_work(qtbot, first, player)
    folder = first.controller.folder
    assert folder is not None
    first.close()
    second = open_window()
    qtbot.waitUntil(lambda: second.controller.active)
    assert second.controller.folder == folder
    assert second.navigation.running.isVisible()
    qtbot.waitUntil(lambda: second.controller.state.events > 5, timeout=15_000)
    second.controller.stop()
    qtbot.waitUntil(lambda: second.controller.status.state is State.STOPPED, timeout=15_000)


def test_that_a_question_goes_with_the_run_that_it_was_asked_of(
    qtbot: QtBot, window: MainWindow, home: Home, player: Player
) -> None:
    at_work(qtbot, window, player)
    window.show_page("run")
    qtbot.mouseClick(window.run_page.stop, Qt.MouseButton.LeftButton)
    assert window.run_page.sentences.stopping.isVisible()
    window.start_experiment(loads(EXPERIMENT))
    assert not window.run_page.sentences.stopping.isVisible()
    assert len(window.controller.others) == 1


def test_that_stop_and_pause_are_said_at_once(qtbot: QtBot, window: MainWindow, player: Player) -> None:
    at_work(qtbot, window, player)
    page = window.run_page
    qtbot.waitUntil(page.pause.isEnabled)
    qtbot.mouseClick(page.pause, Qt.MouseButton.LeftButton)
    assert (page.pill.text, page.pause.text(), page.pause.isEnabled()) == ("Pausing...", "Pausing...", False)
    assert page.pause.toolTip()
    qtbot.mouseClick(page.stop, Qt.MouseButton.LeftButton)
    assert page.sentences.stopping.isVisible()
    qtbot.mouseClick(page.sentences.stop_save, Qt.MouseButton.LeftButton)
    assert (page.pill.text, page.stop.text(), page.stop.isEnabled()) == ("Stopping...", "Stopping...", False)
    qtbot.waitUntil(lambda: not window.controller.active, timeout=15_000)


def test_that_a_file_fills_the_form_and_a_wrong_one_is_explained(window: MainWindow, tmp_path: Path) -> None:
    sample = ROOT / "resources" / "experiments" / "digits-few-labels.yaml"
    assert window.open_file(sample)
    assert window.new_page.experiment() == load(sample)
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("kind: classification\nmethod: {kind: soft-targets, temprature: 3}\n")
    assert not window.open_file(wrong)
    assert "did you mean temperature" in window.new_page.yaml.banner.detail
    assert "temprature" in window.new_page.yaml.editor.messages[2]
    assert window.new_page.experiment() is None


def test_that_the_form_can_be_saved_and_opened_again(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.yaml"
    monkeypatch.setattr(main_window, "pick_file_to_save", lambda *_: str(file))
    monkeypatch.setattr(main_window, "pick_file_to_open", lambda *_: str(file))
    window.new_page.show_experiment(loads(EXPERIMENT))
    window.actions_by_id["file.save"].trigger()
    window.new_page.show_experiment(loads("kind: classification"))
    window.actions_by_id["file.open"].trigger()
    assert window.new_page.experiment() == loads(EXPERIMENT)


def test_that_saving_a_changed_sample_asks_for_a_file_and_leaves_the_sample_as_it_is(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = tmp_path / "experiments" / "sample.yaml"
    sample.parent.mkdir()
    sample.write_text(EXPERIMENT)
    monkeypatch.setattr(document, "resource", lambda *parts: tmp_path.joinpath(*parts))
    mine = tmp_path / "mine.yaml"
    monkeypatch.setattr(main_window, "pick_file_to_save", lambda *_: str(mine))
    assert window.open_file(sample)
    window.new_page.change({"title": "Mine"})
    window.actions_by_id["file.save"].trigger()
    assert sample.read_text() == EXPERIMENT
    assert load(mine).title == "Mine"
    assert window.new_page.document.target == mine


def test_that_a_file_that_cannot_be_saved_is_said_in_the_window(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main_window, "pick_file_to_save", lambda *_: str(tmp_path / "no" / "folder" / "x.yaml"))
    window.actions_by_id["file.save"].trigger()
    assert window.message.title == "The experiment could not be saved"


def test_that_the_theme_menu_changes_the_theme(window: MainWindow) -> None:
    dark = window.actions_by_id["view.theme.dark"]
    dark.trigger()
    assert theme().scheme == "dark"
    assert dark.isChecked()


def test_that_navigation_brings_up_each_page(qtbot: QtBot, window: MainWindow) -> None:
    for name, button in window.navigation.buttons.items():
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert window.pages.currentWidget().objectName() == f"page.{name}"
        assert button.isChecked()


def test_that_the_run_in_view_is_shown_in_the_navigation_and_a_click_brings_it_up(
    qtbot: QtBot, window: MainWindow, home: Home
) -> None:
    assert not window.navigation.running.isVisible()
    window.open_run(a_told_run(home))
    qtbot.waitUntil(lambda: window.navigation.running.bar.fraction == 1.0)
    window.show_page("new")
    assert window.navigation.running.name.whole == "Digits of a test"
    qtbot.mouseClick(window.navigation.running, Qt.MouseButton.LeftButton)
    assert window.pages.currentWidget() is window.run_page


def test_that_a_run_can_be_used_as_a_new_experiment(qtbot: QtBot, window: MainWindow, home: Home) -> None:
    run = a_told_run(home)
    window.open_run(run)
    qtbot.waitUntil(lambda: window.run_page.duplicate.isVisible())
    qtbot.mouseClick(window.run_page.duplicate, Qt.MouseButton.LeftButton)
    made = window.new_page.experiment()
    assert (made.title, made.parent) == ("Digits of a test (2)", run.id)
    assert made == copy_of(loads(EXPERIMENT), run.id)


def test_that_train_longer_goes_through_the_form_and_the_new_run_names_its_parent(
    qtbot: QtBot, window: MainWindow, home: Home
) -> None:
    parent = a_told_run(home)
    window.open_run(parent)
    longer = window.run_page.sentences.longer
    qtbot.waitUntil(longer.isVisible)
    qtbot.mouseClick(longer, Qt.MouseButton.LeftButton)
    assert window.pages.currentWidget() is window.new_page
    assert window.new_page.board.row("training.epochs").isVisible()  # twice the budget, in the simple form
    assert window.new_page.experiment().title == "Digits of a test, twice as long"
    qtbot.mouseClick(window.new_page.start_button, Qt.MouseButton.LeftButton)
    child = window.controller.folder
    assert child is not None
    assert child != parent
    assert f"parent: {parent.id}" in child.experiment_file.read_text(encoding="utf-8")
    assert child.experiment().training.epochs == 2 * parent.experiment().training.epochs
    qtbot.waitUntil(lambda: not window.controller.active, timeout=15_000)


def test_that_all_that_takes_focus_has_a_name(qtbot: QtBot, window: MainWindow) -> None:
    for page in PAGES:
        window.show_page(page)
    nameless = [
        f"{type(widget).__name__} {widget.objectName()}"
        for widget in window.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not widget.objectName().startswith("qt_")
        and not isinstance(widget, QAbstractScrollArea | QApplication)
        and not (widget.accessibleName() or getattr(widget, "text", lambda: "")())
    ]
    assert nameless == []


def test_that_no_combo_box_is_ever_empty(window: MainWindow) -> None:
    for page in PAGES:
        window.show_page(page)
    assert all(box.count() for box in window.findChildren(QComboBox))


@pytest.mark.parametrize("size", [(1024, 640), (900, 560)])
def test_that_a_small_window_cuts_nothing_off_sideways(
    qtbot: QtBot, window: MainWindow, home: Home, size: tuple[int, int]
) -> None:
    window.open_run(a_told_run(home, text=EXPERIMENT.replace("Digits of a test", "A long name " * 12)))
    qtbot.waitUntil(lambda: not window.controller.active)
    for page in PAGES:
        window.show_page(page)
        window.resize(*size)
        QApplication.processEvents()
        assert (window.width(), window.height()) == size
        for area in window.pages.currentWidget().findChildren(QAbstractScrollArea):
            if area.objectName().endswith(".scroll"):
                inside = area.widget()  # type: ignore[attr-defined]
                assert inside.minimumSizeHint().width() <= area.viewport().width()


@pytest.mark.may_log("a mistake in the window")
def test_that_a_mistake_is_said_in_the_window_and_the_window_lives_on(qtbot: QtBot, window: MainWindow) -> None:
    keeper = Housekeeper(QApplication.instance(), window)  # type: ignore[arg-type]
    keeper.excepthook(ValueError, ValueError("a bug"), None)
    assert window.message.isVisible()
    assert window.message.detail.startswith("ValueError: a bug")
    qtbot.mouseClick(window.findChild(QWidget, "message.close"), Qt.MouseButton.LeftButton)
    assert not window.message.isVisible()
    keeper.deleteLater()


def test_that_two_thousand_repaints_lose_no_reference_to_none(qtbot: QtBot, window: MainWindow, home: Home) -> None:
    story = a_story()
    window.open_run(a_told_run(home, story))
    qtbot.waitUntil(lambda: window.controller.state.events == len(story))
    window.resize(window.minimumSize())
    image = QImage(window.size(), QImage.Format.Format_RGB32)

    def paint(times: int) -> int:
        for _ in range(times):
            painter = QPainter(image)
            window.render(painter, QPoint())
            painter.end()
        return sys.getrefcount(None)

    before = paint(20)
    assert paint(2000) - before > -200  # PySide6 6.12.0 loses 12 a paint


IMPORTS = """
import sys
import kdstudio.gui.app, kdstudio.gui.pages.new_experiment, kdstudio.gui.pages.run, kdstudio.gui.pages.runs
bad = {"torch", "sklearn", "scipy", "transformers", "datasets", "matplotlib"} & set(sys.modules)
rooms = tuple(f"kdstudio.{room}" for room in ("engine", "data", "models", "methods"))
bad |= {name for name in sys.modules if name.startswith(rooms)}
print(sorted(bad))
"""


def test_that_the_window_imports_nothing_that_trains() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", IMPORTS], env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n", done.stderr


def test_that_the_start_imports_nothing_slow_before_the_first_paint(home: Home) -> None:
    code = (
        "import sys, pathlib; from kdstudio.runs.home import Home; from kdstudio.gui.app import run_window;"
        "code = run_window(Home.locate()); print(code, {'pyqtgraph', 'numpy', 'pydantic'} & set(sys.modules))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "KDSTUDIO_EXIT_AFTER_PAINT": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout == "0 set()\n", done.stderr


def test_that_ctrl_c_closes_the_window_in_order(home: Home) -> None:
    code = (
        "import os, signal, threading, time; from kdstudio.runs.home import Home; from kdstudio.gui.app import run_window;"
        "default = signal.getsignal(signal.SIGINT);"
        "ready = lambda: signal.getsignal(signal.SIGINT) is not default;"
        "wait = lambda: ready() or time.sleep(0.05) or wait();"
        "press = lambda: (wait(), time.sleep(0.3), os.kill(os.getpid(), signal.SIGINT));"
        "threading.Thread(target=press).start(); print(run_window(Home.locate()))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr
    assert app_module.COLLECT_EVERY <= 1000  # the longest that Ctrl-C waits


def test_that_ctrl_c_before_the_windows_loop_closes_it_too(home: Home) -> None:
    code = (
        "import os, signal; from kdstudio.runs.home import Home; from kdstudio.gui.app import run_window;"
        "from kdstudio.gui.main_window import MainWindow; show = MainWindow.show;"
        "MainWindow.show = lambda self: (show(self), os.kill(os.getpid(), signal.SIGINT));"
        "print(run_window(Home.locate()))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr
