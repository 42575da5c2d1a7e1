"""What is suggested for the run in view, by its verdict and by what went wrong: for its page, the menus and the palette."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from kdstudio.results.suggestions import Suggestion, after_problem, after_verdict, longer

if TYPE_CHECKING:
    from kdstudio.gui.run_controller import RunController


Problem: TypeAlias = tuple[str, Mapping[str, Any]]  # a code and its parameters


def of_verdict(run: "RunController", summary: Mapping[str, Any] | None) -> tuple[Suggestion, ...]:
    """What follows from the verdict of a completed run; a student that has learned almost nothing comes first."""
    if run.experiment is None or run.replay is not None or not summary or not summary.get("gain"):
        return ()
    weak = next((problem for problem in _problems(run) if problem[0] == "student-weak"), None)
    if weak is not None and weak[1].get("who") != "baseline":
        return after_problem(run.experiment, *weak)
    return after_verdict(run.experiment, run.state, summary)


def of_problem(run: "RunController", problem: Problem | None) -> tuple[Suggestion, ...]:
    """What follows from a failure, or from a warning."""
    if run.experiment is None or run.replay is not None or problem is None:
        return ()
    return after_problem(run.experiment, *problem)


def everything(run: "RunController", summary: Mapping[str, Any] | None) -> tuple[Suggestion, ...]:
    """All of it, each change once; a completed run can always be trained longer."""
    if run.experiment is None:
        return ()
    found = [each for problem in _problems(run) for each in after_problem(run.experiment, *problem)]
    found += of_verdict(run, summary)
    if summary:
        found.append(longer(run.experiment))
    return tuple(
        each for number, each in enumerate(found) if all(each.changes != one.changes for one in found[:number])
    )


def _problems(run: "RunController") -> Iterator[Problem]:
    """Code and parameters of the failure, then of the warnings, the newest first."""
    if run.replay is not None:
        return
    if run.failure_code is not None:
        yield run.failure_code
    yield from ((note.code, note.parameters) for note in reversed(run.state.notes) if note.level == "warning")


__all__ = ["everything", "of_problem", "of_verdict"]
