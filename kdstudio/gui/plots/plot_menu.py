"""The small menu of a plot: the whole view again, zoom, and what can be taken away: PNG, SVG, CSV."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from kdstudio.gui.icons import icon
from kdstudio.gui.language import tr
from kdstudio.gui.theme import theme

if TYPE_CHECKING:
    from kdstudio.gui.plots.curve_plot import CurvePlot

KINDS = ("png", "svg", "csv")


def pick_export(parent: QWidget, name: str, kind: str) -> str:
    """Where a person wants an export, or "". Tests put another function in its place."""
    from kdstudio.gui import file_dialogs

    return file_dialogs.save_file(parent, tr("Export the plot"), f"{name}.{kind}", f"*.{kind}")


class PlotMenu(QToolButton):
    """Signals:
    failed: an export could not be written; carries what to say.
    exported: one has been written; carries its path.
    """

    failed = Signal(str)
    exported = Signal(str)

    def __init__(self, plot: "CurvePlot") -> None:
        super().__init__(plot)
        self._plot = plot
        self.setObjectName(f"{plot.objectName()}.menu")
        self.setAccessibleName(self.tr("Menu of the plot {0}").format(plot.title.whole))
        self.setToolTip(
            self.tr(
                "Zoom and export.\nOn the plot: a drag moves it, Shift and a drag zooms into a part, "
                "Ctrl and the wheel zooms, a double click shows everything."
            )
        )
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        self.setAutoRaise(True)
        self.setFixedSize(28, 22)
        menu = QMenu(self)
        menu.setObjectName(f"{plot.objectName()}.choices")
        menu.setToolTipsVisible(True)
        self.actions_by_name: dict[str, QAction] = {}
        self._add(menu, "reset", self.tr("Show everything"), self._reset)
        self._add(menu, "in", self.tr("Zoom in"), self._zoom_in)
        self._add(menu, "out", self.tr("Zoom out"), self._zoom_out)
        menu.addSeparator()
        for kind in KINDS:
            self._add(menu, kind, self.tr("Export as {0}...").format(kind.upper()), self._export)
        self.popup = menu  # shown by hand: a button with a menu would wear an arrow beside its dots
        self.clicked.connect(self._show_menu)
        theme().changed.connect(self._dress)
        self._dress()

    def allow(self, allowed: bool, why_not: str) -> None:
        """An empty plot has nothing to zoom or to export."""
        for action in self.actions_by_name.values():
            action.setEnabled(allowed)
            action.setToolTip("" if allowed else why_not)

    def _add(self, menu: QMenu, name: str, text: str, does: Callable[[], None]) -> None:
        action = menu.addAction(text)
        action.setObjectName(f"{self.objectName()}.{name}")
        action.setData(name)
        action.triggered.connect(does)
        self.actions_by_name[name] = action

    @Slot()
    def _show_menu(self) -> None:
        self.popup.popup(self.mapToGlobal(self.rect().bottomLeft()))

    @Slot()
    def _reset(self) -> None:
        self._plot.plot.show_all()

    @Slot()
    def _zoom_in(self) -> None:
        self._plot.plot.zoom(1.6)

    @Slot()
    def _zoom_out(self) -> None:
        self._plot.plot.zoom(1 / 1.6)

    @Slot()
    def _export(self) -> None:
        from kdstudio.gui.plots import export

        action = self.sender()
        assert isinstance(action, QAction)
        kind = str(action.data())
        chosen = pick_export(self, self._plot.title.whole.lower().replace(" ", "-"), kind)
        if not chosen:
            return
        try:
            export.WRITERS[kind](self._plot, Path(chosen))
        except OSError as error:
            self.failed.emit(f"{chosen}: {error.strerror or error}")
            return
        self.exported.emit(chosen)

    @Slot()
    def _dress(self) -> None:
        self.setIcon(icon("more", "quiet"))


__all__ = ["PlotMenu", "pick_export"]
