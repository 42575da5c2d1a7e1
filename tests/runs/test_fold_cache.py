"""The kept fold: the same as reading all events, and believed only while they are as they were."""

from collections.abc import Callable

import pytest

from kdstudio.runs import fold_cache
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.state import RunState
from tests.fakes import a_story, a_told_run, resumed


@pytest.fixture
def folder(home: Home) -> RunFolder:
    made = a_told_run(home, resumed(a_story(), 100, 200))
    state, _ = made.fold()
    fold_cache.keep(made, state, fold_cache.mark_of(made))
    return made


def everything(state: RunState) -> object:
    stages = [(stage, stage.curves, stage.clock, stage.latest) for stage in state.stages.values()]
    return state.timeless(), stages, state.seconds, state.current, state.attempt, state.events


def test_that_a_kept_fold_is_the_fold_of_all_events(folder: RunFolder) -> None:
    found = fold_cache.kept(folder)
    assert found is not None
    assert everything(found) == everything(folder.fold()[0])


def longer_events(folder: RunFolder) -> None:
    with folder.events_file.open("ab") as file:
        file.write(b"{}\n")


def torn(folder: RunFolder) -> None:
    path = folder.path / "fold.bin"
    path.write_bytes(path.read_bytes()[:-9])


def nonsense(folder: RunFolder) -> None:
    (folder.path / "fold.bin").write_bytes(b'{"mark": 7')


def gone(folder: RunFolder) -> None:
    (folder.path / "fold.bin").unlink()


def no_events(folder: RunFolder) -> None:
    folder.events_file.unlink()


@pytest.mark.parametrize("damage", [longer_events, torn, nonsense, gone, no_events])
def test_that_a_fold_that_is_not_that_of_the_events_is_not_believed(
    folder: RunFolder, damage: Callable[[RunFolder], None]
) -> None:
    damage(folder)
    assert fold_cache.kept(folder) is None
