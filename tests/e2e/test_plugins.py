"""Another installed package adds a method: it is in the schema, in the form's union, and it trains."""

import json
import os
import subprocess
import sys
from pathlib import Path

from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home

SPEC = '''
from typing import ClassVar, Literal
from kdstudio.spec.base import option
from kdstudio.spec.methods import MethodSpec


class Smoothing(MethodSpec):
    """Labels softened by a constant."""

    label: ClassVar[str] = "Label smoothing"
    blurb: ClassVar[str] = "The labels alone, softened."
    needs_teacher: ClassVar[bool] = False
    kind: Literal["smoothing"]
    amount: float = option(0.1, ge=0.0, lt=1.0, title="Amount", description="The share that goes to all classes.")
'''

ENGINE = '''
import torch.nn.functional as F
from kdstudio.methods import Objective, objective
from outside_spec import Smoothing


class SmoothingObjective(Objective):
    def __init__(self, amount):
        super().__init__()
        self.amount = amount

    def forward(self, student, teachers, batch):
        return {"smoothed labels": F.cross_entropy(student.logits, batch.targets, label_smoothing=self.amount)}


@objective.register
def _(spec: Smoothing):
    return SmoothingObjective(spec.amount)
'''

EXPERIMENT = """
kind: classification
teacher: {kind: mlp, hidden: [8]}
student: {kind: mlp, hidden: [8]}
method: {kind: smoothing, amount: 0.2}
teacher_training: {steps: 10}
training: {steps: 10}
"""


def installed(place: Path) -> dict[str, str]:
    """A package in `place`, as pip would leave it, and the environment in which it is found."""
    (place / "outside_spec.py").write_text(SPEC)
    (place / "outside_engine.py").write_text(ENGINE)
    facts = place / "outside-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: outside\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(
        "[kdstudio.specs]\nsmoothing = outside_spec:Smoothing\n\n[kdstudio.engines]\nsmoothing = outside_engine\n"
    )
    return {**os.environ, "PYTHONPATH": str(place)}


def kdstudio(*arguments: str, environment: dict[str, str]) -> str:
    command = [sys.executable, "-m", "kdstudio", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_that_a_method_of_another_package_is_in_the_schema_and_trains(home: Home, tmp_path: Path) -> None:
    place = tmp_path / "site"
    place.mkdir()
    environment = installed(place)
    schema = json.loads(kdstudio("schema", environment=environment))
    assert schema["$defs"]["Smoothing"]["properties"]["amount"]["title"] == "Amount"
    file = tmp_path / "outside.yaml"
    file.write_text(EXPERIMENT)
    out = kdstudio("run", str(file), "--home", str(home.root), environment=environment)
    state, _ = RunFolder(Path(out.splitlines()[-1])).fold()
    (student,) = state.stages_of("student")
    assert list(student.terms) == ["smoothed labels"]
