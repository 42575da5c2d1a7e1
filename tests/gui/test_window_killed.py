"""kill -9 of the window, and of a real training under it, in every phase: nothing is left over, and nothing is lost."""

import contextlib
import os
import signal
from collections.abc import Iterator

import psutil
import pytest
from filelock import FileLock
from pytestqt.qtbot import QtBot

from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.single_instance import SingleInstance
from kdstudio.runs.events import EventReader, StageStarted, StepLogged
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.launch import new_run, process_of, starting
from kdstudio.runs.state import RunState, State
from kdstudio.spec import loads
from tests.e2e.processes import AtWork
from tests.gui.a_window import EDITED, AWindow, until
from tests.gui.player import RECORDED, Player, recording
from tests.gui.test_failing_runs import a_window, click, ended, is_drawn, start

LONGER = (
    RECORDED.replace("{steps: 60,", "{steps: 1200,")
    .replace("{steps: 80,", "{steps: 2000,")
    .replace("steps: 20}", "steps: 100}")
)
PATIENCE = 120_000  # milliseconds, for trainings that import torch on a busy computer
PHASES = (
    "starting", "queued", "preparing", "teacher", "teacher-outputs", "baseline", "student", "evaluation", "pausing", "stopping",
)  # fmt: skip
ASKED = {"pausing": (State.PAUSING, State.PAUSED), "stopping": (State.STOPPING, State.STOPPED)}


@contextlib.contextmanager
def ends_with_the_test(home: Home) -> Iterator[None]:
    """A runner whose window was killed is nobody's child any more."""
    try:
        yield
    finally:
        for folder in home.folders():
            process = process_of(folder) if folder.alive() else None
            if process is not None:
                process.kill()


def only_run(home: Home) -> RunFolder:
    until(lambda: len(list(home.folders())) == 1)
    return next(iter(home.folders()))


def in_phase(folder: RunFolder, phase: str) -> bool:
    """Whether the run has come to `phase`."""
    if phase == "starting":
        return starting(folder) is not None
    if phase in ("queued", "preparing"):
        return folder.status().attempt == 1 and (phase == "queued" or folder.status().state is not State.QUEUED)
    if phase in ASKED:
        return any(isinstance(event, StepLogged) for event in EventReader(folder.events_file).read())
    return any(
        isinstance(event, StageStarted if phase in ("teacher-outputs", "evaluation") else StepLogged) and event.stage == phase
        for event in EventReader(folder.events_file).read()
    )


def killed(window: AWindow) -> list[psutil.Process]:
    """Kill the window, whose lock is free at once; the desks that it started for itself, which are to be gone soon."""
    until(lambda: len(window.children("desk")) == 1)  # it is started when the form has been at rest
    desks = window.children("desk")
    window.kill()
    claim = SingleInstance(window.home)
    assert claim.claim(), "the lock was not free at once"
    claim.release()
    return desks


def draft(home: Home) -> str:
    """What the window has kept of the form, so far."""
    path = home.root / "draft.yaml"
    return path.read_text() if path.exists() else ""


def nothing_is_half_written(home: Home) -> None:
    assert [str(path) for path in home.root.rglob("*.part")] == []
    for folder in home.folders():
        state, reader = folder.fold()
        assert (reader.torn, reader.unknown) == (0, 0)
        assert state.events > 0


def are_gone(desks: list[psutil.Process]) -> None:
    _, left = psutil.wait_procs(desks, timeout=60)
    assert not left, "a desk was left without a window"


def has_the_draft(window: MainWindow) -> None:
    page = window.new_page
    assert page.banner.title == "Unsaved draft restored"
    assert page.values()["title"] == EDITED


