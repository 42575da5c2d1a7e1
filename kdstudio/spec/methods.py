"""How the student learns from the teacher. One class here, one file of the same name in `kdstudio.methods`."""

from typing import ClassVar, Literal

from kdstudio.spec.base import KindSpec, option


class MethodSpec(KindSpec):
    """What all methods have in common."""

    needs_teacher: ClassVar[bool] = True


class NoMethod(MethodSpec):
    """Learn from the labels alone: what the student reaches with no help."""

    label: ClassVar[str] = "None (labels only)"
    blurb: ClassVar[str] = "The student learns from the labels alone, with no help from the teacher."
    needs_teacher: ClassVar[bool] = False
    kind: Literal["none"]

    @property
    def brief(self) -> str:
        return "labels only"


class SoftTargets(MethodSpec):
    """Match the teacher's whole output distribution, softened by a temperature (Hinton, Vinyals, Dean 2015)."""

    label: ClassVar[str] = "Soft targets (Hinton, Vinyals, Dean 2015)"
    blurb: ClassVar[str] = "The student matches the teacher's whole distribution, softened by a temperature."
    kind: Literal["soft-targets"]
    temperature: float = option(
        4.0,
        gt=0.0,
        le=100.0,
        title="Temperature",
        description="Divides the logits of both before the softmax: the higher, the more the wrong answers count. Students "
        "with fewer than 64 units usually do best between 2.5 and 4.",
    )
    alpha: float = option(
        0.9,
        ge=0.0,
        le=1.0,
        title="Alpha",
        unit="weight",
        description="Weight of the soft targets, multiplied by the squared temperature; the labels get 1 - alpha.",
    )

    @property
    def brief(self) -> str:
        return "soft targets"

    @property
    def remarks(self) -> tuple[str, ...]:
        fields = type(self).model_fields
        warm, weighted = (getattr(self, name) != fields[name].default for name in ("temperature", "alpha"))
        return (f"T {self.temperature:.4g}",) * warm + (f"alpha {self.alpha:.4g}",) * weighted


__all__ = ["MethodSpec", "NoMethod", "SoftTargets"]
