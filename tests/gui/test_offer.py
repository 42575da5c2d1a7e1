"""An experiment that somebody suggests: in the form, with what it changes marked, and the reason on top."""

from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from kdstudio.gui.cards import Text
from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.pages.new_experiment import NewExperimentPage
from kdstudio.spec import loads
from tests.gui.form_fields import field, line_of, retype

REASON = "The loss was no longer a number. A lower learning rate keeps it one."
ASKED = ("training.learning_rate", "method.temperature")


def suggest(page: NewExperimentPage) -> None:
    changes = ["training.learning_rate=0.003", "method={kind: soft-targets, temperature: 2}"]
    page.offer(loads("kind: classification", changes=changes), ASKED, REASON)


def marked(page: NewExperimentPage) -> set[str]:
    return {row.path for row in page.board.rows() if row.marked}


def test_that_a_suggestion_fills_the_form_marks_what_it_changes_and_says_why(qtbot: QtBot, window: MainWindow) -> None:
    window.show_page("new")
    page = window.new_page
    page.change({"method.alpha": 0.25})
    suggest(page)
    assert page.experiment().training.learning_rate == 0.003
    assert marked(page) == set(ASKED)
    assert page.banner.isVisible() and page.banner.detail == REASON
    said = field(page, "training.learning_rate").findChild(Text, "changed.training.learning_rate")
    assert said is not None and said.isVisible() and said.text() == "changed"
    row = field(page, "training.learning_rate")
    assert window.focusWidget() is row.editor.focus  # type: ignore[union-attr]
    view = page.sheet.form.viewport()
    qtbot.waitUntil(lambda: view.rect().contains(row.mapTo(view, row.rect().center())))


def test_that_an_advanced_field_that_a_suggestion_changes_is_in_view_and_tinted(new_page: NewExperimentPage) -> None:
    changes = ["compute.threads=2", "training.learning_rate=0.003"]
    new_page.offer(
        loads("kind: classification", changes=changes), ["training.learning_rate", "compute.threads"], REASON
    )
    row = field(new_page, "compute.threads")
    assert row.isVisible()
    assert row.grab().toImage().pixelColor(2, row.height() // 2) != new_page.cards[0].grab().toImage().pixelColor(8, 30)


def test_that_a_mark_goes_with_the_value_that_it_stands_for(new_page: NewExperimentPage) -> None:
    suggest(new_page)
    retype(new_page, "training.learning_rate", "0.01")
    assert marked(new_page) == {"method.temperature"}
    said = field(new_page, "training.learning_rate").findChild(Text, "changed.training.learning_rate")
    assert said is not None and not said.isVisible()
    new_page.new()
    assert marked(new_page) == set() and new_page.banner.title == ""


def test_that_undo_takes_a_suggestion_back_with_its_marks(new_page: NewExperimentPage) -> None:
    new_page.check()
    before = new_page.values()
    suggest(new_page)
    new_page.history.undo()
    assert new_page.values() == before
    assert marked(new_page) == set()
    new_page.history.redo()
    assert new_page.values()["training"]["learning_rate"] == 0.003


def test_that_a_suggestion_shows_the_form_also_where_text_was_in_view(new_page: NewExperimentPage) -> None:
    new_page.detail.choose(2)
    new_page.sheet.set_detail(2)
    suggest(new_page)
    assert new_page.sheet.currentWidget() is new_page.sheet.form
    QTest.keyClicks(line_of(new_page, "training.learning_rate"), "1")
