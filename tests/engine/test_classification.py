"""The stages of a classification experiment: who sees which images and labels, and at whose pace."""

import pytest
import torch
from torch import Tensor, nn

from kdstudio.engine.classification import Lesson, Reference
from kdstudio.engine.context import Context
from kdstudio.methods import WITHHELD, Batch, Dense, Labels, Objective, Softened, objective
from kdstudio.models import built
from kdstudio.runs.events import Evaluated, Note, StageStarted
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.outlook import plan
from tests.engine.lab import a_context, carried_out, codes, events_of, tiny

STEPS = 12


def a_lesson(context: Context, *, cached: bool) -> tuple[Lesson, nn.Module, Tensor]:
    """A lesson with a teacher that has learned nothing, whose logits on the training images come with it."""
    images = context.images
    teacher = built(context.experiment.teacher, images.input, len(images.classes), seed=4).eval()
    with torch.no_grad():
        logits = teacher(context.plain_pixels()(images.train.images))
    nothing = Reference(validation=torch.zeros(1), sample=torch.zeros(1), accuracy=0.5)
    lesson = Lesson(context=context, teacher=teacher, reference=nothing, outputs=logits if cached else None)
    return lesson, teacher, logits


def fed(lesson: Lesson, goal: Objective, *, helped: bool, seed: int = 0) -> list[tuple[Batch, list]]:
    feed = lesson._feed(goal, seed, helped=helped)
    return [feed(step, step / STEPS) for step in range(STEPS)]


def the_goal(context: Context) -> Objective:
    return objective(context.experiment.method, every_label=False)


def test_that_the_student_meets_every_image_of_the_transfer_set_and_labels_only_where_they_may_be_seen(
    home: Home,
) -> None:
    context = a_context(home, "dataset.hidden_classes=[3]", "dataset.labelled=0.2")
    lesson, _, _ = a_lesson(context, cached=True)
    images = context.images
    batches = [batch for batch, _ in fed(lesson, the_goal(context), helped=True)]
    met = torch.cat([batch.indices for batch in batches])
    assert set(met.tolist()) == set(images.transfer.tolist())
    for batch in batches:
        seen = torch.isin(batch.indices, images.labelled)
        assert torch.equal(batch.targets[seen], images.train.labels[batch.indices[seen]])
        assert set(batch.targets[~seen].tolist()) <= {WITHHELD}
    assert 3 not in {int(target) for batch in batches for target in batch.targets}


def test_that_who_learns_without_help_cycles_through_the_labelled_images(home: Home) -> None:
    context = a_context(home, "dataset.labelled=0.1")
    lesson, _, _ = a_lesson(context, cached=True)
    told = fed(lesson, Labels(every_label=True), helped=False)
    met = torch.cat([batch.indices for batch, _ in told])
    assert set(met.tolist()) == set(context.images.labelled.tolist())
    assert all((batch.targets != WITHHELD).all() for batch, _ in told)
    assert all(signals == [] for _, signals in told)
    assert {len(batch.indices) for batch, _ in told} == {context.experiment.training.batch_size}


def test_that_cached_outputs_are_those_of_the_very_images_in_the_batch(home: Home) -> None:
    context = a_context(home)
    lesson, teacher, logits = a_lesson(context, cached=True)
    goal = the_goal(context)
    for batch, (signal,) in fed(lesson, goal, helped=True):
        assert isinstance(signal, Softened)
        expected = goal.prepare(Dense(logits[batch.indices]))
        assert torch.allclose(signal.probabilities, expected.probabilities, atol=1e-6)
        with torch.no_grad():
            live = goal.prepare(Dense(teacher(batch.inputs)))
        assert torch.allclose(signal.probabilities, live.probabilities, atol=1e-5)


def test_that_with_random_views_the_teacher_sees_the_very_pixels_that_the_student_sees(home: Home) -> None:
    context = a_context(home, "dataset.views={shift: 2, crop: 0.8}")
    lesson, teacher, logits = a_lesson(context, cached=False)
    goal, differs = the_goal(context), 0
    for batch, (signal,) in fed(lesson, goal, helped=True):
        with torch.no_grad():
            live = goal.prepare(Dense(teacher(batch.inputs)))
        assert torch.equal(signal.probabilities, live.probabilities)
        assert not signal.probabilities.requires_grad
        plain = goal.prepare(Dense(logits[batch.indices]))
        differs += not torch.allclose(signal.probabilities, plain.probabilities, atol=1e-3)
    assert differs == STEPS


def test_that_seeds_have_orders_of_their_own_and_a_seed_has_one(home: Home) -> None:
    lesson, _, _ = a_lesson(a_context(home), cached=True)
    first, again, other = (fed(lesson, the_goal(lesson.context), helped=True, seed=seed) for seed in (0, 0, 1))
    assert all(torch.equal(a.indices, b.indices) for (a, _), (b, _) in zip(first, again, strict=True))
    assert not all(torch.equal(a.indices, b.indices) for (a, _), (b, _) in zip(first, other, strict=True))


def test_that_an_epoch_is_a_pass_over_the_students_images_for_the_baseline_too(home: Home) -> None:
    folder = carried_out(
        home, "training={epochs: 2, batch_size: 100}", "teacher_training.steps=5", "seeds=[0]", "dataset.labelled=0.05"
    )
    planned = {
        event.stage: event.planned for event in events_of(folder)
        if isinstance(event, StageStarted) and event.stage in ("baseline", "student")
    }  # fmt: skip
    transfer = 1079
    assert planned == {"baseline": -(-2 * transfer // 100), "student": -(-2 * transfer // 100)}
    assert folder.summary()["steps"] == planned


@pytest.mark.parametrize(
    ("changes", "stages"),
    [
        (
            (),
            ["teacher", "teacher-check", "teacher-outputs", "baseline", "student", "baseline", "student", "evaluation"],
        ),
        (("baseline=false", "seeds=[4]"), ["teacher", "teacher-check", "teacher-outputs", "student", "evaluation"]),
        (("method={kind: none}", "seeds=[4]"), ["teacher", "teacher-check", "student", "evaluation"]),
    ],
)
def test_that_the_plan_names_the_stages_in_order(changes: tuple[str, ...], stages: list[str]) -> None:
    assert [stage for stage, _ in plan(tiny(*changes))] == stages


def test_that_a_run_carries_out_its_plan(finished: RunFolder) -> None:
    assert list(finished.fold()[0].stages) == plan(tiny())


def test_that_a_teacher_no_better_than_the_student_alone_is_told_beside_the_baseline(home: Home) -> None:
    folder = carried_out(home, "teacher_training={steps: 1}", "training.steps=60", "seeds=[0]", "dataset.labelled=1.0")
    (note,) = [event for event in events_of(folder) if isinstance(event, Note) and event.code == "teacher-not-better"]
    assert (note.stage, note.level) == ("baseline", "warning")
    assert note.parameters["baseline"] >= note.parameters["teacher"]


def test_that_a_good_teacher_is_told_nothing_of(finished: RunFolder) -> None:
    assert not {"teacher-not-better", "teacher-weak"} & set(codes(finished))


def test_that_the_teacher_is_measured_on_the_fixed_sample_and_on_validation_data(finished: RunFolder) -> None:
    measured = [
        event for event in events_of(finished) if isinstance(event, Evaluated) and event.stage == "teacher-check"
    ]
    assert {event.split for event in measured} == {"validation", "train"}
    assert {event.who for event in measured} == {"teacher"}
