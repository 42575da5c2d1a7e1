"""The stages of a classification experiment: who sees which images and labels, and at whose pace."""

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor, nn

from kdstudio.engine.classification import Lesson, Reference
from kdstudio.engine.context import Context
from kdstudio.engine.loop import Pass
from kdstudio.methods import Dense, Labels, Objective, Softened, objective
from kdstudio.models import built
from kdstudio.runs.events import Evaluated, Note, StageStarted
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.outlook import plan
from kdstudio.spec import SoftTargets
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


def fed(lesson: Lesson, goal: Objective, *, seed: int = 0) -> list[Sequence[Pass]]:
    feed = lesson._feed(goal, seed)
    return [feed(step, step / STEPS) for step in range(STEPS)]


def the_goal(context: Context) -> Objective:
    return objective(context.experiment.method)


def test_that_the_label_terms_come_from_the_baselines_own_batches_and_the_teachers_from_all_images(home: Home) -> None:
    context = a_context(home, "dataset.hidden_classes=[3]", "dataset.labelled=0.2", "dataset.views.shift=1")
    lesson, _, _ = a_lesson(context, cached=True)
    images = context.images
    student, baseline = fed(lesson, the_goal(context)), fed(lesson, Labels())
    for ((ours, no_signals), (others, signals)), ((theirs, _),) in zip(student, baseline, strict=True):
        assert torch.equal(ours.indices, theirs.indices)
        assert torch.equal(ours.inputs, theirs.inputs), "the very same views"
        assert torch.equal(ours.targets, images.train.labels[ours.indices])
        assert no_signals == []
        assert others.targets is None
        assert len(signals) == 1
        assert len(ours.indices) == len(others.indices) == context.experiment.training.batch_size
    met = torch.cat([batch.indices for _, (batch, _) in student])
    assert set(met.tolist()) == set(images.transfer.tolist())
    labelled = torch.cat([batch.indices for (batch, _), _ in student])
    assert set(labelled.tolist()) == set(images.labelled.tolist())
    assert 3 not in {int(target) for (batch, _), _ in student for target in batch.targets}


def test_that_with_every_label_one_pass_carries_labels_and_teacher_and_has_the_baselines_batches(home: Home) -> None:
    context = a_context(home, "dataset.labelled=1", "dataset.hidden_classes=[3]")
    lesson, _, _ = a_lesson(context, cached=True)
    student, baseline = fed(lesson, the_goal(context)), fed(lesson, Labels())
    for ((ours, signals),), ((theirs, _),) in zip(student, baseline, strict=True):
        assert torch.equal(ours.indices, theirs.indices)
        assert torch.equal(ours.targets, theirs.targets)
        assert len(signals) == 1


def test_that_a_student_without_label_terms_meets_no_label_and_one_without_teachers_terms_no_teacher(home: Home) -> None:
    context = a_context(home, "dataset.labelled=0.2")
    lesson, _, _ = a_lesson(context, cached=True)
    soft, hard = (objective(SoftTargets(kind="soft-targets", alpha=alpha)) for alpha in (1.0, 0.0))
    assert all(batch.targets is None and signals for ((batch, signals),) in fed(lesson, soft))
    assert all(batch.targets is not None and not signals for ((batch, signals),) in fed(lesson, hard))


def test_that_cached_outputs_are_those_of_the_very_images_in_the_batch(home: Home) -> None:
    context = a_context(home)
    lesson, teacher, logits = a_lesson(context, cached=True)
    goal = the_goal(context)
    for *_, (batch, (signal,)) in fed(lesson, goal):
        assert isinstance(signal, Softened)
        expected = goal.prepare(Dense(logits[batch.indices]))
        assert torch.allclose(signal.log_probabilities, expected.log_probabilities, atol=1e-6)
        with torch.no_grad():
            live = goal.prepare(Dense(teacher(batch.inputs)))
        assert torch.allclose(signal.log_probabilities, live.log_probabilities, atol=1e-5)


def test_that_with_random_views_the_teacher_sees_the_very_pixels_that_the_student_sees(home: Home) -> None:
    context = a_context(home, "dataset.views={shift: 2, crop: 0.8}")
    lesson, teacher, logits = a_lesson(context, cached=False)
    goal, differs = the_goal(context), 0
    for *_, (batch, (signal,)) in fed(lesson, goal):
        with torch.no_grad():
            live = goal.prepare(Dense(teacher(batch.inputs)))
        assert torch.equal(signal.log_probabilities, live.log_probabilities)
        assert not signal.log_probabilities.requires_grad
        plain = goal.prepare(Dense(logits[batch.indices]))
        differs += not torch.allclose(signal.log_probabilities, plain.log_probabilities, atol=1e-3)
    assert differs == STEPS


def test_that_seeds_have_orders_of_their_own_and_a_seed_has_one(home: Home) -> None:
    lesson, _, _ = a_lesson(a_context(home), cached=True)
    first, again, other = (fed(lesson, the_goal(lesson.context), seed=seed) for seed in (0, 0, 1))
    for stream in (0, 1):
        met, once_more, others = (
            torch.stack([passes[stream][0].indices for passes in each]) for each in (first, again, other)
        )
        assert torch.equal(met, once_more)
        assert not torch.equal(met, others)


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
