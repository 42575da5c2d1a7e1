"""A selection in a table that leaves dots, curves and coloured numbers legible: a tint, where Fusion has its strongest blue."""

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QWidget

from kdstudio.gui.theme import theme


def tint_selection(view: QWidget) -> None:
    """Give `view` the tint in the colours in force. Qlementine has one of its own."""
    palette = QPalette(view.palette())
    palette.setColor(QPalette.ColorRole.Highlight, theme().color("student", 0.2))
    palette.setColor(QPalette.ColorRole.HighlightedText, theme().color("text"))
    view.setPalette(palette)


__all__ = ["tint_selection"]
