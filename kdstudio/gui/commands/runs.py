"""What the commands of the library do: chosen runs, the table, what stands below it, and the queue."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from kdstudio.gui.commands.command import Deed, Offer
from kdstudio.gui.commands.sorting import sorting
from kdstudio.gui.language import headline_of, tr
from kdstudio.gui.states import row_words

if TYPE_CHECKING:
    from kdstudio.gui.main_window import MainWindow
    from kdstudio.gui.pages.runs import RunsPage

CHOSEN = (
    "runs.open", "runs.resume", "runs.duplicate", "runs.queue", "runs.overlay", "runs.rename", "runs.tags", "runs.notes",
    "runs.folder", "runs.export", "runs.delete",
)  # fmt: skip
QUEUED = ("queue.up", "queue.down", "queue.out")
BELOW = ("nothing", "notes", "overlay", "queue")
RECENT = 10  # runs


class RunsDeeds:
    """Chosen runs and the queue. The page says which of them can be done: it shares their actions."""

    def __init__(self, window: "MainWindow") -> None:
        self._window = window

    def deeds(self) -> dict[str, Deed]:
        """What each command does, by id."""
        lobby = self._window.lobby
        deeds = {name: Deed(does=self._chosen(name), why_not=self._not_open) for name in CHOSEN}
        deeds |= {name: Deed(does=self._queued(name), why_not=self._not_open) for name in QUEUED}
        deeds |= {f"below.{name}": self._below(number) for number, name in enumerate(BELOW)}
        return deeds | {
            "runs.filter": Deed(does=lambda: self._page().find()),
            "runs.sort": Deed(offers=self._sorting),
            "runs.columns": Deed(offers=self._columns),
            "runs.recent": Deed(offers=self._recent, why_not=lambda: "" if lobby.feed.rows else tr("There is no run yet")),
            "queue.switch": Deed(does=self._switch, on=lambda: lobby.queue_is_on),
            "queue.next": Deed(
                does=lambda: lobby.queue.start_next(),
                why_not=lambda: "" if lobby.queue_waits_for_paused else tr("The queue does not wait for a paused run"),
            ),
        }

    def _page(self) -> "RunsPage":
        """The page, in view."""
        self._window.show_page("runs")
        return self._window.runs_page

    def _not_open(self) -> str | None:
        """The page's own rules hold once there is a page."""
        return tr("Open Runs and choose a run first") if self._window.made("runs") is None else None

    def _chosen(self, name: str) -> Callable[[], object]:
        return lambda: self._page().does[name]()

    def _queued(self, name: str) -> Callable[[], None]:
        def carry_out() -> None:
            self._show_below(BELOW.index("queue")).queue_card.does[name]()

        return carry_out

    def _below(self, number: int) -> Deed:
        return Deed(does=lambda: self._show_below(number), on=lambda: self._shown_below() == number)

    def _show_below(self, number: int) -> "RunsPage":
        page = self._page()
        page.show_below(number)
        return page

    def _shown_below(self) -> int:
        page = self._window.made("runs")
        return int(page.below.chosen) if page is not None else 0

    def _switch(self) -> None:
        queue = self._window.lobby.queue
        queue.switch(not queue.on)

    def _sorting(self) -> list[Offer]:
        table = self._window.runs_page.table
        columns = [("title", tr("Title")), *((name, title) for name, title, shown in table.listed_columns() if shown)]
        return sorting(columns, table.sorted_by, lambda name: self._page().table.sort_by(name))

    def _columns(self) -> list[Offer]:
        table = self._window.runs_page.table

        def switching(name: str, shown: bool) -> Callable[[], None]:
            def switch() -> None:
                self._page().table.show_column(name, not shown)

            return switch

        return [Offer(title=title, does=switching(name, shown), on=shown) for name, title, shown in table.listed_columns()]

    def _recent(self) -> list[Offer]:
        from kdstudio.runs.folder import RunFolder

        def opening(folder: str) -> Callable[[], None]:
            return lambda: self._window.open_run(RunFolder(Path(folder)))

        rows = self._window.lobby.feed.rows[:RECENT]
        return [Offer(title=row.title, tip=headline_of(row) or row_words(row)[0], does=opening(row.folder)) for row in rows]
