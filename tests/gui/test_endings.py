"""What the window does about runs that end: it tells the desktop or says it itself, and keeps the machine awake until then."""

import threading
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from kdstudio.gui import awake as awake_module
from kdstudio.gui import main_window
from kdstudio.gui.endings import Desktop, Endings, words_of
from kdstudio.gui.main_window import Closing, MainWindow
from kdstudio.gui.preferences import Preferences
from kdstudio.runs.home import Home
from kdstudio.runs.settings import Settings, write_settings
from kdstudio.runs.state import State
from kdstudio.spec import loads
from tests.fakes import EXPERIMENT, a_told_run
from tests.gui.player import Player


class FakeDesktop(Desktop):
    """A desktop that shows notifications, or has none."""

    def __init__(self, window: MainWindow, shows: bool) -> None:
        super().__init__(window)
        self.shows = shows
        self.told: list[tuple[str, str]] = []

    def say(self, title: str, detail: str) -> bool:
        self.told.append((title, detail))
        return self.shows


def watched(window: MainWindow, home: Home, *, shows: bool = True, in_view: bool = False) -> tuple[FakeDesktop, list[Any]]:
    """A desktop in the place of the window's own, and what the window is to say itself."""
    assert window.shell.endings is not None
    window.shell.endings.close()
    window.controller.changed.disconnect(window.shell.endings._follow)
    desktop, said = FakeDesktop(window, shows), []
    window.shell.endings = Endings(window.controller, window.preferences, lambda: in_view, desktop)
    window.shell.endings.said.connect(lambda *words: said.append(words))
    return desktop, said


def finish_a_run(qtbot: QtBot, window: MainWindow, player: Player) -> None:
    player.pace = 0.0
    window.start_experiment(loads(EXPERIMENT))
    qtbot.waitUntil(lambda: window.controller.status.state is State.COMPLETED, timeout=15_000)


def test_that_the_desktop_is_told_when_a_run_ends(
    qtbot: QtBot, window: MainWindow, home: Home, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    desktop, said = watched(window, home)
    monkeypatch.setattr(QApplication, "activeWindow", lambda: None)
    finish_a_run(qtbot, window, player)
    qtbot.waitUntil(lambda: bool(desktop.told))
    assert [title for title, _ in desktop.told] == ["Completed: Digits of a test"]
    assert said == []


def test_that_the_window_says_it_where_the_desktop_cannot(
    qtbot: QtBot, window: MainWindow, home: Home, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    desktop, said = watched(window, home, shows=False)
    monkeypatch.setattr(QApplication, "activeWindow", lambda: None)
    finish_a_run(qtbot, window, player)
    qtbot.waitUntil(lambda: bool(said))
    assert said[0][0] == "Completed: Digits of a test"
    assert len(desktop.told) == 1


def test_that_nobody_is_told_what_they_see_or_do_not_want_to_know(
    qtbot: QtBot, window: MainWindow, home: Home, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    desktop, said = watched(window, home, in_view=True)
    monkeypatch.setattr(QApplication, "activeWindow", lambda: window)
    finish_a_run(qtbot, window, player)
    window.preferences.change(notify=False)
    monkeypatch.setattr(QApplication, "activeWindow", lambda: None)
    finish_a_run(qtbot, window, player)
    assert (desktop.told, said) == ([], [])


def test_that_what_the_page_in_view_says_already_is_not_said_above_it_once_more(
    qtbot: QtBot, window: MainWindow, home: Home, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    desktop, said = watched(window, home, shows=False, in_view=True)
    monkeypatch.setattr(QApplication, "activeWindow", lambda: None)
    finish_a_run(qtbot, window, player)
    qtbot.waitUntil(lambda: bool(desktop.told))
    assert said == []


def test_that_a_run_out_of_view_is_told_of_too(
    qtbot: QtBot, window: MainWindow, home: Home, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    desktop, _ = watched(window, home)
    monkeypatch.setattr(QApplication, "activeWindow", lambda: None)
    player.pace = 0.005
    window.start_experiment(loads(EXPERIMENT))
    qtbot.waitUntil(lambda: window.controller.state.events > 2, timeout=15_000)
    first = window.controller.folder
    window.open_run(a_told_run(home))
    qtbot.waitUntil(lambda: first.status().state is State.COMPLETED and not first.alive(), timeout=30_000)  # type: ignore[union-attr]
    window.shell.endings.look()  # type: ignore[union-attr]
    assert [title for title, _ in desktop.told] == ["Completed: Digits of a test"]
    qtbot.waitUntil(lambda: not window.controller.active)


def test_that_the_end_of_a_failed_run_has_its_cause(qtbot: QtBot, window: MainWindow, player: Player) -> None:
    player.habits = ("fails",)
    window.start_experiment(loads(EXPERIMENT))
    qtbot.waitUntil(lambda: window.controller.status.state is State.FAILED, timeout=15_000)
    assert window.controller.folder is not None
    title, detail, role = words_of(window.controller.folder)
    assert title.startswith("Failed: ")
    assert "no longer a number. Lower the learning rate" in detail
    assert role == "failure"


def test_that_a_desktop_without_notifications_is_no_trouble(qtbot: QtBot, window: MainWindow) -> None:
    desktop = Desktop(window)
    assert desktop.say("Completed", "words") is False  # the offscreen platform has no tray
    desktop.close()


def test_that_the_machine_is_kept_awake_while_a_run_is_at_work_and_no_longer(
    qtbot: QtBot, window: MainWindow, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, left = threading.Event(), threading.Event()

    class Mode:
        active = True

        def __enter__(self) -> "Mode":
            entered.set()
            return self

        def __exit__(self, *_: object) -> None:
            left.set()

    monkeypatch.setattr(awake_module, "keep_running", Mode)
    window.preferences.change(keep_awake=True)
    assert not entered.is_set()
    player.pace = 0.05
    window.start_experiment(loads(EXPERIMENT))
    qtbot.waitUntil(entered.is_set)
    assert not left.is_set()
    window.controller.stop()
    qtbot.waitUntil(left.is_set, timeout=15_000)


def test_that_a_machine_that_cannot_be_kept_awake_is_said_once_in_the_window(
    qtbot: QtBot, window: MainWindow, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing() -> Any:
        raise OSError("no bus")

    monkeypatch.setattr(awake_module, "keep_running", nothing)
    window.preferences.change(keep_awake=True)
    player.pace = 0.05
    window.start_experiment(loads(EXPERIMENT))
    qtbot.waitUntil(lambda: window.message.title == "The machine cannot be kept awake")
    window.controller.stop()
    qtbot.waitUntil(lambda: not window.controller.active, timeout=15_000)


def test_that_closing_lets_the_machine_sleep(
    qtbot: QtBot, window: MainWindow, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_settings(window.home, Settings(keep_awake=True))
    assert Preferences(window.home).now.keep_awake
    monkeypatch.setattr(main_window, "ask_on_close", lambda *_: Closing.LEAVE)
    window.preferences.change(keep_awake=True)
    monkeypatch.setattr(awake_module, "keep_running", lambda: 1 / 0)
    player.pace = 0.05
    window.start_experiment(loads(EXPERIMENT))
    assert window.close()
    assert window.shell.endings is not None
    assert window.shell.endings.awake is None
