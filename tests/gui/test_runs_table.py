"""The table of runs as it is drawn and read: cells from their rows, one row under the mouse, and a reading that stands back."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from kdstudio.gui.pages.runs import RunsPage
from kdstudio.gui.tables.cells import BAR
from kdstudio.gui.tables.columns import PLACES
from kdstudio.gui.tables.library_feed import HOLD
from kdstudio.gui.tables.runs_model import RunsModel
from kdstudio.gui.tables.runs_table import RunsTable
from kdstudio.gui.theme import theme
from kdstudio.runs.home import Home
from kdstudio.runs.library import Library, Row
from tests.fakes import a_told_run


@pytest.fixture
def table(qtbot: QtBot, home: Home) -> Iterator[RunsTable]:
    model = RunsModel()
    made = RunsTable(model, home)
    qtbot.addWidget(made)
    made.resize(1100, 300)
    rows = [
        Row(id=name, folder=name, created=name, title=f"Run {name}", state="completed", accuracy=0.9, gain=0.03,
            gain_low=0.01, gain_high=0.05, curve=(0.1, 0.5, 0.9))
        for name in "abcd"
    ]  # fmt: skip
    model.show_rows(rows)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.close()


def cell(table: RunsTable, row: int, column: str) -> QImage:
    area = table.visualRect(table.model().index(row, PLACES[column]))
    return table.viewport().grab(area).toImage()


def holds(image: QImage, colour: QColor) -> bool:
    """Whether a pixel of `image` is nearly `colour`."""
    near = (
        max(abs(a - b) for a, b in zip(image.pixelColor(x, y).getRgb(), colour.getRgb(), strict=True))  # type: ignore[arg-type]
        for y in range(image.height()) for x in range(image.width())
    )  # fmt: skip
    return min(near) < 24


@pytest.mark.parametrize(
    ("column", "role"), [("title", "text"), ("curve", "student"), ("state", "agreement"), ("gain", "agreement")]
)
def test_that_a_cell_shows_what_its_row_says_in_the_colour_of_its_role(
    table: RunsTable, column: str, role: str
) -> None:
    assert holds(cell(table, 0, column), theme().color(role))  # type: ignore[arg-type]


def test_that_a_chosen_row_has_a_bar_and_not_a_colour_alone(table: RunsTable) -> None:
    table.choose({"c"})
    (number,) = table._model.places_of({"c"})
    edge = cell(table, number, "title").copy(0, 0, BAR, 10)
    assert all(edge.pixelColor(x, 5) == theme().color("student") for x in range(BAR))
    assert cell(table, number + 1, "title").pixelColor(0, 5) == theme().color("card")


def test_that_a_choice_is_told_once(qtbot: QtBot, table: RunsTable) -> None:
    told: list[int] = []
    table.choice_changed.connect(lambda: told.append(len(table.chosen())))
    table.choose({"a", "c"})
    assert told == [2]


def test_that_the_row_under_the_mouse_is_marked_as_a_whole_until_the_mouse_is_gone(table: RunsTable) -> None:
    raised = theme().color("raised")

    def marked(row: int) -> list[bool]:
        return [cell(table, row, column).pixelColor(2, 2) == raised for column in ("title", "gain", "created")]

    QTest.mouseMove(table.viewport(), table.visualRect(table.model().index(1, 0)).center())
    QTest.mouseMove(table.viewport(), table.visualRect(table.model().index(2, 0)).center() + QPoint(3, 0))
    QApplication.processEvents()
    assert (marked(1), marked(2)) == ([False] * 3, [True] * 3)
    QApplication.sendEvent(table, QEvent(QEvent.Type.Leave))
    assert marked(2) == [False] * 3


def test_that_a_title_too_long_for_its_column_is_cut_with_dots_and_told_whole_in_a_tip(table: RunsTable) -> None:
    row = Row(id="long", folder="long", created="z", title="A very long title " * 12, state="completed")
    table._model.show_rows([row])
    shown = cell(table, 0, "title")
    assert all(shown.pixelColor(shown.width() - 2, y) == theme().color("card") for y in range(shown.height()))
    assert str(table.model().index(0, 0).data(Qt.ItemDataRole.ToolTipRole)).strip() == row.title.strip()


def test_that_a_cell_paints_no_more_of_a_path_than_its_last_part_before_an_audience(table: RunsTable) -> None:
    def painted(folder: str) -> QImage:
        table._model.show_rows([Row(id="a", folder="a", created="z", title=f"With {folder}/cats", state="completed")])
        return cell(table, 0, "title")

    assert painted("/srv/ada") != painted("/opt/bob")
    theme().present(True)
    try:
        assert painted("/srv/ada") == painted("/opt/bob")
    finally:
        theme().present(False)


def test_that_a_reading_stands_back_while_somebody_types(
    qtbot: QtBot, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each would wait for the interpreter in turns with the other: a keystroke took 60 ms instead of 15."""
    a_told_run(home)
    typed, rows = threading.Event(), Library.rows

    def read(library: Library, *how: Any) -> list[Row]:
        """Not read before the first key: the thread may be quicker than the hand."""
        assert typed.wait(60)
        return rows(library, *how)

    monkeypatch.setattr(Library, "rows", read)
    page = RunsPage(home)
    qtbot.addWidget(page)
    page.show()
    page.feed.refresh()
    began = time.monotonic()
    qtbot.keyClicks(page.filter, "digits")
    typed.set()
    qtbot.waitUntil(lambda: page.feed.known)
    assert time.monotonic() - began >= HOLD * 0.9
    page.feed.refresh()
    page.shutdown()  # not held up by a reading that stands back
