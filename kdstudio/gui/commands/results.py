"""What the commands of the test results do: whose confusion is shown, and how the table of classes is sorted."""

from functools import partial
from typing import TYPE_CHECKING

from kdstudio.gui import run_rules
from kdstudio.gui.commands.command import Deed, Offer
from kdstudio.gui.commands.run import PARTS
from kdstudio.gui.commands.sorting import sorting
from kdstudio.gui.language import looked_up, tr
from kdstudio.results.comparison import FORMATS

if TYPE_CHECKING:
    from kdstudio.gui.main_window import MainWindow
    from kdstudio.gui.pages.results import Results

WHO = ("student", "baseline", "teacher")  # as the page has them


class ResultsDeeds:
    """The confusion and the classes."""

    def __init__(self, window: "MainWindow") -> None:
        self._window = window

    def deeds(self) -> dict[str, Deed]:
        """What each command does, by id."""
        shown = {f"results.{who}": self._of(number) for number, who in enumerate(WHO)}
        return shown | {
            "results.sort": Deed(offers=self._sorting, why_not=self._untested),
            "results.seed": Deed(offers=self._seeds, why_not=lambda: self._untested() or self._one_seed()),
            "results.copy": Deed(offers=self._formats, why_not=self._untested),
        }

    def _results(self) -> "Results":
        """The test results, in view."""
        self._window.show_page("run")
        page = self._window.run_page
        page.tabs.group.button(PARTS.index("tested")).click()
        return page.results

    def _of(self, number: int) -> Deed:
        return Deed(
            does=lambda: self._show(number),
            why_not=lambda: self._untested() or self._missing(number),
            on=lambda: self._shown() == number,
        )

    def _show(self, number: int) -> None:
        results = self._results()
        results.show_answers_of(number)
        self._window.run_page.scroll_to(results.who)

    def _untested(self) -> str:
        return run_rules.tested(self._window.controller)

    def _missing(self, number: int) -> str:
        """The experiment tells before the answers have been read, which waits until somebody looks at them."""
        known, experiment = self._known(), self._window.controller.experiment
        if known is not None:
            return known.missing(number)
        trained = WHO[number] != "baseline" or experiment is None or experiment.has_baseline
        return "" if trained else tr("This run had no {0}").format(looked_up(WHO[number]))

    def _known(self) -> "Results | None":
        """The test results, when they are those of the run in view."""
        page = self._window.made("run")
        results: Results | None = page.results if page is not None else None
        return results if results is not None and results.folder == self._window.controller.folder else None

    def _shown(self) -> int:
        known = self._known()
        return known.who.chosen if known is not None else 0

    def _one_seed(self) -> str:
        """Why there is no seed to choose, "" where there are several."""
        experiment = self._window.controller.experiment
        return tr("This run has one seed") if experiment is not None and len(experiment.seeds) == 1 else ""

    def _seeds(self) -> list[Offer]:
        experiment, known = self._window.controller.experiment, self._known()
        names = [tr("All seeds"), *(tr("Seed {0}").format(seed) for seed in (experiment.seeds if experiment else ()))]
        now = known.seed.currentIndex() if known is not None else 0
        return [
            Offer(title=name, does=partial(self._show_seed, number), on=number == now)
            for number, name in enumerate(names)
        ]

    def _show_seed(self, number: int) -> None:
        results = self._results()
        results.show_seed(number)
        self._window.run_page.scroll_to(results.seed)

    def _formats(self) -> list[Offer]:
        names = (tr("Text"), tr("Markdown"), tr("LaTeX"), tr("CSV"))
        return [
            Offer(title=tr("As {0}").format(name), does=partial(self._copy, kind))
            for kind, name in zip(FORMATS, names, strict=True)
        ]

    def _copy(self, kind: str) -> None:
        results = self._results()
        results.comparison.copy_as(kind)
        self._window.run_page.scroll_to(results.comparison)

    def _sorting(self) -> list[Offer]:
        table = self._window.run_page.results.table
        return sorting(table.listed_columns(), table.sorted_by, self._sort)

    def _sort(self, column: int) -> None:
        table = self._results().table
        table.sort_by(column)
        self._window.run_page.scroll_to(table)
