"""The card with the results table of a run, and the menu that copies it as text, Markdown, LaTeX or CSV."""

from PySide6.QtCore import Slot
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QWidget

from kdstudio.gui.buttons import IconButton
from kdstudio.gui.cards import Card, Text
from kdstudio.gui.language import looked_up
from kdstudio.gui.tables.comparison_table import ComparisonTable
from kdstudio.results.comparison import FORMATS, WRITERS, Comparison, caption


class ComparisonCard(Card):
    """The table, its caption, and a button that copies it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("results.comparison.card")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._table: Comparison | None = None
        self.table = ComparisonTable()
        self.caption = Text("", "caption", "quiet", wrap=True)
        self.copy = IconButton(self.tr("Copy table"), "copy", "results.copy")
        names = (self.tr("Text"), self.tr("Markdown"), self.tr("LaTeX"), self.tr("CSV"))
        self.formats = dict(zip(FORMATS, names, strict=True))
        self.menu = QMenu(self)  # shown by hand: a button with a menu would wear an arrow beside its sign
        self.menu.setObjectName("results.copy.menu")
        for kind, name in self.formats.items():
            action = self.menu.addAction(self.tr("Copy as {0}").format(name))
            action.setObjectName(f"results.copy.{kind}")
            action.setData(kind)
            action.triggered.connect(self._copy)
        head = QHBoxLayout()
        head.addWidget(Text(self.tr("Results on test data"), "strong"), 1)
        head.addWidget(self.copy)
        self.body.addLayout(head)
        self.body.addWidget(self.table)
        self.body.addWidget(self.caption)
        self.copy.clicked.connect(self._show_menu)
        self.hide()

    def show_table(self, table: Comparison | None) -> None:
        """Show `table`; None hides the card."""
        if table != self._table:
            self._table = table
            self.table.show_table(table)
            self.caption.setText(caption(table, looked_up) if table is not None else "")
            self.copy.setText(self.tr("Copy table"))
        self.setVisible(table is not None)

    def copy_as(self, kind: str) -> None:
        """Put the table on the clipboard in one of FORMATS, and say so on the button."""
        if self._table is not None:
            QGuiApplication.clipboard().setText(WRITERS[kind](self._table, looked_up))
            self.copy.setText(self.tr("Copied as {0}").format(self.formats[kind]))

    @Slot()
    def _show_menu(self) -> None:
        self.menu.popup(self.copy.mapToGlobal(self.copy.rect().bottomLeft()))

    @Slot()
    def _copy(self) -> None:
        action = self.sender()
        assert isinstance(action, QAction)
        self.copy_as(str(action.data()))


__all__ = ["ComparisonCard"]
