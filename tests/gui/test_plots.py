"""What the plots show, and that they draw it by the house rule."""

import time
from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from kdstudio.gui.pages.overlay_pictures import LINES
from kdstudio.gui.plots import curves
from kdstudio.gui.plots.curve_plot import CurvePlot
from kdstudio.gui.plots.curves import Curve, Level, Picture
from kdstudio.gui.plots.drawn import DASHED_POINTS, FEW, POINTS, pen_of
from kdstudio.gui.plots.legend import AREA_SHARE
from kdstudio.gui.plots.options import Options, averaged
from kdstudio.gui.plots.spoken import figure
from kdstudio.gui.theme import Choice, theme
from kdstudio.gui.words import rate_words
from kdstudio.runs.events import AnyEvent
from kdstudio.runs.series import Series
from kdstudio.runs.state import RunState
from tests.fakes import a_story


def folded(events: Sequence[AnyEvent]) -> RunState:
    state = RunState()
    state.apply_all(events)
    return state


def until_stage(name: str, seed: int | None = None) -> RunState:
    """The fold at the moment when the stage has just ended."""
    story = a_story()
    last = max(number for number, event in enumerate(story) if (event.stage, event.seed) == (name, seed))
    return folded(story[: last + 1])


def series(values: Sequence[float]) -> Series:
    made = Series()
    for step, value in enumerate(values, start=1):
        made.append(step, value)
    return made


@pytest.fixture
def plot(qtbot: QtBot) -> CurvePlot:
    made = CurvePlot("Loss", "plot")
    qtbot.addWidget(made)
    made.resize(700, 400)
    made.show()
    qtbot.waitExposed(made)
    return made


def test_that_before_any_evaluation_the_accuracy_plot_says_what_it_waits_for() -> None:
    picture = curves.accuracy(folded([]))
    assert picture.empty
    assert "teacher" in picture.waiting


def test_that_while_the_teacher_trains_its_own_curve_is_shown() -> None:
    story = a_story()
    picture = curves.accuracy(folded(story[:25]))
    assert [(curve.label, curve.line) for curve in picture.curves] == [("teacher", "dotted")]
    assert picture.x_end == 40


def test_that_the_teacher_is_a_level_line_once_others_train() -> None:
    picture = curves.accuracy(until_stage("baseline", 0))
    assert picture.levels == (Level(label="teacher", role="teacher", value=97.0),)


