"""What is going on in a run, in one sentence beside its progress."""

from kdstudio.gui.language import explain, looked_up, tr
from kdstudio.runs.state import RunState, State

CAPTIONS = {
    "teacher": "The teacher trains on every training label.",
    "teacher-check": "The teacher is measured on validation data.",
    "teacher-outputs": "The teacher's outputs are computed once and kept.",
    "baseline": "The baseline trains: the same student without a teacher.",
    "student": "The student trains with the teacher; the dashed line is the same student without it.",
    "evaluation": "The test images are used now, once.",
}


def caption(run: RunState, state: State) -> str:
    """What a run does now, or how it goes on."""
    step = _step(run)
    if state is State.PAUSED:
        return tr("Paused at step {0:,}. Continue resumes here.").format(step)
    if state is State.STOPPED:
        return tr("Stopped at step {0:,}. Continue resumes here.").format(step)
    if state is State.RUNNING and run.current is not None:
        return looked_up(CAPTIONS.get(run.current[0], ""))
    if state in (State.QUEUED, State.PREPARING):
        waits = [note for note in run.notes if note.code.startswith("waiting-") and note.attempt == run.attempt]
        if waits:
            return explain(waits[-1].code, waits[-1].parameters).cause
        return tr("Curves appear with the first evaluation.")
    return ""


def _step(run: RunState) -> int:
    """The step of the stage that was at work last."""
    stage = run.stages.get(run.current) if run.current is not None else None
    return stage.step if stage is not None else 0


__all__ = ["CAPTIONS", "caption"]
