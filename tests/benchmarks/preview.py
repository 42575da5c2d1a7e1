"""How soon the preview of New experiment follows an edit, once the desk is warm. Prints JSON.

    python tests/benchmarks/preview.py [--edits 40]

Milliseconds from an edit of the student's layers or the teacher's width, in the real page with a real desk, to the new sizes
drawn from what the desk has answered, and to its whole answer with the estimated time: median, 95th percentile and worst.
Without a display Qt's offscreen platform is used.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
    os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={Path(__file__).resolve().parent.parent / 'gui' / 'screen.json'}"

from kdstudio.spec import Spec as Spec

from kdstudio.runs.home import Home  # isort: skip

PATIENCE = 120.0  # seconds


def measure(home: Home, edits: int) -> dict[str, Any]:
    """One edit after the other, each when the answer to the last has come whole."""
    from PySide6.QtWidgets import QApplication

    from kdstudio.gui.pages.new_experiment import NewExperimentPage
    from kdstudio.gui.theme import Choice, theme

    app = QApplication([])
    theme().apply(Choice.LIGHT)
    page = NewExperimentPage(home)
    page.resize(1100, 760)
    page.show()

    def until(condition: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            app.processEvents()
            time.sleep(0.001)
            if time.monotonic() > end:
                raise SystemExit("the desk does not answer")

    card, answers = page.summary, [0]
    took: list[float] = []
    page.feed.desk.done.connect(lambda: answers.append(len(answers)))
    until(lambda: len(answers) > 1)
    whole: list[float] = []

    def numbers() -> list[object]:
        return [row[2] for row in card.parameters.shown]

    for number in range(edits + 1):
        before, answered = numbers(), len(answers)
        began = time.perf_counter()
        page.change({"student.hidden": [40 + 8 * number]} if number % 2 else {"teacher.width": 16 + 2 * number})
        until(lambda before=before: numbers() != before)  # type: ignore[misc]
        took.append(1000 * (time.perf_counter() - began))
        until(lambda answered=answered: len(answers) > answered)  # type: ignore[misc]
        whole.append(1000 * (time.perf_counter() - began))
    page.shutdown()
    return {"edits": edits, "sizes": spread(took[1:]), "whole": spread(whole[1:])}  # the first one warms what later ones find


def spread(times: list[float]) -> dict[str, float]:
    """Median, 95th percentile and worst."""
    ordered = sorted(times)
    return {
        "median_ms": round(statistics.median(ordered), 1),
        "p95_ms": round(ordered[int(0.95 * (len(ordered) - 1))], 1),
        "max_ms": round(ordered[-1], 1),
    }


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edits", type=int, default=40)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(measure(Home.locate(Path(name) / "home"), options.edits), indent=1))


if __name__ == "__main__":
    main()
