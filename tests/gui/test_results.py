"""What test data said of one run is never shown with another, and reading it holds nobody up."""

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from kdstudio.gui.pages import results as results_page
from kdstudio.gui.pages.confusion import Outcome, class_rows, outcome_of
from kdstudio.gui.pages.results import Results
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.state import RunState
from tests.fakes import a_story, a_told_run

pytestmark = pytest.mark.gui


def a_tested_run(home: Home, *labels: int) -> RunFolder:
    """A run whose student takes every test image for class 0; `labels` are their true ones."""
    folder = a_told_run(home)
    folder.artefacts.mkdir(exist_ok=True)
    sure = np.tile([2.0, 0.0], (len(labels), 1))
    np.savez(folder.artefacts / "test_outputs.npz", labels=np.array(labels), classes=np.array(["A", "B"]), student=sure)
    return folder


class Slow:
    """Reads the first run that it is asked for when it is let go, and others at once."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self._held: RunFolder | None = None

    def __call__(self, folder: RunFolder) -> Outcome | None:
        if self._held is None:
            self._held = folder
            assert self.go.wait(60)
        return outcome_of(folder)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    made = Slow()
    monkeypatch.setattr(results_page, "outcome_of", made)
    yield made
    made.go.set()


@pytest.fixture
def results(qtbot: QtBot, slow: Slow) -> Iterator[Results]:
    made = Results()
    qtbot.addWidget(made)
    made.show()
    yield made
    slow.go.set()
    made.shutdown()


def all_read(qtbot: QtBot, results: Results) -> None:
    """Wait until no reading is under way any more."""
    qtbot.waitUntil(lambda: not results.findChildren(results_page.Reading), timeout=10_000)


def test_that_answers_that_come_late_are_not_shown_with_a_run_that_has_none(
    qtbot: QtBot, results: Results, slow: Slow, home: Home
) -> None:
    results.show_run(a_tested_run(home, 0, 1), tested=True)
    results.show_run(a_told_run(home), tested=False)
    slow.go.set()
    all_read(qtbot, results)
    assert results.outcome is None
    assert not results.matrix.isVisible()
    assert results.waiting.text().startswith("Test images are used once")


def test_that_another_run_does_not_wait_for_the_answers_of_the_one_before(
    qtbot: QtBot, results: Results, slow: Slow, home: Home
) -> None:
    held, other = a_tested_run(home, 0, 1), a_tested_run(home, 1, 1, 1)
    results.show_run(held, tested=True)
    qtbot.waitUntil(lambda: slow._held == held)  # threads may begin in another order than they were started
    before = time.monotonic()
    with qtbot.waitSignal(results.ready, timeout=10_000):
        results.show_run(other, tested=True)
        assert time.monotonic() - before < 30, "the held one is let go of after a minute"
    slow.go.set()
    all_read(qtbot, results)
    assert results.outcome is not None
    assert results.outcome.labels.tolist() == [1, 1, 1]


def test_that_a_run_that_comes_back_into_view_is_shown_once_it_is_read(
    qtbot: QtBot, results: Results, slow: Slow, home: Home
) -> None:
    held = a_tested_run(home, 0, 1)
    results.show_run(held, tested=True)
    results.show_run(None, tested=False)
    results.show_run(held, tested=True)
    slow.go.set()
    all_read(qtbot, results)
    assert results.outcome is not None
    assert results.matrix.isVisible()


@pytest.mark.parametrize("damage", [b"", b"PK"])
def test_that_damaged_answers_are_said_to_be_damaged(
    qtbot: QtBot, results: Results, slow: Slow, home: Home, damage: bytes
) -> None:
    folder = a_tested_run(home, 0, 1)
    (folder.artefacts / "test_outputs.npz").write_bytes(damage)
    slow.go.set()
    with qtbot.waitSignal(results.ready):
        results.show_run(folder, tested=True)
    assert "missing or damaged" in results.waiting.text()


def test_that_damaged_thumbnails_leave_the_answers(qtbot: QtBot, results: Results, slow: Slow, home: Home) -> None:
    folder = a_tested_run(home, 0, 1)
    (folder.artefacts / "test_images.npz").write_bytes(b"")
    slow.go.set()
    with qtbot.waitSignal(results.ready):
        results.show_run(folder, tested=True)
    assert results.matrix.isVisible()
    assert results.gallery.pictures == []


LABELS = (0, 0, 0, 1, 1)
PREDICTED = ((0, 1, 1, 1, 1), (0, 1, 0, 1, 1), (0, 0, 0, 1, 1))  # of three seeds


def a_run_of_three_seeds(home: Home, *, single: bool = False) -> RunFolder:
    """A run whose first seed mistakes two images of class A, the second one of them, the third none."""
    folder = a_tested_run(home, *LABELS)
    every = 3.0 * np.eye(2)[np.array(PREDICTED)]
    arrays = {"labels": np.array(LABELS), "classes": np.array(["A", "B"]), "student": every[0], "teacher": every[2]}
    np.savez(folder.artefacts / "test_outputs.npz", **arrays, student_all=every[:1] if single else every)  # type: ignore[arg-type]
    np.savez(folder.artefacts / "test_images.npz", images=np.zeros((5, 8, 8), dtype=np.uint8))
    return folder


def told(**how: object) -> RunState:
    state = RunState()
    state.apply_all(a_story(**how))  # type: ignore[arg-type]
    return state


@pytest.fixture
def of_three_seeds(qtbot: QtBot, results: Results, slow: Slow, home: Home) -> Results:
    slow.go.set()
    results.resize(1000, 900)
    with qtbot.waitSignal(results.ready):
        results.show_run(a_run_of_three_seeds(home), tested=True, state=told())
    return results


def test_that_the_matrix_is_the_sum_over_seeds_or_one_seed_that_is_chosen(
    qtbot: QtBot, of_three_seeds: Results
) -> None:
    results = of_three_seeds
    assert [results.seed.itemText(number) for number in range(4)] == ["All seeds", "Seed 0", "Seed 1", "Seed 2"]
    assert results.seed.isVisible()
    assert results.matrix.describe(0, 1) == "Class A predicted as B 3 times over 3 seeds"
    assert results.matrix.describe(1, 0) == "No image of class B is predicted as A"
    assert results.basis.text().startswith("Sum over 3 seeds")
    assert [results.model.index(0, column).data() for column in (1, 2)] == ["3", "66.7 %"]
    qtbot.keyClick(results.seed, Qt.Key.Key_Down)
    assert results.matrix.describe(0, 1) == "2 images of class A predicted as B"
    assert results.basis.text().startswith("Seed 0 alone")
    assert results.model.index(0, 2).data() == "33.3 %"
    results.seed.setCurrentIndex(3)
    results.show_seed(3)
    assert results.matrix.describe(0, 1) == "No image of class A is predicted as B"


def test_that_over_all_seeds_an_image_says_how_many_of_them_predict_so(of_three_seeds: Results) -> None:
    results = of_three_seeds
    results.matrix.choose(0, 1)
    assert [words for _, words in results.gallery.pictures] == ["2 of 3", "1 of 3"]
    assert results.hint.text() == "Below each image: how many seeds predict so"


def test_that_the_teacher_has_one_network_for_all_seeds(qtbot: QtBot, of_three_seeds: Results) -> None:
    results = of_three_seeds
    qtbot.mouseClick(results.who.group.button(2), Qt.MouseButton.LeftButton)
    assert not results.seed.isEnabled()
    assert results.seed.toolTip() == "The teacher is the same for all seeds"
    assert results.matrix.describe(0, 0) == "3 images of class A classified correctly"


def test_that_a_run_of_one_seed_has_no_seed_to_choose(qtbot: QtBot, results: Results, slow: Slow, home: Home) -> None:
    slow.go.set()
    with qtbot.waitSignal(results.ready):
        results.show_run(a_run_of_three_seeds(home, single=True), tested=True, state=told(seeds=(4,)))
    assert not results.seed.isVisible()
    assert not results.basis.isVisible()


def test_that_the_row_of_a_class_shows_its_mistakes_and_a_cell_takes_the_row_back(
    qtbot: QtBot, of_three_seeds: Results
) -> None:
    results = of_three_seeds
    table = results.table
    qtbot.mouseClick(
        table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualRect(table.model().index(0, 0)).center()
    )
    assert results.cell.text() == "Class A: 3 of 9 predictions wrong"
    assert [words for _, words in results.gallery.pictures] == ["B (2 of 3)", "B (1 of 3)"]
    qtbot.mouseClick(results.matrix, Qt.MouseButton.LeftButton, pos=results.matrix.place_of(1, 1))
    assert not table.selectionModel().hasSelection()
    assert len(results.gallery.pictures) == 2
    table.selectRow(1)
    assert results.cell.text() == "Class B: no mistakes"


def test_that_the_results_table_says_what_the_tiles_say_and_is_copied(qtbot: QtBot, of_three_seeds: Results) -> None:
    card = of_three_seeds.comparison
    model = card.table.content
    rows = [[model.data(model.index(row, column)) for column in range(model.columnCount())] for row in range(4)]
    assert [row[0] for row in rows] == ["teacher", "baseline", "student", "student - baseline"]
    assert rows[3][1] == "+5.0 ± 0.1"
    assert rows[2][-1] == "3"
    menu = {action.objectName().rpartition(".")[2]: action for action in card.menu.actions()}
    for kind, start in (
        ("text", "Network"),
        ("markdown", "| Network"),
        ("latex", r"\begin{table}"),
        ("csv", "network,metric"),
    ):
        menu[kind].trigger()
        assert QGuiApplication.clipboard().text().startswith(start)
    assert card.copy.text() == "Copied as CSV"


def test_that_nothing_in_the_results_table_is_highlighted(qtbot: QtBot, of_three_seeds: Results) -> None:
    table = of_three_seeds.comparison.table
    qtbot.mouseClick(
        table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualRect(table.model().index(1, 1)).center()
    )
    assert not table.selectionModel().hasSelection()


def test_that_the_results_table_is_there_where_the_predictions_are_damaged(
    qtbot: QtBot, results: Results, slow: Slow, home: Home
) -> None:
    folder = a_tested_run(home, 0, 1)
    (folder.artefacts / "test_outputs.npz").write_bytes(b"PK")
    slow.go.set()
    with qtbot.waitSignal(results.ready):
        results.show_run(folder, tested=True, state=told())
    assert results.comparison.isVisible()
    assert not results.matrix.isVisible()


def test_that_a_class_without_a_prediction_has_no_precision() -> None:
    rows = class_rows(np.array([[0, 6], [0, 6]]), ("A", "B"), seeds=2)
    assert [(row.images, row.recall, row.precision, row.mistaken_for) for row in rows] == [
        (3, 0.0, None, ("B", 6)),
        (3, 1.0, 0.5, None),
    ]


def test_that_no_word_of_the_results_table_is_cut_off(qtbot: QtBot, of_three_seeds: Results) -> None:
    table = of_three_seeds.comparison.table
    metrics = table.fontMetrics()
    for column in range(table.content.columnCount()):
        words = [table.content.headerData(column, Qt.Orientation.Horizontal)]
        words += [table.content.data(table.content.index(row, column)) for row in range(4)]
        assert table.columnWidth(column) >= max(metrics.horizontalAdvance(word) for word in words) + 18, words
