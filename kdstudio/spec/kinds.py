"""Which kinds of dataset, model and method there are: ours, and those that other installed packages add.

A file of its own, so that an outside package can import the base classes while this one is being made.
"""

from typing import TYPE_CHECKING, TypeAlias

from kdstudio.spec.base import installed_kinds, union_of
from kdstudio.spec.datasets import DatasetSpec, Digits, Idx, ImageFolder
from kdstudio.spec.methods import MethodSpec, NoMethod, SoftTargets
from kdstudio.spec.models import Cnn, Mlp, ModelSpec

DATASETS: tuple[type[DatasetSpec], ...] = (Digits, Idx, ImageFolder, *installed_kinds(DatasetSpec))
MODELS: tuple[type[ModelSpec], ...] = (Mlp, Cnn, *installed_kinds(ModelSpec))
METHODS: tuple[type[MethodSpec], ...] = (NoMethod, SoftTargets, *installed_kinds(MethodSpec))

if TYPE_CHECKING:
    Dataset: TypeAlias = Digits | Idx | ImageFolder
    Model: TypeAlias = Mlp | Cnn
    Method: TypeAlias = NoMethod | SoftTargets
else:
    Dataset, Model, Method = union_of(DATASETS), union_of(MODELS), union_of(METHODS)

__all__ = ["DATASETS", "METHODS", "MODELS", "Dataset", "Method", "Model"]
