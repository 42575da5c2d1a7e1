"""How quick the page of the largest run is that the event caps allow: 20 stages of 4,000 steps and 60 evaluations each.

    python tests/benchmarks/run_page.py

Prints JSON: seconds from the click to everything drawn, first without and then with the kept fold; the longest pause of
the window meanwhile; milliseconds of one redraw of all plots and of one hover, painted; and the window's memory after that run
was replayed and 1,000 pages were changed, with how much it still grew over the last half of them. Without a display Qt's
offscreen platform is used.
"""

import json
import math
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
    os.environ["QT_QPA_PLATFORM"] = (
        f"offscreen:configfile={Path(__file__).resolve().parent.parent / 'gui' / 'screen.json'}"
    )

import psutil

from kdstudio.runs.events import (
    AnyEvent,
    Evaluated,
    ModelReady,
    RunEnded,
    RunStarted,
    StageEnded,
    StageStarted,
    StepLogged,
)
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from tests.fakes import a_told_run, stamped

SEEDS, STEPS, EVALUATIONS = 10, 4000, 60
MIB = 2**20


def largest() -> Iterator[AnyEvent]:
    """Its events: a baseline and a student for each of ten seeds."""
    yield RunStarted()
    for who in ("teacher", "baseline", "student"):
        yield ModelReady(who=who, parameters=1000, macs=1000, bytes=4000, input=[1, 8, 8], classes=10)
    for seed in range(SEEDS):
        for who in ("baseline", "student"):
            at: dict[str, Any] = {"stage": who, "seed": seed, "who": who}
            yield StageStarted(**at, planned=float(STEPS), unit="steps")
            for step in range(1, STEPS + 1):
                noise = 0.1 * math.sin(step * 12.9898 + seed) ** 2
                terms = {"labels": 2 / step**0.5 + noise, "soft targets": 5 / step**0.5 + noise}
                yield StepLogged(**at, step=step, epoch=step / 97, lr=0.001 / step, terms=terms, rate=1234.5)
                if step % (STEPS // EVALUATIONS) == 0:
                    value = 0.9 - 0.5 / step**0.5 + 0.001 * seed
                    metrics: dict[str, Any] = {"accuracy": value, "nll": 1 - value, "ece": 0.02, "recall": [value] * 10}
                    split = {"both": value - 0.02, "teacher_only": 0.98 - value, "student_only": 0.02, "neither": 0.02}
                    metrics |= {"agreement": value, "kl": 0.4, **split}
                    for part in ("train", "validation"):
                        yield Evaluated(**at, split=part, step=step, metrics=metrics)
            yield StageEnded(**at)
    yield RunEnded(outcome="completed")


def timed(does: Callable[[], object], rounds: int = 15) -> float:
    """The median of a few rounds, in milliseconds."""
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        does()
        took.append(1000 * (time.perf_counter() - began))
    return round(statistics.median(took), 2)


def measure(home: Home, folder: RunFolder) -> dict[str, Any]:
    """All of it."""
    import gc

    from PySide6.QtCore import QPoint
    from PySide6.QtGui import QImage
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from kdstudio.gui.main_window import MainWindow
    from kdstudio.gui.run_controller import RunController
    from kdstudio.gui.theme import Choice, theme

    app = QApplication([])
    theme().apply(Choice.LIGHT)
    sys.setswitchinterval(0.001)
    gc.disable()
    window = MainWindow(home, RunController(home))
    window.show()
    page = window.run_page
    window.show_page("run")
    QTest.qWait(500)

    def opened() -> tuple[float, float]:
        began = last = time.perf_counter()
        longest = 0.0
        window.open_run(folder)
        while window.controller.active or page._stale or not window.controller.state.outcome:
            app.processEvents()
            now = time.perf_counter()
            longest, last = max(longest, now - last), now
            time.sleep(0.001)
        return round(time.perf_counter() - began, 3), round(1000 * longest, 1)

    results: dict[str, Any] = {"events_mib": round(folder.events_file.stat().st_size / MIB, 1)}
    results["opened_first_seconds"], results["opened_first_longest_pause_ms"] = opened()
    results["opened_again_seconds"], results["opened_again_longest_pause_ms"] = opened()
    image = QImage(page.board.size(), QImage.Format.Format_RGB32)

    def redraw() -> None:
        for draw in (page._draw_accuracy, page._draw_agreement, page._draw_loss):
            draw()
        page.board.render(image, QPoint())

    results["redraw_ms"] = timed(redraw)
    places = iter(range(10, 10**9, 37))

    def hover() -> None:
        page.accuracy.plot.hovered.emit(float(next(places) % STEPS))
        app.processEvents()

    results["hover_ms"] = timed(hover, 60)
    page.accuracy.plot.hovered.emit(float("nan"))
    window.controller.start_replay()
    replay = window.controller.replay
    assert replay is not None
    while not replay.ready:
        QTest.qWait(20)
    replay.seek(replay.length)
    while not replay.over:
        QTest.qWait(20)
    window.controller.end_replay()
    sizes = []
    for number in range(1000):
        window.show_page("runs" if number % 2 else "run")
        app.processEvents()
        if number % 100 == 99:
            gc.collect()
            sizes.append(psutil.Process().memory_info().rss / MIB)
    results["memory_mib"] = round(sizes[-1], 1)
    results["memory_growth_mib"] = round(sizes[-1] - sizes[len(sizes) // 2], 1)
    window.close()
    window.shutdown()
    return results


def main() -> None:
    """Measure, and print."""
    with tempfile.TemporaryDirectory() as name:
        home = Home.locate(Path(name) / "home")
        folder = a_told_run(home, stamped(largest()), text=f"kind: classification\nseeds: {list(range(SEEDS))}\n")
        print(json.dumps(measure(home, folder), indent=1))


if __name__ == "__main__":
    main()
