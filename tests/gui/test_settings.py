"""The settings: each is in force at once, outlives the window, and reaches what it promises to reach."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from kdstudio.gui import file_manager
from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.pages.settings import SettingsPage
from kdstudio.gui.preferences import Preferences
from kdstudio.gui.presenter import masked, shown
from kdstudio.gui.theme import theme
from kdstudio.runs.home import Home
from kdstudio.runs.settings import Settings, read_settings, write_settings


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
    assert "could not be saved" in window.message.title


def test_that_another_settings_writer_is_not_overwritten(qapp: object, home: Home) -> None:
    preferences = Preferences(home)
    write_settings(home, Settings(smoothing=0.5))
    preferences.change(notify=False)
    assert read_settings(home) == Settings(smoothing=0.5, notify=False)


def test_that_the_page_needs_no_second_look_to_show_a_settings_file_edited_by_hand(
    open_window: Callable[[], MainWindow], home: Home
) -> None:
    (home.root / "settings.json").write_text(json.dumps({"theme": "sepia", "threads": "many", "presenter": 1, "device": "cpu"}))
    page = open_window().settings_page
    assert page.theme.chosen == 0
    assert (page.device.value(), page.threads.value(), page.presenter.value()) == ("cpu", "auto", False)


def test_that_focusable_settings_have_names(page: SettingsPage) -> None:
    for name in ("settings.presenter", "settings.notify", "settings.awake", "settings.device", "settings.threads"):
        widget = page.findChild(QWidget, name)
        assert widget is not None, name
        assert widget.accessibleName(), name
