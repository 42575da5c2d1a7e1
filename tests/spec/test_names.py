"""The room's names: all there, and none of them paid for before it is used."""

import subprocess
import sys
from pathlib import Path

import kdstudio.spec

ROOT = Path(__file__).resolve().parent.parent.parent


def test_that_every_exported_name_can_be_had_and_no_other() -> None:
    assert all(getattr(kdstudio.spec, name) is not None for name in kdstudio.spec.__all__)
    assert not hasattr(kdstudio.spec, "nothing")


def test_that_importing_the_room_alone_imports_no_pydantic() -> None:
    code = "import sys, kdstudio.spec, kdstudio.runs.library; print('pydantic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout == "False\n", done.stderr
