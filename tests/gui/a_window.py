"""A real `kdstudio` window in a process of its own, which a test tells what to click, and may kill.

Run as a program it is the process: `kdstudio --home HOME`, with a listener on its standard input beside it.
"""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

import psutil  # noqa: E402

from kdstudio.runs import launch  # noqa: E402
from kdstudio.runs.home import Home  # noqa: E402
from tests.gui.player import Player  # noqa: E402

PATIENCE = 60.0  # seconds
EDITED = "A title that nobody has saved"


class AWindow:
    """The process. A context that kills it at its end.

    Args:
        home: its home.
        runner: what it starts instead of the training process; None for the true one.
    """

    def __init__(self, home: Home, runner: Player | None = None) -> None:
        self.home = home
        fake = [] if runner is None else [json.dumps([runner.pace, runner.story, *runner.habits])]
        self.process = subprocess.Popen(
            [sys.executable, __file__, str(home.root), *fake], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._seen = psutil.Process(self.process.pid)

    def __enter__(self) -> Self:
        assert self._line() == "painted"
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def do(self, action: str, given: str = "") -> None:
        """Let it carry out one of ACTIONS, by clicks and keys."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([action, given]) + "\n")
        self.process.stdin.flush()
        assert self._line() == action

    def children(self, word: str) -> list[psutil.Process]:
        """Its processes whose command has `word` in it."""
        found = []
        for child in self._seen.children():
            with contextlib.suppress(psutil.Error):  # it has just ended
                if word in child.cmdline():
                    found.append(child)
        return found

    def kill(self) -> None:
        """End it with no chance to do anything."""
        self.process.kill()
        self.process.communicate()

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


def until(condition: Callable[[], bool]) -> None:
    """Wait until `condition` comes true."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "not within a minute"
        time.sleep(0.01)


def _start(window: Any, text: str) -> None:
    from kdstudio.spec import loads

    window.navigation.buttons["new"].click()
    window.new_page.show_experiment(loads(text))
    _click(window.new_page.start_button)


def _edit(window: Any, text: str) -> None:
    from PySide6.QtTest import QTest

    _click(window.navigation.buttons["new"])
    line = window.new_page.board.row("title").editor.focus
    line.selectAll()
    QTest.keyClicks(line, text)


def _click_run(window: Any, what: str) -> None:
    _click(window.navigation.buttons["run"])
    page = window.run_page
    for button in [page.pause] if what == "pause" else [page.stop, page.sentences.stop_save]:
        assert button.isVisible() and button.isEnabled(), f"{what} cannot be clicked"
        _click(button)


def _click(button: Any) -> None:
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


ACTIONS: dict[str, Callable[[Any, str], None]] = {
    "start": _start,
    "edit": _edit,
    "pausing": lambda window, _: _click_run(window, "pause"),
    "stopping": lambda window, _: _click_run(window, "stop"),
}


def main() -> None:
    """Listen from the first paint on."""
    from PySide6.QtCore import QSocketNotifier

    from kdstudio.__main__ import main as kdstudio
    from kdstudio.gui import app

    class Listening(app.Housekeeper):
        def first_paint(self) -> None:
            super().first_paint()
            self._notifier = QSocketNotifier(0, QSocketNotifier.Type.Read, self)
            self._notifier.activated.connect(self._hear)
            print("painted", flush=True)

        def _hear(self) -> None:
            line = sys.stdin.readline()
            if not line:
                self._notifier.setEnabled(False)
                return
            action, given = json.loads(line)
            try:
                ACTIONS[action](self._window, given)
            except Exception as error:
                action = repr(error)
            print(action, flush=True)

    app.Housekeeper = Listening  # type: ignore[misc]
    if len(sys.argv) > 2:
        pace, story, *habits = json.loads(sys.argv[2])
        launch.command = Player(pace, *habits, story=story).command
    sys.argv = ["kdstudio", "--home", sys.argv[1]]
    kdstudio()


if __name__ == "__main__":
    main()
