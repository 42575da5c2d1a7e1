"""One sentence under a plot that explains what is seen to somebody who sees it for the first time, out of the run's own state."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kdstudio.gui.language import tr
from kdstudio.gui.plots import curves
from kdstudio.runs.summary import percent

if TYPE_CHECKING:
    from kdstudio.runs.state import RunState

INTERVAL_NEEDS = 3  # seeds


def of_accuracy(state: "RunState", gain: Mapping[str, Any] | None = None) -> str:
    """What the plot of accuracy shows now; `gain` is what the summary of a completed run has under that name."""
    alone, taught = (_measured(state, who) for who in ("baseline", "student"))
    if not alone and not taught:
        if _measured(state, "teacher"):
            return tr("The dotted line is the teacher: it learns first, and sees every label.")
        return tr("The first curve begins with the first evaluation.")
    if not taught:
        if state.outcome in ("failed", "lost"):
            return tr("The dashed line is the same student without a teacher; the run ended before the one with a teacher.")
        return tr("The dashed line is the same student without a teacher: the student will be compared with it.")
    if not alone:
        if curves.teacher_accuracy(state) is None:
            return tr("The solid line is the student; there is no baseline to compare it with.")
        return tr("The solid line is the student, the dotted one its teacher; there is no baseline to compare with.")
    return _compared(gain or {})


def _compared(gain: Mapping[str, Any]) -> str:
    mean, low, high, seeds = (gain.get(name) for name in ("mean", "low", "high", "seeds"))
    if mean is None:
        return tr(
            "The dashed line is the same student without a teacher; the solid one learns from its teacher, the dotted line."
        )
    if low is None or high is None:
        few = tr("The dashed line is the same student without a teacher; with fewer than {0} seeds ({1} here) the space between "
                 "them may be chance.")  # fmt: skip
        return few.format(INTERVAL_NEEDS, seeds)
    if low > 0:
        return tr("The dashed line is the same student without a teacher; the space up to the solid line is what the teacher is "
                  "worth.")  # fmt: skip
    if high < 0:
        return tr("The dashed line is the same student without a teacher: on test images it does better than the one with a "
                  "teacher.")  # fmt: skip
    return tr(
        "The dashed line is the same student without a teacher; the two end so close together that it may be chance."
    )


def of_agreement(state: "RunState") -> str:
    """What the plot of agreement shows now."""
    drawn = curves.agreement(state)
    if drawn.empty or not len(drawn.curves[-1].series):
        return tr(
            "Agreement is the share of images on which student and teacher give the same answer: it begins with the student."
        )
    last = drawn.curves[-1].series.last
    said = tr(
        "Agreement: the share of images on which student and teacher give the same answer, right or wrong; here {0}."
    )
    return said.format(percent(last if last is not None else 0.0))


def of_loss(state: "RunState") -> str:
    """What the plot of the loss shows now."""
    drawn, who = curves.loss(state), curves.training_of(state)
    if drawn.empty:
        return tr("The loss is what training makes small: it begins with the first training step.")
    if who == "teacher":
        return tr("The loss of the teacher: how far its answers are from the labels; training makes it small.")
    if who == "baseline":
        return tr("The loss of the baseline: how far its answers are from the labels; training makes it small.")
    lines = {curve.line for curve in drawn.curves}
    if len(drawn.curves) == 2 and lines == {"solid", "dashed"}:
        return tr("The loss of the student: the solid curve is its distance from the teacher's answers, the dashed one from the "
                  "labels.")  # fmt: skip
    return tr("The loss of the student: a curve for each part of what training makes small.")


def _measured(state: "RunState", who: str) -> bool:
    return any((who, "validation", "accuracy") in stage.curves for stage in state.stages_of(who))


__all__ = ["of_accuracy", "of_agreement", "of_loss"]
