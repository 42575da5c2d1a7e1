"""An attempt at a run: where it resumes, what it refuses, and that a cut anywhere leaves no trace in the result."""

import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from filelock import FileLock
from safetensors.torch import load_file, save_file

from kdstudio.data import fingerprint, image_folder
from kdstudio.engine import teacher as teacher_stage
from kdstudio.engine.checkpoint import Checkpoints, Position
from kdstudio.engine.control import EVERY, Interrupted
from kdstudio.engine.driver import drive
from kdstudio.engine.session import resume_point, session
from kdstudio.runs.events import AnyEvent, Note, Progress, RunStarted, Saved, StageEnded, StageStarted, StepLogged
from kdstudio.runs.folder import Request, RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.outlook import plan
from kdstudio.runs.state import RunState, State
from tests.engine.lab import a_run, as_an_earlier_version, carried_out, codes, cut, events_of, halt_at, tiny
from tests.fakes import a_folder_of_pictures, a_story, stamped
from tests.idx_files import write_digits, write_idx

SHORT = (
    "teacher_training.steps=6", "teacher_training.checkpoint_every.steps=3", "teacher_training.evaluate_every.steps=3",
    "training.steps=6", "training.checkpoint_every.steps=3", "training.evaluate_every.steps=3",
    "teacher.dropout=0.3", "student.dropout=0.2",
)  # fmt: skip


# Where an attempt begins.


def folded(events: list[AnyEvent]) -> RunState:
    state = RunState()
    state.apply_all(stamped(events))
    return state


def the_only(position: Position) -> Callable[[str, int | None], Position | None]:
    """The checkpoints of a run that has this one alone."""
    return lambda stage, seed: position if (position.stage, position.seed) == (stage, seed) else None


def test_that_a_fresh_run_resumes_from_nothing() -> None:
    point = resume_point(tiny(), RunState())
    assert (point.ended, point.start, point.marker) == (frozenset(), None, None)


def test_that_a_checkpoint_of_the_stage_at_work_is_where_it_goes_on() -> None:
    begun = [RunStarted(), StageStarted(stage="teacher", planned=60, unit="steps")]
    position = Position(stage="teacher", seed=None, step=20)
    point = resume_point(tiny(), folded(begun), the_only(position))
    assert point.start == position
    assert point.marker == ["teacher", None, 20]


def test_that_a_checkpoint_of_another_stage_is_none_of_this_one() -> None:
    begun = [
        RunStarted(), StageStarted(stage="teacher", planned=60, unit="steps"), StageEnded(stage="teacher"),
        StageStarted(stage="teacher-check", planned=1, unit="images"),
    ]  # fmt: skip
    point = resume_point(tiny(), folded(begun), the_only(Position(stage="teacher", seed=None, step=60)))
    assert point.ended == {("teacher", None)}
    assert point.start is None
    assert point.marker == ["teacher-check", None, 0]


def test_that_a_run_whose_stages_are_all_done_has_nothing_left_to_resume() -> None:
    story = a_story(seeds=(0, 1))
    state = RunState()
    state.apply_all(story)
    point = resume_point(tiny(), state)
    assert point.ended == set(plan(tiny()))
    assert point.start is None
    expected = state.timeless()["stages"]
    state.apply_all(stamped([RunStarted(resumes_from=point.marker)], attempt=2))
    assert state.timeless()["stages"] == expected


# A cut anywhere.


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return carried_out(Home.locate(tmp_path_factory.mktemp("undisturbed")), *SHORT)


def test_that_a_cut_after_any_event_leaves_no_trace_in_the_result(undisturbed: RunFolder, tmp_path: Path) -> None:
    whole = events_of(undisturbed)
    weights = (undisturbed.student / "model.safetensors").read_bytes()
    expected = undisturbed.fold()[0].timeless()
    # Every boundary of a stage, and some of what lies between.
    places = [
        number for number, event in enumerate(whole)
        if number and (isinstance(event, StageStarted | StageEnded | Note) or number % 13 == 0)
    ]  # fmt: skip
    assert len(places) > 20
    for number in places:
        home = Home.locate(tmp_path / str(number))
        folder = a_run(home, *SHORT)
        assert cut(folder, home, number), "it was still at work"
        assert drive(folder, home) == "completed", (number, folder.status())
        found = folder.fold()[0].timeless()
        for part, value in expected.items():
            assert found[part] == value, (number, whole[number], part)
        assert (folder.student / "model.safetensors").read_bytes() == weights, (number, whole[number])


