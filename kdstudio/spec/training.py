"""How long and how hard a network is trained, and on what."""

from typing import Literal, Self

from pydantic import model_validator

from kdstudio.spec.base import OneOf, Spec, option

BUDGET = OneOf(
    name="budget",
    title="Budget",
    description="How long it is trained: passes over the training images, optimiser steps, or minutes. Two runs differ only "
    "with a budget in minutes.",
    fields=("epochs", "steps", "minutes"),
    default=("epochs", 30.0),
)
BUDGETS = BUDGET.fields


class Every(Spec):
    """A rhythm: every so many steps, or every so many seconds. With neither, the program chooses."""

    one_of = (
        OneOf(
            name="interval",
            title="Interval",
            description="In optimiser steps or in seconds. Empty: the program chooses.",
            fields=("steps", "seconds"),
            empty="auto",
        ),
    )
    steps: int | None = option(
        None, ge=1, title="Steps", unit="steps", description="Once in this many optimiser steps."
    )
    seconds: float | None = option(
        None, gt=0.0, title="Seconds", unit="seconds", description="Once in this many seconds."
    )


class Training(Spec):
    """The optimiser, its schedule and its budget."""

    one_of = (BUDGET,)
    optimizer: Literal["adamw", "sgd"] = option(
        "adamw", title="Optimiser", description="AdamW (Loshchilov, Hutter 2019), or stochastic gradient descent."
    )
    learning_rate: float = option(
        0.001, gt=0.0, le=100.0, title="Learning rate", description="The highest step size of the schedule."
    )
    momentum: float = option(
        0.9, ge=0.0, lt=1.0, title="Momentum", advanced=True, description="Of sgd; adamw has its own and ignores it."
    )
    schedule: Literal["constant", "cosine"] = option(
        "cosine", title="Schedule", description="The learning rate after the warm-up: constant, or falling to 0."
    )
    warmup: float = option(
        0.0,
        ge=0.0,
        lt=1.0,
        title="Warm-up",
        unit="share of the budget",
        advanced=True,
        description="The share of the budget in which the learning rate rises from 0.",
    )
    weight_decay: float = option(
        0.01, ge=0.0, le=10.0, title="Weight decay", advanced=True, description="How strongly weights are pulled to 0."
    )
    batch_size: int = option(128, ge=1, le=65_536, title="Batch size", unit="images", description="Images in a step.")
    epochs: float | None = option(
        None,
        gt=0.0,
        le=1_000_000,
        title="Epochs",
        unit="epochs",
        description="The budget as passes over the training images. One of epochs, steps and minutes.",
    )
    steps: int | None = option(
        None,
        ge=1,
        le=1_000_000_000,
        title="Steps",
        unit="steps",
        description="The budget as optimiser steps. One of epochs, steps and minutes.",
    )
    minutes: float | None = option(
        None,
        gt=0.0,
        le=100_000,
        title="Minutes",
        unit="minutes",
        description="The budget as time. The only budget with which two runs differ. One of epochs, steps and minutes.",
    )
    early_stopping: int | None = option(
        None,
        ge=1,
        title="Early stopping",
        unit="evaluations",
        advanced=True,
        description="Stop when validation accuracy has not risen for so many evaluations. Empty: use the whole budget. The "
        "best weights are kept either way.",
    )
    clip: float | None = option(
        None,
        gt=0.0,
        title="Clip",
        unit="gradient norm",
        advanced=True,
        description="Scale gradients down to this norm. Empty: leave them alone.",
    )
    checkpoint_every: Every = option(
        Every(),
        title="Checkpoint every",
        advanced=True,
        description="How often the state is saved, so that a crash loses no more. Automatic: every 15 seconds.",
    )
    evaluate_every: Every = option(
        Every(),
        title="Evaluate every",
        advanced=True,
        description="How often the network is evaluated on validation data. Automatic: about 60 times in a stage. In seconds, "
        "two runs differ.",
    )


class TeacherTraining(Training):
    """The teacher's own training: there is one teacher, so it has one seed."""

    seed: int = option(
        0,
        ge=0,
        lt=2**31,
        title="Teacher's seed",
        advanced=True,
        description="Fixes the teacher's initial weights and the order of its images.",
    )


class Compute(Spec):
    """Where the work is done."""

    device: str = option(
        "auto",
        pattern=r"^(auto|cpu|cuda(:\d+)?|mps)$",
        title="Device",
        choices="devices",
        description="auto (the fastest that is there), cpu, cuda, cuda:1, ... or mps.",
    )
    precision: Literal["auto", "float32", "bfloat16"] = option(
        "auto",
        title="Precision",
        advanced=True,
        description="auto: float32 on a CPU, bfloat16 where the GPU has it. Evaluation is always float32.",
    )
    threads: Literal["auto"] | int = option(
        "auto",
        title="Threads",
        advanced=True,
        description="CPU threads; auto: one fewer than there are cores, so that the window stays quick.",
    )
    deterministic: bool = option(
        True,
        title="Deterministic",
        advanced=True,
        description="Use only operations that give the same result every time, even where others are faster.",
    )

    @model_validator(mode="after")
    def _threads_are_countable(self) -> Self:
        if isinstance(self.threads, int) and not 1 <= self.threads <= 1024:
            raise ValueError("threads: give auto, or a number from 1 to 1024")
        return self


__all__ = ["BUDGET", "BUDGETS", "Compute", "Every", "TeacherTraining", "Training"]
