"""The dialogs in which people pick a file or a folder: the desktop's own, except before an audience.

The desktop's dialog shows where everything lies. In presenter mode Qt's own takes its place, without the parts that tell.
Each function is replaced where tests would hang on it.
"""

from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel, QLineEdit, QListView, QWidget

from kdstudio.gui.theme import theme

TELLING = ((QComboBox, "lookInCombo"), (QLabel, "lookInLabel"), (QListView, "sidebar"))  # parts that show whole paths
NAMING = ((QLineEdit, "fileNameEdit"), (QLabel, "fileNameLabel"))  # of a folder it is the whole path


def open_file(parent: QWidget, title: str, kinds: str) -> str:
    """The file that a person picks, or ""."""
    if not theme().presenter:
        return QFileDialog.getOpenFileName(parent, title, "", kinds)[0]
    dialog = discreet(parent, title)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilter(kinds)
    return _picked(dialog)


def save_file(parent: QWidget, title: str, name: str, kinds: str) -> str:
    """Where a person wants a file, called `name` unless they call it otherwise, or ""."""
    if not theme().presenter:
        return QFileDialog.getSaveFileName(parent, title, name, kinds)[0]
    dialog = discreet(parent, title)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilter(kinds)
    dialog.selectFile(name)
    return _picked(dialog)


def open_folder(parent: QWidget, title: str, start: str = "") -> str:
    """The folder that a person picks, or ""."""
    if not theme().presenter:
        return QFileDialog.getExistingDirectory(parent, title, start)
    dialog = discreet(parent, title)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    if start:
        dialog.setDirectory(start)
    _hide(dialog, NAMING)
    return _picked(dialog)


def discreet(parent: QWidget, title: str) -> QFileDialog:
    """A dialog that names files and folders, and not where they lie."""
    dialog = QFileDialog(parent, title)
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    _hide(dialog, TELLING)
    return dialog


def _hide(dialog: QFileDialog, parts: tuple[tuple[type[QWidget], str], ...]) -> None:
    for kind, name in parts:
        part = dialog.findChild(kind, name)
        if part is not None:
            part.hide()


def _picked(dialog: QFileDialog) -> str:
    try:
        return dialog.selectedFiles()[0] if dialog.exec() and dialog.selectedFiles() else ""
    finally:
        dialog.deleteLater()
