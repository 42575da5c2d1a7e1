"""What a run is doing: its states, and which may follow which. Light, because every start of the program needs it."""

from enum import StrEnum


class State(StrEnum):
    """What a run is doing, as its status file says it."""

    QUEUED = "queued"
    PREPARING = "preparing"
    RUNNING = "running"
    PAUSING = "pausing"
    PAUSED = "paused"
    STOPPING = "stopping"
    COMPLETED = "completed"
    STOPPED = "stopped"
    FAILED = "failed"
    LOST = "lost"

    @property
    def active(self) -> bool:
        """Whether a process should be at work on it."""
        return self in ACTIVE


ACTIVE = frozenset({State.QUEUED, State.PREPARING, State.RUNNING, State.PAUSING, State.STOPPING})
_ENDS = frozenset({State.FAILED, State.LOST, State.STOPPED, State.PAUSED, State.COMPLETED})
TRANSITIONS: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.PREPARING, State.PAUSING, State.STOPPING}) | (_ENDS - {State.COMPLETED}),
    State.PREPARING: frozenset({State.RUNNING, State.PAUSING, State.STOPPING}) | _ENDS,
    State.RUNNING: frozenset({State.PAUSING, State.STOPPING}) | _ENDS,
    State.PAUSING: frozenset({State.STOPPING}) | _ENDS,  # stop beats pause
    State.STOPPING: _ENDS - {State.PAUSED},
    State.PAUSED: frozenset({State.QUEUED}),
    State.STOPPED: frozenset({State.QUEUED}),
    State.FAILED: frozenset({State.QUEUED}),
    State.LOST: frozenset({State.QUEUED}),
    State.COMPLETED: frozenset(),
}


class ForbiddenTransition(AssertionError):
    """The program tried to move a run between two states that do not follow one another."""


def check_transition(old: State, new: State) -> None:
    """Raises ForbiddenTransition unless `new` may follow `old`; staying is always allowed."""
    if new != old and new not in TRANSITIONS[old]:
        raise ForbiddenTransition(f"{old} does not become {new}")
