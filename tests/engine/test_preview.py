"""What is known of an experiment before it runs."""

import base64
import contextlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from kdstudio.data import load
from kdstudio.data.images import Images
from kdstudio.engine import preview as previewing
from kdstudio.engine.device import place_of
from kdstudio.engine.preview import START, data_facts, duration, loaded, memory, preview, step_seconds
from kdstudio.engine.teacher import name_of
from kdstudio.runs.home import Home
from kdstudio.spec import loads
from tests.fakes import a_folder_of_pictures


def test_that_samples_show_every_class_of_the_digits() -> None:
    facts = data_facts(load(loads("kind: classification").dataset), seen=1.0)
    assert {sample["class"] for sample in facts["samples"]} == set("0123456789")
    first = facts["samples"][0]
    pixels = np.frombuffer(base64.b64decode(first["bytes"]), np.uint8).reshape(first["shape"])
    assert pixels.shape == (8, 8) and pixels.max() > 200


def warned(images: Images) -> list[dict[str, Any]]:
    return list(data_facts(images, seen=1.0)["warnings"])


def test_that_data_without_fault_are_not_warned_of() -> None:
    assert warned(load(loads("kind: classification").dataset)) == []


def test_that_data_of_a_single_class_are_warned_of() -> None:
    images = load(loads("kind: classification").dataset)
    only = replace(images.train, images=images.train.images[:9], labels=torch.zeros_like(images.train.labels[:9]))
    assert warned(replace(images, train=only)) == [{"code": "one-class"}]


def test_that_classes_of_very_different_sizes_are_warned_of_with_both() -> None:
    images = load(loads("kind: classification").dataset)
    labels = images.train.labels
    rare = torch.cat([torch.nonzero(labels == 0)[:2, 0], torch.nonzero(labels != 0)[:, 0]])
    fewer = replace(images.train, images=images.train.images[rare], labels=labels[rare])
    most = int(torch.bincount(labels[labels != 0]).max())
    assert warned(replace(images, train=fewer)) == [{"code": "imbalance", "most": most, "fewest": 2}]


def test_that_classes_without_a_training_image_are_named() -> None:
    images = load(loads("kind: classification").dataset)
    kept = torch.nonzero((images.train.labels != 3) & (images.train.labels != 8))[:, 0]
    without = replace(images.train, images=images.train.images[kept], labels=images.train.labels[kept])
    assert warned(replace(images, train=without)) == [{"code": "empty-class", "classes": "3, 8"}]


def test_that_training_images_among_the_test_images_are_counted() -> None:
    images = load(loads("kind: classification").dataset)
    pixels = images.test.images.clone()
    pixels[:3] = images.train.images[:3]
    twins = {"code": "same-image-in-test", "count": 3}
    assert warned(replace(images, test=replace(images.test, images=pixels))) == [twins]


def test_that_the_memory_of_a_huge_network_does_not_fit() -> None:
    huge = loads("kind: classification", changes=["teacher={kind: mlp, hidden: [65536, 65536, 65536]}"])
    assert memory(huge, loaded(huge.dataset))["verdict"] == "wont-fit"


def test_that_the_memory_of_a_small_experiment_fits() -> None:
    small = loads("kind: classification")
    verdict = memory(small, loaded(small.dataset))
    assert verdict["verdict"] == "fits"
    assert 100 * 2**20 < verdict["needed"] < verdict["free"]
    parts = verdict["parts"]
    assert verdict["needed"] == parts["process"] + parts["images"] + max(parts["teacher"], parts["student"])


def seconds(*changes: str, dataset: str = "{kind: digits}") -> float:
    asked = loads(f"{{kind: classification, teacher: {{kind: cnn, width: 8}}, dataset: {dataset}}}", changes=list(changes))
    return float(duration(asked, loaded(asked.dataset))["seconds"]) - START


