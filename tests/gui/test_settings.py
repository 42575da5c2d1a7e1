"""The settings: each is in force at once, outlives the window, and reaches what it promises to reach."""

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from kdstudio.gui import file_manager
from kdstudio.gui.awake import Awake
from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.pages import clearing, discarding
from kdstudio.gui.pages.settings import SettingsPage
from kdstudio.gui.pages.storage_card import StorageCard
from kdstudio.gui.preferences import Preferences
from kdstudio.gui.presenter import masked, shown
from kdstudio.gui.theme import theme
from kdstudio.gui.words import size
from kdstudio.runs import storage
from kdstudio.runs.folder import About
from kdstudio.runs.home import Home
from kdstudio.runs.settings import Settings, read_settings, write_settings
from kdstudio.runs.storage import bytes_in
from kdstudio.spec.errors import KnownFailure
from tests.fakes import a_process_at_work, a_run, a_told_run


@pytest.fixture(autouse=True)
def plain_again() -> Any:
    """No presenter mode after a test."""
    yield
    if theme().presenter:
        theme().present(False)


@pytest.fixture
def page(qtbot: QtBot, window: MainWindow) -> SettingsPage:
    """The page of a window, in view, with its storage counted."""
    window.show_page("settings")
    qtbot.waitUntil(lambda: window.settings_page.storage.room is not None)
    return window.settings_page


def test_that_each_setting_is_kept_and_there_again_in_another_window(
    qtbot: QtBot, page: SettingsPage, home: Home, open_window: Callable[[], MainWindow]
) -> None:
    qtbot.mouseClick(page.theme.group.button(2), Qt.MouseButton.LeftButton)
    page.notify.set_value(False)
    page.awake.set_value(True)
    page.device.set_value("cpu")
    page.threads.set_value(3)
    kept = read_settings(home)
    assert kept == Settings(theme="dark", notify=False, keep_awake=True, device="cpu", threads=3)
    again = open_window().settings_page
    assert again.theme.chosen == 2
    assert (again.notify.value(), again.awake.value()) == (False, True)
    assert (again.device.value(), again.threads.value()) == ("cpu", 3)


def test_that_every_setting_has_a_place_in_the_window(page: SettingsPage) -> None:
    elsewhere = {"smoothing", "tour_seen"}  # beside the plots; on the first steps
    here = {"theme", "threads", "device", "presenter", "notify", "keep_awake"}
    assert {*Settings.__dataclass_fields__} == here | elsewhere


def test_that_the_theme_is_chosen_live_and_the_menu_follows(qtbot: QtBot, window: MainWindow, page: SettingsPage) -> None:
    qtbot.mouseClick(page.theme.group.button(2), Qt.MouseButton.LeftButton)
    assert theme().scheme == "dark"
    assert window.actions_by_id["view.theme.dark"].isChecked()
    window.actions_by_id["view.theme.light"].trigger()
    assert theme().scheme == "light"
    assert page.theme.chosen == 1


def test_that_presenter_mode_enlarges_type_and_masks_paths_and_gives_both_back(
    qtbot: QtBot, window: MainWindow, page: SettingsPage, home: Home
) -> None:
    before = page.title.font().pixelSize()
    page.presenter.set_value(True)
    assert page.title.font().pixelSize() > 1.25 * before
    assert window.actions_by_id["view.presenter"].isChecked()
    said = [label.text() for label in window.findChildren(QLabel)]
    assert not [text for text in said if str(home.root) in text]
    assert page.home.folder.text().startswith("…/")
    assert str(home.root) not in page.home.folder.toolTip() + page.home.folder.accessibleName()
    window.actions_by_id["view.presenter"].trigger()
    assert page.title.font().pixelSize() == before
    assert page.home.folder.whole == str(home.root)
    assert not page.presenter.value()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("saved in /srv/data/secret/run-7 now", "saved in …/run-7 now"),
        (r"C:\Users\Jane\runs\a.yaml: bad", "…/a.yaml: bad"),
        ("~/work/kd/x.yaml", "…/x.yaml"),
        ("mlp 16/32/64, train/val/test, 93 % / 95 %", "mlp 16/32/64, train/val/test, 93 % / 95 %"),
        ("see https://example.org/a/b/c", "see https://example.org/a/b/c"),
        ("/data/My Pictures/cats, again", "…/cats, again"),
        ("…/run-7", "…/run-7"),
    ],
)
def test_that_a_path_is_masked_and_nothing_else_is(text: str, expected: str) -> None:
    assert masked(text, ("/data/My Pictures",)) == expected


def test_that_a_persons_name_is_not_shown_by_their_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/jane doe")
    assert "jane" not in masked("in /home/jane doe/kdstudio and /home/jane doe")


