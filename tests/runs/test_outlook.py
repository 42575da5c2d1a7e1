"""How far a run is, how long it will take, and times as people read them."""

import time

import pytest

from kdstudio.runs import outlook as outlook_module
from kdstudio.runs.outlook import clock, expected, local_time, outlook
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


def test_that_progress_never_goes_back_and_ends_at_one() -> None:
    state, experiment, seen = RunState(), loads(EXPERIMENT), [0.0]
    for event in a_story():
        state.apply(event)
        seen.append(outlook(state, experiment, State.RUNNING).fraction)
    assert seen == sorted(seen)
    assert seen[-1] < 1.0
    assert outlook(state, experiment, State.COMPLETED).fraction == 1.0


def test_that_the_expected_stages_are_those_that_a_run_goes_through() -> None:
    seen = list(dict.fromkeys((event.stage, event.seed) for event in a_story() if event.stage is not None))
    names = [stage for stage, _ in expected(loads(EXPERIMENT))]
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
