"""A run's load is read from outside, and a process that is gone has none."""

import os
from types import SimpleNamespace

import pynvml
import pytest

from kdstudio.runs.usage import LOOKS, Meter


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


class Driver:
    """A GPU's driver that sees the process from its second search on; this machine need not have one."""

    def __init__(self, fails: str = "") -> None:
        self.searches, self.fails = 0, fails

    def nvmlDeviceGetCount(self) -> int:
        if self.fails == "count":
            raise pynvml.NVMLError(pynvml.NVML_ERROR_UNKNOWN)
        return 1

    def nvmlDeviceGetComputeRunningProcesses(self, handle: object) -> list[SimpleNamespace]:
        self.searches += 1
        return [SimpleNamespace(pid=os.getpid())] if self.searches > 1 else []

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pynvml, "nvmlInit", lambda: None)
        monkeypatch.setattr(pynvml, "nvmlShutdown", lambda: None)
        monkeypatch.setattr(pynvml, "nvmlDeviceGetHandleByIndex", lambda index: index)
        monkeypatch.setattr(pynvml, "nvmlDeviceGetCount", self.nvmlDeviceGetCount)
        monkeypatch.setattr(
            pynvml, "nvmlDeviceGetComputeRunningProcesses", self.nvmlDeviceGetComputeRunningProcesses
        )
        monkeypatch.setattr(pynvml, "nvmlDeviceGetMemoryInfo", lambda handle: SimpleNamespace(used=2, total=8))
        monkeypatch.setattr(pynvml, "nvmlDeviceGetUtilizationRates", lambda handle: SimpleNamespace(gpu=71))


def test_that_a_process_that_comes_to_its_gpu_later_is_found_there(monkeypatch: pytest.MonkeyPatch) -> None:
    driver = Driver()
    driver.install(monkeypatch)
    meter = Meter(os.getpid())
    readings = [meter.read() for _ in range(LOOKS + 1)]
    meter.close()
    assert [reading.gpu for reading in readings if reading is not None] == [None] * LOOKS + [0.71]
    assert driver.searches == 2


def test_that_a_driver_that_fails_is_no_gpu_and_no_failure_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    Driver(fails="count").install(monkeypatch)
    meter = Meter(os.getpid())
    reading = meter.read()
    meter.close()
    assert reading is not None
    assert reading.gpu is None
