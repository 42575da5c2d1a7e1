"""The fold: what a run's events amount to is the same whether it was left alone or killed and resumed."""

import itertools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdstudio.runs.events import (
    AnyEvent,
    BadLine,
    Evaluated,
    EventReader,
    EventWriter,
    ModelReady,
    Note,
    Progress,
    RunEnded,
    RunStarted,
    Sampled,
    Saved,
    StageEnded,
    StageStarted,
    StepLogged,
    from_json,
    to_json,
)
from kdstudio.runs.state import ACTIVE, TRANSITIONS, ForbiddenTransition, RunState, State, check_transition
from tests.fakes import a_story, resumed, stamped

STORY = a_story(seeds=(0, 1), steps=20)


def fold(events: Sequence[AnyEvent]) -> RunState:
    state = RunState()
    state.apply_all(events)
    return state


TENS = (10, 20, 30)
UNDISTURBED = fold(STORY).timeless()


@pytest.mark.parametrize("killed_at", range(1, len(STORY)))
def test_that_a_run_killed_anywhere_and_resumed_folds_like_the_undisturbed_one(killed_at: int) -> None:
    assert fold(resumed(STORY, killed_at)).timeless() == UNDISTURBED


@given(st.lists(st.integers(1, len(STORY) - 1), min_size=2, max_size=5))
def test_that_a_run_killed_many_times_folds_like_the_undisturbed_one(kills: list[int]) -> None:
    state = fold(resumed(STORY, *kills))

    assert state.timeless() == UNDISTURBED
    assert state.attempt == len(kills) + 1


def test_that_a_torn_line_between_the_attempts_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    events = resumed(STORY, 120)
    with EventWriter(path) as writer:
        for event in events[:120]:
            writer.append(event)
    path.write_bytes(path.read_bytes() + to_json(events[60]).encode()[:40])
    with EventWriter(path) as writer:
        for event in events[120:]:
            writer.append(event)

    reader = EventReader(path)

    assert fold(reader.read()).timeless() == UNDISTURBED
    assert reader.torn == 1


def test_that_the_fold_drops_what_the_resumed_stage_did_after_its_checkpoint() -> None:
    stage: dict[str, Any] = {"stage": "student", "seed": 0, "who": "student"}
    state = fold([
        RunStarted(attempt=1),
        StageStarted(**stage, planned=100.0, unit="steps"),
        *[StepLogged(**stage, step=at, epoch=1.0, lr=0.1, terms={"labels": 1.0}) for at in range(1, 31)],
        *[Evaluated(**stage, step=at, split="validation", metrics={"accuracy": at / 100}) for at in TENS],
        Sampled(**stage, step=10, artefact="a"),
        Sampled(**stage, step=30, artefact="b"),
        Progress(**stage, done=30.0, total=100.0, unit="steps"),
        StageEnded(**stage),
        StageStarted(stage="evaluation", planned=1.0, unit="models"),
        RunStarted(attempt=2, resumes_from=["student", 0, 20]),
    ])  # fmt: skip

    (student,) = state.stages.values()
    assert student.terms["labels"].last_step == 20
    assert student.learning_rate.last_step == 20
    assert student.curves["student", "validation", "accuracy"].last_step == 20
    assert student.latest["student", "validation"] == {"accuracy": 0.2}
    assert (student.step, student.done, student.ended) == (20, 20.0, False)
    assert [sample.artefact for sample in state.samples] == ["a"]
    assert state.current == ("student", 0)


def test_that_a_stage_resumed_at_step_0_begins_anew() -> None:
    state = fold([*STORY[:60], RunStarted(attempt=2, resumes_from=["teacher", None, 0])])

    assert state.stages == {}
    assert state.current is None


def test_that_a_fresh_second_attempt_forgets_the_first() -> None:
    state = fold([*STORY, RunStarted(attempt=2)])

    assert (state.stages, state.notes, state.samples) == ({}, [], [])
    assert state.outcome is None
    assert state.attempt == 2