def within_stage(name: str, seed: int) -> RunState:
    """The fold in the midst of a stage."""
    story = a_story()
    places = [number for number, event in enumerate(story) if (event.stage, event.seed) == (name, seed)]
    return folded(story[: places[len(places) // 2]])


def test_that_the_seed_at_work_is_strong_and_the_others_are_weak() -> None:
    picture = curves.accuracy(within_stage("student", 1))
    strong = [curve.key for curve in picture.curves if not curve.weak]
    assert strong == ["baseline.validation.accuracy.1", "student.validation.accuracy.1"]
    assert len(picture.curves) == 4
    assert picture.bands == ()


def test_that_from_two_complete_seeds_on_their_mean_is_strong_on_its_band_and_every_seed_is_thin() -> None:
    for state, count in ((until_stage("student", 1), 2), (folded(a_story()), 3)):
        picture = curves.accuracy(state)
        strong = [curve for curve in picture.curves if not curve.weak]
        assert [curve.key for curve in strong] == ["baseline.validation.accuracy.mean", "student.validation.accuracy.mean"]
        assert {curve.seeds for curve in strong} == {count}
        mine = [stage.curves[("student", "validation", "accuracy")].columns[1] for stage in state.stages_of("student")]
        expected = np.array(mine)
        assert np.allclose(strong[1].series.columns[1], expected.mean(axis=0))
        band = picture.bands[1]
        assert (band.role, band.seeds) == ("student", count)
        assert np.allclose(band.low.columns[1], expected.min(axis=0))
        assert np.allclose(band.high.columns[1], expected.max(axis=0))


def test_that_the_mean_is_over_seeds_whose_baseline_and_student_are_both_complete() -> None:
    """Else the space between the two means would be that between unlike seeds."""
    picture = curves.accuracy(until_stage("baseline", 2))
    assert [curve.seeds for curve in picture.curves if not curve.weak] == [2, 2]
    live = curves.accuracy(within_stage("student", 2))
    assert [curve.key for curve in live.curves if curve.live] == ["student.validation.accuracy.2"]
    assert [curve.seeds for curve in live.curves if not curve.weak] == [2, 2]


def test_that_seeds_are_thin_and_not_antialiased_and_the_band_lies_below_them(plot: CurvePlot) -> None:
    plot.unit = "%"
    plot.show_picture(curves.accuracy(folded(a_story())))
    seed, mean = (plot.items[f"student.validation.accuracy.{which}"].raw for which in ("0", "mean"))
    assert (seed.opts["pen"].widthF(), seed.opts["antialias"]) == (1.0, False)
    assert mean.opts["pen"].widthF() == 2.0 * plot.devicePixelRatioF()
    fill = plot.bands["student"]._fill
    assert fill.isVisible()
    assert fill.zValue() < seed.zValue() < mean.zValue()
    assert fill.brush().color().alpha() == 255
    assert plot.legend.entries["lowest to highest"].words == "lowest to highest  3 seeds"
    plot.legend.entries["lowest to highest"].click()
    assert not fill.isVisible()
    plot.show_picture(Picture())
    assert plot.bands == {}


def test_that_an_unchanged_mean_is_not_computed_again() -> None:
    state = folded(a_story())
    first, again = (curves.accuracy(state).curves[-1].series for _ in range(2))
    assert first is again


def test_that_the_agreement_of_several_seeds_is_their_mean_and_its_parts_too() -> None:
    state = folded(a_story())
    picture = curves.agreement(state)
    assert [curve.seeds for curve in picture.curves if not curve.weak] == [3, 3]
    parts = np.array([area.series.columns[1] for area in picture.areas])
    stages = state.stages_of("student")
    both = np.array([stage.curves[("student", "validation", "both")].columns[1] for stage in stages])
    assert np.allclose(parts[0], both.mean(axis=0))


def test_that_the_teachers_help_is_that_of_the_student_in_view_also_while_the_next_baseline_trains() -> None:
    for name, seed, pair in (("student", 0, "0"), ("baseline", 1, "0"), ("student", 1, "mean"), ("student", 2, "mean")):
        gap = curves.accuracy(until_stage(name, seed)).gap
        assert gap is not None
        assert {gap.low, gap.high} == {f"{who}.validation.accuracy.{pair}" for who in ("baseline", "student")}
    assert curves.accuracy(until_stage("baseline", 0)).gap is None


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.0, "0"), (0.03871, "0.0387"), (0.001, "0.001"), (0.00000711, "7.1×10⁻⁶"), (-0.0002, "-2×10⁻⁴"), (123456.0, "1.2×10⁵"),
     (0.0001, "10⁻⁴"), (99999.0, "99,999"), (1234.5, "1,234"), (999.7, "1,000"), (12.0, "12")],
)  # fmt: skip
def test_that_numbers_are_read_in_three_figures_or_as_a_power_of_ten(value: float, said: str) -> None:
    assert figure(value) == said


def test_that_the_width_of_a_legend_only_grows_while_values_change(plot: CurvePlot) -> None:
    wide, narrow = series([111.0] * 5), series([1.0] * 5)
    widths = []
    for shown in (narrow, wide, narrow):
        plot.show_picture(Picture(curves=(Curve(key="a", label="labels", role="student", series=shown),)))
        widths.append(plot.legend.entries["labels"].sizeHint().width())
    assert widths[0] < widths[1] == widths[2]


