"""Small files: whole or not at all."""

import math
import os
from pathlib import Path

import pytest

from kdstudio.runs.files import patiently, read_json, remove, write_folder, write_json, write_whole
from kdstudio.runs.resources import resource


def test_that_a_json_object_comes_back_as_it_was_written(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"ä": [1, None, 2.5]})

    assert read_json(tmp_path / "a.json") == {"ä": [1, None, 2.5]}


def test_that_a_number_that_is_not_finite_is_never_written(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"old": 1})

    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "a.json", {"new": math.nan})
    assert read_json(tmp_path / "a.json") == {"old": 1}


def test_that_a_write_that_fails_leaves_the_old_text_and_no_part(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "inside").write_text("old")

    with pytest.raises(OSError):
        write_whole(tmp_path / "a", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_that_bytes_are_written_as_they_are(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.png", b"\x89PNG\r\n\x1a\n")

    assert (tmp_path / "a.png").read_bytes() == b"\x89PNG\r\n\x1a\n"


def test_that_a_write_leaves_nothing_beside_the_file(tmp_path: Path) -> None:
    for text in ("one", "two"):
        write_whole(tmp_path / "a.txt", text)

    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "two"


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "null", '"text"', '{"a": NaN}', '{"a": Infinity}'])
def test_that_what_is_no_json_object_reads_as_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)

    assert read_json(tmp_path / "a.json") is None
    assert read_json(tmp_path / "missing.json") is None


def test_that_patience_ends_at_once_where_the_refusal_is_meant() -> None:
    calls = []

    def refuse() -> None:
        calls.append(1)
        raise PermissionError

    with pytest.raises(PermissionError):
        patiently(refuse)
    assert len(calls) == 1


def test_that_a_shipped_folder_is_found_and_a_missing_file_named() -> None:
    assert resource("experiments").is_dir()
    with pytest.raises(FileNotFoundError, match=r"experiments/nothing\.yaml is missing"):
        resource("experiments", "nothing.yaml")


# Folders.


def names_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def a_folder(place: Path, text: str) -> None:
    with write_folder(place) as aside:
        (aside / "inside").mkdir()
        (aside / "inside" / "a.txt").write_text(text)


def test_that_a_folder_takes_the_place_of_the_old_one_whole_and_leaves_nothing_aside(tmp_path: Path) -> None:
    a_folder(tmp_path / "student", "old")
    (tmp_path / "student" / "only in the old one").write_text("")
    a_folder(tmp_path / "student", "new")
    assert names_in(tmp_path) == ["student", "student/inside", "student/inside/a.txt"]
    assert (tmp_path / "student" / "inside" / "a.txt").read_text() == "new"


@pytest.mark.parametrize("error", [OSError("disk"), ValueError("words"), KeyboardInterrupt()])
def test_that_a_folder_that_cannot_be_filled_leaves_the_old_one(tmp_path: Path, error: BaseException) -> None:
    a_folder(tmp_path / "student", "old")
    with pytest.raises(type(error)), write_folder(tmp_path / "student") as aside:
        (aside / "a.txt").write_text("new")
        raise error
    assert names_in(tmp_path) == ["student", "student/inside", "student/inside/a.txt"]


def test_that_a_folder_that_cannot_be_put_in_its_place_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_folder(tmp_path / "student", "old")
    rename = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if self.name == ".student.part":
            raise OSError("not now")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(OSError, match="not now"):
        a_folder(tmp_path / "student", "new")
    assert (tmp_path / "student" / "inside" / "a.txt").read_text() == "old"
    assert names_in(tmp_path) == ["student", "student/inside", "student/inside/a.txt"]


def test_that_what_an_earlier_crash_left_aside_is_not_in_the_way(tmp_path: Path) -> None:
    for name in (".student.part", ".student.old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "half").write_text("")
    a_folder(tmp_path / "student", "new")
    a_folder(tmp_path / "student", "newer")
    assert names_in(tmp_path) == ["student", "student/inside", "student/inside/a.txt"]


def test_that_a_file_where_the_folder_shall_be_gives_way(tmp_path: Path) -> None:
    (tmp_path / "student").write_text("a file")
    a_folder(tmp_path / "student", "new")
    assert (tmp_path / "student" / "inside" / "a.txt").read_text() == "new"


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks up which file a handle is of")
def test_that_what_shall_outlive_a_power_cut_is_on_disk_before_it_is_renamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, sync, replace, rename = [], os.fsync, Path.replace, Path.rename

    def watched(handle: int) -> None:
        order.append(f"sync {Path(f'/proc/self/fd/{handle}').readlink().relative_to(tmp_path.parent)}")
        sync(handle)

    monkeypatch.setattr(os, "fsync", watched)
    monkeypatch.setattr(Path, "replace", lambda self, target: (order.append("in place"), replace(self, target))[1])
    monkeypatch.setattr(Path, "rename", lambda self, target: (order.append("in place"), rename(self, target))[1])
    here = tmp_path.name
    write_whole(tmp_path / "a", "text", durable=True)
    assert order == [f"sync {here}/.a.{os.getpid()}.part", "in place", f"sync {here}"]

    order.clear()
    a_folder(tmp_path / "b", "text")
    inside = {f"sync {here}/.b.part/inside/a.txt", f"sync {here}/.b.part/inside", f"sync {here}/.b.part"}
    assert set(order[:3]) == inside
    assert order[3:] == ["in place", f"sync {here}"]


def test_that_removing_a_link_leaves_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    remove(tmp_path / "link")
    remove(tmp_path / "nothing")
    assert names_in(tmp_path) == ["real"]
