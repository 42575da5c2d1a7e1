"""The end of a run's log, which grows while one looks at it."""

from PySide6.QtCore import QTimer, Slot
from PySide6.QtGui import QFontDatabase, QHideEvent, QShowEvent, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from kdstudio.gui.presenter import shown
from kdstudio.gui.theme import SPACE, theme
from kdstudio.runs.folder import RunFolder
from kdstudio.spec.regular_files import open_regular

LINES = 5000
TAIL = 1 << 18  # bytes read at first
EVERY = 500  # milliseconds


class LogView(QPlainTextEdit):
    """Read only; it stays at its end unless people have scrolled up."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("run.log")
        self.setAccessibleName(self.tr("Log of the run"))
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setMaximumBlockCount(LINES)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.setPlaceholderText(self.tr("The run has written nothing yet"))
        self.setMinimumHeight(220)
        self.document().setDocumentMargin(2 * SPACE)
        self._folder: RunFolder | None = None
        self._at = 0
        self._rest = b""
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY)
        self._timer.timeout.connect(self.read)
        self._masked = theme().presenter
        theme().changed.connect(self._mask_again)

    def show_run(self, folder: RunFolder | None) -> None:
        """Show the log of `folder`."""
        if folder != self._folder:
            self._folder, self._at, self._rest = folder, 0, b""
            self.clear()
        if self.isVisible():
            self.read()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.read()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    @Slot()
    def read(self) -> None:
        """Show what has been written since the last look, whole lines only."""
        if self._folder is None:
            return
        try:
            size = self._folder.log_file.stat().st_size
            if size == self._at:
                return
            with open_regular(self._folder.log_file) as file:
                if size < self._at or self._at == 0:
                    self._at, self._rest = max(0, size - TAIL), b""
                file.seek(self._at)
                chunk = file.read(TAIL)
        except OSError:
            return
        self._at += len(chunk)
        lines, _, self._rest = (self._rest + chunk).rpartition(b"\n")
        if lines:
            self._put(lines.decode("utf-8", "replace"))

    @Slot()
    def _mask_again(self) -> None:
        """An audience may have come, or gone."""
        if theme().presenter is not self._masked:
            self._masked, self._at, self._rest = theme().presenter, 0, b""
            self.clear()
            if self.isVisible():
                self.read()

    def _put(self, text: str) -> None:
        bar = self.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 2
        self.appendPlainText(shown(text))
        if at_end:
            self.moveCursor(QTextCursor.MoveOperation.End)
            bar.setValue(bar.maximum())


__all__ = ["LogView"]
