"""The list of all runs: the index is a cache, the folders are the truth, damage is shown and never fatal."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kdstudio.runs import library
from kdstudio.runs.files import write_json
from kdstudio.runs.folder import About, RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.library import Library, read_row
from tests.fakes import EXPERIMENT, a_process_at_work, a_run, a_story, a_told_run
from tests.runs.test_folder import FILES, JUNK


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names of the folders that are read, as they are read."""
    seen: list[str] = []

    def read(folder: RunFolder) -> library.Row:
        seen.append(folder.path.name)
        return read_row(folder)

    monkeypatch.setattr(library, "read_row", read)
    yield seen


def named(home: Home, name: str) -> RunFolder:
    """A completed run whose folder is called `name`."""
    folder = a_told_run(home, a_story(seeds=(0,), steps=10))
    return RunFolder(folder.path.rename(home.runs / name))


def test_that_rows_come_newest_first(home: Home) -> None:
    for name in ("20260102-000000_b_bbbbbbbb", "20260301-000000_c_cccccccc", "20251231-235959_a_aaaaaaaa"):
        named(home, name)

    rows = Library(home).rows()

    assert [row.id for row in rows] == ["cccccccc", "bbbbbbbb", "aaaaaaaa"]
    assert rows[0].created == "2026-03-01 00:00:00"


@pytest.mark.parametrize(
    ("weak", "expected"),
    [({"seeds": 3, "chance": 0.1}, True), ({"seeds": 2, "chance": 0.1}, False), (None, False), ({"seeds": "3"}, False)],
)
def test_that_a_row_knows_when_the_students_of_all_seeds_learned_almost_nothing(
    home: Home, weak: Any, expected: bool
) -> None:
    folder = a_told_run(home)
    write_json(folder.summary_file, {**folder.summary(), "seeds": 3, "weak": weak})
    (row,) = Library(home).rows()
    assert row.weak is expected


def test_that_a_row_shows_what_the_run_came_to(home: Home) -> None:
    folder = a_told_run(home)

    (row,) = Library(home).rows()

    assert (row.id, row.folder, row.state, row.problem) == (folder.id, str(folder.path), "completed", "")
    assert row.title == "Digits of a test"
    assert row.headline is not None and row.headline.startswith("+5.0 points with the teacher")
    assert row.gain == pytest.approx(0.05, abs=0.001)
    assert (row.accuracy, row.split) == (pytest.approx(0.9, abs=0.01), "test")
    assert row.validation == pytest.approx(0.91), "the mean over seeds of the best, as in the results table"
    assert row.seconds and row.seconds > 0


def test_that_a_row_carries_what_the_table_can_show(home: Home) -> None:
    a_told_run(home, text=EXPERIMENT + "compute: {device: cpu}\n")

    (row,) = Library(home).rows()

    assert (row.dataset, row.model, row.method, row.device, row.seeds) == ("digits", "mlp", "soft-targets", "cpu", 3)
    assert (row.attempt, row.parameters, row.code) == (1, 2400, None)
    assert row.teacher == pytest.approx(0.96)
    assert row.baseline == pytest.approx(0.85)
    assert row.gain_low is not None and row.gain_high is not None
    assert row.gain_low <= 0.05 <= row.gain_high
    assert row.curve[0] == pytest.approx(0.3)
    assert list(row.curve) == sorted(row.curve)


def test_that_a_kept_library_gives_the_same_row_for_a_run_that_did_not_change(home: Home) -> None:
    folders = [a_told_run(home) for _ in range(2)]
    kept = Library(home)
    first = {row.id: row for row in kept.rows()}
    folders[0].set_about(About(name="Mine"))

    again = {row.id: row for row in kept.rows()}

    assert again[folders[0].id].title == "Mine"
    assert again[folders[1].id] is first[folders[1].id]


def test_that_a_home_that_was_moved_names_its_folders_where_they_are(home: Home) -> None:
    a_told_run(home)
    Library(home).rows()
    moved = Home(home.root.rename(home.root.with_name("moved")))

    (row,) = Library(moved).rows()

    assert Path(row.folder).is_dir()


def test_that_reading_says_how_far_it_is_and_ends_when_it_is_told(home: Home, reads: list[str]) -> None:
    for number in range(library.PORTION + 10):
        (home.runs / f"20260101-{number:06d}_run_{number:08d}").mkdir()
    told: list[tuple[int, int]] = []

    some = Library(home).rows(lambda done, of: told.append((done, of)) or done == 0)

    assert told == [(0, library.PORTION + 10), (library.PORTION, library.PORTION + 10)]
    assert len(some) == library.PORTION
    reads.clear()
    assert len(Library(home).rows()) == library.PORTION + 10
    assert len(reads) == 10


def test_that_a_row_of_a_queued_run_has_its_title_and_no_numbers(home: Home) -> None:
    a_run(home)

    (row,) = Library(home).rows()

    assert (row.title, row.state, row.problem) == ("Digits of a test", "queued", "")
    assert (row.headline, row.accuracy, row.gain, row.seconds) == (None, None, None, None)


def test_that_an_untouched_folder_is_not_read_again(home: Home, reads: list[str]) -> None:
    folders = [a_told_run(home) for _ in range(3)]
    first = Library(home).rows()
    assert len(reads) == 3
    reads.clear()

    assert Library(home).rows() == first
    assert reads == []

    folders[1].set_about(About(name="Mine", tags=("good", "bad"), notes="see page 3"))
    again = {row.id: row for row in Library(home).rows()}

    assert reads == [folders[1].path.name]
    mine = again[folders[1].id]
    assert (mine.title, mine.tags, mine.notes) == ("Mine", ("good", "bad"), "see page 3")