def test_that_nothing_is_masked_without_an_audience(qapp: object) -> None:
    assert shown("/srv/data/secret") == "/srv/data/secret"


def test_that_device_and_threads_reach_new_experiments(window: MainWindow, page: SettingsPage) -> None:
    assert window.new_page.experiment().compute.device == "auto"
    page.device.set_value("cpu")
    page.threads.set_value(2)
    compute = window.new_page.experiment().compute
    assert (compute.device, compute.threads) == ("cpu", 2)
    window.new_page.change({"compute.device": "cuda"})
    page.device.set_value("auto")
    assert window.new_page.experiment().compute.device == "cuda"
    window.new_page.new()
    compute = window.new_page.experiment().compute
    assert (compute.device, compute.threads) == ("auto", 2)


def test_that_device_and_threads_reach_a_page_made_later_and_a_bad_file_does_not_stop_it(
    open_window: Callable[[], MainWindow], home: Home
) -> None:
    write_settings(home, Settings(device="cpu", threads=3))
    compute = open_window().new_page.experiment().compute
    assert (compute.device, compute.threads) == ("cpu", 3)
    write_settings(home, Settings(device="abacus", threads=-7))
    assert open_window().new_page.experiment().compute.device in ("auto", "cpu")


def test_that_threads_that_cannot_be_are_said_beside_the_field_and_not_kept(page: SettingsPage, home: Home) -> None:
    page.threads.set_value(4)
    page.threads.set_value("many")
    assert "1 to 1024" in page.threads_problem.text()
    assert not page.threads_problem.isHidden()
    assert read_settings(home).threads == 4
    page.threads.set_value("auto")
    assert page.threads_problem.isHidden()
    assert read_settings(home).threads == 0


def test_that_the_home_is_shown_and_opened(
    qtbot: QtBot, page: SettingsPage, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(file_manager, "show_folder", lambda path: opened.append(path) or True)
    qtbot.mouseClick(page.home.open_button, Qt.MouseButton.LeftButton)
    assert opened == [home.root] == [Path(page.home.folder.whole)]


def test_that_a_desktop_that_does_not_take_a_folder_is_said(
    qtbot: QtBot, window: MainWindow, page: SettingsPage, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_manager, "show_folder", lambda path: False)
    qtbot.mouseClick(page.home.open_button, Qt.MouseButton.LeftButton)
    assert (window.message.title, window.message.detail) == ("The folder could not be shown", str(home.root))
    assert window.message.isVisible()


def test_that_a_home_that_cannot_be_written_is_said_and_the_setting_is_in_force(
    qtbot: QtBot, window: MainWindow, home: Home
) -> None:
    (home.root / "settings.json").mkdir()
    window.preferences.change(theme="dark")
    assert theme().scheme == "dark"
    assert "could not be kept" in window.message.title


def test_that_another_settings_writer_is_not_overwritten(qapp: object, home: Home) -> None:
    preferences = Preferences(home)
    write_settings(home, Settings(smoothing=0.5))
    preferences.change(notify=False)
    assert read_settings(home) == Settings(smoothing=0.5, notify=False)


def a_teacher(home: Home) -> Path:
    folder = home.teachers / "a1b2"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"x" * 5000)
    return folder


def trashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    gone: list[str] = []
    monkeypatch.setattr(storage, "_discard", lambda path: (gone.append(path.name), path.rename(path.parent.parent / path.name)))
    return gone


def cleared(qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch, part: str) -> StorageCard:
    """The card, after a click on the button that clears `part`, and yes to its question."""
    monkeypatch.setattr(discarding, "ask_to_discard", lambda *_: True)
    window.show_page("settings")
    card = window.settings_page.storage
    qtbot.waitUntil(card.buttons[part].isEnabled)
    qtbot.mouseClick(card.buttons[part], Qt.MouseButton.LeftButton)
    return card


