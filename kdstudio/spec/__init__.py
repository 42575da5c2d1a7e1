"""What is asked for: an experiment as data. Knows neither torch nor Qt."""

from kdstudio.spec.base import KindSpec, Spec
from kdstudio.spec.datasets import DATASETS, DatasetSpec, Digits, Idx, ImageFolder, Views
from kdstudio.spec.experiment import EXPERIMENTS, Classification, Experiment, ExperimentSpec
from kdstudio.spec.methods import METHODS, MethodSpec, NoMethod, SoftTargets
from kdstudio.spec.models import MODELS, Cnn, Mlp, ModelSpec
from kdstudio.spec.training import Compute, Every, TeacherTraining, Training
from kdstudio.spec.yaml_file import Problem, SpecError, dump, load, loads, models_in, problems_of, save

__all__ = [
    "Classification", "Cnn", "Compute", "DATASETS", "DatasetSpec", "Digits", "EXPERIMENTS", "Every", "Experiment",
    "ExperimentSpec", "Idx", "ImageFolder", "KindSpec", "METHODS", "MODELS", "MethodSpec", "Mlp", "ModelSpec", "NoMethod",
    "Problem", "SoftTargets", "Spec", "SpecError", "TeacherTraining", "Training", "Views", "dump", "load", "loads",
    "models_in", "problems_of", "save",
]  # fmt: skip
