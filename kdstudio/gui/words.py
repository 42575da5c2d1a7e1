"""Words and numbers as people read them: states, phases, an experiment in one line."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from kdstudio.gui.fields import fields_of, kind_of
from kdstudio.gui.language import explain, tr
from kdstudio.gui.states import stage_words, state_words
from kdstudio.runs.state import RunState, State
from kdstudio.spec import Experiment
from kdstudio.spec.base import plain

if TYPE_CHECKING:
    from kdstudio.gui.theme import Role


def phase(status: State, run: RunState, *, waiting: bool = False, code: str | None = None) -> "tuple[str, Role]":
    """What a run is doing, in a few words: the stage while it runs, else its state, which `code` explains. One that is
    `waiting` is not starting."""
    word, role = state_words(status, code)
    if waiting:
        return tr("Queued"), role
    if status is State.RUNNING and run.current is not None:
        return stage_words(run.current[0]), role
    if status in (State.QUEUED, State.PREPARING):
        waits = [note for note in run.notes if note.code.startswith("waiting-") and note.attempt == run.attempt]
        word = explain(waits[-1].code, waits[-1].parameters).title if waits else word
    return word, role


def compact(number: float) -> str:
    """A count in four characters or so: 812, 2.4 k, 39.4 k, 1.2 M."""
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= 0.99995 * size:
            return f"{number / size:.1f} {letter}"
    return f"{number:.0f}"


def size(count: float) -> str:
    """Bytes as people read them: "812 B", "9.6 kB", "1.5 GB"."""
    for unit, letter in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if count >= 0.9995 * unit:
            return f"{count / unit:.1f} {letter}"
    return f"{count:.0f} B"


def brief(spec: BaseModel | Mapping[str, Any], models: Sequence[type[BaseModel]] = ()) -> str:
    """A kind and its main fields in a few words: "cnn, width 32".

    Args:
        spec: the spec, or its values as a form holds them, right or wrong.
        models: the kinds that the values may be of.
    """
    model = type(spec) if isinstance(spec, BaseModel) else None
    values = plain(spec)
    model = model or next((kind for kind in models if kind_of(kind) == values.get("kind")), None)
    said = [str(values.get("kind", ""))]
    for field in fields_of(model) if model is not None else ():
        value = values.get(field.name)
        hidden = field.advanced or field.constant or field.models or isinstance(value, bool)
        if not hidden and value not in (None, ""):
            said.append(f"{field.name.replace('_', ' ')} {_worded(value, field.percent)}")
    return ", ".join(part for part in said if part)


def _worded(value: Any, percent: bool) -> str:
    if isinstance(value, list | tuple):
        return "-".join(str(item) for item in value) or tr("none")
    if isinstance(value, int | float):
        return f"{100 * value:g} %" if percent else f"{value:g}"
    return str(value)


def rate_words(rate: float, unit: str) -> str:
    """How many of `unit` a second."""
    said = {"steps": tr("{0} steps/s"), "images": tr("{0} images/s"), "models": tr("{0} networks/s")}
    digits = 0 if rate >= 10 else 1 if rate >= 0.95 else 2
    return said.get(unit, f"{{0}} {unit}/s").format(f"{max(rate, 0.01):,.{digits}f}")


def subject(experiment: Experiment | None) -> str:
    """Who learns what from whom, in one line."""
    if experiment is None:
        return tr("The experiment of this run cannot be read")
    pair = tr("{0} teaches {1}").format(experiment.teacher.kind, brief(experiment.student))
    return f"{pair}  ·  {brief(experiment.method)}"


def place(experiment: Experiment | None, run: RunState) -> str:
    """Which seed and epoch a run is at."""
    stage = run.stages.get(run.current) if run.current else None
    if stage is None or run.outcome is not None:
        return ""
    said = []
    if stage.seed is not None and experiment is not None and stage.seed in experiment.seeds:
        said.append(tr("seed {0} of {1}").format(experiment.seeds.index(stage.seed) + 1, len(experiment.seeds)))
    if stage.epoch:
        said.append(tr("epoch {0}").format(f"{stage.epoch:.0f}"))
    return "  ·  ".join(said)
