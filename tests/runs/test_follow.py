"""Following a run: new events, its end, and what its silence means, by the follower's own clock."""

from kdstudio.runs.events import EventWriter, Note, RunEnded, RunStarted
from kdstudio.runs.failures import WORDS
from kdstudio.runs.follow import HEARTBEAT_STALE, NO_PROGRESS, Follower
from kdstudio.runs.home import Home
from kdstudio.runs.state import State
from tests.fakes import FakeClock, a_process_at_work, a_run, a_told_run


def test_that_a_look_brings_each_event_once(home: Home) -> None:
    folder = a_told_run(home)
    follower = Follower(folder)

    first, second = follower.look(), follower.look()

    assert isinstance(first.events[0], RunStarted)
    assert isinstance(first.events[-1], RunEnded)
    assert second.events == ()


def test_that_a_finished_run_is_over_and_its_silence_means_nothing(home: Home) -> None:
    clock = FakeClock()
    follower = Follower(a_told_run(home), clock)
    clock.advance(10_000)

    news = follower.look()

    assert news.over
    assert (news.silence, news.status.state) == (None, State.COMPLETED)


def test_that_a_queued_run_may_be_silent_for_as_long_as_it_likes(home: Home) -> None:
    clock = FakeClock()
    follower = Follower(a_run(home), clock)
    clock.advance(10_000)

    news = follower.look()

    assert not news.over
    assert news.silence is None


def test_that_a_living_process_without_a_heartbeat_is_said_not_to_answer(home: Home) -> None:
    folder, clock = a_run(home), FakeClock()
    with a_process_at_work(folder):
        follower = Follower(folder, clock)
        clock.advance(HEARTBEAT_STALE)
        assert follower.look().silence is None

        clock.advance(1)
        news = follower.look()
        assert (news.silence, news.silent_for) == ("no-heartbeat", HEARTBEAT_STALE + 1)

        folder.heartbeat_file.write_text("1")
        assert follower.look().silence is None


def test_that_a_beating_process_without_events_is_said_to_make_no_progress(home: Home) -> None:
    folder, clock = a_run(home), FakeClock()
    with a_process_at_work(folder), EventWriter(folder.events_file) as writer:
        follower = Follower(folder, clock)
        writer.append(RunStarted(attempt=1))
        assert len(follower.look().events) == 1
        for beat in range(int(NO_PROGRESS / 10)):
            clock.advance(10)
            folder.heartbeat_file.write_text(str(beat))
            assert follower.look().silence is None
        clock.advance(10)
        folder.heartbeat_file.write_text("last")
        news = follower.look()
        assert (news.silence, news.silent_for) == ("no-progress", NO_PROGRESS + 10)

        writer.append(Note(attempt=1, level="info", code="few-labels"))
        assert follower.look().silence is None


def test_that_a_heartbeat_of_another_time_zone_or_a_wrong_clock_changes_nothing(home: Home) -> None:
    """Only that it changes counts, never what it says."""
    folder, clock = a_run(home), FakeClock()
    with a_process_at_work(folder):
        follower = Follower(folder, clock)
        for beat in ("9999999999", "-5", "", "nonsense"):
            clock.advance(HEARTBEAT_STALE - 1)
            folder.heartbeat_file.write_text(beat)
            assert follower.look().silence is None


def test_that_a_killed_run_is_over_and_lost(home: Home) -> None:
    folder = a_run(home)
    with a_process_at_work(folder) as process:
        follower = Follower(folder)
        assert not follower.look().over
        process.kill()
        process.wait()

    news = follower.look()

    assert news.over
    assert (news.status.state, news.status.code) == (State.LOST, "killed")


def test_that_each_silence_has_words() -> None:
    assert {"no-heartbeat", "no-progress"} <= WORDS.keys()
