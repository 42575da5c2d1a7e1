"""The end of a run: everything is measured on test data, once, and what was measured is kept beside the numbers."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from kdstudio.data.batches import derived
from kdstudio.engine.context import Context, to_place
from kdstudio.engine.evaluate import logits_of, metrics_of
from kdstudio.engine.samples import write_npz, write_thumbnails
from kdstudio.engine.student_folder import export_student
from kdstudio.models import built
from kdstudio.runs.events import AnyEvent, Evaluated, Progress, StageEnded, StageStarted

STAGE = "evaluation"
HEADER: dict[str, Any] = {"stage": STAGE}
MOST_THUMBNAILS = 10_000


def test_stage(context: Context, teacher: nn.Module, *, with_baseline: bool) -> Iterator[AnyEvent]:
    """Measure teacher, baselines and students on test data, and write the artefacts and the student's folder.

    Raises:
        Interrupted: it was asked to stop; the stage is done again from its beginning.
    """
    if context.has_ended(STAGE):
        return
    whos = (["baseline"] if with_baseline else []) + ["student"]
    seeds = context.experiment.seeds
    total = 1 + len(whos) * len(seeds)
    yield StageStarted(**HEADER, planned=total, unit="models")
    labels = context.labels("test")
    reference = _logits(context, teacher)
    yield Evaluated(**HEADER, who="teacher", step=0, split="test", metrics=metrics_of(reference, labels))
    done, logits = 1, {who: torch.zeros(len(seeds), *reference.shape) for who in whos}
    for place, seed in enumerate(seeds):
        for who in whos:
            module, best_step = _trained(context, who, seed)
            logits[who][place] = _logits(context, module)
            metrics = metrics_of(logits[who][place], labels, reference)
            yield Evaluated(**HEADER, who=who, seed=seed, step=best_step, split="test", metrics=metrics)
            done += 1
            yield Progress(**HEADER, done=float(done), total=float(total), unit="models")
    _write_outputs(context, reference, logits)
    _write_thumbnails(context)
    export_student(context, _trained(context, "student", seeds[0])[0])
    yield StageEnded(**HEADER)


def _trained(context: Context, who: str, seed: int) -> tuple[nn.Module, int]:
    """The best weights that `who` reached with `seed`, and at which step."""
    images = context.images
    module = built(context.experiment.student, images.input, len(images.classes), seed=derived("student", seed, "init"))
    kept = context.checkpoints.result(who, seed, fits=module)
    assert kept is not None, f"the stage of {who} {seed} has ended"
    weights, facts = kept
    module.load_state_dict(weights)
    return to_place(module, context.place).eval(), int(facts["best_step"])


def _logits(context: Context, module: nn.Module) -> Tensor:
    return logits_of(module, context.part("test"), context.plain_pixels(), check=context.control.check)


def _write_outputs(context: Context, teacher: Tensor, logits: dict[str, Tensor]) -> None:
    """test_outputs.npz: exactly the logits that the metrics were computed from."""
    test = context.images.test
    arrays: dict[str, Any] = {
        "labels": test.labels.numpy(),
        "index": test.index.numpy(),
        "classes": np.array(context.images.classes),
        "teacher": teacher.numpy(),
    }
    for who, values in logits.items():
        arrays |= {who: values[0].numpy(), f"{who}_all": values.numpy()}
    write_npz(context.folder.artefacts / "test_outputs.npz", lambda path: np.savez(path, **arrays))


def _write_thumbnails(context: Context) -> None:
    """test_images.npz, in the order of the outputs."""
    write_thumbnails(context.folder.artefacts / "test_images.npz", context.images.test.images[:MOST_THUMBNAILS])
