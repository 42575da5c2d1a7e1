"""What the preview says: sizes, memory, time and images in words, and the changes that would make an experiment fit."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kdstudio.gui.language import explain, looked_up, tr
from kdstudio.gui.words import size
from kdstudio.runs.failures import Words
from kdstudio.spec.models import TRAIN

if TYPE_CHECKING:
    from kdstudio.gui.theme import Role

VERDICTS: "dict[str, tuple[str, Role]]" = {
    "fits": ("fits", "agreement"),
    "tight": ("tight", "teacher"),
    "wont-fit": ("won't fit", "failure"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Remedy:
    """One click that makes the work smaller: the fields to change, by path."""

    title: str
    changes: Mapping[str, Any]


def span(seconds: float) -> str:
    """A duration that is only an estimate: "about 50 s", "about 4 min", "about 2.5 h"."""
    if seconds < 1:
        return tr("about a second")
    for unit, letter, below in ((1.0, "s", 90.0), (60.0, "min", 5400.0), (3600.0, "h", 172_800.0)):
        if seconds < below:
            count = seconds / unit
            shown = f"{count:.1f}" if count < 9.95 and unit > 60 else f"{count:.0f}"
            return tr("about {0} {1}").format(shown, letter)
    return tr("about {0} days").format(f"{seconds / 86_400:.0f}")


def memory_words(memory: Mapping[str, Any]) -> "tuple[str, Role]":
    """The verdict with its numbers, and its colour."""
    word, role = VERDICTS.get(str(memory.get("verdict")), ("", "quiet"))
    needed, free = size(memory["needed"]), size(memory["free"])
    unit = f" {free.rpartition(' ')[2]}"
    return tr("{0}: {1} of {2}").format(looked_up(word), needed.removesuffix(unit), free), role


def memory_warning(memory: Mapping[str, Any]) -> Words | None:
    """What to say when memory is short; None when it is not."""
    if memory.get("verdict") not in ("tight", "wont-fit"):
        return None
    device = tr("this computer") if memory["device"] == "cpu" else memory["device"]
    told = {"needed": size(memory["needed"]), "free": size(memory["free"]), "device": device}
    return explain(f"memory-{memory['verdict']}", told)


def images_words(data: Mapping[str, Any]) -> str:
    """How many classes and images there are."""
    counts = data["counts"]
    low, high = min(counts, default=0), max(counts, default=0)
    each = f"{low:,}" if low == high else tr("{0} to {1}").format(f"{low:,}", f"{high:,}")
    channels, height, width = data["input"]
    look = tr("grey") if channels == 1 else tr("colour")
    return tr("{0} classes, {1} training images each, {2} x {3} {4}").format(len(counts), each, width, height, look)


def trainings(values: Mapping[str, Any]) -> tuple[str, str]:
    """Which networks will be trained: the teacher once, then a baseline and a student for each seed. In full, and in brief."""
    seeds = len(values.get("seeds") or [])
    said = [tr("teacher")] if values["teacher"].get("weights") == TRAIN else []
    networks = len(said) + seeds
    if values.get("baseline") and values["method"].get("kind") != "none":
        said.append(tr("baseline") if seeds == 1 else tr("{0} baselines").format(seeds))
        networks += seeds
    said.append(tr("student") if seeds == 1 else tr("{0} students").format(seeds))
    return ", ".join(said), tr("{0} networks").format(networks)


def remedies(values: Mapping[str, Any], memory: Mapping[str, Any]) -> list[Remedy]:
    """What would make it smaller, what helps most first. Each changes only what is at its most in the memory's parts."""
    parts = memory.get("parts", {})
    teaching = parts.get("teacher", 0) > parts.get("student", 0)
    ways = [*_smaller_batch(values, both=teaching), *_smaller_images(values), *_smaller_network(values, teaching)]
    return ways[:2] if memory.get("verdict") in ("tight", "wont-fit") else []


def _smaller_batch(values: Mapping[str, Any], *, both: bool) -> Iterator[Remedy]:
    names = ("teacher_training", "training") if both else ("training",)
    sizes = {f"{name}.batch_size": values[name].get("batch_size") for name in names}
    smaller = {path: count // 2 for path, count in sizes.items() if isinstance(count, int) and count >= 2}
    if smaller:
        yield Remedy(title=tr("Halve the batch size"), changes=smaller)


def _smaller_images(values: Mapping[str, Any]) -> Iterator[Remedy]:
    side = values["dataset"].get("size")
    if isinstance(side, int) and side >= 16:
        yield Remedy(title=tr("Halve the images' size"), changes={"dataset.size": side // 2})


def _smaller_network(values: Mapping[str, Any], teaching: bool) -> Iterator[Remedy]:
    role = "teacher" if teaching else "student"
    title = tr("Halve the teacher's width") if teaching else tr("Halve the student's width")
    width, hidden = values[role].get("width"), values[role].get("hidden")
    if isinstance(width, int) and width >= 2:
        yield Remedy(title=title, changes={f"{role}.width": width // 2})
    elif hidden and all(isinstance(units, int) and units >= 2 for units in hidden):
        yield Remedy(title=title, changes={f"{role}.hidden": [units // 2 for units in hidden]})