def test_that_the_axis_of_shares_has_both_its_ends(plot: CurvePlot) -> None:
    areas = tuple(
        Curve(key=name, label=name, role="student", series=series([0.5] * 5), scale=100.0) for name in ("both", "neither")
    )
    plot.unit = "%"
    plot.show_picture(Picture(curves=areas[:1], areas=areas))
    plot.grab()
    words = [text for _, _, text in plot.plot.left._drawn[2]]
    assert {"0", "100"} <= set(words)


def test_that_agreement_has_a_curve_for_train_and_one_for_validation() -> None:
    picture = curves.agreement(until_stage("student", 0))
    assert [(curve.label, curve.line) for curve in picture.curves] == [
        ("train", "dashed"),
        ("validation", "solid"),
    ]


def test_that_each_loss_term_is_a_noisy_curve_with_the_labels_last() -> None:
    picture = curves.loss(until_stage("student", 0))
    assert [curve.label for curve in picture.curves] == ["soft targets", "labels"]
    assert all(curve.noisy for curve in picture.curves)


def test_that_a_loss_term_is_told_from_the_others_without_its_colour(plot: CurvePlot) -> None:
    plot.show_picture(curves.loss(until_stage("student", 0)))
    lines = {label: entry.line for label, entry in plot.legend.entries.items()}
    assert lines == {"soft targets": Qt.PenStyle.SolidLine, "labels": Qt.PenStyle.DashLine}
    alone = curves.loss(until_stage("baseline", 0))
    assert [(curve.label, curve.line) for curve in alone.curves] == [("labels", "dashed")]


def test_that_the_average_of_a_noisy_curve_is_broken_and_its_noise_is_not(plot: CurvePlot) -> None:
    noise = np.random.default_rng(0).normal(size=4000).tolist()
    curve = Curve(key="a", label="a", role="student", series=series(noise), noisy=True, line="dashed")
    for smoothing, broken in ((0.9, ("average",)), (0.0, ("raw",))):
        plot.set_options(Options(smoothing=smoothing))
        plot.show_picture(Picture(curves=(curve,)))
        for name in ("raw", "average"):
            item = getattr(plot.items["a"], name)
            if len(item.getData()[0]):
                assert (item.opts["pen"].style() is Qt.PenStyle.CustomDashLine) is (name in broken)
    plot.set_options(Options(smoothing=0.9))
    assert len(plot.items["a"].average.getData()[0]) <= DASHED_POINTS + 2  # a wide broken line is slow


def test_that_the_loss_plot_names_whose_loss_it_is() -> None:
    assert curves.training_of(until_stage("baseline", 0)) == "baseline"
    assert curves.training_of(folded(a_story())) == "student"


def test_that_an_area_between_curves_without_a_pen_is_drawn(plot: CurvePlot) -> None:
    """pyqtgraph draws none between other items than PlotCurveItems."""
    low, high = (series([at, at, at]) for at in (0.2, 0.8))
    areas = (
        Curve(key="a", label="a", role="agreement", series=low),
        Curve(key="b", label="b", role="failure", series=high),
    )
    plot.show_picture(Picture(areas=areas))
    assert {(type(edge), edge.opts["pen"]) for edge in plot.stack.edges} == {(pg.PlotCurveItem, None)}
    picture = plot.grab().toImage()
    seen = {picture.pixelColor(x, y).name() for x in range(0, picture.width(), 4) for y in range(0, picture.height(), 4)}
    assert {theme().color(role, AREA_SHARE).name() for role in ("agreement", "failure")} <= seen


def test_that_a_long_noisy_curve_is_thin_dim_opaque_and_not_antialiased_under_a_wide_average(
    plot: CurvePlot,
) -> None:
    noise = np.random.default_rng(0).normal(size=4000).tolist()
    plot.show_picture(Picture(curves=(Curve(key="a", label="a", role="student", series=series(noise), noisy=True),)))
    raw, average = plot.items["a"].raw, plot.items["a"].average
    assert raw.opts["pen"].widthF() == 1.0
    assert average.opts["pen"].widthF() == 2.0 * plot.devicePixelRatioF()
    for item in (raw, average):
        assert item.opts["pen"].color().alpha() == 255
        assert item.opts["pen"].style() == Qt.PenStyle.SolidLine
        assert not item.opts["antialias"]
        assert len(item.getData()[0]) <= 2 * POINTS
    assert raw.opts["pen"].color() == theme().color("student", 0.38)
    assert average.opts["pen"].color() == theme().color("student")
    assert average.zValue() > raw.zValue()


