"""Another home is chosen in the settings, remembered for the next start, and the window opens again on it when asked."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from kdstudio.gui import main_window
from kdstudio.gui.main_window import Closing, MainWindow
from kdstudio.gui.pages import home_choice
from kdstudio.gui.pages.home_choice import HomeChoice
from kdstudio.gui.run_controller import RunController
from kdstudio.gui.theme import theme
from kdstudio.runs.chosen_home import choose_home, chosen_home
from kdstudio.runs.home import Home
from kdstudio.spec import loads
from tests.fakes import EXPERIMENT, a_told_run
from tests.gui.player import Player

ROOT = Path(__file__).resolve().parent.parent.parent
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def undecided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """The home of somebody who has named none and chosen none."""
    monkeypatch.delenv("KDSTUDIO_HOME")
    monkeypatch.setattr("platformdirs.user_config_path", lambda name, appauthor: tmp_path / "config" / name)
    monkeypatch.setattr("platformdirs.user_data_path", lambda name, appauthor: tmp_path / "data" / name)
    return Home.locate()


@pytest.fixture
def card(qtbot: QtBot, undecided: Home) -> HomeChoice:
    card = HomeChoice(undecided)
    qtbot.addWidget(card)
    card.resize(600, 300)
    card.show()
    return card


def pick(qtbot: QtBot, card: HomeChoice, monkeypatch: pytest.MonkeyPatch, folder: Path | str) -> None:
    """Click the button, and pick `folder`."""
    monkeypatch.setattr(home_choice, "pick_home", lambda *_: str(folder))
    qtbot.mouseClick(card.choose_button, LEFT)


def test_that_another_home_is_remembered_and_said_with_what_stays(
    qtbot: QtBot, card: HomeChoice, undecided: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pick(qtbot, card, monkeypatch, tmp_path / "other")
    assert chosen_home() == tmp_path / "other"
    assert card.said.title == "“other” becomes the data folder at the next start"
    assert f"Existing runs stay in {undecided.root}" in card.said.detail
    assert card.reopen.isVisible()
    qtbot.mouseClick(card.keep, LEFT)
    assert chosen_home() is None
    assert card.said.isHidden()


def test_that_the_home_in_use_is_kept_whatever_was_chosen_before(
    qtbot: QtBot, card: HomeChoice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose_home(tmp_path / "gone")  # on a disk, say, that is not connected: the window has opened on the usual home
    (tmp_path / "gone").rmdir()
    for name in ("other", "another"):
        pick(qtbot, card, monkeypatch, tmp_path / name)
    qtbot.mouseClick(card.keep, LEFT)
    assert (chosen_home(), card.said.isHidden()) == (None, True)
    assert not (tmp_path / "gone").exists()


def test_that_nothing_changes_where_nothing_is_picked_or_the_same_home(
    qtbot: QtBot, card: HomeChoice, undecided: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pick(qtbot, card, monkeypatch, "")
    assert (chosen_home(), card.said.isHidden()) == (None, True)
    pick(qtbot, card, monkeypatch, tmp_path / "other")
    pick(qtbot, card, monkeypatch, undecided.root)
    assert (chosen_home(), card.said.title, card.reopen.isVisible()) == (None, "This is already the data folder", False)


def test_that_a_folder_that_cannot_be_a_home_is_refused_with_cause_and_remedy(
    qtbot: QtBot, card: HomeChoice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    pick(qtbot, card, monkeypatch, tmp_path / "file" / "home")
    assert card.said.title == "The data folder cannot be used"
    assert str(tmp_path / "file" / "home") in card.said.detail
    assert "Choose another one in Settings" in card.said.detail
    assert (chosen_home(), card.reopen.isVisible()) == (None, False)


def test_that_no_home_is_chosen_where_an_option_or_the_environment_decides(
    qtbot: QtBot, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for decided, words in (
        (Home.locate(), "Fixed by KDSTUDIO_HOME"),
        (Home.locate(tmp_path / "x"), "Fixed by \u2011\u2011home"),
    ):
        card = HomeChoice(decided)
        qtbot.addWidget(card)
        card.show()
        assert not card.choose_button.isEnabled()
        assert words in card.choose_button.toolTip()
        pick(qtbot, card, monkeypatch, tmp_path / "other")
        assert card.said.isHidden()


def test_that_the_path_of_a_chosen_home_is_hidden_from_an_audience(
    qtbot: QtBot, card: HomeChoice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theme().present(True)
    try:
        pick(qtbot, card, monkeypatch, tmp_path / "other")
        assert str(tmp_path) not in card.said._detail.text()
    finally:
        theme().present(False)


@pytest.fixture
def open_undecided(
    qtbot: QtBot, undecided: Home, player: Player, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], MainWindow]]:
    monkeypatch.setattr(main_window, "ask_on_close", lambda *_: Closing.LEAVE)
    made: list[MainWindow] = []

    def make() -> MainWindow:
        window = MainWindow(undecided, RunController(undecided, player))
        qtbot.addWidget(window)
        made.append(window)
        window.show()
        qtbot.waitUntil(lambda: window.pages.count() > 0)
        window.show_page("settings")
        return window

    yield make
    for window in made:
        window.shutdown()


def test_that_a_window_that_is_not_closed_after_all_does_not_open_again_later(
    qtbot: QtBot,
    open_undecided: Callable[[], MainWindow],
    player: Player,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window = open_undecided()
    player.pace, player.habits = 0.05, ("hold=student",)
    window.start_experiment(loads(EXPERIMENT))
    qtbot.waitUntil(lambda: window.controller.state.events > 2, timeout=15_000)
    window.show_page("settings")
    pick(qtbot, window.settings_page.home, monkeypatch, tmp_path / "other")
    monkeypatch.setattr(main_window, "ask_on_close", lambda *_: Closing.CANCEL)
    qtbot.mouseClick(window.settings_page.home.reopen, LEFT)
    assert window.isVisible()
    assert not window.reopens
    monkeypatch.setattr(main_window, "ask_on_close", lambda *_: Closing.LEAVE)
    qtbot.mouseClick(window.settings_page.home.reopen, LEFT)
    assert not window.isVisible()
    assert window.reopens
    assert window.controller.folder is not None
    assert window.controller.folder.alive()  # it goes on in the old home


REOPENS = """
import json, sys
from pathlib import Path
from PySide6.QtCore import QTimer
from kdstudio.gui import app
from kdstudio.gui.pages import home_choice
from kdstudio.opening import open_window

