"""Our own small icons: SVG files drawn in one colour, tinted by a role when they are asked for."""

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap

from kdstudio.gui.theme import Role, theme
from kdstudio.runs.resources import resource

_SCALES = (1, 2)  # a pixmap for each device pixel ratio: small icons blur when they are stretched


@lru_cache(maxsize=64)
def _drawing(name: str) -> str:
    return resource("icons", f"{name}.svg").read_text(encoding="utf-8")


@lru_cache(maxsize=256)
def _tinted(name: str, colour: str, size: int, scale: int) -> QPixmap:
    from PySide6.QtSvg import QSvgRenderer

    data = QByteArray(_drawing(name).replace("currentColor", colour).encode())
    pixmap = QPixmap(QSize(size, size) * scale)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(data).render(painter, QRectF(pixmap.rect()))
    painter.end()
    pixmap.setDevicePixelRatio(scale)
    return pixmap


def pixmap(name: str, role: Role = "text", size: int = 16, scale: float = 1.0) -> QPixmap:
    """The icon `name` in the colour of `role`."""
    return _tinted(name, theme().color(role).name(), size, 2 if scale > 1.0 else 1)


def icon(name: str, role: Role = "text", size: int = 16) -> QIcon:
    """The icon `name` in the colour of `role`, sharp at 100 % and 200 %."""
    made = QIcon()
    for scale in _SCALES:
        made.addPixmap(_tinted(name, theme().color(role).name(), size, scale))
    return made
