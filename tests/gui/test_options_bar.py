"""The smoothing that people choose beside the plots is there again, in this window and in the next."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from kdstudio.gui.main_window import MainWindow
from kdstudio.runs.home import Home
from kdstudio.runs.settings import Settings, read_settings, write_settings

pytestmark = pytest.mark.gui


def test_that_the_smoothing_of_the_plots_is_kept_and_there_again(
    qtbot: QtBot, open_window: Callable[[], MainWindow], home: Home
) -> None:
    window = open_window()
    window.show_page("run")
    slider = window.run_page.options.smoothing
    assert slider.value() == 90
    for _ in range(3):
        qtbot.keyClick(slider, Qt.Key.Key_Left)
    chosen = slider.value() / 100
    assert chosen < 0.9
    qtbot.waitUntil(lambda: read_settings(home) == Settings(smoothing=chosen))
    assert open_window().run_page.options.options.smoothing == chosen


def test_that_a_smoothing_chosen_last_of_all_is_kept_too(
    qtbot: QtBot, open_window: Callable[[], MainWindow], home: Home
) -> None:
    window = open_window()
    window.show_page("run")
    qtbot.keyClick(window.run_page.options.smoothing, Qt.Key.Key_Home)
    window.close()
    assert read_settings(home).smoothing == 0


@pytest.mark.parametrize(("written", "shown"), [("7", 0.99), ("-3.5", 0.0), ("1e999", 0.9), ('"much"', 0.9)])
def test_that_a_smoothing_that_cannot_be_is_taken_for_the_nearest_that_can(
    open_window: Callable[[], MainWindow], home: Home, written: str, shown: float
) -> None:
    (home.root / "settings.json").write_text(f'{{"smoothing": {written}}}')
    assert open_window().run_page.options.options.smoothing == shown


def test_that_a_smoothing_that_nobody_has_moved_stays_as_it_was_written(
    qtbot: QtBot, open_window: Callable[[], MainWindow], home: Home
) -> None:
    write_settings(home, Settings(smoothing=0.123))
    window = open_window()
    window.show_page("run")
    assert window.run_page.options.options.smoothing == 0.12
    window.show_page("home")  # what was still to be kept is kept now
    assert read_settings(home).smoothing == 0.123


def test_that_another_setting_does_not_move_the_slider_under_the_hand(
    qtbot: QtBot, open_window: Callable[[], MainWindow], home: Home
) -> None:
    write_settings(home, Settings(smoothing=0.5))
    window = open_window()
    window.show_page("run")
    slider = window.run_page.options.smoothing
    qtbot.keyClick(slider, Qt.Key.Key_End)
    window.preferences.change(notify=False)
    assert slider.value() == slider.maximum()
    qtbot.waitUntil(lambda: read_settings(home) == Settings(smoothing=0.99, notify=False))
