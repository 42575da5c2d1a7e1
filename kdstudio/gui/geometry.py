"""Where the window was: kept in the home, and brought back to a place that is on a screen today."""

import contextlib
from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from kdstudio.runs.files import read_json, write_json
from kdstudio.runs.home import Home

FILE = "window.json"
PARTS = ("x", "y", "width", "height")
LEAST = QSize(760, 440)  # with its frame it fits on a screen of 1600 x 1000 pixels that is shown at 200 %
TITLE = 36  # pixels above the window's inside that its title takes, at most


def restored(values: object, screens: Sequence[QRect]) -> QRect | None:
    """The place that `values` name, moved and made smaller so that all of it, its title too, is on the nearest of `screens`;
    None where they name none."""
    if not isinstance(values, dict) or not screens:
        return None
    numbers = [values.get(part) for part in PARTS]
    if not all(type(number) is int for number in numbers):
        return None
    place = QRect(*numbers)
    if place.width() < 1 or place.height() < 1:
        return None
    return _inside(place, max(screens, key=lambda each: _area(each.intersected(place))))


def first(size: QSize, screen: QRect) -> QRect:
    """Where a window of `size` opens that has no place yet: in the middle of `screen`, no larger than that."""
    place = QRect(screen.topLeft(), size)
    place.moveCenter(screen.center())
    return _inside(place, screen)


def _inside(place: QRect, screen: QRect) -> QRect:
    room = screen.adjusted(0, TITLE, 0, 0)
    size = place.size().boundedTo(room.size())
    left = min(max(place.left(), room.left()), room.left() + room.width() - size.width())
    top = min(max(place.top(), room.top()), room.top() + room.height() - size.height())
    return QRect(left, top, size.width(), size.height())


def _area(area: QRect) -> int:
    return max(0, area.width()) * max(0, area.height())


def restore(window: QWidget, home: Home) -> None:
    """Put `window` where it was, or, at its own size, where there is room for it."""
    values = read_json(home.root / FILE)
    screens = [screen.availableGeometry() for screen in QGuiApplication.screens()]
    place = restored(values, screens)
    if place is None and screens:
        place = first(window.size(), screens[0])
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
