"""What is asked for: an experiment as data. Knows neither torch nor Qt.

The names are imported when they are first used: pydantic takes 0.2 s, and what only lists, stops or opens a window needs
none of them at once.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kdstudio.spec.base import KindSpec, OneOf, Spec, models_in
    from kdstudio.spec.changes import changed, row_path
    from kdstudio.spec.datasets import DatasetSpec, Digits, Idx, ImageFolder, Views
    from kdstudio.spec.experiment import EXPERIMENTS, Classification, Experiment, ExperimentSpec
    from kdstudio.spec.kinds import DATASETS, METHODS, MODELS
    from kdstudio.spec.methods import MethodSpec, NoMethod, SoftTargets
    from kdstudio.spec.models import Cnn, Mlp, ModelSpec
    from kdstudio.spec.titles import copy_of, made_up, title_of, titled, untitled
    from kdstudio.spec.training import Compute, Every, TeacherTraining, Training
    from kdstudio.spec.yaml_file import Problem, SpecError, dump, load, loads, problems_of

__all__ = [
    "Classification", "Cnn", "Compute", "DATASETS", "DatasetSpec", "Digits", "EXPERIMENTS", "Every", "Experiment",
    "ExperimentSpec", "Idx", "ImageFolder", "KindSpec", "METHODS", "MODELS", "MethodSpec", "Mlp", "ModelSpec", "NoMethod", "OneOf",
    "Problem", "SoftTargets", "Spec", "SpecError", "TeacherTraining", "Training", "Views", "changed", "copy_of", "dump", "load",
    "loads",
    "made_up", "models_in", "problems_of", "row_path", "title_of", "titled", "untitled",
]  # fmt: skip

_HOMES = {
    "base": ("KindSpec", "OneOf", "Spec", "models_in"),
    "changes": ("changed", "row_path"),
    "datasets": ("DatasetSpec", "Digits", "Idx", "ImageFolder", "Views"),
    "experiment": ("EXPERIMENTS", "Classification", "Experiment", "ExperimentSpec"),
    "kinds": ("DATASETS", "METHODS", "MODELS"),
    "methods": ("MethodSpec", "NoMethod", "SoftTargets"),
    "models": ("Cnn", "Mlp", "ModelSpec"),
    "titles": ("copy_of", "made_up", "title_of", "titled", "untitled"),
    "training": ("Compute", "Every", "TeacherTraining", "Training"),
    "yaml_file": ("Problem", "SpecError", "dump", "load", "loads", "problems_of"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = value  # the next time it is there
    return value