@pytest.fixture
def a_millisecond_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previewing, "step_seconds", lambda *_, **__: 0.001)


@pytest.mark.usefixtures("a_millisecond_a_step")
def test_that_the_time_grows_with_the_budget_and_the_seeds() -> None:
    short = seconds("training.steps=1000", "teacher_training.steps=1")
    long = seconds("training.steps=4000", "teacher_training.steps=1", "seeds=[0,1]")
    assert 2.0 < short < 4.0
    assert long == pytest.approx(2 * (2 * 4.0 + short - 2.0), rel=0.1)


@pytest.mark.usefixtures("a_millisecond_a_step")
def test_that_the_time_holds_everything_that_the_run_will_do() -> None:
    steps = ("training.steps=2000", "teacher_training.steps=400")
    whole = seconds(*steps)
    assert whole - seconds(*steps, "baseline=false") == pytest.approx(2.0, rel=0.5)
    assert whole - seconds(*steps, "teacher_training.steps=1") == pytest.approx(0.4, rel=0.5)
    asks_in_every_step = seconds(*steps, dataset="{kind: digits, views: {shift: 1}}")
    assert asks_in_every_step - whole == pytest.approx(2.0 / 3, rel=0.1)
    assert seconds(*steps, "training.evaluate_every={steps: 2}") > 2 * whole
    assert seconds("training.minutes=2", "teacher_training.steps=1", "baseline=false") == pytest.approx(120, abs=1)


@pytest.mark.usefixtures("a_millisecond_a_step")
def test_that_a_teacher_that_lies_ready_takes_no_time(home: Home) -> None:
    asked = loads("kind: classification", changes=["teacher_training.steps=400"])

    def time_of() -> dict[str, Any]:
        return dict(list(preview(asked, home))[-1][1])

    before = time_of()
    (home.teachers / name_of(asked, loaded(asked.dataset).fingerprint, torch.float32)).mkdir(parents=True)
    after = time_of()
    assert (before["teacher_steps"], after["teacher_steps"]) == (400, 0)
    assert before["seconds"] - after["seconds"] == pytest.approx(0.4, rel=0.5)


@pytest.mark.parametrize("part", ["", "train"])
def test_that_images_that_come_to_a_folder_are_seen(tmp_path: Path, part: str) -> None:
    for name in ("cats", "dogs"):
        (tmp_path / part / name).mkdir(parents=True)
        for number in range(10):
            Image.new("L", (8, 8), 10 * number).save(tmp_path / part / name / f"{number}.png")
    spec = loads(f"{{kind: classification, dataset: {{kind: image-folder, path: {tmp_path}, size: 8}}}}").dataset
    before = loaded(spec)
    assert loaded(spec) is before
    for number in range(10, 40):
        Image.new("L", (8, 8), number).save(tmp_path / part / "dogs" / f"{number}.png")
    assert len(loaded(spec).train) > len(before.train)


def test_that_damaged_pictures_are_warned_of_until_they_are_mended_in_their_place(tmp_path: Path) -> None:
    a_folder_of_pictures(tmp_path, torn=1)
    spec = loads(f"{{kind: classification, dataset: {{kind: image-folder, path: {tmp_path}, size: 8}}}}").dataset
    torn = tmp_path / "dogs" / "0.png"
    named = f"{Path('dogs') / '0.png'} (it cannot be read as a picture)"
    assert warned(loaded(spec))[0] == {"code": "damaged-left-out", "count": 1, "names": named}
    torn.write_bytes((tmp_path / "dogs" / "1.png").read_bytes())
    os.utime(torn, ns=(0, 10**18))  # clocks of file systems are coarse
    assert loaded(spec).left_out == ()


