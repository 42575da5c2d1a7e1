"""A hand that works the menu of a plot."""

from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from kdstudio.gui.plots.curve_plot import CurvePlot

LEFT = Qt.MouseButton.LeftButton


def choose(qtbot: QtBot, plot: CurvePlot, name: str) -> None:
    """Open the menu of `plot` and click an entry."""
    qtbot.mouseClick(plot.menu, LEFT)
    popup = plot.menu.popup
    qtbot.waitUntil(popup.isVisible)
    place = popup.actionGeometry(plot.menu.actions_by_name[name]).center()
    for step in range(8):  # a menu believes no click before the pointer has come over it
        qtbot.mouseMove(popup, place - QPoint(8 - step, 0))
    qtbot.mouseClick(popup, LEFT, pos=place)
    qtbot.waitUntil(lambda: not popup.isVisible())  # the style lets a chosen entry flash first
