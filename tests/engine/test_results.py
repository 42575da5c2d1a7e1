"""The end of a run: what it keeps, and that every number comes from exactly that."""

import inspect
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open

from kdstudio.data import load
from kdstudio.engine.check import check
from kdstudio.engine.evaluate import metrics_of
from kdstudio.engine.predict import predict
from kdstudio.engine.student_folder import source_of
from kdstudio.models import build
from kdstudio.runs.events import Evaluated
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.spec.errors import KnownFailure
from tests.engine.lab import a_run, carried_out, events_of, files_in, tiny

QUICK = ("seeds=[0]", "training.steps=20", "teacher_training.steps=20")


@pytest.fixture(scope="module")
def outputs(finished: RunFolder) -> dict[str, np.ndarray]:
    with np.load(finished.artefacts / "test_outputs.npz") as stored:
        return dict(stored)


def test_that_the_outputs_have_the_names_types_and_shapes_that_readers_count_on(
    outputs: dict[str, np.ndarray],
) -> None:
    n, c, seeds = len(outputs["labels"]), 10, 2
    assert {name: array.shape for name, array in outputs.items()} == {
        "labels": (n,), "index": (n,), "classes": (c,), "teacher": (n, c), "baseline": (n, c), "student": (n, c),
        "baseline_all": (seeds, n, c), "student_all": (seeds, n, c),
    }  # fmt: skip
    assert {outputs[name].dtype for name in ("teacher", "baseline", "student", "baseline_all", "student_all")} == {
        np.dtype(np.float32)
    }
    assert np.array_equal(outputs["student"], outputs["student_all"][0])
    assert np.array_equal(outputs["baseline"], outputs["baseline_all"][0])
    assert not np.array_equal(outputs["student_all"][0], outputs["student_all"][1])


def test_that_the_outputs_are_of_the_test_part_in_its_order(outputs: dict[str, np.ndarray]) -> None:
    images = load(tiny().dataset)
    assert np.array_equal(outputs["index"], images.test.index.numpy())
    assert np.array_equal(outputs["labels"], images.test.labels.numpy())
    assert outputs["classes"].tolist() == list(images.classes)


def test_that_every_metric_of_the_end_is_recomputed_from_the_stored_logits(
    finished: RunFolder, outputs: dict[str, np.ndarray]
) -> None:
    labels, teacher = torch.from_numpy(outputs["labels"]), torch.from_numpy(outputs["teacher"])
    final = [event for event in events_of(finished) if isinstance(event, Evaluated) and event.split == "test"]
    assert [(event.who, event.seed) for event in final] == [
        ("teacher", None), ("baseline", 0), ("student", 0), ("baseline", 1), ("student", 1),
    ]  # fmt: skip
    for event in final:
        if event.who == "teacher":
            assert event.metrics == metrics_of(teacher, labels)
        else:
            logits = torch.from_numpy(outputs[f"{event.who}_all"][event.seed])
            assert event.metrics == metrics_of(logits, labels, teacher)


def test_that_test_data_is_used_once_at_the_end(finished: RunFolder) -> None:
    events = events_of(finished)
    first = next(n for n, event in enumerate(events) if isinstance(event, Evaluated) and event.split == "test")
    assert all(event.stage in ("evaluation", None) for event in events[first:])
    live = {event.split for event in events[:first] if isinstance(event, Evaluated)}
    assert live == {"train", "validation"}


def test_that_baseline_and_student_take_the_same_number_of_steps(finished: RunFolder) -> None:
    assert finished.summary()["steps"] == {"baseline": 40, "student": 40}


def test_that_the_thumbnails_are_the_test_images(finished: RunFolder) -> None:
    with np.load(finished.artefacts / "test_images.npz") as stored:
        images = stored["images"]
    test = load(tiny().dataset).test.images.numpy()
    assert images.dtype == np.uint8
    assert np.array_equal(images, test[:, 0])


def test_that_without_a_baseline_there_is_none_in_outputs_or_summary(home: Home) -> None:
    folder = carried_out(home, *QUICK, "baseline=false")
    with np.load(folder.artefacts / "test_outputs.npz") as stored:
        assert set(stored.files) == {"labels", "index", "classes", "teacher", "student", "student_all"}
    summary = folder.summary()
    assert summary["gain"] == {"mean": None, "low": None, "high": None, "seeds": 0}
    assert summary["models"]["baseline"]["accuracy"] is None


def test_that_with_no_method_the_student_is_the_baseline_and_none_is_trained_apart(home: Home) -> None:
    folder = carried_out(home, *QUICK, "method={kind: none}")
    state = folder.fold()[0]
    assert [key[0] for key in state.stages] == ["teacher", "teacher-check", "student", "evaluation"]
    assert list(state.stages[("student", 0)].terms) == ["labels"]


def test_that_baseline_and_student_of_a_seed_begin_alike_and_seeds_differ(finished: RunFolder) -> None:
    def first(who: str, seed: int) -> dict[str, float]:
        (event,) = [
            event for event in events_of(finished)
            if isinstance(event, Evaluated) and (event.who, event.seed, event.split) == (who, seed, "validation")
            and event.step == 0
        ]  # fmt: skip
        return event.metrics

    assert first("baseline", 0) == first("student", 0)
    assert first("baseline", 1) == first("student", 1)
    assert first("student", 0) != first("student", 1)


# The student's folder.


