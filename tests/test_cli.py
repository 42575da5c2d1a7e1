"""The command line: what it prints where, how it exits, and that it says what to do about a mistake."""

import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from kdstudio import __version__
from kdstudio.cli import main
from kdstudio.data import load as load_data
from kdstudio.runs.files import write_json
from kdstudio.runs.folder import Request, RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.state import State
from kdstudio.spec import Digits, load
from tests.engine.lab import EXPERIMENT, carried_out
from tests.fakes import ROOT, a_folder_of_pictures, a_process_at_work, a_run, a_told_run

# Imports torch's compiler, which names its cache in the environment: here, so that no test is blamed for it.
torch.use_deterministic_algorithms(False)

QUICK = ("training.steps=4", "teacher_training.steps=4", "seeds=[0]")


class Said:
    """What a command said and how it ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> object:
        return json.loads(self.out)


@pytest.fixture
def kdstudio(home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    """`kdstudio` with arguments, in this process, in the test's home."""
    threads, state = torch.get_num_threads(), torch.get_rng_state()

    def call(*arguments: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["kdstudio", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        torch.set_num_threads(threads)
        torch.set_rng_state(state)
        torch.use_deterministic_algorithms(False)
        code = end.value.code
        return Said(code if isinstance(code, int) else int(code is not None), *capsys.readouterr())

    return call


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "digits.yaml"
    path.write_text(EXPERIMENT)
    return path


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    threads = torch.get_num_threads()
    folder = carried_out(Home.locate(tmp_path_factory.mktemp("finished")), *QUICK)
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(False)
    return folder


# run and resume.


def test_that_run_prints_the_folder_on_stdout_and_the_rest_on_stderr(
    kdstudio: Callable[..., Said], file: Path, home: Home
) -> None:
    said = kdstudio("run", file, *(argument for change in QUICK for argument in ("--set", change)))
    assert said.code == 0
    folder = RunFolder(Path(said.out.rstrip("\n")))
    assert folder.path.parent == home.runs
    assert "\n" not in said.out.rstrip("\n")
    assert folder.summary()["headline"] in said.err
    assert folder.experiment().training.steps == 4
    assert folder.experiment().seeds == (0,)

    again = kdstudio("resume", folder.id)
    assert (again.code, again.out) == (0, said.out)


def test_that_a_bad_change_is_refused_before_a_folder_is_made(
    kdstudio: Callable[..., Said], file: Path, home: Home
) -> None:
    said = kdstudio("run", file, "--set", "training.stepz=4")
    assert (said.code, said.out) == (1, "")
    assert "training.stepz" in said.err
    assert "did you mean steps?" in said.err
    assert list(home.folders()) == []


def test_that_home_names_where_everything_lies(kdstudio: Callable[..., Said], file: Path, tmp_path: Path) -> None:
    said = kdstudio("run", file, "--home", tmp_path / "elsewhere", *(a for c in QUICK for a in ("--set", c)))
    assert Path(said.out.strip()).is_relative_to(tmp_path / "elsewhere")


def test_that_a_run_in_another_home_is_resumed_there_by_its_folder(
    kdstudio: Callable[..., Said], home: Home, finished: RunFolder
) -> None:
    said = kdstudio("resume", finished.path)
    assert (said.code, said.out) == (0, f"{finished.path}\n")
    assert list(home.folders()) == []


@pytest.mark.parametrize("command", ["resume", "show", "log", "stop", "pause", "predict"])
def test_that_an_unknown_run_is_told_in_one_message(kdstudio: Callable[..., Said], command: str) -> None:
    said = kdstudio(command, "nothere", *(["x.png"] if command == "predict" else []))
    assert (said.code, said.out) == (1, "")
    assert '"nothere"' in said.err
    assert "kdstudio runs" in said.err
    assert "Traceback" not in said.err


def test_that_an_ambiguous_id_is_told(kdstudio: Callable[..., Said], home: Home) -> None:
    for name in ("abcd1111", "abcd2222"):
        shutil.copytree(a_run(home).path, home.runs / f"20260101-000000_x_{name}")
    said = kdstudio("show", "abcd")
    assert said.code == 1
    assert "2 runs" in said.err
    assert kdstudio("show", "abcd1").code == 0


def test_that_an_operating_systems_error_is_one_line(kdstudio: Callable[..., Said], file: Path, home: Home) -> None:
    said = kdstudio("run", file, "--home", file / "below a file")
    assert said.code == 1
    assert str(file / "below a file") in said.err
    assert "Traceback" not in said.err


# show, runs, log.


def test_that_show_prints_json_alone_with_exactly_the_keys_that_readers_count_on(
    kdstudio: Callable[..., Said], finished: RunFolder
) -> None:
    said = kdstudio("show", finished.path, "--json")
    shown = said.json
    assert isinstance(shown, dict)
    assert said.err == ""
    assert set(shown) == {"status", "headline", "models", "steps", "gain", "split", "kept", "seconds"}
    assert set(shown["models"]) == {"teacher", "baseline", "student"}
    for values in shown["models"].values():
        assert set(values) == {"accuracy", "nll", "ece", "agreement", "kl", "parameters", "macs", "bytes"}
    assert set(shown["steps"]) == {"baseline", "student"}
    assert set(shown["gain"]) == {"mean", "low", "high", "seeds"}
    assert set(shown["split"]) == {"both", "teacher_only", "student_only", "neither"}
    assert set(shown["kept"]) == {"accuracy", "parameters", "macs", "bytes"}
    assert shown["status"] == "completed"
    assert shown["models"]["teacher"]["agreement"] is None
    assert (shown["gain"]["low"], shown["gain"]["seeds"]) == (None, 1)
    assert sum(shown["split"].values()) == pytest.approx(1.0)
    assert (
        shown["kept"]["parameters"]
        == shown["models"]["student"]["parameters"] / shown["models"]["teacher"]["parameters"]
    )


def test_that_a_run_that_has_not_begun_has_the_same_keys_with_null(kdstudio: Callable[..., Said], home: Home) -> None:
    shown = kdstudio("show", a_run(home).id, "--json").json
    assert isinstance(shown, dict)
    assert set(shown) == {"status", "headline", "models", "steps", "gain", "split", "kept", "seconds"}
    assert shown["status"] == "queued"
    assert shown["headline"] is None
    assert shown["models"]["student"]["accuracy"] is None


def test_that_show_tells_people_the_headline_and_the_models(kdstudio: Callable[..., Said], finished: RunFolder) -> None:
    said = kdstudio("show", finished.path)
    assert said.code == 0
    assert said.out.startswith("Tiny\ncompleted, ")
    assert str(finished.path) in said.out
    assert finished.summary()["headline"] in said.out
    assert "teacher" in said.out
    assert "baseline 4, student 4" in said.out


def test_that_show_says_why_a_run_failed_and_what_to_do(kdstudio: Callable[..., Said], home: Home) -> None:
    folder = a_run(home)
    folder.set_status(State.QUEUED, attempt=1)
    folder.set_status(State.FAILED, attempt=1, code="not-a-number", term="labels", step=7, stage="student")
    said = kdstudio("show", folder.id)
    assert "failed" in said.out
    assert 'The term "labels" became infinite or undefined in step 7' in said.out
    assert "Lower the learning rate" in said.out


def test_that_runs_are_listed_newest_first_for_people_and_as_json(kdstudio: Callable[..., Said], home: Home) -> None:
    told = a_told_run(home)
    old = RunFolder(home.runs / "20200101-000000_old_abcdefgh")
    shutil.copytree(a_run(home).path, old.path)
    rows = kdstudio("runs", "--json").json
    assert isinstance(rows, list)
    assert [row["id"] for row in rows][-1] == "abcdefgh"
    by_id = {row["id"]: row for row in rows}
    assert by_id[told.id]["state"] == "completed"
    assert by_id[told.id]["title"] == "Digits of a test"
    assert by_id[told.id]["gain"] == pytest.approx(0.05, abs=0.01)
    lines = kdstudio("runs").out.splitlines()
    assert lines[0].split() == ["ID", "CREATED", "STATE", "TEST", "VAL.", "GAIN", "TITLE"]
    assert len(lines) == 4
    assert lines[-1].startswith("abcdefgh")
    (shown,) = (line for line in lines if line.startswith(told.id))
    assert "completed   90.0 %  91.0 %   +5.0  Digits of a test" in shown
    for name in ("STATE", "TITLE"):
        at = lines[0].index(name)
        assert all(line[at - 1] == " " and line[at] != " " for line in lines), f"what is below {name} begins there"


def test_that_the_list_says_why_a_run_failed_and_calls_a_killed_one_killed(
    kdstudio: Callable[..., Said], home: Home
) -> None:
    failed, killed = a_run(home), a_run(home)
    write_json(failed.status_file, {"state": "failed", "attempt": 1, "code": "disk-full"})
    write_json(killed.status_file, {"state": "running", "attempt": 1})
    lines = {line.split()[0]: line for line in kdstudio("runs").out.splitlines()}
    assert "failed" in lines[failed.id] and lines[failed.id].endswith("[The disk is full]")
    assert "killed" in lines[killed.id]
    shown = kdstudio("show", killed.id).out
    assert "killed, 0 s" in shown and "The run was killed." in shown


def test_that_no_runs_are_an_empty_list_and_a_hint(kdstudio: Callable[..., Said]) -> None:
    assert kdstudio("runs", "--json").json == []
    said = kdstudio("runs")
    assert (said.code, said.out) == (0, "")
    assert "kdstudio demo" in said.err


def test_that_the_log_is_printed(kdstudio: Callable[..., Said], finished: RunFolder, home: Home) -> None:
    said = kdstudio("log", finished.path)
    assert said.out == finished.log_file.read_text()
    assert "attempt 1 ended: completed" in said.out
    assert kdstudio("log", "-f", finished.path).out == said.out, "nothing more will come"
    assert kdstudio("log", finished.path, "--follow").out == said.out
    assert kdstudio("log", a_run(home).id).out == ""


# stop and pause.


@pytest.mark.parametrize("request_", [Request.STOP, Request.PAUSE])
def test_that_a_run_at_work_is_asked(kdstudio: Callable[..., Said], home: Home, request_: Request) -> None:
    folder = a_run(home)
    with a_process_at_work(folder):
        said = kdstudio(request_, folder.id)
        assert (said.code, said.out) == (0, "")
        assert list(folder.take_requests(1)) == [request_]


@pytest.mark.parametrize("command", ["stop", "pause"])
def test_that_a_run_that_is_not_at_work_cannot_be_asked(
    kdstudio: Callable[..., Said], home: Home, finished: RunFolder, command: str
) -> None:
    for folder, state in ((finished, "completed"), (a_run(home), "queued")):
        said = kdstudio(command, folder.path)
        assert said.code == 1
        assert f"is not running: it is {state}" in said.err


# check, schema, predict.


def test_that_check_tells_what_the_run_would_work_on_and_starts_nothing(
    kdstudio: Callable[..., Said], file: Path, home: Home
) -> None:
    said = kdstudio("check", file, "--set", "dataset.hidden_classes=[3]")
    assert said.code == 0
    assert "Tiny: valid, runs on CPU" in said.out
    assert "10 classes" in said.out
    assert "student (mlp): 610 parameters, 592 MACs, 2,440 bytes" in said.out
    assert list(home.folders()) == []


def test_that_check_names_file_line_path_and_the_nearest_key(kdstudio: Callable[..., Said], file: Path) -> None:
    file.write_text(EXPERIMENT.replace("temperature", "temprature"))
    line = 1 + file.read_text().splitlines().index(
        next(text for text in file.read_text().splitlines() if "temprature" in text)
    )
    said = kdstudio("check", file)
    assert (said.code, said.out) == (1, "")
    assert f"digits.yaml:{line} method.temprature" in said.err
    assert "did you mean temperature?" in said.err


def test_that_check_names_data_and_weights_that_are_missing(
    kdstudio: Callable[..., Said], file: Path, tmp_path: Path
) -> None:
    said = kdstudio("check", file, "--set", f"dataset={{kind: image-folder, path: {tmp_path / 'nowhere'}}}")
    assert said.code == 1
    assert f"{tmp_path / 'nowhere'} is not there" in said.err
    said = kdstudio("check", file, "--set", f"teacher.weights={tmp_path / 'nothing.safetensors'}")
    assert said.code == 1
    assert "teacher.weights" in said.err


def test_that_check_names_damaged_pictures_and_takes_the_others(
    kdstudio: Callable[..., Said], file: Path, tmp_path: Path
) -> None:
    folder = a_folder_of_pictures(tmp_path / "pictures", torn=2)
    said = kdstudio("check", file, "--set", f"dataset={{kind: image-folder, path: {folder}, size: 8}}")
    assert said.code == 0
    for name in ("0.png", "1.png"):
        assert f"left out: {Path('dogs') / name}: it cannot be read as a picture" in said.out


def test_that_a_missing_file_is_told_in_words(kdstudio: Callable[..., Said], tmp_path: Path) -> None:
    for command in ("run", "check"):
        said = kdstudio(command, tmp_path / "nothing.yaml")
        assert said.code == 1
        assert str(tmp_path / "nothing.yaml") in said.err
        assert "Traceback" not in said.err


def test_that_the_schema_describes_every_field(kdstudio: Callable[..., Said]) -> None:
    schema = kdstudio("schema").json
    assert isinstance(schema, dict)
    assert {"kind", "dataset", "teacher", "student", "method", "training"} <= set(schema["properties"])
    # A field whose words are those of its class refers to them.
    for name, field in schema["properties"].items():
        assert name in ("kind", "format") or {"description", "$ref"} & set(field), name


def test_that_predict_names_the_class_of_a_picture(
    kdstudio: Callable[..., Said], finished: RunFolder, tmp_path: Path
) -> None:
    path = tmp_path / "digit.png"
    Image.fromarray(load_data(Digits(kind="digits")).test.images[0, 0].numpy()).save(path)
    with np.load(finished.artefacts / "test_outputs.npz") as stored:
        expected = str(stored["classes"][stored["student"][0].argmax()])
    said = kdstudio("predict", finished.path, path)
    assert said.code == 0
    assert said.out.splitlines()[0].endswith(f"%  {expected}")
    assert len(said.out.splitlines()) == 5
    chances = kdstudio("predict", finished.path, path, "--json").json
    assert isinstance(chances, list)
    assert chances[0]["class"] == expected
    assert sum(each["probability"] for each in chances) == pytest.approx(1.0)


def test_that_predict_says_what_it_cannot_read_and_who_has_no_student(
    kdstudio: Callable[..., Said], finished: RunFolder, home: Home, tmp_path: Path
) -> None:
    (tmp_path / "text.png").write_text("no picture")
    for path in (tmp_path / "text.png", tmp_path / "nothing.png"):
        said = kdstudio("predict", finished.path, path)
        assert said.code == 1
        assert str(path) in said.err
    assert "has not completed" in kdstudio("predict", a_run(home).id, tmp_path / "text.png").err


# The window, where there is none.


def test_that_without_a_display_the_window_is_refused_with_a_way_out(
    kdstudio: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    said = kdstudio()
    assert said.code == 1
    assert "kdstudio demo --headless" in said.err


def test_that_help_names_every_command_and_a_wrong_one_is_refused(kdstudio: Callable[..., Said]) -> None:
    said = kdstudio("--help")
    assert said.code == 0
    for command in (
        "demo",
        "run",
        "resume",
        "stop",
        "pause",
        "runs",
        "show",
        "log",
        "check",
        "predict",
        "schema",
        "doctor",
    ):
        assert command in said.out
    assert kdstudio("no-such-command").code == 2


@pytest.mark.parametrize("command", ["", "demo", "run", "runs", "show", "log", "predict", "doctor"])
def test_that_the_short_and_the_long_option_give_the_same_help(kdstudio: Callable[..., Said], command: str) -> None:
    short, long = (kdstudio(*filter(None, (command, option))) for option in ("-h", "--help"))
    assert (short.code, short.out) == (long.code, long.out) == (0, short.out)
    assert "Usage:" in short.out


def test_that_the_version_is_printed(kdstudio: Callable[..., Said]) -> None:
    said = kdstudio("--version")
    assert (said.code, said.out) == (0, f"KD Studio {__version__}\n")


# The promise about imports, in a process of its own; tests/benchmarks/command_speed.py has the times.


@pytest.mark.parametrize("command", ["runs", "show", "schema", "stop", "pause"])
def test_that_quick_commands_import_neither_torch_nor_qt(home: Home, command: str) -> None:
    folder = a_told_run(home)
    arguments = [command, *([folder.id] if command in ("show", "stop", "pause") else [])]
    code = (
        "import sys\nfrom kdstudio.cli import app\n"
        f"try:\n    app({arguments!r})\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'PySide6', 'scipy', 'sklearn', 'numpy'} & set(sys.modules)\n"
        "print('heavy:', *sorted(heavy))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "heavy:"


def test_that_the_sample_experiment_is_in_order() -> None:
    assert load(ROOT / "resources" / "experiments" / "digits-few-labels.yaml").title


def test_that_run_reads_an_experiment_from_the_standard_input(
    kdstudio: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("kind: classification\nmethod: {kind: soft-targets, temprature: 3}\n"))
    said = kdstudio("run", "-")
    assert said.code == 1
    assert "standard input:2 method.temprature: unknown field; did you mean temperature?" in said.err
