"""The one optimisation loop: its budget, its rhythm, what it keeps, and that a seed fixes every bit of it."""

import dataclasses
import itertools
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from kdstudio.engine.budget import learning_rate
from kdstudio.engine.checkpoint import Checkpoints, Position
from kdstudio.engine.control import EVERY, Control, Interrupted
from kdstudio.engine.evaluate import metrics_of
from kdstudio.engine.loop import Guard, Measurement, Pass, Task, Trained, optimise, optimizer_for
from kdstudio.methods import Batch, Dense, Labels, Signal
from kdstudio.runs.events import AnyEvent, Evaluated, Note, Progress, Saved, StepLogged
from kdstudio.runs.folder import Request
from kdstudio.spec import Training
from kdstudio.spec.errors import KnownFailure
from tests.engine.lab import CPU, drained
from tests.fakes import FakeClock

CLASSES, UNITS = 3, 4


def training(**fields: object) -> Training:
    fields = {"learning_rate": 0.01, "evaluate_every": {"steps": 10}, "checkpoint_every": {"steps": 10}, **fields}
    return Training(**(fields if {"steps", "epochs", "minutes"} & set(fields) else {"steps": 40, **fields}))


class Lesson:
    """A task whose data is noise with a pattern in it, and whose validation result can be told beforehand."""

    def __init__(
        self, spec: Training, accuracies: list[float] | None = None, *, model: nn.Module | None = None
    ) -> None:
        generator = torch.Generator().manual_seed(0)
        self.inputs = torch.randn(32, UNITS, generator=generator)
        self.targets = self.inputs[:, :CLASSES].argmax(-1)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.model = model or nn.Sequential(nn.Linear(UNITS, 8), nn.ReLU(), nn.Linear(8, CLASSES))
        self.accuracies = accuracies
        self.seen: list[tuple[int, dict[str, Tensor]]] = []
        self.fed: list[int] = []
        self.task = Task(
            stage="student", seed=3, who="student", model=self.model, objective=Labels(),
            feed=self.feed, evaluate=self.evaluate, training=spec, steps_per_epoch=4.0,
        )  # fmt: skip

    def feed(self, step: int, used: float) -> list[Pass]:
        self.fed.append(step)
        at = (torch.arange(8) + 8 * step) % 32
        return [(Batch(self.inputs[at], self.targets[at], at, used), [])]

    def evaluate(self, model: nn.Module, step: int, check: Callable[[], None] = lambda: None) -> list[Measurement]:
        self.seen.append((len(self.fed), {name: value.clone() for name, value in model.state_dict().items()}))
        told = self.accuracies
        if told is not None:
            values = {"accuracy": told[min(len(self.seen), len(told)) - 1], "nll": 1.0}
        else:
            model.eval()
            with torch.no_grad():
                values = metrics_of(model(self.inputs), self.targets)
            model.train()
        train = {"accuracy": 0.9, "nll": 0.5}
        return [Measurement(split="validation", metrics=values), Measurement(split="train", metrics=train)]

    def learn(
        self, folder: Path, *, start: Position | None = None, control: Control | None = None
    ) -> tuple[list[AnyEvent], Trained]:
        told = optimise(
            self.task, place=CPU, checkpoints=Checkpoints(folder), start=start, control=control or Control(lambda: None)
        )
        return drained(told)


def logged(events: list[AnyEvent]) -> list[StepLogged]:
    return [event for event in events if isinstance(event, StepLogged)]


# How often.


def test_that_which_steps_are_logged_depends_on_the_plan_alone(tmp_path: Path) -> None:
    events, _ = Lesson(training(steps=100)).learn(tmp_path)
    assert [event.step for event in logged(events)] == [1, *range(3, 101, 3), 100]


# The learning rate.


def test_that_a_logged_learning_rate_is_the_one_of_that_step(tmp_path: Path) -> None:
    spec = training(steps=20, schedule="cosine", warmup=0.25)
    events, _ = Lesson(spec).learn(tmp_path)
    for event in logged(events):
        assert event.lr == pytest.approx(learning_rate(spec, (event.step - 1) / 20))


# Budgets.


def test_that_a_budget_in_steps_takes_exactly_these(tmp_path: Path) -> None:
    lesson = Lesson(training(steps=17))
    events, trained = lesson.learn(tmp_path)
    assert lesson.fed == list(range(17))
    assert trained.steps == 17
    assert logged(events)[-1].step == 17
    last = [event for event in events if isinstance(event, Progress)][-1]
    assert (last.done, last.total, last.unit) == (17.0, 17.0, "steps")