def test_that_cut_after_cut_leaves_no_trace_in_the_result(undisturbed: RunFolder, home: Home) -> None:
    folder, attempts = a_run(home, *SHORT), 0
    # Enough events for an attempt to get to its next checkpoint, so that each one gets further.
    while cut(folder, home, 17):
        attempts += 1
        assert attempts < 100
    assert attempts > 5
    assert folder.fold()[0].timeless()["stages"] == undisturbed.fold()[0].timeless()["stages"]
    ours, theirs = (load_file(each.student / "model.safetensors") for each in (folder, undisturbed))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_that_a_run_that_died_between_its_last_stage_and_its_status_keeps_every_result(
    undisturbed: RunFolder, home: Home
) -> None:
    folder = a_run(home, *SHORT)
    assert not cut(folder, home, sys.maxsize), "nothing is left to do but to say so"
    folder.set_status(State.QUEUED, attempt=1)
    assert drive(folder, home) == "completed"
    assert folder.fold()[0].timeless() == undisturbed.fold()[0].timeless()
    assert folder.summary()["models"] == undisturbed.summary()["models"]
    assert folder.summary()["headline"] == undisturbed.summary()["headline"]


def test_that_an_experiment_that_cannot_be_read_for_a_while_costs_no_result(home: Home) -> None:
    folder = a_run(home, *SHORT)
    at_the_end = halt_at(lambda event: isinstance(event, StageEnded) and event.stage == "evaluation")
    assert drive(folder, home, on_event=at_the_end) == "failed"
    before = folder.fold()[0].timeless()["stages"]
    text = folder.experiment_file.read_text()
    folder.experiment_file.write_text("title: [")
    assert drive(folder, home) == "failed"
    assert folder.status().code == "experiment-unreadable"
    assert folder.fold()[0].timeless()["stages"] == before
    folder.experiment_file.write_text(text)
    assert drive(folder, home) == "completed"
    assert folder.fold()[0].timeless()["stages"] == before


# A shared teacher that is gone.

TWINS = (
    "teacher.hidden=[8]",
    "student.dropout=0.2",
    "teacher.dropout=0.1",
)  # equal shapes: nothing would tell them apart


def forget_teachers(home: Home) -> None:
    for folder in (home.teachers, home.outputs):
        shutil.rmtree(folder)
        folder.mkdir()


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return carried_out(Home.locate(tmp_path_factory.mktemp("twins")), *TWINS)


def test_that_a_student_resumes_bit_for_bit_when_the_shared_teacher_has_to_be_trained_again(
    twins: RunFolder, home: Home
) -> None:
    folder = interrupted(home, *TWINS)
    assert Checkpoints(folder.checkpoints).position("student", 0) is not None
    forget_teachers(home)
    assert drive(folder, home) == "completed"
    state, expected = folder.fold()[0].timeless(), twins.fold()[0].timeless()
    assert state["stages"] == expected["stages"]
    assert "teacher-gone" in codes(folder)
    assert (folder.student / "model.safetensors").read_bytes() == (twins.student / "model.safetensors").read_bytes()
    assert {path.name for path in folder.checkpoints.iterdir()} == {"results"}, "what is over needs no checkpoint"


def test_that_a_cut_while_the_teacher_is_trained_again_leaves_no_trace_either(twins: RunFolder, home: Home) -> None:
    folder = interrupted(home, *TWINS)
    student = Checkpoints(folder.checkpoints).position("student", 0)
    forget_teachers(home)
    events = session(folder, lambda: None, home=home)
    for event in events:
        if isinstance(event, Progress) and event.stage == "teacher":
            events.close()  # as when the process is killed here, with the teacher not kept yet
    assert Checkpoints(folder.checkpoints).position("student", 0) == student
    assert Checkpoints(folder.checkpoints).position("teacher", None) is not None
    assert drive(folder, home) == "completed"
    assert folder.fold()[0].timeless()["stages"] == twins.fold()[0].timeless()["stages"]
    assert (folder.student / "model.safetensors").read_bytes() == (twins.student / "model.safetensors").read_bytes()


