"""Folders in the desktop's own file manager."""

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices


def show_folder(path: Path) -> bool:
    """Show `path` there; whether the desktop has taken it. Tests put another function in its place."""
    return QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
