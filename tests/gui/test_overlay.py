"""Chosen runs laid over one another."""

import shutil
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.pages.runs import OVERLAY, RunsPage
from kdstudio.gui.tables.columns import PLACES
from kdstudio.runs import fold_cache
from kdstudio.runs.folder import About, RunFolder
from kdstudio.runs.home import Home
from tests.fakes import EXPERIMENT, a_run, a_story, a_told_run, runs_named


@pytest.fixture
def page(make_runs_page: Callable[[], RunsPage]) -> Callable[[], RunsPage]:
    return make_runs_page


def test_that_chosen_runs_are_laid_over_one_another_in_lines_of_their_own(
    qtbot: QtBot, page: Callable[[], RunsPage], home: Home
) -> None:
    runs_named(home, "aa", "bb")
    shown = page()
    shown.table.selectAll()
    shown.actions_by_id["runs.overlay"].trigger()
    overlay = shown.overlay
    assert overlay is not None
    qtbot.waitUntil(lambda: all(len(each.items) == 2 for each in overlay.plots), timeout=10_000)  # type: ignore[attr-defined]
    looks = list(overlay._looks.values())  # type: ignore[attr-defined]
    assert len({look.role for look in looks}) == len({look.line for look in looks}) == 2
    assert overlay.accuracy.picture.levels[0].value == pytest.approx(97)  # type: ignore[attr-defined]
    assert shown.model.data(shown.model.index(0, PLACES["title"]), Qt.ItemDataRole.DecorationRole) is not None
    entry = next(iter(overlay.entries.values()))  # type: ignore[attr-defined]
    qtbot.mouseClick(entry, Qt.MouseButton.LeftButton)
    assert entry.label in overlay.loss.legend.off  # type: ignore[attr-defined]
    shown.table.selectRow(0)
    assert len(overlay.accuracy.items) == 1  # type: ignore[attr-defined]


def test_that_the_overlay_is_the_mean_over_seeds_and_says_so(
    qtbot: QtBot, page: Callable[[], RunsPage], home: Home
) -> None:
    a_told_run(home)
    shown = page()
    shown.table.selectAll()
    shown.show_below(OVERLAY)
    overlay = shown.overlay
    qtbot.waitUntil(lambda: bool(overlay._stories), timeout=10_000)  # type: ignore[union-attr]
    (story,) = overlay._stories.values()  # type: ignore[union-attr]
    assert story.seeds == 3
    assert story.accuracy.last == pytest.approx(0.91)
    assert "means over seeds" in overlay.note.text()  # type: ignore[union-attr]


def test_that_an_overlay_lets_go_of_runs_that_are_not_shown_any_more(
    qtbot: QtBot, page: Callable[[], RunsPage], home: Home
) -> None:
    runs_named(home, *(letter * 2 for letter in "abcd"))
    shown = page()
    shown.table.selectAll()
    shown.show_below(OVERLAY)
    overlay = shown.overlay
    assert overlay is not None
    qtbot.waitUntil(lambda: len(overlay.accuracy.items) == 4, timeout=10_000)
    for place in range(4):
        shown.table.selectRow(place)
        qtbot.waitUntil(lambda: overlay._reader is None and len(overlay.accuracy.items) == 1, timeout=10_000)
        assert list(overlay._kept) == list(overlay._stories) == [shown.model.row(place).folder]


def test_that_an_overlay_begins_a_long_run_with_the_fold_that_was_kept(
    qtbot: QtBot, page: Callable[[], RunsPage], home: Home
) -> None:
    folder = a_told_run(home, a_story(seeds=[0]))
    state, reader = folder.fold()
    state.stages_of("student")[0].curves[("student", "validation", "accuracy")].append(50, 0.123)  # to be known by
    fold_cache.keep(folder, state, reader.at)
    shown = page()
    shown.table.selectAll()
    shown.show_below(OVERLAY)
    overlay = shown.overlay
    assert overlay is not None
    qtbot.waitUntil(lambda: bool(overlay._stories), timeout=10_000)
    (story,) = overlay._stories.values()
    assert story.accuracy.last == 0.123


def test_that_a_copy_of_a_run_is_a_run_of_its_own_in_table_and_overlay(
    qtbot: QtBot, page: Callable[[], RunsPage], home: Home
) -> None:
    folder = a_told_run(home)
    copy = folder.path.with_name(f"20260101-000000_copy_{folder.id}")
    shutil.copytree(folder.path, copy)
    shown = page()
    assert shown.subtitle.whole.startswith("2 runs")
    assert {row.folder for row in shown.model.shown()} == {str(folder.path), str(copy)}
    shown.table.choose({str(copy)})
    assert shown.chosen() == RunFolder(copy)
    shown.table.selectAll()
    shown.show_below(OVERLAY)
    overlay = shown.overlay
    assert overlay is not None
    qtbot.waitUntil(lambda: len(overlay.accuracy.items) == 2, timeout=10_000)
    assert len({entry.label for entry in overlay.entries.values()}) == 2


