"""Starting and stopping: a process of its own, and a ladder that ends every one."""

import json
import os
import shutil
import signal
import subprocess
import sys

import pytest

from kdstudio.runs import launch as launching
from kdstudio.runs.home import Home
from kdstudio.runs.launch import LAST_RESORT, PATIENCE, StopLadder, command, launch, process_of, starting
from kdstudio.runs.state import State
from tests.fakes import AT_WORK, FakeClock, a_process_at_work, a_run, a_told_run, until


def test_that_a_run_is_started_by_the_command_that_anyone_can_type(home: Home) -> None:
    folder = a_run(home)

    assert command(folder, home)[1:] == [
        "-P",
        "-m",
        "kdstudio",
        "resume",
        str(folder.path),
        "--home",
        str(home.root),
    ]


def test_that_the_process_has_its_own_session_no_input_and_the_log_for_a_voice(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = a_run(home)
    script = "import os, sys; print(os.getsid(0), repr(sys.stdin.read())); print('oh', file=sys.stderr)"
    monkeypatch.setattr(launching, "command", lambda folder, home: [sys.executable, "-c", script])

    process = launch(folder, home)

    assert process.wait(timeout=60) == 0
    log = folder.log_file.read_text()
    assert f"{process.pid} ''" in log and "oh" in log
    assert process.pid != os.getsid(0)


def test_that_a_run_that_listens_stops_at_the_request(home: Home) -> None:
    folder, clock = a_run(home), FakeClock()
    with a_process_at_work(folder, "obeys") as process:
        ladder = StopLadder(folder, clock)
        assert until(ladder.climb)
        assert process.wait(timeout=60) == 0

    assert folder.current().state is State.STOPPED


def test_that_a_run_that_does_not_listen_is_terminated_after_its_time(home: Home) -> None:
    folder, clock = a_run(home), FakeClock()
    with a_process_at_work(folder) as process:
        ladder = StopLadder(folder, clock)
        clock.advance(PATIENCE - 0.1)
        assert not ladder.climb()
        assert process.poll() is None

        clock.advance(0.1)
        assert not ladder.climb()
        assert process.wait(timeout=60) == -signal.SIGTERM
        assert until(ladder.climb)

    assert folder.current().state is State.LOST


def test_that_a_run_that_ignores_even_that_is_killed(home: Home) -> None:
    folder, clock = a_run(home), FakeClock()
    with a_process_at_work(folder, "ignores-terminate") as process:
        ladder = StopLadder(folder, clock)
        clock.advance(PATIENCE)
        assert not ladder.climb()
        clock.advance(LAST_RESORT - 0.1)
        assert not ladder.climb()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.3)

        clock.advance(0.1)
        assert not ladder.climb()
        assert process.wait(timeout=60) == -signal.SIGKILL
        assert until(ladder.climb)


def test_that_stopping_a_run_that_is_over_is_done_at_once(home: Home) -> None:
    folder = a_told_run(home)

    assert StopLadder(folder).climb()
    assert list((folder.path / "control").iterdir()) == []


def test_that_a_process_that_has_not_begun_is_asked_as_soon_as_it_can_hear(home: Home) -> None:
    folder = a_run(home)
    late = f"import time; time.sleep(0.3)\n{AT_WORK}"
    with launch(folder, home, lambda *_: [sys.executable, "-c", late, str(folder.path), "obeys"]) as process:
        ladder = StopLadder(folder, FakeClock())
        assert not ladder.climb()
        assert until(ladder.climb)
        assert process.wait(timeout=60) == 0

    assert folder.current().state is State.STOPPED


def test_that_a_run_whose_disk_takes_no_request_is_terminated_all_the_same(home: Home) -> None:
    folder, clock = a_run(home), FakeClock()
    with a_process_at_work(folder) as process:
        shutil.rmtree(folder.path / "control")
        (folder.path / "control").write_text("a file where requests should lie")
        ladder = StopLadder(folder, clock)
        clock.advance(PATIENCE)
        assert not ladder.climb()
        assert process.wait(timeout=60) == -signal.SIGTERM


