"""What may be asked of the run in view now, and why not: one set of rules for its buttons, the menus and the palette."""

from typing import TYPE_CHECKING

from kdstudio.gui.language import tr
from kdstudio.runs.folder import Request
from kdstudio.runs.state import State

if TYPE_CHECKING:
    from kdstudio.gui.run_controller import RunController

TRAININGS = ("teacher", "baseline", "student")


def _idle(run: "RunController") -> str:
    return "" if run.active else tr("The run in view is not running")


def _nothing(run: "RunController") -> str:
    return "" if run.folder is not None else tr("No run is in view")


def pause(run: "RunController") -> str:
    """Why it cannot be paused, "" when it can; so do the others say it."""
    if run.asked is not None:
        return tr("Already asked: the run ends at its next step")
    begun = run.status.state in (State.PREPARING, State.RUNNING)
    return _idle(run) or ("" if begun else tr("The run has not started yet"))


def stop(run: "RunController") -> str:
    """Stop beats pause: a run that pauses can still be stopped."""
    return _idle(run) or (tr("Already asked: the run ends at its next step") if run.asked is Request.STOP else "")


def save(run: "RunController") -> str:
    """Only a training hears it."""
    return _wish(run, Request.SAVE)


def evaluate(run: "RunController") -> str:
    """Only a training hears it."""
    return _wish(run, Request.EVALUATE)


def _wish(run: "RunController", request: Request) -> str:
    current = run.state.current
    if request in run.wanted:
        return tr("Already asked: it happens at the next step")
    if run.asked is not None:
        return tr("The run is about to end")
    training = run.status.state is State.RUNNING and current is not None and current[0] in TRAININGS
    return _idle(run) or ("" if training else tr("No network is training now"))


def resume(run: "RunController") -> str:
    """A run that ended early goes on; one that is told again first comes to its end."""
    if run.replay is not None:
        return tr("End the replay first")
    return "" if run.resumable else tr("The run in view has nothing left to resume")


def start_replay(run: "RunController") -> str:
    """What nobody writes any more can be told again."""
    if run.replay is not None:
        return tr("A replay is already in view")
    return "" if run.replayable else tr("There is no finished run in view to replay")


def replay(run: "RunController") -> str:
    """For what is done to a replay."""
    return "" if run.replay is not None else tr("No replay is in view")


def duplicate(run: "RunController") -> str:
    """Its experiment can be read."""
    return _nothing(run) or ("" if run.experiment is not None else tr("The experiment of this run cannot be read"))


def longer(run: "RunController") -> str:
    """It has spent its budget; one that has not is resumed."""
    return duplicate(run) or ("" if run.status.state is State.COMPLETED else tr("The run in view is not completed"))


def suggest(run: "RunController") -> str:
    """There is a change that may help: after a verdict, a warning or a failure."""
    from kdstudio.gui import suggested  # not before the first paint

    done = run.status.state is State.COMPLETED
    none = tr("There is nothing to suggest for the run in view")
    return duplicate(run) or ("" if done or suggested.everything(run, None) else none)


def mend(run: "RunController") -> str:
    """It failed at something that a field can change."""
    if run.failure is None:
        return tr("The run in view has not failed")
    return duplicate(run) or ("" if run.failure.field else tr("This failure names no field to change"))


def tested(run: "RunController") -> str:
    """Test images are used once, at its end."""
    done = run.shown_as is State.COMPLETED
    return _nothing(run) or ("" if done else tr("Test images are used once, at the end of the run"))


def anything(run: "RunController") -> str:
    """For what can be done with any run."""
    return _nothing(run)


__all__ = [
    "anything", "duplicate", "evaluate", "longer", "mend", "pause", "replay", "resume", "save", "start_replay", "stop", "suggest",
    "tested",
]  # fmt: skip