def test_that_painting_a_long_noisy_curve_takes_no_longer_than_a_frame(plot: CurvePlot) -> None:
    noise = np.random.default_rng(0).normal(size=4000).tolist()
    made = [Curve(key=str(n), label=str(n), role="student", series=series(noise), noisy=True) for n in range(2)]
    plot.show_picture(Picture(curves=tuple(made)))
    image = QImage(700, 400, QImage.Format.Format_RGB32)
    took = []
    for _ in range(5):
        painter = QPainter(image)
        began = time.thread_time()  # what others compute beside it does not count
        plot.plot.render(painter)
        took.append(time.thread_time() - began)
        painter.end()
    assert min(took) < 0.2  # the slow way takes 1.4 s


def test_that_a_short_smooth_curve_is_antialiased(plot: CurvePlot) -> None:
    plot.show_picture(Picture(curves=(Curve(key="a", label="a", role="student", series=series([0.1] * FEW)),)))
    assert plot.items["a"].raw.opts["antialias"]


def test_that_the_average_is_debiased_and_follows_a_short_curve_closely() -> None:
    constant = np.full(500, 3.0)
    assert np.allclose(averaged(constant), constant)
    rising = np.arange(10.0)
    assert np.array_equal(averaged(rising), rising)


def test_that_no_spike_is_lost_when_a_curve_is_thinned(plot: CurvePlot) -> None:
    values = [0.0] * 20_000
    values[12_345] = 9.0
    plot.show_picture(Picture(curves=(Curve(key="a", label="a", role="student", series=series(values), noisy=True),)))
    assert plot.items["a"].raw.getData()[1].max() == 9.0


@pytest.mark.parametrize("noisy", [False, True])
def test_that_a_curve_of_one_point_is_a_dot_and_then_a_line(plot: CurvePlot, noisy: bool) -> None:
    def painted(values: Sequence[float]) -> int:
        curve = Curve(key="a", label="a", role="teacher", line="dotted", series=series(values), noisy=noisy)
        plot.show_picture(Picture(curves=(curve,)))
        image, colour = plot.plot.grab().toImage(), theme().color("teacher")
        return sum(
            image.pixelColor(x, y) == colour for x in range(image.width()) for y in range(image.height())
        )  # fmt: skip

    assert painted([]) == 0
    assert 15 < painted([0.5]) < 60
    assert painted([0.5, 0.7, 0.6]) > 60


def test_that_a_dot_is_as_large_against_the_lines_on_a_finer_screen(plot: CurvePlot) -> None:
    curve = Curve(key="a", label="a", role="student", series=series([0.5]))
    plot.show_picture(Picture(curves=(curve,)))
    usual = plot.items["a"].raw.opts["pen"].widthF()
    plot.enlarge(2.0)  # as on a screen of 200 %: its pens count the screen's own pixels
    assert plot.items["a"].raw.opts["pen"].widthF() == 2 * usual == 14.0


def test_that_an_empty_plot_shows_words_instead_of_axes(plot: CurvePlot) -> None:
    plot.show_picture(Picture(waiting="Waits for the first step"))
    assert plot.waiting.isVisible()
    assert plot.summary == "Loss: Waits for the first step"
    assert not plot.plot.left.isVisible()
    plot.show_picture(Picture(curves=(Curve(key="a", label="a", role="student", series=series([1.0, 2.0])),)))
    assert not plot.waiting.isVisible()
    assert plot.plot.left.isVisible()


