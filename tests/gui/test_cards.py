"""The building blocks have room for what they say."""

import pytest
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from kdstudio.gui.cards import Banner

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
    banner.say("Restored what you had not saved", "A detail of some length, to be read in one line beside the button.")
    qtbot.waitUntil(lambda: banner._title.width() > 600)
    assert banner._detail.height() < 2 * banner._detail.fontMetrics().height()
