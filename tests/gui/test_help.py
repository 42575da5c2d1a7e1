"""The help beside the page: it explains what has the focus, lists the keys, is searched, and gives the focus back."""

import socket

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from kdstudio.gui.help import SHORTCUTS, TERMS, read_terms, term_at
from kdstudio.gui.main_window import MainWindow
from kdstudio.runs.home import Home
from kdstudio.spec import loads
from tests.fakes import EXPERIMENT, a_story, a_told_run

ASKED = (
    "temperature", "alpha", "logits", "soft targets", "agreement", "calibration error", "kl", "nll", "baseline", "gain",
    "interval", "dark knowledge", "hidden classes", "labels available to the student", "validation and test",
    "how to read the curves",
)  # fmt: skip


@pytest.fixture
def terms(window: MainWindow) -> MainWindow:
    """A window with its help at the terms."""
    window.setFocus()
    window.actions_by_id["help.terms"].trigger()
    return window


def test_that_every_term_that_the_window_uses_has_an_entry() -> None:
    titles = " ".join(term.title.lower() for term in read_terms())
    assert [word for word in ASKED if word not in titles] == []


def test_that_terms_are_written_out_once_and_found_by_their_words() -> None:
    terms = read_terms()
    assert len({term.id for term in terms}) == len(terms)
    assert all(len(term.text.split()) > 20 for term in terms)
    agreement = next(term for term in terms if term.id == "agreement")
    assert "copies the teacher's mistakes" in agreement.text


def test_that_f1_shows_the_keys_and_hides_them_again(qtbot: QtBot, window: MainWindow) -> None:
    window.actions_by_id["help.shortcuts"].trigger()
    help_panel = window.shell.help
    assert (window.shell.help_in_view, help_panel.tab) == (True, SHORTCUTS)
    row = next(row for row in help_panel.rows if row.entry.id == "view.palette")
    assert row.entry.keys == "Ctrl+K"
    window.actions_by_id["help.shortcuts"].trigger()
    assert not window.shell.help_in_view


def test_that_the_question_mark_toggles_the_terms_and_gives_the_focus_back(qtbot: QtBot, window: MainWindow) -> None:
    before = window.navigation.buttons["runs"]
    before.setFocus()
    qtbot.mouseClick(window.navigation.help, Qt.MouseButton.LeftButton)
    assert window.shell.help_in_view
    assert window.navigation.help.isChecked()
    assert window.focusWidget() is window.shell.help.line
    qtbot.keyClick(window.shell.help.line, Qt.Key.Key_Escape)
    assert not window.shell.help_in_view
    assert not window.navigation.help.isChecked()
    assert window.focusWidget() is before


@pytest.mark.parametrize(
    ("field", "term"), [("field.method.temperature", "temperature"), ("field.dataset.labelled", "labelled")]
)
def test_that_help_opens_at_the_field_that_has_the_focus(qtbot: QtBot, window: MainWindow, field: str, term: str) -> None:
    window.show_page("new")
    editor = window.new_page.findChild(QWidget, field)
    editor.setFocus()
    window.actions_by_id["help.terms"].trigger()
    assert window.shell.help.asked_for == term
    card = window.shell.help.cards[term]
    area = window.shell.help._terms_area
    qtbot.waitUntil(lambda: card.mapTo(area.viewport(), card.rect().topLeft()).y() in range(area.viewport().height()))


def test_that_help_on_a_plot_explains_the_plot(qtbot: QtBot, window: MainWindow, home: Home) -> None:
    window.open_run(a_told_run(home))
    window.run_page.accuracy.setFocus()
    found = term_at(window.run_page.accuracy, read_terms())
    assert found is not None
    assert found.id == "accuracy-curve"


def test_that_help_on_a_page_without_a_term_of_its_own_starts_at_the_top(window: MainWindow) -> None:
    window.show_page("runs")
    window.setFocus()
    window.actions_by_id["help.terms"].trigger()
    assert window.shell.help.tab == TERMS
    assert window.shell.help._terms_area.verticalScrollBar().value() == 0


def test_that_typing_leaves_the_entries_that_fit(qtbot: QtBot, terms: MainWindow) -> None:
    panel = terms.shell.help
    qtbot.keyClicks(panel.line, "kullback")
    assert [name for name, card in panel.cards.items() if not card.isHidden()] == ["kl"]
    panel.line.clear()
    qtbot.keyClicks(panel.line, "no such word")
    assert panel.none.isVisible()
    panel.line.clear()
    assert not panel.none.isVisible()
    assert all(not card.isHidden() for card in panel.cards.values())


def test_that_what_fits_under_the_other_tab_is_said(qtbot: QtBot, terms: MainWindow) -> None:
    panel = terms.shell.help
    qtbot.keyClicks(panel.line, "command palette")
    assert panel.none.isVisible()
    assert panel.none.text() == "No matches here; 5 under Shortcuts."  # the command, and the keys in the palette
    qtbot.mouseClick(panel.tabs.group.button(SHORTCUTS), Qt.MouseButton.LeftButton)
    assert not panel.none.isVisible()
    assert [row.entry.id for row in panel.rows if not row.isHidden()] == ["view.palette"]
    panel.line.clear()


def test_that_the_panel_stands_beside_a_wide_page_and_over_a_narrow_one(qtbot: QtBot, terms: MainWindow) -> None:
    panel, page = terms.shell.help, terms.pages
    terms.resize(1900, 800)
    QApplication.processEvents()
    assert page.mapTo(terms, page.rect().topRight()).x() < panel.mapTo(terms, panel.rect().topLeft()).x()
    terms.resize(900, 560)
    QApplication.processEvents()
    assert terms.size().width() == 900
    assert terms.rect().contains(panel.mapTo(terms, panel.rect().bottomRight()))


def test_that_help_needs_no_network(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the help is offline")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    window.actions_by_id["help.curves"].trigger()
    assert window.shell.help.asked_for == "reading"


def test_that_every_place_that_a_term_names_is_in_the_window(qtbot: QtBot, window: MainWindow, home: Home) -> None:
    window.show_page("settings")
    window.show_page("new")
    window.new_page.show_experiment(loads(EXPERIMENT))
    one_seed = EXPERIMENT.replace("[0, 1, 2]", "[0]")  # which is answered by a suggestion
    window.open_run(a_told_run(home, a_story(seeds=[0]), text=one_seed))
    qtbot.waitUntil(lambda: not window.controller.active and window.run_page.sentences.advice.buttons != [])
    names = {widget.objectName() for widget in window.findChildren(QWidget)}
    missing = [
        (term.id, place)
        for term in read_terms()
        for place in term.at
        if not any(name == place or name.startswith(f"{place}.") for name in names)
    ]
    assert missing == []
