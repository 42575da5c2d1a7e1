"""How quick a large library is: read, shown in the table, filtered by a keystroke. Prints JSON.

    python tests/benchmarks/runs_table.py [--runs 10000]
    python tests/benchmarks/runs_table.py --make HOME 10000

Reading: seconds for the first reading of all folders, for one through the index, and for one more in the same program. Shown:
from the click that brings the page up, in a window that has read the library, to the end of its first paint; filtered: from a
keystroke to the end of the paint that follows, the slowest of twelve. Beside them how late a 5 ms timer of the window's
thread comes while the library is read in the background. `--make` only makes a home with so many runs.
"""

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
    os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={Path(__file__).resolve().parent.parent / 'gui' / 'screen.json'}"

from kdstudio.runs.home import Home, slug  # noqa: E402
from kdstudio.runs.library import Library  # noqa: E402

TITLES = ("Handwritten digits", "Fashion, few labels", "Small student", "Letters", "Temperature sweep", "A long look at alpha")
STATES = ("completed",) * 12 + ("failed", "stopped", "paused", "lost")
WORDS = ("d", "di", "dig", "digi", "digit", "digits", "digits c", "digits co", "digits com", "sw", "f", "tag:good")


def make_home(home: Home, runs: int) -> None:
    """Put `runs` ended runs into `home`: real files, invented numbers, each run different."""
    from kdstudio.spec import dump, loads

    chance = random.Random(7)
    experiment = dump(loads("kind: classification\nseeds: [0, 1, 2]"))
    for number in range(runs):
        title = f"{TITLES[number % len(TITLES)]} {number}"
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(1_750_000_000 + 977 * number))
        folder = home.runs / f"{stamp}_{slug(title)}_{number:08d}"
        folder.mkdir()
        state = chance.choice(STATES)
        (folder / "experiment.yaml").write_text(experiment.replace("title: ''", f"title: {title}"))
        (folder / "status.json").write_text(json.dumps({"state": state, "attempt": 1, "host": "here", "pid": 1}))
        (folder / "summary.json").write_text(json.dumps(a_summary(title, chance, done=state == "completed")))
        if number % 10 == 0:
            (folder / "about.yaml").write_text("name: ''\ntags: [good, sweep]\nnotes: worth another look\n")


def a_summary(title: str, chance: random.Random, *, done: bool) -> dict[str, Any]:
    """What a run came to, invented."""
    top, gain = chance.uniform(0.8, 0.98), chance.gauss(0.02, 0.02)
    curve = [round(top * (1 - 0.7 * 0.8**point) + chance.gauss(0, 0.01), 4) for point in range(24)]
    models = {
        who: {"accuracy": value if done else None, "agreement": 0.9 * top if done else None, "parameters": count}
        for who, value, count in (("teacher", 0.99, 90_000), ("baseline", top - gain, 2400), ("student", top, 2400))
    }
    return {
        "title": title,
        "headline": f"The teacher's help is worth {100 * gain:+.1f} points of accuracy." if done else None,
        "models": models,
        "gain": {"mean": gain, "low": gain - 0.01, "high": gain + 0.01, "seeds": 3} if done else {},
        "seconds": chance.uniform(20, 4000),
        "live": {"stage": "evaluation", "done": 1, "planned": 1, "accuracy": top, "agreement": 0.9 * top, "curve": curve},
    }


def reading(home: Home) -> dict[str, float]:
    """Seconds of the three kinds of reading."""
    taken = {}
    kept = Library(home)
    for name, library in (("first", Library(home)), ("index", kept), ("again", kept)):
        began = time.perf_counter()
        library.rows()
        taken[f"read_{name}_seconds"] = round(time.perf_counter() - began, 3)
    return taken


def showing(home: Home) -> dict[str, Any]:
    """The page in a window: shown, filtered, and what the reading does to the window's thread. Garbage is collected as in
    the window's process, which does that between keystrokes."""
    import gc

    from PySide6.QtCore import Qt, QTimer
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication, QStackedWidget, QWidget

    from kdstudio.gui.pages.runs import RunsPage
    from kdstudio.gui.tables.library_feed import LibraryFeed
    from kdstudio.gui.theme import Choice, theme

    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    theme().apply(Choice.LIGHT)
    sys.setswitchinterval(0.001)
    pages = QStackedWidget()
    pages.addWidget(QWidget())
    pages.resize(1360, 860)
    pages.show()
    late: list[float] = []
    last = [time.perf_counter()]

    def tick() -> None:
        now = time.perf_counter()
        late.append(1000 * (now - last[0]) - 5)
        last[0] = now

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(tick)
    feed = LibraryFeed(home)
    timer.start(5)
    feed.refresh()
    while not feed.known:
        app.processEvents()
        time.sleep(0.0002)
    timer.stop()

    def until_painted(widget: QWidget) -> None:
        for _ in range(3):  # what is scheduled, what that schedules, and its paint
            app.processEvents()

    gc.collect()
    gc.freeze()
    gc.disable()
    began = time.perf_counter()
    page = RunsPage(home, feed)
    pages.addWidget(page)
    pages.setCurrentWidget(page)
    until_painted(page)
    shown = time.perf_counter() - began
    page.filter.setFocus()
    took, before = [], ""
    for text in WORDS:
        if not text.startswith(before):
            page.filter.clear()
            until_painted(page)
            for letter in text[:-1]:
                QTest.keyClick(page.filter, letter)
        began = time.perf_counter()
        QTest.keyClick(page.filter, text[-1])
        app.processEvents()  # paints
        took.append(1000 * (time.perf_counter() - began))
        before = text
    page.filter.clear()
    began = time.perf_counter()
    page.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    app.processEvents()
    ordered = time.perf_counter() - began
    rows = page.model.rowCount()
    page.shutdown()
    feed.shutdown()
    return {
        "rows": rows,
        "shown_seconds": round(shown, 3),
        "filtered_ms_max": round(max(took), 1),
        "filtered_ms_median": round(statistics.median(took), 1),
        "sorted_ms": round(1000 * ordered, 1),
        "window_late_ms_max_while_reading": round(max(late, default=0.0), 1),
    }


def main() -> None:
    """Make a home, or measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--make", nargs=2, metavar=("HOME", "RUNS"))
    options = parser.parse_args()
    if options.make:
        make_home(Home.locate(Path(options.make[0])), int(options.make[1]))
        return
    with tempfile.TemporaryDirectory() as name:
        home = Home.locate(Path(name) / "home")
        began = time.perf_counter()
        make_home(home, options.runs)
        made = {"made_seconds": round(time.perf_counter() - began, 2)}
        print(json.dumps(made | reading(home) | showing(home), indent=1))


if __name__ == "__main__":
    main()
