"""How long the quick commands take, against an interpreter that does nothing. Prints JSON.

    python tests/benchmarks/command_speed.py [--turns 9]

Milliseconds of processor time (user and system) of `runs`, `show`, `schema`, `stop` and `pause` in a home with one run, each
beside `python -c pass` in the same turn: medians, and their ratio. The commands must not feel like a program that starts.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from kdstudio.runs.home import Home  # noqa: E402
from tests.fakes import a_told_run  # noqa: E402


def processor_time(command: list[str]) -> float:
    """Milliseconds that `command` and what it starts compute."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, capture_output=True, cwd=ROOT, check=False, timeout=60)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=9)
    turns = parser.parse_args().turns
    with tempfile.TemporaryDirectory() as folder:
        home = Home.locate(Path(folder))
        run = a_told_run(home)
        at_home = ["--home", str(home.root)]
        commands = {
            "runs": ["runs", *at_home], "show": ["show", run.id, "--json", *at_home], "schema": ["schema"],
            "stop": ["stop", run.id, *at_home], "pause": ["pause", run.id, *at_home],
        }  # fmt: skip
        took: dict[str, list[float]] = {name: [] for name in ("bare", *commands)}
        for _ in range(turns):
            took["bare"].append(processor_time([sys.executable, "-c", "pass"]))
            for name, arguments in commands.items():
                took[name].append(processor_time([sys.executable, "-m", "kdstudio", *arguments]))
    medians = {name: statistics.median(times) for name, times in took.items()}
    ratios = {name: round(medians[name] / medians["bare"], 1) for name in commands}
    print(json.dumps({"milliseconds": {name: round(value) for name, value in medians.items()}, "times bare": ratios}))


if __name__ == "__main__":
    main()
