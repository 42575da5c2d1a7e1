"""The plots of a run under a mouse and under keys: zoom, pan, the pointer that reads, options, legends, files to take away."""

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from kdstudio.gui.pages.run import RunPage
from kdstudio.gui.plots import curves
from kdstudio.gui.plots.board import Board
from kdstudio.gui.plots.curve_plot import CurvePlot
from kdstudio.gui.plots.curves import Curve, Picture
from kdstudio.runs.events import Evaluated, RunEnded
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.series import Series, smoothed
from kdstudio.runs.state import RunState
from tests.fakes import a_story, a_told_run
from tests.gui.plot_hand import choose

LEFT = Qt.MouseButton.LeftButton
SHIFT = Qt.KeyboardModifier.ShiftModifier
NO_KEY = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def page(home: Home, open_run_page: Callable[[RunFolder], RunPage]) -> RunPage:
    """The page of a completed run of three seeds with 40 steps."""
    return open_run_page(a_told_run(home))


@pytest.fixture
def board(page: RunPage) -> Board:
    return page.board


def shown(plot: CurvePlot) -> tuple[float, float]:
    """The part of x that is in view."""
    low, high = plot.plot.view.viewRange()[0]
    return low, high


def at(plot: CurvePlot, x: float, y: float = 0.5) -> QPoint:
    """Where `x` is on the canvas, at a share of its height."""
    area = plot.plot.mapFromScene(plot.plot.view.sceneBoundingRect()).boundingRect()
    return QPoint(round(plot.plot.pixel_of(x)), round(area.top() + y * area.height()))


