"""Tooltips of text that comes from people and files: Qt takes what looks like HTML for HTML, and opens the files that it names."""

from PySide6.QtGui import Qt


def plain_tip(text: str) -> str:
    """`text` as a tooltip that shows it as it is written, "<img src=x>" and all."""
    return Qt.convertFromPlainText(text, Qt.WhiteSpaceMode.WhiteSpaceNormal) if Qt.mightBeRichText(text) else text


__all__ = ["plain_tip"]