def test_that_a_budget_in_minutes_ends_by_the_clock(tmp_path: Path) -> None:
    lesson = Lesson(training(minutes=0.8 / 60, evaluate_every={}))
    events, trained = lesson.learn(tmp_path)
    assert trained.steps == len(lesson.fed) > 1
    progress = [event for event in events if isinstance(event, Progress)]
    assert all(event.unit == "seconds" and event.total == pytest.approx(0.8) for event in progress)
    assert [event.step for event in events if isinstance(event, Evaluated)][-1] == trained.steps
    assert progress[-1].done == pytest.approx(0.8, abs=0.05)
    assert logged(events)[0].lr > logged(events)[-1].lr, "the schedule follows the clock too"


def test_that_an_epoch_of_an_event_counts_passes(tmp_path: Path) -> None:
    events, _ = Lesson(training(steps=8)).learn(tmp_path)
    assert {event.step: event.epoch for event in logged(events)} == {step: step / 4 for step in range(1, 9)}


# What is kept.


def test_that_the_best_weights_on_validation_data_are_kept_and_not_the_last(tmp_path: Path) -> None:
    lesson = Lesson(training(steps=40), [0.1, 0.5, 0.9, 0.4, 0.8])
    _, trained = lesson.learn(tmp_path)
    assert trained.best_step == 20
    at, weights = lesson.seen[2]
    assert at == 20
    assert all(torch.equal(trained.weights[name], value) for name, value in weights.items())
    assert not torch.equal(trained.weights["0.weight"], lesson.model.state_dict()["0.weight"])


def test_that_of_two_equal_accuracies_the_likelier_is_kept_and_then_the_earlier(tmp_path: Path) -> None:
    lesson = Lesson(training(steps=30), [0.1, 0.5, 0.5, 0.5])
    assert lesson.learn(tmp_path)[1].best_step == 10


def test_that_training_stops_early_when_validation_has_not_risen_for_so_many_evaluations(tmp_path: Path) -> None:
    lesson = Lesson(training(steps=1000, early_stopping=3), [0.1, 0.5, 0.6, 0.6, 0.55, 0.6])
    events, trained = lesson.learn(tmp_path)
    assert (trained.best_step, trained.steps) == (20, 50)
    assert [event.parameters for event in events if isinstance(event, Note)] == [{"patience": 3}]
    assert events[-2] == Saved(stage="student", seed=3, who="student", step=50, best=20)


def test_that_a_budget_that_is_used_up_is_not_called_stopping_early(tmp_path: Path) -> None:
    lesson = Lesson(training(steps=30, early_stopping=3), [0.5, 0.4, 0.4, 0.4])
    events, trained = lesson.learn(tmp_path)
    assert (trained.best_step, trained.steps) == (0, 30)
    assert not [event for event in events if isinstance(event, Note)]


def test_that_the_first_and_the_last_step_are_evaluated(tmp_path: Path) -> None:
    events, _ = Lesson(training(steps=25)).learn(tmp_path)
    at = [event.step for event in events if isinstance(event, Evaluated) and event.split == "validation"]
    assert at == [0, 10, 20, 25]


def test_that_a_gradient_is_clipped_to_its_norm(tmp_path: Path) -> None:
    """With plain gradient descent a step's length is the learning rate times the clipped norm."""
    spec = training(
        steps=1, optimizer="sgd", momentum=0.0, weight_decay=0.0, schedule="constant", learning_rate=1.0, clip=0.01
    )
    lesson = Lesson(spec)
    before = {name: value.clone() for name, value in lesson.model.state_dict().items()}
    lesson.learn(tmp_path)
    moved = [lesson.model.state_dict()[name] - value for name, value in before.items()]
    assert math.sqrt(sum(float((each**2).sum()) for each in moved)) == pytest.approx(0.01, rel=1e-3)


# A loss that is no number.


