"""The home: where it is, what it makes, and how a run in it is named."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home, slug
from kdstudio.spec.errors import KnownFailure
from tests.fakes import a_run


def test_that_an_explicit_home_beats_the_environment(home: Home, tmp_path: Path) -> None:
    assert Home.locate(tmp_path / "other").root == tmp_path / "other"
    assert Home.locate().root == home.root


def test_that_without_any_word_the_home_is_the_platforms_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KDSTUDIO_HOME", "")
    monkeypatch.setattr("platformdirs.user_data_path", lambda name, appauthor: tmp_path / name)

    assert Home.locate().root == tmp_path / "kdstudio"


def test_that_a_home_is_made_with_its_parts(tmp_path: Path) -> None:
    home = Home.locate(tmp_path / "deep" / "down")

    assert all(folder.is_dir() for folder in (home.runs, home.teachers, home.outputs, home.locks))
    assert not home.index.exists()


def test_that_a_relative_home_is_absolute_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert Home.locate(Path("here")).root == tmp_path / "here"


def test_that_a_home_that_cannot_be_made_is_a_known_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(KnownFailure) as failure:
        Home.locate(tmp_path / "file")
    assert failure.value.code == "home-unusable"
    assert failure.value.parameters["path"] == str(tmp_path / "file")


def test_that_the_home_of_a_run_is_the_one_that_it_lies_in(home: Home, tmp_path: Path) -> None:
    other = Home.locate(tmp_path / "other")

    assert Home.of(a_run(other)).root == other.root
    assert Home.of(a_run(other), home.root).root == home.root
    assert Home.of(RunFolder(tmp_path / "loose" / "run")).root == home.root


@given(st.text(max_size=200))
def test_that_a_slug_fits_every_file_system(title: str) -> None:
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", slug(title))


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Handwritten digits, few labels", "handwritten-digits-few-labels"),
        ("Größe über alles", "groe-uber-alles"),
        ("数字", "run"),
        ("../../etc/passwd", "etc-passwd"),
        ("a" * 100, "a" * 40),
    ],
)
def test_that_a_slug_keeps_the_words_of_the_title(title: str, expected: str) -> None:
    assert slug(title) == expected


def test_that_new_runs_of_one_title_never_share_a_folder(home: Home) -> None:
    folders = {home.new_run("The same").path for _ in range(200)}

    assert len(folders) == 200
    assert all(re.fullmatch(r"\d{8}-\d{6}_the-same_[a-z2-9]{8}", path.name) for path in folders)


def test_that_a_run_is_found_by_folder_name_id_and_beginning(home: Home) -> None:
    folder = a_run(home)

    for name in (str(folder.path), folder.path.name, folder.id, folder.id[:4]):
        assert home.find(name) == folder


def test_that_a_run_elsewhere_is_found_by_its_path(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = a_run(Home.locate(tmp_path / "other"))
    monkeypatch.chdir(elsewhere.path.parent)

    assert home.find(elsewhere.path.name) == elsewhere


@pytest.mark.parametrize("name", ["zzzz", "", "/nowhere/at/all", "*"])
def test_that_an_unknown_run_is_a_known_failure(home: Home, name: str) -> None:
    a_run(home)

    with pytest.raises(KnownFailure) as failure:
        home.find(name)
    assert failure.value.code == "run-unknown"


def test_that_the_beginning_of_two_ids_is_refused_and_counted(home: Home) -> None:
    for name in ("abcd2345", "abcd6789", "abcd"):
        RunFolder(home.runs / f"20260101-000000_x_{name}").path.mkdir()

    with pytest.raises(KnownFailure) as failure:
        home.find("abc")
    assert (failure.value.code, failure.value.parameters["count"]) == ("run-ambiguous", 3)
    assert home.find("abcd").id == "abcd"
