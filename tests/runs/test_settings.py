"""The program's own settings survive whatever their file holds."""

import pytest

from kdstudio.runs.home import Home
from kdstudio.runs.settings import Settings, read_settings, write_settings


def test_that_a_fresh_home_has_the_defaults(home: Home) -> None:
    assert read_settings(home) == Settings()


def test_that_settings_come_back_as_they_were_written(home: Home) -> None:
    chosen = Settings(theme="dark", threads=3, presenter=True, smoothing=0.5)
    write_settings(home, chosen)
    assert read_settings(home) == chosen


@pytest.mark.parametrize("text", ["", "[]", "{", '"x"', "null"])
def test_that_a_damaged_file_gives_the_defaults(home: Home, text: str) -> None:
    (home.root / "settings.json").write_text(text)
    assert read_settings(home) == Settings()


def test_that_one_odd_field_costs_that_field_alone(home: Home) -> None:
    (home.root / "settings.json").write_text('{"theme": "light", "threads": "many", "presenter": 1, "later": true}')
    assert read_settings(home) == Settings(theme="light")


def test_that_a_number_beyond_all_numbers_can_be_written_over(home: Home) -> None:
    (home.root / "settings.json").write_text('{"smoothing": 1e999, "threads": 2}')
    write_settings(home, read_settings(home))
    assert read_settings(home) == Settings(threads=2)


def test_that_a_whole_number_may_stand_for_a_fraction(home: Home) -> None:
    (home.root / "settings.json").write_text('{"smoothing": 0}')
    assert read_settings(home).smoothing == 0
