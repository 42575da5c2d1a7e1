"""A method spec becomes named, weighted loss terms; one file each. Knows no Qt. Importing a file registers it."""

from kdstudio.methods import labels, soft_targets
from kdstudio.methods.base import Batch, Dense, Objective, Signal, Softened, objective
from kdstudio.methods.labels import Labels

__all__ = [
    "Batch", "Dense", "Labels", "Objective", "Signal", "Softened", "labels", "objective", "soft_targets",
]  # fmt: skip
