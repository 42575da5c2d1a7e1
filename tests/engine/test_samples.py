"""The examples that are shown while a student learns."""

import json

import numpy as np
import torch

from kdstudio.engine.samples import SHOWN, surest_disagreements
from kdstudio.runs.events import Sampled
from kdstudio.runs.home import Home
from tests.engine.lab import carried_out


def test_that_sure_disagreements_come_before_unsure_ones_and_agreements_last() -> None:
    teacher = torch.tensor([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.9, 0.1]])
    student = torch.tensor([[0.9, 0.1], [0.1, 0.9], [0.4, 0.6], [0.6, 0.4]])
    assert surest_disagreements(student, teacher) == [1, 2, 3, 0]


def test_that_every_evaluation_of_a_student_names_its_examples(home: Home) -> None:
    run = carried_out(home)
    state, _ = run.fold()
    told = [(sample.seed, sample.step) for sample in state.samples]
    assert told == [(seed, step) for seed in (0, 1) for step in (0, 20, 40)]
    for sample in state.samples:
        assert isinstance(sample, Sampled)
        values = json.loads((run.path / sample.artefact).read_text())
        assert len(values["samples"]) == SHOWN
        assert all(0 <= entry["image"] < 179 for entry in values["samples"])
    images = np.load(run.artefacts / "validation_images.npz")["images"]
    assert images.shape == (179, 8, 8) and images.dtype == np.uint8
