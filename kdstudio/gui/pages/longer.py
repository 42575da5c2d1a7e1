"""The experiment that trains a run's student for twice as long: a child of that run."""

from kdstudio.runs.folder import RunFolder
from kdstudio.spec import Experiment
from kdstudio.spec.training import BUDGETS

FACTOR = 2


def longer(experiment: Experiment, folder: RunFolder) -> Experiment:
    """`experiment` with the budget of its student doubled and the run of `folder` as its parent. The title stays, and the
    teacher is found again by its fingerprint.

    Raises:
        ValueError: twice the budget is more than a budget may be.
    """
    values = experiment.model_dump()
    training = values["training"]
    for name in BUDGETS:
        if training.get(name) is not None:
            training[name] = FACTOR * training[name]
    return type(experiment).model_validate({**values, "parent": folder.id})


__all__ = ["longer"]
