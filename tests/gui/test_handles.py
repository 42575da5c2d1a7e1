"""What is pulled, ticked or switched stands out from its ground, in both themes, on and off."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QCheckBox, QDial, QRadioButton, QSlider, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from kdstudio.gui.buttons import IconButton, Switch
from kdstudio.gui.check import MARK, Check
from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.slider import Slider
from kdstudio.gui.theme import contrast, theme
from kdstudio.runs.home import Home
from tests.fakes import a_told_run

pytestmark = pytest.mark.gui

SEEN = 3.0  # WCAG 2 contrast of what is no text, at least
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def ground(qtbot: QtBot) -> QWidget:
    """A piece of the window's ground, with room for one control."""
    place = QWidget()
    qtbot.addWidget(place)
    place.setAutoFillBackground(True)
    QVBoxLayout(place)
    place.resize(200, 60)
    return place


def put(ground: QWidget, control: QWidget, qtbot: QtBot) -> None:
    """Show `control` on it."""
    ground.layout().addWidget(control)  # type: ignore[union-attr]
    ground.show()
    qtbot.waitExposed(ground)


def picture_of(widget: QWidget) -> QImage:
    """`widget`, as it stands on its ground."""
    place = widget.parentWidget()
    return place.grab(widget.geometry()).toImage()


def seen(colour: QColor) -> bool:
    """Whether `colour` can be told from both grounds that it may lie on."""
    return all(contrast(colour, theme().color(ground)) >= SEEN for ground in ("ground", "card"))


def edged(picture: QImage, left: int, middle: int) -> bool:
    """Whether a line that is seen begins at `left`."""
    return any(seen(picture.pixelColor(left + across, middle)) for across in range(3))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("value", [0, 50, 100])
def test_that_the_knob_of_a_slider_is_seen_wherever_it_is(
    qtbot: QtBot, ground: QWidget, scheme: str, value: int
) -> None:
    theme().apply(scheme)
    slider = Slider()
    slider.setRange(0, 100)
    slider.setValue(value)
    put(ground, slider, qtbot)
    picture, knob = picture_of(slider), slider.knob
    middle, reach = knob.center().toPoint(), round(knob.width() / 2) - 2
    for place in (middle, middle + QPoint(reach, 0), middle - QPoint(0, reach), middle + QPoint(0, reach)):
        assert seen(picture.pixelColor(place)), (place, picture.pixelColor(place).name())
    assert picture.rect().contains(knob.toRect())


def test_that_a_slider_is_drawn_where_the_mouse_takes_hold_of_it(qtbot: QtBot, ground: QWidget) -> None:
    slider = Slider()
    slider.setRange(0, 100)
    slider.setValue(20)
    put(ground, slider, qtbot)
    start = slider.knob.center().toPoint()
    qtbot.mousePress(slider, LEFT, pos=start)
    assert slider.isSliderDown()
    qtbot.mouseMove(slider, start + QPoint(60, 0))
    qtbot.mouseRelease(slider, LEFT, pos=start + QPoint(60, 0))
    assert slider.value() > 20
    assert abs(slider.knob.center().x() - start.x() - 60) <= 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("on", [False, True])
def test_that_a_check_box_is_seen_empty_and_marked(qtbot: QtBot, ground: QWidget, scheme: str, on: bool) -> None:
    theme().apply(scheme)
    check = Check("Log loss")
    check.setChecked(on)
    put(ground, check, qtbot)
    picture, box = picture_of(check), check.box
    assert edged(picture, round(box.left()), round(box.center().y()))
    corner = box.topLeft()
    inside = picture.pixelColor(
        round(corner.x() + MARK[1][0] * box.width()), round(corner.y() + MARK[1][1] * box.height()) - 1
    )
    beside = picture.pixelColor(round(box.center().x()), round(box.top()) + 3)
    assert (contrast(inside, beside) >= SEEN) is on  # the mark
    qtbot.mouseClick(check, LEFT, pos=box.center().toPoint())
    assert check.isChecked() is not on


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("on", [False, True])
def test_that_a_switch_and_its_knob_are_seen(qtbot: QtBot, ground: QWidget, scheme: str, on: bool) -> None:
    theme().apply(scheme)
    switch = Switch()
    switch.setChecked(on)
    put(ground, switch, qtbot)
    picture, middle = picture_of(switch), switch.height() // 2
    knob = switch.width() - middle if on else middle
    assert edged(picture, 1, middle)
    bare = picture.pixelColor(middle if on else switch.width() - middle, middle)  # of the track, where no knob is
    assert contrast(picture.pixelColor(knob, middle), bare) >= SEEN


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_that_a_button_that_cannot_be_pressed_keeps_its_shape(qtbot: QtBot, ground: QWidget, scheme: str) -> None:
    theme().apply(scheme)
    button = IconButton("Resume", "play", "resume")
    button.setEnabled(False)
    put(ground, button, qtbot)
    inside = picture_of(button).pixelColor(10, button.height() // 2)
    assert abs(inside.lightness() - theme().color("ground").lightness()) >= 4


def test_that_no_page_has_a_control_whose_handle_is_the_styles(
    qtbot: QtBot, home: Home, open_window: Callable[[], MainWindow]
) -> None:
    a_told_run(home)
    window = open_window()
    for name in ("home", "new", "run", "runs", "settings"):
        window.show_page(name)
    window.new_page.detail.group.button(1).click()
    kinds = {type(each) for kind in (QSlider, QCheckBox, QRadioButton, QDial) for each in window.findChildren(kind)}
    assert kinds == {Slider, Check}
