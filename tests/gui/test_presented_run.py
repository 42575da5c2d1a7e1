"""A finished run in an audience's large type, in the smallest window that the program is made for."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QPoint
from pytestqt.qtbot import QtBot

from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.pages.run import RunPage
from kdstudio.gui.theme import theme
from kdstudio.runs.home import Home
from tests.fakes import a_told_run

pytestmark = pytest.mark.gui


@pytest.fixture
def page(qtbot: QtBot, open_window: Callable[[], MainWindow], home: Home) -> Iterator[RunPage]:
    run = a_told_run(home)
    theme().present(True)
    window = open_window()
    window.resize(1024, 640)
    window.open_run(run)
    qtbot.waitUntil(lambda: window.run_page.verdict.isVisible())
    yield window.run_page
    theme().present(False)


def in_view(page: RunPage) -> bool:
    """Whether all of the accuracy plot is, with its axis."""
    plot = page.accuracy
    return plot.isVisible() and plot.visibleRegion().boundingRect() == plot.rect()


def below_plots(page: RunPage) -> bool:
    return page.options.mapTo(page, QPoint()).y() > page.board.mapTo(page, QPoint()).y()


def test_that_the_whole_accuracy_plot_is_in_view_and_its_options_are_below_the_plots(
    qtbot: QtBot, page: RunPage
) -> None:
    qtbot.waitUntil(lambda: in_view(page))
    assert page.accuracy.height() >= 200
    qtbot.waitUntil(lambda: below_plots(page))
    page.scroll_to(page.options)
    qtbot.waitUntil(lambda: page.options.visibleRegion().boundingRect() == page.options.rect())


def test_that_a_larger_window_or_usual_type_has_the_options_beside_or_below_the_tabs_again(
    qtbot: QtBot, page: RunPage
) -> None:
    qtbot.waitUntil(lambda: below_plots(page))
    page.window().resize(1280, 800)
    qtbot.waitUntil(lambda: not below_plots(page))
    page.window().resize(1024, 640)
    qtbot.waitUntil(lambda: below_plots(page))
    theme().present(False)
    qtbot.waitUntil(lambda: not below_plots(page))
    qtbot.waitUntil(lambda: in_view(page))