class Breaks(nn.Module):
    """Gives logits that are no number from a given step on."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.layer, self.at, self.steps = nn.Linear(UNITS, CLASSES), at, 0

    def forward(self, inputs: Tensor) -> Tensor:
        self.steps += self.training
        return self.layer(inputs) * (torch.nan if self.steps >= self.at else 1.0)


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_that_a_loss_that_is_no_number_never_reaches_the_weights(tmp_path: Path, optimizer: str) -> None:
    lesson = Lesson(training(steps=1000, optimizer=optimizer, evaluate_every={"steps": 1000}), model=Breaks(at=30))
    with pytest.raises(KnownFailure) as failure:
        lesson.learn(tmp_path)
    assert failure.value.code == "not-a-number"
    assert failure.value.parameters["term"] == "labels"
    assert failure.value.parameters["stage"] == "student"
    assert all(bool(value.isfinite().all()) for value in lesson.model.state_dict().values())


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_that_the_step_at_which_it_broke_is_named_even_when_it_was_not_a_logged_one(
    tmp_path: Path, optimizer: str
) -> None:
    never = {"steps": 1000}
    # Logged are 1, 25, 50, ...: the thirtieth is seen at the fiftieth, and no step after it was taken.
    lesson = Lesson(
        training(steps=1000, optimizer=optimizer, evaluate_every=never, checkpoint_every=never), model=Breaks(at=30)
    )
    with pytest.raises(KnownFailure) as failure:
        lesson.learn(tmp_path)
    assert failure.value.parameters["step"] == 30
    assert len(lesson.fed) == 50


class Overflows(nn.Module):
    """Gives good logits whose gradient is no number."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(UNITS, CLASSES)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.layer(inputs) + (self.layer.weight * 0).sqrt().sum()


def test_that_weights_spoiled_by_an_infinite_gradient_are_never_saved(tmp_path: Path) -> None:
    spec = training(steps=100, checkpoint_every={"steps": 1}, evaluate_every={"steps": 100})
    with pytest.raises(KnownFailure) as failure:
        Lesson(spec, model=Overflows()).learn(tmp_path)
    assert failure.value.code == "not-a-number"
    assert Checkpoints(tmp_path).position("student", 3) is None


def test_that_a_learning_rate_of_a_hundred_ends_with_finite_weights_and_nothing_saved_after_it(tmp_path: Path) -> None:
    deep = nn.Sequential(*[layer for _ in range(6) for layer in (nn.Linear(UNITS, UNITS), nn.Tanhshrink())],
                         nn.Linear(UNITS, CLASSES))  # fmt: skip
    lesson = Lesson(training(steps=1000, optimizer="sgd", learning_rate=100.0, schedule="constant"), model=deep)
    with pytest.raises(KnownFailure) as failure:
        lesson.learn(tmp_path)
    assert failure.value.code == "not-a-number"
    assert all(bool(value.isfinite().all()) for value in deep.state_dict().values())


def test_that_one_broken_term_of_two_is_the_one_that_is_named() -> None:
    layer = nn.Linear(1, 1)
    guard = Guard(optimizer_for(training(), list(layer.parameters())), torch.device("cpu"))
    guard.watch({"labels": torch.tensor(1.0), "soft targets": torch.tensor(torch.inf)})
    guard.watch({"labels": torch.tensor(1.0), "soft targets": torch.tensor(1.0)})
    with pytest.raises(KnownFailure) as failure:
        guard.check(stage="student", done=2)
    assert failure.value.parameters["term"] == "soft targets"


# The same, bit for bit.


def test_that_the_same_seed_gives_the_same_terms_and_weights_bit_for_bit(tmp_path: Path) -> None:
    told, weights = [], []
    for name in ("a", "b"):
        events, trained = Lesson(training(steps=40)).learn(tmp_path / name)
        told.append([(event.step, event.lr, event.terms) for event in logged(events)])
        weights.append(trained.weights)
    assert told[0] == told[1]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_that_a_logged_term_is_that_steps_own_and_no_average(tmp_path: Path) -> None:
    lesson = Lesson(training(steps=3, optimizer="sgd", momentum=0.0, weight_decay=0.0, schedule="constant"))
    copy = Lesson(training(steps=3)).model
    events, _ = lesson.learn(tmp_path)
    for event in logged(events):
        ((batch, _),) = lesson.feed(event.step - 1, 0.0)
        loss = nn.functional.cross_entropy(copy(batch.inputs), batch.targets)
        assert event.terms == {"labels": pytest.approx(float(loss.detach()), rel=1e-6)}
        loss.backward()
        with torch.no_grad():
            for parameter in copy.parameters():
                parameter -= 0.01 * parameter.grad
                parameter.grad = None


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
@pytest.mark.parametrize("cut", [12, 23, 38])
def test_that_a_resumed_loop_goes_on_as_if_nothing_had_happened(tmp_path: Path, cut: int, optimizer: str) -> None:
    def lesson() -> Lesson:
        torch.manual_seed(5)
        dropout = nn.Sequential(nn.Linear(UNITS, 8), nn.Dropout(0.4), nn.Linear(8, CLASSES))
        return Lesson(training(steps=40, optimizer=optimizer), model=dropout)

    whole, trained = lesson().learn(tmp_path / "whole")
    checkpoints = Checkpoints(tmp_path / "torn")
    events = optimise(lesson().task, place=CPU, checkpoints=checkpoints, start=None, control=Control(lambda: None))
    for event in events:
        if isinstance(event, StepLogged) and event.step == cut:
            events.close()  # as when the process is killed here
    start = checkpoints.position("student", 3)
    assert start is not None
    assert start.step == cut // 10 * 10

    fresh = lesson()
    torch.manual_seed(99)  # what the generators were before does not matter
    rest, again = fresh.learn(tmp_path / "torn", start=start)
    assert _told(rest) == [told for told in _told(whole) if told[0] > start.step]
    assert again.best_step == trained.best_step
    assert all(torch.equal(again.weights[name], trained.weights[name]) for name in trained.weights)