def test_that_an_overlay_is_walked_by_keys_and_read_aloud(
    qtbot: QtBot, page: Callable[[], RunsPage], home: Home
) -> None:
    runs_named(home, "aa", "bb")
    shown = page()
    shown.table.setFocus()
    qtbot.keyClick(shown.table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    shown.actions_by_id["runs.overlay"].trigger()
    overlay = shown.overlay
    assert overlay is not None
    qtbot.waitUntil(lambda: all(len(each.items) == 2 for each in overlay.plots), timeout=10_000)
    for plot in overlay.plots:
        assert all(f"{name} " in plot.plot.accessibleDescription() for name in ("aa", "bb"))
    whole = overlay.accuracy.plot.view.viewRange()[0]
    qtbot.keyClick(overlay.accuracy.plot, Qt.Key.Key_Plus)
    assert overlay.loss.plot.view.viewRange()[0] != whole
    qtbot.keyClick(overlay.loss.plot, Qt.Key.Key_0)
    assert overlay.accuracy.plot.view.viewRange()[0] == whole
    entry = next(iter(overlay.entries.values()))
    qtbot.keyClick(entry, Qt.Key.Key_Space)
    assert entry.accessibleName().endswith("hidden")
    assert not any(f"{entry.label} " in plot.plot.accessibleDescription() for plot in overlay.plots)


def test_that_what_the_pointer_reads_of_many_long_named_runs_stays_in_its_card(
    qtbot: QtBot, page: Callable[[], RunsPage], home: Home
) -> None:
    for folder in runs_named(home, *(letter * 2 for letter in "abcdefghi")):
        folder.set_about(About(name=f"{folder.id} with a name that is much longer than its plot is wide"))
    shown = page()
    shown.table.selectAll()
    shown.show_below(OVERLAY)
    overlay = shown.overlay
    assert overlay is not None
    qtbot.waitUntil(lambda: all(len(each.items) == 9 for each in overlay.plots), timeout=10_000)
    overlay.accuracy.plot.hovered.emit(8.0)
    for plot in overlay.plots:
        assert plot.readout.isVisible()
        assert plot.rect().contains(plot.readout.geometry())
    assert overlay.accuracy.readout.lines[-1][0].endswith("more") or len(overlay.accuracy.readout.lines) == 9


def test_that_no_run_of_an_overlay_is_drawn_as_a_teacher_is(page: Callable[[], RunsPage], home: Home) -> None:
    runs_named(home, "aa", "bb", "cc", "dd")
    shown = page()
    shown.table.selectAll()
    shown.show_below(OVERLAY)
    assert shown.overlay is not None
    looks = list(shown.overlay._looks.values())
    assert "dotted" not in {look.line for look in looks}
    assert len({(look.role, look.line) for look in looks}) == 4


def test_that_a_comparison_begins_with_a_run_of_the_same_dataset_and_says_how_to_add_others(
    qtbot: QtBot, page: Callable[[], RunsPage], home: Home
) -> None:
    text = EXPERIMENT + "dataset: {kind: idx, path: /somewhere}\n"
    alike = a_told_run(home)
    mine = a_told_run(home)
    a_told_run(home, text=text)
    a_run(home)  # has nothing to show
    shown = page()
    shown.compare(str(mine.path))
    shown.show_below(OVERLAY)
    assert {row.folder for row in shown.table.chosen()} == {str(mine.path), str(alike.path)}
    assert shown.overlay is not None
    assert shown.overlay.note.text().startswith("Ctrl+click in the table adds a run or removes it.")
    shown.table.choose({str(mine.path)})
    assert shown.overlay.note.text().startswith("Ctrl+click another run in the table to compare it with this one.")
    shown.table.choose(set())
    assert shown.overlay.note.text().startswith("Click a run in the table, then Ctrl+click others")


def test_that_compare_chooses_a_second_run_also_before_the_library_was_read(
    qtbot: QtBot, window: MainWindow, home: Home
) -> None:
    runs = [a_told_run(home), a_told_run(home)]
    window.open_run(runs[0])
    qtbot.waitUntil(lambda: window.controller.state.outcome == "completed")
    qtbot.waitUntil(lambda: window.lobby.feed.known and window.lobby.feed._reader is None)
    window.lobby.feed.known, window.lobby.feed.rows = False, []
    window.lobby.compare(runs[0])
    qtbot.waitUntil(lambda: len(window.runs_page.table.chosen()) == 2)
    assert {row.folder for row in window.runs_page.table.chosen()} == {str(run.path) for run in runs}