def test_that_a_window_killed_while_a_student_learns_leaves_the_run_and_a_new_one_has_all_of_it(
    qtbot: QtBot, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ends_with_the_test(home):
        with AWindow(home, Player(0.0, "hold=student", story="normal")) as window:
            window.do("start", RECORDED)
            folder = only_run(home)
            window.do("edit", EDITED)
            until(lambda: EDITED in draft(home))
            until(lambda: in_phase(folder, "student"))
            desks = killed(window)
        assert folder.alive() and folder.current().state is State.RUNNING
        again = a_window(qtbot, home, monkeypatch)
        qtbot.waitUntil(lambda: again.controller.folder == folder and again.controller.state.events > 10)
        has_the_draft(again)
        click(qtbot, again.navigation.buttons["run"])
        (folder.path / "go").touch()
        ended(qtbot, again)
        whole = RunState()
        whole.apply_all(recording("normal"))
        assert again.run_page.pill.text == "Completed"
        assert again.controller.state.timeless() == whole.timeless() == folder.fold()[0].timeless()
        is_drawn(again.run_page, again.controller.state)
        nothing_is_half_written(home)
        are_gone(desks)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> RunState:
    """The fold of the same run without any of this."""
    home = Home.locate(tmp_path_factory.mktemp("undisturbed"))
    folder = new_run(loads(LONGER), home)
    with AtWork(folder, home) as run:
        assert run.end() == 0
    return folder.fold()[0]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("phase", PHASES)
def test_that_a_window_killed_in_any_phase_of_a_real_training_loses_nothing(
    qtbot: QtBot, home: Home, monkeypatch: pytest.MonkeyPatch, undisturbed: RunState, phase: str
) -> None:
    held = contextlib.ExitStack()
    with ends_with_the_test(home), held:
        if phase == "queued":  # another run has the device
            held.enter_context(FileLock(home.locks / "cpu.lock"))
        with AWindow(home) as window:
            window.do("start", LONGER)
            folder = only_run(home)
            window.do("edit", EDITED)
            until(lambda: EDITED in draft(home))
            until(lambda: in_phase(folder, phase))
            if phase in ASKED:
                window.do(phase)
                until(lambda: folder.status().state in ASKED[phase])
            desks = killed(window)
        again = a_window(qtbot, home, monkeypatch)
        if phase in ASKED:
            until(lambda: folder.current().state in ASKED[phase][1:])
            again.open_run(folder)
            ended(qtbot, again)
            assert again.run_page.pill.text == {"pausing": "Paused", "stopping": "Stopped"}[phase]
            is_drawn(again.run_page, again.controller.state)
            click(qtbot, again.run_page.resume)
        qtbot.waitUntil(lambda: again.controller.folder == folder or not folder.current().state.active)
        if again.controller.folder is None:  # measuring takes no time: it has ended already
            again.open_run(folder)
        click(qtbot, again.navigation.buttons["run"])
        held.close()
        ended(qtbot, again, PATIENCE)
        assert again.run_page.pill.text == "Completed"
        assert without_notes(again.controller.state) == without_notes(folder.fold()[0]) == without_notes(undisturbed)
        is_drawn(again.run_page, again.controller.state)
        has_the_draft(again)
        nothing_is_half_written(home)
        are_gone(desks)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_that_a_training_killed_again_and_again_under_the_window_goes_on_to_the_same_end(
    qtbot: QtBot, home: Home, monkeypatch: pytest.MonkeyPatch, undisturbed: RunState
) -> None:
    window = a_window(qtbot, home, monkeypatch)
    page, run = start(qtbot, window, LONGER), window.controller
    for attempt, key in enumerate([("teacher", None), ("baseline", 0), ("student", 0), ("student", 1)], start=1):

        def reached(key: tuple[str, int | None] = key) -> bool:
            return run.status.state is State.RUNNING and key in run.state.stages and run.state.stages[key].step > 300

        qtbot.waitUntil(reached, timeout=PATIENCE)
        os.kill(run.status.pid, signal.SIGKILL)
        ended(qtbot, window, PATIENCE)
        assert (page.pill.text, page.notice.title, run.status.attempt) == ("Killed", "The run was killed", attempt)
        is_drawn(page, run.state)
        click(qtbot, page.resume)
    ended(qtbot, window, PATIENCE)
    assert page.pill.text == "Completed"
    assert run.state.timeless() == undisturbed.timeless()
    is_drawn(page, run.state)


def without_notes(state: RunState) -> dict[str, object]:
    """That it waited for the device is noted, and is no result."""
    return {name: value for name, value in state.timeless().items() if name != "notes"}
