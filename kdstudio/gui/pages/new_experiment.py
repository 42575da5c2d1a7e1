"""Making an experiment out of clicks or text: a card for each part, its form made from the spec, and the preview beside."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from kdstudio.gui.beginning import blank, with_images
from kdstudio.gui.buttons import PrimaryButton
from kdstudio.gui.cards import Banner
from kdstudio.gui.command_line import command
from kdstudio.gui.document import Document, read
from kdstudio.gui.drafts import Draft
from kdstudio.gui.history import History
from kdstudio.gui.pages.new_head import DropPage, NewHead
from kdstudio.gui.pages.preview_card import PreviewCard
from kdstudio.gui.pages.preview_feed import PreviewFeed
from kdstudio.gui.pages.sheet import Sheet
from kdstudio.gui.theme import GAP, MARGIN, theme
from kdstudio.gui.uses import Use, use_of
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.library import Row
from kdstudio.runs.state import State
from kdstudio.spec import EXPERIMENTS, changed, copy_of, dump, made_up, problems_of, untitled
from kdstudio.spec.models import RUN_PREFIX

SETTLE = 60  # milliseconds without an edit after which the experiment is checked
MOST_RUNS = 50  # whose students can be chosen
KEEP = 800  # milliseconds without an edit after which the draft is kept
NARROWEST = 620  # pixels that form and preview need side by side


class NewExperimentPage(DropPage):
    """Where an experiment is made and started.

    Signals:
        start_requested, queue_requested: carry the experiment.
        checked: what is wrong with it, or what can be undone, may be another thing now.
        open_requested: a person wants to pick a file.
        save_requested: a person wants to save; True asks for another file.
    """

    start_requested = Signal(object)
    queue_requested = Signal(object)
    checked = Signal()
    open_requested = Signal()
    save_requested = Signal(bool)

    def __init__(self, home: Home, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("New experiment"), "", "page.new", parent)
        self.title.set_text(self.tr("New experiment"), self.tr("New"))
        self.home = home
        self.runs: Callable[[], Sequence[Row]] = lambda: ()  # those of the library, for who can choose their students
        self._blank = blank(EXPERIMENTS[0], home)
        self.problems: dict[str, str] = {}
        self.document = Document(home, self._blank)
        self.draft = Draft(home)
        self._given: dict[str, Any] | None = None  # what is being started or put into the queue, while that is done
        self.history = History(
            self._show_values, self.values, self, place=lambda: self.document.place, move=self.document.move
        )
        self.banner = Banner("failure", "warning")
        self.banner.setObjectName("new.banner")
        self.sheet = Sheet(self._blank, self.document, home)
        self.board, self.cards = self.sheet.board, self.sheet.board.cards
        self.yaml, self.detail = self.sheet.yaml, self.sheet.detail
        self.summary = PreviewCard()
        self.feed = PreviewFeed(self.summary, home, self)
        self.start_button: PrimaryButton = self.summary.start
        self._arrange()
        self._check_soon = self._timer(SETTLE, self.check)
        self._keep_soon = self._timer(KEEP, self.keep_draft)
        self._connect()
        self.show_values(self._blank)
        self._restore()

    # What the form holds

    def values(self) -> dict[str, Any]:
        """The experiment as the form holds it: plain data, right or wrong."""
        return self.sheet.values()

    def experiment(self) -> Any:
        """The experiment, or None while something is wrong with it."""
        self.sheet.settle()
        self.check()
        return None if self.problems else self.sheet.made(self.values())

    def text(self) -> str:
        """The experiment as YAML, right or wrong."""
        return self.sheet.text()

    # Filling it

    def show_experiment(self, experiment: Any) -> None:
        """Fill the form with an experiment that is in no file. A title that was made up for it follows what is changed."""
        self.document.leave()
        self.show_values(untitled(experiment).model_dump(mode="json"))

    def show_copy(self, experiment: Any, run: str) -> None:
        """Fill the form with a new experiment made from that of a run: its child, with a title of its own."""
        self.show_experiment(copy_of(experiment, run))

    def offer(self, experiment: Any, changed: Sequence[str], reason: str) -> None:
        """Fill the form with an experiment that somebody suggests, and say why.

        Args:
            experiment: what is suggested.
            changed: the paths of the fields in which it differs from what it was made from; each is marked in the form
                until it has another value, and the first has the focus.
            reason: why, in a sentence.
        """
        self.show_experiment(experiment)
        self.sheet.show_form()
        self.board.mark(changed)
        self.check()
        self._offer_nothing()
        self.banner.say(self.tr("Suggested change"), reason, "student", "info")
        if changed:
            self.go_to(changed[0])

    def show_values(self, values: Mapping[str, Any]) -> None:
        """Fill the form with plain data."""
        self._close_banner()
        self.board.mark(())
        self._show_values(values)

    @Slot(object)
    def change(self, changes: Mapping[str, Any]) -> None:
        """Give the fields at these paths other values."""
        self._show_values(changed(self.values(), changes))

    def open_file(self, path: Path) -> bool:
        """Fill the form from a file. One with mistakes is shown as text, each mistake at its line: then it is False."""
        text, experiment, problems = read(path)
        if experiment is None:
            title = (self.tr("{0} is not an experiment") if text else self.tr("{0} cannot be opened")).format(path.name)
            if text:
                self.document.file = path.absolute()
                self.sheet.show_text(text)
                self.check()
            self._offer_nothing()
            marked = self.tr("It is shown as text, and its mistakes are marked.")
            detail = marked if text else "\n".join(str(problem) for problem in problems)
            self.banner.say(title, detail, "failure", "warning")
            return False
        self.document.file = path.absolute()
        values = experiment.model_dump(mode="json")
        self.document.pair(values, text)
        self.document.settle(values, path)
        self.show_values(values)
        self.draft.discard()
        return True

    def save_to(self, path: Path) -> None:
        """Write the experiment to a file.

        Raises:
            OSError: it cannot be written; what was there is as it was.
        """
        self.document.write(path, self.values(), self.text())
        self.history.note(self.values())
        self.draft.discard()
        self._say_file()

    def ready(self) -> bool:
        """Whether nothing is wrong; else the focus goes to the first field that is."""
        ready = self.experiment() is not None
        if not ready:
            self._go_to_problem()
        return ready

    def say(self, title: str, detail: str) -> None:
        """Say what went wrong, on top of the page."""
        self._offer_nothing()
        self.banner.say(title, detail, "failure", "warning")

    def new(self) -> None:
        """Begin anew, with every field at its default."""
        self.document.begin(self._blank)
        self.show_values(self._blank)

    @Slot()
    def take_settings(self) -> None:
        """Begin new experiments with the settings as they are now, and this one where it has not been told otherwise.
        Text that is no experiment yet stays as it is: nobody could bring it back."""
        self.sheet.settle()
        before, after, held = dict(self._blank["compute"]), blank(EXPERIMENTS[0], self.home)["compute"], self.values()
        self._blank["compute"].update(after)
        untold = [name for name in after if after[name] != before[name] and held["compute"].get(name) == before[name]]
        if untold and not self.sheet.wrong_text:
            self.change({f"compute.{name}": after[name] for name in untold})

    def _show_values(self, values: Mapping[str, Any]) -> None:
        self.sheet.fill(values)
        self.check()

    # Looking at it

    @Slot()
    def check(self) -> None:
        """Ask the spec what is wrong, and show it."""
        self._check_soon.stop()
        values = self.values()
        self.problems = self.sheet.mistakes(values) or self.feed.known(values)
        self.board.show_problems(self.problems)
        self.board.suggest_title(made_up(values, self.document.base))
        self.history.note(values)
        self.summary.show_values(values, self.problems, self.board.titles(), listed=not self.sheet.wrong_text)
        self.summary.show_next(self.sheet.next_step(self.problems))
        self._say_file()
        self._keep_soon.start()
        self._look(values)
        self.checked.emit()

    def _look(self, values: dict[str, Any]) -> None:
        """Have it previewed, when there is something to look at and somebody who looks."""
        if not self.isVisible():
            return
        if problems_of(values) or (self.problems and not self.feed.known(values)):
            self.feed.wait(self.problems)
        else:
            self.feed.look(values, self.sheet.made(values).model_dump(mode="json"))

    # What people do

    @Slot()
    def start(self) -> None:
        """Start the experiment, if nothing is wrong with it; else go to the first field that is."""
        self._give_to(self.start_requested)

    @Slot()
    def queue(self) -> None:
        """Let the experiment wait for its turn, if nothing is wrong with it; else go to the first field that is."""
        self._give_to(self.queue_requested)

    def _give_to(self, request: Any) -> None:
        if not self.ready():
            return
        self.banner.say("")
        self._check_soon.stop()
        self._given = self.values()
        request.emit(self.sheet.made(self._given))
        self._given = None

    @Slot()
    def settle(self) -> None:
        """What was asked for is a run by now: nothing of it needs to be kept as a draft any more."""
        if self._given is not None:
            self.document.settle(self._given)
            self.draft.discard()
            self._say_file()

    @Slot()
    def copy_yaml(self) -> None:
        """Put the experiment on the clipboard, as text."""
        experiment = self.experiment()
        if experiment is not None:
            QGuiApplication.clipboard().setText(dump(experiment))
            self.summary.copy.thank()

    @Slot()
    def copy_command(self) -> None:
        """Put the command that carries it out on the clipboard."""
        experiment = self.experiment()
        if experiment is not None:
            QGuiApplication.clipboard().setText(command(experiment, self.document.file, self.home))
            self.summary.copy_command.thank()

    def go_to(self, path: str) -> None:
        """Put the focus into the field at `path`, showing it if it is an advanced one."""
        self.sheet.go_to(path)

    @Slot()
    def keep_draft(self) -> None:
        """Keep what would be lost, or nothing where nothing would be."""
        self._keep_soon.stop()
        if self.document.clean(self.values()) and not self.sheet.wrong_text:
            self.draft.discard()
        else:
            self.draft.write(self.text())

    def shutdown(self) -> None:
        """The window closes: keep the draft, end the desk."""
        self.keep_draft()
        self._check_soon.stop()
        self.feed.shutdown()

    # The draft

    def _restore(self) -> None:
        """Show what was not saved when the window was last there."""
        text = self.draft.read()
        if not text:
            return
        self.sheet.restore(text)
        self.check()
        said = self.tr("Unsaved draft restored")
        self.banner.say(said, "", "student", "info")
        self.discard_draft.show()

    @Slot()
    def _discard_restored(self) -> None:
        self._close_banner()
        self.sheet.show_form()
        self.new()
        self.draft.discard()

    @Slot()
    def _close_banner(self) -> None:
        self._offer_nothing()
        self.banner.say("")

    def _offer_nothing(self) -> None:
        self.discard_draft.hide()

    def take_dropped(self, path: Path) -> None:
        """Use what was dropped onto the page."""
        self.take(use_of(path))

    def take(self, use: Use) -> None:
        """Open an experiment, copy a run's, or begin a new one with a folder of images; what is none of them is refused in
        words."""
        if use.file is not None:
            self.open_file(use.file)
        elif use.run is not None:
            self._copy_from(use.run)
        elif use.dataset:
            self.document.leave()
            self.show_values(with_images(self._blank, use.dataset, self.values()))
        else:
            self.say(self.tr("That cannot be opened here"), use.refusal)

    def _copy_from(self, run: Path) -> None:
        """The experiment of a run, in no file of its own: the run's is frozen."""
        _, experiment, problems = read(run / "experiment.yaml")
        if experiment is not None:
            self.show_copy(experiment, RunFolder(run).id)
        else:
            title = self.tr("The experiment of this run cannot be read")
            self.say(title, "\n".join(str(problem) for problem in problems))

    # What can be chosen

    @Slot(str, object)
    def _hear(self, name: str, values: dict[str, Any]) -> None:
        """The desk has said which devices there are."""
        if name == "devices":
            self.board.offer("devices", [(device, device) for device in values["available"]])

    @Slot()
    def _offer_weights(self) -> None:
        """Offer the students of the runs that have one, the newest first."""
        rows = [row for row in self.runs() if row.state == State.COMPLETED][:MOST_RUNS]
        trained = [row for row in rows if (Path(row.folder) / "student" / "model.safetensors").is_file()]
        self.board.offer("weights", [(f"{RUN_PREFIX}{row.id}", f"{row.title} ({row.id})") for row in trained])

    # Building it

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._offer_weights()
        self.check()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.feed.rest()

    def needs(self) -> int:
        return round(NARROWEST * theme().factor)

    def fit(self) -> None:
        taken = 2 * MARGIN + 2 * GAP + self.title.sizeHint().width() + self.detail.sizeHint().width()
        self.tools.fit(self.width() - taken)
        self.summary.fit(self.width())

    def _timer(self, after: int, does: Any) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(after)
        timer.timeout.connect(does)
        return timer

    def _arrange(self) -> None:
        self.tools = NewHead(self.home, self.history)
        self.head.addWidget(self.tools)
        self.head.addWidget(self.detail)
        self.discard_draft = QPushButton(self.tr("Discard"))
        self.discard_draft.setObjectName("draft.discard")
        self.discard_draft.hide()
        close = QPushButton(self.tr("Close"))
        close.setObjectName("new.banner.close")
        close.clicked.connect(self._close_banner)
        for button in (self.discard_draft, close):
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            self.banner.offers.addWidget(button)
        self.body.addWidget(self.banner)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(self.sheet, 1)
        row.addWidget(self.summary)
        self.body.addLayout(row, 1)

    def _connect(self) -> None:
        self.sheet.edited.connect(self._check_soon.start)
        self.sheet.turned.connect(self.check)
        self.sheet.refused.connect(self._refused)
        self.discard_draft.clicked.connect(self._discard_restored)
        self.tools.connect_to(self)
        self.summary.start.clicked.connect(self.start)
        self.summary.queue.clicked.connect(self.queue)
        self.history.changed.connect(self.checked)
        self.summary.copy.clicked.connect(self.copy_yaml)
        self.summary.copy_command.clicked.connect(self.copy_command)
        self.summary.remedied.connect(self.change)
        self.feed.found.connect(self.check)
        self.feed.desk.part.connect(self._hear)
        self.board.opening.connect(self._offer_weights)

    @Slot(str)
    def _refused(self, why: str) -> None:
        self.say(self.tr("The preset could not be saved"), why)

    def _say_file(self) -> None:
        """Name the file, and whether it is behind what the form says."""
        file = self.document.file
        if file is None:
            first = self.tr("Choose a dataset, a teacher and a student.")
            said = self.tr("{0} Everything else has a sensible default.").format(first)
            self.subtitle.set_text(said, first, self.tr("Choose data, teacher and student."), self.tr("Choose all three."))
            return
        said = file.name if not self.document.edited(self.values()) else self.tr("{0}, edited").format(file.name)
        self.subtitle.set_text(said)

    def _go_to_problem(self) -> None:
        self.sheet.go_to_problem(self.problems)
        if self.feed.known(self.values()):  # it may have been mended on the disk meanwhile
            self.feed.again()
            self.check()