def tried(monkeypatch: pytest.MonkeyPatch, *changes: str, check: Callable[[], None] = lambda: None) -> list[int]:
    """The batch sizes of the steps that are tried to learn how long one takes."""
    sizes: list[int] = []
    rehearsal = previewing._rehearsal

    def noted(spec: Any, method: Any, training: Any, *about: Any, **options: Any) -> Any:
        sizes.append(training.batch_size)
        return rehearsal(spec, method, training, *about, **options)

    monkeypatch.setattr(previewing, "_rehearsal", noted)
    asked = loads("kind: classification", changes=list(changes))
    about = asked.training, (1, 8, 8), 10, place_of(asked.compute), check
    assert step_seconds(asked.student, asked.method, *about) > 1e-5
    return sizes


def test_that_a_step_is_tried_once_for_what_makes_it_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previewing, "_STEPS", {})
    monkeypatch.setattr(previewing, "SLOW", 1000.0)
    assert tried(monkeypatch)[-1] == 128
    assert tried(monkeypatch, "training.learning_rate=0.5", "training.epochs=3") == []
    assert tried(monkeypatch, "training.batch_size=32") == [32]


def test_that_a_step_with_withheld_labels_is_tried_with_both_of_its_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    passes = []
    rehearsal = previewing._rehearsal

    def noted(*about: Any, **options: Any) -> Any:
        task = rehearsal(*about, **options)
        passes.append(len(task.feed(0, 0.0)))
        return task

    monkeypatch.setattr(previewing, "_STEPS", {})
    monkeypatch.setattr(previewing, "_rehearsal", noted)
    for labelled, alpha, number in ((0.1, 0.5, 2), (1.0, 0.5, 1), (0.1, 1.0, 1), (0.1, 0.0, 1)):
        passes.clear()
        dataset, method = f"{{kind: digits, labelled: {labelled}}}", f"{{kind: soft-targets, alpha: {alpha}}}"
        asked = loads(f"{{kind: classification, dataset: {dataset}, method: {method}}}")
        assert duration(asked, loaded(asked.dataset), teacher_ready=True)["two_passes"] == (number == 2)
        assert max(passes[len(passes) // 2 :]) == number, (labelled, alpha)


def test_that_a_slow_network_is_tried_on_a_few_images_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previewing, "_STEPS", {})
    monkeypatch.setattr(previewing, "SLOW", 0.0)
    assert tried(monkeypatch) == list(previewing.PROBES)


def test_that_who_gives_up_is_heard_between_two_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    class Enough(Exception):
        pass

    def check() -> None:
        raise Enough

    monkeypatch.setattr(previewing, "_STEPS", {})
    with pytest.raises(Enough):
        tried(monkeypatch, check=check)
    assert previewing._STEPS == {}


def test_that_somebody_who_gives_up_is_heard_between_the_parts(home: Home) -> None:
    class Enough(Exception):
        pass

    def check() -> None:
        raise Enough

    with pytest.raises(Enough):
        list(preview(loads("kind: classification"), home, check))


def test_that_no_step_is_tried_of_what_would_not_fit(home: Home) -> None:
    huge = loads(
        "kind: classification", changes=["teacher_training.batch_size=65536", "teacher={kind: cnn, width: 1024}"]
    )
    assert [name for name, _ in preview(huge, home)] == ["networks", "data", "memory"]


@pytest.mark.parametrize("ends", ["by itself", "early"])
def test_that_a_preview_leaves_the_threads_of_its_process_as_they_were(home: Home, ends: str) -> None:
    """The desk computes with one, since a run may be at work beside it; only the trial steps take those of the run."""
    torch.set_num_threads(1)
    seen: list[int] = []

    def check() -> None:
        seen.append(torch.get_num_threads())
        if ends == "early" and seen[-1] == 3:
            raise KeyboardInterrupt

    asked = loads("kind: classification", changes=["compute={device: cpu, threads: 3}"])
    with pytest.raises(KeyboardInterrupt) if ends == "early" else contextlib.nullcontext():
        list(preview(asked, home, check))
    assert 3 in seen
    assert torch.get_num_threads() == 1