def test_that_a_deleted_folder_leaves_the_list_and_the_index(home: Home) -> None:
    keep, gone = a_told_run(home), a_told_run(home)
    Library(home).rows()
    shutil.rmtree(gone.path)

    assert [row.id for row in Library(home).rows()] == [keep.id]
    with sqlite3.connect(home.index) as index:
        assert index.execute("SELECT count(*) FROM runs").fetchone() == (1,)
    index.close()


def test_that_a_run_is_shown_lost_as_soon_as_its_process_is_gone(home: Home) -> None:
    folder = a_run(home)
    with a_process_at_work(folder):
        assert [row.state for row in Library(home).rows()] == ["running"]

    # No file has changed since.
    assert [(row.state, row.code) for row in Library(home).rows()] == [("lost", "killed")]


# Damage


def rubbish(path: Path) -> None:
    path.write_bytes(b"this is no database" * 500)


def nothing(path: Path) -> None:
    path.write_bytes(b"")


def torn(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _sql(path: Path, *lines: str) -> None:
    index = sqlite3.connect(path)
    with index:
        for line in lines:
            index.execute(line)
    index.close()


def another_version(path: Path) -> None:
    _sql(path, "PRAGMA user_version = 77", "DROP TABLE runs", "CREATE TABLE runs (what TEXT)")


def another_table(path: Path) -> None:
    _sql(path, "DROP TABLE runs", "CREATE TABLE runs (what TEXT)")


def rows_that_are_no_json(path: Path) -> None:
    _sql(path, "UPDATE runs SET row = 'nonsense'")


def rows_with_other_fields(path: Path) -> None:
    _sql(path, """UPDATE runs SET row = '{"mood": 3, "tags": []}'""")


def rows_of_null(path: Path) -> None:
    _sql(path, "UPDATE runs SET row = NULL")


@pytest.mark.parametrize(
    "damage",
    [
        rubbish, nothing, torn, a_folder, another_version, another_table, rows_that_are_no_json,
        rows_with_other_fields, rows_of_null,
    ],
    ids=lambda damage: damage.__name__,
)  # fmt: skip
def test_that_a_damaged_index_costs_nothing_but_time(home: Home, damage: Any) -> None:
    a_told_run(home)
    good = Library(home).rows()

    damage(home.index)

    assert Library(home).rows() == good
    assert Library(home).rows() == good


def test_that_an_index_that_another_program_holds_is_waited_for_or_passed_by(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_told_run(home)
    good = Library(home).rows()
    monkeypatch.setattr(library, "PATIENCE", 0.05)
    a_told_run(home)
    index = sqlite3.connect(home.index, isolation_level=None)
    index.execute("BEGIN EXCLUSIVE")

    rows = Library(home).rows()

    index.execute("ROLLBACK")
    index.close()
    assert len(rows) == 2
    assert good[0] in rows
    assert home.index.exists()


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK.keys())
@pytest.mark.parametrize("name", FILES)
def test_that_a_damaged_folder_is_still_a_row(home: Home, name: str, junk: bytes) -> None:
    good, damaged = a_told_run(home), a_told_run(home)
    (damaged.path / name).write_bytes(junk)

    rows = {row.id: row for row in Library(home).rows()}

    assert set(rows) == {good.id, damaged.id}
    assert rows[good.id].problem == ""
    assert list(Library(home).rows()) == list(rows.values())
    json.dumps([row.problem for row in rows.values()])


TORN = [("status.json", "damaged"), ("summary.json", "damaged"), ("experiment.yaml", "damaged")]


@pytest.mark.parametrize(("name", "word"), TORN)
def test_that_a_row_says_which_file_is_damaged(home: Home, name: str, word: str) -> None:
    folder = a_told_run(home)
    (folder.path / name).write_text("")

    (row,) = Library(home).rows()

    assert row.problem == f"{name} is {word}"


@pytest.mark.parametrize("name", ["status.json", "experiment.yaml"])
def test_that_a_row_says_which_file_is_missing(home: Home, name: str) -> None:
    folder = a_told_run(home)
    (folder.path / name).unlink()

    (row,) = Library(home).rows()

    assert row.problem == f"{name} is missing"


def test_that_an_empty_folder_is_a_row_that_says_so(home: Home) -> None:
    (home.runs / "odd").mkdir()

    (row,) = Library(home).rows()

    assert (row.title, row.state) == ("odd", "lost")
    assert row.problem == "experiment.yaml is missing; status.json is missing"


def test_that_files_and_hidden_folders_among_the_runs_are_passed_over(home: Home) -> None:
    (home.runs / "notes.txt").write_text("mine")
    (home.runs / ".trash").mkdir()

    assert Library(home).rows() == []


def test_that_a_home_without_runs_folder_has_no_runs(home: Home) -> None:
    home.runs.rmdir()

    assert Library(home).rows() == []


def test_that_of_two_thousand_runs_only_the_changed_ones_are_read(home: Home, reads: list[str]) -> None:
    summary = a_told_run(home).summary()
    for number in range(1999):
        folder = home.runs / f"20260101-{number:06d}_run_{number:08d}"
        folder.mkdir()
        (folder / "experiment.yaml").write_text("kind: classification\ntitle: Many\n")
        (folder / "status.json").write_text('{"state": "completed", "attempt": 1}')
        (folder / "summary.json").write_text(json.dumps(summary))
    assert len(Library(home).rows()) == 2000
    assert len(reads) == 2000
    reads.clear()
    for number in (7, 77, 777):
        path = home.runs / f"20260101-{number:06d}_run_{number:08d}" / "summary.json"
        write_json(path, {**summary, "title": "Changed"})

    rows = Library(home).rows()

    assert len(reads) == 3
    assert [row.title for row in rows].count("Changed") == 3
