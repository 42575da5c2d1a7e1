"""Events that are no regular file, of a newer format, or on a full disk."""

import json
import os
import shutil
from pathlib import Path

import pytest
import torch

from kdstudio.engine.driver import drive
from kdstudio.runs.events import EventReader, EventWriter, Note, RunStarted, to_json
from kdstudio.runs.failures import explain
from kdstudio.runs.files import write_json
from kdstudio.runs.home import Home
from kdstudio.spec.errors import KnownFailure
from tests.fakes import a_run, a_small_disk, a_told_run
from tests.hostile.commands import kdstudio
from tests.hostile.files import experiment

# Imports torch's compiler, which names its cache in the environment: here, so that no test is blamed for it.
torch.use_deterministic_algorithms(False)


def test_that_events_are_never_written_into_a_pipe(here: Path) -> None:
    os.mkfifo(here / "events.jsonl")

    with pytest.raises(OSError, match=r"events\.jsonl"):
        EventWriter(here / "events.jsonl")


def test_that_an_attempt_of_a_newer_format_is_said_and_not_guessed_at(home: Home) -> None:
    run = a_told_run(home)
    known = EventReader(run.events_file).read()
    newer = [{**json.loads(to_json(event)), "attempt": 2} for event in known[:5]]
    newer[0]["format"] = 9
    with run.events_file.open("a") as file:
        file.writelines(json.dumps(each) + "\n" for each in newer)

    reader = EventReader(run.events_file)
    read = reader.read()

    assert read[:-1] == known
    assert isinstance(read[-1], Note)
    assert (read[-1].code, read[-1].parameters) == ("newer-format", {"format": 9, "known": 1})
    assert reader.unknown == 5
    run.status_file.write_text('{"state": "stopped", "attempt": 2}')
    before = run.events_file.read_bytes()
    with pytest.raises(KnownFailure) as failure:
        drive(run, home)
    assert explain(failure.value.code, failure.value.parameters).title == "A newer version wrote this run"
    assert run.events_file.read_bytes() == before


def test_that_a_run_with_pipes_where_it_writes_is_carried_out(home: Home) -> None:
    quick = "{steps: 2}"
    run = a_run(home, text=f"kind: classification\nseeds: [0]\ntraining: {quick}\nteacher_training: {quick}\n")
    for name in ("log.txt", "heartbeat", "events.jsonl"):
        os.mkfifo(run.path / name)

    said = kdstudio("resume", run.path, "--home", home.root)

    assert said.code == 0, said.err
    assert run.status().state == "completed"
    assert run.log_file.is_file() and run.events_file.is_file()


def test_that_an_attempt_of_this_format_is_read_again_after_a_newer_one(here: Path) -> None:
    lines = [to_json(RunStarted(format=9, attempt=1)), to_json(RunStarted(attempt=2))]
    (here / "events.jsonl").write_text("\n".join([*lines, ""]))

    assert [type(event) for event in EventReader(here / "events.jsonl").read()] == [Note, RunStarted]


def test_that_a_full_disk_names_the_file(home: Home, here: Path) -> None:
    with a_small_disk(here / "disk", 512) as disk:
        small = Home.locate(disk / "home")
        run = a_told_run(small)
        (disk / "filler").write_bytes(bytes(shutil.disk_usage(disk).free))

        with pytest.raises(OSError) as error:
            write_json(run.summary_file, {"title": "x" * 5000})
        file = experiment(home)
        said = kdstudio("run", file, "--home", small.root)

    assert error.value.filename == str(run.summary_file)
    assert said.code == 1
    assert str(small.runs) in said.err and "No space left on device" in said.err