def test_that_a_checkpoint_beyond_the_budget_does_not_count_as_trained(tmp_path: Path) -> None:
    Lesson(training(steps=40)).learn(tmp_path)
    start = Checkpoints(tmp_path).position("student", 3)
    assert start is not None
    with pytest.raises(KnownFailure) as failure:
        Lesson(training(steps=30)).learn(tmp_path, start=start)
    assert (failure.value.code, failure.value.parameters["step"]) == ("checkpoint-beyond", 40)


def _told(events: list[AnyEvent]) -> list[tuple]:
    return [(event.step, event.lr, event.terms, event.epoch) for event in logged(events)]


# While it runs.


def test_that_gradients_are_on_and_autocast_is_off_whenever_an_event_is_given_out(tmp_path: Path) -> None:
    lesson = Lesson(training(steps=30))
    place = dataclasses.replace(CPU, precision=torch.bfloat16)
    for _ in optimise(
        lesson.task, place=place, checkpoints=Checkpoints(tmp_path), start=None, control=Control(lambda: None)
    ):
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()
        assert not torch.is_autocast_enabled("cpu")


def test_that_requests_are_asked_for_at_most_ten_times_a_second() -> None:
    clock, asked = FakeClock(), []
    control = Control(lambda: asked.append(clock()), clock)
    for _ in range(10_000):
        control.poll()
        clock.advance(0.0007)
    assert len(asked) <= 7.0 / EVERY + 1
    assert all(after - before >= EVERY for before, after in itertools.pairwise(asked))


@pytest.mark.parametrize("request_", [Request.STOP, Request.PAUSE])
def test_that_a_request_to_stop_or_pause_is_answered_by_a_checkpoint(tmp_path: Path, request_: Request) -> None:
    clock, lesson = FakeClock(), Lesson(training(steps=1000, checkpoint_every={"steps": 1000}))
    requests = iter([None, request_])
    feed = lesson.feed

    def slow(step: int, used: float) -> list[Pass]:
        clock.advance(EVERY / 4)
        return feed(step, used)

    lesson.task = dataclasses.replace(lesson.task, feed=slow)
    told: list[AnyEvent] = []
    events = optimise(
        lesson.task, place=CPU, checkpoints=Checkpoints(tmp_path), start=None,
        control=Control(lambda: next(requests, None), clock),
    )  # fmt: skip
    with pytest.raises(Interrupted) as interrupted:
        told.extend(events)
    assert interrupted.value.request is request_
    position = Checkpoints(tmp_path).position("student", 3)
    assert position is not None
    assert position.step == len(lesson.fed)
    assert position.step < 10


