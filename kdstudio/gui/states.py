"""The words and colours of a run's states: what needs neither pydantic nor a plot, and so is there with the first page."""

from typing import TYPE_CHECKING

from kdstudio.gui.language import explain, looked_up, tr
from kdstudio.runs.library import Row
from kdstudio.runs.state import State

if TYPE_CHECKING:
    from kdstudio.gui.theme import Role

STAGES = {
    "teacher": "Training the teacher",
    "teacher-check": "Checking the teacher",
    "teacher-outputs": "Recording teacher outputs",
    "baseline": "Training the baseline",
    "student": "Training the student",
    "evaluation": "Testing",
}
STATES: "dict[State, tuple[str, Role]]" = {
    State.QUEUED: ("Starting", "baseline"),
    State.PREPARING: ("Loading the data", "student"),
    State.RUNNING: ("Running", "student"),
    State.PAUSING: ("Pausing...", "teacher"),
    State.PAUSED: ("Paused", "teacher"),
    State.STOPPING: ("Stopping...", "teacher"),
    State.COMPLETED: ("Completed", "agreement"),
    State.STOPPED: ("Stopped", "baseline"),
    State.FAILED: ("Failed", "failure"),
    State.LOST: ("Killed", "failure"),
}


def state_words(state: State, code: str | None = None) -> "tuple[str, Role]":
    """The word for `state`, and its colour; `code` says why it is so. What a full disk ended was not killed."""
    lost_otherwise = state is State.LOST and code not in (None, "killed")
    word, role = STATES[State.FAILED if lost_otherwise else state]
    return looked_up(word), role


def row_words(row: Row) -> "tuple[str, Role]":
    """The word for a run in a list, and its colour: what waits for its turn, or for its device, is not starting."""
    if row.state == State.QUEUED and row.attempt == 0:
        return tr("Queued"), "baseline"
    if row.state == State.QUEUED and row.code and row.code.startswith("waiting-"):
        return explain(row.code).title, "baseline"
    word, role = state_words(State(row.state), row.code)
    # The run ended as planned, and its student learned almost nothing: its headline says so, and green would praise it.
    return (word, "teacher") if row.weak and row.state == State.COMPLETED else (word, role)


def stage_words(stage: str) -> str:
    """The words for a stage by its name."""
    return looked_up(STAGES[stage]) if stage in STAGES else stage.replace("-", " ").capitalize()
