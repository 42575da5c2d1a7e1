"""What is typed into or chosen from has an outline that is seen, in both themes."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from kdstudio.gui.edge import Line, PartLine
from kdstudio.gui.editors import Editor, NumberEditor, NumberRange, QuietCombo, TextEditor
from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.pickers import KindPicker
from kdstudio.gui.private_text import PrivateLine
from kdstudio.gui.theme import GROUNDS, SEEN, contrast, theme

pytestmark = pytest.mark.gui


def a_combo() -> QWidget:
    combo = QuietCombo()
    combo.addItem("one")
    return combo


def a_path() -> QWidget:
    line = PrivateLine()
    line.setText("/home/anna/pets")
    return line


FIELDS: dict[str, Callable[[], QWidget]] = {
    "line": Line, "text": TextEditor, "path": a_path, "number": lambda: NumberEditor(NumberRange(whole=True)), "combo": a_combo,
}  # fmt: skip


def edges(picture: QImage) -> list[QColor]:
    """The middle of each side; at the right of a number, that of its buttons."""
    right, bottom = picture.width() - 1, picture.height() - 1
    middles = [(0, bottom // 2), (right, bottom // 2), (right // 2, 0), (right // 2, bottom)]
    return [picture.pixelColor(QPoint(*place)) for place in (*middles, (right - 9, 0), (right - 9, bottom))]


@pytest.mark.parametrize("presented", [False, True])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS.keys())
def test_that_a_field_has_an_outline_that_is_seen_on_every_side(
    qtbot: QtBot, field: Callable[[], QWidget], scheme: str, presented: bool
) -> None:
    theme().apply(scheme)
    theme().present(presented)
    try:
        ground = QWidget()
        qtbot.addWidget(ground)
        made = field()
        QVBoxLayout(ground).addWidget(made)
        ground.resize(260, 90)
        with qtbot.waitExposed(ground):
            ground.show()
        ground.setFocus()  # away from the field, which would wear the accent
        sides = edges((made.focus if isinstance(made, Editor) else made).grab().toImage())
    finally:
        theme().present(False)
    for role in GROUNDS:
        assert all(contrast(side, theme().color(role)) >= SEEN for side in sides), [side.name() for side in sides]


def test_that_no_page_has_a_field_whose_outline_is_the_styles(open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    for name in ("home", "new", "run", "runs", "settings"):
        window.show_page(name)
    fields = [each for kind in (QLineEdit, QComboBox, QAbstractSpinBox) for each in window.findChildren(kind)]
    assert {type(each).__name__ for each in fields} <= {
        *(kind.__name__ for kind in (Line, PartLine, PrivateLine, QuietCombo, KindPicker)), "_NumberBox", "_OpeningCombo",
    }  # fmt: skip
