"""The frozen experiment of a run as its YAML text: to read and to copy, never to change."""

from PySide6.QtCore import Slot
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QWidget

from kdstudio.gui.buttons import IconButton
from kdstudio.gui.cards import Card, Text
from kdstudio.gui.presenter import shown_values
from kdstudio.gui.theme import SPACE, theme
from kdstudio.runs.folder import RunFolder
from kdstudio.spec.regular_files import read_text


class Configuration(Card):
    """What the run was asked for, with every default written out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder: RunFolder | None = None
        self._whole = ""
        self.text = QPlainTextEdit()
        self.text.setObjectName("run.configuration")
        self.text.setAccessibleName(self.tr("Configuration of the run, read only"))
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setPlaceholderText(self.tr("experiment.yaml cannot be read"))
        self.text.setMinimumHeight(320)
        self.text.document().setDocumentMargin(2 * SPACE)
        self.copy = IconButton(self.tr("Copy"), "copy", "configuration.copy")
        head = QHBoxLayout()
        head.addWidget(Text(self.tr("Configuration"), "strong"))
        head.addWidget(Text(self.tr("frozen when the run was made"), "caption", "quiet"), 1)
        head.addWidget(self.copy)
        self.body.addLayout(head)
        self.body.addWidget(self.text, 1)
        self.copy.clicked.connect(self._copy)
        theme().changed.connect(self._show)

    def show_run(self, folder: RunFolder | None) -> None:
        """Show the experiment of `folder`."""
        if folder == self._folder:
            return
        self._folder, self._whole = folder, _text_of(folder)
        self._show()
        self.copy.setEnabled(bool(self._whole))
        self.copy.setToolTip("" if self._whole else self.tr("There is nothing to copy"))

    @Slot()
    def _show(self) -> None:
        """Show it, to an audience without where its paths lead."""
        said = shown_values(self._whole)
        if said != self.text.toPlainText():
            self.text.setPlainText(said)

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._whole)


def _text_of(folder: RunFolder | None) -> str:
    try:
        return read_text(folder.experiment_file, errors="replace") if folder else ""
    except OSError:
        return ""


__all__ = ["Configuration"]
