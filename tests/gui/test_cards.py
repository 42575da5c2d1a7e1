"""The building blocks have room for what they say."""

import pytest
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from kdstudio.gui.cards import Banner, Elided, Tile

pytestmark = pytest.mark.gui


@pytest.mark.parametrize("offers", [0, 1])
def test_that_the_words_of_a_banner_have_the_room_that_its_buttons_leave(qtbot: QtBot, offers: int) -> None:
    holder = QWidget()
    qtbot.addWidget(holder)
    banner = Banner()
    column = QVBoxLayout(holder)
    column.addWidget(banner)
    column.addStretch(1)
    for _ in range(offers):
        banner.offers.addWidget(QPushButton("Discard"))
    holder.resize(900, 200)
    holder.show()
    banner.say("Unsaved draft restored", "A detail of some length, to be read in one line beside the button.")
    qtbot.waitUntil(lambda: banner._title.width() > 600)
    assert banner._detail.height() < 2 * banner._detail.fontMetrics().height()


def test_that_a_text_is_said_in_fewer_words_before_it_ends_in_dots(qtbot: QtBot) -> None:
    text = Elided()
    qtbot.addWidget(text)
    text.show()
    text.set_text("validation, best 58.7 % at step 20", "best 58.7 % at step 20", "best 58.7 %")
    width = text.fontMetrics().horizontalAdvance
    for room, shown in (
        (width("validation, best 58.7 % at step 20"), "validation, best 58.7 % at step 20"),
        (width("validation, best 58.7 % at step 20") - 1, "best 58.7 % at step 20"),
        (width("best 58.7 % at step 20") - 1, "best 58.7 %"),
    ):
        text.resize(room, 20)
        assert text.text() == shown
        assert not text.elided
        assert text.toolTip() == ("" if shown == text.whole else text.whole)
        assert text.accessibleName() == text.whole
    text.resize(width("best 58.7 %") - 1, 20)
    assert text.elided
    assert text.text().endswith("\N{HORIZONTAL ELLIPSIS}")
    assert text.toolTip() == "validation, best 58.7 % at step 20"
    text.set_text("short")
    assert (text.text(), text.toolTip()) == ("short", "")


def test_that_a_low_tile_says_the_same_in_less_height(qtbot: QtBot) -> None:
    tile = Tile("Student accuracy", "student")
    qtbot.addWidget(tile)
    tile.show_value("93.4 %", "test data")
    high = tile.sizeHint().height()
    tile.set_low(True)
    assert tile.sizeHint().height() <= high - 16
    assert (tile.number, tile.note) == ("93.4 %", "test data")
    tile.set_low(False)
    assert tile.sizeHint().height() == high
