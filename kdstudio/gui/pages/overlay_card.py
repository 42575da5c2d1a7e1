"""Chosen runs laid over one another: three plots that share their x, and one legend that says who is who."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QFontMetrics, QHideEvent, QPainter, QPixmap, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from kdstudio.gui.cards import Text
from kdstudio.gui.flow import FlowLayout
from kdstudio.gui.pages.overlay_pictures import Look, Story, StoryReader, looks, pictures
from kdstudio.gui.plots.curve_plot import STYLES, CurvePlot
from kdstudio.gui.plots.drawn import pen_of
from kdstudio.gui.plots.legend import LegendEntry
from kdstudio.gui.plots.linked import Linked
from kdstudio.gui.theme import GAP, SPACE, theme
from kdstudio.runs.events import EventReader
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.library import Row
from kdstudio.runs.state import RunState, State
from kdstudio.runs.summary import percent

MOST = 12  # runs at a time: more would be spaghetti
AGAIN = 2500  # milliseconds between two readings of runs at work
NAME = 220  # pixels of a run's name in the legend


class RunEntry(LegendEntry):
    """A run in the legend; a long name gives way."""

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        return QSize(self.width_of(self.shown_words), hint.height())

    @property
    def shown_words(self) -> str:
        """The name, as much of it as has room, and the value, whole."""
        metrics = QFontMetrics(theme().font("caption"))
        return f"{metrics.elidedText(self.label, Qt.TextElideMode.ElideRight, NAME)}  {self._value}".strip()


class OverlayCard(QWidget):
    """The overlay.

    Signals:
        marked: the marks of the runs shown, by folder; carries a dict of pixmaps.
        failed: a plot could not be exported; carries what to say.
    """

    marked = Signal(object)
    failed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runs.overlay.card")
        self._rows: list[Row] = []
        self._wanted = 0
        self._looks: dict[str, Look] = {}
        self._stories: dict[str, Story] = {}
        self._kept: dict[str, tuple[RunState, EventReader]] = {}
        self._reader: StoryReader | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._read)
        self.accuracy = CurvePlot(self.tr("Validation accuracy"), "overlay.accuracy", "%")
        self.agreement = CurvePlot(self.tr("Agreement with the teacher"), "overlay.agreement", "%")
        self.loss = CurvePlot(self.tr("Loss of the student"), "overlay.loss")
        self.plots = (self.accuracy, self.agreement, self.loss)
        self.entries: dict[str, RunEntry] = {}
        self.legend = QWidget()
        self._flow = FlowLayout(self.legend, 2 * SPACE)
        self.note = Text("", "caption", "quiet", wrap=True)
        self._arrange()
        theme().changed.connect(self._mark)

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Lay `rows` over one another, the first MOST of them."""
        self._wanted = len(rows)
        shown = list(rows[:MOST])
        same = [(row.folder, row.title) for row in shown] == [(row.folder, row.title) for row in self._rows]
        self._rows = shown
        if not same:
            self._looks = looks(shown, self._looks)
            self._forget()
            for plot in self.plots:
                plot.legend.off &= {label for look in self._looks.values() for label in (look.label, look.teacher)}
            self._fill_legend()
            self._mark()
            self._draw()
        self._say()
        if self.isVisible():
            self._read()

    def shutdown(self) -> None:
        """Let the reader end, and wait for it."""
        self._timer.stop()
        if self._reader is not None:
            self._reader.leave()
            self._reader.wait()
            self._reader = None

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._mark()
        self._read()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()
        self.marked.emit({})

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * SPACE)
        self._flow.setContentsMargins(SPACE, 0, SPACE, 0)
        self.legend.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)  # else each name had a line
        column.addWidget(self.legend)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        for plot in self.plots:
            plot.legend.hide()
            plot.setMinimumSize(190, 160)
            row.addWidget(plot, 1)
            plot.menu.failed.connect(self.failed)
        self._linked = Linked(self.plots, self)
        column.addLayout(row, 1)
        column.addWidget(self.note)

    @Slot()
    def _read(self) -> None:
        """Read what is not known yet, and what has gone on."""
        if self._reader is not None or not self.isVisible():
            return
        known, rows = self._stories, self._rows
        wanted = [row for row in rows if row.folder not in known or State(row.state).active or self._moved_on(row)]
        if not wanted:
            return
        self._reader = StoryReader(wanted, self._kept, self)
        self._reader.finished.connect(self._arrived)
        self._reader.start()

    def _moved_on(self, row: Row) -> bool:
        """Whether the run has events that are not in its story: it ended since, or was resumed."""
        kept = self._kept.get(row.folder)
        return kept is None or (kept[0].outcome or State.LOST) != row.state

    def _forget(self) -> None:
        """Let go of runs that are not shown any more: the fold of a long one takes megabytes."""
        if self._reader is None:
            self._kept = {folder: kept for folder, kept in self._kept.items() if folder in self._looks}
            self._stories = {folder: story for folder, story in self._stories.items() if folder in self._looks}

    @Slot()
    def _arrived(self) -> None:
        reader, self._reader = self._reader, None
        if reader is None:
            return
        self._stories |= reader.stories
        reader.deleteLater()
        self._forget()
        self._draw()
        missing = any(row.folder not in self._stories for row in self._rows)
        if missing or any(State(row.state).active for row in self._rows):
            self._timer.start(0 if missing else AGAIN)

    def _draw(self) -> None:
        for plot, picture in zip(self.plots, pictures(self._stories, self._looks), strict=True):
            plot.show_picture(picture)
        for folder, entry in self.entries.items():
            story = self._stories.get(folder)
            last = story.accuracy.last if story else None
            entry.show_value("" if last is None else percent(last))
        self._say()

    def _fill_legend(self) -> None:
        for entry in self.entries.values():
            self._flow.removeWidget(entry)
            entry.hide()
            entry.deleteLater()
        self.entries = {}
        for folder, look in self._looks.items():
            entry = RunEntry(look.label, look.role, STYLES[look.line], self.legend)
            entry.setObjectName(f"overlay.{RunFolder(Path(folder)).id}")
            entry.setChecked(look.label not in self.accuracy.legend.off)
            entry.toggled.connect(self._toggle)
            self._flow.addWidget(entry)
            self.entries[folder] = entry

    def _say(self) -> None:
        seeds = [story.seeds for folder, story in self._stories.items() if folder in self._looks and story.seeds > 1]
        said = [self._how()]
        if self._wanted > MOST:
            said.append(self.tr("Only the first {0} of {1} chosen runs are shown.").format(MOST, f"{self._wanted:,}"))
        if seeds:
            said.append(self.tr("Accuracy and agreement are means over seeds."))
        if self._rows:
            said.append(self.tr("Dotted levels are the teachers. Losses compare only where method and weights are the same."))
        self.note.setText(" ".join(said))

    def _how(self) -> str:
        """How runs come into the comparison, and out of it."""
        if not self._rows:
            return self.tr("Click a run in the table, then Ctrl+click others to compare them with it.")
        if len(self._rows) == 1:
            return self.tr("Ctrl+click another run in the table to compare it with this one.")
        return self.tr("Ctrl+click in the table adds a run or removes it.")

    @Slot()
    def _mark(self) -> None:
        if self.isVisible():
            self.marked.emit({folder: swatch(look) for folder, look in self._looks.items()})

    @Slot()
    def _toggle(self) -> None:
        out = [self._looks[folder] for folder, entry in self.entries.items() if not entry.isChecked()]
        off = {label for look in out for label in (look.label, look.teacher)}
        for plot in self.plots:
            plot.legend.off = set(off)
            plot.refresh()


def swatch(look: Look) -> QPixmap:
    """A piece of a run's line, as it stands before its title in the table."""
    made = QPixmap(44, 20)
    made.setDevicePixelRatio(2)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setPen(pen_of(QColor(theme().color(look.role)), 2.4, look.line))
    painter.drawLine(0, 5, 20, 5)
    painter.end()
    return made


__all__ = ["MOST", "OverlayCard"]
