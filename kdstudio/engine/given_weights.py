"""Weights that an experiment names instead of training them: a run's student, or a file."""

import json
from pathlib import Path

from torch import nn

from kdstudio.data import Images
from kdstudio.models import put_weights, read_weights
from kdstudio.runs.home import Home
from kdstudio.spec import ModelSpec
from kdstudio.spec.errors import KnownFailure
from kdstudio.spec.regular_files import read_text


def weights_path(spec: ModelSpec, home: Home, *, role: str) -> Path | None:
    """The file that `spec.weights` comes down to; None when they are trained here.

    Raises:
        KnownFailure: it names a run that is not there, or has kept no student.
    """
    if spec.weights_run is not None:
        student = home.find_id(spec.weights_run).student / "model.safetensors"
        if not student.exists():
            raise KnownFailure("weights-run-empty", role=role, run=spec.weights_run)
        return student
    return spec.weights_file


def give_weights(module: nn.Module, spec: ModelSpec, images: Images, home: Home, *, role: str) -> Path | None:
    """Put the weights that `spec` names into `module`; where they come from, None when it names none.

    Raises:
        KnownFailure: they are missing, damaged, another network's, or were learned on other classes.
    """
    path = weights_path(spec, home, role=role)
    if path is None:
        return None
    if spec.weights_run is not None:
        _check_classes(path.parent / "config.json", images, role=role, run=spec.weights_run)
    put_weights(module, read_weights(path, role=role), path=path, role=role)
    return path


def _check_classes(config: Path, images: Images, *, role: str, run: str) -> None:
    """A file of weights has shapes alone; a run's student also says which classes and images it has learned."""
    try:
        known = json.loads(read_text(config))
        classes, shape = list(known["classes"]), list(known["input"])
    except FileNotFoundError:
        raise KnownFailure("file-missing", path=str(config), field=f"{role}.weights") from None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise KnownFailure("file-corrupt", path=str(config), why=str(error), field=f"{role}.weights") from None
    if classes != list(images.classes) or shape != list(images.input):
        found, needed = _named(classes, shape), _named(list(images.classes), list(images.input))
        raise KnownFailure("classes-mismatch", role=role, run=run, found=found, needed=needed)


def _named(classes: list[str], shape: list[int]) -> str:
    few = ", ".join(classes[:3]) + (", ..." if len(classes) > 3 else "")
    return f"{len(classes)} classes ({few}) of {'x'.join(map(str, shape))} images"
