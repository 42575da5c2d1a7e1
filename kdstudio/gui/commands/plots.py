"""What the commands of the plots do: those of the run in view, or the overlay's where that is looked at."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from kdstudio.gui.commands.command import Deed, Offer
from kdstudio.gui.language import tr

if TYPE_CHECKING:
    from kdstudio.gui.main_window import MainWindow
    from kdstudio.gui.pages.run import RunPage
    from kdstudio.gui.plots.curve_plot import CurvePlot

AXES = ("steps", "epochs", "time")
KINDS = ("png", "svg", "csv")


class PlotDeeds:
    """Zoom, axes, exports."""

    def __init__(self, window: "MainWindow") -> None:
        self._window = window

    def deeds(self) -> dict[str, Deed]:
        """What each command does, by id."""
        axes = {f"plots.{name}": self._axis(number) for number, name in enumerate(AXES)}
        return axes | {
            "plots.all": Deed(does=self._show_all, why_not=self._empty),
            "plots.in": Deed(does=lambda: self._zoom("in"), why_not=self._empty),
            "plots.out": Deed(does=lambda: self._zoom("out"), why_not=self._empty),
            "plots.log": Deed(does=lambda: self._curves().options.logarithmic.click(), on=self._logarithmic),
            "plots.export": Deed(offers=self._exports, why_not=self._empty),
        }

    def _curves(self) -> "RunPage":
        """The page of the run, with its curves in view."""
        self._window.show_page("run")
        page = self._window.run_page
        page.tabs.group.button(0).click()
        return page

    def _overlaid(self) -> "Sequence[CurvePlot]":
        """The plots of the overlay, when it is looked at."""
        runs = self._window.made("runs")
        seen = runs is not None and runs.overlay is not None and runs.overlay.isVisible()
        return runs.overlay.plots if seen and runs is not None else ()

    def _plots(self) -> "Sequence[CurvePlot]":
        """The plots that are meant, in view."""
        return self._overlaid() or self._curves().board.plots

    def _known(self) -> "Sequence[CurvePlot]":
        """The same, when they are in view already; what is hidden may be out of date."""
        page = self._window.made("run")
        return self._overlaid() or (page.board.plots if page is not None and page.board.isVisible() else ())

    def _empty(self) -> str:
        if not self._overlaid() and self._window.controller.folder is None:
            return tr("No run is in view")
        known = self._known()
        return tr("No curve is drawn yet") if known and all(plot.picture.empty for plot in known) else ""

    def _show_all(self) -> None:
        for plot in self._plots():
            plot.menu.actions_by_name["reset"].trigger()

    def _zoom(self, way: str) -> None:
        """One that has curves: the others go with it."""
        plots = self._plots()
        plot = next((plot for plot in plots if not plot.picture.empty), plots[0])
        plot.menu.actions_by_name[way].trigger()

    def _axis(self, number: int) -> Deed:
        return Deed(
            does=lambda: self._curves().options.axis.group.button(number).click(),
            on=lambda: self._chosen_axis() == number,
        )

    def _chosen_axis(self) -> int:
        page = self._window.made("run")
        return int(page.options.axis.chosen) if page is not None else 0

    def _logarithmic(self) -> bool:
        page = self._window.made("run")
        return page is not None and bool(page.options.logarithmic.isChecked())

    def _exports(self) -> list[Offer]:
        said = tr("{0} as {1}...")
        return [
            Offer(
                title=said.format(plot.title.whole, kind.upper()),
                does=self._exporting(plot, kind),
                why_not=tr("No curve is drawn yet") if plot.picture.empty else "",
            )
            for plot in self._known() or self._plots()
            for kind in KINDS
        ]

    def _exporting(self, plot: "CurvePlot", kind: str) -> Callable[[], None]:
        def export() -> None:
            self._plots()
            plot.menu.actions_by_name[kind].trigger()

        return export
