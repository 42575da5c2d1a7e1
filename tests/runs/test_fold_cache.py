"""The kept fold: the same as reading all events, and believed only while they are as they were."""

import json
import shutil
from collections.abc import Callable

import pytest

from kdstudio.runs import fold_cache
from kdstudio.runs.events import EventReader
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.state import RunState
from tests.fakes import a_story, a_told_run, resumed


@pytest.fixture
def folder(home: Home) -> RunFolder:
    made = a_told_run(home, resumed(a_story(), 100, 200))
    state, _ = made.fold()
    fold_cache.keep(made, state, made.events_file.stat().st_size)
    return made


def everything(state: RunState) -> object:
    stages = [(stage, stage.curves, stage.clock, stage.latest) for stage in state.stages.values()]
    return state.timeless(), stages, state.seconds, state.current, state.attempt, state.events


def test_that_a_kept_fold_is_the_fold_of_all_events(folder: RunFolder) -> None:
    state, size = fold_cache.kept(folder) or (RunState(), 0)
    assert size == folder.events_file.stat().st_size
    assert everything(state) == everything(folder.fold()[0])


def test_that_a_fold_that_was_kept_while_the_run_went_on_serves_for_what_came_before(home: Home) -> None:
    folder = a_told_run(home, resumed(a_story(), 100, 200))
    lines = folder.events_file.read_bytes().splitlines(keepends=True)
    for number in range(0, len(lines), 40):
        size = sum(map(len, lines[:number]))
        folder.events_file.write_bytes(b"".join(lines[:number]))
        fold_cache.keep(folder, folder.fold()[0], size)
        folder.events_file.write_bytes(b"".join(lines))

        state, known = fold_cache.kept(folder) or (RunState(), -1)

        assert known == size
        state.apply_all(EventReader(folder.events_file, known).read())
        assert everything(state) == everything(folder.fold()[0])


def test_that_a_copy_of_a_run_keeps_its_fold(folder: RunFolder, home: Home) -> None:
    copy = RunFolder(home.runs / "copy")
    shutil.copytree(folder.path, copy.path, copy_function=shutil.copy)
    assert fold_cache.kept(copy) is not None


def another_event(folder: RunFolder) -> None:
    path = folder.events_file
    path.write_bytes(path.read_bytes().replace(b'"lr":', b'"Lr":', 1))


def fewer_events(folder: RunFolder) -> None:
    path = folder.events_file
    path.write_bytes(path.read_bytes()[:-9])


def torn(folder: RunFolder) -> None:
    path = folder.path / "fold.bin"
    path.write_bytes(path.read_bytes()[:-9])


def nonsense(folder: RunFolder) -> None:
    (folder.path / "fold.bin").write_bytes(b'{"mark": 7')


def of_another_version(folder: RunFolder) -> None:
    path = folder.path / "fold.bin"
    path.write_bytes(path.read_bytes().replace(b'{"mark":[', b'{"mark":[9', 1))


def gone(folder: RunFolder) -> None:
    (folder.path / "fold.bin").unlink()


def no_events(folder: RunFolder) -> None:
    folder.events_file.unlink()


def spoilt(name: str, value: str) -> Callable[[RunFolder], None]:
    """The fold of these very events, with something odd for one of its values."""

    def spoil(folder: RunFolder) -> None:
        path = folder.path / "fold.bin"
        head, _, body = path.read_bytes().partition(b"\n")
        text = json.dumps({**json.loads(head), name: 0}).replace(f'"{name}": 0', f'"{name}": {value}')
        path.write_bytes(text.encode() + b"\n" + body)

    return spoil


ODD = [
    spoilt("mark", f"[{fold_cache.VERSION}, Infinity, 0, 0]"), spoilt("mark", f"[{fold_cache.VERSION}, 1e400, 0, 0]"),
    spoilt("attempt", "Infinity"), spoilt("attempt", "1e999"), spoilt("attempt", "NaN"), spoilt("parameters", "[" * 50_000),
    spoilt("parameters", "[" * 50_000 + "]" * 50_000), spoilt("seconds", "[[1e400, 0]]"), spoilt("seconds", "[[1, 2, 3]]"),
    spoilt("stages", "7"), spoilt("stages", "[{}]"), spoilt("notes", '["[[[["]'), spoilt("current", "true"),
]  # fmt: skip


@pytest.mark.parametrize("damage", ODD)
def test_that_odd_numbers_and_deep_nesting_in_a_kept_fold_are_not_believed(
    folder: RunFolder, damage: Callable[[RunFolder], None]
) -> None:
    damage(folder)
    assert fold_cache.kept(folder) is None


@pytest.mark.parametrize("damage", [another_event, fewer_events, torn, nonsense, of_another_version, gone, no_events])
def test_that_a_fold_that_is_not_that_of_the_events_is_not_believed(
    folder: RunFolder, damage: Callable[[RunFolder], None]
) -> None:
    before = [path.read_bytes() for path in (folder.events_file, folder.path / "fold.bin")]
    damage(folder)
    assert before != [path.read_bytes() for path in (folder.events_file, folder.path / "fold.bin") if path.exists()]
    assert fold_cache.kept(folder) is None


def test_that_a_fold_of_more_bytes_than_there_are_is_not_kept(folder: RunFolder) -> None:
    gone(folder)
    fold_cache.keep(folder, RunState(), folder.events_file.stat().st_size + 1)
    assert [path.name for path in folder.path.glob("*fold*")] == []
