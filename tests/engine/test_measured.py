"""The estimate of a run's time trusts what the same trainings took here before more than a few trial steps."""

import pytest

from kdstudio.engine import preview as previewing
from kdstudio.engine.measured import Timings
from kdstudio.engine.preview import START, preview
from kdstudio.runs.home import Home
from kdstudio.runs.state import State
from kdstudio.spec import Classification, loads
from tests.engine.lab import carried_out, tiny
from tests.fakes import a_story, a_told_run

ASKED = ("seeds=[0]", "training.steps=400", "teacher_training.steps=200")


def estimated(experiment: Classification, home: Home) -> float:
    return float(next(values for name, values in preview(experiment, home) if name == "time")["seconds"])


@pytest.fixture
def misjudged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trial steps that take a second each, as on a computer that does something else just then."""
    monkeypatch.setattr(previewing, "step_seconds", lambda *_, **__: 1.0)


@pytest.mark.usefixtures("misjudged")
def test_that_a_run_that_was_measured_here_is_estimated_by_that(home: Home) -> None:
    asked = tiny(*ASKED)
    assert estimated(asked, home) > 400
    folder = carried_out(home, *ASKED)
    assert folder.status().state is State.COMPLETED
    state, _ = folder.fold()
    again = asked.model_copy(update={"title": "Once more"})
    took = state.seconds - state.stages["baseline", 0].began  # the teacher lies ready
    assert took / 2 < estimated(again, home) - START < 2 * took
    longer = loads("kind: classification").model_copy(update={**dict(asked), "training": tiny("training.steps=800").training})
    assert 1.2 * took < estimated(longer, home) - START < 3 * took


@pytest.mark.parametrize(
    "changes",
    ["training.batch_size=16", "student={kind: mlp, hidden: [64]}", "dataset={kind: digits, labelled: 0.5}",
     "compute.threads=2", "training.steps=9"],
)  # fmt: skip
def test_that_what_costs_something_else_is_not_estimated_by_it(home: Home, changes: str) -> None:
    asked = loads("kind: classification\ntraining: {steps: 40}\n")
    a_told_run(home, a_story(), text="kind: classification\ntraining: {steps: 40}\n")
    assert Timings(asked, home).seconds("student", 40) is not None
    other = loads("kind: classification\ntraining: {steps: 40}\n", changes=[changes])
    assert Timings(other, home).seconds("student", other.training.steps) is None


def test_that_runs_that_cannot_be_read_are_passed_over(home: Home) -> None:
    folder = a_told_run(home)
    folder.experiment_file.write_text("kind: [")
    (home.runs / "20990101-000000_nothing_zzzz").mkdir()
    assert Timings(loads("kind: classification"), home).seconds("student", 40) is None
