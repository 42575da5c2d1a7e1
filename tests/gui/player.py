"""A training process that plays a story: the real files, lock, statuses and requests, and no training.

Run as a program it is the process; imported it is the launcher that a test hands to the window.
"""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from kdstudio.runs.events import EventWriter, RunEnded  # noqa: E402
from kdstudio.runs.folder import Request, RunFolder  # noqa: E402
from kdstudio.runs.home import Home  # noqa: E402
from kdstudio.runs.state import State  # noqa: E402
from tests.fakes import a_story, stamped  # noqa: E402


class Player:
    """A launcher.

    Args:
        pace: seconds between two events.
        habits: "deaf" (hears no request), "dies" (before its first word), "fails" (says so), "silent" (waits for ever
            after the first events).
    """

    def __init__(self, pace: float = 0.0, *habits: str) -> None:
        self.pace, self.habits = pace, habits
        self.processes: list[subprocess.Popen[bytes]] = []

    def __call__(self, folder: RunFolder, home: Home) -> "subprocess.Popen[bytes]":
        command = [sys.executable, str(Path(__file__)), str(folder.path), str(self.pace), *self.habits]
        with folder.log_file.open("ab") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def end(self) -> None:
        """End every process that is still there."""
        for process in self.processes:
            process.kill()
            process.wait()


OUTCOMES = {Request.STOP: ("stopped", State.STOPPED), Request.PAUSE: ("paused", State.PAUSED)}


def play(folder: RunFolder, pace: float, habits: list[str]) -> None:
    """Play a whole run, or as much of it as is wanted."""
    attempt = folder.status().attempt + 1
    with folder.hold(), EventWriter(folder.events_file) as writer:
        folder.set_status(State.PREPARING, attempt=attempt)
        folder.set_status(State.RUNNING, attempt=attempt)
        for number, event in enumerate(stamped(a_story(), attempt)):
            asked = [] if "deaf" in habits else list(folder.take_requests(attempt))
            if asked:
                outcome, state = OUTCOMES[asked[0]]
                writer.append(RunEnded(attempt=attempt, outcome=outcome))
                folder.set_status(state, attempt=attempt)
                return
            if "fails" in habits and number == 30:
                place = {"stage": "teacher", "step": 7, "term": "labels"}
                writer.append(RunEnded(attempt=attempt, outcome="failed", code="not-a-number", parameters=place))
                folder.set_status(State.FAILED, attempt=attempt, code="not-a-number", **place)
                return
            writer.append(event)
            while "silent" in habits and number == 30:
                time.sleep(0.1)
            time.sleep(pace)
        folder.set_status(State.COMPLETED, attempt=attempt)


if __name__ == "__main__":
    if "dies" in sys.argv:
        sys.exit("the interpreter could not find its feet")
    play(RunFolder(Path(sys.argv[1])), float(sys.argv[2]), sys.argv[3:])
