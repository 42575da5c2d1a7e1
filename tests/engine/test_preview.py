"""What is known of an experiment before it runs."""

import base64
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from kdstudio.data import load
from kdstudio.data.images import Images
from kdstudio.engine.preview import data_facts, duration, loaded, memory, preview
from kdstudio.runs.home import Home
from kdstudio.spec import loads


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


def test_that_the_time_grows_with_the_budget_and_the_seeds() -> None:
    short = loads("kind: classification", changes=["training.steps=1000", "teacher_training.steps=1"])
    long = loads("kind: classification", changes=["training.steps=4000", "teacher_training.steps=1", "seeds=[0,1]"])
    images = loaded(short.dataset)
    assert duration(long, images)["seconds"] == pytest.approx(8 * duration(short, images)["seconds"], rel=0.3, abs=0.5)


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
