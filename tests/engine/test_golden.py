"""A refactoring leaves the story of a run as it was: the golden file holds one, told by a tiny experiment.

`KDSTUDIO_GOLDEN=write python -m pytest tests/engine/test_golden.py` writes it anew after a change on purpose.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from kdstudio.engine.session import session
from kdstudio.runs.events import AnyEvent, Evaluated, ModelReady, StageEnded, StageStarted, StepLogged
from kdstudio.runs.home import Home
from kdstudio.runs.launch import new_run
from kdstudio.spec import loads

GOLDEN = Path(__file__).parent.parent / "golden" / "digits.json"
EXPERIMENT = """
kind: classification
dataset: {kind: digits, labelled: 0.1}
teacher: {kind: cnn, width: 2}
student: {kind: mlp, hidden: [8], dropout: 0.1}
method: {kind: soft-targets, temperature: 3, alpha: 0.5}
teacher_training: {steps: 6, learning_rate: 0.01}
training: {steps: 8, optimizer: sgd, learning_rate: 0.05, clip: 5, warmup: 0.25}
seeds: [0, 1]
"""


def told(event: AnyEvent) -> list[Any] | None:
    """What of an event must never change by accident."""
    place = [event.stage, event.seed, event.who]
    match event:
        case StageStarted():
            return ["begins", *place, event.planned, event.unit]
        case StageEnded():
            return ["ends", *place, event.reused]
        case StepLogged():
            return ["step", *place, event.step, event.epoch, event.lr, event.terms]
        case Evaluated():
            numbers = {name: value for name, value in event.metrics.items() if name != "recall"}
            return ["measured", *place, event.step, event.split, numbers]
        case ModelReady():
            return ["ready", event.who, event.parameters, event.macs, event.bytes]
    return None


def test_that_a_tiny_experiment_tells_the_golden_story(home: Home) -> None:
    folder = new_run(loads(EXPERIMENT), home)
    story = [line for event in session(folder, lambda: None, home=home) if (line := told(event)) is not None]
    if os.environ.get("KDSTUDIO_GOLDEN") == "write":
        GOLDEN.write_text("[\n" + ",\n".join(json.dumps(line) for line in story) + "\n]\n")
    golden = json.loads(GOLDEN.read_text())
    assert [line[:4] for line in story] == [line[:4] for line in golden]
    for line, expected in zip(story, golden, strict=True):
        # Kernels of other processors round differently; eight steps keep that far below a hundredth.
        assert _close(line[4:], expected[4:]), (line, expected)


def _close(values: list[Any], expected: list[Any]) -> bool:
    for value, other in zip(values, expected, strict=True):
        if isinstance(value, dict):
            if value.keys() != other.keys() or any(
                value[name] != pytest.approx(other[name], rel=0.01, abs=0.01) for name in value
            ):
                return False
        elif value != (pytest.approx(other, rel=1e-6) if isinstance(other, float) else other):
            return False
    return True
