"""The fields of the page New experiment, as a test finds them and types into them."""

from typing import Any

from PySide6.QtTest import QTest

from kdstudio.gui.forms import FieldRow
from kdstudio.gui.pages.new_experiment import NewExperimentPage


def field(page: NewExperimentPage, path: str) -> FieldRow:
    found = page.board.row(path)
    assert found is not None
    return found


def line_of(page: NewExperimentPage, path: str) -> Any:
    return field(page, path).editor.focus.lineEdit()  # type: ignore[union-attr]


def retype(page: NewExperimentPage, path: str, text: str) -> None:
    line = line_of(page, path)
    line.selectAll()
    QTest.keyClicks(line, text)
    page.check()
