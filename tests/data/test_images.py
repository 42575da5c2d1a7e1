"""How a dataset is shared out: whole, disjoint, stratified, and the same for the same seed."""

import numpy as np
import pytest
import torch

from kdstudio.data import Images, fingerprint, load
from kdstudio.data.images import SAMPLE
from kdstudio.data.source import read
from kdstudio.spec import DATASETS, DatasetSpec, Digits, Idx
from kdstudio.spec.errors import KnownFailure
from tests.idx_files import write_idx


def digits(**fields: object) -> Digits:
    return Digits(kind="digits", **fields)


@pytest.fixture(scope="module")
def images() -> Images:
    return load(digits())


def test_that_digits_are_the_real_ones_in_eight_bits(images: Images) -> None:
    from sklearn.datasets import load_digits

    raw = load_digits()
    assert images.input == (1, 8, 8)
    assert images.classes == tuple("0123456789")
    assert np.array_equal(images.train.labels.numpy(), raw.target[images.train.index.numpy()])
    shown = images.train.images[0, 0].numpy().astype(float)
    assert np.abs(shown - raw.images[int(images.train.index[0])] * 255 / 16).max() <= 0.5


def test_that_the_parts_are_disjoint_and_together_everything(images: Images) -> None:
    whole = torch.cat([images.train.index, images.validation.index, images.test.index])
    assert whole.sort().values.tolist() == list(range(1797))


def test_that_each_class_is_shared_out_in_the_same_proportion(images: Images) -> None:
    counts = torch.stack([
        part.labels.bincount(minlength=10) for part in (images.train, images.validation, images.test)
    ]).double()  # fmt: skip
    shares = counts / counts.sum(0)
    assert torch.allclose(shares, torch.tensor([[0.6], [0.1], [0.3]], dtype=torch.float64), atol=0.5 / 170 + 0.003)


def test_that_a_seed_fixes_the_split_and_another_one_makes_another(images: Images) -> None:
    again, other = load(digits()), load(digits(seed=1))
    assert torch.equal(images.train.index, again.train.index)
    assert not torch.equal(images.train.index, other.train.index)
    assert images.fingerprint == again.fingerprint != other.fingerprint


def test_that_the_shares_are_those_that_were_asked_for() -> None:
    found = load(digits(validation=0.25, test=0.5))
    assert len(found.validation) == pytest.approx(1797 / 4, abs=5)
    assert len(found.test) == pytest.approx(1797 / 2, abs=5)


# What the student sees.


@pytest.mark.parametrize("labelled", [0.0001, 0.05, 0.5, 1.0])
def test_that_the_labelled_share_is_taken_class_by_class_and_each_class_keeps_one(labelled: float) -> None:
    found = load(digits(labelled=labelled))
    of_class = found.train.labels.bincount()
    seen = found.train.labels[found.labelled].bincount(minlength=10)
    assert seen.tolist() == [max(1, round(labelled * count)) for count in of_class.tolist()]
    assert set(found.labelled.tolist()) <= set(found.transfer.tolist())
    assert len(set(found.labelled.tolist())) == len(found.labelled)


def test_that_fewer_labels_leave_the_split_and_the_teacher_alone(images: Images) -> None:
    found = load(digits(labelled=0.05))
    assert torch.equal(found.train.index, images.train.index)
    assert found.fingerprint == images.fingerprint
    assert torch.equal(found.transfer, images.transfer)


def test_that_a_smaller_labelled_share_is_part_of_a_larger_one() -> None:
    few, many = load(digits(labelled=0.05)), load(digits(labelled=0.2))
    assert set(few.labelled.tolist()) <= set(many.labelled.tolist())


