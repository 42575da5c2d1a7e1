"""Test results of a finished run: the confusion matrix, the classes, and the images of a cell, read in the background."""

from PySide6.QtCore import QSortFilterProxyModel, Qt, QThread, Signal, Slot
from PySide6.QtWidgets import QAbstractItemView, QGridLayout, QHBoxLayout, QSizePolicy, QTableView, QWidget

from kdstudio.gui.buttons import Segments
from kdstudio.gui.cards import Card, Text
from kdstudio.gui.pages.confusion import WHO, Outcome, class_rows, most_mistaken, outcome_of
from kdstudio.gui.pages.disagreements import image_of
from kdstudio.gui.pages.gallery import MOST, Gallery
from kdstudio.gui.pages.matrix import Matrix
from kdstudio.gui.tables.classes_model import NUMBERS, SORT, ClassesModel
from kdstudio.gui.theme import GAP, SPACE
from kdstudio.runs.folder import RunFolder

LONGEST = 15  # letters of a class name in the table


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
        self._reading: Reading | None = None
        self.who = Segments((self.tr("Student"), self.tr("Baseline"), self.tr("Teacher")), "results.who")
        self.matrix, self.gallery = Matrix(), Gallery()
        self.model = ClassesModel(self)
        self.table = QTableView()
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

    def show_run(self, folder: RunFolder | None, *, tested: bool) -> None:
        """Read the artefacts of `folder`, when the run has been `tested`."""
        wanted = (folder, tested) if folder is not None else None
        if wanted == self._shown:
            return
        self._shown, self.outcome = wanted, None
        self._show(None)
        if folder is not None and tested:
            self.waiting.setText(self.tr("Reads the answers to the test images"))
            self.shutdown()
            self._reading = Reading(folder, self)
            self._reading.finished.connect(self._read)
            self._reading.start()

    def shutdown(self) -> None:
        """Wait for the thread: a QThread must never be destroyed at work."""
        if self._reading is not None:
            self._reading.wait()
            self._reading.deleteLater()
            self._reading = None

    def _arrange(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(GAP)
        grid.addWidget(self._wait, 0, 0, 3, 2)
        grid.addWidget(self._cards[0], 1, 0, 2, 1)
        grid.addWidget(self._cards[1], 1, 1)
        grid.addWidget(self._cards[2], 2, 1)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(1, 1)

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
        proxy = QSortFilterProxyModel(self)
        proxy.setSourceModel(self.model)
        proxy.setSortRole(SORT)
        self.table.setModel(proxy)
        self.table.setObjectName("results.classes")
        self.table.setAccessibleName(self.tr("Classes: recall, precision, and what they are mistaken for"))
        self.table.setSortingEnabled(True)
        self.table.sortByColumn(2, Qt.SortOrder.AscendingOrder)  # the worst first
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(self.table.fontMetrics().height() + 2 * SPACE)
        header = self.table.horizontalHeader()
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        self.table.setMinimumHeight(180)
        self.table.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
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
        reading = self._reading
        if reading is not None and reading is self.sender():
            self._show(reading.outcome)
            self.shutdown()
            self.ready.emit()

    def _show(self, outcome: Outcome | None) -> None:
        self.outcome = outcome
        self.waiting.setText("" if outcome else self._why_not())
        self._wait.setVisible(outcome is None)
        for card in self._cards:
            card.setVisible(outcome is not None)
        if outcome is None:
            return
        for number, who in enumerate(WHO):
            button = self.who.group.button(number)
            button.setEnabled(who in outcome.answers)
            button.setToolTip("" if who in outcome.answers else self.tr("This run had no {0}").format(who))
        self.who.choose(0)
        self._show_who(0)

    def _why_not(self) -> str:
        tested = self._shown is not None and self._shown[1]
        if tested:
            return self.tr("The answers to the test images cannot be read: they are missing or damaged.")
        return self.tr("Test images are used once, at the end of the run. What they say will stand here then.")

    def _fit_columns(self) -> None:
        """Numbers take what they need, class names share the rest."""
        header = self.table.horizontalHeader()
        for column in NUMBERS:
            self.table.setColumnWidth(column, header.sectionSizeHint(column) + 2 * SPACE)
        metrics = self.table.fontMetrics()
        classes = self.outcome.classes if self.outcome is not None else ()
        names = max(metrics.horizontalAdvance(name) for name in (self.tr("Class"), *classes))
        self.table.setColumnWidth(0, min(names + 8 * SPACE, metrics.horizontalAdvance("n" * LONGEST)))

    @Slot(int)
    def _show_who(self, number: int) -> None:
        assert self.outcome is not None
        counts = self.outcome.confusion(WHO[number])
        self.matrix.show_counts(counts, self.outcome.classes)
        self.model.show_rows(class_rows(counts, self.outcome.classes))
        self._fit_columns()
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
        pictures = [(image_of(images[at]), f"{100 * sure[at]:.0f} % sure") for at in shown if images is not None]
        self.gallery.show_pictures(pictures)
        self.hint.setText(self._said(len(found), len(shown)))

    def _said(self, found: int, shown: int) -> str:
        if shown < found:
            said = self.tr("The {0} of which it is surest.").format(shown) if shown else self.tr("No thumbnails were kept.")
        else:
            said = self.tr("Those of which it is surest come first.") if found > 1 else ""
        return f"{said} {self.tr('With several seeds these are the answers of the first.')}".strip()


__all__ = ["Results"]
