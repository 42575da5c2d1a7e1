"""What is suggested for the run in view, by its verdict and by what went wrong: for its page, the menus and the palette."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kdstudio.results.suggestions import Suggestion, after_problem, after_verdict, longer

if TYPE_CHECKING:
    from kdstudio.gui.run_controller import RunController


def of_verdict(run: "RunController", summary: Mapping[str, Any] | None) -> tuple[Suggestion, ...]:
    """What follows from the verdict of a completed run."""
    if run.experiment is None or run.replay is not None or not summary or not summary.get("gain"):
        return ()
    return after_verdict(run.experiment, run.state, summary)


def of_problem(run: "RunController") -> tuple[Suggestion, ...]:
    """What follows from the failure, or else from the warning, that its page shows."""
    problems = list(_problems(run))
    if run.experiment is None or not problems:
        return ()
    return after_problem(run.experiment, *problems[0])


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


def _problems(run: "RunController") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Code and parameters of the failure, then of the warnings, the newest first."""
    if run.replay is not None:
        return
    if run.failure_code is not None:
        yield run.failure_code
    yield from ((note.code, note.parameters) for note in reversed(run.state.notes) if note.level == "warning")


__all__ = ["everything", "of_problem", "of_verdict"]
