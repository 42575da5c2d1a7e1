"""The window: navigation at the left, one page at a time, menus from the registry, and what happens when it closes."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from kdstudio.gui import geometry
from kdstudio.gui.asking import Closing, TrainingRun, ask_on_close, named, pick_file_to_open, pick_file_to_save
from kdstudio.gui.carried import carried_path
from kdstudio.gui.commands.switchboard import Switchboard
from kdstudio.gui.lobby import Lobby
from kdstudio.gui.message import Message, MessageButton
from kdstudio.gui.navigation import Navigation
from kdstudio.gui.preferences import Preferences
from kdstudio.gui.run_follower import RunFollower
from kdstudio.gui.shell import Shell
from kdstudio.gui.stage_mode import StageMode
from kdstudio.gui.theme import theme
from kdstudio.gui.uses import use_of
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QAction

    from kdstudio.gui.pages.new_experiment import NewExperimentPage
    from kdstudio.gui.pages.page import Page
    from kdstudio.gui.pages.run import RunPage
    from kdstudio.gui.pages.runs import RunsPage
    from kdstudio.gui.pages.settings import SettingsPage
    from kdstudio.gui.run_controller import RunController
    from kdstudio.gui.theme import Role
    from kdstudio.runs.failures import Words


class MainWindow(QMainWindow):
    """The window of a home.

    Signals:
        painted: it has been painted for the first time.
        started: a run was started from here; carries its RunFolder.
    """

    painted = Signal()
    started = Signal(object)

    def __init__(self, home: Home, controller: "RunController | None" = None) -> None:
        super().__init__()
        self.setObjectName("window")
        self.setWindowTitle("KD Studio")
        self.resize(1360, 860)
        self.setMinimumSize(geometry.LEAST)
        self.setAcceptDrops(True)
        geometry.restore(self, home)
        self.home = home
        self.preferences = Preferences(home, self)
        self._controller: RunController | None = None
        self.reopens = False  # it closes to open again on another home
        self._painted = self._closing = self._down = self.leaves = False  # leaves: it closes unasked, runs go on
        self.navigation = Navigation()
        self.pages = QStackedWidget()
        self._new_page: NewExperimentPage | None = None
        self._run_page: RunPage | None = None
        self._settings_page: SettingsPage | None = None
        self.lobby = Lobby(self)
        self.shell = Shell(self, self.preferences, self.navigation, self._arrange())
        self.stage = StageMode(self)
        self.switchboard = Switchboard(self)
        self._connect()
        self.navigation.show_page("home")
        self._follower = RunFollower(self.navigation, self._say_busy, self)
        if controller is not None:
            self._control(controller)

    @property
    def actions_by_id(self) -> "dict[str, QAction]":
        """What can be done in the window: the entries of its menus, by the id of their command."""
        return self.switchboard.actions

    @property
    def controller(self) -> "RunController":
        """The run in view; made right after the first paint, or when it is first wanted."""
        if self._controller is None:
            from kdstudio.gui.run_controller import RunController

            self._control(RunController(self.home))
        assert self._controller is not None
        return self._controller

    def _control(self, controller: "RunController") -> None:
        self._controller = controller
        controller.setParent(self)
        controller.changed.connect(self._close_when_ended)
        controller.refused.connect(self._refuse)
        controller.changed.connect(self.switchboard.refresh_run)
        self._follower.follow(controller)
        self.lobby.follow(controller)
        self.shell.watch(controller, self.run_in_view, self.show_message)

    @property
    def new_page(self) -> "NewExperimentPage":
        """The page that makes an experiment; made right after the first paint, or when it is first wanted."""
        if self._new_page is None:
            from kdstudio.gui.pages.new_experiment import NewExperimentPage

            self._new_page = NewExperimentPage(self.home)
            self._new_page.runs = lambda: self.lobby.feed.rows
            self._new_page.start_requested.connect(self.start_experiment)
            self._new_page.open_requested.connect(self.open_yaml)
            self._new_page.save_requested.connect(self.save_yaml)
            self._new_page.queue_requested.connect(self.lobby.enqueue)
            self._new_page.checked.connect(self.switchboard.refresh_form)
            self.started.connect(self._new_page.settle)
            self.preferences.changed.connect(self._new_page.take_settings)
            self.pages.addWidget(self._new_page)
        return self._new_page

    @property
    def run_page(self) -> "RunPage":
        """The page of the run in view; made when it is first wanted, since pyqtgraph takes 0.4 s to import."""
        if self._run_page is None:
            from kdstudio.gui.pages.run import RunPage

            self._run_page = RunPage(self.controller)
            self._run_page.options.keep_in(self.preferences)
            self._run_page.field_wanted.connect(self._open_configuration)
            self._run_page.duplicate.clicked.connect(self.duplicate)
            self._run_page.experiment_wanted.connect(self._offer_experiment)
            self._run_page.compare_wanted.connect(self._compare)
            self._run_page.said.connect(self.show_message)
            self._run_page.reported.connect(self.show_message)
            self._run_page.folder_wanted.connect(self.show_folder)
            self._run_page.page_wanted.connect(self.show_page)
            self.pages.addWidget(self._run_page)
        return self._run_page

    @property
    def runs_page(self) -> "RunsPage":
        """The page of all runs; made when it is first wanted."""
        return self.lobby.runs_page

    @property
    def settings_page(self) -> "SettingsPage":
        """The page of the program's own settings; made when it is first wanted."""
        if self._settings_page is None:
            from kdstudio.gui.pages.settings import SettingsPage

            self._settings_page = SettingsPage(self.home, self.preferences)
            self._settings_page.folder_wanted.connect(self.show_folder)
            self._settings_page.reopen_wanted.connect(self.reopen)
            self.pages.addWidget(self._settings_page)
        return self._settings_page

    def made(self, name: str) -> Any:
        """The page `name` when somebody has wanted it already, else None. Any: each page is a class of its own."""
        return self.pages.findChild(QWidget, f"page.{name}", Qt.FindChildOption.FindDirectChildrenOnly)

    @Slot(str)
    def show_page(self, name: str) -> None:
        """Bring a page into view: home, new, run, runs or settings."""
        page: Page = {
            "home": lambda: self.lobby.home_page,
            "new": lambda: self.new_page,
            "run": lambda: self.run_page,
            "runs": lambda: self.runs_page,
            "settings": lambda: self.settings_page,
        }[name]()
        self.pages.setCurrentWidget(page)
        self.navigation.show_page(name)

    def show_message(
        self, title: str, detail: str = "", role: "Role" = "failure", buttons: "Sequence[MessageButton]" = ()
    ) -> None:
        """Say something over the page, until it is closed; `buttons` are (what it says, what it does)."""
        self.message.show_words(title, detail, role, buttons)

    @Slot(object)
    def show_folder(self, path: Path) -> None:
        """Show a folder in the desktop's file manager, or say that there is none that takes it."""
        from kdstudio.gui import file_manager

        if not file_manager.show_folder(path):
            self.show_message(self.tr("The folder could not be shown"), str(path))

    @property
    def farewell(self) -> str:
        """What closing the window ends beside the runs at work."""
        return self.lobby.farewell

    @Slot(object)
    def start_experiment(self, experiment: Any) -> None:
        """Start a run, and bring it into view."""
        self.message.clear()
        if self.controller.start(experiment):
            self.show_page("run")
            self.started.emit(self.controller.folder)

    @Slot(object)
    def open_run(self, folder: RunFolder) -> None:
        """Bring a run into view."""
        self.message.clear()
        self.show_page("run")
        self.controller.open(folder)

    def open_file(self, path: Path) -> bool:
        """Fill the form from a YAML file; False when it is no experiment, which the page then explains."""
        self.show_page("new")
        return self.new_page.open_file(path)

    def open_dropped(self, path: Path) -> None:
        """Take a file or a folder: an experiment, a run, or images to make an experiment of."""
        use = use_of(path)
        if use.run is not None:
            self.open_run(RunFolder(use.run))
        else:
            self.show_page("new")
            self.new_page.take(use)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if carried_path(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = carried_path(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            self.open_dropped(path)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("ground"))
        painter.end()
        if not self._painted:
            self._painted = True
            self.painted.emit()
            QTimer.singleShot(0, self, self._fill)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button that has the focus: Qt's own do that in dialogs alone."""
        focus = self.focusWidget()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(focus, QAbstractButton) and focus.isEnabled():
            focus.click()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.stage.leave()
        answer = Closing.LEAVE
        runs = self._training_runs() if not self.leaves else []
        if runs:
            self._closing = False  # who closes once more while runs are stopping may have thought better of it
            answer = ask_on_close(self, runs)
        if answer is Closing.STOP:
            self._stop_and_save(runs)
        if answer is Closing.CANCEL or (answer is Closing.STOP and self.controller.ending):
            self.reopens &= answer is Closing.STOP
            event.ignore()  # after a stop it closes by itself when the runs have saved and ended
            return
        geometry.remember(self, self.home)
        self.shutdown()
        event.accept()

    @Slot()
    def reopen(self) -> None:
        """Close, and open again on the home that was chosen, unless people think better of it."""
        self.reopens = True
        self.close()

    def _stop_and_save(self, runs: list[TrainingRun]) -> None:
        self._closing = True
        self.lobby.stop_queue()
        self.controller.stop_all()
        if self.controller.active:
            self.show_page("run")
        said = self.tr("Closing when runs have stopped: {0}.").format(named(runs))
        self.show_message(self.tr("Saving and stopping..."), said, "student")

    def _training_runs(self) -> list[TrainingRun]:
        """Every run of this home that is training, whoever has started it: the one in view first."""
        if self._controller is None:
            return []
        from kdstudio.runs.library import read_row
        from kdstudio.runs.outlook import outlook

        run = self._controller
        run.keep_track(self.lobby.begun)
        seen = outlook(run.state, run.experiment, run.status.state)
        in_view = [TrainingRun(title=run.title, done=seen.fraction)] if run.active else []
        others = [read_row(folder) for folder in run.others]
        return in_view + [TrainingRun(title=row.title, done=row.done) for row in others]

    def shutdown(self) -> None:
        """Let all threads end, and wait for them. Runs go on."""
        if not self._down:
            self._down = True
            self.switchboard.close()
            self.shell.close()
            for page in (self._new_page, self._run_page, self._settings_page):
                if page is not None:
                    page.shutdown()
            self.lobby.shutdown()
            if self._controller is not None:
                self._controller.shutdown()

    @Slot()
    def open_yaml(self) -> None:
        """Ask for a file, and fill the form from it."""
        chosen = pick_file_to_open(self)
        if chosen:
            self.open_file(Path(chosen))

    @Slot(bool)
    def save_yaml(self, anew: bool = False) -> None:
        """Write the experiment in the form to its file; `anew`, or where it has none, to one that is asked for."""
        self.show_page("new")
        if not self.new_page.ready():
            return
        file = None if anew else self.new_page.document.target
        chosen = str(file) if file else pick_file_to_save(self, "experiment.yaml")
        if not chosen:
            return
        try:
            self.new_page.save_to(Path(chosen))
        except OSError as error:
            self.show_message(self.tr("The experiment could not be saved"), f"{chosen}: {error.strerror}")

    @Slot(object, object, str)
    def _offer_experiment(self, experiment: Any, changed: list[str], reason: str) -> None:
        """Put an experiment that a run suggests, such as a longer training, into the form, with what it changes marked."""
        self.show_page("new")
        self.new_page.offer(experiment, changed, reason)

    @Slot()
    def _compare(self) -> None:
        """Bring the table of runs into view, where chosen ones are laid over one another."""
        self.lobby.compare(self.controller.folder)

    @Slot()
    def duplicate(self) -> None:
        """Put the experiment of the run in view into the form."""
        if self.controller.experiment is not None and self.controller.folder is not None:
            self.new_page.show_copy(self.controller.experiment, self.controller.folder.id)
            self.show_page("new")

    def _arrange(self) -> QHBoxLayout:
        """Navigation, then the pages with a message over them; the row that they stand in."""
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.pages, 1)
        self.message = Message(content)
        centre = QWidget()
        row = QHBoxLayout(centre)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.navigation)
        row.addWidget(content, 1)
        self.setCentralWidget(centre)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setFocus()  # else the first button would wear a focus ring that nobody asked for
        return row

    def _connect(self) -> None:
        self.navigation.wanted.connect(self.show_page)
        self.preferences.refused.connect(self._refuse_to_keep)
        theme().changed.connect(self.update)

    @Slot()
    def _fill(self) -> None:
        """Show a page, if nobody has asked for one yet: its hundred widgets would have held up the first paint."""
        if self._down:
            return
        if self.pages.count() == 0:
            self.show_page("home")
        self.shell.greet()
        self.controller.attach()
        self.switchboard.make()

    @Slot(str)
    def _open_configuration(self, path: str) -> None:
        """The experiment of the failed run in the form, at the field that helps."""
        self.duplicate()
        self.new_page.go_to(path)

    @Slot(object)
    def _refuse(self, words: "Words") -> None:
        self.show_message(words.title, f"{words.cause} {words.remedy}")

    @Slot(str)
    def _refuse_to_keep(self, why: str) -> None:
        self.show_message(self.tr("The setting was applied but could not be saved"), why)

    def run_in_view(self) -> bool:
        """Whether people look at the run in view, on its page or on the stage."""
        return self.stage.on or (self._run_page is not None and self.pages.currentWidget() is self._run_page)

    def _say_busy(self, title: str) -> None:
        if self._new_page is not None:
            self._new_page.summary.show_busy(title)

    @Slot()
    def _close_when_ended(self) -> None:
        if self._closing and not self.controller.ending:
            self.close()
