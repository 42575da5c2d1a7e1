"""What a form needs to know of a field of the spec: its title, help, unit, bounds, and which editor fits its type."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from kdstudio.gui.editors import (
    ChoiceEditor,
    Editor,
    ListedEditor,
    NumberEditor,
    NumberRange,
    NumbersEditor,
    PathEditor,
    QuantityEditor,
    SwitchEditor,
    TextEditor,
    WeightsEditor,
    YamlEditor,
)
from kdstudio.gui.language import looked_up
from kdstudio.spec import OneOf, Spec, models_in
from kdstudio.spec.base import plain
from kdstudio.spec.models import TRAIN

# What can be chosen on every computer, and what it is called.
USUAL: dict[str, tuple[tuple[str, str], ...]] = {
    "devices": (("auto", "auto"), ("cpu", "cpu")),
    "weights": ((TRAIN, "Train here"),),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """A field of the spec as a form sees it, or a group of numbers that share a row.

    Attributes:
        models: the specs that it may hold: none, one, or a union.
        choices: what its text is chosen among: "devices", "weights", or "" where it is typed.
        simple: the rows of an advanced spec that the simple form shows all the same.
        group: the group that it stands for, else None.
        members: the fields of that group.
    """

    name: str
    title: str
    help: str
    unit: str
    percent: bool
    advanced: bool
    info: FieldInfo
    models: tuple[type[BaseModel], ...]
    simple: tuple[str, ...] = ()
    choices: str = ""
    group: OneOf | None = None
    members: "tuple[Field, ...]" = ()

    @property
    def constant(self) -> bool:
        """Whether it admits a single value: then it is carried along, not shown."""
        return get_origin(self.info.annotation) is Literal and len(get_args(self.info.annotation)) == 1

    @property
    def default(self) -> Any:
        """Its default as plain data, that of a group by field; None where it has none."""
        if self.group is not None:
            return dict.fromkeys(self.group.fields) | dict([self.group.default] if self.group.default else ())
        return None if self.info.is_required() else plain(self.info.get_default(call_default_factory=True))


def fields_of(model: type[BaseModel]) -> Iterator[Field]:
    """Every field of `model`, in order."""
    for name, info in model.model_fields.items():
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        unit = str(extra.get("unit", ""))
        percent = unit == "fraction" or unit.startswith("share")
        yield Field(
            name=name,
            title=looked_up(info.title or "") or name.replace("_", " ").capitalize(),
            help=looked_up(info.description or ""),
            unit=looked_up(shown_unit(unit)),
            percent=percent,
            advanced=bool(extra.get("advanced")),
            info=info,
            models=tuple(models_in(info.annotation)),
            choices=str(extra.get("choices", "")),
            simple=tuple(str(row) for row in _listed(extra.get("simple"))),
        )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def rows_of(model: type[BaseModel]) -> Iterator[Field]:
    """What the form of `model` has a row for: every field, and in place of the fields of a group the group, where its
    first one stands."""
    fields = {each.name: each for each in fields_of(model)}
    groups = model.one_of if issubclass(model, Spec) else ()
    first = {group.fields[0]: group for group in groups}
    grouped = {name for group in groups for name in group.fields}
    for name, each in fields.items():
        if name in first:
            yield _grouped(first[name], tuple(fields[member] for member in first[name].fields))
        elif name not in grouped:
            yield each


def _grouped(group: OneOf, members: "tuple[Field, ...]") -> Field:
    return Field(
        name=group.name, title=looked_up(group.title), help=looked_up(group.description), unit="", percent=False,
        advanced=all(member.advanced for member in members), info=members[0].info, models=(), group=group, members=members,
    )  # fmt: skip


def shown_unit(unit: str) -> str:
    """What stands behind a number of `unit`: nothing, or "of the side", where it is shown in per cent."""
    percent = unit == "fraction" or unit.startswith("share")
    return unit.removeprefix("fraction").removeprefix("share").strip() if percent else unit


def kind_of(model: type[BaseModel]) -> str:
    """The word by which a union tells `model` apart."""
    return str(get_args(model.model_fields["kind"].annotation)[0])


def label_of(model: type[BaseModel]) -> str:
    """What `model` is called in a picker."""
    return str(getattr(model, "label", "") or model.__name__)


def blurb_of(model: type[BaseModel]) -> str:
    """What `model` is, in a line."""
    return str(getattr(model, "blurb", ""))


def editor_for(field: Field) -> Editor:
    """The editor that fits the type of `field`, a field that holds no spec of its own."""
    if field.group is not None:
        return _quantity(field, field.group)
    if field.choices:
        return (WeightsEditor if field.choices == "weights" else ListedEditor)(USUAL[field.choices])
    annotation = field.info.annotation
    if get_origin(annotation) is Literal:
        return ChoiceEditor(get_args(annotation))
    if get_origin(annotation) in (Union, UnionType):
        return _editor_for_union(field, get_args(annotation))
    if annotation is bool:
        return SwitchEditor()
    if annotation in (int, float):
        return _number(field, annotation)
    if get_origin(annotation) is tuple and get_args(annotation) == (int, ...):
        return NumbersEditor()
    if annotation is str:
        return TextEditor()
    return PathEditor() if annotation is Path else YamlEditor()


def _editor_for_union(field: Field, parts: tuple[Any, ...]) -> Editor:
    """The editor of a type with a way out: "none", or a word such as "auto"."""
    rest = [part for part in parts if part is not type(None) and get_origin(part) is not Literal]
    words = [word for part in parts if get_origin(part) is Literal for word in get_args(part)]
    empties = [*([None] if type(None) in parts else []), *words]
    if len(rest) == 1 and len(empties) == 1:
        if rest[0] in (int, float):
            return _number(field, rest[0], empties[0])
        if rest[0] is str and empties == [None]:
            return TextEditor(empty=None)
    return YamlEditor()


def _number(field: Field, number: Any, empty: Any = ...) -> NumberEditor:
    return NumberEditor(percent=field.percent, empty=empty, range_of=_range(field, number))


def _quantity(field: Field, group: OneOf) -> QuantityEditor:
    ranges = {member.name: _range(member, _plain_number(member)) for member in field.members}
    units = {member.name: member.unit for member in field.members}
    return QuantityEditor(ranges, units, empty=looked_up(group.empty) if group.default is None else None)


def _plain_number(field: Field) -> Any:
    return next(part for part in (*get_args(field.info.annotation), field.info.annotation) if part in (int, float))


def _range(field: Field, number: Any) -> NumberRange:
    low: Any = None
    high: Any = None
    open_low = open_high = False
    for bound in field.info.metadata:
        match bound:
            case Ge():
                low = bound.ge
            case Gt():
                low, open_low = bound.gt, True
            case Le():
                high = bound.le
            case Lt():
                high, open_high = bound.lt, True
    return NumberRange(whole=number is int, low=low, high=high, open_low=open_low, open_high=open_high)
