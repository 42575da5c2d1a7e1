"""What people choose on the page of a run: the part of it in view, and how its plots are drawn."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kdstudio.gui.buttons import Segments
from kdstudio.gui.plots.options_bar import OptionsBar
from kdstudio.gui.theme import GAP, SPACE

CURVES, TESTED, LOG, CONFIGURATION = range(4)


class RunChoices(QWidget):
    """The plots' options stand beside the tabs, or below them where the page is narrow; `apart` is a line for them elsewhere
    on the page, for when that has too little height as well."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._log = self.tr("Log and machine")
        words = (self.tr("Curves"), self.tr("Test results"), self._log, self.tr("Configuration"))
        self.tabs = Segments(words, "run.tabs")
        self.tabs.setAccessibleName(self.tr("Parts of the run's page"))
        self.options = OptionsBar()
        self._beside, self.below, self.apart = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        self._beside.addWidget(self.tabs)
        self._beside.addStretch(1)
        self._beside.addWidget(self.options)
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(2 * SPACE)
        lines.addLayout(self._beside)
        lines.addLayout(self.below)

    def fit(self, room: int, *, tight: bool) -> None:
        """Find room in `room` pixels: the options are tighter, the tabs have fewer words, or the options stand below, or
        apart where it is `tight`."""
        narrow = not self._fits_beside(room, briefly=False) and not self._fits_beside(room, briefly=True)
        if narrow:
            self._name_log(briefly=False)
            self.options.fit(room)
        new = (self.apart if tight else self.below) if narrow else self._beside
        if new.indexOf(self.options) < 0:
            for old in (self._beside, self.below, self.apart):
                old.removeWidget(self.options)
            new.addWidget(self.options)
            new.setAlignment(self.options, Qt.AlignmentFlag.AlignLeft if narrow else Qt.AlignmentFlag.AlignRight)

    def _fits_beside(self, room: int, *, briefly: bool) -> bool:
        """Whether tabs and options have room in one line, the tabs with all words or fewer."""
        self._name_log(briefly=briefly)
        beside = room - self.tabs.sizeHint().width() - GAP
        self.options.fit(beside)
        return self.options.sizeHint().width() <= beside

    def _name_log(self, *, briefly: bool) -> None:
        tab = self.tabs.group.button(LOG)
        tab.setText(self.tr("Log") if briefly else self._log)
        tab.setToolTip(self._log if briefly else "")


__all__ = ["CONFIGURATION", "CURVES", "LOG", "TESTED", "RunChoices"]
