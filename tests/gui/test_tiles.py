"""The four tiles say how large the student is against its teacher, in figures that people can picture."""

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from kdstudio.gui.cards import Elided
from kdstudio.gui.pages.tiles import Tiles
from kdstudio.runs.events import ModelReady
from kdstudio.runs.state import RunState
from kdstudio.runs.summary import summarise
from tests.fakes import a_story

pytestmark = pytest.mark.gui


@pytest.mark.parametrize(
    ("parameters", "number", "note"),
    [
        (3_762_000, "3.8 M", "parameters, 41.8 times the teacher"),
        (90_000, "90.0 k", "parameters, 100.0 % of the teacher"),
        (2_400, "2.4 k", "parameters, 2.7 % of the teacher"),
        (19, "19", "parameters, 0.021 % of the teacher"),
    ],
)
def test_that_the_size_is_set_against_the_teachers(qtbot: QtBot, parameters: int, number: str, note: str) -> None:
    tiles, state = Tiles(), RunState()
    qtbot.addWidget(tiles)
    state.apply_all(
        msgspec.structs.replace(event, parameters=parameters)
        if isinstance(event, ModelReady) and event.who == "student"
        else event
        for event in a_story()
    )
    tiles.show_run(state, None)
    assert (tiles.cost.number, tiles.cost.note) == (number, note)


def test_that_a_narrow_tile_says_the_ratio_in_fewer_words(qtbot: QtBot) -> None:
    tiles, state = Tiles(), RunState()
    qtbot.addWidget(tiles)
    state.apply_all(a_story())
    tiles.show_run(state, None)
    tiles.show()
    note = next(label for label in tiles.cost.findChildren(Elided) if label.whole == tiles.cost.note)
    for words in ("parameters, 2.7 % of the teacher", "2.7 % of the teacher", "2.7 % of teacher"):
        note.resize(note.fontMetrics().horizontalAdvance(words), 20)
        assert note.text() == words


def test_that_a_student_without_a_known_teacher_has_its_parameters_alone(qtbot: QtBot) -> None:
    tiles, state = Tiles(), RunState()
    qtbot.addWidget(tiles)
    state.apply_all(event for event in a_story() if getattr(event, "who", "") != "teacher")
    tiles.show_run(state, None)
    assert (tiles.cost.number, tiles.cost.note) == ("2.4 k", "parameters")


def test_that_a_mean_over_seeds_is_called_one_without_a_baseline_too(qtbot: QtBot) -> None:
    tiles, state = Tiles(), RunState()
    qtbot.addWidget(tiles)
    state.apply_all(a_story(baseline=False))
    tiles.show_run(state, summarise(state, "x"))
    assert tiles.accuracy.note == "test data, mean of 3 seeds"


def test_that_a_paused_run_is_not_said_to_have_ended(qtbot: QtBot) -> None:
    tiles, state = Tiles(), RunState()
    qtbot.addWidget(tiles)
    state.lose("paused")
    tiles.show_run(state, None)
    assert tiles.agreement.note == "waiting for the student"
