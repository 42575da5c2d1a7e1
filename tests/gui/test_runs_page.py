"""Runs, in full: what is chosen stays chosen, columns are remembered, names and notes are kept, runs overlaid and thrown away."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.pages import discarding, runs
from kdstudio.gui.pages.notes_card import tags_in
from kdstudio.gui.pages.runs import NOTES, QUEUE, RunsPage
from kdstudio.gui.pages.runs_actions import RUN_COMMANDS
from kdstudio.gui.tables.columns import COLUMNS, PLACES
from kdstudio.gui.tables.runs_model import RunsModel
from kdstudio.gui.tables.runs_table import TITLE
from kdstudio.gui.tables.sparkline import heights
from kdstudio.gui.theme import theme
from kdstudio.runs.files import write_json
from kdstudio.runs.folder import About, RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.library import Row
from kdstudio.spec import loads
from tests.fakes import EXPERIMENT, a_process_at_work, a_run, a_told_run, runs_named
from tests.gui.player import Player


@pytest.fixture
def page(make_runs_page: Callable[[], RunsPage]) -> Callable[[], RunsPage]:
    return make_runs_page


def titles(page: RunsPage) -> list[str]:
    return [row.title for row in page.model.shown()]


def a_row(identity: str, **more: object) -> Row:
    values: dict[str, object] = {"folder": identity, "created": identity, "title": identity, "state": "completed"}
    return Row(id=identity, **(values | more))  # type: ignore[arg-type]


def test_that_rows_come_and_go_by_qts_rules(qapp: object) -> None:
    model = RunsModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    a, b, c, d = (a_row(name, accuracy=0.1 * number) for number, name in enumerate("abcd"))
    for rows in ([b], [c, b], [d, c, b, a], [d, b], [], [a, b, c, d]):
        model.show_rows(rows)
        assert [row.id for row in model.shown()] == sorted((row.id for row in rows), reverse=True)
    model.filter_by("zebra")
    assert model.rowCount() == 0
    model.filter_by("")
    model.sort(PLACES["accuracy"], Qt.SortOrder.AscendingOrder)
    assert [row.id for row in model.shown()] == ["a", "b", "c", "d"]
    del tester


@pytest.mark.parametrize("order", [Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder])
def test_that_what_is_not_known_comes_last_either_way(qapp: object, order: Qt.SortOrder) -> None:
    model = RunsModel()
    model.show_rows([a_row("none"), a_row("low", gain=-0.1), a_row("high", gain=0.1)])
    model.sort(PLACES["gain"], order)
    assert model.shown()[-1].id == "none"


@pytest.mark.parametrize(("text", "found"), [("DIG", 1), ("failed", 1), ("tag:good", 1), ("good digits", 0), ("", 2)])
def test_that_the_filter_looks_for_every_word_in_all_texts(qapp: object, text: str, found: int) -> None:
    model = RunsModel()
    model.show_rows([a_row("digits"), a_row("other", state="failed", tags=("good",))])
    model.filter_by(text)
    assert model.rowCount() == found


def test_that_every_column_has_a_text_and_a_value_to_sort_by(qapp: object, home: Home) -> None:
    full, empty = a_row("full", accuracy=0.5, curve=(0.1, 0.2), tags=("x",), notes="n"), a_row("empty")
    for column in COLUMNS:
        for row in (full, empty):
            assert isinstance(column.text(row), str)
            column.raw(row)


@pytest.mark.parametrize(
    ("curve", "first", "last"),
    [
        ((0.1, 0.9), 0.1, 0.9),
        ((0.12, *[0.134] * 20), 0.12, 0.134),  # a run at chance looks low
        ((0.95, *[0.94] * 20), 0.95, 0.94),  # noise does not fill the height
        ((-1.0, 2.0), 0.0, 1.0),  # what no accuracy can be stays inside
    ],
)
def test_that_the_small_curves_of_all_runs_share_one_scale(curve: tuple[float, ...], first: float, last: float) -> None:
    found = heights(curve)
    assert (found[0], found[-1]) == pytest.approx((first, last))
    assert all(0 <= height <= 1 for height in found)


def test_that_several_chosen_runs_stay_chosen_through_sorting_filtering_and_new_runs(
    qtbot: QtBot, page: Callable[[], RunsPage], home: Home
) -> None:
    first, _, last = runs_named(home, "aa", "bb", "cc")
    shown = page()
    shown.table.choose({str(first.path), str(last.path)})
    shown.table.sortByColumn(PLACES["title"], Qt.SortOrder.AscendingOrder)
    assert [row.title for row in shown.table.chosen()] == ["aa", "cc"]
    assert shown.table.accessibleDescription() == "3 runs, 2 chosen"
    qtbot.keyClicks(shown.filter, "cccc")
    assert [row.title for row in shown.table.chosen()] == ["cc"]
    shown.filter.clear()
    a_told_run(home)
    shown.refresh()
    qtbot.waitUntil(lambda: shown.model.total == 4)
    assert [row.title for row in shown.table.chosen()] == ["aa", "cc"]


def test_that_chosen_columns_and_the_order_are_remembered(page: Callable[[], RunsPage], home: Home) -> None:
    runs_named(home, "aa")
    first = page()
    action = next(each for each in first.table.columns.actions() if each.data() == "notes")
    action.trigger()
    first.table.sortByColumn(PLACES["title"], Qt.SortOrder.AscendingOrder)
    first.shutdown()
    second = page()
    assert not second.table.isColumnHidden(PLACES["notes"])
    assert second.table.horizontalHeader().sortIndicatorSection() == PLACES["title"]


def test_that_a_table_arranged_when_one_column_held_both_accuracies_shows_both(
    page: Callable[[], RunsPage], home: Home
) -> None:
    (home.root / "runs_table.json").write_text('{"shown": ["title", "state", "accuracy"]}')
    first = page()
    assert not first.table.isColumnHidden(PLACES["validation"])
    first.table.show_column("validation", False)
    first.shutdown()
    assert page().table.isColumnHidden(PLACES["validation"]), "who hides it does not get it back"


@pytest.mark.parametrize("junk", ["", "[]", '{"shown": 3, "widths": [], "sort": "mood"}', '{"shown": ["mood", "state"]}'])
def test_that_an_unreadable_arrangement_is_passed_over(page: Callable[[], RunsPage], home: Home, junk: str) -> None:
    (home.root / "runs_table.json").write_text(junk)
    assert not page().table.isColumnHidden(PLACES["title"])


def test_that_a_run_is_renamed_in_place_and_its_notes_stay(
    qtbot: QtBot, page: Callable[[], RunsPage], home: Home
) -> None:
    (folder,) = runs_named(home, "aa")
    folder.set_about(About(notes="keep me"))
    shown = page()
    shown.table.choose({str(folder.path)})
    shown.table.setFocus()
    qtbot.keyClick(shown.table, Qt.Key.Key_F2)
    editor = shown.table.findChild(QLineEdit)
    assert editor is not None
    editor.selectAll()
    qtbot.keyClicks(editor, "Better name")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: titles(shown) == ["Better name"])
    assert folder.about() == About(name="Better name", notes="keep me")


def test_that_another_name_of_a_run_reaches_its_page_the_navigation_and_what_closing_says(
    qtbot: QtBot, window: MainWindow, home: Home, player: Player
) -> None:
    """The run in view is renamed in the table while it is at work, and opened again once it is not in view any more."""
    player.pace, player.habits = 0.05, ("hold=student",)
    window.start_experiment(loads(EXPERIMENT))
    folder = window.controller.folder
    assert folder is not None
    qtbot.waitUntil(lambda: window.controller.active and window.controller.state.events > 2, timeout=15_000)
    window.show_page("runs")
    table = window.runs_page.table
    qtbot.waitUntil(lambda: window.runs_page.model.rowCount() == 1)
    table.choose({str(folder.path)})
    table.setFocus()
    table.rename_chosen()
    editor = table.findChild(QLineEdit)
    assert editor is not None
    editor.selectAll()
    qtbot.keyClicks(editor, "Renamed by me")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.navigation.running.name.whole == "Renamed by me")
    assert window.run_page.title.whole == "Renamed by me"
    assert [run.title for run in window._training_runs()] == ["Renamed by me"]
    window.open_run(a_told_run(home))
    assert window.run_page.title.whole == "Digits of a test"
    window.open_run(folder)
    assert window.run_page.title.whole == "Renamed by me"


def test_that_tags_of_many_are_added_and_taken_away_and_others_stay(
    qtbot: QtBot, page: Callable[[], RunsPage], home: Home
) -> None:
    first, second = runs_named(home, "aa", "bb")
    first.set_about(About(tags=("own", "both")))
    second.set_about(About(tags=("both",)))
    shown = page()
    shown.table.choose({str(first.path), str(second.path)})
    shown.actions_by_id["runs.tags"].trigger()
    assert shown.notes.tags.text() == "both"
    assert not shown.notes.notes.isEnabled()
    assert shown.notes.notes.toolTip()
    shown.notes.tags.selectAll()
    qtbot.keyClicks(shown.notes.tags, "new, new")
    qtbot.keyClick(shown.notes.tags, Qt.Key.Key_Return)
    assert (set(first.about().tags), second.about().tags) == ({"own", "new"}, ("new",))


def test_that_notes_are_kept_when_another_run_is_chosen(
    qtbot: QtBot, page: Callable[[], RunsPage], home: Home
) -> None:
    first, second = runs_named(home, "aa", "bb")
    shown = page()
    shown.table.choose({str(first.path)})
    shown.show_below(NOTES)
    qtbot.keyClicks(shown.notes.notes, "worth it")
    shown.table.choose({str(second.path)})
    assert first.about().notes == "worth it"
    assert shown.notes.notes.toPlainText() == ""


def test_that_tags_are_told_apart_by_commas() -> None:
    assert tags_in(" a ,b  c,, a") == ["a", "b c"]


def test_that_a_title_keeps_a_width_to_be_read_in(qtbot: QtBot, page: Callable[[], RunsPage], home: Home) -> None:
    runs_named(home, "aa")
    shown = page()
    shown.resize(820, 500)
    assert shown.table.columnWidth(PLACES["title"]) == TITLE
    shown.resize(1600, 500)
    wide = shown.table.columnWidth(PLACES["title"])
    assert wide > 2 * TITLE
    shown.table.show_column("tags", False)
    assert shown.table.columnWidth(PLACES["title"]) > wide


def test_that_columns_grow_with_large_type_and_come_back(
    qtbot: QtBot, page: Callable[[], RunsPage], home: Home
) -> None:
    runs_named(home, "aa")
    shown = page()
    shown.table.setColumnWidth(PLACES["gain"], 130)
    before = {column.id: shown.table.columnWidth(PLACES[column.id]) for column in COLUMNS if column.width}
    try:
        theme().present(True)
        large = {name: shown.table.columnWidth(PLACES[name]) for name in before}
        assert large == {name: round(1.35 * width) for name, width in before.items()}
        shown.table.keep()
    finally:
        theme().present(False)
    assert {name: shown.table.columnWidth(PLACES[name]) for name in before} == before
    assert json.loads((home.root / "runs_table.json").read_text())["widths"]["gain"] == 130


def test_that_a_gain_beyond_noise_stands_out_in_colour(qapp: object) -> None:
    model = RunsModel()
    gains = {"help": (0.02, 0.06), "harm": (-0.06, -0.02), "noise": (-0.01, 0.02)}
    model.show_rows([a_row(name, gain=low, gain_low=low, gain_high=high) for name, (low, high) in gains.items()])
    found = {
        row.id: model.data(model.index(number, PLACES["gain"]), Qt.ItemDataRole.ForegroundRole)
        for number, row in enumerate(model.shown())
    }
    assert found["help"] == theme().ink("agreement")
    assert found["harm"] == theme().ink("failure")
    assert found["noise"] is None


@pytest.mark.parametrize("yes", [True, False])
def test_that_the_trash_is_asked_about_with_bytes_and_users(
    qtbot: QtBot, page: Callable[[], RunsPage], home: Home, monkeypatch: pytest.MonkeyPatch, yes: bool
) -> None:
    (run,) = runs_named(home, "aa")
    pupil = a_run(home, text=f"kind: classification\nteacher: {{kind: mlp, weights: 'run:{run.id}'}}\n")
    asked: list[str] = []
    gone: list[RunFolder] = []
    monkeypatch.setattr(discarding, "ask_to_discard", lambda *said: asked.extend(map(str, said[1:])) or yes)
    monkeypatch.setattr(discarding, "discard_run", gone.append)
    shown = page()
    shown.table.choose({str(run.path)})
    shown.table.setFocus()
    qtbot.keyClick(shown.table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: shown._discarding is None)
    assert "“aa” (" in asked[0]
    assert "kB)" in asked[0]
    assert pupil.path.name in asked[1]
    assert gone == ([run] if yes else [])


def test_that_a_run_at_work_is_neither_thrown_away_nor_resumed_and_says_why(
    page: Callable[[], RunsPage], home: Home
) -> None:
    folder = a_run(home)
    with a_process_at_work(folder):
        shown = page()
        shown.table.choose({str(folder.path)})
        for name in ("runs.delete", "runs.resume", "runs.queue"):
            assert not shown.actions_by_id[name].isEnabled()
            assert "running" in shown.actions_by_id[name].toolTip()


@pytest.mark.parametrize(("state", "allowed"), [("completed", False), ("paused", True), ("failed", True), ("lost", True)])
def test_that_resume_is_offered_where_something_is_left(
    qtbot: QtBot, page: Callable[[], RunsPage], home: Home, state: str, allowed: bool
) -> None:
    (folder,) = runs_named(home, "aa")
    write_json(folder.status_file, {"state": state, "attempt": 1})
    shown = page()
    shown.table.choose({str(folder.path)})
    assert shown.resume.isEnabled() == allowed
    assert bool(shown.resume.toolTip()) != allowed
    if allowed:
        with qtbot.waitSignal(shown.resume_requested) as said:
            qtbot.mouseClick(shown.resume, Qt.MouseButton.LeftButton)
        assert said.args == [folder]


def test_that_queued_runs_go_into_the_queue_from_the_table(page: Callable[[], RunsPage], home: Home) -> None:
    waiting = [a_run(home) for _ in range(2)]
    runs_named(home, "done")
    shown = page()
    shown.table.selectAll()
    shown.actions_by_id["runs.queue"].trigger()
    assert {run.folder for run in shown.queue.waiting} == set(waiting)
    assert shown.below.chosen == QUEUE
    assert not shown.queue.on


def test_that_the_table_is_exported_as_it_is_filtered(
    qtbot: QtBot, page: Callable[[], RunsPage], home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = runs_named(home, "aa", "bb")
    first.set_about(About(name="=1+1", tags=("x", "y")))
    target = tmp_path / "runs.csv"
    monkeypatch.setattr(runs, "pick_csv", lambda _: str(target))
    shown = page()
    qtbot.keyClicks(shown.filter, "1+1")
    shown.actions_by_id["runs.export"].trigger()
    (line,) = csv.DictReader(target.read_text().splitlines())
    assert (line["title"], line["tags"], line["gain_low"]) == ("'=1+1", "x, y", "")  # no spreadsheet carries it out
    assert float(line["accuracy"]) == pytest.approx(0.89, abs=0.02)
    assert second.id not in target.read_text()


def test_that_every_command_is_in_the_context_menu_and_no_two_share_a_key(page: Callable[[], RunsPage]) -> None:
    shown = page()
    assert [action.objectName() for action in shown.menu.actions() if not action.isSeparator()] == [
        command.id for command in RUN_COMMANDS
    ]
    keys = [command.shortcut for command in RUN_COMMANDS]
    assert len(keys) == len(set(keys))
    for action in shown.menu.actions():
        assert action.isEnabled() or action.isSeparator() or len(action.toolTip().split()) > 2


def test_that_the_folder_of_a_chosen_run_can_be_opened(qtbot: QtBot, page: Callable[[], RunsPage], home: Home) -> None:
    (folder,) = runs_named(home, "aa")
    shown = page()
    shown.table.choose({str(folder.path)})
    with qtbot.waitSignal(shown.folder_wanted) as wanted:
        shown.actions_by_id["runs.folder"].trigger()
    assert wanted.args == [folder.path]


def test_that_a_title_being_edited_is_not_overwritten_by_a_new_reading(
    qtbot: QtBot, page: Callable[[], RunsPage], home: Home
) -> None:
    (folder,) = runs_named(home, "aa")
    shown = page()
    shown.table.choose({str(folder.path)})
    shown.table.rename_chosen()
    a_told_run(home)
    shown.refresh()
    qtbot.waitUntil(lambda: len(shown.feed.rows) == 2)
    assert shown.table.editing
    assert shown.model.total == 1
    editor = shown.table.findChild(QLineEdit)
    qtbot.keyClick(editor, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: shown.model.total == 2)


def test_that_the_arrangement_is_plain_json(page: Callable[[], RunsPage], home: Home) -> None:
    page().shutdown()
    assert set(json.loads((home.root / "runs_table.json").read_text())) == {
        "format", "shown", "widths", "sort", "descending",
    }  # fmt: skip
