"""How busy a run's process and its device are. Asked now and then by whoever watches; costs the run nothing."""

import contextlib
from dataclasses import dataclass
from typing import Any

import psutil

LOOKS = 10  # readings between two searches for the GPU on which a process works


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """Shares from 0 to 1 (cpu: of all cores) and bytes; None where it cannot be known."""

    cpu: float
    memory: int
    memory_free: int
    gpu: float | None = None
    gpu_memory: int | None = None
    gpu_memory_total: int | None = None


class Meter:
    """Measures one process between two calls of `read`.

    Args:
        pid: of the run.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._process: psutil.Process | None = None
        self._gpu: Any = None
        with contextlib.suppress(psutil.Error, ValueError):  # ValueError: a number that no process has
            self._process = psutil.Process(pid)
            self._process.cpu_percent()
        self._looks = 0

    def read(self) -> Usage | None:
        """How busy it is now; None when the process is gone."""
        if self._process is None:
            return None
        try:
            with self._process.oneshot():
                cpu = self._process.cpu_percent() / 100 / (psutil.cpu_count() or 1)
                memory = self._process.memory_info().rss
        except psutil.Error:
            return None
        if self._gpu is None and self._looks % LOOKS == 0:  # a process takes seconds until it is seen on its GPU
            self._find_gpu()
        self._looks += 1
        gpu, used, total = self._read_gpu()
        free = psutil.virtual_memory().available
        return Usage(cpu=min(1.0, cpu), memory=memory, memory_free=free, gpu=gpu, gpu_memory=used, gpu_memory_total=total)

    def close(self) -> None:
        """Let the GPU's library go."""
        if self._gpu is not None:
            import pynvml

            with contextlib.suppress(pynvml.NVMLError):
                pynvml.nvmlShutdown()
            self._gpu = None

    def _find_gpu(self) -> None:
        """The GPU on which the process works, if there is one and its driver talks."""
        import pynvml

        try:
            pynvml.nvmlInit()
        except pynvml.NVMLError:
            return
        with contextlib.suppress(pynvml.NVMLError):
            for index in range(pynvml.nvmlDeviceGetCount()):
                if self._is_on(handle := pynvml.nvmlDeviceGetHandleByIndex(index)):
                    self._gpu = handle
                    return
        with contextlib.suppress(pynvml.NVMLError):
            pynvml.nvmlShutdown()

    def _is_on(self, handle: Any) -> bool:
        import pynvml

        with contextlib.suppress(pynvml.NVMLError):  # one that does not tell may stand beside others that do
            return any(each.pid == self._pid for each in pynvml.nvmlDeviceGetComputeRunningProcesses(handle))
        return False

    def _read_gpu(self) -> tuple[float | None, int | None, int | None]:
        if self._gpu is None:
            return None, None, None
        import pynvml

        try:
            memory = pynvml.nvmlDeviceGetMemoryInfo(self._gpu)
            return pynvml.nvmlDeviceGetUtilizationRates(self._gpu).gpu / 100, int(memory.used), int(memory.total)
        except pynvml.NVMLError:
            return None, None, None
