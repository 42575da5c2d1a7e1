"""The window without a mouse and without eyes: names and roles on what takes focus, Tab to all of it, keys to a run."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from kdstudio.gui.main_window import MainWindow
from kdstudio.runs.events import RunEnded
from kdstudio.runs.home import Home
from kdstudio.spec import loads
from tests.fakes import EXPERIMENT, a_story, a_told_run, stamped
from tests.gui.desks import data, memory
from tests.gui.player import Player

NO_ROLES = {QAccessible.Role.NoRole, QAccessible.Role.Client, QAccessible.Role.Border}


@pytest.fixture
def furnished(qtbot: QtBot, window: MainWindow, home: Home) -> MainWindow:
    """A window with a finished run in view and in its library, large enough that nothing is squeezed."""
    window.resize(1500, 1000)
    window.open_run(a_told_run(home))
    qtbot.waitUntil(lambda: not window.controller.active)
    window.new_page.show_experiment(loads(EXPERIMENT))
    return window


def places(window: MainWindow) -> Iterator[str]:
    """Every page, each of its views, and what lies over pages; each is in view while its name is given."""
    for page in window.navigation.buttons:
        window.show_page(page)
        yield page
        for group in (part.group for part in window.pages.currentWidget().findChildren(QWidget) if _switches(part)):
            for button in group.buttons()[1:]:
                if button.isEnabled():
                    button.click()
                    yield f"{page}, {button.text()}"
            group.buttons()[0].click()
    for command in ("help.shortcuts", "help.terms"):
        window.actions_by_id[command].trigger()
        yield command
    window.shell.hide_help()
    window.actions_by_id["view.palette"].trigger()
    yield "palette"
    window.shell.palette.dismiss()


def _switches(part: QWidget) -> bool:
    """Whether `part` is a segmented control that brings other views into view."""
    return (
        hasattr(part, "group")
        and part.isVisible()
        and part.objectName() in ("detail", "run.views", "run.tabs", "runs.below")
    )


def in_focus_order(window: MainWindow) -> list[QWidget]:
    """What Tab is to reach now."""
    return [
        widget
        for widget in window.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible() and widget.isEnabled()
        and widget.focusProxy() is None and widget.window() is window and not isinstance(widget, QTabBar)
    ]  # fmt: skip


def stop_of(widget: QWidget) -> object:
    """Where Tab stops for `widget`: buttons of which one is chosen have one stop, and arrows between them."""
    if isinstance(widget, QAbstractButton) and widget.group() is not None and widget.group().exclusive():
        return widget.group().objectName() or id(widget.parentWidget())
    if isinstance(widget, QAbstractButton) and widget.autoExclusive():
        return id(widget.parentWidget())
    return id(widget)


def told(widget: QWidget) -> tuple[str, QAccessible.Role]:
    """The name and role that a screen reader is given for `widget`."""
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name).strip(), interface.role()


def called(widget: QWidget) -> str:
    return f"{type(widget).__name__} {widget.objectName() or '(no name)'} in {widget.parentWidget().objectName()}"


def test_that_all_that_takes_focus_has_a_name_and_a_role(qtbot: QtBot, furnished: MainWindow) -> None:
    wrong = set()
    for place in places(furnished):
        QApplication.processEvents()
        for widget in in_focus_order(furnished):
            name, role = told(widget)
            if not name or role in NO_ROLES:
                wrong.add(f"{place}: {called(widget)}: name {name!r}, role {role.name}")
    assert not wrong, "\n".join(sorted(wrong))


def test_that_tab_reaches_all_of_every_place_and_comes_round(qtbot: QtBot, furnished: MainWindow) -> None:
    unreached = set()
    for place in places(furnished):
        if place == "palette":  # Tab walks its list
            continue
        QApplication.processEvents()
        wanted = in_focus_order(furnished)
        unreached |= {f"{place}: {missed}" for missed in unreached_by_tab(furnished, wanted)}
    assert not unreached, "\n".join(sorted(unreached))


# States that a page can be in, beside the usual one


def mistaken(window: MainWindow, qtbot: QtBot) -> None:
    window.show_page("new")
    window.new_page.change({"training.epochs": -1.0, "dataset.labelled": 7.0})


def mistaken_text(window: MainWindow, qtbot: QtBot) -> None:
    window.show_page("new")
    window.new_page.detail.group.button(2).click()
    window.new_page.yaml.editor.setPlainText("kind: classification\ntitle: x\n  oops: [\n")
    qtbot.waitUntil(window.new_page.yaml.banner.isVisible)


def restored(window: MainWindow, qtbot: QtBot) -> None:
    window.show_page("new")
    window.new_page.banner.say("Unsaved draft restored")
    window.new_page.discard_draft.show()


def short_of_memory(window: MainWindow, qtbot: QtBot) -> None:
    window.show_page("new")
    window.new_page.summary.show_part("data", data([9, 1], [{"code": "imbalance", "most": 9, "fewest": 1}]))
    window.new_page.summary.show_part("memory", memory("wont-fit", 20.0))
    assert window.new_page.summary.short.findChildren(QAbstractButton)


def naming_a_preset(window: MainWindow, qtbot: QtBot) -> None:
    window.show_page("new")
    window.new_page.cards[0].naming.ask()


def without_a_run(window: MainWindow, qtbot: QtBot) -> None:
    window.show_page("run")


def failed(window: MainWindow, qtbot: QtBot) -> None:
    story = [*a_story()[:30], RunEnded(attempt=1, outcome="failed", code="not-a-number",
                                       parameters={"stage": "teacher", "step": 7, "term": "labels"})]  # fmt: skip
    window.open_run(a_told_run(window.home, stamped(story)))
    qtbot.waitUntil(lambda: window.controller.state.outcome == "failed")


def speaking(window: MainWindow, qtbot: QtBot) -> None:
    window.show_page("home")
    window.show_message("The experiment could not be saved", "There is no room.")


STATES = (mistaken, mistaken_text, restored, short_of_memory, naming_a_preset, without_a_run, failed, speaking)


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_that_names_and_reasons_are_there_and_tab_goes_round_in_every_state(
    qtbot: QtBot, window: MainWindow, state: Callable[[MainWindow, QtBot], None]
) -> None:
    window.resize(1500, 1000)
    state(window, qtbot)
    QApplication.processEvents()
    wanted = in_focus_order(window)
    nameless = [called(widget) for widget in wanted if not told(widget)[0] or told(widget)[1] in NO_ROLES]
    assert not nameless
    grey = [
        called(button)
        for button in window.findChildren(QAbstractButton)
        if button.isVisible() and not button.isEnabled() and button.objectName()
        and not button.toolTip() and not button.objectName().startswith("qt_")
    ]  # fmt: skip
    assert not grey
    assert not unreached_by_tab(window, wanted)


def unreached_by_tab(window: MainWindow, wanted: list[QWidget]) -> list[str]:
    """What of `wanted` Tab does not come to; the whole, where it does not come round."""
    window.navigation.help.setFocus()
    seen: set[object] = set()
    for _ in range(2 * len(wanted) + 10):
        focus = window.focusWidget()
        if focus is window.navigation.help and len(seen) > 1:
            return [called(widget) for widget in wanted if stop_of(widget) not in seen]
        seen.add(stop_of(focus))
        QTest.keyClick(focus, Qt.Key.Key_Tab)
    return [f"Tab does not come round: {called(window.focusWidget())}"]


def test_that_what_is_grey_says_why(qtbot: QtBot, furnished: MainWindow) -> None:
    mute = {
        f"{place}: {called(button)} {button.text()!r}"
        for place in places(furnished)
        for button in furnished.findChildren(QAbstractButton)
        if button.isVisible() and not button.isEnabled() and not button.toolTip() and button.objectName()
        and not button.objectName().startswith("qt_")
    }  # fmt: skip
    assert not mute, "\n".join(sorted(mute))


def test_that_a_run_is_started_by_keys_alone(qtbot: QtBot, window: MainWindow, player: Player) -> None:
    player.pace, player.habits = 0.05, ("hold=student",)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    line = window.shell.palette.line
    qtbot.waitUntil(line.isVisible)
    qtbot.keyClicks(line, "view: new exp")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert window.pages.currentWidget() is window.new_page
    field = window.new_page.findChild(QWidget, "field.method.temperature")
    _tab_to(window, lambda focus: focus is field)
    qtbot.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(field, "2.5")
    _tab_to(window, lambda focus: focus is window.new_page.start_button)
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.pages.currentWidget() is window.run_page)
    assert window.controller.experiment is not None
    assert window.controller.experiment.method.temperature == 2.5
    stop = window.run_page.stop
    qtbot.waitUntil(stop.isEnabled)
    _tab_to(window, lambda focus: focus is stop)
    qtbot.keyClick(stop, Qt.Key.Key_Space)
    assert window.focusWidget().objectName() == "stop.save"  # the question, where the keys already are
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not window.controller.active, timeout=15_000)


def _walked(window: MainWindow) -> list[str]:
    """The names of what Tab stops at on the form of the page New experiment, from the title to the button Start."""
    page = window.new_page
    page.board.title.editor.setFocus()
    stops = [window.focusWidget()]
    while stops[-1] is not page.start_button:
        assert len(stops) < 200, "Start is not reached"
        QTest.keyClick(stops[-1], Qt.Key.Key_Tab)
        stops.append(window.focusWidget())
    return [stop.objectName() for stop in stops]


@pytest.mark.parametrize("detail", [0, 1])
@pytest.mark.parametrize("width", [1100, 1900])
def test_that_tab_walks_the_form_in_the_order_in_which_it_is_seen(window: MainWindow, detail: int, width: int) -> None:
    window.resize(width, 900)
    window.show_page("new")
    page = window.new_page
    page.detail.group.button(detail).click()
    kinds = page.cards[1].forms["teacher"]
    for kind in (0, 1):  # another kind brings other fields
        kinds.picker.setCurrentIndex(kind)  # type: ignore[union-attr]
        seen = [f"field.{row.path}" for row in page.board.rows() if row.isVisible()]
        assert [name for name in _walked(window) if name.startswith("field.")] == seen
    walked = _walked(window)
    wanted = ["field.title", "kind.dataset", "field.dataset.labelled", "kind.teacher", "field.teacher.width",
              "field.teacher_training.budget", "unit.teacher_training.budget", "kind.student", "kind.method",
              "field.method.temperature", "field.method.alpha", "field.training.budget", "unit.training.budget",
              "field.seeds", "start"]  # fmt: skip
    assert sorted(wanted, key=walked.index) == wanted


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_that_enter_presses_the_button_with_the_focus_as_space_does(qtbot: QtBot, window: MainWindow, key: Qt.Key) -> None:
    window.show_page("new")
    copy = window.new_page.summary.copy
    copy.setFocus()
    qtbot.keyClick(copy, key)
    assert copy.text() == "Copied"
    window.navigation.buttons["runs"].setFocus()
    qtbot.keyClick(window.navigation.buttons["runs"], key)
    assert window.pages.currentWidget() is window.runs_page


def _tab_to(window: MainWindow, found: Callable[[QWidget | None], bool]) -> None:
    for _ in range(120):
        if found(window.focusWidget()):
            return
        QTest.keyClick(window.focusWidget() or window, Qt.Key.Key_Tab)
    raise AssertionError("Tab does not come there")


def test_that_plots_say_in_words_what_they_draw(furnished: MainWindow) -> None:
    furnished.show_page("run")
    page = furnished.run_page
    for plot in (page.accuracy, page.agreement, page.loss):
        assert len(plot.plot.accessibleDescription()) > 10, plot.objectName()
        assert plot.plot.accessibleName()


def test_that_no_label_is_a_picture_without_words(furnished: MainWindow) -> None:
    silent = [
        called(label)
        for _ in places(furnished)
        for label in furnished.findChildren(QLabel)
        if label.isVisible() and not label.pixmap().isNull() and not label.accessibleName()
    ]
    assert silent == []


def test_that_the_walk_goes_everywhere(furnished: MainWindow) -> None:
    walked = list(places(furnished))
    assert {"home", "new", "run", "runs", "settings", "help.shortcuts", "help.terms", "palette"} <= set(walked)
    assert {"new, Advanced", "new, YAML", "run, Log and machine"} <= set(walked)
