"""How far a run is, how long it will take, and times as people read them."""

import time

import msgspec
import pytest

from kdstudio.runs import outlook as outlook_module
from kdstudio.runs.events import AnyEvent, Progress, RunStarted, StageStarted, StepLogged
from kdstudio.runs.outlook import clock, local_time, outlook, plan
from kdstudio.runs.state import RunState, State
from kdstudio.spec import loads
from tests.fakes import EXPERIMENT, a_story


def test_that_time_left_is_not_said_before_it_means_something() -> None:
    story, experiment = a_story(), loads(EXPERIMENT)
    state = RunState()
    state.apply_all(story[:8])
    assert outlook(state, experiment, State.RUNNING).left is None
    half = next(number for number, event in enumerate(story) if (event.stage, event.seed) == ("baseline", 1))
    state.apply_all(story[8 : half + 20])
    left = outlook(state, experiment, State.RUNNING).left
    rest = story[-1].seconds - story[half + 19].seconds
    assert left is not None
    assert left == pytest.approx(rest, rel=0.2)


def a_training(steps: range, *, attempt: int, first: AnyEvent) -> list[AnyEvent]:
    """A teacher's training of 1,000 steps of 0.6 s, from one step to another, as an attempt tells it."""
    told = [first, StageStarted(stage="teacher", planned=1000, unit="steps")]
    for step in steps:
        told.append(Progress(stage="teacher", done=step, total=1000, unit="steps", rate=1 / 0.6))
        told.append(StepLogged(stage="teacher", step=step, epoch=0.0, lr=0.1, terms={"labels": 1.0}))
    begun = [0.0, 1.0, *(1.0 + 0.6 * (step - steps.start) for step in steps for _ in range(2))]
    return [msgspec.structs.replace(event, attempt=attempt, seconds=at) for event, at in zip(told, begun, strict=True)]


def test_that_a_resumed_stage_has_as_much_left_as_one_that_was_never_cut() -> None:
    whole, cut = RunState(), RunState()
    whole.apply_all(a_training(range(0, 521, 10), attempt=1, first=RunStarted()))
    cut.apply_all(a_training(range(0, 501, 10), attempt=1, first=RunStarted()))
    cut.apply_all(a_training(range(500, 521, 10), attempt=2, first=RunStarted(resumes_from=["teacher", None, 500])))
    left = outlook(whole, None, State.RUNNING).stage_left
    assert left == pytest.approx(480 * 0.6, rel=0.05)
    assert outlook(cut, None, State.RUNNING).stage_left == pytest.approx(left, rel=0.02)


def test_that_progress_never_goes_back_and_ends_at_one() -> None:
    state, experiment, seen = RunState(), loads(EXPERIMENT), [0.0]
    for event in a_story():
        state.apply(event)
        seen.append(outlook(state, experiment, State.RUNNING).fraction)
    assert seen == sorted(seen)
    assert seen[-1] < 1.0
    assert outlook(state, experiment, State.COMPLETED).fraction == 1.0


def test_that_the_planned_stages_are_those_that_a_run_goes_through() -> None:
    seen = list(dict.fromkeys((event.stage, event.seed) for event in a_story() if event.stage is not None))
    names = [stage for stage, _ in plan(loads(EXPERIMENT))]
    assert names == [stage for stage, seed in seen if not (stage == "evaluation" and seed is not None)]


@pytest.mark.parametrize(("seconds", "said"), [(0, "0:00"), (38.4, "0:38"), (725, "12:05"), (3729, "1:02:09")])
def test_that_times_read_like_a_clock(seconds: float, said: str) -> None:
    assert clock(seconds) == said


@pytest.mark.parametrize(
    ("zone", "utc", "said"),
    [
        ("Europe/Berlin", "2026-07-01 23:05:41", "2026-07-02 01:05:41"),
        ("Europe/Berlin", "2026-12-31 23:30:00", "2027-01-01 00:30:00"),
        ("America/New_York", "2026-11-24 03:05:41", "2026-11-23 22:05:41"),
        ("UTC", "2026-11-24 03:05:41", "2026-11-24 03:05:41"),
        ("Asia/Kolkata", "2026-11-24 03:35:41", "2026-11-24 09:05:41"),
        ("UTC", "", ""),
        ("UTC", "some day", "some day"),
    ],
)
def test_that_times_are_those_of_this_machines_clock(
    monkeypatch: pytest.MonkeyPatch, zone: str, utc: str, said: str
) -> None:
    try:
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        outlook_module._local_hour.cache_clear()
        assert local_time(utc) == said
    finally:
        monkeypatch.undo()
        time.tzset()
        outlook_module._local_hour.cache_clear()
