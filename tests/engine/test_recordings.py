"""What the fake runner of the window's tests tells is what the engine tells today: else tests/gui/record.py is to be run."""

import pytest

from kdstudio.engine.driver import drive
from kdstudio.runs.events import AnyEvent, EventReader, Progress, RunEnded, RunStarted
from kdstudio.runs.home import Home
from kdstudio.runs.launch import new_run
from kdstudio.spec import loads
from tests.engine.lab import events_of
from tests.gui.player import RECORDED, RECORDINGS, recording


def shape(events: list[AnyEvent]) -> list[tuple[object, ...]]:
    """All but times and numbers; progress is told by the clock."""
    return [
        (type(event).__name__, event.stage, event.seed, event.who, getattr(event, "step", None), getattr(event, "code", None))
        for event in events
        if not isinstance(event, Progress)
    ]


def test_that_the_recorded_run_is_what_the_engine_tells_today(home: Home) -> None:
    folder = new_run(loads(RECORDED), home)
    assert drive(folder, home) == "completed"
    assert shape(recording("normal")) == shape(events_of(folder))


@pytest.mark.parametrize("name", [path.stem for path in sorted(RECORDINGS.glob("*.jsonl"))])
def test_that_every_recording_is_read_whole_and_says_how_it_ended(name: str) -> None:
    reader = EventReader(RECORDINGS / f"{name}.jsonl")
    events = reader.read()
    assert (reader.torn, reader.unknown) == (name == "disk-full", 0), "the full disk tore a line"
    assert isinstance(events[0], RunStarted) and isinstance(events[-1], RunEnded)
    assert (events[-1].outcome == "completed") is (name == "normal")
