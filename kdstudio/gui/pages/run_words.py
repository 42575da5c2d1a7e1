"""What a run says in sentences: its verdict and the next steps, a failure and the way out, a question before it stops.

The verdict and the next steps stand in a place of their own, see run_standing.py.
"""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QVBoxLayout, QWidget

from kdstudio.gui import run_rules, suggested
from kdstudio.gui.buttons import IconButton, PrimaryButton
from kdstudio.gui.cards import Banner, Text
from kdstudio.gui.field_words import as_in_the_form, field_words
from kdstudio.gui.flow import FlowLayout
from kdstudio.gui.language import explain, headline, looked_up
from kdstudio.gui.pages.diagnostics import diagnostics
from kdstudio.gui.pages.run_standing import RunStanding
from kdstudio.gui.pages.suggestion_buttons import SuggestionButtons
from kdstudio.gui.pages.ways import Ways
from kdstudio.gui.run_controller import RunController
from kdstudio.gui.theme import GAP, SPACE, Role
from kdstudio.results.suggestions import Suggestion
from kdstudio.runs.failures import Words
from kdstudio.runs.summary import weak_students

SIGNS: dict[Role, str] = {"agreement": "check", "failure": "warning"}


class RunWords(QWidget):
    """Signals:
    stop_wanted: people have been told what stopping means, and want it.
    answered: the question is gone, and with it what had the focus.
    page_wanted: another page is the way on; carries its name.
    suggestion_wanted: a suggestion was clicked; carries the Suggestion.
    """

    stop_wanted = Signal()
    answered = Signal()
    page_wanted = Signal(str)
    suggestion_wanted = Signal(object)

    def __init__(self, controller: RunController, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._judged: object = None  # what the advice follows from
        self.rising: Suggestion | None = None  # where the verdict itself suggests a longer training
        self.verdict = Banner("agreement", "check", scale="heading")
        self.verdict.setObjectName("run.verdict")
        self.notice = Banner("teacher", "warning")
        self.notice.setObjectName("run.notice")
        self.empty = Banner("student", "info", scale="heading")
        self.empty.setObjectName("run.empty")
        self.ways = Ways("run")
        self.stopping = Banner("teacher", "stop")
        self.stopping.setObjectName("run.stopping")
        self.mend = PrimaryButton(self.tr("Open configuration"), "mend", icon_name="new")
        self.copy = IconButton(self.tr("Copy diagnostics"), "copy", "diagnostics")
        self.longer = IconButton(self.tr("Train longer"), "longer", "longer")
        self.compare = IconButton(self.tr("Compare"), "compare", "compare")
        self.folder = IconButton(self.tr("Open folder"), "folder", "open.folder")
        self.stop_save = IconButton(self.tr("Stop and save"), "stop", "stop.save")
        self.keep = IconButton(self.tr("Keep training"), "play", "stop.keep")
        self.advice, self.remedies = (
            SuggestionButtons(self),
            SuggestionButtons(self),
        )  # beside the verdict, and the notice
        self.next_steps = (self.longer, self.compare, self.folder)
        self._arrange()
        self.standing = RunStanding(self.verdict, self.next_steps)
        self.standing.tip(self.compare, self.tr("Choose runs in the table to see their curves in one plot"))
        self.copy.clicked.connect(self._copy)
        controller.opened.connect(self._forget_copy)
        controller.opened.connect(self.forget_stop)  # it was asked of the run that was in view
        self.stop_save.clicked.connect(self._stop)
        self.keep.clicked.connect(self.forget_stop)
        self.ways.page_wanted.connect(self.page_wanted)
        self.advice.changed.connect(self._list_advice)
        self.remedies.changed.connect(self._list_remedies)
        for offered in (self.advice, self.remedies):
            offered.wanted.connect(self.suggestion_wanted)

    @property
    def failure_field(self) -> str:
        """The field that the failure in view says to change, "" for none."""
        words = self._controller.failure
        return (words.field or "") if words else ""

    @Slot()
    def ask_stop(self) -> None:
        """Say what stopping means, and ask."""
        self.stopping.say(
            self.tr("Stop this run?"),
            self.tr("It saves a checkpoint first, and can be resumed from there. Test data are only used at the end."),
        )
        self._fit()
        self.stop_save.setFocus()

    @Slot()
    def forget_stop(self) -> None:
        """The question has been answered, or has lost its sense."""
        asked = self.stop_save.hasFocus() or self.keep.hasFocus()
        self.stopping.say("")
        if asked:  # else a hidden button would hand the focus to whatever comes next, with a ring around it
            self.answered.emit()
        self._fit()

    def show_run(self, summary: dict[str, Any] | None) -> None:
        """Say what there is to say of the run in view; `summary` once it is complete."""
        controller = self._controller
        replaying = controller.replay is not None
        self._show_empty()
        self._show_verdict(summary or {})
        if not controller.active:
            self.forget_stop()
        failure = None if replaying else controller.failure
        words = failure or (None if replaying else controller.silence)
        notes = controller.shown.notes
        said = bool(self.verdict.title) and self._weak is not None  # the verdict says it already
        warnings = [
            note
            for note in notes
            if note.level == "warning"
            and not (said and note.code == "student-weak" and note.parameters.get("who") != "baseline")
        ]
        problem = None if failure is None else controller.failure_code
        if words is None and warnings:
            problem = warnings[-1].code, warnings[-1].parameters
            words = explain(*problem)
        remedies = suggested.of_problem(controller, problem)
        self.remedies.show([each for each in remedies if each.name != "longer" or not self.verdict.title])
        self._show_notice(words, failed=failure is not None)
        self._fit()

    def _fit(self) -> None:
        """Without a word it takes no room, and no gap."""
        said = (self.empty, self.stopping, self.notice)
        self.setVisible(any(banner.title for banner in said))

    def _show_empty(self) -> None:
        """While there is no run: what will stand here, and how to get there."""
        if self._controller.folder is not None:
            self.empty.say("")
            return
        said = self.tr(
            "The curves of a run appear here while it trains, and at the end how much its teacher helped. "
            "The first sample takes half a minute."
        )
        self.empty.say(self.tr("No run to show yet"), said)

    def _show_verdict(self, summary: dict[str, Any]) -> None:
        """The headline, in the colour of what it says: a gain, harm, or nothing beyond noise. A student that has learned almost
        nothing comes first: then a gain says nothing."""
        gain = summary.get("gain", {})
        low, high = gain.get("low"), gain.get("high")
        role: Role = "baseline"
        if low is not None and high is not None:
            role = "agreement" if low > 0 else "failure" if high < 0 else "baseline"
        worth, stop, kept = headline(summary).partition(". ")
        weak = self._weak if summary else None
        if weak is not None:
            title = self.tr("Completed, but the student learned almost nothing")
            self.verdict.say(title, self._remedy_of(weak), "teacher", "warning")
        else:
            self.verdict.say(f"{worth}{stop}".strip(), kept, role, SIGNS.get(role, "info"))
        judged = self._controller.folder, self._controller.replay is None, summary
        if judged != self._judged:
            self._judged = judged
            self._advise(suggested.of_verdict(self._controller, summary) if summary else ())
        known = self._controller.experiment is not None
        self.longer.setEnabled(known)
        anew = self.tr(
            "Opens the form with twice the budget. The student trains from the beginning; the teacher is reused."
        )
        why = self.rising.reason(looked_up) if self.rising is not None else ""
        unread = self.tr("The experiment of this run cannot be read")
        self.standing.tip(self.longer, f"{why} {anew}".strip() if known else unread)
        self.standing.fit()

    def _advise(self, suggestions: Sequence[Suggestion]) -> None:
        """Offer these; a longer training has a button in any case."""
        self.rising = next((each for each in suggestions if each.name == "longer"), None)
        said = self.rising.text(looked_up) if self.rising is not None else self.tr("Train longer")
        self.standing.call(self.longer, said)
        self.advice.show([each for each in suggestions if each is not self.rising])

    @property
    def _weak(self) -> Words | None:
        """What to say where the students of all seeds have learned almost nothing; None where one has not."""
        notes = weak_students(self._controller.shown)
        return as_in_the_form(explain(notes[-1].code, notes[-1].parameters)) if notes else None

    def _remedy_of(self, words: Words) -> str:
        """Cause, remedy and field of a warning, in one line."""
        field = self.tr("Field: {0}").format(field_words(words.field)) if words.field else ""
        return " ".join(part for part in (words.cause, words.remedy, field) if part)

    def _show_notice(self, words: Words | None, *, failed: bool) -> None:
        self.mend.lead(not self.remedies.shown)
        self.mend.setVisible(failed and not run_rules.mend(self._controller))
        self.copy.setVisible(failed)
        if words is None:
            self.notice.say("")
            return
        words = as_in_the_form(words)
        field = self.tr("Field: {0}").format(field_words(words.field)) if words.field else ""
        said = f"{words.cause} {words.remedy}\n{field}".strip()
        self.notice.say(words.title, said, "failure" if failed else "teacher")

    @Slot()
    def _stop(self) -> None:
        self.forget_stop()
        self.stop_wanted.emit()

    @Slot()
    def _copy(self) -> None:
        controller = self._controller
        if controller.folder is not None:
            text = diagnostics(controller.folder, controller.home, controller.failure)
            QGuiApplication.clipboard().setText(text)
            self.copy.setText(self.tr("Copied"))

    @Slot()
    def _forget_copy(self) -> None:
        self.copy.setText(self.tr("Copy diagnostics"))

    def _arrange(self) -> None:
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        for banner in (self.empty, self.stopping, self.notice):
            column.addWidget(banner)
        self.empty.offers.addWidget(self.ways)
        for button in (self.stop_save, self.keep):
            self.stopping.offers.addWidget(button)
        for offer in (self.mend, self.copy):
            self.notice.offers.addWidget(offer)
        self._remedies = QWidget()
        FlowLayout(self._remedies, 2 * SPACE)
        self.notice.steps.addWidget(self._remedies, 1)
        self._remedies.hide()

    @Slot()
    def _list_advice(self) -> None:
        self.standing.offer(self.advice.buttons)

    @Slot()
    def _list_remedies(self) -> None:
        """What is suggested comes first, below the words, and the other buttons with it; without it those stand beside."""
        flow, remedies = self._remedies.layout(), self.remedies.buttons
        others: tuple[QAbstractButton, ...] = (self.mend, self.copy)
        assert flow is not None
        while flow.count():
            flow.takeAt(0)
        for button in others:
            self.notice.offers.removeWidget(button)
        for each in (*remedies, *others) if remedies else ():
            flow.addWidget(each)
        for button in () if remedies else others:
            self.notice.offers.addWidget(button)
        self._remedies.setVisible(bool(remedies))
        self.notice.steps.setContentsMargins(0, SPACE if remedies else 0, 0, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.ways.fit(self.width())

    def set_low(self, low: bool, *, tight: bool) -> None:
        """Take less height, with the same words; `tight`: as little as can be."""
        for banner in (self.empty, self.stopping, self.notice):
            banner.set_low(low, tight=tight)
        self.standing.set_low(low, tight=tight)
        self._column.setSpacing(2 * SPACE if low else GAP)


class Notes(Text):
    """What a run has noted that is no warning, in one quiet line."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", "caption", "quiet", parent, wrap=True)
        self.setObjectName("run.notes")

    def show_run(self, controller: RunController) -> None:
        """Each note once: every seed may have said the same."""
        notes = [note for note in controller.shown.notes if note.level == "info"]
        said = [explain(note.code, note.parameters) for note in notes]
        self.setText("   ".join(dict.fromkeys(f"{each.title}. {each.cause}" for each in said)))
        self.setVisible(bool(said))


__all__ = ["Notes", "RunWords"]
