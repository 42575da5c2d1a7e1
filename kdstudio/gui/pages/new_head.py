"""The tools in the title line of the page New experiment: undo, redo, open, save; and the sign that something may be dropped."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRectF, Qt, QTimer, Slot
from PySide6.QtGui import (
    QAction,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from kdstudio.gui.buttons import IconButton, SignButton
from kdstudio.gui.cards import Painted
from kdstudio.gui.carried import carried_path
from kdstudio.gui.drafts import recent_files
from kdstudio.gui.history import History
from kdstudio.gui.pages.page import Page
from kdstudio.gui.plain_tips import plain_tip
from kdstudio.gui.presenter import shown_values
from kdstudio.gui.theme import GAP, RADIUS, SPACE, theme
from kdstudio.runs.home import Home
from kdstudio.runs.sample_experiments import sample_experiments

if TYPE_CHECKING:
    from kdstudio.gui.pages.new_experiment import NewExperimentPage


class NewHead(QWidget):
    """The tools.

    Args:
        home: whose recent files are offered.
        history: what undo and redo walk through.
    """

    def __init__(self, home: Home, history: History, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._home, self._history = home, history
        self._page: NewExperimentPage | None = None
        self.undo = SignButton(self.tr("Undo"), "undo", "undo")
        self.redo = SignButton(self.tr("Redo"), "redo", "redo")
        self.open = IconButton(self.tr("Open"), "folder", "open")
        self.open.setToolTip(self.tr("Open a file, a recent one, or a sample"))
        self.save = IconButton(self.tr("Save"), "save", "save")
        self.save.setToolTip(self.tr("Save the experiment to a file"))
        self._words = {button: button.text() for button in (self.open, self.save)}
        for named, word in self._words.items():
            named.setAccessibleName(word)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE)
        for button in (self.undo, self.redo, self.open, self.save):
            row.addWidget(button)
        self.undo.clicked.connect(history.undo)
        self.redo.clicked.connect(history.redo)
        history.changed.connect(self._follow)
        self._follow()

    def fit(self, room: int) -> None:
        """Take no more than `room` pixels: the buttons that have a sign leave out their words where there are too few."""
        for button, word in self._words.items():
            button.setText(word)
        if self.sizeHint().width() > room:
            for button in self._words:
                button.setText("")

    def connect_to(self, page: "NewExperimentPage") -> None:
        """Do what the buttons say, on `page`."""
        self._page = page
        self.open.clicked.connect(self._show_menu)
        self.save.clicked.connect(self._save)

    def menu(self) -> QMenu:
        """A file, the recent ones, the samples."""
        menu = QMenu(self)
        menu.setObjectName("open.menu")
        assert self._page is not None
        self._entry(menu, "file", self.tr("Open file...")).triggered.connect(self._page.open_requested)
        self._entry(menu, "save-as", self.tr("Save as...")).triggered.connect(self._save_as)
        menu.addSeparator()
        self._files(menu, "recent", self.tr("Recent files"), [(path.name, path) for path in recent_files(self._home)])
        samples = [(sample.title, sample.path) for sample in sample_experiments()]
        self._files(menu, "samples", self.tr("Sample experiments"), samples)
        menu.addSeparator()
        self._entry(menu, "new", self.tr("New experiment")).triggered.connect(self._page.new)
        return menu

    @staticmethod
    def _entry(menu: QMenu, name: str, text: str) -> QAction:
        action = menu.addAction(text)
        action.setObjectName(name)
        return action

    def _files(self, above: QMenu, name: str, title: str, files: list[tuple[str, Path]]) -> None:
        menu = above.addMenu(title)
        menu.setObjectName(f"open.{name}")
        menu.setToolTipsVisible(True)
        for text, path in files:
            action = self._entry(menu, "entry", text.replace("&", "&&"))
            action.setToolTip(plain_tip(shown_values(str(path))))
            action.triggered.connect(self._opener(path))
        if not files:
            menu.setEnabled(False)
            menu.menuAction().setToolTip(self.tr("No file has been opened or saved yet"))

    def _opener(self, path: Path) -> Callable[[], None]:
        def open_it() -> None:
            if self._page is not None:
                self._page.open_file(path)

        return open_it

    @Slot()
    def _show_menu(self) -> None:
        menu = self.menu()
        menu.setToolTipsVisible(True)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.open.mapToGlobal(QPoint(0, self.open.height() + 2)))

    @Slot()
    def _save(self) -> None:
        if self._page is not None:
            self._page.save_requested.emit(False)

    @Slot()
    def _save_as(self) -> None:
        if self._page is not None:
            self._page.save_requested.emit(True)

    @Slot()
    def _follow(self) -> None:
        undoable, redoable = self._history.undoable, self._history.redoable
        for button, step, text, nothing in (
            (self.undo, undoable, self.tr("Undo: {0}"), self.tr("Nothing to undo")),
            (self.redo, redoable, self.tr("Redo: {0}"), self.tr("Nothing to redo")),
        ):
            button.setEnabled(step is not None)
            button.setToolTip(plain_tip(text.format(step.title)) if step else nothing)


class DropHint(Painted):
    """Says, over the whole page, that what is held over it may be let go."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("drop.hint")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def cover(self, page: QWidget) -> None:
        """Show it."""
        self.setGeometry(page.rect())
        self.raise_()
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        veil = theme().color("ground")
        veil.setAlphaF(0.88)
        painter.fillRect(self.rect(), veil)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(theme().color("student"), 2.0, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(theme().color("student", 0.08, "ground"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(GAP, GAP, -GAP, -GAP), RADIUS, RADIUS)
        painter.setFont(theme().font("heading"))
        painter.setPen(theme().color("text"))
        said = self.tr("Drop an experiment (.yaml) or a folder of images")
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, said)
        painter.end()


class DropPage(Page):
    """A page that takes one file or folder at a time, dropped anywhere onto it."""

    def __init__(self, title: str, subtitle: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(title, subtitle, name, parent)
        self.hint = DropHint(self)
        self.setAcceptDrops(True)
        theme().changed.connect(self._fit_soon)

    def fit(self) -> None:
        """Find room for everything in the width that there is."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    @Slot()
    def _fit_soon(self) -> None:
        """Type may be larger now, which the parts know once they have been told as well."""
        QTimer.singleShot(0, self, self.fit)

    def take_dropped(self, path: Path) -> None:
        """Do something with `path`."""
        raise NotImplementedError

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if carried_path(event.mimeData()) is not None:
            event.acceptProposedAction()
            self.hint.cover(self)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.hint.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self.hint.hide()
        path = carried_path(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            self.take_dropped(path)
