"""An attempt as its files tell it: first and last event, state, code, also when the disk is full."""

import errno
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError

from kdstudio.engine.driver import classify, drive
from kdstudio.runs.events import AnyEvent, Event, EventWriter, Note, RunEnded, RunStarted, StepLogged
from kdstudio.runs.failures import WORDS, explain
from kdstudio.runs.folder import Request, RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.state import RunState, State
from kdstudio.runs.summary import summarise
from kdstudio.spec.errors import KnownFailure
from tests.engine.lab import a_run, carried_out, codes, events_of, files_in, halt_at
from tests.fakes import a_small_disk


def in_student(event: AnyEvent) -> bool:
    return isinstance(event, StepLogged) and event.stage == "student" and event.step > 25


def test_that_an_attempt_begins_with_run_started_and_has_one_run_ended(finished: RunFolder) -> None:
    events = events_of(finished)
    assert isinstance(events[0], RunStarted)
    assert [event for event in events if isinstance(event, RunEnded)] == [events[-1]]
    assert isinstance(events[-1], RunEnded)
    assert events[-1].outcome == "completed"
    assert finished.status().state is State.COMPLETED


def test_that_every_event_is_stamped_with_number_attempt_and_times(finished: RunFolder) -> None:
    events = events_of(finished)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert {event.attempt for event in events} == {1}
    seconds = [event.seconds for event in events]
    assert seconds == sorted(seconds)
    assert all(event.at.endswith("Z") and len(event.at) == len("2026-11-24T03:05:41.123Z") for event in events)


