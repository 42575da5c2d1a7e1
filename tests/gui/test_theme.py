"""Roles are the only source of colour: both schemes, both styles, and a change that reaches what is painted."""

import json
import os
import re
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from kdstudio.gui.cards import Banner, Bar, Card, Elided, Pill, Text, Tile
from kdstudio.gui.theme import GROUNDS, TINT, Choice, Role, Roles, blended, contrast, palette_of, roles_of, theme
from kdstudio.runs.resources import resource

ROOT = Path(__file__).resolve().parent.parent.parent
# Design, section 10.
DESIGN = {
    "light": ["#c77700", "#1b6fd8", "#7a8494", "#0f8f66", "#c93535", "#f5f6f8", "#ffffff", "#eef0f3", "#dde1e7", "#1d2129",
              "#626b7a"],
    "dark": ["#f0a63a", "#5aa9ff", "#8d96a5", "#2fbf8f", "#ff6b6b", "#14161b", "#1c1f26", "#242830", "#2f343e", "#e9ebef",
             "#9aa2b1"],
}  # fmt: skip


def test_that_contrast_is_counted_as_wcag_does() -> None:
    assert contrast(QColor("white"), QColor("black")) == pytest.approx(21.0)
    assert contrast(QColor("#777777"), QColor("white")) == pytest.approx(4.48, abs=0.01)  # their own example


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_that_the_roles_are_those_of_the_design(scheme: str) -> None:
    assert list(asdict(roles_of(scheme)).values())[: len(DESIGN[scheme])] == DESIGN[scheme]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_that_text_can_be_read_on_every_ground(scheme: str) -> None:
    roles = roles_of(scheme)
    for ground in map(QColor, (roles.ground, roles.card, roles.raised)):
        assert contrast(QColor(roles.text), ground) >= 7
        assert contrast(QColor(roles.quiet), ground) >= 4.5
    assert contrast(QColor(roles.on_accent), QColor(roles.student)) >= 4.5


WORDS: tuple[Role, ...] = ("teacher", "student", "baseline", "agreement", "failure", "quiet", "text")


@pytest.mark.parametrize("scheme", [Choice.LIGHT, Choice.DARK])
@pytest.mark.parametrize("role", WORDS)
def test_that_words_in_the_colour_of_a_role_can_be_read(qtbot: QtBot, scheme: Choice, role: Role) -> None:
    theme().apply(scheme)
    ink, large = Text("words", "caption", role), Text("97 %", "number", role)
    for label in (ink, large):
        qtbot.addWidget(label)
    colour = ink.palette().color(QPalette.ColorRole.WindowText)
    for ground in (*map(theme().color, GROUNDS), theme().color(role, TINT), theme().color(role, 0.12, "ground")):
        if role not in ("text", "quiet") or ground in map(theme().color, GROUNDS):
            assert contrast(colour, ground) >= 4.5, ground.name()
    assert contrast(large.palette().color(QPalette.ColorRole.WindowText), theme().color("card")) >= 3


@pytest.mark.parametrize("scheme", [Choice.LIGHT, Choice.DARK])
def test_that_the_palette_is_ours_also_when_the_style_has_settled(qtbot: QtBot, scheme: Choice) -> None:
    code = PALETTE.format(scheme=scheme)
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == [roles_of(str(scheme)).quiet] * 2, done.stderr


