"""The stages of a classification experiment, in order: teacher, check, outputs, per seed baseline and student, test."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from kdstudio.data.batches import Order, Pixels, derived
from kdstudio.engine import teacher as teacher_stage
from kdstudio.engine import teacher_outputs as outputs_stage
from kdstudio.engine.budget import Budget
from kdstudio.engine.context import Context, to_place
from kdstudio.engine.evaluate import logits_of, metrics_of
from kdstudio.engine.given_weights import give_weights
from kdstudio.engine.loop import Measurement, Task, optimise
from kdstudio.engine.results import test_stage
from kdstudio.engine.samples import write_samples, write_validation_images
from kdstudio.methods import WITHHELD, Batch, Dense, Labels, Objective, Signal, objective
from kdstudio.models import built, cost
from kdstudio.runs.events import AnyEvent, Evaluated, ModelReady, Note, StageEnded, StageStarted

CHECK = "teacher-check"
FEW_LABELS = 5
WEAK = 1.5
"""A teacher below this many times the accuracy of guessing has learned almost nothing."""


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
        chance = 1 / len(context.images.classes)
        if accuracy < min(WEAK * chance, (1 + chance) / 2):
            about = {"teacher": accuracy, "chance": chance}
            yield Note(**header, level="warning", code="teacher-weak", parameters=about)
        yield from _label_note(context, header)
        yield StageEnded(**header)
    return Reference(validation=logits["validation"], sample=logits["train"], accuracy=accuracy)


def _label_note(context: Context, header: dict[str, Any]) -> Iterator[AnyEvent]:
    seen = torch.bincount(context.images.train.labels[context.images.labelled])
    fewest = int(seen[seen > 0].min())
    if fewest < FEW_LABELS:
        yield Note(**header, level="info", code="few-labels", parameters={"count": fewest})


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
        helped = who == "student" and context.experiment.method.needs_teacher
        start = context.start_of(who, seed)
        training = context.experiment.training
        # An epoch is a pass over the student's transfer set for both, so that both take the same number of steps.
        steps_per_epoch = len(context.images.transfer) / training.batch_size
        budget = Budget.of(training, steps_per_epoch)
        header: dict[str, Any] = {"stage": who, "seed": seed, "who": who}
        if start is None:
            yield StageStarted(**header, planned=budget.planned, unit=budget.unit)
        every_label = not helped or len(context.images.labelled) == len(context.images.transfer)
        method = context.experiment.method
        goal = objective(method, every_label=every_label) if who == "student" else Labels(every_label=True)
        measure = partial(self._evaluate, seed=seed if who == "student" else None)
        torch.manual_seed(derived(seed, "dropout"))
        task = Task(
            stage=who, seed=seed, who=who, model=self._fresh(seed), objective=goal.to(context.place.device),
            feed=self._feed(goal, seed, helped=helped), evaluate=measure, training=training,
            steps_per_epoch=steps_per_epoch,
        )  # fmt: skip
        trained = yield from optimise(
            task, place=context.place, checkpoints=context.checkpoints, control=context.control, start=start
        )
        facts = {"best_step": trained.best_step, "steps": trained.steps}
        context.checkpoints.keep_result(who, seed, trained.weights, facts)
        if who == "baseline":
            yield from self._compare(header, trained.weights)
        yield StageEnded(**header)

    def _fresh(self, seed: int) -> nn.Module:
        """The student before its first step: the same for baseline and student of a seed."""
        context = self.context
        spec = context.experiment.student
        module = built(spec, context.images.input, len(context.images.classes), seed=derived(seed, "init"))
        give_weights(module, spec, context.images, context.home, role="student")
        return to_place(module, context.place).train()

    def _feed(self, goal: Objective, seed: int, *, helped: bool) -> Any:
        """Batches of a seed. The student meets every image of the transfer set; whoever learns from labels alone cycles
        through the labelled ones."""
        context = self.context
        images, device, training = context.images, context.place.device, context.experiment.training
        train = context.part("train")
        positions = images.transfer if helped else images.labelled
        order = Order(positions, batch_size=training.batch_size, seed=derived(seed, "order"), device=device)
        pixels = Pixels(images, device=device, views=context.experiment.dataset.views, seed=derived(seed, "views"))
        targets = torch.full_like(images.train.labels, WITHHELD)
        targets[images.labelled] = images.train.labels[images.labelled]
        targets = targets.to(device)
        prepared = goal.prepare(Dense(self.outputs)) if helped and self.outputs is not None else None

        def feed(step: int, used: float) -> tuple[Batch, list[Signal]]:
            at = order.at(step)
            inputs = pixels(train.images.index_select(0, at), step)
            signals: list[Signal] = []
            if prepared is not None:
                signals = [prepared.at(at)]
            elif helped:
                with torch.no_grad():
                    signals = [goal.prepare(Dense(self.teacher(inputs).float()))]
            return Batch(inputs, targets.index_select(0, at), at, used), signals

        return feed

    def _evaluate(self, model: nn.Module, step: int, *, seed: int | None = None) -> list[Measurement]:
        """Compare with labels and teacher; with a `seed`, write down on which images they differ most surely."""
        context, pixels, theirs = self.context, self.context.plain_pixels(), self.reference
        results = []
        for split, part, teacher in (
            ("validation", "validation", theirs.validation),
            ("train", "sample", theirs.sample),
        ):
            logits = logits_of(model, context.part(part), pixels)
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
