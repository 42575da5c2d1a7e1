"""What is asked for: one experiment, as data."""

from typing import Literal, TypeAlias

from pydantic import field_validator

from kdstudio.spec.base import KindSpec, option
from kdstudio.spec.kinds import Dataset, Method, Model
from kdstudio.spec.methods import NoMethod
from kdstudio.spec.training import Compute, TeacherTraining, Training

FORMAT = 1


class ExperimentSpec(KindSpec):
    """What all kinds of experiment have in common."""

    format: Literal[1] = option(
        1,
        title="Format",
        advanced=True,
        description="The version of this file's format, so that later programs can read it.",
    )
    title: str = option(
        "",
        max_length=200,
        title="Title",
        description="What the experiment is called. Empty: a name is made from what it is.",
    )
    seeds: tuple[int, ...] = option(
        (0,),
        min_length=1,
        max_length=100,
        title="Seeds",
        description="One baseline and one student are trained for each. An interval of the gain needs three.",
    )
    baseline: bool = option(
        True,
        title="Baseline",
        description="Train the same student without the teacher too: what the teacher's help is worth is the difference.",
    )
    compute: Compute = option(Compute(), title="Compute", advanced=True, description="Where the work is done.")
    parent: str | None = option(
        None, title="Parent run", advanced=True, description="The id of the run that this one branches from."
    )
    group: str | None = option(
        None, title="Group", advanced=True, description="The name of the sweep that it belongs to."
    )

    @field_validator("seeds")
    @classmethod
    def _are_distinct(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if any(not 0 <= seed < 2**31 for seed in seeds):
            raise ValueError("seeds are numbers from 0 to 2147483647")
        if len(set(seeds)) != len(seeds):
            raise ValueError("each seed may be named once: two equal ones would only pretend to be two results")
        return seeds


class Classification(ExperimentSpec):
    """A student that sorts images into classes learns from a teacher that does."""

    kind: Literal["classification"]
    dataset: Dataset = option(
        {"kind": "digits"}, title="Dataset", description="The images that teacher and student look at."
    )
    teacher: Model = option({"kind": "cnn"}, title="Teacher", description="The network that teaches.")
    student: Model = option(
        {"kind": "mlp", "hidden": [32]},
        title="Student",
        description="The network that learns, smaller than its teacher.",
    )
    method: Method = option(
        {"kind": "soft-targets"}, title="Method", description="How the student learns from the teacher."
    )
    teacher_training: TeacherTraining = option(
        {},
        title="Teacher's training",
        advanced=True,
        simple=("budget",),
        description="How the teacher is trained, if it is trained here.",
    )
    training: Training = option({}, title="Training", description="How the student (and the baseline) is trained.")

    @property
    def has_baseline(self) -> bool:
        """Whether a baseline is trained apart: with the method "none" the student itself would be one."""
        return self.baseline and not isinstance(self.method, NoMethod)


# A union on `kind` as soon as there are two.
Experiment: TypeAlias = Classification
EXPERIMENTS: tuple[type[ExperimentSpec], ...] = (Classification,)

__all__ = ["EXPERIMENTS", "FORMAT", "Classification", "Experiment", "ExperimentSpec"]
