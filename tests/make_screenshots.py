"""Makes the README's pictures from the real program: `python tests/make_screenshots.py [HOME]`.

Without a home it runs samples in a new one first, which takes some minutes: real training, real files, a real desk.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from PIL import Image  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

import kdstudio.spec  # noqa: E402, F401  (pydantic before app-model)
from kdstudio.gui.main_window import MainWindow  # noqa: E402
from kdstudio.gui.theme import theme  # noqa: E402
from kdstudio.runs.home import Home  # noqa: E402

WHERE = ROOT / "resources" / "screenshots"
EXPERIMENTS = ROOT / "resources" / "experiments"
SAMPLES = ("digits-first-look", "digits-tiny-student", "digits-few-labels")  # the last is the one that is shown
SIZE = (1360, 1000)  # the strip of disagreements is seen whole
PATIENCE = 60.0  # seconds


def trained(home: Home) -> None:
    """Run the samples in `home`."""
    for sample in SAMPLES:
        command = [sys.executable, "-m", "kdstudio", "run", str(EXPERIMENTS / f"{sample}.yaml"), "--home", str(home.root)]
        subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)


def waited(condition: Callable[[], bool]) -> None:
    """Let the window work until `condition` holds, and a little longer, so that all is drawn."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "the window does not come to rest"
        QTest.qWait(50)
    QTest.qWait(1500)


def show(window: MainWindow, page: str) -> None:
    """Bring `page` into view, complete."""
    if page == "run":
        window.open_run(list(window.home.folders())[-1])
        waited(lambda: not window.controller.active and window.controller.state.outcome == "completed")
    else:
        window.show_page(page)
        waited(lambda: page != "new" or window.new_page.summary.facts["Time"].whole not in ("", "–"))


def main() -> None:
    """Grab each page in each theme."""
    kept = Path(sys.argv[1]).absolute() if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory(prefix="kdstudio-") as made:
        home = Home.locate(kept or Path(made) / "home")
        if kept is None:
            trained(home)
        application = QApplication([])
        window = MainWindow(home)
        window.preferences.change(tour_seen=True)
        window.resize(*SIZE)
        window.show()
        waited(lambda: window.pages.count() > 0)
        window.open_file(EXPERIMENTS / f"{SAMPLES[-1]}.yaml")
        WHERE.mkdir(exist_ok=True)
        for scheme in ("light", "dark"):
            theme().apply(scheme)
            for page in ("home", "new", "run"):  # Runs names the home folder, which is nobody's business
                show(window, page)
                picture = WHERE / f"{page}-{scheme}.png"
                window.grab().save(str(picture))
                Image.open(picture).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(picture, optimize=True)
        window.shutdown()
        window.hide()
        application.quit()


if __name__ == "__main__":
    main()
