"""The two ways to a run, for a page that has none to show yet: a sample, or an experiment of one's own."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from kdstudio.gui.buttons import IconButton, PrimaryButton
from kdstudio.gui.theme import GAP


class Ways(QWidget):
    """Two buttons, whose names begin with `name`.

    Signals:
        page_wanted: another page is the way on; carries its name.
    """

    page_wanted = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.samples = PrimaryButton(self.tr("Choose a sample"), f"{name}.samples", icon_name="play")
        self.new = IconButton(self.tr("New experiment"), "new", f"{name}.new")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GAP)
        for button in (self.samples, self.new):
            row.addWidget(button)
        self.samples.clicked.connect(lambda: self.page_wanted.emit("home"))
        self.new.clicked.connect(lambda: self.page_wanted.emit("new"))


__all__ = ["Ways"]
