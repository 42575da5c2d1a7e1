"""How long a training lasts, and what falls due on its way: logged steps, evaluations, the learning rate of each step."""

import math
from dataclasses import dataclass

from kdstudio.spec import Training

EVALUATIONS = 60
MOST_LOGGED = 4000
USUAL_STRIDE = 50
FEWEST_LOGGED = 40


def log_stride(planned: int) -> int:
    """How many steps lie between two logged ones, of `planned` in all: a function of the plan, never of the clock.

    At most 4,000 a stage. A small network takes about 1,000 steps a second, of which every 50th makes 20 a second;
    a short stage logs more often, for at least 40 points, which are written in an instant.
    """
    return max(math.ceil(planned / MOST_LOGGED), min(USUAL_STRIDE, math.ceil(planned / FEWEST_LOGGED)))


def open_stride(step: int) -> int:
    """The stride near `step` where nobody knows how many will come: one 40th of the way, rounded to a power of two.

    From 1 to 1,000,000 steps this logs fewer than 800; it doubles on beyond that.
    """
    return 1 << max(0, (step // FEWEST_LOGGED).bit_length() - 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """How long a stage trains: so many steps, or so many seconds."""

    steps: int | None
    seconds: float | None

    @classmethod
    def of(cls, training: Training, steps_per_epoch: float) -> "Budget":
        """The budget of `training` for a pass of so many steps."""
        if training.minutes is not None:
            return cls(steps=None, seconds=training.minutes * 60)
        if training.steps is not None:
            return cls(steps=training.steps, seconds=None)
        assert training.epochs is not None, "the spec gives one of the three"
        return cls(steps=max(1, math.ceil(training.epochs * steps_per_epoch - 1e-9)), seconds=None)

    @property
    def planned(self) -> float:
        """In `unit`."""
        return self.steps if self.steps is not None else self.seconds or 0.0

    @property
    def unit(self) -> str:
        """steps or seconds."""
        return "steps" if self.steps is not None else "seconds"

    def used(self, step: int, elapsed: float) -> float:
        """How much of it `step` steps in `elapsed` seconds have used, 0 to 1."""
        part = step / self.steps if self.steps is not None else elapsed / (self.seconds or 1.0)
        return min(1.0, part)

    def log_is_due(self, step: int) -> bool:
        """Whether `step` (from 1) is one of the logged ones."""
        stride = log_stride(self.steps) if self.steps is not None else open_stride(step)
        return step % stride == 0 or step == 1 or step == self.steps


def evaluation_stride(training: Training, budget: Budget) -> int | None:
    """How many steps lie between two evaluations; None where seconds decide."""
    every = training.evaluate_every
    if every.steps is not None:
        return every.steps
    if every.seconds is not None or budget.steps is None:
        return None
    return max(1, round(budget.steps / EVALUATIONS))


def learning_rate(training: Training, used: float) -> float:
    """The learning rate after the share `used` of the budget: a linear warm-up, then level or a half cosine to 0."""
    if used < training.warmup:
        return training.learning_rate * used / training.warmup
    if training.schedule == "constant":
        return training.learning_rate
    rest = (used - training.warmup) / (1.0 - training.warmup)
    return training.learning_rate * 0.5 * (1.0 + math.cos(math.pi * min(1.0, rest)))