def test_that_a_process_that_never_begins_is_terminated_after_its_time(home: Home) -> None:
    folder, clock = a_run(home), FakeClock()
    asleep = [sys.executable, "-c", "import time; time.sleep(60)", folder.path.name]
    with launch(folder, home, lambda *_: asleep) as process:
        ladder = StopLadder(folder, clock)
        assert not ladder.climb()
        clock.advance(PATIENCE)
        assert not ladder.climb()
        assert process.wait(timeout=60) == -signal.SIGTERM
        assert ladder.climb()


def test_that_a_process_that_only_has_the_number_is_never_taken_for_the_run(home: Home) -> None:
    folder = a_told_run(home)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        folder.status_file.write_text(f'{{"state": "running", "attempt": 1, "pid": {stranger.pid}}}')
        assert process_of(folder) is None
        stranger.communicate(b"\n")


@pytest.mark.parametrize("named", ["the run in its command", "another run's lock", "the window itself"])
def test_that_an_unrelated_process_is_never_signalled_while_somebody_else_holds_the_run(home: Home, named: str) -> None:
    """status.json may be a copy, or its number be used again."""
    folder, other, clock = a_run(home), a_run(home), FakeClock()
    command = [sys.executable, "-c", "input()", str(folder.path)]
    with (
        a_process_at_work(folder) as holder,
        a_process_at_work(other) as another,
        subprocess.Popen(command, stdin=subprocess.PIPE) as stranger,
    ):
        pids = {
            "the run in its command": stranger.pid,
            "another run's lock": another.pid,
            "the window itself": os.getpid(),
        }
        folder.status_file.write_text(f'{{"state": "running", "attempt": 1, "pid": {pids[named]}}}')
        assert process_of(folder) is None
        ladder = StopLadder(folder, clock)
        assert not ladder.climb()
        clock.advance(PATIENCE)
        assert not ladder.climb()
        assert ladder.holder_unknown
        clock.advance(LAST_RESORT)
        assert ladder.climb(), "nothing more can be done, so nobody waits for it"
        assert [process.poll() for process in (holder, another, stranger)] == [None, None, None]
        stranger.communicate(b"\n")


def test_that_a_process_that_got_the_number_of_one_that_was_launched_is_not_taken_for_it(home: Home) -> None:
    folder = a_run(home)
    asleep = [sys.executable, "-c", "import time; time.sleep(60)", folder.path.name]
    with launch(folder, home, lambda *_: asleep) as process:
        assert starting(folder) is not None
        path = folder.path / launching.LAUNCHED
        said = json.loads(path.read_text())
        path.write_text(json.dumps({**said, "began": said["began"] - 2.0}))  # the clock was set since
        assert starting(folder) is not None
        for began in (said["began"] - 600.0, None, "x", 1e400):
            path.write_text(json.dumps({**said, "began": began}))
            assert starting(folder) is None
        process.kill()


def test_that_a_process_number_of_another_computer_is_no_process_here(home: Home) -> None:
    """On a shared home the lock may be held from elsewhere, and the number be anybody's here."""
    folder = a_run(home)
    with a_process_at_work(folder) as process:
        assert process_of(folder) is not None
        folder.status_file.write_text(
            f'{{"state": "running", "attempt": 1, "pid": {process.pid}, "host": "another-computer"}}'
        )
        assert process_of(folder) is None


@pytest.mark.parametrize("pid", [0, -1, 2**40, 999_999_999])
def test_that_an_impossible_process_number_is_no_process(home: Home, pid: int) -> None:
    folder = a_told_run(home)
    folder.status_file.write_text(f'{{"state": "running", "attempt": 1, "pid": {pid}}}')

    assert process_of(folder) is None
