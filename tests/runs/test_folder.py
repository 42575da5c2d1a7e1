"""The run folder: made whole, read in whatever state a crash left it, and held by one process at a time."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdstudio.runs import folder as folder_module
from kdstudio.runs.events import RunStarted
from kdstudio.runs.folder import About, Request, RunFolder, Status
from kdstudio.runs.home import Home
from kdstudio.runs.launch import new_run
from kdstudio.runs.state import ForbiddenTransition, State
from kdstudio.spec import SpecError, loads
from kdstudio.spec.errors import KnownFailure
from tests.fakes import EXPERIMENT, ROOT, a_process_at_work, a_run, a_told_run


def test_that_a_new_folder_is_queued_and_holds_the_whole_experiment(home: Home) -> None:
    folder = a_run(home)

    assert folder.status() == folder.current() == Status(state=State.QUEUED)
    assert folder.experiment() == loads(EXPERIMENT)
    assert "temperature: 4.0" in folder.experiment_file.read_text()
    assert {path.name for path in folder.path.iterdir()} == {
        "experiment.yaml", "status.json", "checkpoints", "artefacts", "control",
    }  # fmt: skip


def test_that_a_run_without_a_title_is_called_by_what_it_is_in_its_file_and_its_folder(home: Home) -> None:
    folder = new_run(loads("kind: classification"), home)
    assert "title: 'digits: cnn-32 to mlp-32, soft targets'" in folder.experiment_file.read_text()
    assert folder.called == folder.experiment().title == "digits: cnn-32 to mlp-32, soft targets"
    assert "_digits-cnn-32-to-mlp-32-soft-targets_" in folder.path.name


def test_that_a_folder_is_never_made_twice(home: Home) -> None:
    folder = a_run(home)

    with pytest.raises(FileExistsError):
        folder.create(loads(EXPERIMENT))


def test_that_a_folders_name_tells_when_it_was_made_and_its_id(home: Home) -> None:
    folder = RunFolder(home.runs / "20261124-030541_digits-few-labels_ab3d9xyz")

    assert folder.created == "2026-11-24 03:05:41"
    assert folder.id == "ab3d9xyz"


@pytest.mark.parametrize("name", ["mine", "20269924-030541_x_y", "_", "2026_x"])
def test_that_a_folder_with_another_name_has_no_time(home: Home, name: str) -> None:
    assert RunFolder(home.runs / name).created == ""


def test_that_a_status_moves_along_the_table_and_names_its_process(home: Home) -> None:
    folder = a_run(home)
    folder.set_status(State.PREPARING, attempt=1)
    folder.set_status(State.FAILED, attempt=1, code="disk-full", path="x")

    status = folder.status()

    assert (status.state, status.attempt, status.pid) == (State.FAILED, 1, os.getpid())
    assert (status.code, status.parameters) == ("disk-full", {"path": "x"})


def test_that_a_move_against_the_table_is_the_programs_mistake(home: Home) -> None:
    folder = a_run(home)
    folder.set_status(State.PREPARING, attempt=1)
    folder.set_status(State.COMPLETED, attempt=1)

    with pytest.raises(ForbiddenTransition):
        folder.set_status(State.RUNNING, attempt=1)


def test_that_a_new_attempt_may_begin_from_any_state(home: Home) -> None:
    folder = a_run(home)
    folder.set_status(State.PREPARING, attempt=1)
    folder.set_status(State.FAILED, attempt=1)

    folder.set_status(State.PREPARING, attempt=2)

    assert folder.status().state is State.PREPARING


def test_that_a_run_whose_process_is_gone_is_lost(home: Home) -> None:
    folder = a_run(home)
    with a_process_at_work(folder):
        assert folder.current().state is State.RUNNING
    # Killed: status.json still says running.
    assert folder.status().state is State.RUNNING

    now = folder.current()

    assert (now.state, now.code, now.attempt) == (State.LOST, "killed", 1)


def test_that_a_queued_run_nobody_started_is_not_lost(home: Home) -> None:
    assert a_run(home).current().state is State.QUEUED


def test_that_a_run_queued_again_without_a_process_is_lost(home: Home) -> None:
    folder = a_run(home)
    folder.status_file.write_text('{"state": "queued", "attempt": 2, "host": "", "pid": 1}')

    assert folder.current().state is State.LOST


def test_that_a_run_that_cannot_be_written_leaves_nothing_behind(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, *_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(folder_module, "write_whole", full)
    with pytest.raises(OSError, match="No space"):
        a_run(home)
    assert not list(home.runs.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="a lock is asked for by writing")
def test_that_a_run_in_a_place_that_can_only_be_read_runs_only_while_it_is_held(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    class ReadOnly:
        def __enter__(self) -> None:
            raise OSError(errno.EROFS, "Read-only file system")

        def __exit__(self, *_: object) -> None:
            raise AssertionError

    folder = a_run(home)
    with folder.hold():
        monkeypatch.setattr(RunFolder, "lock", ReadOnly())
        assert folder.alive()
    assert not folder.alive()


def test_that_looking_whether_a_run_is_alive_leaves_no_trace(home: Home) -> None:
    folder = a_run(home)

    assert not folder.alive()
    assert not (folder.path / "run.lock").exists()


# The lock


def test_that_a_second_process_is_refused(home: Home) -> None:
    folder = a_run(home)
    with a_process_at_work(folder) as first:
        with pytest.raises(KnownFailure) as refused:
            folder.hold(patience=0.1)
        second = subprocess.run(
            [sys.executable, "-c", _TRY, str(folder.path)],
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=True,
        )

    assert refused.value.code == "already-running"
    assert refused.value.parameters == {"run": folder.id, "pid": first.pid}
    assert second.stdout == "already-running\n"


_TRY = """
import pathlib, sys
from kdstudio.runs.folder import RunFolder
from kdstudio.spec.errors import KnownFailure
try:
    RunFolder(pathlib.Path(sys.argv[1])).hold(patience=0.1)
