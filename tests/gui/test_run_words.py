"""What a run says in sentences, and its ways on: trained longer, its folder, its diagnostics, the field that a failure names."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from kdstudio.gui.pages.diagnostics import diagnostics, masked
from kdstudio.gui.pages.run import RunPage
from kdstudio.gui.states import row_words
from kdstudio.results.suggestions import longer
from kdstudio.runs.events import RunEnded
from kdstudio.runs.files import write_json
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.library import Row
from kdstudio.spec import dump, loads
from tests.fakes import EXPERIMENT, a_story, a_told_run

LEFT = Qt.MouseButton.LeftButton


def test_that_train_longer_offers_twice_the_budget_as_a_child_of_the_run(
    qtbot: QtBot, home: Home, open_run_page: Callable[[RunFolder], RunPage]
) -> None:
    folder = a_told_run(home)
    page = open_run_page(folder)
    with qtbot.waitSignal(page.experiment_wanted) as said:
        qtbot.mouseClick(page.sentences.longer, LEFT)
    before, (after, changed, reason) = folder.experiment(), said.args
    assert (changed, reason) == (["training.epochs"], "The student was still getting better when its budget ended.")
    assert after.training.epochs == 2 * before.training.epochs
    assert (after.title, after.parent, after.teacher_training) == (
        f"{before.title}, twice as long", folder.id, before.teacher_training
    )  # fmt: skip
    assert loads(dump(after)) == after


def test_that_train_longer_says_that_the_student_starts_anew(
    home: Home, open_run_page: Callable[[RunFolder], RunPage]
) -> None:
    folder = a_told_run(home)
    page = open_run_page(folder)
    assert "The student trains from the beginning" in page.sentences.longer.toolTip()
    folder.experiment_file.write_text("kind: [")
    page = open_run_page(folder)
    assert not page.sentences.longer.isEnabled()
    assert page.sentences.longer.toolTip() == "The experiment of this run cannot be read"


@pytest.mark.parametrize("budget", ["epochs: 4", "steps: 100", "minutes: 2"])
def test_that_any_budget_can_be_doubled(home: Home, budget: str) -> None:
    experiment = loads(EXPERIMENT + f"training: {{{budget}}}\n")
    name, value = budget.split(": ")
    assert getattr(longer(experiment).applied(experiment).training, name) == 2 * float(value)


def test_that_the_folder_of_a_finished_run_can_be_opened(
    qtbot: QtBot, home: Home, open_run_page: Callable[[RunFolder], RunPage]
) -> None:
    folder = a_told_run(home)
    page = open_run_page(folder)
    with qtbot.waitSignal(page.folder_wanted) as wanted:
        qtbot.mouseClick(page.sentences.folder, LEFT)
    assert wanted.args == [folder.path]


def test_that_diagnostics_of_a_failed_run_hold_what_helps_and_no_path_of_the_person(
    qtbot: QtBot, home: Home, open_run_page: Callable[[RunFolder], RunPage]
) -> None:
    end = RunEnded(attempt=1, outcome="failed", code="out-of-memory-system", parameters={"stage": "student"})
    folder = a_told_run(home, [*a_story()[:30], end])
    write_json(folder.status_file, {"state": "failed", "attempt": 1, "code": end.code, "parameters": end.parameters})
    folder.log_file.write_text(f"wrote {home.root}/runs/x and {Path.home()}/secret.txt\n")
    page = open_run_page(folder)
    qtbot.mouseClick(page.sentences.copy, LEFT)
    text = QGuiApplication.clipboard().text()
    assert "The computer ran out of memory" in text
    assert "<home>/runs/x and ~/secret.txt" in text
    assert str(home.root) not in text
    assert text == diagnostics(folder, home, page._controller.failure)


@pytest.mark.parametrize("readable", [True, False])
def test_that_a_failure_leads_to_its_field_only_where_the_experiment_can_be_read(
    home: Home, open_run_page: Callable[[RunFolder], RunPage], readable: bool
) -> None:
    failed = RunEnded(attempt=1, outcome="failed", code="not-a-number", parameters={"stage": "student", "step": 8, "term": "x"})
    folder = a_told_run(home, [*a_story()[:150], failed])
    write_json(folder.status_file, {"state": "failed", "attempt": 1, "code": failed.code, "parameters": failed.parameters})
    if not readable:
        folder.experiment_file.write_text("kind: [")
    page = open_run_page(folder)
    assert page.notice.title == "The loss is no longer a number"
    assert page.mend.isVisible() is readable


@pytest.mark.parametrize(
    ("code", "parameters", "said"),
    [
        ("not-a-number", {"stage": "student", "step": 8, "term": "x"}, "Field: Training, Learning rate"),
        ("file-missing", {"path": "/x/dataset.path", "field": "dataset.path"}, "/x/dataset.path is not there. Check the path "
         "(Dataset, Folder), or put the file there.\nField: Dataset, Folder"),
        ("weights-run-empty", {"role": "teacher", "run": "abc"}, "Teacher, Weights names run abc"),
        ("weights-run-empty", {"role": "pupil", "run": "abc"}, "Field: pupil.weights"),
        ("changed-data", {"path": "x"}, "Field: Dataset"),
    ],
)  # fmt: skip
def test_that_a_failure_names_its_field_by_the_titles_of_the_form(
    home: Home, open_run_page: Callable[[RunFolder], RunPage], code: str, parameters: dict[str, Any], said: str
) -> None:
    failed = RunEnded(attempt=1, outcome="failed", code=code, parameters=parameters)
    folder = a_told_run(home, [*a_story()[:150], failed])
    write_json(folder.status_file, {"state": "failed", "attempt": 1, "code": code, "parameters": parameters})
    assert said in open_run_page(folder).notice.detail


def test_that_names_and_secrets_are_masked(home: Home) -> None:
    said = masked("/home/ada/x C:\\Users\\Ada\\y token=abc123 https://me:pw@host/z", home)
    assert said == "/home/<user>/x C:\\Users\\<user>\\y token=<masked> https://<masked>@host/z"


def test_that_a_completed_run_whose_student_learned_almost_nothing_is_not_green_in_lists() -> None:
    row = Row(id="a", created="", title="At chance", state="completed", weak=True)
    assert row_words(row) == ("Completed", "teacher")
    assert row_words(replace(row, weak=False)) == ("Completed", "agreement")
