"""Whatever is typed into any field of the form reaches the process that trains."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kdstudio.gui.pages.new_experiment import NewExperimentPage
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.launch import new_run
from kdstudio.spec import loads
from tests.gui.form_fields import field
from tests.gui.test_forms import _filled, every_field, part_of, type_into

MakePage = Callable[[], NewExperimentPage]


@pytest.mark.parametrize(
    ("kinds", "path"),
    [pytest.param(*each, id=f"{part_of(each[0], each[1].split('.')[0] + '.kind') if len(each[0]) > 1 else ''}:{each[1]}")
     for each in every_field()],
)  # fmt: skip
def test_that_what_is_typed_into_a_field_reaches_the_training_process(
    shared_page: NewExperimentPage, trainer: Callable[[RunFolder], Any], kinds: dict[str, Any], path: str, tmp_path: Path
) -> None:
    page = shared_page
    values = loads("kind: classification").model_dump(mode="json")
    for name, value in _filled(kinds).items():
        values[name] = {**value, **({"path": str(tmp_path)} if "path" in value else {})} if isinstance(value, dict) else value
    page.show_values(values)
    (tmp_path / "data").mkdir()
    wanted = type_into(field(page, path), path)
    if path.endswith(".path"):
        field(page, path).editor.set_value(wanted := str(tmp_path / "data"))
    started: list[Any] = []
    page.start_requested.connect(started.append)
    page.start()
    page.start_requested.disconnect(started.append)

    read = trainer(new_run(started[0], page.home))
    assert part_of(read, path) == wanted


@pytest.fixture(scope="module")
def trainer() -> Iterator[Callable[[RunFolder], Any]]:
    """What the session, in a process of its own as training has, understands a run to ask for: as plain data.

    The session is the true one up to where it has read its folder: there it answers, and takes the next run.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", TRAINER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).resolve().parents[2],
    )  # fmt: skip
    assert process.stdin is not None and process.stdout is not None

    def ask(folder: RunFolder) -> Any:
        print(folder.path, file=process.stdin, flush=True)
        return json.loads(process.stdout.readline())  # type: ignore[union-attr]

    yield ask
    process.stdin.close()
    process.stdout.close()
    process.wait(timeout=20)


TRAINER = """
import importlib, pathlib, sys
from kdstudio.runs.folder import RunFolder
session = importlib.import_module("kdstudio.engine.session")
heard = []
class Enough(Exception):
    pass
def take(experiment, *rest):
    heard.append(experiment)
    raise Enough
session.resume_point = take
for line in sys.stdin:
    folder = RunFolder(pathlib.Path(line.strip()))
    try:
        for event in session.session(folder, lambda: None):
            pass
    except Enough:
        pass
    print(heard.pop().model_dump_json(), flush=True)
"""


@pytest.fixture
def shared_page(make_new_page: MakePage) -> NewExperimentPage:
    page = make_new_page()
    page.sheet.set_detail(1)
    return page
