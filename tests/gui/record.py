"""Makes tests/gui/recordings anew: the events of real, small runs of the engine, each with another ending.

    python tests/gui/record.py

Every failure in them is the true one: a learning rate that is far too high, an address space that is cut short, a disk of
one mebibyte (which needs the right to mount) that is filled while the student learns.
"""

import resource
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from kdstudio.engine.driver import drive  # noqa: E402
from kdstudio.runs.events import AnyEvent, StageEnded, StepLogged  # noqa: E402
from kdstudio.runs.home import Home  # noqa: E402
from kdstudio.runs.launch import new_run  # noqa: E402
from kdstudio.runs.state import RunState  # noqa: E402
from kdstudio.spec import loads  # noqa: E402
from tests.fakes import a_small_disk  # noqa: E402
from tests.gui.player import RECORDED, RECORDINGS  # noqa: E402

Watch = Callable[[AnyEvent, RunState], None]
ELSEWHERE = "/home/anna/kdstudio"
FAR_TOO_FAST = (f"student.hidden={[64] * 12}", "training.learning_rate=100", "baseline=false")
LARGE = ("student.hidden=[8192,4096]",)


def record(name: str, place: Path, *changes: str, watch: Watch | None = None) -> None:
    """Carry out the run, and keep its events as `name`."""
    home = Home.locate(place / name)
    folder = new_run(loads(RECORDED, changes=list(changes)), home)
    outcome = drive(folder, home, on_event=watch)
    text = folder.events_file.read_text().replace(str(home.root), ELSEWHERE)
    (RECORDINGS / f"{name}.jsonl").write_text(text)
    print(name, outcome, folder.status().code)


def in_student(act: Callable[[], None]) -> Watch:
    """Does something once, when the student of the second seed has learned a little."""
    done = False

    def watch(event: AnyEvent, state: RunState) -> None:
        nonlocal done
        if not done and isinstance(event, StepLogged) and (event.stage, event.seed) == ("student", 1) and event.step > 30:
            done = True
            act()

    return watch


def no_more_memory(event: AnyEvent, state: RunState) -> None:
    """Once the teacher has answered, the system gives this process too little for the first network that is to learn."""
    if isinstance(event, StageEnded) and event.stage == "teacher-outputs":
        most = psutil.Process().memory_info().vms + 50_000_000
        resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))


def main() -> None:
    """All of them."""
    RECORDINGS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        record("normal", place)
        record("not-a-number", place, *FAR_TOO_FAST)
        with a_small_disk(place / "disk", 1024) as disk:
            filler = disk / "filler"
            record("disk-full", disk, watch=in_student(lambda: _fill(filler)))
        limit = resource.getrlimit(resource.RLIMIT_AS)
        record("out-of-memory", place, *LARGE, watch=no_more_memory)
        resource.setrlimit(resource.RLIMIT_AS, limit)


def _fill(path: Path) -> None:
    try:
        with path.open("wb", buffering=0) as file:
            while file.write(bytes(1024)):
                pass
    except OSError:
        return


if __name__ == "__main__":
    main()
