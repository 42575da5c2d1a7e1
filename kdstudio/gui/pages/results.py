"""Test results of a finished run: the results table, the confusion matrix, the classes, and images of a cell or a class.

The table comes from the fold of the run; the rest from artefacts that are read in the background.
"""

from PySide6.QtCore import Qt, QThread, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QWidget

from kdstudio.gui.buttons import Segments
from kdstudio.gui.cards import Card, Text
from kdstudio.gui.editors import QuietCombo
from kdstudio.gui.language import looked_up
from kdstudio.gui.pages.comparison_card import ComparisonCard
from kdstudio.gui.pages.confusion import WHO, Found, Outcome, class_rows, most_mistaken, outcome_of
from kdstudio.gui.pages.disagreements import image_of
from kdstudio.gui.pages.gallery import MOST, Gallery
from kdstudio.gui.pages.matrix import Matrix
from kdstudio.gui.tables.classes_model import ClassesModel
from kdstudio.gui.tables.classes_table import ClassesTable
from kdstudio.gui.theme import GAP, PRESENTING, theme
from kdstudio.results.comparison import comparison
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.state import RunState
from kdstudio.runs.summary import tested_metrics

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
        self._seeds: list[int | None] = []  # of the students, in the order of their answers
        self.who = Segments((self.tr("Student"), self.tr("Baseline"), self.tr("Teacher")), "results.who")
        self.seed = QuietCombo()
        self.seed.setObjectName("results.seed")
        self.seed.setAccessibleName(self.tr("Seeds whose predictions are shown"))
        self.seed.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.seed.addItem(self.tr("All seeds"))  # a combo box is never empty
        self.comparison = ComparisonCard()
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
        self.seed.activated.connect(self._show_again)
        self.matrix.chosen.connect(self._show_cell)
        self.table.picked.connect(self._show_class)

    @property
    def folder(self) -> RunFolder | None:
        """The run whose results they are."""
        return self._shown[0] if self._shown is not None else None

    def show_run(self, folder: RunFolder | None, *, tested: bool, state: RunState | None = None) -> None:
        """Show the results table of `state`, and read the artefacts of `folder`, when the run has been `tested`."""
        if state is not None and tested:
            self.comparison.show_table(comparison(state))
            self._name_seeds(list(tested_metrics(state).get("student", {})))
        else:
            self.comparison.show_table(None)
        wanted = (folder, tested) if folder is not None else None
        if wanted == self._shown:
            return
        self._shown, self.outcome, self._wanted = wanted, None, 0
        self._show(None)
        if folder is not None and tested:
            self.waiting.setText(self.tr("Reading the predictions for the test images"))
            self._readings.append(Reading(folder, self))
            self._readings[-1].finished.connect(self._read)
            self._readings[-1].start()

    def show_answers_of(self, number: int) -> None:
        """Show the answers of one of WHO: now, or as soon as they have been read."""
        self._wanted = number
        if self.outcome is not None:
            self.who.group.button(number).click()

    def show_seed(self, number: int) -> None:
        """Show the predictions of all seeds (0), or of one of them (from 1)."""
        self.seed.setCurrentIndex(number)
        if self.outcome is not None:
            self._show_again()

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
        for card in (self.comparison, self._wait, *self._cards):
            grid.removeWidget(card)
        matrix, table, images = self._cards
        grid.addWidget(self.comparison, 0, 0, 1, 2)
        grid.addWidget(self._wait, 1, 0, 2, 2)  # in the place of the others until there is something to show
        grid.addWidget(matrix, 1, 0, 1 if narrow else 2, 2 if narrow else 1)
        grid.addWidget(table, 3 if narrow else 1, 0 if narrow else 1, 1, 2 if narrow else 1)
        grid.addWidget(images, 2, 0 if narrow else 1, 1, 2 if narrow else 1)
        for column in (0, 1):
            grid.setColumnStretch(column, 1)
        grid.setRowStretch(1, 1)

    def _matrix_card(self) -> Card:
        card = Card()
        head = QHBoxLayout()
        head.addWidget(Text(self.tr("Confusion"), "strong"), 1)
        head.addWidget(self.seed)
        head.addWidget(self.who)
        card.body.addLayout(head)
        self.basis = Text("", "caption", "quiet", wrap=True)
        card.body.addWidget(self.basis)
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
        self._name_seeds(self._seeds)
        shown = 0 if self.missing(self._wanted) else self._wanted
        self.who.choose(shown)
        self._show_who(shown)

    def _why_not(self) -> str:
        tested = self._shown is not None and self._shown[1]
        if tested:
            return self.tr("The predictions for the test images cannot be read: the file is missing or damaged.")
        return self.tr("Test images are used once, at the end of the run. Results appear here.")

    def _name_seeds(self, seeds: list[int | None]) -> None:
        """Offer all seeds and each of them, where there are several."""
        count = self.outcome.seeds if self.outcome is not None else len(seeds)
        self._seeds = seeds if len(seeds) == count else [*range(count)]
        words = [self.tr("All seeds"), *(self.tr("Seed {0}").format(seed) for seed in self._seeds)]
        if words != [self.seed.itemText(number) for number in range(self.seed.count())]:
            self.seed.setCurrentIndex(0)
            for number in range(self.seed.count() - 1, 0, -1):
                self.seed.removeItem(number)
            self.seed.addItems(words[1:])
        self.seed.setVisible(count > 1)

    @property
    def _place(self) -> int | None:
        """The place of the seed in view among the answers; None for all."""
        return self.seed.currentIndex() - 1 if self.seed.currentIndex() > 0 else None

    @Slot()
    def _show_again(self, *_: object) -> None:
        self._show_who(self.who.chosen)

    @Slot(int)
    def _show_who(self, number: int) -> None:
        assert self.outcome is not None
        who, outcome = WHO[number], self.outcome
        counts, seeds = outcome.confusion(who, self._place), len(outcome.of(who, self._place))
        alone = len(outcome.answers[who]) == 1
        self.seed.setEnabled(not alone)
        self.seed.setToolTip(self.tr("The teacher is the same for all seeds") if alone else "")
        self.basis.setText(self._basis(alone))
        self.basis.setVisible(bool(self.basis.text()))
        self.matrix.show_counts(counts, outcome.classes, seeds)
        self.model.show_rows(class_rows(counts, outcome.classes, seeds))
        worst = most_mistaken(counts)
        if worst is None:
            self.cell.setText(self.tr("Choose a cell to see its images"))
            self.hint.setText(self.tr("Every test image is classified correctly."))
            self.gallery.show_pictures([])
            return
        self.matrix.choose(*worst)
        self.cell.setText(self.tr("The most frequent mistake: {0}").format(self.matrix.describe(*worst)))

    def _basis(self, alone: bool) -> str:
        """Whose predictions matrix and classes count."""
        assert self.outcome is not None
        if self.outcome.seeds == 1:
            return ""
        if alone:
            return self.tr("One network for all seeds")
        if self._place is None:
            said = self.tr("Sum over {0} seeds; recall, precision and F1 are over all of their predictions")
            return said.format(len(self._seeds))
        return self.tr("Seed {0} alone; the tiles and the table above are means over {1} seeds").format(
            self._seeds[self._place], len(self._seeds)
        )

    @Slot(int, int)
    def _show_cell(self, row: int, column: int) -> None:
        assert self.outcome is not None
        self.table.clearSelection()
        self.cell.setText(self.matrix.describe(row, column))
        self._show_found(self.outcome.cell(WHO[self.who.chosen], row, column, self._place), named=False)

    @Slot(int)
    def _show_class(self, number: int) -> None:
        """The images of a class that are classified wrongly; where there are none, the others."""
        outcome, who = self.outcome, WHO[self.who.chosen]
        if outcome is None:
            return
        self.matrix.mark_row(number)
        wrong = outcome.mistakes(who, number, self._place)
        total = int((outcome.labels == number).sum()) * len(outcome.of(who, self._place))
        mistakes, several = sum(each.seeds for each in wrong), len(outcome.of(who, self._place)) > 1
        name = outcome.classes[number]
        if not wrong:
            self.cell.setText(self.tr("Class {0}: no mistakes").format(name))
            self._show_found(outcome.cell(who, number, number, self._place), named=False)
            return
        said = self.tr("Class {0}: {1} of {2} images classified wrongly")
        said = self.tr("Class {0}: {1} of {2} predictions wrong") if several else said
        self.cell.setText(said.format(name, mistakes, total))
        self._show_found(wrong, named=True)

    def _show_found(self, found: list[Found], *, named: bool) -> None:
        """Their pictures; `named`: with the class that is predicted."""
        assert self.outcome is not None
        images, seeds = self.outcome.images, len(self.outcome.of(WHO[self.who.chosen], self._place))
        shown = [each for each in found if images is not None and each.image < len(images)][:MOST]
        pictures = [(image_of(images[each.image]), self._said_of(each, seeds, named)) for each in shown if images is not None]
        self.gallery.show_pictures(pictures)
        self.hint.setText(self._said(len(found), len(shown), self._legend(seeds, named)))

    def _said_of(self, found: Found, seeds: int, named: bool) -> str:
        """What stands under a picture."""
        assert self.outcome is not None
        said = f"{100 * found.confidence:.0f} %"
        if seeds > 1:
            said = self.tr("{0} of {1}").format(found.seeds, seeds)
        return f"{self.outcome.classes[found.predicted]} ({said})" if named else said

    def _legend(self, seeds: int, named: bool) -> str:
        """What the words below the pictures are, which stand in the order of them."""
        if named:
            several = self.tr("Below each image: the predicted class (seeds that predict it)")
            return several if seeds > 1 else self.tr("Below each image: the predicted class (confidence); most confident first")
        several = self.tr("Below each image: how many seeds predict so")
        return several if seeds > 1 else self.tr("Below each image: confidence; most confident first")

    def _said(self, found: int, shown: int, legend: str) -> str:
        if not found:
            return ""
        if not shown:
            return self.tr("No thumbnails were kept.")
        return legend if shown == found else self.tr("{0} ({1} of {2} images)").format(legend, shown, found)


__all__ = ["Results"]
