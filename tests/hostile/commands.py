"""`kdstudio` as a process of its own, which must end soon, and never with a traceback."""

import json
import re
import subprocess
import sys
import time
from typing import Any, NamedTuple

from kdstudio.runs.desk import Answer, Desk
from tests.fakes import ROOT

PATIENCE = 90.0  # seconds, for a process that imports torch on a busy computer
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]")


class Said(NamedTuple):
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


def kdstudio(*arguments: object, given: bytes = b"") -> Said:
    """Run a command. It fails the test by a hang, a traceback, or a control character for the terminal."""
    done = subprocess.run(
        [sys.executable, "-m", "kdstudio", *map(str, arguments)], input=given, capture_output=True, timeout=PATIENCE,
        cwd=ROOT, check=False,
    )  # fmt: skip
    said = Said(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))
    assert "Traceback" not in said.err, said.err
    assert "The program made a mistake" not in said.err, said.err
    assert said.code in (0, 1, 2), said
    assert not CONTROL.search(said.out + said.err), ascii(said.out + said.err)
    return said


def asked(desk: Desk, experiment: dict[str, Any]) -> list[Answer]:
    """What a desk answers to a preview of `experiment`, all of it."""
    number, came = desk.ask("preview", experiment=json.loads(json.dumps(experiment))), []
    end = time.monotonic() + PATIENCE
    while not any(answer.id == number and answer.over for answer in came):
        assert time.monotonic() < end, came
        came += desk.answers()
        time.sleep(0.01)
    assert came[-1].failed not in ("internal", "desk-gone"), came[-1]
    return came
