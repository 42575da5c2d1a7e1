"""Several runs in one picture: their events folded in the background, each run a curve of its own colour and line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from PySide6.QtCore import QObject, QThread

from kdstudio.gui.language import tr
from kdstudio.gui.plots.curves import Curve, Level, Line, Picture, teacher_accuracy
from kdstudio.gui.theme import RUN_ROLES, Role
from kdstudio.runs import fold_cache
from kdstudio.runs.events import EventReader
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.library import Row
from kdstudio.runs.series import Series, smoothed, thinned
from kdstudio.runs.state import RunState, Stage

LINES: tuple[Line, ...] = ("solid", "dashed", "dash-dotted")  # dotted is a teacher
POINTS = 240  # of a loss curve: so few may have a line of their own, and the eye sees no more
SMOOTH = 0.9  # of a loss curve, at most


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What tells a run from the others: a name, a colour, and a line, since colour is never the only sign."""

    label: str
    role: Role
    line: Line

    @property
    def teacher(self) -> str:
        """The name of the level of its teacher."""
        return tr("{0}, teacher").format(self.label)


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """What an overlay shows of a run. `seeds` is how many the curves are the mean of."""

    accuracy: Series
    agreement: Series
    loss: Series
    teacher: float | None
    seeds: int


def looks(rows: Sequence[Row], old: dict[str, Look]) -> dict[str, Look]:
    """A look for each run; one that had a look keeps it."""
    shown = {row.folder for row in rows}
    taken = {(look.role, look.line) for folder, look in old.items() if folder in shown}
    free = (pair for pair in _pairs() if pair not in taken)
    made = {}
    for row in rows:
        known = old.get(row.folder)
        role, line = (known.role, known.line) if known is not None else next(free)
        made[row.folder] = Look(label=_label(row, rows), role=role, line=line)
    return made


def companion(rows: Sequence[Row], folder: str) -> Row | None:
    """The run that the one in `folder` is best compared with: the newest other with a curve, of the same dataset if possible."""
    mine = next((row for row in rows if row.folder == folder), None)
    others = [row for row in rows if row.folder != folder and row.curve]
    alike = [row for row in others if mine is not None and row.dataset == mine.dataset]
    return next(iter(alike or others), None)


def _label(row: Row, rows: Sequence[Row]) -> str:
    """The title; where that is not enough, the id too; of a run and its copies the names of their folders."""
    alike = [each for each in rows if each.title == row.title]
    if len(alike) == 1:
        return row.title
    copied = [each.id for each in alike].count(row.id) > 1
    return f"{row.title} ({Path(row.folder).name if copied else row.id})"


def _pairs() -> Iterator[tuple[Role, Line]]:
    """24 different ones; neighbours differ in colour and in line."""
    lines = cycle(LINES)
    for _ in LINES:
        for role in RUN_ROLES:
            yield role, next(lines)


class StoryReader(QThread):
    """Reads runs; `stories` by folder is there when it has finished. Folds are kept from one reading to the next, so that a
    run at work is only read on; a long one begins with the fold that lies beside its events."""

    def __init__(self, rows: Sequence[Row], kept: "dict[str, tuple[RunState, EventReader]]", parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName("read runs to overlay")
        self._rows, self._kept = rows, kept
        self._leaving = False
        self.stories: dict[str, Story] = {}

    def leave(self) -> None:
        """End soon."""
        self._leaving = True

    def run(self) -> None:
        """The thread: never called directly."""
        for row in self._rows:
            if self._leaving:
                return
            if row.folder not in self._kept:
                folder = RunFolder(Path(row.folder))
                state, known = fold_cache.kept(folder) or (RunState(), 0)
                self._kept[row.folder] = (state, EventReader(folder.events_file, known))
            state, reader = self._kept[row.folder]
            for event in reader.read():
                state.apply(event)
                if self._leaving:
                    self._kept.pop(row.folder)  # half taken in
                    return
            self.stories[row.folder] = story_of(state)


def story_of(state: RunState) -> Story:
    """What an overlay shows of the run whose fold is `state`: the mean over seeds where all of them have the same steps."""
    students = state.stages_of("student")
    return Story(
        accuracy=_mean([_curve(stage, "accuracy") for stage in students]),
        agreement=_mean([_curve(stage, "agreement") for stage in students]),
        loss=_loss(next((stage for stage in reversed(students) if stage.terms), None)),
        teacher=teacher_accuracy(state),
        seeds=_equal(students),
    )


def _curve(stage: Stage, metric: str) -> Series:
    return stage.curves.get(("student", "validation", metric), Series())


def _equal(students: Sequence[Stage]) -> int:
    """How many seeds go into the mean."""
    return len(_longest([_curve(stage, "accuracy") for stage in students]))


def _longest(series: Sequence[Series]) -> list[Series]:
    """The curves that are complete: as long as the longest, at the very same steps. A seed at work waits until it is."""
    filled = [each for each in series if len(each)]
    if not filled:
        return []
    most = max(len(each) for each in filled)
    first = next(each for each in filled if len(each) == most)
    steps = first.arrays()[0].tolist()
    return [each for each in filled if len(each) == most and each.arrays()[0].tolist() == steps]


def _mean(series: Sequence[Series]) -> Series:
    together, mean = _longest(series), Series()
    columns = [each.arrays()[1].tolist() for each in together]
    if together:
        for step, values in zip(together[0].arrays()[0].tolist(), zip(*columns, strict=True), strict=True):
            mean.append(int(step), sum(values) / len(values))
    return mean


def _loss(stage: Stage | None) -> Series:
    """The sum of the weighted terms, smoothed, in few points."""
    total = Series()
    if stage is None:
        return total
    arrays = [series.arrays() for series in stage.terms.values() if len(series)]
    if not arrays:
        return total
    count = min(len(steps) for steps, _ in arrays)
    values = sum(each[:count] for _, each in arrays)
    weight = max(0.0, min(SMOOTH, 1.0 - 15 / max(1, count)))
    steps, smooth = thinned(arrays[0][0][:count], smoothed(values, weight), POINTS)  # type: ignore[arg-type]
    for step, value in zip(steps.tolist(), smooth.tolist(), strict=True):
        total.append(int(step), value)
    return total


def pictures(stories: dict[str, Story], looked: dict[str, Look]) -> tuple[Picture, Picture, Picture]:
    """Accuracy with the teachers' levels, agreement, loss."""
    shown = [(folder, look) for folder, look in looked.items() if folder in stories]
    waiting = tr("Waiting for the first evaluation of these runs") if looked else tr("Choose runs in the table")
    levels = tuple(
        Level(label=look.teacher, role=look.role, value=100 * teacher)
        for folder, look in shown
        if (teacher := stories[folder].teacher) is not None
    )
    accuracy = tuple(_as_curve(folder, look, stories[folder].accuracy, 100.0) for folder, look in shown)
    agreement = tuple(_as_curve(folder, look, stories[folder].agreement, 100.0) for folder, look in shown)
    loss = tuple(_as_curve(folder, look, stories[folder].loss, 1.0) for folder, look in shown)
    return (
        Picture(curves=accuracy, levels=levels, waiting=waiting),
        Picture(curves=agreement, waiting=waiting),
        Picture(curves=loss, waiting=waiting),
    )


def _as_curve(folder: str, look: Look, series: Series, scale: float) -> Curve:
    return Curve(key=folder, label=look.label, role=look.role, series=series, scale=scale, line=look.line)
