"""What the experiment asks for, as this computer has it."""

import pytest
import torch

from kdstudio.engine.device import available, give_back, prepare, resolve
from kdstudio.spec import Compute
from kdstudio.spec.errors import KnownFailure


def test_that_a_cpu_trains_in_float32_unless_it_is_asked_for_bfloat16() -> None:
    assert prepare(Compute(device="cpu")).precision == torch.float32
    place = prepare(Compute(device="cpu", precision="bfloat16", threads=1))
    assert (place.precision, place.fell_back) == (torch.bfloat16, False)


def test_that_threads_and_determinism_are_set_for_the_process() -> None:
    prepare(Compute(device="cpu", threads=1, deterministic=True))
    assert torch.get_num_threads() == 1
    assert torch.are_deterministic_algorithms_enabled()
    prepare(Compute(device="cpu", threads=2, deterministic=False))
    assert torch.get_num_threads() == 2
    assert not torch.are_deterministic_algorithms_enabled()


def test_that_float32_is_no_shorter_format_on_any_device() -> None:
    """Networks are measured in float32; on a GPU since Ampere torch would compute convolutions in TF32."""
    torch.backends.cudnn.allow_tf32 = True
    prepare(Compute(device="cpu"))
    assert (torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32) == (False, False)


def test_that_auto_takes_the_fastest_device_and_a_missing_one_is_named() -> None:
    assert str(resolve(Compute())) == available()[0]
    assert available()[-1] == "cpu"
    with pytest.raises(KnownFailure) as failure:
        resolve(Compute(device="cuda:63"))
    assert failure.value.code == "device-missing"
    assert failure.value.parameters == {"device": "cuda:63", "available": ", ".join(available())}


def test_that_a_place_has_a_lock_of_its_own() -> None:
    assert prepare(Compute(device="cpu")).key == "cpu"
    give_back(torch.device("cpu"))
