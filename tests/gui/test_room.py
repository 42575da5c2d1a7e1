"""Nothing is cut off: not in the smallest window, not in large type, not beside the help."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QPushButton, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from kdstudio.gui.buttons import PrimaryButton, SignButton
from kdstudio.gui.cards import Elided
from kdstudio.gui.geometry import LEAST
from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.pages.home import HomePage
from kdstudio.gui.theme import theme
from kdstudio.runs.home import Home
from kdstudio.spec import loads
from tests.fakes import EXPERIMENT, a_told_run, until
from tests.gui.desks import FakeDesk
from tests.gui.player import RECORDED, Player

pytestmark = pytest.mark.gui

SMALLEST, FLOOR = LEAST.toTuple(), (1024, 640)
SHORT = 36  # letters that are expected to fit: what is longer may end in dots, and says the whole in its tooltip
ORDINARY = "Digits, a student of 16 units"
LONG = "A title that somebody typed in full, with every detail of what the experiment is about, and why, and for whom"


@pytest.fixture
def large() -> Iterator[None]:
    """Presenter mode."""
    theme().present(True)
    yield
    theme().present(False)


def cut_off(place: QWidget, short: int = SHORT) -> list[str]:
    """What in `place` has less room than its words need. Of what may be elided only the short."""
    found = []
    for label in place.findChildren(QLabel):
        if not label.isVisible() or not label.text():
            continue
        if isinstance(label, Elided):
            if label.elided and len(label.fewest) <= short:
                found.append(f"elided {label.whole!r} as {label.text()!r}: {label.width()}")
            assert not label.elided or label.toolTip()
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


def still_cut_off(place: QWidget, short: int = SHORT) -> list[str]:
    """What is cut off once everything has had its turn to find its place."""
    until(lambda: bool(QTest.qWait(20)) or not cut_off(place, short), 20.0)
    return cut_off(place, short)


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
    for title in (LONG, ORDINARY):
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
        title = small.pages.currentWidget().title  # type: ignore[attr-defined]
        assert title.text() in (title.whole, title.fewest)
    assert not still_cut_off(small.navigation)


def test_that_nothing_is_cut_off_in_large_type(qtbot: QtBot, small: MainWindow, large: None) -> None:
    small.resize(*FLOOR)
    for name, place in places(small, qtbot):
        assert not still_cut_off(place), name
        assert small.pages.currentWidget().title.text() == small.pages.currentWidget().title.whole  # type: ignore[attr-defined]
    assert not still_cut_off(small.navigation)


def in_sight(widget: QWidget) -> QRect:
    """The part of `widget` that nothing cuts off."""
    return widget.visibleRegion().boundingRect()


@pytest.fixture
def smaller(qtbot: QtBot, home: Home, player: Player, open_window: Callable[[], MainWindow]) -> MainWindow:
    """The smallest usual window, with a run whose student has begun and waits."""
    player.habits, player.story = ("hold=student",), "normal"
    window = open_window()
    window.resize(*FLOOR)
    window.start_experiment(loads(RECORDED.replace("A recorded run", ORDINARY)))
    qtbot.waitUntil(lambda: window.run_page.tiles.agreement.number != "–", timeout=20_000)
    return window


def test_that_a_small_window_shows_title_tiles_and_curves_of_a_run_at_work_without_scrolling(
    qtbot: QtBot, smaller: MainWindow
) -> None:
    page = smaller.run_page
    qtbot.waitUntil(lambda: not still_cut_off(page))
    assert page.title.text() == ORDINARY
    for tile in (page.tiles.accuracy, page.tiles.agreement, page.tiles.gain, page.tiles.cost):
        assert in_sight(tile) == tile.rect(), tile.objectName()
        assert not any(label.elided for label in tile.findChildren(Elided)), tile.accessibleDescription()
    assert in_sight(page.accuracy) == page.accuracy.rect()  # the whole plot, with its axis
    assert page.accuracy.plot.height() >= 180


def test_that_a_small_window_shows_title_tiles_and_curves_of_a_verdict_without_scrolling(
    qtbot: QtBot, small: MainWindow
) -> None:
    small.resize(*FLOOR)
    small.show_page("run")
    page = small.run_page
    qtbot.waitUntil(page.verdict.isVisible)
    qtbot.waitUntil(lambda: not still_cut_off(page))
    assert page.title.text() == ORDINARY
    for tile in (page.tiles.accuracy, page.tiles.agreement, page.tiles.gain, page.tiles.cost):
        assert in_sight(tile) == tile.rect(), tile.objectName()
        assert not any(label.elided for label in tile.findChildren(Elided)), tile.accessibleDescription()
    canvas = page.accuracy.plot.viewport()
    assert in_sight(canvas) == canvas.rect()


def test_that_buttons_without_words_say_what_they_do_and_what_they_are_at(qtbot: QtBot, smaller: MainWindow) -> None:
    controls = smaller.run_page.controls
    four = {
        controls.save: "Save now",
        controls.evaluate: "Evaluate now",
        controls.pause: "Pause",
        controls.stop: "Stop",
    }
    qtbot.waitUntil(lambda: not any(button.text() for button in four))
    for button, word in four.items():
        assert button.accessibleName() == word
        assert button.toolTip().startswith(word)
    smaller.resize(1360, 860)
    qtbot.waitUntil(lambda: [button.text() for button in four] == list(four.values()))
    assert controls.stop.toolTip() == ""
    smaller.resize(*FLOOR)
    qtbot.waitUntil(lambda: not any(button.text() for button in four))
    qtbot.mouseClick(controls.save, Qt.MouseButton.LeftButton)
    assert (controls.save.text(), controls.save.accessibleName()) == ("Saving...", "Saving...")
    assert smaller.run_page.title.text() == ORDINARY


def test_that_a_title_longer_than_the_window_ends_in_dots_and_stands_in_its_tooltip(
    qtbot: QtBot, small: MainWindow
) -> None:
    small.resize(*FLOOR)
    small.open_run(next(run for run in small.home.folders() if run.experiment().title == LONG))
    page = small.run_page
    qtbot.waitUntil(lambda: page.title.whole == LONG)
    qtbot.waitUntil(lambda: page.title.elided and page.title.toolTip() == LONG)
    qtbot.waitUntil(lambda: page.title.width() > 500)  # the buttons have given up their words for it
    assert in_sight(page.pill) == page.pill.rect()
    small.resize(1360, 860)  # where a title gets its share, and no more
    qtbot.waitUntil(lambda: page.controls.replay.text() == "Replay" and page.title.elided)


def test_that_the_run_in_the_navigation_is_named_in_two_lines_if_need_be(qtbot: QtBot, small: MainWindow) -> None:
    running = small.navigation.running
    for title, lines, cut in (("Digits", 1, False), (ORDINARY, 2, False), (LONG, 2, True), ("Long" * 20, 1, True)):
        running.show_run(title, "Student", 0.4, "student")
        qtbot.waitUntil(lambda lines=lines: running.name.height() >= lines * running.name.fontMetrics().height())  # type: ignore[misc]
        assert running.name.text().count("\n") == lines - 1
        assert running.name.elided is cut
        assert running.name.toolTip() == (title if cut else "")
        assert running.name.accessibleName() == running.name.whole == title
    assert running.geometry().bottom() < small.navigation.height()


def test_that_the_first_steps_give_way_to_the_run_at_work_where_both_have_no_room(
    qtbot: QtBot, small: MainWindow
) -> None:
    hint = small.navigation.hint
    assert hint is not None
    small.resize(1360, 860)
    qtbot.waitUntil(hint.words.isVisible)
    small.resize(900, 560)
    qtbot.waitUntil(lambda: hint.isVisible() and not hint.words.isVisible())
    small.resize(*SMALLEST)
    qtbot.waitUntil(lambda: not hint.isVisible())
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
