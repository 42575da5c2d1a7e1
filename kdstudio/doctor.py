"""What is installed, what is missing, and how to get it."""

import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import kdstudio
from kdstudio.opening import has_display
from kdstudio.runs.child_python import environment, python
from kdstudio.runs.home import Home

PACKAGES = ("torch", "numpy", "scikit-learn", "pydantic", "PySide6", "pyqtgraph", "PySide6-Qlementine", "safetensors")
GIB = 1024**3


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that was looked at; `remedy` says what to do about it, "" when nothing."""

    what: str
    detail: str
    fine: bool = True
    remedy: str = ""


def findings(home: Home) -> Iterator[Finding]:
    """Everything worth knowing about this installation."""
    yield Finding(
        what="KD Studio", detail=f"{kdstudio.__version__}, Python {platform.python_version()}, {platform.platform()}"
    )
    yield from (_package(name) for name in PACKAGES)
    yield from _devices()
    import psutil

    memory = psutil.virtual_memory()
    yield Finding(what="memory", detail=f"{memory.available / GIB:.1f} of {memory.total / GIB:.1f} GiB free")
    free = shutil.disk_usage(home.root).free / GIB
    yield Finding(
        what="data folder", detail=f"{home.root}, {free:.1f} GiB free", fine=free > 1,
        remedy="" if free > 1 else "Free some space, or choose another data folder: in Settings, or with --home.",
    )  # fmt: skip
    yield _window()


def _package(name: str) -> Finding:
    try:
        return Finding(what=name, detail=version(name))
    except PackageNotFoundError:
        if name == "PySide6-Qlementine":
            return Finding(what=name, detail="not installed; the window uses Fusion")
        return Finding(what=name, detail="not installed", fine=False, remedy=f"pip install {name}")


def _devices() -> Iterator[Finding]:
    try:
        from kdstudio.engine.device import available

        yield Finding(what="devices", detail=", ".join(available()))
    except ImportError as error:
        yield Finding(what="devices", detail=str(error), fine=False, remedy="Install torch.")


def _window() -> Finding:
    """Whether Qt can start: tried in a process of its own, since a Qt that cannot start ends its process."""
    code = "from PySide6.QtWidgets import QApplication; QApplication([])"
    platform_name = {} if has_display() else {"QT_QPA_PLATFORM": "offscreen"}
    tried = subprocess.run(
        python("-c", code), capture_output=True, text=True, timeout=60, check=False,
        env={**environment(), **platform_name},
    )  # fmt: skip
    if tried.returncode == 0:
        none = "Qt works; there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)"
        return Finding(what="window", detail="can be opened" if has_display() else none)
    lines = [line for line in tried.stderr.strip().splitlines() if line.strip()]
    hint = "" if sys.platform != "linux" else (
        "On Debian and Ubuntu: apt-get install libegl1 libgl1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 "
        "libxcb-shape0 libdbus-1-3. `kdstudio run FILE` needs no display."
    )  # fmt: skip
    return Finding(what="window", detail=lines[-1] if lines else "Qt ended", fine=False, remedy=hint)
