"""The stages of a classification experiment, in order: teacher, check, outputs, per seed baseline and student, test."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from kdstudio.data import Part
from kdstudio.data.batches import Order, Pixels, derived
from kdstudio.engine import teacher as teacher_stage
from kdstudio.engine import teacher_outputs as outputs_stage
from kdstudio.engine.budget import Budget
from kdstudio.engine.context import Context, to_place
from kdstudio.engine.evaluate import logits_of, metrics_of
from kdstudio.engine.given_weights import give_weights
from kdstudio.engine.loop import Feed, Measurement, Pass, Task, optimise
from kdstudio.engine.results import test_stage
from kdstudio.engine.samples import write_samples, write_validation_images
from kdstudio.methods import Batch, Dense, Labels, Objective, objective
from kdstudio.models import built, cost
from kdstudio.runs.events import AnyEvent, Evaluated, ModelReady, Note, StageEnded, StageStarted

CHECK = "teacher-check"
FEW_LABELS = 5
WEAK = 1.5
"""A network below this many times the accuracy of guessing has learned almost nothing."""


def stages(context: Context) -> Generator[AnyEvent, None, None]:
    """Carry the experiment out; stages that earlier attempts ended are passed over in silence.

    Raises:
        Interrupted, KnownFailure: see the stages.
    """
    experiment = context.experiment
    yield from _models(context)
    teacher = yield from teacher_stage.teacher(context)
    reference = yield from _check(context, teacher)
    outputs = None
    if experiment.method.needs_teacher:
        outputs = yield from outputs_stage.teacher_outputs(context, teacher)
    write_validation_images(context)
    lesson = Lesson(context=context, teacher=teacher, reference=reference, outputs=outputs)
    for seed in experiment.seeds:
        if experiment.has_baseline:
            yield from lesson.learn("baseline", seed)
        yield from lesson.learn("student", seed)
    yield from test_stage(context, teacher, with_baseline=experiment.has_baseline)


def _models(context: Context) -> Iterator[AnyEvent]:
    experiment, images = context.experiment, context.images
    roles = {"teacher": experiment.teacher, "student": experiment.student}
    if experiment.has_baseline:
        roles["baseline"] = experiment.student
    for who, spec in roles.items():
        costs = cost(spec, images.input, len(images.classes))
        yield ModelReady(
            who=who, parameters=costs.parameters, macs=costs.macs, bytes=costs.bytes, input=list(images.input),
            classes=len(images.classes),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Reference:
    """The teacher's logits, float32 on the CPU, that every student is compared with; and its validation accuracy."""

    validation: Tensor
    sample: Tensor
    accuracy: float


def _check(context: Context, teacher: nn.Module) -> Generator[AnyEvent, None, Reference]:
    """Measure the teacher. Says nothing if an earlier attempt did: the logits are wanted all the same."""
    silent = context.has_ended(CHECK)
    header: dict[str, Any] = {"stage": CHECK, "who": "teacher"}
    pixels, check = context.plain_pixels(), context.control.check
    parts = {"validation": "validation", "train": "sample"}
    if not silent:
        yield StageStarted(
            **header, planned=len(context.part("validation")) + len(context.part("sample")), unit="images"
        )
    logits = {split: logits_of(teacher, context.part(part), pixels, check=check) for split, part in parts.items()}
    metrics = {split: metrics_of(logits[split], context.labels(part)) for split, part in parts.items()}
    accuracy = metrics["validation"]["accuracy"]
    if not silent:
        for split, values in metrics.items():
            yield Evaluated(**header, step=0, split=split, metrics=values)
        guessing = _guessing(context, accuracy)
        if guessing is not None:
            about = {"teacher": accuracy, "chance": guessing}
            yield Note(**header, level="warning", code="teacher-weak", parameters=about)
        yield from _label_note(context, header)
        yield StageEnded(**header)
    return Reference(validation=logits["validation"], sample=logits["train"], accuracy=accuracy)


def _guessing(context: Context, accuracy: float) -> float | None:
    """The accuracy of guessing, where `accuracy` on validation data is hardly better; None where it is.

    Guessing names the class that is most frequent there, which is 1 / classes where all are equally frequent.
    """
    labels = context.labels("validation")
    chance = max(1 / len(context.images.classes), int(torch.bincount(labels).max()) / len(labels))
    return chance if accuracy < min(WEAK * chance, (1 + chance) / 2) else None


def _label_note(context: Context, header: dict[str, Any]) -> Iterator[AnyEvent]:
    seen = torch.bincount(context.images.train.labels[context.images.labelled])
    fewest = int(seen[seen > 0].min())
    if fewest < FEW_LABELS:
        yield Note(**header, level="info", code="few-labels", parameters={"count": fewest})


