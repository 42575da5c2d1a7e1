"""The fold that the driver keeps beside the events: theirs at every moment, and made anew where something else lies there."""

import shutil
from collections.abc import Callable

import pytest

from kdstudio.engine.driver import drive
from kdstudio.runs import fold_cache
from kdstudio.runs.events import AnyEvent, EventReader
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.state import RunState
from tests.engine.lab import a_run, carried_out, halt_at
from tests.engine.test_driver import in_student


@pytest.fixture(autouse=True)
def every_event_is_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiny runs are not worth a kept fold, and write no second one within a second of the first."""
    from kdstudio.engine import driver

    monkeypatch.setattr(fold_cache, "WORTH", 1)
    monkeypatch.setattr(driver, "SUMMARY", 0.0)


def everything(state: RunState) -> object:
    stages = [
        (stage, stage.curves, stage.clock, stage.latest, stage.began, stage.before, stage.rate)
        for stage in state.stages.values()
    ]
    seconds = (state.seconds, dict(state._seconds))
    return state.timeless(), stages, seconds, state.current, state.attempt, state.events, state.parameters


def is_that_of_the_events(folder: RunFolder) -> None:
    kept = fold_cache.kept(folder)
    assert kept is not None
    state, size = kept
    assert size == folder.events_file.stat().st_size
    assert everything(state) == everything(folder.fold()[0])


def test_that_the_kept_fold_of_a_completed_run_is_that_of_its_events(home: Home) -> None:
    folder = a_run(home)
    assert drive(folder, home) == "completed"
    is_that_of_the_events(folder)
    assert [path.name for path in folder.path.glob(".fold*")] == []


def test_that_what_is_kept_at_work_and_the_events_after_it_are_the_whole_fold(home: Home) -> None:
    folder, sizes = a_run(home), set()

    def watch(event: AnyEvent, state: RunState) -> None:
        kept = fold_cache.kept(folder)
        if kept is not None and kept[1] not in sizes:
            known, size = kept
            sizes.add(size)
            known.apply_all(EventReader(folder.events_file, size).read())
            assert everything(known) == everything(folder.fold()[0])

    assert drive(folder, home, on_event=watch) == "completed"
    assert len(sizes) > 3, "it was kept again as the events grew"


def torn(folder: RunFolder) -> None:
    path = folder.path / "fold.bin"
    path.write_bytes(path.read_bytes()[:-9])


def of_another_run(folder: RunFolder) -> None:
    other = carried_out(Home.of(folder), "seeds=[0]", "training.steps=1", "teacher_training.steps=1")
    shutil.copyfile(other.path / "fold.bin", folder.path / "fold.bin")


def of_changed_events(folder: RunFolder) -> None:
    events = folder.events_file.read_bytes()
    folder.events_file.write_bytes(events.replace(b'"epoch":1.', b'"epoch":2.', 1))


def nonsense(folder: RunFolder) -> None:
    (folder.path / "fold.bin").write_bytes(bytes(range(256)))


def a_folder_in_its_place(folder: RunFolder) -> None:
    (folder.path / "fold.bin").unlink()
    (folder.path / "fold.bin").mkdir()


@pytest.mark.parametrize("damage", [torn, of_another_run, of_changed_events, nonsense])
def test_that_a_fold_that_is_not_that_of_the_events_is_passed_over_and_made_anew(
    home: Home, damage: Callable[[RunFolder], None]
) -> None:
    folder = a_run(home)
    assert drive(folder, home, on_event=halt_at(in_student)) == "failed"
    is_that_of_the_events(folder)
    damage(folder)
    assert fold_cache.kept(folder) is None

    assert drive(folder, home) == "completed"
    is_that_of_the_events(folder)


def test_that_a_fold_that_cannot_be_kept_is_no_trouble(home: Home) -> None:
    folder = a_run(home)
    assert drive(folder, home, on_event=halt_at(in_student)) == "failed"
    a_folder_in_its_place(folder)
    assert drive(folder, home) == "completed"
    assert fold_cache.kept(folder) is None
    assert [path.name for path in folder.path.glob(".fold*")] == []


def test_that_a_resumed_run_keeps_the_fold_of_all_its_attempts(home: Home) -> None:
    folder = a_run(home)
    for _ in range(2):
        assert drive(folder, home, on_event=halt_at(in_student)) == "failed"
        is_that_of_the_events(folder)
    assert drive(folder, home) == "completed"
    is_that_of_the_events(folder)
    assert folder.fold()[0].attempt == 3
