"""A legend says every name with its value, however little room there is; and the axis says where it ends."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap
from pytestqt.qtbot import QtBot

from kdstudio.gui.plots.axes import ValueAxis
from kdstudio.gui.plots.board import Board
from kdstudio.gui.plots.curve_plot import CurvePlot
from kdstudio.gui.plots.curves import Axis, Curve, Picture
from kdstudio.gui.plots.legend import Legend
from kdstudio.gui.plots.options import Options
from kdstudio.gui.theme import theme
from kdstudio.runs.series import Series
from kdstudio.runs.state import RunState
from tests.fakes import a_story

pytestmark = pytest.mark.gui


@pytest.fixture
def state() -> RunState:
    """A run of three seeds with 234 steps each."""
    made = RunState()
    made.apply_all(a_story(steps=234))
    return made


@pytest.fixture
def board(qtbot: QtBot, state: RunState) -> Board:
    made = Board()
    qtbot.addWidget(made)
    made.resize(1104, 540)
    made.show()
    qtbot.waitExposed(made)
    for show in (made.show_accuracy, made.show_agreement, made.show_loss):
        show(state)
    return made


def faults(plot: CurvePlot) -> list[str]:
    """Entries that do not say their value, or have less room than they paint in, or are out of the card; a title that is cut."""
    found = []
    for legend in (plot.legend, plot.key):
        for entry in legend.entries.values():
            value = entry.words.rpartition("  ")[2]
            place = QRect(entry.mapTo(plot, entry.rect().topLeft()), entry.size())
            whole = entry.width() >= entry.width_of(entry.shown_words) and plot.rect().contains(place)
            if not entry.shown_words.endswith(f"  {value}") or not whole:
                found.append(f"{entry.words!r} as {entry.shown_words!r} in {place.getRect()}")
    return found + ([f"title {plot.title.text()!r}"] if plot.title.elided else [])


@pytest.mark.parametrize("width", [640, 720, 780, 860, 949, 950, 1000, 1104, 1400])
def test_that_every_name_has_its_value_at_any_width_of_the_page(qtbot: QtBot, board: Board, width: int) -> None:
    board.resize(width, 560)
    for plot in board.plots:
        qtbot.waitUntil(lambda plot=plot: not faults(plot), timeout=2000)  # type: ignore[misc]


def test_that_every_name_has_its_value_in_large_type(qtbot: QtBot, board: Board) -> None:
    theme().present(True)
    try:
        for width in (780, 1104):
            board.resize(width, 760)
            for plot in board.plots:
                qtbot.waitUntil(lambda plot=plot: not faults(plot), timeout=2000)  # type: ignore[misc]
    finally:
        theme().present(False)


def a_legend(qtbot: QtBot, names: Sequence[str]) -> Legend:
    made = Legend()
    qtbot.addWidget(made)
    made.show_entries(dict.fromkeys(names, ("student", Qt.PenStyle.SolidLine, "93.4 %")), {"validation images": "val."})
    made.show()
    return made


def said(legend: Legend) -> list[str]:
    return [entry.shown_words for entry in legend.entries.values()]


def test_that_a_legend_shortens_its_words_before_it_takes_a_second_line(qtbot: QtBot) -> None:
    legend = a_legend(qtbot, ["training images", "validation images"])
    whole, brief = legend.wish(), legend.wish(brief=True)
    legend.fit(whole)
    assert said(legend) == ["training images  93.4 %", "validation images  93.4 %"]
    legend.fit(brief)
    assert said(legend) == ["training images  93.4 %", "val.  93.4 %"]
    assert legend.heightForWidth(brief) < 2 * legend.entries["training images"].height()
    legend.fit(brief - 1)  # two lines have room for all words again
    assert said(legend) == ["training images  93.4 %", "validation images  93.4 %"]
    assert legend.heightForWidth(brief - 1) >= 2 * legend.entries["training images"].height()


def test_that_long_names_give_way_to_their_values_in_two_lines(qtbot: QtBot) -> None:
    legend = a_legend(qtbot, [f"{number}: a name that somebody typed in full" for number in range(4)])
    legend.fit(400)
    entries = list(legend.entries.values())
    assert legend.heightForWidth(400) <= 2 * entries[0].sizeHint().height() + 2
    for number, entry in enumerate(entries):
        painted = entry.painted_words(entry.sizeHint().width())
        assert painted.startswith(f"{number}: a name")
        assert painted.endswith("\N{HORIZONTAL ELLIPSIS}  93.4 %")
        assert entry.width_of(painted) <= entry.sizeHint().width()
        assert entry.toolTip() == f"Hide {entry.label}"  # the whole name


def written(axis: ValueAxis) -> list[tuple[str, QRectF]]:
    """The numbers of an axis, and where they stand."""
    canvas = QPixmap(10, 10)
    painter = QPainter(canvas)
    _, _, words = axis.generateDrawSpecs(painter)
    painter.end()
    return [(text, place) for place, _, text in words]


@pytest.mark.parametrize(("axis", "end"), [("step", "234"), ("epoch", "29.2"), ("time", "0:00")])
@pytest.mark.parametrize("width", [640, 1000, 1104, 1500])
def test_that_the_end_of_the_plan_is_written_at_the_end_of_the_axis(
    qtbot: QtBot, board: Board, axis: Axis, end: str, width: int
) -> None:
    board.resize(width, 560)
    board.set_options(Options(axis=axis))
    for plot in board.plots:
        numbers = written(plot.plot.bottom)
        assert numbers[0][0] in ("0", "0:00")
        text, place = numbers[-1]
        if axis != "time":
            assert text == end
        room = plot.plot.bottom.boundingRect()
        assert place.right() <= room.right() + 0.5
        assert len({number for number, _ in numbers}) == len(numbers)
        for (_, one), (_, other) in pairwise(numbers):
            assert one.right() < other.left()


def test_that_a_part_in_view_has_no_end_that_lies_elsewhere(qtbot: QtBot, board: Board) -> None:
    plot = board.accuracy.plot
    plot.look_at(20.0, 90.0)
    assert "234" not in [text for text, _ in written(plot.bottom)]
    plot.show_all()
    assert written(plot.bottom)[-1][0] == "234"


def test_that_numbers_go_on_beyond_the_end_where_it_is_looked_at_from_further_off(qtbot: QtBot, board: Board) -> None:
    plot = board.accuracy.plot
    for _ in range(4):
        plot.zoom(0.5)
    numbers = [float(text.replace(",", "")) for text, _ in written(plot.bottom)]
    assert 234.0 in numbers
    assert max(numbers) > 1_000
    assert numbers == sorted(numbers)


def test_that_a_run_with_no_known_plan_has_its_last_step_at_the_end(qtbot: QtBot) -> None:
    plot = CurvePlot("Loss", "plot")
    qtbot.addWidget(plot)
    plot.resize(500, 300)
    plot.show()
    qtbot.waitExposed(plot)
    series = Series()
    for step in range(1, 1_236):
        series.append(step, 1.0 / step)
    plot.show_picture(Picture(curves=(Curve(key="a", label="a", role="student", series=series),)))
    assert written(plot.plot.bottom)[-1][0] == "1,235"