@dataclass(frozen=True, kw_only=True)
class Stream:
    """An endless stream of batches: which images in which order, how they look, and whether their labels may be seen."""

    train: Part
    order: Order
    pixels: Pixels
    labels: bool

    def batch(self, step: int, used: float) -> Batch:
        """The batch of `step` (from 0), with the share `used` of the budget gone."""
        at = self.order.at(step)
        inputs = self.pixels(self.train.images.index_select(0, at), step)
        return Batch(inputs, self.train.labels.index_select(0, at) if self.labels else None, at, used)


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """All that baseline and student of every seed share."""

    context: Context
    teacher: nn.Module
    reference: Reference
    outputs: Tensor | None

    def learn(self, who: str, seed: int) -> Iterator[AnyEvent]:
        """Train `who` ("baseline" or "student") with `seed`, and keep the result. Silent when that has been done."""
        context = self.context
        if context.has_ended(who, seed):
            return
        start = context.start_of(who, seed)
        training = context.experiment.training
        # An epoch is a pass over the student's transfer set for both, so that both take the same number of steps.
        steps_per_epoch = len(context.images.transfer) / training.batch_size
        budget = Budget.of(training, steps_per_epoch)
        header: dict[str, Any] = {"stage": who, "seed": seed, "who": who}
        if start is None:
            yield StageStarted(**header, planned=budget.planned, unit=budget.unit)
        torch.manual_seed(derived("student", seed, "objective"))  # an objective may have parameters of its own
        goal = objective(context.experiment.method) if who == "student" else Labels()
        measure = partial(self._evaluate, seed=seed if who == "student" else None)
        torch.manual_seed(derived("student", seed, "dropout"))
        task = Task(
            stage=who, seed=seed, who=who, model=self._fresh(seed), objective=goal.to(context.place.device),
            feed=self._feed(goal, seed), evaluate=measure, training=training,
            steps_per_epoch=steps_per_epoch,
        )  # fmt: skip
        trained = yield from optimise(
            task, place=context.place, checkpoints=context.checkpoints, control=context.control, start=start
        )
        facts = {"best_step": trained.best_step, "steps": trained.steps}
        context.checkpoints.keep_result(who, seed, trained.weights, facts)
        if who == "baseline":
            yield from self._compare(header, trained.weights)
        else:
            yield from self._warn_of_weakness(header, trained.best_accuracy)
        yield StageEnded(**header)

    def _fresh(self, seed: int) -> nn.Module:
        """The student before its first step: the same for baseline and student of a seed."""
        context = self.context
        spec = context.experiment.student
        module = built(spec, context.images.input, len(context.images.classes), seed=derived("student", seed, "init"))
        give_weights(module, spec, context.images, context.home, role="student")
        return to_place(module, context.place).train()

    def _feed(self, goal: Objective, seed: int) -> Feed:
        """The passes of each step. The label terms come from one stream of labelled images, the same for baseline and
        student; the teacher's terms from the stream of all images that the student may see. Where it may see every label,
        the two streams are one."""
        images = self.context.images
        labelled = self._stream(images.labelled, seed, labels=True)
        if not goal.needs_teacher:
            return lambda step, used: [(labelled.batch(step, used), [])]
        signals = self._signals(goal)
        if len(images.labelled) == len(images.transfer):
            return lambda step, used: [signals(labelled.batch(step, used))]
        transfer = self._stream(images.transfer, seed, labels=False)
        if not goal.needs_labels:
            return lambda step, used: [signals(transfer.batch(step, used))]
        return lambda step, used: [(labelled.batch(step, used), []), signals(transfer.batch(step, used))]

    def _stream(self, positions: Tensor, seed: int, *, labels: bool) -> "Stream":
        context, name = self.context, "labelled" if labels else "transfer"
        device, views = context.place.device, context.experiment.dataset.views
        return Stream(
            train=context.part("train"),
            order=Order(
                positions, batch_size=context.experiment.training.batch_size,
                seed=derived("student", seed, name, "order"), device=device,
            ),
            pixels=Pixels(context.images, device=device, views=views, seed=derived("student", seed, name, "views")),
            labels=labels,
        )  # fmt: skip

    def _signals(self, goal: Objective) -> Callable[[Batch], Pass]:
        """What adds the teacher's signals to a batch: from its cached outputs, or from itself where views are random."""
        if self.outputs is not None:
            cached = goal.prepare(Dense(self.outputs))
            return lambda batch: (batch, [cached.at(batch.indices)])

        def live(batch: Batch) -> Pass:
            with torch.no_grad():
                return batch, [goal.prepare(Dense(self.teacher(batch.inputs).float()))]

        return live

    def _evaluate(
        self, model: nn.Module, step: int, check: Callable[[], None], *, seed: int | None = None
    ) -> list[Measurement]:
        """Compare with labels and teacher; with a `seed`, write down on which images they differ most surely."""
        context, pixels, theirs = self.context, self.context.plain_pixels(), self.reference
        results = []
        for split, part, teacher in (
            ("validation", "validation", theirs.validation),
            ("train", "sample", theirs.sample),
        ):
            logits = logits_of(model, context.part(part), pixels, check=check)
            artefact = None
            if split == "validation" and seed is not None:
                artefact = write_samples(context, seed=seed, step=step, student=logits, teacher=teacher)
            metrics = metrics_of(logits, context.labels(part), teacher)
            results.append(Measurement(split=split, metrics=metrics, artefact=artefact))
        return results

    def _compare(self, header: dict[str, Any], weights: dict[str, Tensor]) -> Iterator[AnyEvent]:
        """Warn when the student alone is as good as its teacher: distilling from it then lowers accuracy."""
        context = self.context
        module = self._fresh(0)
        module.load_state_dict(weights)
        logits = logits_of(module, context.part("validation"), context.plain_pixels())
        alone = metrics_of(logits, context.labels("validation"))["accuracy"]
        if alone >= self.reference.accuracy:
            about = {"teacher": self.reference.accuracy, "baseline": alone}
            yield Note(**header, level="warning", code="teacher-not-better", parameters=about)

    def _warn_of_weakness(self, header: dict[str, Any], accuracy: float) -> Iterator[AnyEvent]:
        """Warn when a student is hardly better than guessing: nothing can be said of a teacher's help then."""
        guessing = _guessing(self.context, accuracy)
        if guessing is not None:
            about = {"student": accuracy, "chance": guessing, "who": header["who"]}
            yield Note(**header, level="warning", code="student-weak", parameters=about)