def test_that_resuming_a_stage_nobody_began_keeps_everything() -> None:
    before = fold(STORY)

    state = fold([*STORY, RunStarted(attempt=2, resumes_from=["deployment", None, 7])])

    assert list(state.stages) == list(before.stages)
    assert state.current == list(before.stages)[-1]


def test_that_a_resumed_stage_that_says_again_that_it_starts_keeps_its_past() -> None:
    """Whether the engine announces a resumed stage again is its own business."""
    cut = next(place for place, event in enumerate(STORY) if isinstance(event, Saved))
    again = StageStarted(stage="teacher", who="teacher", planned=20.0, unit="steps")
    events = resumed(STORY, cut + 1)
    start = next(place for place in range(cut, len(events)) if isinstance(events[place], ModelReady))

    events.insert(start + 3, msgspec.structs.replace(again, attempt=2))

    assert fold(events).timeless() == UNDISTURBED


def test_that_an_evaluation_told_twice_for_one_step_counts_once() -> None:
    """A checkpoint may fall between two evaluations of one step; the resumed run tells the second again."""
    place = next(
        place for place, event in enumerate(STORY) if isinstance(event, Evaluated) and event.step == 10
    )  # fmt: skip
    twice = [*STORY[: place + 1], STORY[place], *STORY[place + 1 :]]

    assert fold(twice).timeless() == UNDISTURBED


def test_that_a_note_told_by_every_attempt_is_kept_once() -> None:
    note = Note(level="info", code="outputs-live", stage="teacher-outputs")

    state = fold([*STORY, note, note, msgspec.structs.replace(note, seconds=9.0)])

    assert [each.code for each in state.notes].count("outputs-live") == 1


def test_that_the_last_attempt_decides_how_the_run_ended() -> None:
    failed = RunEnded(outcome="failed", code="disk-full", parameters={"path": "x"})
    state = fold([RunStarted(attempt=1), failed])
    assert (state.outcome, state.code, state.parameters) == ("failed", "disk-full", {"path": "x"})

    state.apply(RunStarted(attempt=2, resumes_from=None))
    assert (state.outcome, state.code, state.parameters) == (None, None, {})

    state.apply(RunEnded(attempt=2, outcome="completed"))
    assert (state.outcome, state.code) == ("completed", None)


def test_that_seconds_at_work_add_up_over_attempts() -> None:
    state = fold([
        RunStarted(attempt=1), Note(attempt=1, seconds=10.0, level="info", code="few-labels"),
        RunStarted(attempt=2), RunEnded(attempt=2, seconds=5.0, outcome="completed"),
    ])  # fmt: skip

    assert state.seconds == 15.0


def test_that_an_event_of_a_stage_nobody_began_is_passed_over() -> None:
    state = fold([RunStarted(attempt=1), StepLogged(stage="student", step=1, epoch=0.1, lr=0.1, terms={"labels": 1.0})])

    assert state.stages == {}


def test_that_an_evaluation_stage_for_all_seeds_takes_the_measurements_of_each() -> None:
    state = fold(STORY)

    (evaluation,) = state.stages_of("evaluation")
    assert [(entry.who, entry.seed) for entry in evaluation.history] == [
        ("teacher", None), ("baseline", 0), ("student", 0), ("baseline", 1), ("student", 1),
    ]  # fmt: skip


def test_that_a_live_fold_and_a_replay_are_the_same() -> None:
    live = RunState()
    for event in STORY:
        live.apply(event)

    assert live.timeless() == UNDISTURBED
    assert live.events == len(STORY)


ODD = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=3)
    | st.just([])
    | st.just({})
)
LINES = [to_json(event) for event in stamped(STORY)]


