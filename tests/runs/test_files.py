"""Small files: whole or not at all."""

import math
from pathlib import Path

import pytest

from kdstudio.runs.files import patiently, read_json, write_json, write_whole
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
