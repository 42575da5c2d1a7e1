"""How quick the window is: its start, its delays while a run is plotted, and what it costs the training. Prints JSON.

    python tests/benchmarks/window_speed.py [start] [delay] [training]

Start: seconds from the command to the first painted window (median of 5) with 10,000 runs in the library, and its ratio to
a bare window in the same style, both measured to the end of a process that quits after its first paint, and both with
the compiled modules that an installation has, whatever PYTHONDONTWRITEBYTECODE says. Delay: how late a 5 ms timer of the window
comes over 60 s of a run with every plot drawn. Training: steps a second of the same run with the window open and plotting
over the same run headless, in turns. Without a display Qt's offscreen platform is used.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from kdstudio.runs.home import Home
from tests.benchmarks.runs_table import make_home

RUNS = 10_000
EXPERIMENT = """
kind: classification
title: Benchmark
dataset: {kind: digits, labelled: 0.05}
teacher: {kind: cnn, width: 8}
student: {kind: mlp, hidden: [30, 30]}
method: {kind: soft-targets, temperature: 3, alpha: 0.5}
teacher_training: {epochs: 2}
training: {steps: STEPS}
baseline: false
seeds: [0]
"""

BARE = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
class Window(QMainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        QTimer.singleShot(0, QApplication.quit)
app = QApplication(sys.argv[:1])
try:
    from PySide6Qlementine import QlementineStyle
    app.setStyle(QlementineStyle(app))
except ImportError:
    app.setStyle("Fusion")
window = Window()
window.resize(1360, 860)
window.show()
app.exec()
"""


def environment(**more: str) -> dict[str, str]:
    """The environment of a process that may have no display."""
    screen = Path(__file__).resolve().parent.parent / "gui" / "screen.json"
    unseen = {"QT_QPA_PLATFORM": f"offscreen:configfile={screen}"}
    chosen = {} if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") else unseen
    return {**os.environ, **chosen, **more}


def seconds_of(command: list[str], **more: str) -> float:
    """How long a process takes."""
    began = time.perf_counter()
    subprocess.run(command, check=True, env=environment(**more), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def start(folder: Path) -> dict[str, Any]:
    """The start of our window beside a bare one's, in turns."""
    home = folder / "large"
    make_home(Home.locate(home), RUNS)
    compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    ours = [sys.executable, "-m", "kdstudio", "--home", str(home)]
    bare = [sys.executable, "-c", BARE]
    for command in (ours, bare):
        seconds_of(command, KDSTUDIO_EXIT_AFTER_PAINT="1", **compiled)
    measured: dict[str, list[float]] = {"ours": [], "bare": []}
    for _ in range(5):
        measured["ours"].append(seconds_of(ours, KDSTUDIO_EXIT_AFTER_PAINT="1", **compiled))
        measured["bare"].append(seconds_of(bare, **compiled))
    middle = {name: statistics.median(values) for name, values in measured.items()}
    return {
        "start_seconds": round(middle["ours"], 3),
        "bare_seconds": round(middle["bare"], 3),
        "start_to_bare": round(middle["ours"] / middle["bare"], 3),
    }


def experiment(folder: Path, steps: int) -> Path:
    """An experiment of so many student steps."""
    path = folder / "benchmark.yaml"
    path.write_text(EXPERIMENT.replace("STEPS", str(steps)))
    return path


def rate_of(run: Path) -> float:
    """Steps a second of the student's stage, from the events."""
    events = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
    student = [event for event in events if event.get("stage") == "student"]
    began = next(event["seconds"] for event in student if event["type"] == "StageStarted")
    last = [event for event in student if event["type"] == "StepLogged"][-1]
    return float(last["step"] / (last["seconds"] - began))


def in_window(home: Path, file: Path, seconds: float) -> tuple[list[float], float]:
    """Run `file` in the window until the student is done or `seconds` are over: timer delays in ms, steps a second."""
    code = f"""
import json, sys, time
from pathlib import Path
import kdstudio.gui.app as app
from PySide6.QtCore import QTimer, Qt
from PySide6.QtWidgets import QApplication
from kdstudio.runs.home import Home
late, last, began = [], [None], time.perf_counter()
def tick():
    now = time.perf_counter()
    if last[0] is not None and now - began > 3:
        late.append((now - last[0]) * 1000 - 5)
    last[0] = now
    window = next((w for w in QApplication.topLevelWidgets() if type(w).__name__ == "MainWindow"), None)
    over = window is not None and window.controller.status.state.value in ("completed", "failed", "stopped")
    if over or now - began > {seconds}:
        timer.stop()
        print(json.dumps(late))
        import kdstudio.gui.main_window as main
        main.ask_on_close = lambda *_: main.Closing.STOP
        QApplication.quit()
application = QApplication([])
timer = QTimer()
timer.setTimerType(Qt.TimerType.PreciseTimer)
timer.timeout.connect(tick)
timer.start(5)
app.run_window(Home.locate(Path({str(home)!r})), experiment=Path({str(file)!r}), start=True)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment(), check=False)
    if done.returncode != 0 or not done.stdout.strip():
        raise SystemExit(f"the window ended with {done.returncode}\n{done.stderr[-2000:]}")
    run = max((home / "runs").iterdir())
    rate = rate_of(run)
    subprocess.run([sys.executable, "-m", "kdstudio", "stop", str(run)], check=False, capture_output=True)
    return json.loads(done.stdout.strip().splitlines()[-1]), rate


def headless(home: Path, file: Path) -> float:
    """Steps a second without a window."""
    command = [sys.executable, "-m", "kdstudio", "run", str(file), "--home", str(home)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return rate_of(Path(done.stdout.strip().splitlines()[-1]))


def delay(folder: Path) -> dict[str, Any]:
    """The window's own delays over 60 s of a run."""
    late, rate = in_window(folder / "home", experiment(folder, 1_000_000), 65)
    ordered = sorted(late)
    return {
        "ticks": len(late),
        "p50_ms": round(ordered[len(ordered) // 2], 2),
        "p99_ms": round(ordered[int(len(ordered) * 0.99)], 2),
        "max_ms": round(ordered[-1], 2),
        "steps_per_second": round(rate, 1),
    }


def training(folder: Path, turns: int) -> dict[str, Any]:
    """What the window costs the training: medians of runs in turns."""
    file = experiment(folder, 12_000)
    beside, alone = [], []
    for _ in range(turns):
        alone.append(headless(folder / "home", file))
        beside.append(in_window(folder / "home", file, 300)[1])
    return {
        "with_window_to_headless": round(statistics.median(beside) / statistics.median(alone), 4),
        "headless_steps_per_second": [round(rate, 1) for rate in alone],
        "with_window_steps_per_second": [round(rate, 1) for rate in beside],
    }


def main() -> None:
    """Measure what is named, or everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", choices=[[], "start", "delay", "training"])
    parser.add_argument("--turns", type=int, default=5)
    options = parser.parse_args()
    wanted = options.what or ["start", "delay", "training"]
    results: dict[str, Any] = {"platform": environment().get("QT_QPA_PLATFORM", "display")}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "home").mkdir()
        if "start" in wanted:
            results |= start(folder)
        if "delay" in wanted:
            results |= delay(folder)
        if "training" in wanted:
            results |= training(folder, options.turns)
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