def test_that_storage_is_counted_and_cleared_to_the_trash_when_asked(
    qtbot: QtBot, window: MainWindow, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_teacher(home)
    gone, asked = trashed(monkeypatch), []
    monkeypatch.setattr(discarding, "ask_to_discard", lambda *said: asked.append(said[1:]) or len(asked) > 1)
    window.show_page("settings")
    card = window.settings_page.storage
    qtbot.waitUntil(lambda: card.room is not None)
    assert card.room is not None
    assert card.room.teachers == 5000
    assert card.buttons["outputs"].toolTip() == "There is nothing to clear"
    assert not card.buttons["outputs"].isEnabled()
    qtbot.mouseClick(card.buttons["teachers"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(card.buttons["teachers"].isEnabled)
    assert asked[0][0] == "Move a trained teacher (5.0 kB) to the system's trash?"
    assert "No run that is not over learns from a teacher trained here." in asked[0][1]
    assert (gone, card.said.title) == ([], "")
    assert window.focusWidget() is card.buttons["teachers"]
    qtbot.mouseClick(card.buttons["teachers"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: card.said.title == "1 moved to the trash")
    assert gone == ["a1b2"]
    qtbot.waitUntil(lambda: card.room is not None and card.room.teachers == 0)


def test_that_closing_does_not_wait_until_a_large_home_is_counted(
    qtbot: QtBot, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = time.monotonic()

    def walk(folder: Path) -> Iterator[tuple[str, list[str], list[str]]]:
        while time.monotonic() - began < 3:
            time.sleep(0.01)
            yield str(folder), [], []

    monkeypatch.setattr(storage.os, "walk", walk)
    card = StorageCard(home)
    qtbot.addWidget(card)
    card.refresh()
    card.shutdown()
    assert time.monotonic() - began < 2


def test_that_clearing_runs_says_first_what_goes_how_much_and_who_uses_it(
    qtbot: QtBot, window: MainWindow, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    used, other = a_told_run(home), a_told_run(home)
    (used.path / "log.txt").write_bytes(bytes(1_000_000))
    used.set_about(About(name="The great one"))
    pupil = a_run(home, text=f"kind: classification\nteacher: {{kind: mlp, weights: 'run:{used.id}'}}\n")
    gone, asked = trashed(monkeypatch), []
    with a_process_at_work(pupil):
        card = cleared(qtbot, window, monkeypatch, "runs")
        monkeypatch.setattr(discarding, "ask_to_discard", lambda *said: asked.append(said[1:]) or False)
        qtbot.waitUntil(lambda: len(asked) == 1 and card._going is None)
    total = size(bytes_in(used.path) + bytes_in(other.path))
    each = [size(bytes_in(run.path)) for run in (used, other)]
    question, detail = asked[0]
    assert question == f"Move 2 runs ({total}) to the system's trash?"
    assert f"The great one ({each[0]})\nDigits of a test ({each[1]})" in detail
    assert f"Used as a teacher by:\n{pupil.path.name}\nThose could not be started again." in detail
    assert "1 at work stay." in detail
    assert gone == []


def test_that_a_run_made_after_the_question_stays(
    qtbot: QtBot, window: MainWindow, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_told_run(home)
    gone, made = trashed(monkeypatch), []
    card = cleared(qtbot, window, monkeypatch, "runs")
    monkeypatch.setattr(discarding, "ask_to_discard", lambda *_: made.append(a_told_run(home)) or True)
    qtbot.waitUntil(lambda: card.said.title == "1 moved to the trash")
    assert len(gone) == 1
    assert made[0].path.exists()
    qtbot.waitUntil(lambda: card._reader is None)


def test_that_clearing_teachers_names_the_runs_that_would_train_them_again(
    qtbot: QtBot, window: MainWindow, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_teacher(home)
    a_told_run(home)
    waiting, asked = a_run(home), []
    card = cleared(qtbot, window, monkeypatch, "teachers")
    monkeypatch.setattr(discarding, "ask_to_discard", lambda *said: asked.append(said[1:]) or False)
    qtbot.waitUntil(lambda: len(asked) == 1 and card._going is None)
    assert f"learn from a teacher trained here:\n{waiting.path.name}" in asked[0][1]


def test_that_nothing_is_asked_where_all_runs_are_at_work(
    qtbot: QtBot, window: MainWindow, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    working = a_run(home)
    with a_process_at_work(working):
        card = cleared(qtbot, window, monkeypatch, "runs")
        qtbot.waitUntil(lambda: card.said.title == "There is nothing to clear")
    assert card.said.detail == "1 at work stayed."
    assert working.path.exists()


def test_that_clearing_runs_leaves_those_at_work(
    qtbot: QtBot, window: MainWindow, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, working = a_told_run(home), a_run(home)
    gone = trashed(monkeypatch)
    with a_process_at_work(working):
        card = cleared(qtbot, window, monkeypatch, "runs")
        qtbot.waitUntil(lambda: card.said.detail == "1 at work stayed.")
    assert gone == [ended.path.name]
    assert working.path.exists()
    qtbot.waitUntil(lambda: card._reader is None)


def test_that_a_trash_that_refuses_is_explained(
    qtbot: QtBot, window: MainWindow, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise KnownFailure("trash-refuses", path=str(path), why="no trash here")

    a_teacher(home)
    monkeypatch.setattr(storage, "_discard", refuse)
    card = cleared(qtbot, window, monkeypatch, "teachers")
    qtbot.waitUntil(lambda: card.said.title == "It cannot be moved to the trash")
    assert "no trash here" in card.said.detail
    qtbot.waitUntil(lambda: card._reader is None)


def test_that_the_page_needs_no_second_look_to_show_a_settings_file_edited_by_hand(
    open_window: Callable[[], MainWindow], home: Home
) -> None:
    (home.root / "settings.json").write_text(json.dumps({"theme": "sepia", "threads": "many", "presenter": 1, "device": "cpu"}))
    page = open_window().settings_page
    assert page.theme.chosen == 0
    assert (page.device.value(), page.threads.value(), page.presenter.value()) == ("cpu", "auto", False)


class FakeMode:
    """A desktop that can be kept awake, or cannot."""

    def __init__(self, active: bool) -> None:
        self.active = active
        self.entered, self.left = threading.Event(), threading.Event()

    def __enter__(self) -> "FakeMode":
        self.entered.set()
        return self

    def __exit__(self, *_: object) -> None:
        self.left.set()


def test_that_the_machine_is_kept_awake_until_it_is_let_go(qtbot: QtBot) -> None:
    mode = FakeMode(active=True)
    awake = Awake(lambda: mode)
    awake.start()
    qtbot.waitUntil(mode.entered.is_set)
    assert not mode.left.is_set()
    awake.leave()
    assert awake.wait(5)
    assert mode.left.is_set()


@pytest.mark.parametrize("keeper", [lambda: FakeMode(active=False), lambda: 1 / 0])
def test_that_a_desktop_that_cannot_be_kept_awake_is_said_and_no_more(qtbot: QtBot, keeper: Any) -> None:
    awake = Awake(keeper)
    with qtbot.waitSignal(awake.refused):
        awake.start()
    awake.leave()
    assert awake.wait(5)


@pytest.mark.skipif(sys.platform != "linux", reason="a session bus")
def test_that_a_desktop_that_never_answers_does_not_hold_the_window(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real peer at the address of the session bus, which takes the call and is silent from then on."""
    with socket.socket(socket.AF_UNIX) as bus:
        bus.bind(str(tmp_path / "bus"))
        bus.listen()
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path / 'bus'}")
        awake = Awake()
        refused: list[bool] = []
        awake.refused.connect(lambda: refused.append(True))
        awake.start()
        peer, _ = bus.accept()  # it has been asked, and waits
        awake.leave()
        began = time.monotonic()
        assert not awake.wait()
        assert time.monotonic() - began < 1.0
        peer.close()
    assert awake.wait(10)
    assert refused == []  # nobody asks any more


STALLS = """
import socket, sys
from pathlib import Path
from PySide6.QtCore import QTimer
from kdstudio.gui import app, awake
from kdstudio.runs import launch
from kdstudio.runs.home import Home
from kdstudio.runs.settings import Settings, write_settings
from kdstudio.spec import loads
from tests.gui.player import Player

here, there = socket.socketpair()

class Stalling:
    def __enter__(self):
        print("asked", flush=True)
        here.recv(1)
    def __exit__(self, *_):
        pass

awake.keep_running = Stalling

class Keeper(app.Housekeeper):
    def _open(self):
        super()._open()
        window = self._window
        window.start_experiment(loads("kind: classification"))
        self.look = QTimer(self, interval=20)
        self.look.timeout.connect(self.close_when_asked)
        self.look.start()
    def close_when_asked(self):
        endings = self._window.shell.endings
        if endings is not None and endings.awake is not None and self._window.controller.state.events:
            self.look.stop()
            self._window.leaves = True
            self._window.close()

app.Housekeeper = Keeper
home = Home.locate(Path(sys.argv[1]))
write_settings(home, Settings(keep_awake=True))
player = Player(0.05)
launch.command = player.command
print(app.run_window(home), flush=True)
for folder in home.folders():
    launch.process_of(folder).kill()
"""


def test_that_a_window_closes_and_its_process_ends_while_the_desktop_does_not_answer(home: Home) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", STALLS, str(home.root)],
        capture_output=True, text=True, timeout=60, cwd=Path(__file__).resolve().parent.parent.parent, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "asked\n0\n"), done.stderr


def test_that_focusable_settings_have_names(page: SettingsPage) -> None:
    for name in ("settings.presenter", "settings.notify", "settings.awake", "settings.device", "settings.threads"):
        widget = page.findChild(QWidget, name)
        assert widget is not None, name
        assert widget.accessibleName(), name


def test_that_a_folder_that_cannot_be_cleared_is_told_and_is_no_success(
    qtbot: QtBot, window: MainWindow, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path) -> int:
        raise PermissionError(13, "Permission denied", str(folder))

    a_teacher(home)
    monkeypatch.setattr(clearing, "shared", refuse)
    card = cleared(qtbot, window, monkeypatch, "teachers")
    qtbot.waitUntil(lambda: "Permission denied" in card.said.detail)
    assert "moved to the trash" not in card.said.title
    qtbot.waitUntil(lambda: card._reader is None)
