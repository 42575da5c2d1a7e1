"""Every question that stops a person: what becomes of a run, which file. Tests put other functions in their places."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from kdstudio.gui.language import tr
from kdstudio.gui.presenter import shown

PATTERNS = "*.yaml *.yml"


MOST = 8  # runs that a question names; more are counted


class Closing(Enum):
    """What to do with the runs that are training when the window closes."""

    LEAVE = "leave"
    STOP = "stop"
    CANCEL = "cancel"


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingRun:
    """A run that is training, as a question names it; `done` is the fraction of it that is done, None while unknown."""

    title: str
    done: float | None = None

    @property
    def named(self) -> str:
        """Its title in quotes, and how far it is."""
        return f"“{self.title}”" + (f" ({100 * self.done:.0f} %)" if self.done is not None else "")


def named(runs: Sequence[TrainingRun]) -> str:
    """The names of `runs`, one after the other."""
    said = [run.named for run in runs[:MOST]]
    if len(runs) > MOST:
        said.append(tr("{0} more").format(len(runs) - MOST))
    return ", ".join(said)


def ask_on_close(parent: QWidget, runs: Sequence[TrainingRun]) -> Closing:
    """Ask what becomes of the runs that are training, by name. Tests replace it: a modal dialog would hang them."""
    one = len(runs) == 1
    box = QMessageBox(parent)
    box.setTextFormat(Qt.TextFormat.PlainText)  # titles come from people and files
    box.setWindowTitle(tr("A run is still training") if one else tr("Runs are still training"))
    said = tr("{0} is still training.") if one else tr("{1} runs are still training: {0}.")
    box.setText(shown(said.format(named(runs), len(runs))))
    left = tr("Runs continue in the background and reappear when you reopen the window.")
    box.setInformativeText(f"{left} {getattr(parent, 'farewell', '')}".strip())
    leave = box.addButton(
        tr("Leave it running") if one else tr("Leave them running"), QMessageBox.ButtonRole.AcceptRole
    )
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