@pytest.mark.parametrize("kind", ["mlp", "cnn"])
def test_that_the_source_of_a_network_is_found_without_its_file(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a frozen program the loader of a module has its source, but there is no file to open."""
    network = type(build(tiny(f"student={{kind: {kind}}}").student, (1, 8, 8), 10))
    expected = inspect.getsource(network)
    assert expected.startswith("class ")

    def no_file(thing: object) -> str:
        raise OSError("could not get source code")

    monkeypatch.setattr(inspect, "getsource", no_file)
    assert source_of(network) == expected


def run_alone(code: str, folder: Path) -> str:
    """What `code` prints in a Python that runs in `folder` with torch and numpy, and must not find this program."""
    guard = (
        "import sys\n"
        "class No:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in ('kdstudio', 'safetensors', 'pydantic'):\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, No())\n"
        "sys.path.insert(0, '.')\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", guard + code], cwd=folder, capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_that_the_student_folder_is_loaded_without_this_program_and_gives_the_stored_logits(
    finished: RunFolder, outputs: dict[str, np.ndarray], tmp_path: Path
) -> None:
    images = load(tiny().dataset).test.images.numpy()
    np.save(tmp_path / "images.npy", images)
    code = f"""
import numpy, torch
from load import load, normalise
torch.set_num_threads(1)
model, config = load()
images = torch.from_numpy(numpy.load({str(tmp_path / "images.npy")!r}))
with torch.no_grad():
    numpy.save({str(tmp_path / "logits.npy")!r}, model(normalise(images, config)).numpy())
print(model.training, len(config["classes"]))
"""
    assert run_alone(code, finished.student) == "False 10\n"
    logits = np.load(tmp_path / "logits.npy")
    assert np.array_equal(logits, outputs["student"])


def test_that_the_loader_is_a_program_that_names_classes(
    finished: RunFolder, outputs: dict[str, np.ndarray], tmp_path: Path
) -> None:
    np.save(tmp_path / "three.npy", load(tiny().dataset).test.images.numpy()[:3])
    done = subprocess.run(
        [sys.executable, "-I", str(finished.student / "load.py"), str(tmp_path / "three.npy")],
        cwd=tmp_path, capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    expected = [str(outputs["classes"][number]) for number in outputs["student"][:3].argmax(-1)]
    assert done.stdout.split() == expected


@pytest.mark.parametrize("student", ["{kind: cnn, width: 2, dropout: 0.1}", "{kind: mlp, hidden: [], dropout: 0.2}"])
def test_that_every_family_travels_with_its_own_source(home: Home, student: str) -> None:
    folder = carried_out(home, *QUICK, "baseline=false", f"student={student}")
    with np.load(folder.artefacts / "test_outputs.npz") as stored:
        logits, index = stored["student"], stored["index"]
    scope: dict[str, object] = {"__name__": "load", "__file__": str(folder.student / "load.py")}
    exec((folder.student / "load.py").read_text(), scope)
    model, config = scope["load"](folder.student)  # type: ignore[operator]
    test = load(folder.experiment().dataset).test
    assert np.array_equal(test.index.numpy(), index)
    with torch.no_grad():
        again = model(scope["normalise"](test.images, config))  # type: ignore[operator]
    assert np.allclose(again.numpy(), logits, atol=1e-4)


def test_that_the_students_weights_have_no_metadata_that_could_vary(finished: RunFolder) -> None:
    with safe_open(finished.student / "model.safetensors", "pt") as file:
        assert file.metadata() == {"format": "pt"}
    written = {name for name in files_in(finished.student) if "__pycache__" not in name}
    assert written == {"model.safetensors", "config.json", "load.py"}
    config = json.loads((finished.student / "config.json").read_text())
    assert config["input"] == [1, 8, 8]
    assert len(config["normalisation"]["mean"]) == 1


# Looking, and asking the student.


def test_that_the_student_says_of_a_picture_what_it_said_of_the_image(
    finished: RunFolder, outputs: dict[str, np.ndarray], tmp_path: Path
) -> None:
    for number, image in enumerate(load(tiny().dataset).test.images.numpy()[:5, 0]):
        path = tmp_path / f"{number}.png"
        Image.fromarray(image).save(path)
        chances = predict(finished, path)
        expected = torch.from_numpy(outputs["student"][number]).double().softmax(-1)
        assert [chance for _, chance in chances] == sorted((chance for _, chance in chances), reverse=True)
        for name, chance in chances:
            assert chance == pytest.approx(float(expected[int(name)]), abs=1e-6)


def test_that_a_run_without_a_student_is_asked_in_vain(home: Home, tmp_path: Path) -> None:
    with pytest.raises(KnownFailure) as failure:
        predict(a_run(home), tmp_path / "nothing.png")
    assert failure.value.code == "student-missing"


def test_that_checking_tells_parts_classes_and_costs_and_trains_nothing(home: Home) -> None:
    found = check(tiny("dataset.hidden_classes=[3]"), home)
    assert found["images"] == {"train": 1079, "validation": 179, "test": 539} or sum(found["images"].values()) == 1797
    assert found["transfer"] == found["images"]["train"] - found["classes"]["3"]
    assert found["networks"]["student"] == {
        "kind": "mlp", "parameters": 64 * 8 + 8 + 8 * 10 + 10, "macs": 64 * 8 + 8 * 10, "bytes": 4 * 610,
    }  # fmt: skip
    assert files_in(home.root) == set()
