"""The one fold from events to what is known of a run: used live, on replay, by window, command line and report."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from kdstudio.runs.events import (
    AnyEvent,
    Evaluated,
    ModelReady,
    Note,
    Progress,
    RunEnded,
    RunStarted,
    Sampled,
    Saved,
    StageEnded,
    StageStarted,
    StepLogged,
)
from kdstudio.runs.series import Series
from kdstudio.runs.status import ACTIVE, TRANSITIONS, ForbiddenTransition, State, check_transition

StageKey: TypeAlias = tuple[str, int | None]
CurveKey: TypeAlias = tuple[str, str, str]  # who, split, metric

__all__ = [
    "ACTIVE", "TRANSITIONS", "CurveKey", "ForbiddenTransition", "Measured", "RunState", "Stage", "StageKey", "State",
    "check_transition",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """One evaluation: `who` on `split` after `step` steps, of `seed` where there are several."""

    step: int
    seed: int | None
    who: str
    split: str
    metrics: dict[str, Any]


@dataclass(slots=True)
class Stage:
    """One stage of one seed: how far it is, and its curves."""

    name: str
    seed: int | None
    planned: float
    unit: str
    began: float = 0.0
    done: float = 0.0
    clock: Series = field(default_factory=Series)  # step -> seconds at work on this stage, over all attempts
    before: float = 0.0  # what to add to an event's seconds for that
    rate: float | None = None
    ended: bool = False
    reused: bool = False
    step: int = 0
    epoch: float = 0.0
    terms: dict[str, Series] = field(default_factory=dict)
    learning_rate: Series = field(default_factory=Series)
    curves: dict[CurveKey, Series] = field(default_factory=dict)
    latest: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)  # (who, split) -> metrics
    history: list[Measured] = field(default_factory=list)
    best: int | None = None
    saved: int | None = None

    @property
    def trains(self) -> bool:
        """Whether it counts its own steps; what others measure was reached at steps of earlier stages."""
        return self.unit in ("steps", "seconds")

    def truncate(self, step: int) -> None:
        """Forget what happened after `step`."""
        for series in (*self.terms.values(), *self.curves.values(), self.learning_rate, self.clock):
            series.truncate(step)
        self.history = [entry for entry in self.history if entry.step <= step]
        self.latest = {(entry.who, entry.split): entry.metrics for entry in self.history}
        self.ended = False
        self.done = min(self.done, step)
        self.step = min(self.step, step)


class RunState:
    """What a run's events amount to.

    Attributes:
        attempt: the number of the last attempt, from 1; 0 before the first.
        outcome: of the last attempt: completed, stopped, paused, failed, lost; None while it goes on.
        code, parameters: why it failed.
        models: `who` -> ModelReady.
        stages: in the order in which they began.
        current: the key of the stage that is at work, or was last.
        seconds: time at work, over all attempts.
    """

    def __init__(self) -> None:
        self.attempt = 0
        self.outcome: str | None = None
        self.code: str | None = None
        self.parameters: dict[str, Any] = {}
        self.models: dict[str, ModelReady] = {}
        self.stages: dict[StageKey, Stage] = {}
        self.current: StageKey | None = None
        self.notes: list[Note] = []
        self.samples: list[Sampled] = []
        self.events = 0
        self._seconds: dict[int, float] = {}

    @property
    def seconds(self) -> float:
        """Seconds at work, over all attempts."""
        return sum(self._seconds.values())

    def stages_of(self, name: str) -> list[Stage]:
        """The stages called `name`, one for each seed that has begun."""
        return [stage for key, stage in self.stages.items() if key[0] == name]

    def apply_all(self, events: Iterable[AnyEvent]) -> None:
        """Apply each of `events` in turn."""
        for event in events:
            self.apply(event)

    def apply(self, event: AnyEvent) -> None:
        """Take one event in."""
        self.events += 1
        if event.seconds >= self._seconds.get(event.attempt, 0.0):
            self._seconds[event.attempt] = event.seconds
        if type(event) is StepLogged:  # nearly all of them are, and there may be 80,000
            stage = self._stage_of(event)
            if stage is not None:
                _log_step(stage, event)
            return
        match event:
            case RunStarted():
                self._start(event)
            case ModelReady():
                self.models[event.who or ""] = event
            case StageStarted():
                self._begin(event)
            case Note():
                self._note(event)
            case Sampled():
                self.samples.append(event)
            case RunEnded():
                self.outcome, self.code, self.parameters = event.outcome, event.code, dict(event.parameters)
            case Progress() | StageEnded() | Evaluated() | Saved():
                stage = self._stage_of(event)
                if stage is not None:
                    _take(stage, event)

    def lose(self, outcome: str) -> None:
        """No more events come, and the last attempt did not say so: its process is gone. An attempt that follows goes on."""
        if self.outcome is None:
            self.outcome = outcome

    def _stage_of(self, event: AnyEvent) -> Stage | None:
        """A stage for all seeds (the evaluation) still says whose event it is."""
        name = event.stage or ""
        return self.stages.get((name, event.seed)) or self.stages.get((name, None))

    def timeless(self) -> dict[str, Any]:
        """Everything but timings and where checkpoints fell: equal for an undisturbed and for a resumed run."""
        return {
            "outcome": self.outcome,
            "code": self.code,
            "models": {
                who: (ready.parameters, ready.macs, ready.bytes, ready.input, ready.classes)
                for who, ready in self.models.items()
            },
            "stages": [
                (key, stage.planned, stage.unit, stage.ended, stage.reused, stage.step, stage.terms, stage.learning_rate,
                 stage.history)
                for key, stage in self.stages.items()
            ],
            "notes": [(note.code, note.parameters, note.stage, note.seed) for note in self.notes],
            "samples": [(sample.step, sample.artefact) for sample in self.samples],
        }  # fmt: skip

    def _start(self, event: RunStarted) -> None:
        self.attempt = event.attempt
        self.outcome, self.code, self.parameters = None, None, {}
        if event.resumes_from is None:
            self.stages.clear()
            self.notes.clear()
            self.samples.clear()
            self.current = None
            return
        stage, seed, step = event.resumes_from
        self._resume(str(stage), seed, int(step))

    def _resume(self, name: str, seed: int | None, step: int) -> None:
        """Drop what the resumed stage did after `step`, and every later stage."""
        order = list(self.stages)
        key = (name, seed)
        if key not in self.stages:
            self.current = order[-1] if order else None
            return
        place = order.index(key)
        gone = set(order[place + 1 :] if step > 0 else order[place:])
        for old in gone:
            del self.stages[old]
        if step > 0 and self.stages[key].trains:
            self.stages[key].truncate(step)
        self.notes = [note for note in self.notes if (note.stage, note.seed) not in gone]
        self.samples = [
            sample for sample in self.samples
            if (sample.stage, sample.seed) not in gone and ((sample.stage, sample.seed) != key or sample.step <= step)
        ]  # fmt: skip
        self.current = key if step > 0 else (order[place - 1] if place else None)

    def _begin(self, event: StageStarted) -> None:
        key = (event.stage or "", event.seed)
        known = self.stages.get(key)
        if known is None:
            known = self.stages[key] = Stage(name=key[0], seed=event.seed, planned=event.planned, unit=event.unit)
        # One that is known is resumed after its checkpoint: what it did before that stays.
        known.planned, known.unit = event.planned, event.unit
        spent = known.clock.last or 0.0  # before the checkpoint
        known.began = self.seconds - spent  # over all attempts, as the time at work is counted
        known.before = spent - event.seconds
        self.current = key

    def _note(self, event: Note) -> None:
        said = (event.code, event.parameters, event.stage, event.seed)
        if all((note.code, note.parameters, note.stage, note.seed) != said for note in self.notes):
            self.notes.append(event)


def _log_step(stage: Stage, event: StepLogged) -> None:
    step, terms = event.step, stage.terms
    for term, value in event.terms.items():
        series = terms.get(term)
        if series is None:
            series = terms[term] = Series()
        series.append(step, value)
    stage.learning_rate.append(step, event.lr)
    stage.clock.append(step, event.seconds + stage.before)
    stage.step, stage.epoch = max(stage.step, step), event.epoch


def _take(stage: Stage, event: Progress | StageEnded | Evaluated | Saved) -> None:
    match event:
        case Progress():
            stage.done, stage.planned, stage.unit, stage.rate = event.done, event.total, event.unit, event.rate
        case StageEnded():
            stage.ended, stage.reused = True, event.reused
        case Saved():
            stage.saved, stage.best = event.step, event.best
        case Evaluated():
            who = event.who or ""
            for metric, value in event.metrics.items():
                if isinstance(value, int | float):
                    stage.curves.setdefault((who, event.split, metric), Series()).append(event.step, float(value))
            stage.latest[(who, event.split)] = event.metrics
            said = Measured(step=event.step, seed=event.seed, who=who, split=event.split, metrics=event.metrics)
            _put(stage.history, said)


def _put(history: list[Measured], said: Measured) -> None:
    """Append `said`, or put it in the place of what was said of the same step, when a resumed run repeats itself."""
    for place in range(len(history) - 1, -1, -1):
        old = history[place]
        if old.step != said.step:
            break
        if (old.seed, old.who, old.split) == (said.seed, said.who, said.split):
            history[place] = said
            return
    history.append(said)