@pytest.mark.parametrize("request_", [Request.STOP, Request.PAUSE])
@pytest.mark.parametrize("interrupted_at", [10, 30, 40])
def test_that_an_evaluation_is_interrupted_by_a_request_and_is_done_first_when_training_resumes(
    tmp_path: Path, request_: Request, interrupted_at: int
) -> None:
    spec = training(steps=40, early_stopping=3, checkpoint_every={"steps": 1000})
    accuracies = [0.1, 0.5, 0.9, 0.6, 0.4]
    whole, trained = Lesson(spec, accuracies).learn(tmp_path / "whole")
    clock, first = FakeClock(), Lesson(spec, accuracies)
    requests: list[Request] = []
    evaluate = first.evaluate

    def long(model: nn.Module, step: int, check: Callable[[], None]) -> list[Measurement]:
        if step == interrupted_at:
            requests.append(request_)
            clock.advance(EVERY)
            check()
        return evaluate(model, step, check)

    first.task = dataclasses.replace(first.task, evaluate=long)
    control = Control(lambda: requests.pop() if requests else None, clock)
    checkpoints, told = Checkpoints(tmp_path / "torn"), []
    with pytest.raises(Interrupted) as interrupted:
        told.extend(optimise(first.task, place=CPU, checkpoints=checkpoints, start=None, control=control))
    assert interrupted.value.request is request_
    start = checkpoints.position("student", 3)
    assert start is not None
    assert start.step == interrupted_at

    second = Lesson(spec, accuracies[interrupted_at // 10 :])
    rest, again = second.learn(tmp_path / "torn", start=start)
    assert _measured(rest) == [seen for seen in _measured(whole) if seen[0] >= interrupted_at]
    assert again.best_step == trained.best_step
    assert all(torch.equal(again.weights[name], trained.weights[name]) for name in trained.weights)


def test_that_other_requests_that_come_within_an_evaluation_are_answered_after_it(tmp_path: Path) -> None:
    clock, lesson = FakeClock(), Lesson(training(steps=20, checkpoint_every={"steps": 1000}))
    requests: list[Request] = []
    evaluate = lesson.evaluate

    def long(model: nn.Module, step: int, check: Callable[[], None]) -> list[Measurement]:
        if step == 10:
            requests.append(Request.SAVE)
            clock.advance(EVERY)
            check()
        return evaluate(model, step, check)

    lesson.task = dataclasses.replace(lesson.task, evaluate=long)
    events, _ = lesson.learn(tmp_path, control=Control(lambda: requests.pop() if requests else None, clock))
    assert [event.step for event in events if isinstance(event, Saved)] == [10, 20]


def _measured(events: list[AnyEvent]) -> list[tuple]:
    return [(event.step, event.split, event.metrics) for event in events if isinstance(event, Evaluated)]


class Scaled(Labels):
    """Cross-entropy of logits that are multiplied by a number that is learned beside the student."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.randn(()))
        self.register_buffer("steps", torch.zeros(()))

    def forward(self, student: Dense, teachers: Sequence[Signal], batch: Batch) -> dict[str, Tensor]:
        self.steps += 1
        return super().forward(Dense(student.logits * self.scale), teachers, batch)


def test_that_an_objectives_own_parameters_and_state_are_trained_and_come_back_when_training_resumes(
    tmp_path: Path,
) -> None:
    def lesson() -> Lesson:
        made = Lesson(training(steps=40))
        torch.manual_seed(1)
        made.task = dataclasses.replace(made.task, objective=Scaled())
        return made

    undisturbed = lesson()
    begun = undisturbed.task.objective.scale.item()
    _, trained = undisturbed.learn(tmp_path / "whole")
    scale = undisturbed.task.objective.scale.item()
    assert scale != begun
    checkpoints = Checkpoints(tmp_path / "torn")
    events = optimise(lesson().task, place=CPU, checkpoints=checkpoints, start=None, control=Control(lambda: None))
    for event in events:
        if isinstance(event, StepLogged) and event.step == 25:
            events.close()
    resumed = lesson()
    _, again = resumed.learn(tmp_path / "torn", start=checkpoints.position("student", 3))
    assert resumed.task.objective.scale.item() == scale
    assert resumed.task.objective.steps.item() == 40
    assert all(torch.equal(again.weights[name], trained.weights[name]) for name in trained.weights)


def test_that_two_passes_may_not_give_the_same_term(tmp_path: Path) -> None:
    lesson = Lesson(training(steps=2))
    feed = lesson.feed
    lesson.task = dataclasses.replace(lesson.task, feed=lambda step, used: [*feed(step, used), *feed(step, used)])
    with pytest.raises(ValueError, match="labels"):
        lesson.learn(tmp_path)


def test_that_an_evaluation_that_somebody_asks_for_does_not_change_what_is_kept(tmp_path: Path) -> None:
    clock, lesson = FakeClock(), Lesson(training(steps=20), [0.1, 0.99, 0.2, 0.3])
    requests = iter([Request.EVALUATE])
    feed = lesson.feed

    def slow(step: int, used: float) -> list[Pass]:
        clock.advance(EVERY)
        return feed(step, used)

    lesson.task = dataclasses.replace(lesson.task, feed=slow)
    events, trained = lesson.learn(tmp_path, control=Control(lambda: next(requests, None), clock))
    asked_for = [event for event in events if isinstance(event, Evaluated) and event.step == 1]
    assert [event.metrics["accuracy"] for event in asked_for if event.split == "validation"] == [0.99]
    assert trained.best_step == 20
