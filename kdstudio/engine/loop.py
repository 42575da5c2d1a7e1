"""The one optimisation loop: teacher, baseline, student and whatever is fine-tuned later all go through `optimise`."""

import contextlib
import math
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from kdstudio.data.batches import derived
from kdstudio.engine.budget import EVALUATIONS, Budget, evaluation_stride, learning_rate
from kdstudio.engine.checkpoint import Checkpoints, Position
from kdstudio.engine.control import Control, Interrupted
from kdstudio.engine.device import Place
from kdstudio.methods import Batch, Dense, Objective, Signal
from kdstudio.runs.events import AnyEvent, Evaluated, Note, Progress, Sampled, Saved, StepLogged
from kdstudio.runs.folder import Request
from kdstudio.spec import Training
from kdstudio.spec.errors import KnownFailure

CHECKPOINT_SECONDS = 15.0
PROGRESS_SECONDS = 0.25


def optimizer_for(training: Training, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    """The fused optimiser that `training` names."""
    if training.optimizer == "adamw":
        return torch.optim.AdamW(parameters, lr=training.learning_rate, weight_decay=training.weight_decay, fused=True)
    return torch.optim.SGD(
        parameters,
        lr=training.learning_rate,
        momentum=training.momentum,
        weight_decay=training.weight_decay,
        fused=True,
    )


class Guard:
    """Keeps a loss that is no number away from the weights without asking the device about every step.

    The fused optimisers skip a step whose `found_inf` is 1. The flag is computed on the device from running sums of the
    terms, so it stays up once it is up, the weights stay as they were, and only logged steps need to look.
    """

    def __init__(self, optimizer: torch.optim.Optimizer, device: torch.device) -> None:
        self._sums: Tensor | None = None
        self._names: list[str] = []
        self._found = torch.zeros((), device=device)
        self._skipped = torch.zeros((), device=device)
        optimizer.found_inf = self._found  # type: ignore[attr-defined]

    @torch.no_grad()
    def watch(self, terms: dict[str, Tensor]) -> Tensor:
        """Take one step's terms in, before its update; the terms, stacked: float32 [terms]."""
        values = torch.stack([term.detach() for term in terms.values()])
        if self._sums is None:
            self._sums, self._names = torch.zeros_like(values), list(terms)
        self._sums.add_(values)
        self._found.copy_((self._sums - self._sums).ne(0).any())
        self._skipped.add_(self._found)
        return values

    def check(self, *, stage: str, done: int) -> None:
        """Look at the flag after `done` steps (waits for the device).

        Raises:
            KnownFailure: a loss was no number; names the first such term, and the step from 1.
        """
        if self._sums is None or not bool(self._found):
            return
        bad = [name for name, value in zip(self._names, self._sums.tolist(), strict=True) if not math.isfinite(value)]
        # The flag stays up, so the first step that was skipped is as far back as steps were skipped.
        first = done - int(self._skipped) + 1
        raise KnownFailure("not-a-number", term=bad[0] if bad else "loss", step=first, stage=stage)


Pass: TypeAlias = tuple[Batch, list[Signal]]
"""What one forward pass works on, and the teachers' signals for it."""

Feed = Callable[[int, float], Sequence[Pass]]
"""The passes of a step (from 0), given the share of the budget used. Most steps have one; see `Objective` for two."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Measurement:
    """What a look at one split gave; `artefact` names the file of examples that was written with it, if one was."""

    split: str
    metrics: dict[str, Any]
    artefact: str | None = None


Evaluate = Callable[[nn.Module, int, Callable[[], None]], list[Measurement]]
"""Measures a network after so many steps, on "validation" among others; calls the function now and then, which may raise."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """What one stage of training is about."""

    stage: str
    seed: int | None
    who: str
    model: nn.Module
    objective: Objective
    feed: Feed
    evaluate: Evaluate
    training: Training
    steps_per_epoch: float


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What a stage of training came to: the best weights on validation data, their accuracy there, and where they and the
    end were."""

    weights: dict[str, Tensor]
    best_step: int
    best_accuracy: float
    steps: int


def optimise(
    task: Task, *, place: Place, checkpoints: Checkpoints, control: Control, start: Position | None
) -> Generator[AnyEvent, None, Trained]:
    """Train `task.model` and keep the weights that are best on validation data (accuracy, then likelihood).

    Yields what happens, with no gradient mode or autocast held open; the generator's value is a `Trained`.

    Args:
        task: what is trained on what.
        place: where.
        checkpoints: where the state is saved.
        control: asked for requests.
        start: where the latest checkpoint of this very stage is, or None for a fresh start.

    Raises:
        Interrupted: it was asked to stop or pause, and is saved.
        KnownFailure: a loss is no number.
    """
    return _Run(task, place, checkpoints, control).events(start)


class Stepper:
    """One update of `task.model` after the other, and nothing else: what takes the time of a training.

    Attributes:
        parameters: what is trained.
        names: the terms of the last step.
    """

    def __init__(self, task: Task, place: Place) -> None:
        self.task, self.place, self.training = task, place, task.training
        self.parameters = [
            parameter for module in (task.model, task.objective) for parameter in module.parameters()
            if parameter.requires_grad
        ]  # fmt: skip
        self.optimizer = optimizer_for(task.training, self.parameters)
        self.guard = Guard(self.optimizer, place.device)
        self.names: list[str] = []
        self._draws = any(getattr(module, "p", 0) and "Dropout" in type(module).__name__ for module in task.model.modules())

    def step(self, step: int, used: float) -> tuple[Tensor, float]:
        """The update `step` (from 0), with the share `used` of the budget gone; the terms of this very step, still on the
        device, and its learning rate."""
        first, *beside = self.task.feed(step, used)
        lr = learning_rate(self.training, used)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        terms = self._terms(*first)
        for number, each in enumerate(beside):
            with self._own_randomness(step, number):
                more = self._terms(*each)
            if not terms.keys().isdisjoint(more):
                raise ValueError(f"two passes of a step give the same term: {sorted(terms.keys() & more)}")
            terms |= more
        self.names = list(terms)
        loss = _total(terms)
        loss.backward()
        values = self.guard.watch(terms)
        if self.training.clip is not None:
            nn.utils.clip_grad_norm_(self.parameters, self.training.clip, foreach=True)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return values, lr

    def _terms(self, batch: Batch, teachers: list[Signal]) -> dict[str, Tensor]:
        with self._autocast():
            logits = self.task.model(batch.inputs)
        return self.task.objective(Dense(logits.float()), teachers, batch)

    @contextlib.contextmanager
    def _own_randomness(self, step: int, number: int) -> Iterator[None]:
        """Dropout of a second pass draws from a stream of its own: the first draws what it would draw without it."""
        if not self._draws:
            yield
            return
        device = self.place.device
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            torch.manual_seed(derived(self.task.stage, self.task.seed or 0, "dropout beside", number, step))
            yield

    def _autocast(self) -> contextlib.AbstractContextManager[Any]:
        if self.place.precision == torch.float32:
            return _NOTHING
        return torch.autocast(self.place.device.type, dtype=self.place.precision)


class _Run:
    """The loop's own state. Told as paragraphs: feed, step, log, evaluate, save, answer."""

    def __init__(self, task: Task, place: Place, checkpoints: Checkpoints, control: Control) -> None:
        self.task, self.checkpoints, self.control = task, checkpoints, control
        self.training = task.training
        self.budget = Budget.of(task.training, task.steps_per_epoch)
        self.stepper = Stepper(task, place)
        self.optimizer, self.guard = self.stepper.optimizer, self.stepper.guard
        self.header: dict[str, Any] = {"stage": task.stage, "seed": task.seed, "who": task.who}
        self.pending: Request | None = None  # heard within an evaluation, not answered yet
        self.began = 0.0
        self.best: dict[str, Tensor] = {}
        self.position = Position(stage=task.stage, seed=task.seed, step=0)
        self.stride = evaluation_stride(task.training, self.budget)

    def events(self, start: Position | None) -> Generator[AnyEvent, None, Trained]:
        if start is not None and start.step > 0:
            if self.budget.steps is not None and start.step > self.budget.steps:
                raise KnownFailure("checkpoint-beyond", step=start.step, planned=self.budget.steps, stage=start.stage)
            self.position = start
            self.best = self.checkpoints.restore(
                start, model=self.task.model, optimizer=self.optimizer, objective=self.task.objective
            )
        else:
            yield from self._evaluated(count=True)
        self.began = time.monotonic() - self.position.elapsed
        if self.position.evaluation_due:
            yield from self._evaluate_on_plan()
        yield from self._steps()
        self.guard.check(stage=self.task.stage, done=self.position.step)
        yield from self._save()
        yield self._progress(None)
        place = self.position
        return Trained(
            weights=self.best, best_step=place.best_step, best_accuracy=place.best_accuracy, steps=place.step
        )

    def _steps(self) -> Iterator[AnyEvent]:
        step, seconds = self.position.step, time.monotonic
        now = told = saved = evaluated = rated = seconds()
        rated_step, rate = step, None
        over = self._over(step)
        while not (over or self._stops_early()):
            terms, lr = self.stepper.step(step, self._used(step))
            step += 1
            now = seconds()
            over = self._over(step)  # once a step: a budget in minutes may run out between two looks

            if self.budget.log_is_due(step):
                values = terms.tolist()
                self.guard.check(stage=self.task.stage, done=step)
                yield StepLogged(
                    **self.header, step=step, epoch=round(step / self.task.steps_per_epoch, 6), lr=lr, rate=rate,
                    terms=dict(zip(self.stepper.names, values, strict=True)),
                )  # fmt: skip

            if over or self._evaluation_is_due(step, now - evaluated):
                self._move(step)
                yield from self._evaluate_on_plan()
                evaluated = seconds()

            if now - told >= PROGRESS_SECONDS:
                rate = (step - rated_step) / (now - rated) if now - rated > 0 else rate
                rated, rated_step, told = now, step, now
                self._move(step)
                yield self._progress(rate)

            if self._checkpoint_is_due(step, now - saved):
                self._move(step)
                yield from self._save()
                saved = seconds()

            request, self.pending = self.pending or self.control.poll(), None
            if request is not None:
                self._move(step)
                yield from self._answer(request)

    def _evaluate_on_plan(self) -> Iterator[AnyEvent]:
        """The evaluation that is due at this step, whose result may become the best one, or end the training."""
        yield from self._evaluated(count=True)
        if self._stops_early() and not self._over(self.position.step):
            patience = {"patience": self.training.early_stopping}
            yield Note(**self.header, level="info", code="stopped-early", parameters=patience)

    def _evaluated(self, *, count: bool) -> Iterator[AnyEvent]:
        """Measure. With `count`, the result may become the best one; an evaluation that somebody asked for may not,
        or the same seed would no longer give the same weights."""
        self.guard.check(stage=self.task.stage, done=self.position.step)
        step = self.position.step
        try:
            measured = self.task.evaluate(self.task.model, step, self._hear)
        except Interrupted:
            if step > 0:  # what was due is done first when the training resumes: the same seed gives the same weights
                self.position = replace(self.position, evaluation_due=count or self.position.evaluation_due)
                yield from self._save()
            raise
        if count:
            self.position = replace(self.position, evaluation_due=False)
        for seen in measured:
            if seen.split == "validation" and count:
                self._judge(seen.metrics)
            yield Evaluated(**self.header, step=step, split=seen.split, metrics=seen.metrics)
            if seen.artefact is not None:
                yield Sampled(**self.header, step=step, artefact=seen.artefact)

    def _hear(self) -> None:
        """Within an evaluation: stop and pause interrupt it, other requests wait until it is done."""
        request = self.control.poll()
        if request in (Request.STOP, Request.PAUSE):
            raise Interrupted(request)
        self.pending = request or self.pending

    def _judge(self, metrics: dict[str, Any]) -> None:
        old, accuracy = self.position, metrics["accuracy"]
        nll = metrics["nll"] if metrics["nll"] is not None else math.inf
        if not self.best or (accuracy, -nll) > (old.best_accuracy, -old.best_nll):
            risen = accuracy > old.best_accuracy
            self.position = replace(
                old, best_step=old.step, best_accuracy=accuracy, best_nll=min(nll, 1e300),
                since_best=0 if risen else old.since_best + 1,
            )  # fmt: skip
            self.best = {name: value.detach().clone() for name, value in self.task.model.state_dict().items()}
        else:
            self.position = replace(old, since_best=old.since_best + 1)

    def _save(self) -> Iterator[AnyEvent]:
        self.guard.check(stage=self.task.stage, done=self.position.step)
        # A finite loss can have an infinite gradient. Saved, such weights would end every later attempt too.
        if not all(bool(parameter.isfinite().all()) for parameter in self.stepper.parameters):
            raise KnownFailure("not-a-number", term="gradient", step=self.position.step, stage=self.task.stage)
        self.checkpoints.save(
            self.position, model=self.task.model, best=self.best, optimizer=self.optimizer, objective=self.task.objective
        )
        yield Saved(**self.header, step=self.position.step, best=self.position.best_step)

    def _answer(self, request: Request) -> Iterator[AnyEvent]:
        if request is Request.EVALUATE:
            yield from self._evaluated(count=False)
            return
        yield from self._save()
        if request in (Request.STOP, Request.PAUSE):
            raise Interrupted(request)

    def _progress(self, rate: float | None) -> Progress:
        unit, elapsed = self.budget.unit, self.position.elapsed
        done = float(self.position.step) if unit == "steps" else min(elapsed, self.budget.planned)
        per_second = rate if unit == "steps" else 1.0
        return Progress(**self.header, done=done, total=float(self.budget.planned), unit=unit, rate=per_second)

    def _move(self, step: int) -> None:
        self.position = replace(self.position, step=step, elapsed=self._elapsed())

    def _elapsed(self) -> float:
        return time.monotonic() - self.began

    def _used(self, step: int) -> float:
        return self.budget.used(step, self._elapsed() if self.budget.steps is None else 0.0)

    def _over(self, step: int) -> bool:
        if self.budget.steps is not None:
            return step >= self.budget.steps
        return self._elapsed() >= (self.budget.seconds or 0.0)

    def _stops_early(self) -> bool:
        patience = self.training.early_stopping
        return patience is not None and self.position.since_best >= patience

    def _evaluation_is_due(self, step: int, waited: float) -> bool:
        if self.stride is not None:
            return step % self.stride == 0
        return waited >= (self.training.evaluate_every.seconds or (self.budget.seconds or 60.0) / EVALUATIONS)

    def _checkpoint_is_due(self, step: int, waited: float) -> bool:
        every = self.training.checkpoint_every
        if every.steps is not None:
            return step % every.steps == 0
        return waited >= (every.seconds or CHECKPOINT_SECONDS)


_NOTHING = contextlib.nullcontext()


def _total(terms: dict[str, Tensor]) -> Tensor:
    first, *rest = terms.values()
    for term in rest:
        first = first + term
    return first