@given(st.lists(st.sampled_from(LINES), max_size=30), st.randoms(use_true_random=False), st.data())
def test_that_no_readable_line_ever_breaks_the_fold(lines: list[str], chance: Any, data: st.DataObject) -> None:
    """Damage that still reads as events, in any order: the fold takes it, and can be asked."""
    import json

    state = RunState()
    for line in lines:
        values = json.loads(line)
        if chance.random() < 0.5:
            where = values
            inner = [value for value in values.values() if isinstance(value, dict) and value]
            if inner and chance.random() < 0.5:
                where = inner[0]
            where[chance.choice(sorted(where))] = data.draw(ODD)
        try:
            state.apply(from_json(json.dumps(values)))
        except (BadLine, ValueError):
            continue
    state.timeless()
    assert math.isfinite(state.seconds)


# States


def test_that_a_completed_run_never_changes_again() -> None:
    assert TRANSITIONS[State.COMPLETED] == frozenset()


def test_that_every_state_is_in_the_table_and_can_be_reached() -> None:
    assert set(TRANSITIONS) == set(State)
    reached = set().union(*TRANSITIONS.values())
    assert reached == set(State)


def test_that_stop_beats_pause() -> None:
    check_transition(State.PAUSING, State.STOPPING)
    with pytest.raises(ForbiddenTransition):
        check_transition(State.STOPPING, State.PAUSING)
    with pytest.raises(ForbiddenTransition):
        check_transition(State.STOPPING, State.PAUSED)


def test_that_every_end_but_completed_can_be_resumed_through_the_queue() -> None:
    for state in (State.PAUSED, State.STOPPED, State.FAILED, State.LOST):
        assert TRANSITIONS[state] == {State.QUEUED}


def test_that_every_active_state_can_fail_or_be_lost() -> None:
    for state in ACTIVE:
        assert TRANSITIONS[state] >= {State.FAILED, State.LOST, State.STOPPED}


@pytest.mark.parametrize(("old", "new"), list(itertools.product(State, State)))
def test_that_a_move_is_allowed_exactly_where_the_table_has_it(old: State, new: State) -> None:
    if old is new or new in TRANSITIONS[old]:
        check_transition(old, new)
    else:
        with pytest.raises(ForbiddenTransition, match=f"{old} does not become {new}"):
            check_transition(old, new)


def test_that_a_stage_begins_at_the_time_at_work_over_all_attempts() -> None:
    state = fold([
        RunStarted(attempt=1),
        StageStarted(attempt=1, seconds=2.0, stage="teacher", planned=10, unit="steps"),
        StageEnded(attempt=1, seconds=30.0, stage="teacher"),
        RunStarted(attempt=2, resumes_from=["student", 0, 0]),
        StageStarted(attempt=2, seconds=3.0, stage="student", seed=0, planned=10, unit="steps"),
    ])  # fmt: skip

    assert [stage.began for stage in state.stages.values()] == [2.0, 33.0]


def test_that_a_lost_attempt_has_ended_until_another_one_begins_and_what_it_said_of_its_end_stands() -> None:
    cut = fold(STORY[:-1])
    cut.lose("lost")
    assert cut.outcome == "lost"
    cut.apply(RunStarted(attempt=2, resumes_from=None))
    assert cut.outcome is None

    told = fold(STORY)
    told.lose("lost")
    assert told.outcome == "completed"


def test_that_what_was_measured_at_the_end_is_kept_where_an_earlier_version_said_step_one() -> None:
    """Results of test data name the step at which a student was best: no step of the stage that measures."""
    state = fold(STORY)
    state.apply(Evaluated(stage="evaluation", seed=0, who="student", step=17, split="test", metrics={"accuracy": 0.9}))
    whole = state.timeless()["stages"]
    state.apply(RunStarted(attempt=2, resumes_from=["evaluation", None, 1]))
    assert state.timeless()["stages"] == whole


def test_that_a_marker_that_names_no_stage_keeps_everything() -> None:
    state = fold(STORY)
    whole = state.timeless()
    state.apply(RunStarted(attempt=2, resumes_from=["", None, 0]))
    assert {**state.timeless(), "outcome": whole["outcome"]} == whole
