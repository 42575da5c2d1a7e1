"""The two ways to a run, for a page that has none to show yet: a sample, or an experiment of one's own."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QWidget

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
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(GAP)
        for button in (self.samples, self.new):
            self._row.addWidget(button)
        self.samples.clicked.connect(lambda: self.page_wanted.emit("home"))
        self.new.clicked.connect(lambda: self.page_wanted.emit("new"))

    def fit(self, room: int) -> None:
        """Stand side by side in half of `room` pixels, or one below the other: the words beside them need the rest."""
        side_by_side = self.samples.sizeHint().width() + GAP + self.new.sizeHint().width()
        wide = side_by_side <= room / 2
        self._row.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)


__all__ = ["Ways"]
