"""The pages by their own: the form and its summary, the run from empty to verdict, the table of runs."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from kdstudio.gui.forms import KindForm
from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.pages.new_experiment import NewExperimentPage
from kdstudio.gui.pages.runs import RunsPage
from kdstudio.gui.tables.columns import COLUMNS
from kdstudio.gui.tables.runs_model import FOLDER, RunsModel
from kdstudio.gui.words import compact, phase, size
from kdstudio.runs.events import AnyEvent, Note, RunEnded
from kdstudio.runs.files import write_json
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.library import Library
from kdstudio.runs.state import RunState, State
from kdstudio.spec import Classification, load, loads
from tests.fakes import EXPERIMENT, a_story, a_told_run, stamped

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def page(qtbot: QtBot, home: Home) -> NewExperimentPage:
    made = NewExperimentPage(home)
    qtbot.addWidget(made)
    return made


def kind_picker(page: NewExperimentPage, path: str) -> object:
    return page.findChild(object, f"kind.{path}")


def test_that_the_form_begins_with_an_experiment_that_is_ready(page: NewExperimentPage) -> None:
    assert page.problems == {}
    assert page.start_button.text() == "Start"
    assert page.summary.pill.text == "Ready"
    assert page.experiment() == Classification(kind="classification")


def test_that_every_field_of_the_experiment_is_on_some_card(page: NewExperimentPage) -> None:
    assert set(page.values()) == set(Classification.model_fields)


def test_that_every_part_of_the_experiment_is_described_in_a_line(page: NewExperimentPage) -> None:
    for card in page.cards[:5]:
        form = card.forms[card.name.lower()]
        line = form.blurb if isinstance(form, KindForm) else card.blurb
        assert line is not None and not line.isHidden() and len(line.text().split()) > 3, card.name
    assert line is not None and line.text() == "How the student (and the baseline) is trained."


@pytest.mark.parametrize("size", [(1164, 834), (828, 614)])
def test_that_the_title_is_in_sight_and_named_before_a_start(
    qtbot: QtBot, page: NewExperimentPage, size: tuple[int, int]
) -> None:
    page.resize(*size)
    page.show()
    line = page.findChild(QLineEdit, "field.title")
    assert line is not None and not line.visibleRegion().isEmpty()
    line.selectAll()
    qtbot.keyClicks(line, "A name to find it by")
    with qtbot.waitSignal(page.start_requested) as said:
        qtbot.mouseClick(page.start_button, Qt.MouseButton.LeftButton)
    assert said.args[0].title == "A name to find it by"


def test_that_start_hands_on_exactly_what_the_form_says(qtbot: QtBot, page: NewExperimentPage) -> None:
    experiment = load(ROOT / "resources" / "experiments" / "digits-few-labels.yaml")
    page.show_experiment(experiment)
    with qtbot.waitSignal(page.start_requested) as said:
        qtbot.mouseClick(page.start_button, Qt.MouseButton.LeftButton)
    assert said.args == [experiment]


def test_that_the_start_button_names_the_next_missing_step(
    qtbot: QtBot, page: NewExperimentPage, tmp_path: Path
) -> None:
    form = page.cards[0].forms["dataset"]
    form.picker.setCurrentIndex(1)  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: page.start_button.text() == "Choose a folder")
    assert page.summary.pill.text == "Not ready"
    row = form.form.rows["path"]  # type: ignore[union-attr]
    assert row.problem == "Fill this in"
    row.editor.set_value(str(tmp_path / "nowhere"))
    qtbot.waitUntil(lambda: row.problem == "There is no such folder")
    row.editor.set_value(str(tmp_path))
    qtbot.waitUntil(lambda: page.start_button.text() == "Start")


def test_that_start_with_a_problem_goes_to_the_field_instead(qtbot: QtBot, page: NewExperimentPage) -> None:
    page.show()
    page.cards[4].forms["training"].rows["learning_rate"].editor.set_value("x")  # type: ignore[union-attr]
    with qtbot.assertNotEmitted(page.start_requested):
        qtbot.mouseClick(page.start_button, Qt.MouseButton.LeftButton)
    assert page.start_button.text() == "Fix: Learning rate"
    assert page.summary.problems.text() == "Learning rate: needs a number, not 'x'"


def test_that_what_two_fields_do_together_is_a_problem_of_their_card(qtbot: QtBot, page: NewExperimentPage) -> None:
    page.change({"dataset.validation": 0.5, "dataset.test": 0.5})
    assert set(page.problems) == {"dataset"}
    assert page.cards[0]._error.text().startswith("Validation (0.5)")


def test_that_the_summary_says_what_will_be_trained(page: NewExperimentPage) -> None:
    page.show_experiment(loads(EXPERIMENT))
    trains = page.summary.facts["Trains"]
    assert (trains.whole, trains.fewest) == ("teacher, 3 baselines, 3 students", "7 networks")
    page.show_experiment(loads(EXPERIMENT + "baseline: false\n"))
    assert page.summary.facts["Trains"].whole == "teacher, 3 students"


def test_that_the_experiment_can_be_copied_as_yaml(qtbot: QtBot, page: NewExperimentPage) -> None:
    qtbot.mouseClick(page.summary.copy, Qt.MouseButton.LeftButton)
    assert loads(QGuiApplication.clipboard().text()) == page.experiment()


def test_that_advanced_shows_every_field(qtbot: QtBot, page: NewExperimentPage) -> None:
    qtbot.mouseClick(page.detail.group.button(1), Qt.MouseButton.LeftButton)
    assert not any(row.isHidden() for row in page.board.rows())


def shown(qtbot: QtBot, window: MainWindow, home: Home, story: Sequence[AnyEvent], text: str = EXPERIMENT) -> RunFolder:
    folder = a_told_run(home, story, text=text)
    window.open_run(folder)
    qtbot.waitUntil(lambda: not window.controller.active and window.controller.state.events == len(story))
    window.run_page._refresh()
    return folder


def test_that_a_completed_run_shows_its_verdict_and_four_numbers(qtbot: QtBot, window: MainWindow, home: Home) -> None:
    shown(qtbot, window, home, a_story())
    page = window.run_page
    assert page.verdict.isVisible()
    assert page.verdict.title.startswith("+5.0 points with the teacher")
    assert [tile.number for tile in (page.tiles.accuracy, page.tiles.agreement, page.tiles.gain, page.tiles.cost)] == [
        "90.0 %", "90.0 %", "+5.0 points", "2.4 k",
    ]  # fmt: skip
    assert page.pill.text == "Completed"
    assert not page.stop.isVisible()
    assert page.duplicate.isVisible()


def test_that_one_seed_has_a_gain_but_no_interval(qtbot: QtBot, window: MainWindow, home: Home) -> None:
    shown(qtbot, window, home, a_story(seeds=[0]), EXPERIMENT.replace("[0, 1, 2]", "[0]"))
    assert window.run_page.tiles.gain.number == "+5.0 points"
    assert "1 seed; 3 are needed for an interval" in window.run_page.tiles.gain.note


def test_that_a_run_without_a_baseline_shows_a_dash_for_the_gain(qtbot: QtBot, window: MainWindow, home: Home) -> None:
    shown(qtbot, window, home, a_story(baseline=False), EXPERIMENT + "baseline: false\n")
    assert window.run_page.tiles.gain.number == "–"
    assert "no baseline" in window.run_page.tiles.gain.note


def test_that_half_a_run_shows_validation_numbers_and_says_so(qtbot: QtBot, window: MainWindow, home: Home) -> None:
    story = a_story()
    shown(qtbot, window, home, story[: len(story) // 2])
    page = window.run_page
    assert "validation" in page.tiles.accuracy.note
    assert "so far" in page.tiles.gain.note
    assert not page.verdict.isVisible()


def test_that_a_failed_run_shows_cause_and_remedy_and_opens_its_field(
    qtbot: QtBot, window: MainWindow, home: Home
) -> None:
    story = a_story()[:30]
    end = RunEnded(attempt=1, outcome="failed", code="out-of-memory-system", parameters={"stage": "student"})
    folder = a_told_run(home, [*story, end])
    write_json(folder.status_file, {"state": "failed", "attempt": 1, "code": end.code, "parameters": end.parameters})
    window.open_run(folder)
    qtbot.waitUntil(lambda: not window.controller.active)
    page = window.run_page
    page._refresh()
    assert page.pill.text == "Failed"
    assert page.notice.title == "The computer ran out of memory"
    assert "Halve the batch size" in page.notice.detail
    assert page.resume.isVisible()
    qtbot.mouseClick(page.mend, Qt.MouseButton.LeftButton)
    assert window.pages.currentWidget() is window.new_page


def test_that_a_warning_of_the_run_is_shown_and_notes_stand_below(qtbot: QtBot, window: MainWindow, home: Home) -> None:
    worse = Note(level="warning", code="teacher-not-better", parameters={"teacher": 0.8, "baseline": 0.9})
    story = a_story()
    shown(qtbot, window, home, stamped([*story[:-1], worse, story[-1]]))
    assert window.run_page.notice.title == "The teacher is not better than the student alone"
    assert "Some classes have very few labels" in window.run_page.notes.text()


def test_that_without_a_run_the_page_says_where_to_find_one(window: MainWindow) -> None:
    window.show_page("run")
    assert window.run_page.title.whole == "Current run"
    assert window.run_page.sentences.empty.isVisible()
    assert "New experiment" in window.run_page.subtitle.whole
    assert not window.run_page.stop.isVisible()
    assert window.run_page.accuracy.waiting.isVisible()


@pytest.mark.parametrize(
    ("number", "said"), [(812, "812"), (2410, "2.4 k"), (999_999, "1.0 M"), (39_400, "39.4 k"), (1.2e9, "1.2 G")]
)
def test_that_counts_are_short(number: float, said: str) -> None:
    assert compact(number) == said


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 B"), (812, "812 B"), (9600, "9.6 kB"), (999_999, "1.0 MB"), (1.5e9, "1.5 GB")]
)
def test_that_bytes_are_said_in_the_unit_that_fits(count: float, said: str) -> None:
    assert size(count) == said


def test_that_every_state_has_a_word_and_a_colour() -> None:
    assert all(phase(state, RunState())[0] for state in State)


@pytest.fixture
def runs(qtbot: QtBot, home: Home) -> Callable[[], RunsPage]:
    def make() -> RunsPage:
        page = RunsPage(home)
        qtbot.addWidget(page, before_close_func=lambda page: page.shutdown())
        page.show()
        qtbot.waitUntil(lambda: bool(page.subtitle.whole))
        return page

    return make


def test_that_a_home_without_runs_says_what_to_do(runs: Callable[[], RunsPage]) -> None:
    page = runs()
    assert page.empty.isVisible() and page.ways.isVisible()
    assert not page.table.isVisible()


@pytest.mark.parametrize(("way", "place"), [("samples", "home"), ("new", "new")])
def test_that_a_table_without_runs_leads_to_one(
    qtbot: QtBot, window: MainWindow, home: Home, way: str, place: str
) -> None:
    window.show_page("runs")
    page = window.runs_page
    qtbot.waitUntil(lambda: page.ways.isVisible())
    qtbot.mouseClick(getattr(page.ways, way), Qt.MouseButton.LeftButton)
    assert window.pages.currentWidget().objectName() == f"page.{place}"
    a_told_run(home)
    window.show_page("runs")
    qtbot.waitUntil(lambda: page.table.isVisible())
    qtbot.keyClicks(page.filter, "nobody has these words")
    assert page.empty.isVisible() and not page.ways.isVisible()


def test_that_runs_are_listed_with_their_numbers(runs: Callable[[], RunsPage], home: Home) -> None:
    a_told_run(home)
    page = runs()
    said = {column.id: page.model.data(page.model.index(0, place)) for place, column in enumerate(COLUMNS)}
    names = ("title", "state", "accuracy", "validation", "agreement", "gain")
    shown = ["Digits of a test", "Completed", "90.0 %", "91.0 %", "90.0 %", "+5.0 points"]
    assert [said[name] for name in names] == shown


def test_that_accuracy_on_validation_data_is_never_shown_as_accuracy_on_test_data(
    runs: Callable[[], RunsPage], home: Home
) -> None:
    story = a_story()
    a_told_run(home, story[: next(place for place, event in enumerate(story) if event.stage == "evaluation")])
    page = runs()
    said = {column.id: page.model.data(page.model.index(0, place)) for place, column in enumerate(COLUMNS)}
    assert (said["accuracy"], said["validation"], said["agreement"]) == ("", "92.0 %", "92.0 % val.")


def test_that_a_run_opens_by_double_click_and_by_enter(qtbot: QtBot, runs: Callable[[], RunsPage], home: Home) -> None:
    folder = a_told_run(home)
    page = runs()
    index = page.table.model().index(0, 0)
    place = page.table.visualRect(index).center()
    with qtbot.waitSignal(page.open_requested) as said:
        qtbot.mouseClick(page.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
        qtbot.mouseDClick(page.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert said.args == [folder]
    page.table.setFocus()
    with qtbot.waitSignal(page.open_requested) as said:
        qtbot.keyClick(page.table, Qt.Key.Key_Return)
    assert said.args == [folder]


def test_that_open_needs_a_chosen_run_and_says_so(qtbot: QtBot, runs: Callable[[], RunsPage], home: Home) -> None:
    folder = a_told_run(home)
    page = runs()
    assert not page.open.isEnabled()
    assert page.open.toolTip() == "Choose a run first"
    page.table.selectRow(0)
    with qtbot.waitSignal(page.open_requested) as said:
        qtbot.mouseClick(page.open, Qt.MouseButton.LeftButton)
    assert said.args == [folder]


def test_that_the_selection_stays_with_its_run_when_a_new_one_comes(
    qtbot: QtBot, runs: Callable[[], RunsPage], home: Home
) -> None:
    folder = a_told_run(home)
    page = runs()
    page.table.selectRow(0)
    for number in range(2):
        a_told_run(home, text=EXPERIMENT.replace("Digits", f"Later {number}"))
    page.refresh()
    qtbot.waitUntil(lambda: page.model.rowCount() == 3)
    assert page.chosen() == folder


def test_that_the_filter_narrows_the_list(qtbot: QtBot, runs: Callable[[], RunsPage], home: Home) -> None:
    a_told_run(home)
    a_told_run(home, text=EXPERIMENT.replace("Digits of a test", "Other"))
    page = runs()
    qtbot.keyClicks(page.filter, "oth")
    assert page.table.model().rowCount() == 1


def test_that_the_model_of_runs_keeps_qts_rules(qapp: object, home: Home) -> None:
    model = RunsModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    a_told_run(home)
    rows = Library(home).rows()
    model.show_rows(rows)
    a_told_run(home)
    model.show_rows(Library(home).rows())
    assert {model.data(model.index(row, 0), FOLDER) for row in range(model.rowCount())} == {
        row.folder for row in Library(home).rows()
    }
    model.show_rows([replace(rows[0], title="Renamed")])
    assert model.data(model.index(0, 0)) == "Renamed"
    model.show_rows([])
    assert model.rowCount() == 0
    del tester
