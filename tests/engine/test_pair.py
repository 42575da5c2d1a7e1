"""Baseline and student of a pair differ by the teacher's terms alone; teacher and student share no random stream."""

import itertools

import pytest
import torch

from kdstudio.engine.checkpoint import Checkpoints
from kdstudio.engine.driver import drive
from kdstudio.runs.events import Evaluated, Note, StepLogged
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from tests.engine.lab import a_run, carried_out, cut, events_of, halt_at, steps_logged

STUDENTS = {
    "mlp": "student={kind: mlp, hidden: [8], dropout: 0.3}",
    "cnn": "student={kind: cnn, width: 2, dropout: 0.3}",
}
SHORT = ("teacher_training.steps=5", "training.steps=12", "training.evaluate_every.steps=4", "seeds=[3]")
SETTINGS = [
    (labelled, hidden, views, student)
    for labelled, hidden, views, student in itertools.product(
        (0.02, 0.3, 1.0), ("[]", "[1, 4]"), ("{}", "{shift: 1, crop: 0.8}"), STUDENTS
    )
]


def weights_of(folder: RunFolder, who: str, seed: int = 3) -> dict[str, torch.Tensor]:
    kept = Checkpoints(folder.checkpoints).result(who, seed)
    assert kept is not None
    return kept[0]


def equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(value, other[name]) for name, value in one.items())


def measured(folder: RunFolder, who: str) -> list[object]:
    """What was seen of `who` on its way and at its end, but for how it compares with the teacher's notes."""
    return [
        (event.step, event.split, event.metrics) for event in events_of(folder)
        if isinstance(event, Evaluated) and event.who == who
    ]  # fmt: skip


def test_that_without_the_teachers_terms_the_student_is_the_baseline_bit_for_bit_at_any_setting(home: Home) -> None:
    for labelled, hidden, views, student in SETTINGS:
        folder = carried_out(
            home, *SHORT, STUDENTS[student], f"dataset.labelled={labelled}", f"dataset.hidden_classes={hidden}",
            f"dataset.views={views}", "method.alpha=0",
        )  # fmt: skip
        setting = (labelled, hidden, views, student)
        assert equal(weights_of(folder, "baseline"), weights_of(folder, "student")), setting
        assert measured(folder, "baseline") == measured(folder, "student"), setting
        assert steps_logged(folder, "baseline", 3) == steps_logged(folder, "student", 3), setting
        assert folder.summary()["gain"]["mean"] == 0.0, setting


@pytest.mark.parametrize("student", STUDENTS)
def test_that_it_is_so_when_the_student_was_killed_on_its_way_and_resumed(home: Home, student: str) -> None:
    changes = (*SHORT, STUDENTS[student], "training.checkpoint_every.steps=4", "method.alpha=0")
    folder = a_run(home, *changes, "dataset.labelled=0.05", "dataset.views.shift=1")
    drive(folder, home, on_event=halt_at(lambda event: event.stage == "student" and getattr(event, "step", 0) >= 9))
    assert folder.status().code == "internal"
    assert drive(folder, home) == "completed"
    assert equal(weights_of(folder, "baseline"), weights_of(folder, "student"))


def test_that_a_student_with_two_streams_and_dropout_resumes_bit_for_bit(home: Home) -> None:
    changes = (*SHORT, STUDENTS["mlp"], "training.checkpoint_every.steps=4", "dataset.labelled=0.05")
    undisturbed = carried_out(home, *changes)
    events = sum(1 for event in events_of(undisturbed) if event.stage != "evaluation")
    folder = a_run(home, *changes)
    assert cut(folder, home, events - 6)
    assert drive(folder, home) == "completed"
    assert equal(weights_of(folder, "student"), weights_of(undisturbed, "student"))


def test_that_the_label_term_of_the_first_step_is_the_baselines_whatever_the_teacher_adds(home: Home) -> None:
    """Dropout of the pass for the teacher's terms draws from a stream of its own."""
    folder = carried_out(home, *SHORT, STUDENTS["mlp"], "dataset.labelled=0.05", "method.alpha=0.25")
    first = {
        event.stage: event.terms for event in events_of(folder)
        if isinstance(event, StepLogged) and event.step == 1 and event.stage in ("baseline", "student")
    }  # fmt: skip
    assert set(first["student"]) == {"labels", "soft targets"}
    assert first["student"]["labels"] == pytest.approx(0.75 * first["baseline"]["labels"], rel=1e-6)


def test_that_an_equal_network_with_an_equal_seed_is_not_its_teacher(home: Home) -> None:
    folder = carried_out(
        home, "teacher={kind: mlp, hidden: [8]}", "teacher_training.steps=12", *SHORT[1:], "dataset.labelled=1",
        "seeds=[0]", "method={kind: none}",
    )  # fmt: skip
    first = {
        event.stage: event for event in events_of(folder) if isinstance(event, Evaluated) and event.split == "validation"
    }
    assert first["teacher"].metrics != first["student"].metrics
    terms = {
        event.stage: event.terms for event in events_of(folder) if isinstance(event, StepLogged) and event.step == 1
    }
    assert terms["teacher"] != terms["student"]


def test_that_hiding_a_class_leaves_the_labels_of_the_others_where_they_were(home: Home) -> None:
    from kdstudio.data import load
    from tests.engine.lab import tiny

    whole, hidden = (
        load(tiny("dataset.labelled=0.1", f"dataset.hidden_classes={classes}").dataset) for classes in ("[]", "[2]")
    )
    labels = whole.train.labels
    others = [int(at) for at in whole.labelled if labels[at] != 2]
    assert others == hidden.labelled.tolist()


def test_that_more_labels_are_the_fewer_ones_and_others(home: Home) -> None:
    from kdstudio.data import load
    from tests.engine.lab import tiny

    few, more = (set(load(tiny(f"dataset.labelled={share}").dataset).labelled.tolist()) for share in (0.05, 0.2))
    assert few < more


def test_that_a_student_at_chance_is_warned_of_with_both_numbers(home: Home) -> None:
    folder = carried_out(home, *SHORT[1:], "training.learning_rate=100", "dataset.labelled=1", "training.optimizer=sgd")
    (note,) = [event for event in events_of(folder) if isinstance(event, Note) and event.code == "student-weak"]
    assert (note.stage, note.seed, note.level) == ("student", 3, "warning")
    assert note.parameters["student"] < 0.2
    assert note.parameters["chance"] == pytest.approx(0.1, abs=0.02)


def test_that_a_student_that_has_learned_is_warned_of_nothing(finished: RunFolder) -> None:
    assert not [event for event in events_of(finished) if isinstance(event, Note) and event.code == "student-weak"]
