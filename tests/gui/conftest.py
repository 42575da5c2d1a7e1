"""What the window's tests share: the theme in force, a window over a home, and a training process that only plays."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from pytestqt.qtbot import QtBot

from kdstudio.gui import desk_client, main_window
from kdstudio.gui.main_window import Closing, MainWindow
from kdstudio.gui.run_controller import RunController
from kdstudio.gui.theme import Choice, theme
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from tests.gui.desks import FakeDesk
from tests.gui.player import Player

if TYPE_CHECKING:
    from kdstudio.gui.pages.new_experiment import NewExperimentPage
    from kdstudio.gui.pages.run import RunPage
    from kdstudio.gui.pages.runs import RunsPage

PATIENCE = 60_000  # milliseconds: a wait for what comes costs nothing, and a busy computer takes its time


class PatientBot(QtBot):
    """A bot whose waits are all this long, whatever the test thinks of this computer."""

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = PATIENCE) -> None:
        super().waitUntil(callback, timeout=max(timeout, PATIENCE))

    def waitSignal(self, signal: Any, *, timeout: int = PATIENCE, **how: Any) -> Any:
        if how.get("raising", True):  # what is to stay away (assertNotEmitted) is not waited for
            timeout = max(timeout, PATIENCE)
        return super().waitSignal(signal, timeout=timeout, **how)

    def waitSignals(self, signals: Any, *, timeout: int = PATIENCE, **how: Any) -> Any:
        return super().waitSignals(signals, timeout=max(timeout, PATIENCE), **how)


@pytest.fixture
def qtbot(qapp: object, request: pytest.FixtureRequest) -> QtBot:
    """pytest-qt's, with patience."""
    return PatientBot(request)


@pytest.fixture(autouse=True)
def light(request: pytest.FixtureRequest) -> Iterator[None]:
    """The light theme before and after each test that shows something."""
    if request.node.get_closest_marker("gui") is None:
        yield
        return
    request.getfixturevalue("qapp")
    theme().apply(Choice.LIGHT)
    yield
    theme().apply(Choice.LIGHT)


@pytest.fixture(autouse=True)
def desks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[FakeDesk]:
    """The desks that pages opened in this test: none of them is a process, unless the test asks for `real_desk`."""
    made: list[FakeDesk] = []
    if request.node.get_closest_marker("gui") is None or "real_desk" in request.fixturenames:
        return made

    def open_desk(home: Home) -> FakeDesk:
        made.append(FakeDesk())
        return made[-1]

    monkeypatch.setattr(desk_client, "open_desk", open_desk)
    return made


@pytest.fixture
def real_desk() -> None:
    """Pages of this test have a desk that is a process."""


@pytest.fixture
def player() -> Iterator[Player]:
    """Starts processes that play a recorded story instead of training; those left are ended."""
    made = Player()
    yield made
    made.end()


@pytest.fixture
def controller(qapp: object, home: Home, player: Player) -> Iterator[RunController]:
    """A controller whose runs are played."""
    made = RunController(home, player)
    yield made
    made.shutdown()


@pytest.fixture
def open_window(
    qtbot: QtBot, home: Home, player: Player, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], MainWindow]]:
    """Makes windows, painted, that close without asking."""
    monkeypatch.setattr(main_window, "ask_on_close", lambda *_: Closing.LEAVE)
    made: list[MainWindow] = []

    def make() -> MainWindow:
        window = MainWindow(home, RunController(home, player))
        qtbot.addWidget(window)
        made.append(window)
        window.show()
        qtbot.waitUntil(lambda: window.pages.count() > 0)
        return window

    yield make
    for window in made:
        window.shutdown()


@pytest.fixture
def window(open_window: Callable[[], MainWindow]) -> MainWindow:
    """One window."""
    return open_window()


@pytest.fixture
def open_run_page(qtbot: QtBot, controller: RunController) -> "Callable[[RunFolder], RunPage]":
    """Opens the page of a run that nobody is at work on."""
    from kdstudio.gui.pages.run import RunPage

    def make(folder: RunFolder) -> RunPage:
        page = RunPage(controller)
        qtbot.addWidget(page, before_close_func=lambda page: page.shutdown())
        page.resize(1100, 800)
        page.show()
        controller.open(folder)
        qtbot.waitUntil(lambda: not controller.active and controller.state.events > 0)
        page._refresh()
        return page

    return make


@pytest.fixture
def make_new_page(qtbot: QtBot, home: Home) -> "Callable[[], NewExperimentPage]":
    """Makes the page New experiment, without a window."""
    from kdstudio.gui.pages.new_experiment import NewExperimentPage

    def make() -> NewExperimentPage:
        made = NewExperimentPage(home)
        qtbot.addWidget(made)
        made.resize(1100, 700)
        made.show()
        return made

    return make


@pytest.fixture
def new_page(make_new_page: "Callable[[], NewExperimentPage]") -> "NewExperimentPage":
    """One of these."""
    return make_new_page()


@pytest.fixture
def desk(qtbot: QtBot, new_page: "NewExperimentPage", desks: list[FakeDesk]) -> FakeDesk:
    """The desk of `new_page`, asked for the first time."""
    qtbot.waitUntil(lambda: desks[0].last == 1)
    return desks[0]


@pytest.fixture
def make_runs_page(qtbot: QtBot, home: Home) -> "Iterator[Callable[[], RunsPage]]":
    """Makes the page of all runs, without a window, with the library read."""
    from kdstudio.gui.pages.runs import RunsPage

    made: list[RunsPage] = []

    def make() -> RunsPage:
        each = RunsPage(home)
        qtbot.addWidget(each)
        made.append(each)
        each.resize(1100, 760)
        each.show()
        qtbot.waitUntil(lambda: each.feed.known)
        return each

    yield make
    for each in made:
        each.shutdown()
