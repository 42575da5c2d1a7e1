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
    NumberEditor,
    NumbersEditor,
    PathEditor,
    SwitchEditor,
    TextEditor,
    YamlEditor,
)
from kdstudio.gui.language import looked_up
from kdstudio.spec import models_in


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """A field of the spec as a form sees it. `models` are the specs that it may hold: none, one, or a union."""

    name: str
    title: str
    help: str
    unit: str
    percent: bool
    advanced: bool
    info: FieldInfo
    models: tuple[type[BaseModel], ...]

    @property
    def constant(self) -> bool:
        """Whether it admits a single value: then it is carried along, not shown."""
        return get_origin(self.info.annotation) is Literal and len(get_args(self.info.annotation)) == 1

    @property
    def default(self) -> Any:
        """Its default as plain data; None where it has none."""
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
        )


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


def plain(value: Any) -> Any:
    """`value` as the plain data that YAML holds."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return str(value) if isinstance(value, Path) else value


def editor_for(field: Field) -> Editor:
    """The editor that fits the type of `field`, a field that holds no spec of its own."""
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
    return NumberEditor(
        whole=number is int, percent=field.percent, empty=empty, low=low, high=high,
        open_low=open_low, open_high=open_high,
    )  # fmt: skip
