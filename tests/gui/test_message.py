"""The window's own message: it lies over the page, moves nothing, leaves the page's main buttons free, and offers a way on."""

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.theme import theme
from kdstudio.runs.home import Home
from tests.fakes import a_told_run

LONG = "Nothing more could be written to the folder of the run, since the disk is full. " * 2


def places(window: MainWindow) -> dict[int, QRect]:
    """Where every visible part of the page in view lies."""
    QApplication.processEvents()
    page = window.pages.currentWidget()
    return {
        number: QRect(part.mapTo(window, QPoint(0, 0)), part.size())
        for number, part in enumerate(page.findChildren(QWidget))
        if part.isVisible()
    }


def inside(window: MainWindow) -> QRect:
    return QRect(window.message.mapTo(window, QPoint(0, 0)), window.message.size())


@pytest.mark.parametrize("page", ["home", "new", "run", "runs", "settings"])
def test_that_a_message_moves_nothing_on_the_page(qtbot: QtBot, window: MainWindow, home: Home, page: str) -> None:
    a_told_run(home)
    window.show_page(page)
    qtbot.waitUntil(lambda: window.pages.currentWidget().isVisible())
    qtbot.wait(50)
    before = places(window)
    window.show_message("Completed: Digits", LONG, "agreement")
    assert window.message.isVisible()
    assert places(window) == before
    window.message.close_button.click()
    assert not window.message.isVisible()
    assert places(window) == before


@pytest.mark.parametrize("size", [(1360, 860), (800, 500)])
def test_that_a_message_stays_in_the_window_and_shows_all_its_words(
    window: MainWindow, size: tuple[int, int], tmp_path: Path
) -> None:
    window.resize(*size)
    theme().present(True)
    try:
        window.show_message("The disk is full", LONG, buttons=[("Do this", int), ("Do that", int)])
        QApplication.processEvents()
        content = window.message.parentWidget()
        assert content.rect().contains(window.message.geometry())
        for part in window.message.findChildren(QWidget):
            if part.isVisible():
                assert part.height() >= part.minimumSizeHint().height(), part
                assert window.message.rect().contains(QRect(part.mapTo(window.message, QPoint(0, 0)), part.size()))
    finally:
        theme().present(False)


def test_that_start_and_queue_stay_free(window: MainWindow) -> None:
    window.resize(1360, 860)
    window.show_page("new")
    window.show_message("Added to the queue", LONG, buttons=[("Start queue", int), ("Show queue", int)])
    QApplication.processEvents()
    for button in (window.new_page.start_button, window.new_page.summary.queue):
        assert not inside(window).intersects(QRect(button.mapTo(window, QPoint(0, 0)), button.size()))


def test_that_what_is_offered_is_done_once_and_closes_the_message(qtbot: QtBot, window: MainWindow) -> None:
    done: list[str] = []
    window.show_message(
        "One", buttons=[("Do this", lambda: done.append("this")), ("Do that", lambda: done.append("that"))]
    )
    (offer,) = (each for each in window.message.findChildren(QPushButton) if each.text() == "Do that")
    qtbot.mouseClick(offer, Qt.MouseButton.LeftButton)
    assert done == ["that"]
    assert not window.message.isVisible()
    window.show_message("Two")
    texts = [each.text() for each in window.message.findChildren(QPushButton) if each.isVisible()]
    assert texts == ["Close"]