def test_that_the_x_axis_reaches_to_the_planned_end(plot: CurvePlot) -> None:
    curve = Curve(key="a", label="a", role="student", series=series([1.0, 2.0]))
    plot.show_picture(Picture(curves=(curve,), x_end=500.0))
    (low, high), _ = plot.plot.view.viewRange()
    assert low == pytest.approx(0, abs=6)
    assert high == pytest.approx(500, abs=6)


def test_that_items_are_kept_between_pictures_and_forgotten_with_their_curve(plot: CurvePlot) -> None:
    first = Picture(curves=(Curve(key="a", label="a", role="student", series=series([1.0])),))
    plot.show_picture(first)
    item = plot.items["a"].raw
    plot.show_picture(first)
    assert plot.items["a"].raw is item
    plot.show_picture(Picture())
    assert plot.items == {}
    assert item.getViewBox() is None


def test_that_the_legend_shows_the_newest_values_and_the_summary_reads_them_out(plot: CurvePlot) -> None:
    curve = Curve(key="a", label="labels", role="baseline", series=series([3.0, 0.25]))
    plot.show_picture(Picture(curves=(curve,), levels=(Level(label="teacher", role="teacher", value=0.5),)))
    assert [entry.words for entry in plot.legend.entries.values()] == ["teacher  0.5", "labels  0.25"]
    assert plot.plot.accessibleDescription() == "Loss: teacher 0.5, labels 0.25; lowest at step 2"


def test_that_a_narrow_plot_puts_its_legend_below_the_title(plot: CurvePlot) -> None:
    made = [Curve(key=str(n), label=f"a rather long name {n}", role="student", series=series([1.0])) for n in range(2)]
    plot.show_picture(Picture(curves=tuple(made)))
    assert plot._below.count() == 0
    plot.resize(260, 400)
    assert plot._below.count() == 1


def test_that_plots_follow_the_theme(plot: CurvePlot) -> None:
    plot.show_picture(Picture(curves=(Curve(key="a", label="a", role="student", series=series([1.0, 2.0])),)))
    theme().apply(Choice.DARK)
    assert plot.plot.backgroundBrush().color() == theme().color("card")
    assert plot.items["a"].raw.opts["pen"].color() == theme().color("student")
    assert plot.plot.left.textPen().color() == theme().color("quiet")


@pytest.mark.parametrize("top", [3e4, 2.5e5, 1e35])
def test_that_the_numbers_of_large_values_have_room_beside_the_axis(
    qtbot: QtBot, plot: CurvePlot, top: float
) -> None:
    """pyqtgraph leaves out what is wider than the axis: of 1e35 only the 0 was left."""
    plot.show_picture(
        Picture(curves=(Curve(key="a", label="a", role="student", series=series([top * n / 30 for n in range(31)])),))
    )


    def numbers() -> int:
        plot.grab()
        return len(plot.plot.left._drawn[2])

    qtbot.waitUntil(lambda: numbers() >= 3)  # its layout comes with the next turn


def test_that_a_curve_below_zero_is_in_the_picture(plot: CurvePlot) -> None:
    plot.show_picture(Picture(curves=(Curve(key="a", label="a", role="student", series=series([-1.0, -3.0])),)))
    _, (low, high) = plot.plot.view.viewRange()
    assert low < -3.0 and high > -1.0


def test_that_dotted_is_the_teacher_alone() -> None:
    lines = [curves._line_of_term(f"term {number}", number) for number in range(4)]
    assert "dotted" not in (*lines, *LINES)
    assert pen_of(theme().color("student"), 1.0, "dash-dotted").style() is Qt.PenStyle.CustomDashLine


@pytest.mark.parametrize(
    ("rate", "said"), [(1234.4, "1,234 steps/s"), (9.96, "10.0 steps/s"), (0.96, "1.0 steps/s"), (0.25, "0.25 steps/s"),
                       (0.001, "0.01 steps/s")],
)  # fmt: skip
def test_that_a_slow_run_does_not_make_zero_steps_a_second(rate: float, said: str) -> None:
    assert rate_words(rate, "steps") == said