def test_that_hidden_classes_are_never_shown_to_the_student_and_stay_in_the_teachers_data(images: Images) -> None:
    found = load(digits(hidden_classes=(3, 7)))
    assert set(found.train.labels[found.transfer].tolist()) == set(range(10)) - {3, 7}
    assert set(found.train.labels[found.labelled].tolist()) == set(range(10)) - {3, 7}
    assert set(found.train.labels[found.sample].tolist()) == set(range(10)) - {3, 7}
    assert torch.equal(found.train.labels, images.train.labels)
    assert torch.equal(found.test.labels, images.test.labels)
    assert found.fingerprint == images.fingerprint


def test_that_a_hidden_class_that_does_not_exist_is_named() -> None:
    with pytest.raises(KnownFailure) as failure:
        load(digits(hidden_classes=(10,)))
    assert (failure.value.code, failure.value.parameters) == ("hidden-class-unknown", {"number": 10, "last": 9})


def test_that_hiding_every_class_leaves_nothing() -> None:
    with pytest.raises(KnownFailure) as failure:
        load(digits(hidden_classes=tuple(range(10))))
    assert failure.value.code == "nothing-left"


def test_that_the_live_sample_is_at_most_a_thousand_of_the_students_images(images: Images) -> None:
    assert len(images.sample) == SAMPLE < len(images.train)
    assert len(set(images.sample.tolist())) == SAMPLE
    assert images.sample.tolist() == sorted(images.sample.tolist())
    assert torch.equal(images.sample, load(digits()).sample)


def test_that_too_few_images_are_refused_in_words(tmp_path) -> None:
    write_idx(tmp_path / "train-images-idx3-ubyte", np.zeros((4, 5, 5), np.uint8))
    write_idx(tmp_path / "train-labels-idx1-ubyte", np.array([0, 0, 1, 1], np.uint8))
    with pytest.raises(KnownFailure) as failure:
        load(Idx(kind="idx", path=tmp_path))
    assert failure.value.code == "too-few-images"
    assert "4 images" in str(failure.value.parameters["why"])


# Normalisation.


def test_that_normalisation_is_measured_on_the_training_images_alone(images: Images) -> None:
    pixels = images.train.images.double()
    assert float(images.mean) == pytest.approx(float(pixels.mean()), rel=1e-7)
    assert float(images.deviation) == pytest.approx(float(pixels.std(correction=0)), rel=1e-6)


def test_that_without_normalisation_pixels_go_from_0_to_1_and_the_fingerprint_differs(images: Images) -> None:
    plain = load(digits(normalise=False))
    assert (float(plain.mean), float(plain.deviation)) == (0.0, 255.0)
    assert plain.fingerprint != images.fingerprint


# Fingerprints.


def test_that_equal_content_has_an_equal_name_and_other_content_another() -> None:
    a = np.arange(6, dtype=np.uint8)
    name = fingerprint.of_arrays(a)
    assert name == fingerprint.of_arrays(a.copy())
    assert len(name) == 20
    others = [a.reshape(2, 3), a.astype(np.int64), a[::-1], a[:5]]
    assert len({name, *(fingerprint.of_arrays(other) for other in others)}) == 5
    assert fingerprint.of_arrays(np.arange(10)[::2]) == fingerprint.of_arrays(np.arange(0, 10, 2))
    assert fingerprint.of_arrays(np.zeros((0, 3), np.uint8)) != fingerprint.of_arrays(np.zeros((0, 4), np.uint8))


def test_that_the_order_of_keys_does_not_show_in_a_name() -> None:
    assert fingerprint.of_values({"a": 1, "b": [2]}) == fingerprint.of_values({"b": [2], "a": 1})
    assert fingerprint.of_values({"a": 1}) != fingerprint.of_values({"a": 2})


def test_that_a_file_is_known_by_its_bytes(tmp_path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(b"same")
    second.write_bytes(b"same")
    assert fingerprint.of_file(first) == fingerprint.of_file(second)
    second.write_bytes(b"other")
    assert fingerprint.of_file(first) != fingerprint.of_file(second)


def test_that_every_dataset_that_can_be_asked_for_has_a_reader() -> None:
    for kind in DATASETS:
        assert read.dispatch(kind) is not read.dispatch(DatasetSpec), kind
