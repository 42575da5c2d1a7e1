"""The home: where everything lies, and the way to another one, which is remembered for every later start."""

from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from kdstudio.gui.buttons import IconButton
from kdstudio.gui.cards import Banner, Card, Elided, Text
from kdstudio.gui.language import explain, tr
from kdstudio.gui.plain_tips import plain_tip
from kdstudio.runs.chosen_home import choose_home
from kdstudio.runs.home import Home
from kdstudio.spec.errors import KnownFailure


def why_fixed(home: Home) -> str:
    """Why no other home can be chosen here, "" when one can."""
    return {
        "--home": tr("Fixed by \u2011\u2011home. Start the window without it to choose here."),
        "KDSTUDIO_HOME": tr("Fixed by KDSTUDIO_HOME. Start without it to choose here."),
    }.get(home.decided_by, "")


def pick_home(parent: QWidget, start: str) -> str:
    """The folder that a person picks, or ""."""
    from kdstudio.gui import file_dialogs

    return file_dialogs.open_folder(parent, tr("A folder for runs and teachers"), start)


class HomeChoice(Card):
    """Signals:
    folder_wanted: a folder is to be shown; carries its path.
    reopen_wanted: the window is to close, and to open again on the home that was chosen.
    """

    folder_wanted = Signal(object)
    reopen_wanted = Signal()

    def __init__(self, home: Home, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("settings.home.card")
        self._home = home
        self.folder = Elided(str(home.root), "body")
        self.folder.setObjectName("settings.home")
        self.choose_button = IconButton(self.tr("Choose another..."), "folder", "settings.choose")
        self.open_button = IconButton(self.tr("Open folder"), "folder", "settings.open")
        self.said = Banner("student", "info")
        self.said.setObjectName("settings.home.said")
        self.reopen = QPushButton(self.tr("Reopen now"))
        self.reopen.setObjectName("settings.reopen")
        self.keep = QPushButton(self.tr("Keep this folder"))
        self.keep.setObjectName("settings.keep")
        why = why_fixed(home)
        self.choose_button.setEnabled(not why)
        self.choose_button.setToolTip(plain_tip(why))
        self._arrange(why)
        self.choose_button.clicked.connect(self.choose)
        self.open_button.clicked.connect(self._open)
        self.reopen.clicked.connect(self.reopen_wanted)
        self.keep.clicked.connect(self._keep)

    @Slot()
    def choose(self) -> None:
        """Ask for another home."""
        chosen = pick_home(self, str(self._home.root))
        if chosen:
            self.take(Path(chosen))

    def take(self, root: Path) -> None:
        """Let `root` be the home from the next start on, and say so; or say why it cannot be."""
        try:
            choose_home(root)
        except KnownFailure as failure:
            self._refuse(failure)
            return
        if root == self._home.root:
            self._say(self.tr("This is already the data folder"))
            return
        self._say(
            self.tr("“{0}” becomes the data folder at the next start").format(root.name or str(root)),
            self.tr("{0}\nExisting runs stay in {1}: choose that folder again to see them. Running runs continue there.")
            .format(root, self._home.root),
            decided=True,
        )  # fmt: skip

    @Slot()
    def _keep(self) -> None:
        try:
            choose_home(self._home.root)
        except KnownFailure as failure:
            self._refuse(failure)
            return
        self._say("")
        self.choose_button.setFocus()

    @Slot()
    def _open(self) -> None:
        self.folder_wanted.emit(self._home.root)

    def _say(self, title: str, detail: str = "", *, decided: bool = False) -> None:
        for button in (self.reopen, self.keep):
            button.setVisible(decided)
        self.said.say(title, detail, "student", "info")

    def _refuse(self, failure: KnownFailure) -> None:
        words = explain(failure.code, failure.parameters)
        self._say(words.title, f"{words.cause} {words.remedy}")
        self.said.say(words.title, f"{words.cause} {words.remedy}", "failure", "warning")

    def _arrange(self, why: str) -> None:
        self.body.addWidget(Text(self.tr("Data folder"), "heading"))
        self.body.addWidget(self.folder)
        said = self.tr("All data is here.")
        self.body.addWidget(Text(f"{said} {why}".strip(), "caption", "quiet", wrap=True))
        line = QHBoxLayout()
        line.addWidget(self.choose_button)
        line.addWidget(self.open_button)
        line.addStretch(1)
        self.body.addLayout(line)
        self.said.steps.insertWidget(0, self.reopen)
        self.said.steps.insertWidget(1, self.keep)
        self.body.addWidget(self.said)