def turn(plot: CurvePlot, place: QPoint, steps: int, key: Qt.KeyboardModifier) -> QWheelEvent:
    """Turn the wheel over `plot`."""
    viewport = plot.plot.viewport()
    event = QWheelEvent(
        QPointF(place), QPointF(viewport.mapToGlobal(place)), QPoint(), QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton, key, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(viewport, event)
    return event


def drag(plot: CurvePlot, start: QPoint, end: QPoint, key: Qt.KeyboardModifier = NO_KEY) -> None:
    """Press at `start`, move, and let go at `end`."""
    viewport, none = plot.plot.viewport(), Qt.MouseButton.NoButton
    middle = QPoint((start.x() + end.x()) // 2, start.y())
    for kind, place, button, held in (
        (QEvent.Type.MouseButtonPress, start, LEFT, LEFT),
        (QEvent.Type.MouseMove, middle, none, LEFT),
        (QEvent.Type.MouseMove, end, none, LEFT),
        (QEvent.Type.MouseButtonRelease, end, LEFT, none),
    ):
        where = QPointF(viewport.mapToGlobal(place))
        QApplication.sendEvent(viewport, QMouseEvent(kind, QPointF(place), where, button, held, key))


def point(qtbot: QtBot, plot: CurvePlot, x: float) -> None:
    """Let the pointer rest at `x`."""
    qtbot.mouseMove(plot.plot.viewport(), at(plot, x) + QPoint(3, 0))
    qtbot.mouseMove(plot.plot.viewport(), at(plot, x))


def read(plot: CurvePlot) -> dict[str, str]:
    """What the pointer reads."""
    return {label: value for label, value, _ in plot.readout.lines}


def test_that_ctrl_and_the_wheel_zoom_all_plots_around_the_pointer(board: Board) -> None:
    before = shown(board.accuracy)
    turn(board.accuracy, at(board.accuracy, 10.0), 2, Qt.KeyboardModifier.ControlModifier)
    low, high = shown(board.accuracy)
    assert high - low < 0.9 * (before[1] - before[0])
    share = (10.0 - before[0]) / (before[1] - before[0])
    assert (10.0 - low) / (high - low) == pytest.approx(share, abs=0.02)
    assert shown(board.agreement) == shown(board.loss) == (low, high)


def test_that_the_wheel_alone_is_left_to_the_page(board: Board) -> None:
    before = shown(board.accuracy)
    event = turn(board.accuracy, at(board.accuracy, 10.0), -2, NO_KEY)
    assert not event.isAccepted()
    assert shown(board.accuracy) == before


def test_that_shift_and_a_drag_zoom_all_plots_into_the_part_that_was_drawn_over(board: Board) -> None:
    drag(board.loss, at(board.loss, 30.0), at(board.loss, 10.0), SHIFT)
    for plot in board.plots:
        assert shown(plot) == pytest.approx((10.0, 30.0), abs=0.3)


def test_that_shift_and_a_click_zoom_nowhere(qtbot: QtBot, board: Board) -> None:
    before = shown(board.accuracy)
    qtbot.mouseClick(board.accuracy.plot.viewport(), LEFT, SHIFT, at(board.accuracy, 10.0))
    assert shown(board.accuracy) == before


def test_that_a_drag_moves_all_plots_by_as_much(board: Board) -> None:
    before = shown(board.agreement)
    drag(board.agreement, at(board.agreement, 20.0), at(board.agreement, 10.0))
    for plot in board.plots:
        assert shown(plot) == pytest.approx((before[0] + 10, before[1] + 10), abs=0.5)


@pytest.mark.parametrize("way", ["double click", "key", "menu"])
def test_that_everything_is_shown_again(qtbot: QtBot, board: Board, way: str) -> None:
    before = shown(board.accuracy)
    drag(board.accuracy, at(board.accuracy, 10.0), at(board.accuracy, 20.0), SHIFT)
    assert shown(board.loss) != before
    if way == "double click":
        qtbot.mouseDClick(board.loss.plot.viewport(), LEFT, pos=at(board.loss, 15.0))
    elif way == "key":
        qtbot.keyClick(board.loss.plot, Qt.Key.Key_0)
    else:
        choose(qtbot, board.loss, "reset")
    for plot in board.plots:
        assert shown(plot) == pytest.approx(before)


def test_that_keys_zoom_and_pan(qtbot: QtBot, board: Board) -> None:
    whole = shown(board.accuracy)
    qtbot.keyClick(board.accuracy.plot, Qt.Key.Key_Plus)
    low, high = shown(board.accuracy)
    assert high - low == pytest.approx((whole[1] - whole[0]) / 1.25)
    qtbot.keyClick(board.accuracy.plot, Qt.Key.Key_Right)
    assert shown(board.loss)[0] == pytest.approx(low + 0.1 * (high - low))
    qtbot.keyClick(board.accuracy.plot, Qt.Key.Key_Left)
    qtbot.keyClick(board.accuracy.plot, Qt.Key.Key_Minus)
    assert shown(board.agreement) == pytest.approx(whole)


def test_that_what_people_look_at_stays_while_the_plots_are_drawn_again(page: RunPage, board: Board) -> None:
    drag(board.accuracy, at(board.accuracy, 10.0), at(board.accuracy, 20.0), SHIFT)
    before = shown(board.accuracy)
    page._refresh()
    assert shown(board.accuracy) == before


def test_that_the_pointer_reads_every_curve_of_every_plot(qtbot: QtBot, board: Board) -> None:
    point(qtbot, board.accuracy, 20.0)
    strong = {curve.label: curve.series for curve in board.accuracy.picture.curves if not curve.weak}
    assert {curve.seeds for curve in board.accuracy.picture.curves if not curve.weak} == {3}
    expected = {
        label: f"{100 * float(series.arrays()[1][series.arrays()[0] == 20][0]):.1f} %" for label, series in strong.items()
    }
    said = read(board.accuracy)
    assert said["teacher"] == "97.0 %"
    assert {label: said[label] for label in expected} == expected
    assert said["student, 3 seeds"] == "67.5 to 69.0 %"
    assert set(read(board.agreement)) == {
        "train", "validation", "both right", "student only", "teacher only", "neither", "validation, 3 seeds",
    }  # fmt: skip
    assert set(read(board.loss)) == {"soft targets", "labels"}
    for plot in board.plots:
        assert plot.readout.isVisible()
        assert plot.readout.title == "step 20"
        assert plot.rect().contains(plot.readout.geometry())


def test_that_the_pointer_ends_reading_where_it_leaves(qtbot: QtBot, board: Board) -> None:
    point(qtbot, board.accuracy, 20.0)
    QApplication.sendEvent(board.accuracy.plot, QEvent(QEvent.Type.Leave))
    assert not any(plot.readout.isVisible() for plot in board.plots)


def test_that_the_slider_smooths_the_loss_and_zero_shows_it_raw(
    qtbot: QtBot, home: Home, open_run_page: Callable[[RunFolder], RunPage]
) -> None:
    page = open_run_page(a_told_run(home, a_story(seeds=(0,), steps=200)))
    drawn, values = page.loss.items["student.labels"], page.loss.picture.curves[-1].series.arrays()[1]
    slider = page.options.smoothing
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_Home)
    assert page.options.value.text() == "raw"
    assert np.array_equal(drawn.ys, values)
    qtbot.keyClick(slider, Qt.Key.Key_End)
    assert page.options.value.text() == "0.99"
    assert np.allclose(drawn.ys, smoothed(values, 1 - 15 / len(values)))


def test_that_a_logarithmic_loss_is_drawn_as_powers_of_ten_and_read_as_it_is(qtbot: QtBot, page: RunPage) -> None:
    before = page.loss.items["student.labels"].raw.getData()[1].copy()
    qtbot.mouseClick(page.options.logarithmic, LEFT, pos=QPoint(10, page.options.logarithmic.height() // 2))
    assert np.allclose(page.loss.items["student.labels"].raw.getData()[1], np.log10(before))
    low, high = page.loss.plot.view.viewRange()[1]
    assert page.loss.plot.left.tickStrings([0.0, -1.0, -5.0], 1.0, 1.0) == ["1", "0.1", "10⁻⁵"]
    assert low < np.log10(0.2)
    assert high > np.log10(1.9)
    point(qtbot, page.loss, 40.0)
    assert float(read(page.loss)["labels"]) == pytest.approx(page.loss.items["student.labels"].ys[-1], rel=0.01)
    assert not page.accuracy.logarithmic


def test_that_zooming_out_of_a_logarithmic_loss_ends_where_numbers_do(qtbot: QtBot, page: RunPage) -> None:
    qtbot.mouseClick(page.options.logarithmic, LEFT, pos=QPoint(10, page.options.logarithmic.height() // 2))
    for _ in range(40):
        turn(page.loss, at(page.loss, 20.0), -1, Qt.KeyboardModifier.ControlModifier)
        page.loss.plot.grab()
    low, high = page.loss.plot.view.viewRange()[1]
    words = page.loss.plot.left.tickStrings([low, high], 1.0, 1.0)
    assert [word[:2] for word in words] == ["10", "10"]
    qtbot.keyClick(page.loss.plot, Qt.Key.Key_0)
    qtbot.mouseClick(page.options.logarithmic, LEFT, pos=QPoint(10, page.options.logarithmic.height() // 2))
    assert page.loss.plot.view.viewRange()[1][1] < 100


def test_that_a_pointer_at_rest_reads_what_has_come_since(qtbot: QtBot) -> None:
    plot = CurvePlot("Loss", "loss")
    qtbot.addWidget(plot)
    plot.resize(500, 300)
    plot.show()
    series = Series()
    picture = Picture(curves=(Curve(key="a", label="labels", role="student", series=series),))
    for step in (1, 2):
        series.append(step, 0.5 * step)
        plot.show_picture(picture)
        if step == 1:
            plot.show_cross(9.0)
            assert read(plot) == {"labels": "0.5"}
    assert read(plot) == {"labels": "1"}
    plot.show_cross(None)
    plot.show_picture(picture)
    assert not plot.readout.isVisible()


def test_that_x_may_be_steps_epochs_or_time(qtbot: QtBot, page: RunPage) -> None:
    ends = {}
    for number, name in enumerate(("step", "epoch", "time")):
        qtbot.mouseClick(page.options.axis.group.button(number), LEFT)
        ends[name] = shown(page.accuracy)[1]
        point(qtbot, page.accuracy, 0.5 * ends[name])
        assert page.accuracy.readout.title.startswith({"step": "step 20", "epoch": "epoch 2.5", "time": "0:"}[name])
    assert ends["step"] == pytest.approx(40, rel=0.02)
    assert ends["epoch"] == pytest.approx(5, rel=0.02)
    assert page.accuracy.plot.bottom.tickStrings([5.0], 1.0, 5.0) == ["0:05"]


def test_that_a_pointer_at_rest_reads_nothing_of_another_axis(qtbot: QtBot, page: RunPage) -> None:
    point(qtbot, page.accuracy, 20.0)
    assert page.accuracy.readout.isVisible()
    page.options.axis.group.button(2).click()  # by a key or the palette: the pointer is where it was
    assert not any(plot.readout.isVisible() for plot in page.board.plots)
    page.accuracy.refresh()
    assert not page.accuracy.readout.isVisible()


@pytest.mark.parametrize("key", [False, True])
def test_that_a_legend_entry_takes_its_curve_out_and_back(qtbot: QtBot, board: Board, key: bool) -> None:
    plot = board.accuracy
    entry, drawn = plot.legend.entries["baseline"], plot.items["baseline.validation.accuracy.mean"]

    def press() -> None:
        if key:
            qtbot.keyClick(entry, Qt.Key.Key_Space)
        else:
            qtbot.mouseClick(entry, LEFT)

    press()
    assert not drawn.raw.isVisible()
    assert "baseline" not in plot.summary
    assert entry.accessibleName().endswith("hidden")
    point(qtbot, plot, 20.0)
    assert not any(label.startswith("baseline") for label in read(plot))
    press()
    assert drawn.raw.isVisible()
    assert entry.accessibleName().endswith("shown")


def test_that_an_area_of_the_agreement_is_taken_out_alone(qtbot: QtBot, board: Board) -> None:
    qtbot.mouseClick(board.agreement.key.entries["teacher only"], LEFT)
    fills = board.agreement.stack._fills
    assert [label for label, fill in fills.items() if not fill.isVisible()] == ["teacher only"]


def test_that_a_gain_that_test_data_call_noise_is_not_praised_in_the_plot(qtbot: QtBot, board: Board) -> None:
    state = RunState()
    state.apply_all(a_story(gain=0.0))
    board.show_accuracy(state)
    bracket = board.accuracy.plot._bracket
    assert bracket is None or (bracket.words, bracket.detail, bracket.role) == ("no gain beyond noise", "on test data", "baseline")
    picture = curves.accuracy(state)
    assert picture.gap is not None
    assert (picture.gap.higher, picture.gap.within_noise, picture.gap.settled) == ("no gain beyond noise", True, False)


def test_that_the_teachers_help_is_marked_between_baseline_and_student(qtbot: QtBot, board: Board) -> None:
    bracket = board.accuracy.plot._bracket
    assert bracket is not None
    assert (bracket.x, bracket.words, bracket.role) == (40.0, "higher with the teacher", "agreement")
    assert (bracket.low, bracket.high) == pytest.approx((86.0, 91.0))
    assert "higher with the teacher, on validation data" in board.accuracy.summary
    assert "points" not in board.accuracy.summary, "the gain is one number, and stands in its tile"
    qtbot.mouseClick(board.accuracy.legend.entries["baseline"], LEFT)
    assert board.accuracy.plot._bracket is None
    assert "higher" not in board.accuracy.summary


def test_that_harm_is_marked_as_harm(home: Home, open_run_page: Callable[[RunFolder], RunPage]) -> None:
    page = open_run_page(a_told_run(home, a_story(gain=-0.04, seeds=(0,))))
    bracket = page.accuracy.plot._bracket
    assert bracket is not None
    assert (bracket.words, bracket.role, bracket.detail) == ("lower with the teacher", "failure", "on validation data")


@pytest.mark.parametrize("end", [[], [RunEnded(outcome="stopped")]])
def test_that_no_verdict_is_drawn_before_the_student_has_learned_to_its_end(
    home: Home, open_run_page: Callable[[RunFolder], RunPage], end: list[RunEnded]
) -> None:
    story = a_story(gain=-0.04, seeds=(0,))
    student = [number for number, event in enumerate(story) if event.stage == "student" and isinstance(event, Evaluated)]
    page = open_run_page(a_told_run(home, [*story[: student[len(student) // 2] + 1], *end]))
    bracket = page.accuracy.plot._bracket
    assert bracket is not None
    assert (bracket.words == "lower with the teacher so far", bracket.role) == (True, "baseline")
    assert bracket.words in page.accuracy.summary


def test_that_without_a_baseline_nothing_is_marked(home: Home, open_run_page: Callable[[RunFolder], RunPage]) -> None:
    page = open_run_page(a_told_run(home, a_story(baseline=False)))
    assert page.accuracy.plot._bracket is None


def test_that_an_empty_plot_says_why_and_offers_neither_zoom_nor_export(
    home: Home, open_run_page: Callable[[RunFolder], RunPage]
) -> None:
    page = open_run_page(a_told_run(home, a_story()[:5]))
    assert page.agreement.waiting.isVisible()
    assert page.agreement.waiting.text() == "Waiting for the first evaluation of the student"
    assert page.agreement.plot.accessibleDescription().endswith("Waiting for the first evaluation of the student")
    for action in page.agreement.menu.actions_by_name.values():
        assert not action.isEnabled()
        assert action.toolTip() == page.agreement.waiting.text()


def test_that_an_empty_plot_of_an_ended_run_does_not_say_that_it_waits(
    home: Home, open_run_page: Callable[[RunFolder], RunPage]
) -> None:
    page = open_run_page(a_told_run(home, [*a_story()[:5], a_story()[-1]]))
    assert page.agreement.waiting.text() == "The run ended before an evaluation of the student"
