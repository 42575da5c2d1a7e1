"""The card beside the form: what the experiment looks at, both networks to scale, memory and time, and the Start button."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from kdstudio.gui.buttons import IconButton, PrimaryButton
from kdstudio.gui.cards import Card, Elided, Pill, Text
from kdstudio.gui.language import explain, tr
from kdstudio.gui.notices import Notice, Notices
from kdstudio.gui.pages.page import scrolling
from kdstudio.gui.pages.preview_drawings import CountBars, SampleGrid, SizeBars
from kdstudio.gui.preview_words import images_words, memory_warning, memory_words, remedies, span, trainings
from kdstudio.gui.theme import GAP, SPACE, theme
from kdstudio.gui.words import compact, size
from kdstudio.runs.failures import Words

WIDTH, NARROW = 328, 272  # pixels of the card, and where there is little room; more of both in large type
SHARE = 0.42  # of the page, at most
SCROLL = 2 * SPACE  # room for the scroll bar, in the card's own margin
SHOWN = 4  # problems named before the rest is only counted
PATIENCE = 400  # milliseconds without an answer before the card says that it waits
THANKS = 1600  # milliseconds


class PreviewCard(Card):
    """Always in view. What can be long scrolls; problems, memory in trouble and the Start button never scroll away.

    Signals:
        remedied: carries the changes of a remedy, by path.
    """

    remedied = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("summary")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self._values: dict[str, Any] = {}
        self._missing, self._verdict = False, ""
        self._device = ""
        self.pill = Pill()
        self.pill.setObjectName("summary.pill")
        self.samples, self.counts = SampleGrid(), CountBars()
        self.images = Text("", "caption", "quiet", wrap=True)
        self.images.setObjectName("preview.images")
        self.parameters = SizeBars(self.tr("Parameters"))
        self.macs = SizeBars(self.tr("Multiply-adds per image"))
        self.bytes = SizeBars(self.tr("Weights"))
        self.facts: dict[str, Elided] = {}
        self.warnings = Notices("preview.warnings")
        self.short = Notices("preview.memory")
        self.problems = Text("", "body", "failure", wrap=True)
        self.problems.setObjectName("summary.problems")
        self.note = Text("", "caption", "quiet", wrap=True)
        two = self.tr("With labels withheld, a step of the student is two passes: one for labels, one for the teacher's answers.")
        self.two_passes = Text(two, "caption", "quiet", wrap=True)
        self.two_passes.hide()
        self.busy = Text("", "caption", "teacher", wrap=True)
        self.start = PrimaryButton(self.tr("Start"), "start")
        self.queue = IconButton(self.tr("Queue"), "queue", "queue.add")
        self.queue.setAccessibleName(self.tr("Add to the queue"))
        self.queue.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)  # as high as Start
        self.copy_command = CopyButton(self.tr("Copy command"), "copy.command", self.tr("A shell command that runs this"))
        self.copy = CopyButton(self.tr("Copy YAML"), "copy", self.tr("All of it as text, defaults written out"))
        self._arrange()
        self._waits = QTimer(self)
        self._waits.setSingleShot(True)
        self._waits.setInterval(PATIENCE)
        self._waits.timeout.connect(self._say_waiting)
        self.short.chosen.connect(self._remedy)
        self._forget()
        self.fit(0)
        theme().changed.connect(self._fit_again)

    def fit(self, page: int) -> None:
        """Be as wide as suits a page of `page` pixels."""
        self._page = page
        widest, narrowest = (round(width * theme().factor**0.8) for width in (WIDTH, NARROW))
        self.setFixedWidth(min(widest, max(narrowest, round(SHARE * page))) if page else widest)

    @Slot()
    def _fit_again(self) -> None:
        self.fit(self._page)

    def show_values(
        self, values: dict[str, Any], problems: Mapping[str, str], titles: Mapping[str, str], *, listed: bool = True
    ) -> None:
        """Show what the form holds, and what keeps it from being an experiment: `listed`, where nobody else says it."""
        self._values = values
        self.facts["Trains"].set_text(*trainings(values))
        device = str(values.get("compute", {}).get("device", ""))
        if device != self._device:  # the desk says which one that is
            self._device = device
            self._fact("Device", device)
        self._missing = bool(problems)
        self._judge()
        self.problems.setText(_listed(problems, titles))
        self.problems.setVisible(bool(problems) and listed)
        for button in (self.copy_command, self.copy):
            button.setEnabled(not problems)
            button.setToolTip(self.tr("Something is still missing") if problems else button.help)
        waits = self.tr("Add it to the queue on the page Runs, which starts one run after another")
        self.queue.setEnabled(not problems)
        self.queue.setToolTip(self.tr("Something is still missing") if problems else waits)

    def _judge(self) -> None:
        """Say in a word whether it can be started."""
        if self._missing:
            self.pill.show_state(self.tr("Not ready"), "teacher")
        elif self._verdict == "wont-fit":
            self.pill.show_state(self.tr("Won't fit"), "failure")
        else:
            self.pill.show_state(self.tr("Ready"), "agreement")

    def show_next(self, step: str) -> None:
        """What the Start button says: "Start", or the next step that is missing."""
        self.start.setText(step)
        self.start.setAccessibleName(step)

    def show_busy(self, title: str) -> None:
        """Say that another run is at work, "" that none is."""
        said = self.tr("{0} is training. A run on the same device waits for it.").format(title)
        self.busy.setText(said if title else "")
        self.busy.setVisible(bool(title))

    @Slot()
    def await_answer(self) -> None:
        """A question is on its way."""
        self._waits.start()

    @Slot(str, object)
    def show_part(self, name: str, values: dict[str, Any]) -> None:
        """Show a piece of the desk's answer."""
        self._waits.stop()
        self._say("")
        show = {"networks": self._networks, "data": self._data, "memory": self._memory_of, "time": self._time}.get(name)
        if show is not None:
            show(values)

    def show_failure(self, words: Words, *, beside_field: bool = False) -> None:
        """The preview cannot be had: say why, in place of the images; the cause only where no field says it too."""
        self._waits.stop()
        self._say("")
        self._forget()
        detail = words.remedy if beside_field else f"{words.cause} {words.remedy}"
        self.warnings.show_notices([Notice(title=words.title, detail=detail, role="failure")])

    @Slot()
    def rest(self) -> None:
        """Nothing is on its way."""
        self._waits.stop()
        self._say("")

    def show_nothing(self, said: str) -> None:
        """There is nothing to look at yet; `said` is what it waits for."""
        self.rest()
        self._forget()
        self.images.setText(said)

    def _forget(self) -> None:
        self.samples.show_samples([])
        self.images.setText("")
        self.counts.hide()
        for bars in (self.parameters, self.macs, self.bytes):
            bars.show_sizes(None, "", None, "")
        for name in ("Memory", "Time", "Steps", "Images", "Labels"):
            self._fact(name, "–")
        self.warnings.show_notices([])
        self.short.show_notices([])
        self._verdict = ""

    def _networks(self, values: dict[str, Any]) -> None:
        teacher, student = values["teacher"], values["student"]
        for bars, name, words in (
            (self.parameters, "parameters", compact),
            (self.macs, "macs", compact),
            (self.bytes, "bytes", size),
        ):
            bars.show_sizes(teacher[name], words(teacher[name]), student[name], words(student[name]))

    def _data(self, values: dict[str, Any]) -> None:
        self.samples.show_samples(values["samples"])
        self.images.setText(images_words(values))
        self.counts.show_counts(values["classes"], values["counts"])
        self.counts.show()
        images = values["images"]
        self._fact("Images", " / ".join(f"{images[part]:,}" for part in ("train", "validation", "test")))
        self._fact("Labels", self.tr("{0} of {1}").format(f"{values['labelled']:,}", f"{images['train']:,}"))
        warned = [explain(each.get("code"), each) for each in values["warnings"]]
        self.warnings.show_notices([Notice(title=each.title, detail=f"{each.cause} {each.remedy}") for each in warned])

    def _memory_of(self, values: dict[str, Any]) -> None:
        word, role = memory_words(values)
        self._fact("Memory", word)
        self.facts["Memory"].set_role("text" if role == "agreement" else role)
        self._verdict = str(values["verdict"])
        self._judge()
        words = memory_warning(values)
        if words is None:
            self.short.show_notices([])
            return
        if values["verdict"] == "wont-fit":
            self._fact("Time", "–")  # what cannot run takes no time
        offers = [(remedy.title, remedy.changes) for remedy in remedies(self._values, values)]
        self.short.show_notices(
            [Notice(title=words.title, detail=f"{words.cause} {words.remedy}", role=role, offers=tuple(offers))]
        )

    def _time(self, values: dict[str, Any]) -> None:
        seeds = len(self._values.get("seeds") or [])
        said = span(values["seconds"])
        if self._verdict != "wont-fit":
            self._fact("Time", self.tr("{0}, {1} seeds").format(said, seeds) if seeds > 1 else said)
        self._fact("Device", str(values["device"]).upper())
        if values.get("steps"):
            self._fact("Steps", self.tr("{0} for each, equal").format(f"{values['steps']:,}"))
        self.two_passes.setVisible(bool(values.get("two_passes")))

    @Slot(object)
    def _remedy(self, changes: Mapping[str, Any]) -> None:
        """Hand it on when the click is over: the form that is filled anew may take the button away."""
        QTimer.singleShot(0, self, lambda: self.remedied.emit(changes))

    @Slot()
    def _say_waiting(self) -> None:
        self._say(self.tr("Looking at the data..."))
        if not self.samples.images:
            self.images.setText("")  # what it waited for is there

    def _say(self, text: str) -> None:
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def _fact(self, name: str, said: str) -> None:
        self.facts[name].set_text(said)

    def _arrange(self) -> None:
        margins = self.body.contentsMargins()
        margins.setRight(margins.right() - SCROLL)
        self.body.setContentsMargins(margins)
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, SCROLL, 0)
        head.addWidget(Text(self.tr("Preview"), "heading"), 1)
        head.addWidget(self.pill)
        self.body.addLayout(head)
        self.body.addWidget(scrolling(self._what_scrolls(), "summary.scroll"), 1)
        self.body.addLayout(self._what_stays())
        for part in (self.note, self.busy):
            part.hide()
        theme().changed.connect(self.update)

    def _what_stays(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, SCROLL, 0)
        column.setSpacing(2 * SPACE)
        for part in (self.note, self.short, self.problems, self.busy):
            column.addWidget(part)
        starts = QHBoxLayout()
        starts.setSpacing(2 * SPACE)
        starts.addWidget(self.start, 1)
        starts.addWidget(self.queue)
        column.addLayout(starts)
        copies = QHBoxLayout()
        copies.setSpacing(2 * SPACE)
        for button in (self.copy_command, self.copy):
            copies.addWidget(button)
        column.addLayout(copies)
        return column

    def _what_scrolls(self) -> QWidget:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, SCROLL, 0)
        column.setSpacing(2 * SPACE)
        parts: tuple[QWidget, ...] = (
            self.samples, self.images, self.counts, self.warnings, self.parameters, self.macs, self.bytes
        )  # fmt: skip
        for part in parts:
            column.addWidget(part)
        column.addSpacing(SPACE)
        column.addWidget(self._table())
        fair = self.tr("Baseline and student take the same number of steps. Validation picks the weights; test is used once.")
        column.addWidget(Text(fair, "caption", "quiet", wrap=True))
        column.addWidget(self.two_passes)
        column.addStretch(1)
        return inside

    def _table(self) -> QWidget:
        """A widget, not a bare layout: what scrolls would learn too late that its type is larger."""
        table = QWidget()
        grid = QGridLayout(table)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(GAP)
        grid.setVerticalSpacing(SPACE + 2)
        grid.setColumnStretch(1, 1)
        names = {
            "Memory": self.tr("Memory"), "Time": self.tr("Time"), "Trains": self.tr("Training"), "Steps": self.tr("Steps"),
            "Device": self.tr("Device"), "Images": self.tr("Train / val / test"), "Labels": self.tr("Labels available"),
        }  # fmt: skip
        for line, (name, shown) in enumerate(names.items()):
            grid.addWidget(Text(shown, "body", "quiet"), line, 0)
            value = Elided("", "body")
            value.setObjectName(f"fact.{name.lower()}")
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.facts[name] = value
            grid.addWidget(value, line, 1)
        return table


class CopyButton(QPushButton):
    """A button that says for a moment that it has copied something."""

    def __init__(self, text: str, name: str, help_text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._said, self.help = text, help_text
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._back = QTimer(self)
        self._back.setSingleShot(True)
        self._back.setInterval(THANKS)
        self._back.timeout.connect(self._say_again)

    def thank(self) -> None:
        """Say "Copied", and take no less room for it."""
        self.setMinimumWidth(self.width())
        self.setText(self.tr("Copied"))
        self._back.start()

    @Slot()
    def _say_again(self) -> None:
        self.setText(self._said)
        self.setMinimumWidth(0)


def _listed(problems: Mapping[str, str], titles: Mapping[str, str]) -> str:
    said = [
        f"{titles.get(path, path.replace('.', ', ').replace('_', ' '))}: {_short(text)}"
        for path, text in problems.items()
    ]
    more = [tr("and {0} more").format(len(said) - SHOWN)] if len(said) > SHOWN else []
    return "\n".join([*said[:SHOWN], *more])


def _short(message: str) -> str:
    return tr("still missing") if message.startswith("missing") else message
