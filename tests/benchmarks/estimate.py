"""How near the time that New experiment names comes to the time that the run takes. Prints JSON.

    python tests/benchmarks/estimate.py [--sample digits-first-look]

Seconds of a sample as estimated and as it then took from command to exit, in a home of its own, and their ratio.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from kdstudio.engine.preview import _STEPS, duration, loaded  # noqa: E402
from kdstudio.spec import load  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", default="digits-first-look", help="a file in resources/experiments, without .yaml")
    file = ROOT / "resources" / "experiments" / f"{parser.parse_args().sample}.yaml"
    experiment = load(file)
    images = loaded(experiment.dataset)
    duration(experiment, images)  # the first one loads what the others find
    _STEPS.clear()
    estimated = duration(experiment, images)["seconds"]
    with tempfile.TemporaryDirectory() as home:
        began = time.monotonic()
        command = [sys.executable, "-m", "kdstudio", "run", str(file), "--home", home]
        subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
        took = time.monotonic() - began
    print(json.dumps({"sample": file.stem, "estimated": estimated, "took": round(took, 1), "ratio": round(estimated / took, 2)}))


if __name__ == "__main__":
    main()
