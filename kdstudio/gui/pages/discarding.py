"""Runs on their way to the trash: what goes and who needs it is found out in the background, then people are asked."""

import logging
from collections.abc import Sequence

from PySide6.QtCore import QObject, QThread, Signal, Slot
from PySide6.QtWidgets import QMessageBox, QWidget

from kdstudio.runs.failures import explain
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.storage import Leaving, discard_run, leaving
from kdstudio.spec.errors import KnownFailure

log = logging.getLogger(__name__)

NAMED = 6  # runs named one by one; more are counted


def ask_to_discard(parent: QWidget, question: str, detail: str) -> bool:
    """Ask whether runs go to the trash. Tests put another function in its place: a modal dialog would hang them."""
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle(parent.tr("Move to the trash?"))
    box.setText(question)
    box.setInformativeText(detail)
    yes = box.addButton(parent.tr("Move to the trash"), QMessageBox.ButtonRole.DestructiveRole)
    no = box.addButton(parent.tr("Keep"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(no)
    box.setEscapeButton(no)
    box.exec()
    return box.clickedButton() is yes


class _Worker(QThread):
    """Finds out what goes, or lets it go. The results are there when it has finished."""

    def __init__(self, runs: Sequence[RunFolder], home: Home, *, discard: bool, parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName("discard runs")
        self._runs, self._home, self._discard = runs, home, discard
        self.found: list[Leaving] = []
        self.refused: list[str] = []

    def run(self) -> None:
        """The thread: never called directly."""
        if not self._discard:
            self.found = leaving(self._runs, self._home)
            return
        for run in self._runs:
            try:
                discard_run(run)
            except KnownFailure as failure:
                words = explain(failure.code, failure.parameters)
                self.refused.append(f"{run.path.name}: {words.title}. {words.cause}")
            except OSError as error:
                log.info("run %s does not go: %s", run.id, error)
                self.refused.append(f"{run.path.name}: {error.strerror or error}")


class Discarding(QObject):
    """One go at the trash.

    Signals:
        done: it is over; carries what did not go, and why, one line each, "" when all went or people said no.
    """

    done = Signal(str)

    def __init__(self, runs: Sequence[RunFolder], titles: Sequence[str], home: Home, parent: QWidget) -> None:
        super().__init__(parent)
        self._page, self._home, self._down = parent, home, False
        self._runs, self._titles = list(runs), list(titles)
        self._worker = _Worker(self._runs, home, discard=False, parent=self)
        self._worker.finished.connect(self._found)
        self._worker.start()

    def shutdown(self) -> None:
        """Wait for what is under way; nothing more is asked, and nothing new begins."""
        self._down = True
        self._worker.wait()

    @Slot()
    def _found(self) -> None:
        if self._down:
            return
        found = self._worker.found
        if not ask_to_discard(self._page, self._question(found), self._detail(found)):
            self.done.emit("")
            return
        self._worker = _Worker(self._runs, self._home, discard=True, parent=self)
        self._worker.finished.connect(self._gone)
        self._worker.start()

    @Slot()
    def _gone(self) -> None:
        self.done.emit("\n".join(self._worker.refused))

    def _question(self, found: Sequence[Leaving]) -> str:
        size = sized(sum(each.bytes for each in found))
        if len(found) == 1:
            return self.tr("Move “{0}” ({1}) to the system's trash?").format(self._titles[0], size)
        return self.tr("Move {0} runs ({1}) to the system's trash?").format(len(found), size)

    def _detail(self, found: Sequence[Leaving]) -> str:
        said = [self.tr("What goes: curves, checkpoints, the student and its files. Shared teachers stay.")]
        if len(found) > 1:
            said.append(listed([f"{title} ({sized(each.bytes)})" for title, each in zip(self._titles, found, strict=True)]))
        users = [user.path.name for each in found for user in each.users]
        if users:
            said.append(self.tr("Used as a teacher by:\n{0}\nThose could not be started again.").format(listed(users)))
        return "\n\n".join(said)


def listed(names: Sequence[str]) -> str:
    """`names`, one a line; the rest only counted."""
    more = [f"... {len(names) - NAMED} more"] if len(names) > NAMED else []
    return "\n".join([*names[:NAMED], *more])


def sized(count: int) -> str:
    """Bytes as people read them: "812 B", "2.4 MB"."""
    for size, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if count >= 0.9995 * size:
            return f"{count / size:.1f} {unit}"
    return f"{count} B"