except KnownFailure as failure:
    print(failure.code)
"""


def test_that_the_lock_of_a_killed_process_is_free(home: Home) -> None:
    folder = a_run(home)
    with a_process_at_work(folder) as process:
        assert folder.alive()
        process.kill()
        process.wait()

    assert not folder.alive()
    with folder.hold():
        pass


def test_that_a_reader_who_looks_does_not_keep_the_runner_out(home: Home) -> None:
    folder = a_run(home)
    with folder.lock, pytest.raises(KnownFailure):
        folder.hold(patience=0.05)
    with folder.hold(patience=0.05):
        assert folder.alive()


def test_that_the_lock_is_free_at_the_end_of_the_block_and_no_later(home: Home) -> None:
    folder = a_run(home)
    held = folder.hold()
    with held:
        assert folder.alive()
    assert not folder.alive()
    with pytest.raises(RuntimeError), folder.hold():
        raise RuntimeError
    assert not folder.alive()


# Requests


def test_that_nothing_can_be_asked_of_a_run_that_is_not_at_work(home: Home) -> None:
    folder = a_run(home)

    assert not folder.ask(Request.STOP)
    assert list(folder.take_requests(0)) == []


def test_that_requests_are_taken_once_and_stop_comes_first(home: Home) -> None:
    folder = a_run(home)
    with a_process_at_work(folder):
        for request in (Request.EVALUATE, Request.PAUSE, Request.STOP, Request.SAVE):
            assert folder.ask(request)

    assert list(folder.take_requests(1)) == [Request.STOP, Request.PAUSE, Request.SAVE, Request.EVALUATE]
    assert list(folder.take_requests(1)) == []


def test_that_requests_for_another_attempt_are_removed_and_never_obeyed(home: Home) -> None:
    folder = a_run(home)
    control = folder.path / "control"
    (control / "stop.json").write_text('{"attempt": 1}')
    (control / "pause.json").write_text('{"attempt": 3}')

    assert list(folder.take_requests(2)) == []
    assert list(control.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"attempt": "1"}', "{}", "null"])
def test_that_a_damaged_request_is_removed_and_never_obeyed(home: Home, text: str) -> None:
    folder = a_run(home)
    (folder.path / "control" / "stop.json").write_text(text)

    assert list(folder.take_requests(1)) == []
    assert list((folder.path / "control").iterdir()) == []


def test_that_a_run_without_a_control_folder_has_no_requests(home: Home) -> None:
    folder = a_run(home)
    (folder.path / "control").rmdir()

    assert list(folder.take_requests(1)) == []


# What people wrote


ABOUTS = st.builds(
    About,
    name=st.text(max_size=30),
    tags=st.lists(st.text(max_size=10), max_size=4).map(tuple),
    notes=st.text(max_size=100),
)


def test_that_name_tags_and_notes_come_back_as_they_were_written(home: Home) -> None:
    folder = a_run(home)

    @given(ABOUTS)
    def come_back(about: About) -> None:
        folder.set_about(about)
        assert folder.about() == about

    come_back()


# Damage

JUNK = {
    "empty": b"",
    "torn": b'{"state": "comp',
    "a list": b"[1, 2]",
    "a number": b"3",
    "null": b"null",
    "nan": b'{"state": NaN, "seconds": NaN}',
    "text": b"nonsense: [",
    "binary": bytes(range(256)),
    "deep": b"[" * 2_000,
    "fields of wrong types": b'{"state": 3, "attempt": [], "host": {}, "pid": "x", "code": 5, '
    b'"parameters": 3,'
    b' "name": [], "tags": 7, "notes": {}, "models": [], "gain": "x", "live": 3, "title": 4, "headline": []}',
    "wrong types below a good state": b'{"state": "running", "attempt": "1", "pid": "me", "parameters": []}',
    "a state of tomorrow": b'{"state": "dreaming", "attempt": 1, "host": "h", "pid": 1, "code": null}',
    "a failure of tomorrow": b'{"state": "failed", "attempt": 1, "host": "h", "pid": 1, "code": "gremlins"}',
}
FILES = (
    "status.json",
    "summary.json",
    "about.yaml",
    "experiment.yaml",
    "events.jsonl",
    "heartbeat",
    "run.lock",
)


def read_everything(folder: RunFolder) -> None:
    for status in (folder.status(), folder.current()):
        assert isinstance(status.state, State)
        assert isinstance(status.attempt, int) and isinstance(status.pid, int)
        assert isinstance(status.host, str) and isinstance(status.parameters, dict)
        assert status.code is None or isinstance(status.code, str)
    assert isinstance(folder.summary(), dict)
    about = folder.about()
    assert isinstance(about.name, str) and isinstance(about.notes, str)
    assert all(isinstance(tag, str) for tag in about.tags)
    folder.fold()[0].timeless()
    assert folder.alive() is False
    assert folder.ask(Request.STOP) is False
    try:
        folder.experiment()
    except SpecError as error:
        assert "experiment.yaml" in str(error)


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK.keys())
@pytest.mark.parametrize("name", FILES)
def test_that_reading_a_damaged_folder_never_fails(home: Home, name: str, junk: bytes) -> None:
    folder = a_told_run(home)
    (folder.path / name).write_bytes(junk)

    read_everything(folder)


@pytest.mark.parametrize("name", FILES)
def test_that_reading_a_folder_with_a_file_missing_never_fails(home: Home, name: str) -> None:
    folder = a_told_run(home)
    (folder.path / name).unlink(missing_ok=True)

    read_everything(folder)


@pytest.mark.parametrize("name", FILES)
def test_that_reading_a_folder_in_which_a_folder_takes_a_files_place_never_fails(home: Home, name: str) -> None:
    folder = a_told_run(home)
    (folder.path / name).unlink(missing_ok=True)
    (folder.path / name).mkdir()

    read_everything(folder)


def test_that_reading_a_folder_that_is_gone_never_fails(home: Home) -> None:
    read_everything(RunFolder(home.runs / "20261124-030541_gone_abcdefgh"))


def test_that_a_damaged_status_is_no_reason_to_call_a_run_completed(home: Home) -> None:
    folder = a_told_run(home)
    folder.status_file.write_text("{")

    assert folder.status().state is State.LOST


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["state", "attempt", "host", "pid", "code", "parameters"]), inner),
))  # fmt: skip
def test_that_any_json_at_all_is_some_status(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    folder = RunFolder(tmp_path_factory.mktemp("run"))
    folder.status_file.write_text(json.dumps(value))

    status = folder.current()

    assert isinstance(status.state, State)
    assert isinstance(status.attempt, int) and isinstance(status.pid, int)


def test_that_the_fold_of_a_folder_goes_on_where_its_reader_stands(home: Home) -> None:
    folder = a_told_run(home)
    state, reader = folder.fold()
    assert state.outcome == "completed"

    with folder.events_file.open("ab") as file:
        from kdstudio.runs.events import to_json

        file.write(to_json(RunStarted(attempt=2)).encode() + b"\n")
    state.apply_all(reader.read())

    assert (state.attempt, state.outcome) == (2, None)


def test_that_an_unwritable_place_is_an_error_and_leaves_no_part(home: Home, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")

    with pytest.raises(OSError):
        RunFolder(blocked / "run").create(loads(EXPERIMENT))
