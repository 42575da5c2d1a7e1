"""Every question that stops a person: what becomes of a run, which file. Tests put other functions in their places."""

from enum import Enum

from PySide6.QtWidgets import QMessageBox, QWidget

from kdstudio.gui.language import tr
from kdstudio.gui.presenter import shown

PATTERNS = "*.yaml *.yml"


class Closing(Enum):
    """What to do with a run at work when the window closes."""

    LEAVE = "leave"
    STOP = "stop"
    CANCEL = "cancel"


def ask_on_close(parent: QWidget, titles: list[str]) -> Closing:
    """Ask what becomes of the runs at work, by name. Tests put another function in its place: a modal dialog would hang them."""
    box = QMessageBox(parent)
    box.setWindowTitle(tr("A run is at work"))
    box.setText(shown(tr("Still at work: {0}.").format(", ".join(titles))))
    left = tr("Left running, it goes on without the window, and is here again when you come back.")
    box.setInformativeText(f"{left} {getattr(parent, 'farewell', '')}".strip())
    leave = box.addButton(tr("Leave it running"), QMessageBox.ButtonRole.AcceptRole)
    stop = box.addButton(tr("Stop and save"), QMessageBox.ButtonRole.DestructiveRole)
    cancel = box.addButton(tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(leave)
    box.setEscapeButton(cancel)
    box.exec()
    return {leave: Closing.LEAVE, stop: Closing.STOP}.get(box.clickedButton(), Closing.CANCEL)  # type: ignore[call-overload]


def pick_file_to_open(parent: QWidget) -> str:
    """The YAML file that a person picks, or ""."""
    from kdstudio.gui import file_dialogs

    return file_dialogs.open_file(parent, tr("Open experiment"), tr("Experiment ({0})").format(PATTERNS))


def pick_file_to_save(parent: QWidget, name: str) -> str:
    """Where a person wants the YAML file, or ""."""
    from kdstudio.gui import file_dialogs

    return file_dialogs.save_file(parent, tr("Save experiment"), name, tr("Experiment ({0})").format(PATTERNS))
