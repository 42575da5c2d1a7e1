"""Compares variants of an experiment on validation data, to choose a sample without looking at test data: prints JSON.

    python tests/benchmarks/choose_sample.py FILE --home HOME --vary method.temperature=2,4 --vary method.alpha=0.5,0.9

Every combination of the `--vary` values is run; for each, the best validation accuracy of baseline and student of every
seed is averaged, with the paired 95 % interval of their difference and the seconds that a student's curve lasts.
"""

import argparse
import itertools
import json
import statistics
from pathlib import Path
from typing import Any

from kdstudio.engine.driver import drive
from kdstudio.runs.home import Home
from kdstudio.runs.launch import new_run
from kdstudio.runs.state import RunState
from kdstudio.runs.summary import interval
from kdstudio.spec import load


def best(state: RunState, who: str) -> dict[int | None, float]:
    """The best validation accuracy of `who` for each seed."""
    found = {}
    for stage in state.stages_of(who):
        top = stage.curves[(who, "validation", "accuracy")].best()
        if top is not None:
            found[stage.seed] = top[1]
    return found


def compare(file: Path, home: Home, changes: list[str]) -> dict[str, Any]:
    """Run one variant and say what it reached on validation data."""
    folder = new_run(load(file, changes=changes), home)
    began: dict[Any, float] = {}
    lasted = []

    def watch(event: Any, state: RunState) -> None:
        if event.stage == "student" and type(event).__name__ == "StageStarted":
            began[event.seed] = event.seconds
        if event.stage == "student" and type(event).__name__ == "StageEnded":
            lasted.append(event.seconds - began[event.seed])

    drive(folder, home, on_event=watch)
    state, _ = folder.fold()
    student, baseline = best(state, "student"), best(state, "baseline")
    differences = [student[seed] - baseline[seed] for seed in student if seed in baseline]
    low, high = interval(differences) if differences else (None, None)
    return {
        "changes": changes,
        "baseline": round(statistics.fmean(baseline.values()), 4) if baseline else None,
        "student": round(statistics.fmean(student.values()), 4),
        "gain": round(statistics.fmean(differences), 4) if differences else None,
        "interval": [round(value, 4) for value in (low, high) if value is not None],
        "student_seconds": round(statistics.fmean(lasted), 1),
        "seconds": round(state.seconds, 1),
    }


def main() -> None:
    """Run every combination, print one JSON line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--vary", action="append", default=[], metavar="FIELD=VALUE,VALUE")
    parser.add_argument("--set", action="append", default=[], dest="fixed", metavar="FIELD=VALUE")
    options = parser.parse_args()
    named = [choice.partition("=") for choice in options.vary]
    axes = [[f"{name}={value}" for value in values.split(",")] for name, _, values in named]
    home = Home.locate(options.home)
    for changes in itertools.product(*axes):
        print(json.dumps(compare(options.file, home, [*options.fixed, *changes])), flush=True)


if __name__ == "__main__":
    main()
