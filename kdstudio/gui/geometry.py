"""Where the window was: kept in the home, and brought back to a place that is on a screen today."""

import contextlib
from collections.abc import Sequence

from PySide6.QtCore import QRect
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from kdstudio.runs.files import read_json, write_json
from kdstudio.runs.home import Home

FILE = "window.json"
PARTS = ("x", "y", "width", "height")
VISIBLE = 80  # pixels of the window, and its upper edge, that must be on a screen to be found again


def restored(values: object, screens: Sequence[QRect]) -> QRect | None:
    """The place that `values` name, moved and made smaller so that it is on one of `screens`; None where they name none."""
    if not isinstance(values, dict) or not screens:
        return None
    numbers = [values.get(part) for part in PARTS]
    if not all(type(number) is int for number in numbers):
        return None
    place = QRect(*numbers)
    if place.width() < 1 or place.height() < 1:
        return None
    screen = max(screens, key=lambda each: _area(each.intersected(place)))
    if not _can_be_found(place, screen):
        place.moveCenter(screen.center())
    place.setSize(place.size().boundedTo(screen.size()))
    place.moveLeft(min(max(place.left(), screen.left() - place.width() + VISIBLE), screen.right() - VISIBLE))
    place.moveTop(min(max(place.top(), screen.top()), screen.bottom() - VISIBLE))
    return place


def _area(area: QRect) -> int:
    return max(0, area.width()) * max(0, area.height())


def _can_be_found(place: QRect, screen: QRect) -> bool:
    seen = place.intersected(screen)
    return seen.width() >= VISIBLE and seen.height() >= VISIBLE and place.top() >= screen.top()


def restore(window: QWidget, home: Home) -> None:
    """Put `window` where it was, if that is known."""
    values = read_json(home.root / FILE)
    place = restored(values, [screen.availableGeometry() for screen in QGuiApplication.screens()])
    if place is not None:
        window.setGeometry(place)
    if isinstance(values, dict) and values.get("maximized") is True:
        window.showMaximized()


def remember(window: QWidget, home: Home) -> None:
    """Keep where `window` is; a home that cannot be written keeps the old place."""
    place = window.normalGeometry() if window.isMaximized() else window.geometry()
    values = {"x": place.x(), "y": place.y(), "width": place.width(), "height": place.height()}
    with contextlib.suppress(OSError):
        write_json(home.root / FILE, {**values, "maximized": window.isMaximized()})
