"""The budget: one number and one unit, in the simple form, for student and teacher, and the same in text and command."""

import shlex
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from kdstudio.gui.editors import QuantityEditor
from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.pages.new_experiment import NewExperimentPage
from kdstudio.gui.pages.sheet import YAML
from kdstudio.gui.presets import presets
from kdstudio.runs.resources import resource
from kdstudio.spec import loads
from tests.gui.form_fields import field, line_of, retype
from tests.gui.test_forms import pick

SAMPLE = resource("experiments") / "digits-first-look.yaml"  # 3,000 steps; its teacher 15 epochs


def budget(page: NewExperimentPage, part: str = "training") -> QuantityEditor:
    editor = field(page, f"{part}.budget").editor
    assert isinstance(editor, QuantityEditor)
    return editor


def given(page: NewExperimentPage, part: str = "training") -> dict[str, object]:
    """What the experiment asks for, of epochs, steps and minutes."""
    training = getattr(page.experiment(), part)
    return {
        name: getattr(training, name) for name in ("epochs", "steps", "minutes") if getattr(training, name) is not None
    }


def test_that_the_simple_form_shows_the_budget_that_a_file_gives_for_student_and_teacher(
    new_page: NewExperimentPage,
) -> None:
    new_page.open_file(SAMPLE)
    for part, number, unit in (("training", "3000", "steps"), ("teacher_training", "15", "epochs")):
        assert field(new_page, f"{part}.budget").isVisible()
        assert line_of(new_page, f"{part}.budget").text() == number
        assert budget(new_page, part).unit.currentText() == unit
    assert not field(new_page, "teacher_training.learning_rate").isVisible()


def test_that_another_unit_clears_the_one_that_the_file_gave(new_page: NewExperimentPage) -> None:
    new_page.open_file(SAMPLE)
    retype(new_page, "training.budget", "40")
    pick(budget(new_page).unit, "epochs")
    new_page.check()
    assert given(new_page) == {"epochs": 40.0}
    assert new_page.problems == {} and new_page.start_button.text() == "Start"
    pick(budget(new_page, "teacher_training").unit, "minutes")
    assert given(new_page, "teacher_training") == {"minutes": 15.0}


def test_that_undo_and_redo_walk_through_number_and_unit(new_page: NewExperimentPage) -> None:
    new_page.open_file(SAMPLE)
    pick(budget(new_page).unit, "minutes")
    new_page.check()
    assert new_page.history.undoable is not None and new_page.history.undoable.title == "training, budget"
    new_page.history.undo()
    assert given(new_page) == {"steps": 3000}
    assert budget(new_page).unit.currentText() == "steps"
    new_page.history.redo()
    assert given(new_page) == {"minutes": 3000.0}


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "Needs a number"), ("-1", "Must be more than 0, not -1"), ("many", "Needs a number, not 'many'")],
)
def test_that_what_is_wrong_with_the_budget_stands_beside_its_row(
    new_page: NewExperimentPage, text: str, said: str
) -> None:
    line = line_of(new_page, "training.budget")
    line.clear()
    QTest.keyClicks(line, text)
    new_page.check()
    assert field(new_page, "training.budget").problem == said
    assert new_page.start_button.text().endswith("Budget")


def test_that_half_a_step_is_refused_beside_the_row(new_page: NewExperimentPage) -> None:
    retype(new_page, "training.budget", "0.5")
    assert given(new_page) == {"epochs": 0.5}
    pick(budget(new_page).unit, "steps")
    new_page.check()
    assert field(new_page, "training.budget").problem == "Needs a whole number, not '0.5'"


def test_that_arrows_step_as_the_unit_allows(new_page: NewExperimentPage) -> None:
    retype(new_page, "training.budget", "3")
    pick(budget(new_page).unit, "steps")
    for _ in range(5):
        QTest.keyClick(budget(new_page).focus, Qt.Key.Key_Down)
    assert given(new_page) == {"steps": 1}


def test_that_the_text_gives_the_budget_that_the_form_shows_and_the_other_way_round(
    new_page: NewExperimentPage,
) -> None:
    pick(budget(new_page).unit, "steps")
    retype(new_page, "training.budget", "500")
    new_page.detail.choose(YAML)
    new_page.sheet.set_detail(YAML)
    assert loads(new_page.yaml.text).training.steps == 500
    new_page.yaml.editor.setPlainText("kind: classification\ntraining: {minutes: 2}\n")
    new_page.yaml.check()
    new_page.sheet.show_form()
    assert given(new_page) == {"minutes": 2.0}
    assert budget(new_page).unit.currentText() == "minutes"


def test_that_two_budgets_at_once_in_the_text_are_refused_with_a_way_out(new_page: NewExperimentPage) -> None:
    new_page.detail.choose(YAML)
    new_page.sheet.set_detail(YAML)
    new_page.yaml.editor.setPlainText("kind: classification\ntraining: {minutes: 2, steps: 4}\n")
    new_page.yaml.check()
    assert new_page.yaml.editor.messages == {2: "training: steps and minutes are given at once; keep one of them"}


def test_that_a_preset_keeps_the_budget_with_its_unit(new_page: NewExperimentPage) -> None:
    card = next(card for card in new_page.cards if card.name == "Training")
    pick(budget(new_page).unit, "steps")
    retype(new_page, "training.budget", "500")
    card.keep("short")
    new_page.new()
    assert given(new_page) == {"epochs": 30.0} and card.changes() == []
    card.apply(presets(new_page.home, "Training")[0])
    assert given(new_page) == {"steps": 500}
    assert next(action.text() for action in card.changes_menu().actions()) == "Budget: 500 steps"
    card.reset()
    assert given(new_page) == {"epochs": 30.0}


def test_that_the_command_sets_one_of_them_alone(new_page: NewExperimentPage, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("kind: classification\ntraining: {steps: 40, learning_rate: 0.01}\n")
    new_page.open_file(file)
    pick(budget(new_page).unit, "minutes")
    retype(new_page, "training.budget", "4")
    new_page.copy_command()
    assert shlex.split(QGuiApplication.clipboard().text())[:5] == [
        "kdstudio",
        "run",
        str(file),
        "--set",
        "training.minutes=4.0",
    ]


def test_that_a_rhythm_is_a_number_and_a_unit_too_and_auto_while_it_is_empty(qtbot: QtBot, window: MainWindow) -> None:
    window.show_page("new")
    page = window.new_page
    page.sheet.detail.choose(1)
    page.sheet.set_detail(1)
    row = field(page, "training.evaluate_every.interval")
    assert line_of(page, row.path).placeholderText() == "auto"
    pick(row.editor.unit, "seconds")  # type: ignore[union-attr]
    assert page.experiment().training.evaluate_every.seconds is None
    retype(page, row.path, "2.5")
    every = page.experiment().training.evaluate_every
    assert (every.steps, every.seconds) == (None, 2.5)
