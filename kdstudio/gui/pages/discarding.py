"""What is on its way to the trash: what goes and who needs it is found out in the background, then people are asked."""

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from PySide6.QtCore import QObject, Qt, QThread, Signal, Slot
from PySide6.QtWidgets import QMessageBox, QWidget

from kdstudio.gui.language import explain, tr
from kdstudio.gui.plain_tips import plain_tip
from kdstudio.gui.presenter import shown
from kdstudio.gui.words import size
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.storage import Leaving, discard_run, leaving
from kdstudio.spec.errors import KnownFailure

log = logging.getLogger(__name__)

NAMED = 6  # runs named one by one; more are counted


def ask_to_discard(parent: QWidget, question: str, detail: str) -> bool:
    """Ask whether something goes to the trash. Tests put another function in its place: a modal dialog would hang them."""
    box = QMessageBox(parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle(tr("Move to the trash?"))
    box.setText(shown(question))
    box.setInformativeText(plain_tip(shown(detail)))
    yes = box.addButton(tr("Move to the trash"), QMessageBox.ButtonRole.DestructiveRole)
    no = box.addButton(tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(no)
    box.setEscapeButton(no)
    box.exec()
    return box.clickedButton() is yes


class Going(Protocol):
    """What shall go to the trash."""

    def look(self, go_on: Callable[[], bool]) -> None:
        """Find out what it is, in a thread: nothing of the window is touched.

        Args:
            go_on: asked again and again; says False to leave off at once: nobody is going to be asked.
        """

    def go(self) -> None:
        """Let it go, in a thread."""

    def nothing(self) -> bool:
        """Whether there is nothing to ask about."""

    def question(self) -> str:
        """What people are asked: what goes, and how many bytes."""

    def detail(self) -> str:
        """What comes of it, and for whom."""

    def refusals(self) -> Sequence[str]:
        """What did not go, and why, one line each."""


class ChosenRuns:
    """Runs that were chosen, called `titles`.

    Attributes:
        found: what goes with each, as soon as it has been looked at.
        refused: those that did not go, and why.
    """

    def __init__(self, runs: Sequence[RunFolder], titles: Sequence[str], home: Home) -> None:
        self.runs, self.titles, self.home = list(runs), list(titles), home
        self.found: list[Leaving] = []
        self.refused: list[str] = []

    def look(self, go_on: Callable[[], bool]) -> None:
        self.found = leaving(self.runs, self.home, go_on)

    def go(self) -> None:
        for run in self.runs:
            try:
                discard_run(run)
            except KnownFailure as failure:
                words = explain(failure.code, failure.parameters)
                self.refused.append(f"{run.path.name}: {words.title}. {words.cause}")
            except OSError as error:
                log.info("run %s does not go: %s", run.id, error)
                self.refused.append(f"{run.path.name}: {error.strerror or error}")

    def nothing(self) -> bool:
        return not self.found

    def question(self) -> str:
        bytes_in_all = size(sum(each.bytes for each in self.found))
        if len(self.found) == 1:
            return tr("Move “{0}” ({1}) to the system's trash?").format(self.titles[0], bytes_in_all)
        return tr("Move {0} runs ({1}) to the system's trash?").format(len(self.found), bytes_in_all)

    def detail(self) -> str:
        said = [tr("This deletes: curves, checkpoints, the student and its files. Shared teachers stay.")]
        if len(self.found) > 1:
            named = zip(self.titles, self.found, strict=True)
            said.append(listed([f"{title} ({size(each.bytes)})" for title, each in named]))
        users = [user.path.name for each in self.found for user in each.users]
        if users:
            said.append(tr("Used as a teacher by:\n{0}\nThese runs could not start again.").format(listed(users)))
        return "\n\n".join(said)

    def refusals(self) -> Sequence[str]:
        return self.refused


class _Worker(QThread):
    """Finds out what goes, or lets it go."""

    def __init__(self, going: Going, *, discard: bool, parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName("discard")
        self._going, self._discards, self._leaving = going, discard, False

    def leave(self) -> None:
        """Leave off finding out; what is on its way to the trash comes there."""
        self._leaving = True

    def run(self) -> None:
        """The thread: never called directly."""
        if self._discards:
            self._going.go()
        else:
            self._going.look(lambda: not self._leaving)


class Discarding(QObject):
    """One go at the trash.

    Signals:
        done: it is over; carries what did not go, and why, one line each, "" when all went or people said no.

    Attributes:
        agreed: people said yes.
    """

    done = Signal(str)

    def __init__(self, going: Going, parent: QWidget) -> None:
        super().__init__(parent)
        self._page, self.going, self._down, self.agreed = parent, going, False, False
        self._worker = _Worker(going, discard=False, parent=self)
        self._worker.finished.connect(self._found)
        self._worker.start()

    def shutdown(self) -> None:
        """Wait for what is on its way to the trash, but for no finding out; nothing more is asked, and nothing new begins."""
        self._down = True
        self._worker.leave()
        self._worker.wait()

    @Slot()
    def _found(self) -> None:
        if self._down:
            return
        going = self.going
        self.agreed = not going.nothing() and ask_to_discard(self._page, going.question(), going.detail())
        if not self.agreed:
            self.done.emit("")
            return
        self._worker = _Worker(going, discard=True, parent=self)
        self._worker.finished.connect(self._gone)
        self._worker.start()

    @Slot()
    def _gone(self) -> None:
        self.done.emit("\n".join(self.going.refusals()))


def listed(names: Sequence[str]) -> str:
    """`names`, one a line; the rest only counted."""
    more = [tr("... {0} more").format(len(names) - NAMED)] if len(names) > NAMED else []
    return "\n".join([*names[:NAMED], *more])
