"""Test results of a finished run: the confusion matrix, the classes, and the images of a cell, read in the background."""

from PySide6.QtCore import Qt, QThread, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from kdstudio.gui.buttons import Segments
from kdstudio.gui.cards import Card, Text
from kdstudio.gui.language import looked_up
from kdstudio.gui.pages.confusion import WHO, Outcome, class_rows, most_mistaken, outcome_of
from kdstudio.gui.pages.disagreements import image_of
from kdstudio.gui.pages.gallery import MOST, Gallery
from kdstudio.gui.pages.matrix import Matrix
from kdstudio.gui.tables.classes_model import ClassesModel
from kdstudio.gui.tables.classes_table import ClassesTable
from kdstudio.gui.theme import GAP, PRESENTING, theme
from kdstudio.runs.folder import RunFolder

NARROW = 860  # pixels, below which the cards stand under one another


class Reading(QThread):
    """Reads the artefacts of a run, once."""

    def __init__(self, folder: RunFolder, parent: QWidget) -> None:
        super().__init__(parent)
        self.folder = folder
        self.outcome: Outcome | None = None

    def run(self) -> None:
        """The thread: never called directly."""
        self.outcome = outcome_of(self.folder)


class Results(QWidget):
    """Signals:
    ready: the artefacts have been read, and what they say is in view.
    """

    ready = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("run.results")
        self.outcome: Outcome | None = None
        self._shown: tuple[RunFolder, bool] | None = None
        self._wanted = 0  # whose answers, as soon as they have been read
        self._readings: list[Reading] = []  # of other runs too, until they have ended
        self.who = Segments((self.tr("Student"), self.tr("Baseline"), self.tr("Teacher")), "results.who")
        self.matrix, self.gallery = Matrix(), Gallery()
        self.model = ClassesModel(self)
        self.table = ClassesTable(self.model)
        self.waiting = Text("", "body", "quiet", wrap=True)
        self.waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._wait = Card()
        self._wait.body.addWidget(self.waiting, 1)
        self.cell = Text("", "strong", wrap=True)
        self.hint = Text("", "caption", "quiet", wrap=True)
        self._cards = [self._matrix_card(), self._table_card(), self._gallery_card()]
        self._arrange()
        self.who.group.idClicked.connect(self._show_who)
        self.matrix.chosen.connect(self._show_cell)

    @property
    def folder(self) -> RunFolder | None:
        """The run whose results they are."""
        return self._shown[0] if self._shown is not None else None

    def show_run(self, folder: RunFolder | None, *, tested: bool) -> None:
        """Read the artefacts of `folder`, when the run has been `tested`."""
        wanted = (folder, tested) if folder is not None else None
        if wanted == self._shown:
            return
        self._shown, self.outcome, self._wanted = wanted, None, 0
        self._show(None)
        if folder is not None and tested:
            self.waiting.setText(self.tr("Reads the answers to the test images"))
            self._readings.append(Reading(folder, self))
            self._readings[-1].finished.connect(self._read)
            self._readings[-1].start()

    def show_answers_of(self, number: int) -> None:
        """Show the answers of one of WHO: now, or as soon as they have been read."""
        self._wanted = number
        if self.outcome is not None:
            self.who.group.button(number).click()

    def missing(self, number: int) -> str:
        """Why there are no answers of one of WHO to show, "" where there are, or where they have not been read yet."""
        if self.outcome is None:
            tested, reads = self._shown is not None and self._shown[1], bool(self._readings)
            return self._why_not() if tested and not reads else ""
        who = WHO[number]
        return "" if who in self.outcome.answers else self.tr("This run had no {0}").format(looked_up(who))

    def shutdown(self) -> None:
        """Wait for the threads: a QThread must never be destroyed at work."""
        for reading in self._readings:
            reading.wait()
            reading.deleteLater()
        self._readings.clear()

    def _arrange(self) -> None:
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GAP)
        self._narrow = False
        self._place_cards()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if (self.width() < NARROW * (PRESENTING if theme().presenter else 1.0)) != self._narrow:
            self._narrow = not self._narrow
            self._place_cards()

    def _place_cards(self) -> None:
        """The classes and the images stand beside the matrix, or below it where the page is narrow."""
        grid, narrow = self._grid, self._narrow
        for card in (self._wait, *self._cards):
            grid.removeWidget(card)
        matrix, table, images = self._cards
        grid.addWidget(self._wait, 0, 0, 2, 2)  # in the place of the others until there is something to show
        grid.addWidget(matrix, 0, 0, 1 if narrow else 2, 2 if narrow else 1)
        grid.addWidget(table, 2 if narrow else 0, 0 if narrow else 1, 1, 2 if narrow else 1)
        grid.addWidget(images, 1, 0 if narrow else 1, 1, 2 if narrow else 1)
        for column in (0, 1):
            grid.setColumnStretch(column, 1)
        grid.setRowStretch(0, 1)

    def _matrix_card(self) -> Card:
        card = Card()
        head = QHBoxLayout()
        head.addWidget(Text(self.tr("Confusion on test data"), "strong"), 1)
        head.addWidget(self.who)
        card.body.addLayout(head)
        card.body.addWidget(self.matrix, 1)
        return card

    def _table_card(self) -> Card:
        card = Card()
        card.body.addWidget(Text(self.tr("Classes"), "strong"))
        card.body.addWidget(self.table, 1)
        return card

    def _gallery_card(self) -> Card:
        card = Card()
        card.body.addWidget(self.cell)
        card.body.addWidget(self.hint)
        card.body.addWidget(self.gallery)
        return card

    @Slot()
    def _read(self) -> None:
        """Show what a reading has found, if it is the newest and its run is still the one in view."""
        reading = self.sender()
        if not isinstance(reading, Reading) or reading not in self._readings:
            return
        newest = reading is self._readings[-1]
        self._readings.remove(reading)
        reading.deleteLater()
        if newest and (reading.folder, True) == self._shown:
            self._show(reading.outcome)
            self.ready.emit()

    def _show(self, outcome: Outcome | None) -> None:
        self.outcome = outcome
        self.waiting.setText("" if outcome else self._why_not())
        self._wait.setVisible(outcome is None)
        for card in self._cards:
            card.setVisible(outcome is not None)
        if outcome is None:
            return
        for number in range(len(WHO)):
            button, missing = self.who.group.button(number), self.missing(number)
            button.setEnabled(not missing)
            button.setToolTip(missing)
        shown = 0 if self.missing(self._wanted) else self._wanted
        self.who.choose(shown)
        self._show_who(shown)

    def _why_not(self) -> str:
        tested = self._shown is not None and self._shown[1]
        if tested:
            return self.tr("The answers to the test images cannot be read: they are missing or damaged.")
        return self.tr("Test images are used once, at the end of the run. What they say will stand here then.")

    @Slot(int)
    def _show_who(self, number: int) -> None:
        assert self.outcome is not None
        counts = self.outcome.confusion(WHO[number])
        self.matrix.show_counts(counts, self.outcome.classes)
        self.model.show_rows(class_rows(counts, self.outcome.classes))
        worst = most_mistaken(counts)
        if worst is None:
            self.cell.setText(self.tr("Choose a cell to see its images"))
            self.hint.setText(self.tr("Every test image is named right."))
            self.gallery.show_pictures([])
            return
        self.matrix.choose(*worst)
        self.cell.setText(self.tr("The most frequent mistake: {0}").format(self.matrix.describe(*worst)))

    @Slot(int, int)
    def _show_cell(self, row: int, column: int) -> None:
        outcome, who = self.outcome, WHO[self.who.chosen]
        assert outcome is not None
        found = outcome.cell(who, row, column)
        self.cell.setText(self.matrix.describe(row, column))
        images, sure = outcome.images, outcome.answers[who].sure
        shown = [at for at in found if images is not None and at < len(images)][:MOST]
        words = self.tr("{0:.0f} % sure")
        pictures = [(image_of(images[at]), words.format(100 * sure[at])) for at in shown if images is not None]
        self.gallery.show_pictures(pictures)
        self.hint.setText(self._said(len(found), len(shown)))

    def _said(self, found: int, shown: int) -> str:
        if shown < found:
            said = self.tr("The {0} of which it is surest.").format(shown) if shown else self.tr("No thumbnails were kept.")
        else:
            said = self.tr("Those of which it is surest come first.") if found > 1 else ""
        first = self.tr("With several seeds these are the answers of the first.")
        return f"{said} {first}".strip()


__all__ = ["Results"]
