"""Runs that are paused, stopped and resumed from outside, by the means that people have."""

import json
import os
import signal
import subprocess
import sys

import pytest

from kdstudio.runs.events import AnyEvent, Evaluated, EventReader, RunEnded, RunStarted, Saved
from kdstudio.runs.folder import Request, RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.launch import new_run
from kdstudio.runs.state import State
from kdstudio.spec import loads
from tests.e2e.processes import EXPERIMENT, PATIENCE, AtWork, cli
from tests.fakes import until

LONG = ("training.steps=1000000", "training.checkpoint_every.steps=1000000", "training.evaluate_every.steps=100000")


def a_run(home: Home, *changes: str) -> RunFolder:
    return new_run(loads(EXPERIMENT, changes=["teacher_training.steps=5", *changes]), home)


def events_of(folder: RunFolder) -> list[AnyEvent]:
    return EventReader(folder.events_file).read()


def last_end(folder: RunFolder) -> RunEnded:
    last = events_of(folder)[-1]
    assert isinstance(last, RunEnded)
    return last


def test_that_ctrl_c_saves_and_exits_with_130(home: Home) -> None:
    folder = a_run(home, *LONG)
    with AtWork(folder, home) as run:
        run.until_step("baseline", 0, 100)
        os.kill(run.process.pid, signal.SIGINT)
        saved = run.until(lambda event: isinstance(event, Saved))
        assert run.end() == 130
    assert folder.status().state is State.STOPPED
    assert last_end(folder).outcome == "stopped"
    position = json.loads(next(folder.checkpoints.glob("*/*/position.json")).read_text())
    assert (position["stage"], position["seed"], position["step"]) == (saved.stage, saved.seed, saved.step)
    assert saved.step >= 100


def test_that_a_second_ctrl_c_ends_a_run_that_is_still_loading(home: Home) -> None:
    """Two of them before the first question is asked: nothing is half done, and the run says that it was stopped."""
    folder = a_run(home, *LONG)
    with AtWork(folder, home) as run:
        run.until(lambda event: isinstance(event, RunStarted))
        os.kill(run.process.pid, signal.SIGINT)
        os.kill(run.process.pid, signal.SIGINT)
        assert run.end() == 130
    assert folder.status().state is State.STOPPED


def test_that_a_paused_run_gives_its_process_back_and_resumes_where_it_was(home: Home) -> None:
    folder = a_run(home, "training.steps=1500", "seeds=[0]", "training.evaluate_every.steps=500", "baseline=false")
    with AtWork(folder, home) as run:
        run.until_step("student", 0, 38)
        assert folder.ask(Request.PAUSE)
        assert run.end() == 130
    assert folder.status().state is State.PAUSED
    assert not folder.alive()
    last = [event for event in events_of(folder) if isinstance(event, Saved)][-1]
    assert last_end(folder).outcome == "paused"

    # A request that nobody took while the first attempt was at work.
    stale = folder.path / "control" / "stop.json"
    stale.write_text(json.dumps({"attempt": 1}))
    with AtWork(folder, home) as run:
        start = run.until(lambda event: isinstance(event, RunStarted))
        assert start.resumes_from == ["student", 0, last.step]
        assert run.end() == 0
    assert folder.status().state is State.COMPLETED
    assert not stale.exists()


def test_that_a_run_at_work_refuses_a_second_process_and_answers_what_it_is_asked(home: Home) -> None:
    folder = a_run(home, *LONG)
    with AtWork(folder, home) as run:
        run.until_step("baseline", 0, 100)

        refused = cli("resume", folder.id, "--home", home.root)
        assert refused.returncode == 1
        assert "already running" in refused.stderr
        assert str(folder.status().pid) in refused.stderr
        assert refused.stdout == ""
        assert folder.status().attempt == 1

        assert folder.ask(Request.EVALUATE)
        run.until(lambda event: isinstance(event, Evaluated) and event.stage == "baseline" and event.step > 0)
        assert folder.ask(Request.SAVE)
        run.until(lambda event: isinstance(event, Saved) and event.stage == "baseline")

        stop = cli("stop", folder.id, "--home", home.root)
        assert stop.returncode == 0, stop.stderr
        assert run.end() == 130
    assert folder.status().state is State.STOPPED


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_that_a_request_of_the_system_to_terminate_and_a_terminal_that_closes_stop_a_run(
    home: Home, number: signal.Signals
) -> None:
    folder = a_run(home, *LONG)
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests may run under nohup, and children would inherit it
    try:
        work = AtWork(folder, home)
    finally:
        signal.signal(signal.SIGHUP, before)
    with work as run:
        run.until(lambda event: isinstance(event, RunStarted))
        os.kill(run.process.pid, number)
        assert run.end() == 130
    assert folder.status().state is State.STOPPED


def test_that_a_run_under_nohup_outlives_its_terminal(home: Home) -> None:
    folder = a_run(home, "training.steps=300", "seeds=[0]")
    command = ["nohup", sys.executable, "-P", "-m", "kdstudio", "resume", str(folder.path), "--home", str(home.root)]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as run:
        assert until(lambda: folder.status().attempt > 0)
        run.send_signal(signal.SIGHUP)
        assert run.wait(PATIENCE) == 0
    assert folder.status().state is State.COMPLETED


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_that_a_reader_that_goes_away_does_not_end_a_training(home: Home, stream: str) -> None:
    """As in `kdstudio run x.yaml 2>&1 | head -1`."""
    folder = a_run(home, "training.steps=40", "seeds=[0]")
    command = [sys.executable, "-P", "-m", "kdstudio", "resume", str(folder.path), "--home", str(home.root)]
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, stream: subprocess.PIPE}
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, **pipes) as run:
        getattr(run, stream).close()
        assert run.wait(PATIENCE) == 0
    assert folder.status().state is State.COMPLETED
