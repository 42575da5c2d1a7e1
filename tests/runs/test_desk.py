"""The window's side of the desk, with a real desk behind it."""

import signal
import time
from collections.abc import Callable, Iterator

import pytest

from kdstudio.runs.desk import Answer, Desk
from kdstudio.runs.home import Home

EXPERIMENT = {"kind": "classification", "dataset": {"kind": "digits"}, "training": {"steps": 10}}


@pytest.fixture
def desk(home: Home) -> Iterator[Desk]:
    desk = Desk(home)
    yield desk
    desk.close()


def until(desk: Desk, over: Callable[[list[Answer]], bool]) -> list[Answer]:
    """All answers until `over` is content with them."""
    came: list[Answer] = []
    end = time.monotonic() + 60
    while not over(came):
        assert time.monotonic() < end, came
        came += desk.answers()
        time.sleep(0.01)
    return came


def answered(desk: Desk, number: int) -> list[Answer]:
    return until(desk, lambda came: any(answer.id == number and answer.over for answer in came))


def test_that_the_desk_previews_an_experiment_piece_by_piece(desk: Desk) -> None:
    came = answered(desk, desk.ask("preview", experiment=EXPERIMENT))
    assert [answer.part for answer in came] == ["networks", "data", "memory", "time", "devices", None]
    assert came[0].values["student"]["parameters"] == 2410
    assert came[1].values["images"] == {"train": 1079, "validation": 179, "test": 539}
    assert came[-1].failed is None


def test_that_a_failed_question_names_its_code_and_the_next_is_answered(desk: Desk) -> None:
    missing = {**EXPERIMENT, "dataset": {"kind": "idx", "path": "/nowhere"}}
    came = answered(desk, desk.ask("preview", experiment=missing))
    assert (came[-1].failed, came[-1].parameters["path"]) == ("file-missing", "/nowhere")
    assert answered(desk, desk.ask("devices"))[0].values["available"][-1] == "cpu"


def test_that_a_cancelled_question_ends_without_an_answer(desk: Desk) -> None:
    first = desk.ask("preview", experiment=EXPERIMENT)
    second = desk.ask("preview", experiment=EXPERIMENT)
    desk.cancel(second)
    came = until(desk, lambda came: {answer.id for answer in came if answer.over} == {first, second})
    assert [answer.cancelled for answer in came if answer.id == second] == [True]


def test_that_a_desk_that_died_fails_its_questions_and_is_started_again(desk: Desk) -> None:
    number = desk.ask("devices")
    answered(desk, number)
    assert desk._process is not None
    desk._process.send_signal(signal.SIGSTOP)  # so that it cannot be quicker
    lost = desk.ask("preview", experiment=EXPERIMENT)
    desk._process.kill()
    came = answered(desk, lost)
    assert came[-1].failed == "desk-gone"
    assert answered(desk, desk.ask("devices"))[-1].failed is None


def test_that_an_experiment_with_mistakes_is_told_so(desk: Desk) -> None:
    came = answered(desk, desk.ask("preview", experiment={"kind": "classification", "seeds": []}))
    assert came[-1].failed == "experiment-unreadable"
    assert "seeds" in came[-1].parameters["why"]


def test_that_a_killed_desk_fails_what_was_open_and_answers_the_next_question(desk: Desk) -> None:
    answered(desk, desk.ask("devices"))
    lost = desk.ask("preview", experiment=EXPERIMENT)
    desk.kill()
    assert answered(desk, lost)[-1].failed in (None, "desk-gone")  # it may have been quicker
    assert answered(desk, desk.ask("devices"))[-1].failed is None