def test_that_every_attempt_that_breaks_ends_with_one_event_that_says_why(home: Home) -> None:
    folder = a_run(home)
    for _ in range(2):
        assert drive(folder, home, on_event=halt_at(in_student)) == "failed"
    assert drive(folder, home) == "completed"
    by_attempt: dict[int, list[AnyEvent]] = {}
    for event in events_of(folder):
        by_attempt.setdefault(event.attempt, []).append(event)
    assert list(by_attempt) == [1, 2, 3]
    for events in by_attempt.values():
        assert isinstance(events[0], RunStarted)
        assert [event for event in events if isinstance(event, RunEnded)] == [events[-1]]
    first = by_attempt[1][-1]
    assert isinstance(first, RunEnded)
    assert (first.outcome, first.code) == ("failed", "internal")
    assert first.parameters["kind"] == "Halt"
    assert "Traceback" in folder.log_file.read_text(), "our mistakes are in the log"
    numbers = [event.seq for event in events_of(folder)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_that_a_completed_run_is_left_as_it_is(home: Home) -> None:
    folder = carried_out(home, "seeds=[0]", "training.steps=1", "teacher_training.steps=1")
    before = folder.events_file.read_bytes()
    assert drive(folder, home) == "completed"
    assert folder.events_file.read_bytes() == before
    assert folder.status().attempt == 1


def test_that_a_run_at_work_in_another_handle_is_refused_with_its_process(home: Home) -> None:
    folder = a_run(home)
    with folder.lock, pytest.raises(KnownFailure) as failure:
        drive(folder, home)
    assert failure.value.code == "already-running"
    assert not folder.events_file.exists()


def test_that_the_states_follow_one_another(home: Home) -> None:
    folder, seen = a_run(home, "seeds=[0]", "training.steps=1", "teacher_training.steps=1"), []

    def watch(event: AnyEvent, state: RunState) -> None:
        now = folder.status().state
        if not seen or seen[-1] != now:
            seen.append(now)

    assert folder.status().state is State.QUEUED
    drive(folder, home, on_event=watch)
    assert seen == [State.QUEUED, State.PREPARING, State.RUNNING]
    assert folder.status().state is State.COMPLETED


@pytest.mark.parametrize(
    ("request_", "outcome", "state"),
    [(Request.STOP, "stopped", State.STOPPED), (Request.PAUSE, "paused", State.PAUSED)],
)
def test_that_a_request_in_the_folder_is_heard_answered_and_removed(
    home: Home, request_: Request, outcome: str, state: State
) -> None:
    folder, states = a_run(home, "training.steps=100000"), []

    def watch(event: AnyEvent, fold: RunState) -> None:
        if in_student(event) or (isinstance(event, StepLogged) and event.stage == "baseline"):
            folder.ask(request_)
        states.append(folder.status().state)

    assert drive(folder, home, on_event=watch) == outcome
    assert folder.status().state is state
    assert (State.STOPPING if request_ is Request.STOP else State.PAUSING) in states
    assert list((folder.path / "control").iterdir()) == []


def test_that_a_signal_that_comes_while_requests_are_looked_for_is_not_lost(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, looked = a_run(home, "teacher_training.steps=1000000"), []
    take = RunFolder.take_requests

    def meanwhile(self: RunFolder, attempt: int) -> Iterator[Request]:
        looked.append(attempt)
        if len(looked) == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        return take(self, attempt)

    monkeypatch.setattr(RunFolder, "take_requests", meanwhile)
    assert drive(folder, home) == "stopped"
    assert len(looked) == 3, "the next look finds the signal"


def test_that_a_watcher_that_cannot_write_any_more_is_left_out_and_the_run_completes(home: Home) -> None:
    shown = []

    def broken(event: AnyEvent, state: RunState) -> None:
        shown.append(event)
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    folder = a_run(home, "seeds=[0]", "training.steps=1", "teacher_training.steps=1")
    assert drive(folder, home, on_event=broken) == "completed"
    assert len(shown) == 1
    assert "nobody reads the progress" in folder.log_file.read_text()


@pytest.mark.parametrize("depth", [15, 30, 900, 50_000])
def test_that_an_event_nested_deeply_costs_that_event_alone(home: Home, depth: int) -> None:
    folder = a_run(home, "seeds=[0]")
    assert drive(folder, home, on_event=halt_at(in_student)) == "failed"
    nested = '{"type":"Note","level":"info","code":"odd","parameters":{"a":' + "[" * depth + "]" * depth + "}}\n"
    with folder.events_file.open("a") as file:
        file.write(nested)
    assert drive(folder, home) == "completed"
    assert folder.summary()["headline"]


@pytest.mark.parametrize("broken_at", ["the end", "the student"])
def test_that_an_end_that_cannot_be_written_is_said_to_whoever_watches(
    home: Home, monkeypatch: pytest.MonkeyPatch, broken_at: str
) -> None:
    folder, shown, append, broken = a_run(home, "seeds=[0]"), [], EventWriter.append, []

    def full(self: EventWriter, event: Event) -> None:
        if broken or isinstance(event, RunEnded) or (broken_at == "the student" and in_student(event)):
            broken.append(event)
            raise OSError(errno.ENOSPC, "No space left on device")
        append(self, event)

    monkeypatch.setattr(EventWriter, "append", full)
    assert drive(folder, home, on_event=lambda event, state: shown.append(event)) == "failed"
    assert isinstance(shown[-1], RunEnded)
    assert (shown[-1].code, shown[-1].parameters) == ("disk-full", {"path": str(folder.path)})
    assert (folder.status().state, folder.status().code) == (State.FAILED, "disk-full")
    monkeypatch.undo()
    assert drive(folder, home) == "completed"
    assert folder.fold()[0].stages[("evaluation", None)].ended


def test_that_a_request_for_an_earlier_attempt_is_removed_and_not_obeyed(home: Home) -> None:
    folder = a_run(home, "seeds=[0]")
    drive(folder, home, on_event=halt_at(in_student))
    stale = folder.path / "control" / "stop.json"
    stale.write_text('{"attempt": 1}')
    assert drive(folder, home) == "completed"
    assert not stale.exists()


def test_that_a_finished_run_has_the_summary_of_its_fold_and_nothing_left_over(finished: RunFolder) -> None:
    state, reader = finished.fold()
    assert (reader.torn, reader.unknown) == (0, 0)
    assert finished.summary() == summarise(state, "Tiny")
    assert finished.summary()["headline"]
    assert not (finished.path / ".ballast").exists()
    assert not [name for name in files_in(finished.path) if name.endswith(".part")]
    assert int(finished.heartbeat_file.read_text()) >= 0


def test_that_the_log_says_how_the_run_went(finished: RunFolder) -> None:
    log = finished.log_file.read_text()
    assert "attempt 1 begins" in log
    assert "device-ready" in log
    assert "attempt 1 ended: completed" in log


# What went wrong, in codes.


def a_system_error(number: int, name: str = "/somewhere/file") -> OSError:
    return OSError(number, "words", name)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KnownFailure("file-corrupt", path="/x", why="torn", field=None), "file-corrupt"),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"), "out-of-memory-device"),
        (MemoryError(), "out-of-memory-system"),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:118] DefaultCPUAllocator: can't allocate memory: you tried ..."),
         "out-of-memory-system"),
        (RuntimeError("std::bad_alloc"), "out-of-memory-system"),
        (a_system_error(errno.ENOSPC), "disk-full"),
        (a_system_error(errno.EDQUOT), "disk-full"),
        (SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)"), "disk-full"),
        (OSError("3136 requested and 1040 written"), "disk-full"),
        (FileNotFoundError(errno.ENOENT, "words", "/somewhere/file"), "file-missing"),
        (PermissionError(errno.EACCES, "words", "/somewhere/file"), "not-writable"),
        (a_system_error(errno.EROFS), "not-writable"),
        (RuntimeError("CUDA error: unspecified launch failure\nCompile with ..."), "device-lost"),
        (RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"), "device-lost"),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), "internal"),
        (AssertionError(), "internal"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)  # fmt: skip
def test_that_each_kind_of_failure_is_recognised_and_has_words_for_all_its_parameters(
    home: Home, error: BaseException, code: str
) -> None:
    found, parameters = classify(error, a_run(home), RunState())
    assert found == code
    assert code in WORDS
    words = explain(found, parameters)
    assert words.cause
    assert words.remedy
    assert "?" not in f"{words.cause} {words.remedy}".replace("(?)", "")


def test_that_a_lost_device_is_named_as_the_run_knew_it() -> None:
    state = RunState()
    state.notes.append(Note(level="info", code="device-ready", parameters={"device": "Big GPU (cuda:0)"}))
    folder = RunFolder(Path("/nowhere"))
    _, parameters = classify(RuntimeError("CUDA error: device lost"), folder, state)
    assert parameters == {"device": "Big GPU (cuda:0)", "why": "CUDA error: device lost"}


# A full disk.


def test_that_a_full_disk_ends_a_run_as_failed_and_after_making_room_it_completes(
    finished: RunFolder, tmp_path: Path
) -> None:
    with a_small_disk(tmp_path / "disk", 1024) as disk:
        home = Home.locate(disk)
        filler = disk / "filler"
        struck: set[str | None] = set()
        # From hardly room to begin to hardly room to end: it strikes at events, checkpoints, teachers and artefacts.
        for room in (76, 100, 140, 180, 240):
            folder = a_run(home)
            used = sum(path.stat().st_blocks * 512 for path in disk.rglob("*") if path.is_file())
            filler.write_bytes(bytes(max(0, (1024 - room) * 1024 - used)))
            assert drive(folder, home) == "failed", f"with {room} KiB"
            state, _ = folder.fold()
            assert (state.outcome, state.code) == ("failed", "disk-full"), f"with {room} KiB"
            assert folder.status().state is State.FAILED
            assert folder.status().code == "disk-full"
            struck.add(state.current[0] if state.current else None)

            filler.unlink()
            assert drive(folder, home) == "completed", f"with {room} KiB"
            ours, theirs = (each.student / "model.safetensors" for each in (folder, finished))
            assert ours.read_bytes() == theirs.read_bytes()
            for used_up in (folder.path, *home.teachers.iterdir(), *home.outputs.iterdir()):
                subprocess.run(["rm", "-r", str(used_up)], check=True)
        assert len(struck) > 1


def test_that_notes_are_warnings_in_the_log_where_they_are_warnings(home: Home) -> None:
    nothing_learned = ("teacher_training.steps=1", "teacher_training.learning_rate=0.000000001")
    folder = carried_out(home, "seeds=[0]", "training.steps=1", "dataset.labelled=0.01", *nothing_learned)
    assert "few-labels" in codes(folder)
    assert "INFO few-labels" in folder.log_file.read_text()
    assert "teacher-weak" in codes(folder)
    assert "WARNING teacher-weak" in folder.log_file.read_text()