def test_that_a_run_of_an_earlier_version_resumes_from_its_only_checkpoint(twins: RunFolder, home: Home) -> None:
    folder = interrupted(home, *TWINS)
    start = Checkpoints(folder.checkpoints).position("student", 0)
    assert start is not None
    as_an_earlier_version(folder.checkpoints)
    assert drive(folder, home) == "completed"
    resumed = [event for event in events_of(folder) if isinstance(event, RunStarted)][-1]
    assert resumed.resumes_from == ["student", 0, start.step]
    assert (folder.student / "model.safetensors").read_bytes() == (twins.student / "model.safetensors").read_bytes()
    assert {path.name for path in folder.checkpoints.iterdir() if path.is_dir()} == {"results"}


def test_that_a_run_keeps_its_teacher_where_it_resumes_with_another_precision_or_version(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = interrupted(home)
    monkeypatch.setattr(teacher_stage, "TRAINED_BY", teacher_stage.TRAINED_BY + 1)
    text = folder.experiment_file.read_text()
    folder.experiment_file.write_text(text.replace("precision: auto", "precision: bfloat16"))
    assert drive(folder, home) == "completed"
    assert "teacher-gone" not in codes(folder)
    assert len([path for path in home.teachers.iterdir() if path.is_dir()]) == 1
    carried_out(home)
    assert len([path for path in home.teachers.iterdir() if path.is_dir()]) == 2, "a new run does not take it"


def test_that_a_pair_which_an_earlier_version_began_is_said_to_be_no_fair_one(
    home: Home,
) -> None:
    folder = interrupted(home)
    as_begun_by_an_earlier_version(folder)
    assert drive(folder, home) == "completed"
    assert "earlier-version" in codes(folder)
    assert "earlier-version" not in codes(carried_out(home))


def test_that_half_a_teacher_of_an_earlier_version_is_not_finished_by_this_one(home: Home) -> None:
    folder = a_run(home)
    in_teacher = halt_at(lambda event: isinstance(event, Saved) and event.stage == "teacher" and event.step > 0)
    assert drive(folder, home, on_event=in_teacher) == "failed"
    as_begun_by_an_earlier_version(folder)
    assert drive(folder, home) == "completed"
    resumed = [event for event in events_of(folder) if isinstance(event, RunStarted)][-1]
    assert resumed.resumes_from == ["teacher", None, 0]
    assert "earlier-version" not in codes(folder), "all that is compared is of this version"


def as_begun_by_an_earlier_version(folder: RunFolder) -> None:
    path = folder.path / "environment.json"
    found = json.loads(path.read_text())
    del found["trained_by"]
    path.write_text(json.dumps(found))


# What is refused.


def interrupted(home: Home, *changes: str) -> RunFolder:
    """A run that broke in the student's stage."""
    folder = a_run(home, *changes)
    in_student = halt_at(lambda event: isinstance(event, StepLogged) and event.stage == "student" and event.step > 25)
    assert drive(folder, home, on_event=in_student) == "failed"
    return folder


def refused(folder: RunFolder, home: Home) -> str:
    before = events_of(folder)
    assert drive(folder, home) == "failed"
    state = folder.fold()[0]
    assert state.stages.keys() == {(event.stage, event.seed) for event in before if isinstance(event, StageStarted)}
    return str(folder.status().code)


def test_that_a_changed_experiment_is_refused_and_the_old_one_goes_on(home: Home) -> None:
    folder = interrupted(home)
    text = folder.experiment_file.read_text()
    folder.experiment_file.write_text(text.replace("temperature: 3", "temperature: 5"))
    assert refused(folder, home) == "changed-experiment"
    # A title says nothing about what is computed.
    folder.experiment_file.write_text(text.replace("title: Tiny", "title: Another name"))
    assert drive(folder, home) == "completed"


def test_that_a_run_whose_device_is_missing_resumes_on_another_one(home: Home) -> None:
    """The remedy that the program names: choose a device that is there."""
    folder = interrupted(home)
    text = folder.experiment_file.read_text()
    folder.experiment_file.write_text(text.replace("device: cpu", "device: 'cuda:7'"))
    assert refused(folder, home) == "device-missing"
    folder.experiment_file.write_text(text.replace("device: cpu", "device: auto").replace("threads: 1", "threads: 2"))
    assert drive(folder, home) == "completed"
    assert "not-bit-identical" in codes(folder)


def test_that_a_run_of_an_earlier_version_is_known_by_its_device_too(home: Home) -> None:
    folder = interrupted(home)
    path = folder.path / "environment.json"
    found = json.loads(path.read_text())
    asked = folder.experiment().model_dump(mode="json", exclude={"title", "format", "parent", "group"})
    found["fingerprints"]["experiment"] = fingerprint.of_values(asked)
    path.write_text(json.dumps(found))
    assert drive(folder, home) == "completed"


def test_that_changed_data_is_refused_and_the_old_data_goes_on(home: Home, tmp_path: Path) -> None:
    data = tmp_path / "idx"
    data.mkdir()
    write_digits(data, train=300, test=100)
    folder = interrupted(home, f"dataset={{kind: idx, path: {data}}}", "student={kind: mlp, hidden: [4]}")
    labels = data / "train-labels-idx1-ubyte"
    old = labels.read_bytes()
    labels.write_bytes(old[:-1] + bytes([(old[-1] + 1) % 10]))
    assert refused(folder, home) == "changed-data"
    labels.write_bytes(old)
    assert drive(folder, home) == "completed"


def test_that_damaged_pictures_are_noted_and_one_that_is_mended_is_another_dataset(home: Home, tmp_path: Path) -> None:
    data = a_folder_of_pictures(tmp_path / "data", torn=1)
    folder = interrupted(home, f"dataset={{kind: image-folder, path: {data}, size: 8, colour: false}}")
    noted = next(note for note in folder.fold()[0].notes if note.code == "damaged-left-out")
    named = f"{Path('dogs') / '0.png'} (it cannot be read as a picture)"
    assert (noted.level, noted.parameters) == ("warning", {"count": 1, "names": named})
    torn = (data / "dogs" / "0.png").read_bytes()
    (data / "dogs" / "0.png").write_bytes((data / "dogs" / "1.png").read_bytes())
    assert refused(folder, home) == "changed-data"
    (data / "dogs" / "0.png").write_bytes(torn)
    assert drive(folder, home) == "completed"


def test_that_changed_weights_are_refused_and_the_old_ones_go_on(home: Home, tmp_path: Path) -> None:
    first = carried_out(home, "student={kind: mlp, hidden: [16]}", "seeds=[0]")
    named = tmp_path / "teacher.safetensors"
    named.write_bytes((first.student / "model.safetensors").read_bytes())
    folder = interrupted(home, f"teacher.weights={named}")
    assert "teacher-loaded" in codes(folder)
    old = named.read_bytes()
    save_file({name: value + 1 for name, value in load_file(named).items()}, named)
    assert refused(folder, home) == "changed-weights"
    named.unlink()
    assert refused(folder, home) == "file-missing"
    named.write_bytes(old)
    assert drive(folder, home) == "completed"


def test_that_an_unreadable_experiment_is_refused_in_words_and_nothing_is_forgotten(home: Home) -> None:
    folder = interrupted(home)
    text = folder.experiment_file.read_text()
    folder.experiment_file.write_text(text.replace("temperature", "temprature"))
    assert refused(folder, home) == "experiment-unreadable"
    assert "did you mean temperature" in folder.status().parameters["why"]
    folder.experiment_file.write_text(text)
    assert drive(folder, home) == "completed"


def test_that_another_machine_is_a_note_and_no_refusal(home: Home) -> None:
    folder = interrupted(home)
    path = folder.path / "environment.json"
    found = json.loads(path.read_text())
    path.write_text(json.dumps({**found, "versions": {**found["versions"], "torch": "1.0"}}))
    assert drive(folder, home) == "completed"
    assert "not-bit-identical" in codes(folder)


def test_that_the_environment_names_versions_device_and_what_the_result_depends_on(undisturbed: RunFolder) -> None:
    found = json.loads((undisturbed.path / "environment.json").read_text())
    assert found["versions"]["torch"] == torch.__version__
    assert (found["device"], found["threads"], found["precision"]) == ("CPU", 1, "float32")
    assert set(found["fingerprints"]) == {"experiment", "data", "teacher_weights", "student_weights"}


# Waiting and asking.


def test_that_requests_are_heard_while_the_run_waits_for_its_device(home: Home) -> None:
    folder, told, asked = a_run(home), [], iter([None, None, Request.STOP])
    with FileLock(home.locks / "cpu.lock"), pytest.raises(Interrupted):
        told.extend(session(folder, lambda: next(asked), home=home))
    assert next(asked, None) is None
    assert isinstance(told, list)


def test_that_a_run_that_waits_for_its_device_says_so_once_and_goes_on_when_it_is_free(home: Home) -> None:
    folder, lock = a_run(home, *SHORT), FileLock(home.locks / "cpu.lock")
    lock.acquire()
    events, codes_seen = session(folder, lambda: None, home=home), []
    for event in events:
        if isinstance(event, Note):
            codes_seen.append(event.code)
            if event.code == "waiting-for-device":
                assert event.parameters == {"device": "CPU"}
                lock.release()
            if event.code == "device-ready":
                break
    events.close()
    assert codes_seen == ["waiting-for-device", "device-ready"]
    with FileLock(home.locks / "cpu.lock", timeout=0):
        pass  # given back


@pytest.mark.parametrize("request_", [Request.STOP, Request.PAUSE])
def test_that_requests_are_heard_while_many_pictures_are_read(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request_: Request
) -> None:
    data = a_folder_of_pictures(tmp_path / "data", each=30)
    folder, opened, picture = (
        a_run(home, f"dataset={{kind: image-folder, path: {data}, size: 8}}"),
        [],
        image_folder.picture,
    )

    def slow(path: Path, *arguments: object, **options: object) -> np.ndarray:
        opened.append(path)
        time.sleep(EVERY / 4)  # as on a slow disk
        return picture(path, *arguments, **options)

    monkeypatch.setattr(image_folder, "picture", slow)
    with pytest.raises(Interrupted) as interrupted:
        list(session(folder, lambda: request_ if opened else None, home=home))
    assert interrupted.value.request is request_
    assert len(opened) < 15, "of 60"


@pytest.mark.parametrize("request_", [Request.STOP, Request.PAUSE])
@pytest.mark.parametrize("stage", ["teacher", "baseline", "student"])
def test_that_requests_are_heard_in_every_stage_that_trains(home: Home, request_: Request, stage: str) -> None:
    steps = 5 if stage != "teacher" else 100_000
    student_steps = 100_000 if stage == "baseline" else 5
    changes = ("seeds=[0]", f"teacher_training.steps={steps}", f"training.steps={student_steps}")
    changes = changes if stage != "student" else (*changes[:2], "training.steps=100000", "baseline=false")
    folder, at = a_run(home, *changes), [""]
    with pytest.raises(Interrupted) as interrupted:
        for event in session(folder, lambda: request_ if at[0] == stage else None, home=home):
            at[0] = event.stage or ""
    assert interrupted.value.request is request_
    assert at[0] == stage


def test_that_data_that_is_missing_ends_the_attempt_before_anything_is_written(home: Home, tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    folder = a_run(home, f"dataset={{kind: idx, path: {missing}}}")
    assert drive(folder, home) == "failed"
    assert (folder.status().code, folder.status().parameters["path"]) == ("file-missing", str(missing))
    assert not (folder.path / "environment.json").exists()
    missing.mkdir()
    write_digits(missing, train=300, test=50)
    write_idx(missing / "t10k-labels-idx1-ubyte", torch.zeros(49, dtype=torch.uint8).numpy())
    assert drive(folder, home) == "failed"
    assert folder.status().parameters["path"].endswith("t10k-labels-idx1-ubyte")


def test_that_a_result_that_was_removed_is_made_again(home: Home) -> None:
    whole = carried_out(home)
    run = a_run(home)
    assert drive(run, home, on_event=halt_at(lambda event: event.stage == "evaluation")) == "failed"
    shutil.rmtree(run.checkpoints / "results" / "baseline-0")
    assert drive(run, home) == "completed"
    expected, found = (np.load(folder.artefacts / "test_outputs.npz") for folder in (whole, run))
    assert all((expected[name] == found[name]).all() for name in expected)
