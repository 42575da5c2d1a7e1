"""What every part of an experiment's description shares: a frozen model that refuses what it does not know."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, ClassVar, Literal, TypeVar, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, model_validator

SPEC_PLUGINS = "kdstudio.specs"
log = logging.getLogger(__name__)
Kind = TypeVar("Kind", bound="KindSpec")


@dataclass(frozen=True, kw_only=True, slots=True)
class OneOf:
    """Numbers of which one is given, each with a unit of its own: a budget in epochs, steps or minutes. In a file each is a
    field; the form shows them as one row, a number and its unit.

    Attributes:
        name: of the row, where a path names it.
        fields: the names of the fields.
        default: the name and the value of the one that holds where none is given; None where none need be given.
        empty: what having none means, in a word.
    """

    name: str
    title: str
    description: str
    fields: tuple[str, ...]
    default: tuple[str, Any] | None = None
    empty: str = ""


class Spec(BaseModel):
    """A frozen piece of an experiment. Unknown fields are errors; two equal specs describe the same thing."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False, use_attribute_docstrings=False
    )
    one_of: ClassVar[tuple[OneOf, ...]] = ()

    @model_validator(mode="before")
    @classmethod
    def _has_one_of_each_group(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        for group in cls.one_of:
            given = [name for name in group.fields if values.get(name) is not None]
            if len(given) > 1:
                raise ValueError(f"{', '.join(given[:-1])} and {given[-1]} are given at once; keep one of them")
            if not given and group.default is not None:
                values = {**values, group.default[0]: group.default[1]}
        return values

    @model_validator(mode="before")
    @classmethod
    def _no_truth_for_a_number(cls, values: Any) -> Any:
        """YAML reads yes and no as truth values, and pydantic would take those for 1 and 0. As the words that they were
        they are refused where they stand."""
        if not isinstance(values, dict):
            return values
        wanted = {name: _plain_types(cls.model_fields[name].annotation) for name in values if name in cls.model_fields}
        return {
            name: _as_words(value) if wanted.get(name, set()) & {int, float} and bool not in wanted[name] else value
            for name, value in values.items()
        }


def _as_words(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_as_words(each) for each in value]
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


class KindSpec(Spec):
    """A member of a union that its `kind` tells apart; `label` is the name that people see."""

    label: ClassVar[str] = ""
    blurb: ClassVar[str] = ""
    kind: str  # each member narrows it to its own literal

    @property
    def brief(self) -> str:
        """The kind and its size in a word, as a title names it: "mlp-64-32"."""
        return self.kind

    @property
    def remarks(self) -> tuple[str, ...]:
        """What else tells two experiments apart, for a title with room: what is not as it usually is."""
        return ()


def plain(value: Any) -> Any:
    """`value` as the plain data that YAML holds."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return str(value) if isinstance(value, Path) else value


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Every model class in a field's annotation, through unions and `Annotated`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (Union, UnionType, Annotated):
        for part in get_args(annotation):
            yield from models_in(part)


def _plain_types(annotation: Any) -> set[type]:
    """The classes in `annotation`, through unions, tuples and literals."""
    if get_origin(annotation) is Literal:
        return {type(value) for value in get_args(annotation)}
    inner = get_args(annotation)
    if inner:
        return set().union(*map(_plain_types, inner))
    return {annotation} if isinstance(annotation, type) else set()


def option(
    default: Any = ...,
    *,
    title: str,
    description: str,
    unit: str = "",
    advanced: bool = False,
    simple: Sequence[str] = (),
    choices: Literal["", "devices", "weights"] = "",
    **bounds: Any,
) -> Any:
    """A field described once: the form, the YAML errors, the JSON Schema and the docs derive from it.

    Args:
        advanced: whether the simple form leaves it out.
        simple: of an advanced part of the experiment, the rows that the simple form shows all the same.
        choices: of a text, what a form lets people choose among, where it knows them: the devices of this computer, or the
            weights that there are.
    """
    extra: dict[str, Any] = {"unit": unit, "advanced": advanced, **({"simple": list(simple)} if simple else {})}
    extra |= {"choices": choices} if choices else {}
    return Field(default, title=title, description=description, json_schema_extra=extra, **bounds)


def against_the_file(path: Path, info: ValidationInfo) -> Path:
    """A relative path is relative to the YAML file that names it (the context's `base`)."""
    base = (info.context or {}).get("base")
    try:
        path = path.expanduser()
        return path if base is None or path.is_absolute() else (Path(base) / path).resolve()
    except RuntimeError as error:  # no such user, or a circle of links
        raise ValueError(f"{path} leads nowhere: {error}") from None


FilePath = Annotated[Path, AfterValidator(against_the_file)]


def installed_kinds(base: type[Kind]) -> "tuple[type[Kind], ...]":
    """The kinds that other installed packages add under `base`; each entry point names one spec class.

    A package that cannot be loaded costs its own kinds alone: that is logged, and an experiment that names one of them is
    refused as unknown.
    """
    found: list[type[Kind]] = []
    for entry in entry_points(group=SPEC_PLUGINS):
        try:
            kind = entry.load()
        except Exception as error:  # somebody else's code may raise anything
            log.warning("%s = %s of an installed package cannot be loaded: %s", entry.name, entry.value, error)
            continue
        if not (isinstance(kind, type) and issubclass(kind, KindSpec)):
            log.warning("%s = %s of an installed package is no spec class", entry.name, entry.value)
        elif issubclass(kind, base):
            found.append(kind)
    return tuple(found)


def union_of(kinds: Sequence[type[KindSpec]]) -> Any:
    """The discriminated union of `kinds`, as a type for a pydantic field."""
    if len(kinds) == 1:
        return kinds[0]
    return Annotated[Union[tuple(kinds)], Field(discriminator="kind")]  # noqa: UP007 (built at run time)
