"""Nothing is cut off: not in the smallest window, not in large type, not beside the help."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QPushButton, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from kdstudio.gui.buttons import PrimaryButton, SignButton
from kdstudio.gui.cards import Elided
from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.pages.home import HomePage
from kdstudio.gui.theme import theme
from kdstudio.runs.home import Home
from kdstudio.spec import loads
from tests.fakes import EXPERIMENT, a_told_run, until
from tests.gui.desks import FakeDesk

pytestmark = pytest.mark.gui

SMALLEST, FLOOR = (900, 560), (1024, 640)
LONG = "A title that somebody typed in full, with every detail of what the experiment is about, and why, and for whom"


@pytest.fixture
def large() -> Iterator[None]:
    """Presenter mode."""
    theme().present(True)
    yield
    theme().present(False)


def cut_off(place: QWidget) -> list[str]:
    """What in `place` has less room than its words need. What is elided says the whole in a tooltip, and is none."""
    found = []
    for label in place.findChildren(QLabel):
        if not label.isVisible() or not label.text() or isinstance(label, Elided):
            continue
        needed = label.heightForWidth(label.width()) if label.wordWrap() else label.sizeHint().height()
        if label.height() < needed or (not label.wordWrap() and label.width() < label.sizeHint().width()):
            found.append(f"label {label.text()[:40]!r}: {label.size().toTuple()}, needs {needed}")
    for button in place.findChildren(QAbstractButton):
        words = button.fontMetrics().horizontalAdvance(button.text())
        drawn = isinstance(button, QPushButton | PrimaryButton)
        if button.isVisible() and drawn and button.text() and button.width() < words + 16:
            found.append(f"button {button.text()!r}: {button.width()}, its words {words}")
    for area in place.findChildren(QScrollArea):
        never = area.horizontalScrollBarPolicy() == Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        if area.isVisible() and never and area.widget().width() > area.viewport().width():
            found.append(f"{area.objectName()}: {area.widget().width()} in {area.viewport().width()}")
    return found


def still_cut_off(place: QWidget) -> list[str]:
    """What is cut off once everything has had its turn to find its place."""
    until(lambda: bool(QTest.qWait(20)) or not cut_off(place), 2.0)
    return cut_off(place)


def places(window: MainWindow, qtbot: QtBot) -> Iterator[tuple[str, QWidget]]:
    """Each page in turn, and the form in full."""
    for name in ("home", "settings", "run", "runs", "new"):
        window.show_page(name)
        qtbot.wait(30)
        yield name, window.pages.currentWidget()
    window.new_page.detail.group.button(1).click()
    window.new_page.change({"training.epochs": 7.0, "training.learning_rate": 0.1, "dataset.labelled": 0.5})
    qtbot.wait(30)
    yield "new, advanced", window.new_page


@pytest.fixture
def small(qtbot: QtBot, home: Home, open_window: Callable[[], MainWindow], desks: list[FakeDesk]) -> MainWindow:
    """A window over two runs, with the first steps and a run at work in the navigation."""
    for title in (LONG, "Short"):
        run = a_told_run(home, text=f"kind: classification\ntitle: '{title}'\n")
    window = open_window()
    page = window.pages.currentWidget()
    assert isinstance(page, HomePage)
    qtbot.waitUntil(lambda: page.feed.known)
    window.open_run(run)
    qtbot.waitUntil(lambda: not window.controller.active and window.controller.state.outcome == "completed")
    window.new_page.show_experiment(loads(EXPERIMENT))
    window.navigation.running.show_run(LONG, "Student", 0.4, "student")
    return window


def test_that_nothing_is_cut_off_in_the_smallest_window(qtbot: QtBot, small: MainWindow) -> None:
    small.resize(*SMALLEST)
    for name, place in places(small, qtbot):
        assert not still_cut_off(place), name
        assert small.pages.currentWidget().title.text() == small.pages.currentWidget().title.whole  # type: ignore[attr-defined]
    assert not still_cut_off(small.navigation)


def test_that_nothing_is_cut_off_in_large_type(qtbot: QtBot, small: MainWindow, large: None) -> None:
    small.resize(*FLOOR)
    for name, place in places(small, qtbot):
        assert not still_cut_off(place), name
        assert small.pages.currentWidget().title.text() == small.pages.currentWidget().title.whole  # type: ignore[attr-defined]
    assert not still_cut_off(small.navigation)


def test_that_the_first_steps_give_way_to_the_run_at_work_where_both_have_no_room(
    qtbot: QtBot, small: MainWindow
) -> None:
    hint = small.navigation.hint
    assert hint is not None
    small.resize(1360, 860)
    qtbot.waitUntil(hint.words.isVisible)
    small.resize(*SMALLEST)
    qtbot.waitUntil(lambda: hint.isVisible() and not hint.words.isVisible())
    small.resize(1360, 860)
    qtbot.waitUntil(hint.words.isVisible)


def test_that_the_help_stands_beside_a_page_that_has_room_and_over_one_that_has_not(
    qtbot: QtBot, small: MainWindow
) -> None:
    small.resize(*FLOOR)
    small.show_page("settings")
    small.actions_by_id["help.shortcuts"].trigger()
    centre = small.centralWidget()
    qtbot.waitUntil(lambda: small.pages.width() < centre.width() - 300)  # beside it
    for page in ("new", "settings", "home"):
        small.show_page(page)
        over = page == "new"
        qtbot.waitUntil(lambda over=over: (small.pages.width() > centre.width() - 300) is over)  # type: ignore[misc]
        assert centre.width() == small.width()  # nothing has pushed the window's right edge out of view
        assert small.shell.help.geometry().right() < centre.width()
        assert over or not still_cut_off(small.pages.currentWidget())


def test_that_a_sign_without_words_has_its_name_for_tooltip_and_screen_reader(qtbot: QtBot, small: MainWindow) -> None:
    small.resize(*SMALLEST)
    small.show_page("new")
    tools = small.new_page.tools
    qtbot.waitUntil(lambda: tools.open.text() == "")
    for button in (tools.open, tools.save, *tools.findChildren(SignButton)):
        assert button.accessibleName()
        assert button.toolTip()
    small.resize(1360, 860)
    qtbot.waitUntil(lambda: tools.open.text() == "Open")


def test_that_a_wide_window_shows_the_whole_form_in_two_columns(qtbot: QtBot, small: MainWindow) -> None:
    small.resize(1920, 1080)
    small.show_page("new")
    cards = small.new_page.cards
    qtbot.waitUntil(lambda: cards[3].mapTo(small, cards[3].rect().topLeft()).x() > cards[0].width())
    bar = small.new_page.board.window().findChild(QScrollArea, "new.scroll").verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() == 0)
    assert not still_cut_off(small.new_page)
    small.resize(*FLOOR)
    qtbot.waitUntil(lambda: cards[3].parent() is cards[0].parent() and not cut_off(small.new_page))
