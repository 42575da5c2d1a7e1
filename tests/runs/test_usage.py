"""A run's load is read from outside, and a process that is gone has none."""

import os

from kdstudio.runs.usage import Meter


def test_that_this_process_has_a_load_and_memory() -> None:
    meter = Meter(os.getpid())
    sum(number * number for number in range(200_000))
    usage = meter.read()
    meter.close()
    assert usage is not None
    assert 0 <= usage.cpu <= 1
    assert usage.memory > 1_000_000
    assert usage.memory_free > 0


def test_that_a_process_that_is_not_there_has_no_load() -> None:
    meter = Meter(2**22 + 12345)
    assert meter.read() is None
    meter.close()
