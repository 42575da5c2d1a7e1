"""A part of the home on its way to the trash: all runs that are not at work, or what later runs would reuse."""

import logging
from abc import abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path

from kdstudio.gui.language import explain, tr
from kdstudio.gui.pages.discarding import NAMED, ChosenRuns, Going, listed
from kdstudio.gui.words import size
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.library import read_row
from kdstudio.runs.storage import at_work, bytes_in, discard_run, discard_shared, leaving, needing_teachers, shared
from kdstudio.spec.errors import KnownFailure

log = logging.getLogger(__name__)

RUNS = "runs"
PARTS = (RUNS, "teachers", "outputs")


class Clearing(Going):
    """A part of a home that goes as a whole.

    Attributes:
        gone: how many went.
        kept: how many stay, because a run is at work on them.
        problem: what ended it before its time.
    """

    def __init__(self, home: Home) -> None:
        self.home = home
        self.gone = self.kept = 0
        self.problem: KnownFailure | None = None

    def look(self, go_on: Callable[[], bool]) -> None:
        try:
            self._look(go_on)
        except OSError as error:  # the folder itself cannot be read
            self.problem = _unreadable(self.home, error)

    def go(self) -> None:
        try:
            self._go()
        except KnownFailure as failure:
            self.problem = failure
        except OSError as error:
            self.problem = _unreadable(self.home, error)

    def refusals(self) -> Sequence[str]:
        return [] if self.problem is None else [str(explain(self.problem.code, self.problem.parameters))]

    def _stay(self) -> list[str]:
        return [tr("Running runs stay: {0}.").format(self.kept)] if self.kept else []

    @abstractmethod
    def _look(self, go_on: Callable[[], bool]) -> None: ...

    @abstractmethod
    def _go(self) -> None: ...


class AllRuns(Clearing):
    """The runs of a home but those at work. Those made after people were asked stay."""

    def __init__(self, home: Home) -> None:
        super().__init__(home)
        self._chosen = ChosenRuns([], [], home)

    def nothing(self) -> bool:
        return self._chosen.nothing()

    def question(self) -> str:
        return self._chosen.question()

    def detail(self) -> str:
        return "\n\n".join([self._chosen.detail(), *self._stay()])

    def _look(self, go_on: Callable[[], bool]) -> None:
        runs = list(self.home.folders())[::-1]
        idle = [run for run in runs if go_on() and not at_work(run)]
        self.kept = len(runs) - len(idle)
        found = sorted(leaving(idle, self.home, go_on), key=lambda each: -each.bytes)  # what takes most room is named
        titles = [read_row(each.run).title for each in found[:NAMED]] + [each.run.path.name for each in found[NAMED:]]
        self._chosen = ChosenRuns([each.run for each in found], titles, self.home)
        self._chosen.found = found

    def _go(self) -> None:
        for run in self._chosen.runs:
            try:
                discard_run(run)
                self.gone += 1
            except KnownFailure as failure:
                if failure.code != "run-at-work":
                    raise
                self.kept += 1


class Shared(Clearing):
    """What later runs would reuse: teachers, or their outputs."""

    def __init__(self, home: Home, part: str) -> None:
        super().__init__(home)
        self._part, self._folder = part, home.teachers if part == "teachers" else home.outputs
        self._paths: list[Path] = []
        self._bytes = 0
        self._users: list[RunFolder] = []

    def nothing(self) -> bool:
        return not self._paths

    def question(self) -> str:
        asked = {
            "teachers": tr("Move {0} trained teachers ({1}) to the system's trash?"),
            "outputs": tr("Move {0} sets of teacher outputs ({1}) to the system's trash?"),
        }
        if len(self._paths) == 1:
            asked = {
                "teachers": tr("Move a trained teacher ({1}) to the system's trash?"),
                "outputs": tr("Move a set of teacher outputs ({1}) to the system's trash?"),
            }
        return asked[self._part].format(len(self._paths), size(self._bytes))

    def detail(self) -> str:
        again = {
            "teachers": tr("This deletes: weights. An experiment that needs them trains the teacher again."),
            "outputs": tr(
                "This deletes: predictions on training images. An experiment that needs them runs the teacher again."
            ),
        }
        said = [again[self._part]]
        if self._users:
            names = listed([user.path.name for user in self._users])
            said.append(tr("Unfinished runs that learn from a teacher trained here:\n{0}").format(names))
        else:
            said.append(tr("No unfinished run learns from a teacher trained here."))
        return "\n\n".join([*said, *self._stay()])

    def _look(self, go_on: Callable[[], bool]) -> None:
        self._paths = shared(self._folder)
        self.kept = sum(path.is_dir() for path in self._folder.iterdir()) - len(self._paths)
        self._bytes = sum(bytes_in(path, go_on) for path in self._paths)
        self._users = needing_teachers(self.home, go_on)

    def _go(self) -> None:
        for path in self._paths:
            went = discard_shared(path)
            self.gone += went
            self.kept += not went


def clearing(home: Home, part: str) -> Clearing:
    """What goes when `part` of a home is cleared."""
    return AllRuns(home) if part == RUNS else Shared(home, part)


def _unreadable(home: Home, error: OSError) -> KnownFailure:
    log.info("the home cannot be cleared: %s", error)
    return KnownFailure("not-writable", path=str(error.filename or home.root), why=error.strerror or str(error))