PALETTE = """
import kdstudio.spec
from PySide6.QtGui import QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
app = QApplication([])
from kdstudio.gui.theme import theme
theme().apply("{scheme}")
line = QLineEdit()
line.show()
QTest.qWait(100)
for palette in (app.palette(), line.palette()):
    print(palette.color(QPalette.ColorRole.PlaceholderText).name())
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_that_the_style_wears_the_same_colours_as_the_roles(scheme: str) -> None:
    values = json.loads(resource("themes", f"{scheme}.json").read_text())
    roles = values["roles"]
    assert values["primaryColor"] == roles["student"]
    assert values["primaryColorForeground"] == roles["on_accent"]
    assert values["statusColorError"] == roles["failure"]
    assert values["backgroundColorMain1"] == roles["card"]
    assert palette_of(Roles(**roles)).color(QPalette.ColorRole.Window).name() == roles["ground"]


def test_that_a_blend_is_opaque_and_lies_between_its_two_colours() -> None:
    mixed = blended(QColor("#000000"), QColor("#ffffff"), 0.25)
    assert mixed.name() == "#bfbfbf"
    assert mixed.alpha() == 255


def test_that_no_widget_holds_a_hex_colour_or_a_stylesheet() -> None:
    for path in (ROOT / "kdstudio" / "gui").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\"#[0-9a-fA-F]{3,8}\"", text), path
        assert "setStyleSheet" not in text, path


def test_that_a_change_of_theme_is_told_once_and_reaches_what_is_shown(qtbot: QtBot) -> None:
    label = Text("words", "body", "teacher")
    qtbot.addWidget(label)
    with qtbot.waitSignal(theme().changed):
        theme().apply(Choice.DARK)
    assert label.palette().color(QPalette.ColorRole.WindowText).name() == roles_of("dark").teacher
    with qtbot.assertNotEmitted(theme().changed):
        theme().apply(Choice.DARK)


@pytest.mark.parametrize("scheme", [Choice.LIGHT, Choice.DARK])
def test_that_a_card_is_painted_in_the_colours_in_force(qtbot: QtBot, scheme: Choice) -> None:
    theme().apply(scheme)
    card = Card()
    qtbot.addWidget(card)
    card.resize(80, 80)
    assert card.grab().toImage().pixelColor(40, 40).name() == roles_of(str(scheme)).card


def test_that_the_system_choice_means_light_where_the_system_says_nothing(qapp: QApplication) -> None:
    theme().apply(Choice.SYSTEM)
    assert theme().scheme == "light"
    assert theme().choice is Choice.SYSTEM


def test_that_a_long_name_is_cut_with_an_ellipsis_and_told_in_the_tooltip(qtbot: QtBot) -> None:
    label = Elided("a very long name " * 20)
    qtbot.addWidget(label)
    label.resize(100, 20)
    assert label.text().endswith("…")
    assert label.toolTip() == label.whole == label.accessibleName()


def test_that_small_blocks_say_what_they_show_to_a_screen_reader(qtbot: QtBot) -> None:
    tile, pill, bar, banner = Tile("Gain"), Pill(), Bar(), Banner()
    for widget in (tile, pill, bar, banner):
        qtbot.addWidget(widget)
    tile.show_value("+7.7 points", "5 seeds")
    pill.show_state("Running", "student")
    bar.show_fraction(0.25)
    banner.say("It failed", "Mend it")
    assert tile.accessibleName() == "Gain"
    assert tile.accessibleDescription() == "+7.7 points. 5 seeds"
    assert pill.accessibleName() == "Running"
    assert bar.accessibleDescription() == "25 %"
    assert banner.accessibleName() == "It failed. Mend it"


FALLBACK = """
import kdstudio.spec
from pathlib import Path
from PySide6.QtWidgets import QApplication
app = QApplication([])
from kdstudio.gui.theme import theme
from kdstudio.gui.main_window import MainWindow
from kdstudio.runs.home import Home
theme().apply("dark")
assert theme().fallback and app.style().objectName() == "fusion", app.style().objectName()
window = MainWindow(Home.locate())
for page in ("new", "run", "runs"):
    window.show_page(page)
    window.grab()
image = window.grab().toImage()
assert image.pixelColor(400, 12 + window.menuBar().height()).name() == theme().roles.ground
window.shutdown()
print("painted")
"""


def test_that_fusion_wears_the_same_roles_where_qlementine_is_not(home: object) -> None:
    environment = {**os.environ, "KDSTUDIO_STYLE": "fusion", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", FALLBACK], env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout == "painted\n", done.stderr
