"""kill -9 at any moment, then resume: nothing of the result tells that it happened."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from kdstudio.runs.events import AnyEvent, EventReader, Note, RunStarted, Saved, StageStarted, StepLogged
from kdstudio.runs.folder import Request, RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.launch import new_run
from kdstudio.runs.outlook import plan
from kdstudio.runs.state import State
from kdstudio.spec import loads
from tests.e2e.processes import EXPERIMENT, AtWork
from tests.fakes import until
from tests.idx_files import write_digits

# The last of them leaves the measuring at the end about a second, so that it can be met at work.
KILLS = (
    ("teacher", None, 25),
    ("baseline", 0, 30),
    ("student", 0, 110),
    ("student", 1, 150),
    ("evaluation", None, None),
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few real digits to train on and many to test on, enlarged to the size of MNIST's."""
    return write_digits(tmp_path_factory.mktemp("idx"), train=400, test=6000)


def a_run(home: Home, data: Path) -> RunFolder:
    changes = [f"dataset={{kind: idx, path: {data}, labelled: 0.2}}"]
    return new_run(loads(EXPERIMENT, changes=changes), home)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, data: Path) -> RunFolder:
    home = Home.locate(tmp_path_factory.mktemp("undisturbed"))
    folder = a_run(home, data)
    with AtWork(folder, home) as run:
        assert run.end() == 0
    return folder


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory, data: Path) -> RunFolder:
    """A run that was killed at each of KILLS, and brought to its end."""
    home = Home.locate(tmp_path_factory.mktemp("killed"))
    folder = a_run(home, data)
    for stage, seed, step in KILLS:
        with AtWork(folder, home) as run:
            if step is None:
                run.until(lambda event, stage=stage: isinstance(event, StageStarted) and event.stage == stage)
            else:
                run.until_step(stage, seed, step)
            at_work = run.kill()
        if at_work:
            assert (folder.current().state, folder.current().code) == (State.LOST, "killed")
        else:  # on a busy computer the measuring at the end may be over before it is seen to begin
            assert (stage, folder.current().state) == ("evaluation", State.COMPLETED)
    with AtWork(folder, home) as run:
        assert run.end() == 0
    return folder


def test_that_a_run_killed_five_times_ends_with_the_very_same_student(
    undisturbed: RunFolder, killed: RunFolder
) -> None:
    name = "model.safetensors"
    assert (killed.student / name).read_bytes() == (undisturbed.student / name).read_bytes()


def test_that_a_run_killed_five_times_measures_the_very_same_logits(undisturbed: RunFolder, killed: RunFolder) -> None:
    ours = np.load(killed.artefacts / "test_outputs.npz")
    theirs = np.load(undisturbed.artefacts / "test_outputs.npz")
    assert set(ours.files) == set(theirs.files)
    assert all(np.array_equal(ours[name], theirs[name]) for name in theirs.files)


def test_that_the_fold_of_a_killed_run_is_the_fold_of_an_undisturbed_one(
    undisturbed: RunFolder, killed: RunFolder
) -> None:
    ours, theirs = killed.fold()[0].timeless(), undisturbed.fold()[0].timeless()
    assert ours.keys() == theirs.keys()
    for part, value in theirs.items():
        assert ours[part] == value, part


def test_that_each_attempt_begins_with_where_it_resumes(killed: RunFolder) -> None:
    starts = [event for event in _events(killed) if isinstance(event, RunStarted)]
    firsts = {event.attempt: type(event) for event in reversed(_events(killed))}
    assert set(firsts.values()) == {RunStarted}
    assert len(starts) == killed.fold()[0].attempt in (len(KILLS), len(KILLS) + 1)  # the last may have come too late
    assert starts[0].resumes_from is None
    order = plan(killed.experiment())
    for (stage, seed, step), start in zip(KILLS, starts[1:], strict=False):
        assert start.resumes_from is not None
        place = order.index(tuple(start.resumes_from[:2]))
        # A checkpoint every 20 steps, and a process that may be a little further than what was seen of it.
        assert start.resumes_from[2] % 20 == 0
        assert (place, start.resumes_from[2]) >= (order.index((stage, seed)), (step or 0) - 20)


def test_that_a_killed_run_has_the_summary_of_an_undisturbed_one(undisturbed: RunFolder, killed: RunFolder) -> None:
    ours, theirs = killed.summary(), undisturbed.summary()
    assert {**ours, "seconds": 0} == {**theirs, "seconds": 0}


PHASES: dict[str, Callable[[AtWork], object]] = {
    "starting": lambda run: None,
    "queued": lambda run: until(lambda: run.folder.status().attempt > 0),  # before, it has not begun
    "preparing": lambda run: run.until(lambda event: isinstance(event, Note) and event.code == "device-ready"),
    "teacher-check": lambda run: _begun(run, "teacher-check"),
    "teacher-outputs": lambda run: _begun(run, "teacher-outputs"),
    "pausing": lambda run: _asked(run, Request.PAUSE, State.PAUSING),
    "stopping": lambda run: _asked(run, Request.STOP, State.STOPPING),
    "saving": lambda run: run.until(lambda event: isinstance(event, Saved) and event.seed == 1),
    "evaluation": lambda run: _begun(run, "evaluation"),
}
"""What a real run is met at, beside KILLS."""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_that_a_run_killed_in_every_other_phase_ends_as_an_undisturbed_one(
    undisturbed: RunFolder, data: Path, tmp_path: Path
) -> None:
    home = Home.locate(tmp_path / "home")
    folder = a_run(home, data)
    for phase, meet in PHASES.items():
        with AtWork(folder, home) as run:
            meet(run)
            run.process.kill()
            run.process.wait()
        now = folder.current()
        missed = {"pausing": State.PAUSED, "stopping": State.STOPPED}.get(phase)  # it may have been quicker than the kill
        never = now.state is State.QUEUED and phase == "starting"
        assert never or now.state is missed or (now.state, now.code) == (State.LOST, "killed"), phase
    with AtWork(folder, home) as run:
        assert run.end() == 0
    ours, theirs = folder.fold()[0].timeless(), undisturbed.fold()[0].timeless()
    for part, value in theirs.items():
        assert ours[part] == value, part
    name = "model.safetensors"
    assert (folder.student / name).read_bytes() == (undisturbed.student / name).read_bytes()
    assert {**folder.summary(), "seconds": 0} == {**undisturbed.summary(), "seconds": 0}


def _begun(run: AtWork, stage: str) -> None:
    run.until(lambda event: isinstance(event, StageStarted) and event.stage == stage)


def _asked(run: AtWork, request: Request, state: State) -> None:
    """Ask in the middle of the next training, and wait until it is heard."""
    run.until(lambda event: isinstance(event, StepLogged) and event.stage in ("baseline", "student"))
    assert run.folder.ask(request)
    until(lambda: run.folder.status().state is state or run.process.poll() is not None)


def _events(folder: RunFolder) -> list[AnyEvent]:
    return EventReader(folder.events_file).read()
