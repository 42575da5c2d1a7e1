"""Room is counted, users are named, and what goes goes to the trash."""

import sys
from pathlib import Path

import pytest
from filelock import FileLock

from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.launch import launch, new_run
from kdstudio.runs.status import State
from kdstudio.runs.storage import (
    bytes_in,
    discard_run,
    discard_shared,
    leaving,
    needing_teachers,
    room_of,
    shared,
)
from kdstudio.spec import loads
from kdstudio.spec.errors import KnownFailure


def a_run(home: Home, *changes: str) -> RunFolder:
    return new_run(loads("kind: classification", changes=list(changes)), home)


@pytest.fixture
def trash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A trash of our own: the machine's may be on another disk, or missing."""
    place = tmp_path / "trash-home"
    monkeypatch.setenv("XDG_DATA_HOME", str(place))
    import send2trash.plat_other as plat

    monkeypatch.setattr(plat, "HOMETRASH_B", str(place / "Trash").encode())
    monkeypatch.setattr(plat, "HOMETRASH", str(place / "Trash"))
    return place / "Trash" / "files"


def test_that_the_room_of_a_home_is_the_bytes_of_its_files(home: Home) -> None:
    (home.teachers / "a").mkdir()
    (home.teachers / "a" / "weights").write_bytes(bytes(1000))
    (home.outputs / "b.npy").write_bytes(bytes(50))
    room = room_of(home)
    assert (room.runs, room.teachers, room.outputs, room.total) == (0, 1000, 50, 1050)


def test_that_a_count_ends_when_nobody_wants_it_any_more(home: Home) -> None:
    for name in "abcdef":
        (home.teachers / name).mkdir()
        (home.teachers / name / "weights").write_bytes(bytes(1000))
    asked: list[int] = []
    room_of(home, lambda: bool(asked.append(1)) or len(asked) < 3)
    # In the second folder of teachers; then each of the others is given up at its first.
    assert len(asked) <= 4
    assert room_of(home, lambda: False).total == 0


def test_that_a_missing_folder_takes_no_room(tmp_path: Path) -> None:
    assert bytes_in(tmp_path / "nowhere") == 0


def test_that_a_run_knows_who_starts_from_its_student(home: Home) -> None:
    run = a_run(home)
    pupil = a_run(home, f"teacher={{kind: mlp, weights: 'run:{run.id}'}}")
    a_run(home)
    assert [user.path for user in leaving([run], home)[0].users] == [pupil.path]


def test_that_a_run_named_by_the_beginning_of_its_id_is_known_to_be_used(home: Home) -> None:
    """As earlier versions wrote it."""
    run = a_run(home)
    pupil = a_run(home, f"teacher={{kind: mlp, weights: 'run:{run.id}'}}")
    pupil.experiment_file.write_text(pupil.experiment_file.read_text().replace(run.id, run.id[:4]))
    assert [user.path for user in leaving([run], home)[0].users] == [pupil.path]


def test_that_finding_out_what_goes_and_who_needs_it_is_left_off_when_asked(home: Home) -> None:
    runs = [a_run(home) for _ in range(5)]
    for allowed in (0, 1, 5, 9):
        asked: list[int] = []

        def go_on(allowed: int = allowed, asked: list[int] = asked) -> bool:
            asked.append(1)
            return len(asked) <= allowed

        assert leaving(runs, home, go_on) == []
        assert len(asked) <= allowed + len(runs) + 1, "each of the others is given up at once"
    answers = iter([True, True, False])
    assert len(needing_teachers(home, lambda: next(answers))) == 2


def test_that_runs_that_go_together_are_not_each_others_users(home: Home) -> None:
    run = a_run(home)
    pupil = a_run(home, f"teacher={{kind: mlp, weights: 'run:{run.id}'}}")
    (run.path / "log.txt").write_bytes(bytes(5000))
    alone, together = leaving([run], home), leaving([run, pupil], home)
    assert [user.path for user in alone[0].users] == [pupil.path]
    assert alone[0].bytes == bytes_in(run.path) > 5000
    assert [each.users for each in together] == [(), ()]


def test_that_a_discarded_run_lies_in_the_trash(home: Home, trash: Path) -> None:
    run = a_run(home)
    discard_run(run)
    assert not run.path.exists()
    assert (trash / run.path.name / "experiment.yaml").exists()


def test_that_a_run_at_work_is_not_discarded(home: Home) -> None:
    run = a_run(home)
    with run.hold(), pytest.raises(KnownFailure) as caught:
        discard_run(run)
    assert caught.value.code == "run-at-work"
    assert run.experiment_file.exists()


def test_that_a_run_that_is_being_started_is_not_discarded(home: Home) -> None:
    run = a_run(home)
    process = launch(
        run, home, lambda folder, _: [sys.executable, "-c", "import time; time.sleep(60)", str(folder.path)]
    )
    try:
        with pytest.raises(KnownFailure) as caught:
            discard_run(run)
    finally:
        process.kill()
        process.wait()
    assert caught.value.code == "run-at-work"
    assert run.path.exists()


def test_that_a_trash_that_refuses_leaves_the_run_as_it_was(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    run = a_run(home)

    def refuse(path: Path) -> None:
        raise OSError("no trash here")

    monkeypatch.setattr("send2trash.send2trash", refuse)
    with pytest.raises(KnownFailure) as caught:
        discard_run(run)
    assert caught.value.code == "trash-refuses"
    assert run.experiment_file.exists()


def test_that_a_teacher_that_is_being_trained_does_not_go(home: Home, trash: Path) -> None:
    idle, busy, later = (home.teachers / name for name in ("idle", "busy", "later"))
    for teacher in (idle, busy, later, home.teachers / ".busy.part"):
        teacher.mkdir()
    with FileLock(busy.with_suffix(".lock")):
        found = shared(home.teachers)
    assert found == [idle, later]
    with FileLock(later.with_suffix(".lock")):  # a run begins to read it after people were asked
        assert [discard_shared(path) for path in found] == [True, False]
    assert [path.exists() for path in (idle, busy, later)] == [False, True, True]
    assert (trash / "idle").exists()


def test_that_runs_that_are_not_over_need_the_teacher_they_train(home: Home) -> None:
    waiting, over = a_run(home), a_run(home)
    over.set_status(State.RUNNING, attempt=1)
    over.set_status(State.COMPLETED, attempt=1)
    a_run(home, f"teacher={{kind: mlp, weights: 'run:{over.id}'}}")
    alone = a_run(home, "method={kind: none}")  # its teacher is trained too, to be compared with
    a_run(home).experiment_file.write_text("kind: [")
    assert {run.path for run in needing_teachers(home)} == {waiting.path, alone.path}
