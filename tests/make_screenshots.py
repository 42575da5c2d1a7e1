"""Makes the README's pictures from the real program: `python tests/make_screenshots.py RUN_FOLDER`, light and dark."""

import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

import kdstudio.spec  # noqa: F401  (pydantic before Qt)
from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.theme import theme
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home

WHERE = Path(__file__).parent.parent / "resources" / "screenshots"


def settled(milliseconds: int) -> None:
    """Let the window work for a while."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def main() -> None:
    """Open the run, and grab the window in each theme."""
    run = RunFolder(Path(sys.argv[1]).absolute())
    application = QApplication([])
    WHERE.mkdir(exist_ok=True)
    window = MainWindow(Home.of(run))
    window.resize(1360, 860)
    for scheme in ("light", "dark"):
        theme().apply(scheme)
        window.show()
        settled(800)
        window.open_run(run)
        settled(4000)
        window.grab().save(str(WHERE / f"run-{scheme}.png"))
    window.shutdown()
    window.hide()
    application.quit()


if __name__ == "__main__":
    main()
