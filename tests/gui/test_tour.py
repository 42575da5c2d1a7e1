"""The tour: five steps over the real window, by mouse and by keys, and nothing of it left when it is over."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.theme import Choice, theme
from kdstudio.gui.tour import Tour, beside
from kdstudio.runs.home import Home
from kdstudio.runs.settings import read_settings
from tests.fakes import a_told_run

pytestmark = pytest.mark.gui
LEFT = Qt.MouseButton.LeftButton
PAGES = ["page.home", "page.new", "page.new", "page.run", "page.run"]


def begun(qtbot: QtBot, window: MainWindow) -> Tour:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.shell.start_tour()
    return tour_of(window)


def tour_of(window: MainWindow) -> Tour:
    tour = window.shell._tour
    assert tour is not None
    QApplication.processEvents()
    tour._follow()
    return tour


def in_view(window: MainWindow) -> str:
    return window.pages.currentWidget().objectName()


def press(window: MainWindow, key: Qt.Key) -> None:
    QTest.keyClick(window.focusWidget() or window, key)
    QApplication.processEvents()


def test_that_show_me_leads_through_five_steps_each_with_its_thing_in_the_frame(
    qtbot: QtBot, window: MainWindow, home: Home
) -> None:
    window.resize(1024, 640)
    qtbot.waitUntil(lambda: window.navigation.hint is not None)
    hint = window.navigation.hint
    assert hint is not None
    qtbot.mouseClick(hint.show_me, LEFT)
    seen: list[str] = []
    for number in range(5):
        tour = tour_of(window)
        target = tour._target()
        assert target is not None
        assert not tour.hole.isEmpty()
        assert tour.rect().contains(tour.hole)
        assert tour.rect().contains(tour.card.geometry())
        assert (tour.number, in_view(window)) == (number, PAGES[number])
        assert tour.title.text() in tour.accessibleName()
        assert f"step {number + 1} of 5" in tour.accessibleName()
        seen.append(target.objectName())
        assert tour.sentence.text().count(". ") <= 1
        qtbot.mouseClick(tour.next, LEFT)
    assert seen[0].startswith("sample.")
    assert seen[3] == "plot.accuracy"
    assert window.shell._tour is None
    assert in_view(window) == "page.home"
    assert window.navigation.hint is None
    assert read_settings(home).tour_seen


def test_that_keys_go_on_back_and_away(qtbot: QtBot, window: MainWindow) -> None:
    window.show_page("settings")
    tour = begun(qtbot, window)
    for key, number in (
        (Qt.Key.Key_Right, 1), (Qt.Key.Key_Right, 2), (Qt.Key.Key_Left, 1), (Qt.Key.Key_Return, 2), (Qt.Key.Key_Left, 1),
        (Qt.Key.Key_Left, 0), (Qt.Key.Key_Left, 0),
    ):  # fmt: skip
        press(window, key)
        assert tour.number == number
    press(window, Qt.Key.Key_Escape)
    assert window.shell._tour is None
    assert in_view(window) == "page.settings"


def test_that_tab_stays_within_the_tour_and_its_buttons_hear_their_keys(qtbot: QtBot, window: MainWindow) -> None:
    tour = begun(qtbot, window)
    press(window, Qt.Key.Key_Right)
    met = []
    for _ in range(5):
        press(window, Qt.Key.Key_Tab)
        met.append(window.focusWidget())
    assert met == [tour.skip, tour.back, tour.next, tour, tour.skip]
    tour.back.setFocus()
    press(window, Qt.Key.Key_Return)
    assert tour.number == 0
    tour.next.setFocus()
    press(window, Qt.Key.Key_Right)
    assert tour.number == 1
    tour.skip.setFocus()
    press(window, Qt.Key.Key_Space)
    assert window.shell._tour is None


def test_that_nothing_of_the_tour_is_left(qtbot: QtBot, window: MainWindow) -> None:
    tour = begun(qtbot, window)
    timer = tour._timer
    press(window, Qt.Key.Key_Escape)
    assert not timer.isActive()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not isValid(tour)
    assert not isValid(timer)
    assert window.findChildren(Tour) == []


def test_that_what_lies_below_cannot_be_clicked(qtbot: QtBot, window: MainWindow) -> None:
    tour = begun(qtbot, window)
    start = window.lobby.home_page.samples[0].start
    place = start.mapTo(window, start.rect().center())
    assert window.childAt(place) is tour
    QTest.mouseClick(tour, LEFT, pos=place)
    assert window.controller.folder is None


def test_that_a_finished_run_shows_its_curves_and_its_headline(qtbot: QtBot, window: MainWindow, home: Home) -> None:
    run = a_told_run(home)
    window.show_page("home")
    window.lobby.feed.refresh()
    qtbot.waitUntil(lambda: bool(window.lobby.feed.rows))
    tour = begun(qtbot, window)
    for _ in range(4):
        press(window, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: tour._target() is window.run_page.verdict)
    assert window.controller.folder == run
    assert "appear here" not in tour.sentence.text()


def test_that_the_tour_gives_way_to_another_page_and_to_the_stage(qtbot: QtBot, window: MainWindow) -> None:
    begun(qtbot, window)
    window.show_page("settings")
    qtbot.waitUntil(lambda: window.shell._tour is None)
    assert in_view(window) == "page.settings"
    begun(qtbot, window)
    window.stage.enter()
    assert window.shell._tour is None
    window.stage.leave()


def test_that_it_can_be_taken_again_from_the_help(qtbot: QtBot, window: MainWindow) -> None:
    window.shell.start_tour()
    tour_of(window).finish()
    window.actions_by_id["help.tour"].trigger()
    assert tour_of(window).isVisible()
    window.actions_by_id["help.tour"].trigger()  # once more: from the beginning
    assert tour_of(window).number == 0
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert len(window.findChildren(Tour)) == 1


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("scheme", [Choice.LIGHT, Choice.DARK])
def test_that_the_words_have_room_in_the_smallest_window(
    qtbot: QtBot, open_window: Callable[[], MainWindow], large: bool, scheme: Choice
) -> None:
    theme().apply(scheme)
    theme().present(large)
    try:
        window = open_window()
        window.resize(window.minimumSize())
        window.shell.start_tour()
        for _ in range(5):
            tour = tour_of(window)
            QTest.qWait(150)
            qtbot.waitUntil(lambda tour=tour: not tour.hole.isEmpty())  # type: ignore[misc]
            assert tour.rect().contains(tour.card.geometry())
            assert tour.sentence.height() >= tour.sentence.heightForWidth(tour.sentence.width())
            covered = tour.hole.intersected(tour.card.geometry())
            assert covered.width() * covered.height() < 0.6 * tour.hole.width() * tour.hole.height()
            tour.go_on()
    finally:
        theme().present(False)


@pytest.mark.parametrize(
    ("hole", "place"),
    [
        (QRect(100, 100, 200, 200), (311, 149)),  # at the right
        (QRect(700, 100, 290, 200), (388, 149)),  # at the left
        (QRect(0, 100, 1000, 100), (350, 211)),  # below
        (QRect(0, 400, 1000, 190), (350, 288)),  # above
        (QRect(0, 0, 1000, 600), (688, 249)),  # where it must cover something
    ],
)
def test_that_the_words_stand_where_they_cover_least(hole: QRect, place: tuple[int, int]) -> None:
    spot = beside(hole, QRect(0, 0, 300, 100), QRect(0, 0, 1000, 600))
    assert (spot.x(), spot.y()) == pytest.approx(place, abs=2)
