"""A chosen home is remembered, comes after --home and KDSTUDIO_HOME, and is never replaced by an empty one in silence."""

import json
import shutil
from pathlib import Path

import pytest

from kdstudio import opening
from kdstudio.runs.chosen_home import choice_file, choose_home, chosen_home, usual_home
from kdstudio.runs.home import Home
from kdstudio.spec.errors import KnownFailure


@pytest.fixture(autouse=True)
def undecided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders of the platform of the test's own, and nothing that names a home."""
    monkeypatch.delenv("KDSTUDIO_HOME")
    monkeypatch.setattr("platformdirs.user_config_path", lambda name, appauthor: tmp_path / "config" / name)
    monkeypatch.setattr("platformdirs.user_data_path", lambda name, appauthor: tmp_path / "data" / name)


def test_that_a_chosen_home_comes_after_what_is_named_and_before_the_platforms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Home.locate().root == tmp_path / "data" / "kdstudio"
    choose_home(tmp_path / "chosen")
    assert (Home.locate().root, Home.locate().decided_by) == (tmp_path / "chosen", "")
    monkeypatch.setenv("KDSTUDIO_HOME", str(tmp_path / "named"))
    assert (Home.locate().root, Home.locate().decided_by) == (tmp_path / "named", "KDSTUDIO_HOME")
    told = Home.locate(tmp_path / "told")
    assert (told.root, told.decided_by) == (tmp_path / "told", "--home")


def test_that_the_choice_outlives_the_old_home_where_settings_and_data_share_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platformdirs.user_config_path", lambda name, appauthor: tmp_path / "data" / name)
    old = Home.locate().root
    choose_home(tmp_path / "chosen")
    shutil.rmtree(old)
    assert Home.locate().root == tmp_path / "chosen"


def test_that_choosing_the_platforms_home_leaves_nothing_behind(tmp_path: Path) -> None:
    choose_home(tmp_path / "chosen")
    assert choice_file().is_file()
    choose_home(tmp_path / "data" / "kdstudio")
    assert not choice_file().exists()
    assert usual_home() == tmp_path / "data" / "kdstudio"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"home": 3}', '{"home": "relative/folder"}', '{"home": ""}'])
def test_that_a_damaged_choice_is_none(tmp_path: Path, text: str) -> None:
    choice_file().parent.mkdir(parents=True)
    choice_file().write_text(text)
    assert chosen_home() is None
    assert Home.locate().root == tmp_path / "data" / "kdstudio"


def test_that_a_folder_that_cannot_be_written_is_not_chosen(tmp_path: Path) -> None:
    choose_home(tmp_path / "chosen")
    (tmp_path / "file").write_text("")
    with pytest.raises(KnownFailure) as failure:
        choose_home(tmp_path / "file" / "home")
    assert (failure.value.code, failure.value.parameters["path"]) == ("home-unusable", str(tmp_path / "file" / "home"))
    assert chosen_home() == tmp_path / "chosen"
    assert list((tmp_path / "chosen").iterdir()) == []  # trying it out leaves nothing


def test_that_a_choice_that_cannot_be_kept_is_a_known_failure(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("")
    with pytest.raises(KnownFailure) as failure:
        choose_home(tmp_path / "chosen")
    assert failure.value.code == "choice-not-kept"


def test_that_a_chosen_home_that_is_gone_is_said_and_not_made_anew(tmp_path: Path) -> None:
    choose_home(tmp_path / "disk" / "home")
    (tmp_path / "disk" / "home").rmdir()
    with pytest.raises(KnownFailure) as failure:
        Home.locate()
    assert failure.value.code == "home-gone"
    assert not (tmp_path / "disk" / "home").exists()
    home, trouble = opening._home(None)
    assert (home.root, home.decided_by) == (tmp_path / "data" / "kdstudio", "")
    assert trouble is not None
    assert trouble.parameters == {"path": str(tmp_path / "disk" / "home"), "file": str(choice_file())}
    assert json.loads(choice_file().read_text()) == {"home": str(tmp_path / "disk" / "home")}  # it may come back


def test_that_a_named_home_that_cannot_be_used_is_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KnownFailure):
        opening._home(tmp_path / "file")
    monkeypatch.setenv("KDSTUDIO_HOME", str(tmp_path / "file"))
    with pytest.raises(KnownFailure):
        opening._home(None)
