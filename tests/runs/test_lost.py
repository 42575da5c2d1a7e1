"""What is said of a run whose process is gone without a word in its status."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from kdstudio.runs import lost
from kdstudio.runs.events import AnyEvent, EventWriter, RunEnded
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.state import State
from tests.fakes import a_run, a_small_disk, a_story


def a_dead_run(home: Home, *last: RunEnded, told: Sequence[AnyEvent] = tuple(a_story()[:30]), torn: bytes = b"") -> RunFolder:
    """A run at work in attempt 1, whose process is gone and has written `last` at its end."""
    folder = a_run(home)
    with EventWriter(folder.events_file) as writer:
        for event in (*told, *last):
            writer.append(event)
    with folder.events_file.open("ab") as file:
        file.write(torn)
    folder.status_file.write_text('{"state": "running", "attempt": 1, "host": "here", "pid": 1}')
    return folder


def test_that_a_run_that_could_write_its_end_but_not_its_status_ended_as_it_says(home: Home) -> None:
    end = RunEnded(attempt=1, outcome="failed", code="disk-full", parameters={"path": "/there"})
    now = a_dead_run(home, end, torn=b'{"type":').current()
    assert (now.state, now.code, now.parameters, now.attempt) == (State.FAILED, "disk-full", {"path": "/there"}, 1)
    for outcome in (State.STOPPED, State.PAUSED):
        assert a_dead_run(home, RunEnded(attempt=1, outcome=str(outcome))).current().state is outcome


@pytest.mark.parametrize("outcome", ["completed", "something else"])
def test_that_a_run_is_lost_where_files_may_be_missing_or_its_end_is_not_understood(home: Home, outcome: str) -> None:
    now = a_dead_run(home, RunEnded(attempt=1, outcome=outcome)).current()
    assert (now.state, now.code) == (State.LOST, "killed")


def test_that_the_end_of_an_earlier_attempt_says_nothing(home: Home) -> None:
    folder = a_dead_run(home, RunEnded(attempt=1, outcome="failed", code="not-a-number"))
    folder.status_file.write_text('{"state": "queued", "attempt": 2, "host": "here", "pid": 1}')
    now = folder.current()
    assert (now.state, now.code, now.attempt) == (State.LOST, "killed", 2)


def test_that_a_run_without_a_word_was_ended_by_a_full_disk_where_the_disk_is_full(tmp_path: Path) -> None:
    with a_small_disk(tmp_path / "disk", 2048) as disk:
        folder = a_dead_run(Home.locate(disk / "home"))
        assert not lost.disk_is_full(folder)
        assert folder.current().code == "killed"
        filler = disk / "filler"
        filler.write_bytes(bytes(1500 * 1024))
        now = folder.current()
        assert (now.state, now.code, now.parameters) == (State.LOST, "disk-full", {"path": str(folder.path)})


def test_that_a_run_without_any_event_is_lost(home: Home) -> None:
    folder = a_dead_run(home, told=())
    folder.events_file.unlink()
    assert folder.current().code == "killed"
