"""The speed of our loop against a bare hand-written one, and what a cached teacher and withheld labels cost: prints JSON.

    python tests/benchmarks/loop_speed.py [--blocks 30]
    python tests/benchmarks/loop_speed.py --device cuda [--width 128]

On a CPU two perceptrons at batch 128: one thread, process time. On a GPU a `cnn` at batch 512 in bfloat16: wall time, and
how much device memory is left in use at the end. Interleaved blocks, medians. The bare loop holds its images as normalised
float32 and indexes them by tensor, with the same fused optimiser and loss; beside it stands the ratio of the bare loop to
itself, which says how far the machine can be trusted.
"""

import argparse
import contextlib
import gc
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kdstudio.data.batches import Order
from kdstudio.engine.checkpoint import Checkpoints
from kdstudio.engine.control import Control
from kdstudio.engine.device import Place
from kdstudio.engine.loop import Measurement, Pass, Task, optimise
from kdstudio.methods import Batch, Dense, Labels, Objective, objective
from kdstudio.models import built
from kdstudio.runs.events import StepLogged
from kdstudio.spec import Cnn, Mlp, ModelSpec, SoftTargets, Training

IMAGES, CLASSES, SHAPE = 10_000, 10, (1, 28, 28)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One network to measure: how it is trained, and how many steps make a block."""

    model: ModelSpec
    batch: int
    steps: int
    device: torch.device
    precision: torch.dtype = torch.float32

    def network(self) -> nn.Module:
        """The network before its first step, on the device."""
        module = built(self.model, SHAPE, CLASSES, seed=0).to(self.device)
        return module.to(memory_format=torch.channels_last) if self.device.type == "cuda" else module

    def autocast(self) -> contextlib.AbstractContextManager[Any]:
        """The precision of the forward pass."""
        if self.precision == torch.float32:
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, dtype=self.precision)


def images() -> tuple[Tensor, Tensor]:
    """Random bytes and labels: speed does not depend on what they show."""
    generator = torch.Generator().manual_seed(0)
    raw = torch.randint(0, 256, (IMAGES, *SHAPE), generator=generator, dtype=torch.uint8)
    return raw, torch.randint(0, CLASSES, (IMAGES,), generator=generator)


def ours(case: Case, folder: Path, *, teacher: bool, few_labels: bool = False) -> Iterator[Any]:
    """Our loop, as a stream of events, with bytes on the device and everything switched on. With `few_labels` the label
    terms come from a twentieth of the images, in a pass of their own."""
    device = case.device
    raw, labels = (tensor.to(device) for tensor in images())
    place = Place(device=device, precision=case.precision, threads=1, name=str(device))
    labelled = torch.arange(IMAGES // 20 if few_labels else IMAGES)
    order = Order(labelled, batch_size=case.batch, seed=0, device=device)
    transfer = Order(torch.arange(IMAGES), batch_size=case.batch, seed=1, device=device)
    mean, factor = torch.full((1, 1, 1), 127.5, device=device), torch.full((1, 1, 1), 1 / 73.9, device=device)
    goal: Objective = Labels()
    prepared = None
    if teacher:
        goal = objective(SoftTargets(kind="soft-targets"))
        prepared = goal.prepare(Dense(torch.randn(IMAGES, CLASSES, device=device)))

    def feed(step: int, used: float) -> list[Pass]:
        at = order.at(step)
        inputs = raw.index_select(0, at).to(torch.float32).sub_(mean).mul_(factor)
        batch = Batch(inputs, labels.index_select(0, at), at, used)
        if prepared is None:
            return [(batch, [])]
        if not few_labels:
            return [(batch, [prepared.at(at)])]
        again = transfer.at(step)
        pixels = raw.index_select(0, again).to(torch.float32).sub_(mean).mul_(factor)
        return [(batch, []), (Batch(pixels, None, again, used), [prepared.at(again)])]

    def evaluate(model: nn.Module, step: int, check: Callable[[], None]) -> list[Measurement]:
        return [Measurement(split="validation", metrics={"accuracy": 0.0, "nll": 0.0})]

    training = Training(
        steps=200_000,
        batch_size=case.batch,
        evaluate_every={"steps": 200_000},
        checkpoint_every={"seconds": 1e6},
    )
    task = Task(
        stage="student", seed=0, who="student", model=case.network(),
        objective=goal, feed=feed, evaluate=evaluate, training=training, steps_per_epoch=IMAGES / case.batch,
    )  # fmt: skip
    return optimise(task, place=place, checkpoints=Checkpoints(folder), control=Control(lambda: None), start=None)


def bare(case: Case) -> Generator[None, int, None]:
    """What anybody would write; send it how many steps to make."""
    raw, labels = (tensor.to(case.device) for tensor in images())
    pixels = (raw.float() - 127.5) / 73.9
    model = case.network()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.001, fused=True)
    steps = yield
    while True:
        made = 0
        while made < steps:
            shuffled = torch.randperm(IMAGES).to(case.device)
            for start in range(0, IMAGES - case.batch + 1, case.batch):
                if made == steps:
                    break
                at = shuffled[start : start + case.batch]
                with case.autocast():
                    logits = model(pixels[at])
                loss = F.cross_entropy(logits.float(), labels[at])
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                optimizer.step()
                made += 1
        steps = yield


def blocks_of(events: Iterator[Any]) -> Callable[[int], None]:
    """Makes so many steps more of our loop."""
    reached = 0

    def advance(steps: int) -> None:
        nonlocal reached
        goal = reached + steps
        while reached < goal:
            event = next(events)
            if isinstance(event, StepLogged):
                reached = event.step

    return advance


def timed(advance: Callable[[int], Any], steps: int, device: torch.device) -> float:
    """Seconds that a block takes: of this process on a CPU, of the wall on a GPU."""
    clock = time.process_time
    if device.type == "cuda":
        torch.cuda.synchronize()
        clock = time.perf_counter
    start = clock()
    advance(steps)
    if device.type == "cuda":
        torch.cuda.synchronize()
    return clock() - start


def measure(case: Case, blocks: int) -> dict[str, float]:
    """Medians of interleaved blocks, as ratios."""
    with tempfile.TemporaryDirectory() as folder:
        runners: dict[str, Callable[[int], Any]] = {}
        for name in ("bare", "bare again"):
            loop = bare(case)
            next(loop)
            runners[name] = loop.send
        runners["ours"] = blocks_of(ours(case, Path(folder) / "a", teacher=False))
        runners["cached teacher"] = blocks_of(ours(case, Path(folder) / "b", teacher=True))
        runners["few labels"] = blocks_of(ours(case, Path(folder) / "c", teacher=True, few_labels=True))
        for advance in runners.values():
            advance(case.steps)
        seconds: dict[str, list[float]] = {name: [] for name in runners}
        for _ in range(blocks):
            for name, advance in runners.items():
                seconds[name].append(timed(advance, case.steps, case.device))
    middle = {name: statistics.median(values) for name, values in seconds.items()}
    return {
        "ours_to_bare_speed": round(middle["bare"] / middle["ours"], 4),
        "bare_to_itself": round(middle["bare"] / middle["bare again"], 4),
        "cached_teacher_to_none_time": round(middle["cached teacher"] / middle["ours"], 4),
        "few_labels_to_every_label_time": round(middle["few labels"] / middle["cached teacher"], 4),
        "bare_steps_per_second": round(case.steps / middle["bare"], 1),
        "ours_steps_per_second": round(case.steps / middle["ours"], 1),
    }


def cases(device: torch.device, width: int) -> dict[str, Case]:
    """What is measured on this device."""
    if device.type == "cuda":
        model = Cnn(kind="cnn", width=width)
        return {f"cnn {width}": Case(model=model, batch=512, steps=50, device=device, precision=torch.bfloat16)}
    sizes = {"784-800-800-10": ((800, 800), 50), "784-30-30-10": ((30, 30), 250)}
    return {
        name: Case(model=Mlp(kind="mlp", hidden=hidden), batch=128, steps=steps, device=device)
        for name, (hidden, steps) in sizes.items()
    }


def main() -> None:
    """Measure, and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--blocks", type=int, default=30)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--width", type=int, default=128)
    options = parser.parse_args()
    torch.set_num_threads(1)
    device = torch.device(options.device)
    results: dict[str, Any] = {
        name: measure(case, options.blocks) for name, case in cases(device, options.width).items()
    }
    if device.type == "cuda":
        gc.collect()
        torch.cuda.empty_cache()
        results["bytes_still_allocated"] = torch.cuda.memory_allocated(device)
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