home_choice.pick_home = lambda *_: sys.argv[1]

class Keeper(app.Housekeeper):
    def _open(self):
        super()._open()
        window = self._window
        locked = (window.home.root / "window.lock").exists()
        print(json.dumps([str(window.home.root), window.message.title, locked]), flush=True)
        QTimer.singleShot(0, self, self._visit)
    def _visit(self):
        window = self._window
        if str(window.home.root) == sys.argv[1] or window.message.title:
            window.close()
            return
        window.show_page("settings")
        window.settings_page.home.choose_button.click()
        if "vanishes" in sys.argv:
            Path(sys.argv[1]).rmdir()
        window.settings_page.home.reopen.click()

app.Housekeeper = Keeper
open_window(None)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the platform's folders are moved by XDG's variables")
@pytest.mark.parametrize("fate", ["stays", "vanishes"])
def test_that_the_window_opens_again_on_the_chosen_home_in_the_same_process(tmp_path: Path, fate: str) -> None:
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": str(tmp_path / "config"), "XDG_DATA_HOME": str(tmp_path / "data"),
    }  # fmt: skip
    del environment["KDSTUDIO_HOME"]
    old, other = tmp_path / "data" / "kdstudio", tmp_path / "other"
    run = a_told_run(Home.locate(old))
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", REOPENS, str(other), fate],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stderr
    then = [str(other), "", True] if fate == "stays" else [str(old), "The chosen data folder is missing", True]
    assert said == [[str(old), "", True], then]
    assert run.path.exists()
    assert not [line for line in done.stderr.splitlines() if "This plugin does not support" not in line]


def test_that_a_copied_command_names_the_home_that_is_not_the_usual_one(undecided: Home, tmp_path: Path) -> None:
    from kdstudio.gui.command_line import command

    experiment = loads(EXPERIMENT)
    assert "--home" not in command(experiment, None, undecided)
    choose_home(tmp_path / "other")
    assert f"--home {undecided.root}" in command(experiment, None, undecided)
    assert "--home" not in command(experiment, None, Home.locate())
