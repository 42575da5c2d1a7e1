"""Home, Runs and the queue of a window: on one reading of the library, and wired to what the window does.

Nothing of it is made before the first paint; each part is made when it is first wanted.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Slot

from kdstudio.runs.folder import RunFolder

if TYPE_CHECKING:
    from kdstudio.gui.main_window import MainWindow
    from kdstudio.gui.message import MessageButton
    from kdstudio.gui.pages.home import HomePage
    from kdstudio.gui.pages.runs import RunsPage
    from kdstudio.gui.queue import RunQueue
    from kdstudio.gui.run_controller import RunController
    from kdstudio.gui.tables.library_feed import LibraryFeed
    from kdstudio.runs.state import State


class Lobby(QObject):
    """What the window has beside the run in view and the experiment in the form: everything else there is."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._controller: RunController | None = None
        self._seen: tuple[bool, State] | None = None  # whether its run is at work, and what its status says
        self._feed: LibraryFeed | None = None
        self._queue: RunQueue | None = None
        self._home_page: HomePage | None = None
        self._runs_page: RunsPage | None = None

    @property
    def feed(self) -> "LibraryFeed":
        """The readings of the library."""
        if self._feed is None:
            from kdstudio.gui.tables.library_feed import LibraryFeed

            self._feed = LibraryFeed(self._window.home, self)
            self._window.started.connect(self._feed.refresh)
            self._feed.changed.connect(self._name_again)
        return self._feed

    def follow(self, controller: "RunController") -> None:
        """Read the library again as soon as a run of `controller` is at work, or has ended."""
        self._controller = controller
        controller.changed.connect(self._look_again)

    @Slot()
    def _look_again(self) -> None:
        controller = self._controller
        seen = (controller.active, controller.status.state) if controller is not None else None
        if seen != self._seen:
            self._seen = seen
            if self._feed is not None:
                self._feed.refresh()

    @Slot()
    def _name_again(self) -> None:
        """The run in view may have another name by now, and so may those in the queue."""
        titles = {row.folder: row.title for row in self.feed.rows}

        def name_of(folder: RunFolder) -> str:
            return titles.get(str(self._window.home.runs / folder.path.name), "")

        run, queue = self._controller, self._queue
        if run is not None and run.folder is not None and name_of(run.folder):
            run.take_name(run.folder, name_of(run.folder))
        if queue is not None:
            queue.take_names(name_of)

    @property
    def queue(self) -> "RunQueue":
        """The runs that wait for their turn."""
        if self._queue is None:
            from kdstudio.gui.queue import RunQueue

            self._queue = RunQueue(self._start_queued, lambda: self.feed.rows, lambda: self._window.controller.at_work, self)
            self._queue.said.connect(self._window.show_message)
            self._queue.paused.connect(self._say_paused)
            self._queue.changed.connect(self.feed.refresh)
            self._queue.changed.connect(self._show_queue)
            self._window.navigation.queue_switched.connect(self._queue.switch)
            self._window.navigation.queue_wanted.connect(self._go_to_queue)
        return self._queue

    @property
    def queue_is_on(self) -> bool:
        """Whether the queue starts runs."""
        return self._queue is not None and self._queue.on

    @property
    def queue_waits_for_paused(self) -> bool:
        """Whether the queue starts nothing because a run is paused."""
        return self._queue is not None and self._queue.waits_for_paused

    @property
    def home_page(self) -> "HomePage":
        """The first page."""
        if self._home_page is None:
            from kdstudio.gui.pages.home import HomePage

            window = self._window
            page = self._home_page = HomePage(self.feed)
            page.start_wanted.connect(self.start_sample)
            page.look_wanted.connect(window.open_file)
            page.run_wanted.connect(window.open_run)
            page.dropped.connect(window.open_dropped)
            page.all_wanted.connect(self._show_runs)
            window.pages.addWidget(page)
        return self._home_page

    @property
    def runs_page(self) -> "RunsPage":
        """The page of all runs."""
        if self._runs_page is None:
            from kdstudio.gui.pages.runs import RunsPage

            page = self._runs_page = RunsPage(self._window.home, self.feed, self.queue, self._window.actions_by_id)
            page.open_requested.connect(self._window.open_run)
            page.resume_requested.connect(self._carry_on)
            page.duplicate_requested.connect(self._duplicate)
            page.said.connect(self._window.show_message)
            page.folder_wanted.connect(self._window.show_folder)
            page.page_wanted.connect(self._window.show_page)
            self._window.pages.addWidget(page)
        return self._runs_page

    @property
    def farewell(self) -> str:
        """What closing the window means for the queue, "" when it means nothing."""
        return self._queue.farewell if self._queue is not None else ""

    @property
    def begun(self) -> list[RunFolder]:
        """The runs that were at work when the library was last read, newest first."""
        rows = self._feed.rows if self._feed is not None else []
        return [RunFolder(Path(row.folder)) for row in rows if row.begun]

    def stop_queue(self) -> None:
        """Start no more runs: the window closes as soon as those at work have ended."""
        if self._queue is not None:
            self._queue.switch(False)

    def enqueue(self, experiment: Any) -> None:
        """Make a run of `experiment` that waits for its turn, and say when that comes; the form stays in view."""
        from kdstudio.runs.launch import new_run
        from kdstudio.spec import title_of

        try:
            folder = new_run(experiment, self._window.home)
        except OSError as error:
            self._window.show_message(self.tr("The run could not be created"), error.strerror or str(error))
            return
        self._window.new_page.settle()
        self.queue.add(folder, title_of(experiment), experiment.compute.device)
        self._say_added(folder)

    def _say_added(self, folder: RunFolder) -> None:
        queue = self.queue
        run = next((each for each in queue.waiting if each.folder == folder), None)
        buttons: list[MessageButton] = [(self.tr("Show queue"), self._go_to_queue)]
        holder = queue.holds(run) if queue.on and run is not None else ""
        if not queue.on:
            said = self.tr("Queue is off: runs will not start.")
            buttons.insert(0, (self.tr("Start queue"), self._start_queue))
        elif holder and run is not None and queue.paused_before(run):
            said = self.tr("It starts after “{0}”, which is paused.").format(holder)
        elif holder:
            said = self.tr("It starts when “{0}” has ended.").format(holder)
        else:
            said = self.tr("It starts now.")
        title = self.tr("Added to the queue: “{0}”").format(run.title if run is not None else folder.called)
        self._window.show_message(title, said, "student", buttons)

    @Slot()
    def _start_queue(self) -> None:
        self.queue.switch(True)

    @Slot()
    def _go_to_queue(self) -> None:
        from kdstudio.gui.pages.runs import QUEUE

        self._window.show_page("runs")
        self.runs_page.show_below(QUEUE)

    @Slot(str)
    def _say_paused(self, title: str) -> None:
        said = self.tr("It is paused and keeps its device. Resume it, or start the next run now.")
        buttons: list[MessageButton] = [(self.tr("Start next run"), self.queue.start_next)]
        self._window.show_message(self.tr("The queue waits for “{0}”").format(title), said, "teacher", buttons)

    @Slot()
    def _show_queue(self) -> None:
        self._window.navigation.show_queue(len(self.queue.waiting), self.queue.on)

    def compare(self, folder: RunFolder | None) -> None:
        """Compare `folder` with a run like it; people add others in the table."""
        from kdstudio.gui.pages.runs import OVERLAY

        self._window.show_page("runs")
        if folder is not None:
            self.runs_page.compare(str(self._window.home.runs / folder.path.name))
        self.runs_page.show_below(OVERLAY)

    def shutdown(self) -> None:
        """Let all threads end, and wait for them."""
        if self._queue is not None:
            self._queue.shutdown()
        for page in (self._home_page, self._runs_page):
            if page is not None:
                page.shutdown()
        if self._feed is not None:
            self._feed.shutdown()

    @Slot(object)
    def start_sample(self, path: Path) -> None:
        """Start a sample at once; its experiment is in the form as well, to be changed afterwards."""
        if self._window.open_file(path):
            self._window.new_page.start()

    @Slot()
    def _show_runs(self) -> None:
        self._window.show_page("runs")

    @Slot(object)
    def _carry_on(self, folder: RunFolder) -> None:
        self._window.message.clear()
        self._window.show_page("run")
        self._window.controller.carry_on(folder)
        self._window.started.emit(folder)

    @Slot(object)
    def _duplicate(self, folder: RunFolder) -> None:
        from kdstudio.spec import SpecError

        try:
            experiment = folder.experiment()
        except SpecError as error:
            said = "\n".join(str(problem) for problem in error.problems)
            self._window.show_message(self.tr("The experiment of this run cannot be read"), said)
            return
        self._window.new_page.show_copy(experiment, folder.id)
        self._window.show_page("new")

    def _start_queued(self, folder: RunFolder) -> None:
        """Start a run of the queue; in view, unless people are looking at another one."""
        controller = self._window.controller
        looking = self._window.run_in_view() and controller.folder is not None
        if folder != controller.folder and (controller.active or looking):
            controller.start_behind(folder)
        else:
            controller.carry_on(folder)
