"""What every spec owes to form, documentation and schema: a label, a blurb, and words for each field."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel, TypeAdapter

from kdstudio.spec import (
    DATASETS,
    EXPERIMENTS,
    METHODS,
    MODELS,
    Experiment,
    KindSpec,
    SpecError,
    TeacherTraining,
    Training,
    loads,
    models_in,
)
from kdstudio.spec import base as spec_base
from kdstudio.spec.base import Spec, installed_kinds

KINDS: tuple[type[KindSpec], ...] = (*DATASETS, *METHODS, *MODELS)


def every_model(model: type[BaseModel] = Experiment, seen: set[type] | None = None) -> Iterator[type[BaseModel]]:
    """`model` and all models below it."""
    seen = set() if seen is None else seen
    if model in seen:
        return
    seen.add(model)
    yield model
    for field in model.model_fields.values():
        for inner in models_in(field.annotation):
            yield from every_model(inner, seen)


FIELDS = [(model, name) for model in every_model() for name in model.model_fields]


def test_that_every_kind_in_a_union_is_reached_from_the_experiment() -> None:
    assert set(every_model()) >= {*KINDS, *EXPERIMENTS, Training, TeacherTraining}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_that_every_kind_has_a_label_a_blurb_and_a_sentence(kind: type[KindSpec]) -> None:
    assert kind.label
    assert kind.blurb.endswith(".")
    assert (kind.__doc__ or "").strip()
    (name,) = get_args(kind.model_fields["kind"].annotation)
    assert name == name.lower() and " " not in name


@pytest.mark.parametrize("union", [DATASETS, METHODS, MODELS], ids=["datasets", "methods", "models"])
def test_that_no_two_kinds_of_a_union_share_name_or_label(union: tuple[type[KindSpec], ...]) -> None:
    names = [get_args(kind.model_fields["kind"].annotation)[0] for kind in union]

    assert len(set(names)) == len(names)
    assert len({kind.label for kind in union}) == len(union)


@pytest.mark.parametrize(("model", "name"), FIELDS, ids=lambda value: getattr(value, "__name__", value))
def test_that_every_field_has_words_for_the_form(model: type[BaseModel], name: str) -> None:
    if name == "kind":
        return
    field = model.model_fields[name]

    assert field.title and field.title[0].isupper()
    assert field.description and field.description.rstrip().endswith(".")
    assert isinstance(field.json_schema_extra, dict)
    assert set(field.json_schema_extra) - {"simple", "choices"} == {"unit", "advanced"}


@pytest.mark.parametrize("model", list(every_model()), ids=lambda model: model.__name__)
def test_that_every_model_is_frozen_and_refuses_what_it_does_not_know(model: type[BaseModel]) -> None:
    assert issubclass(model, Spec)
    assert model.model_config["frozen"] is True
    assert model.model_config["extra"] == "forbid"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_that_everything_but_kind_and_path_has_a_default(kind: type[KindSpec]) -> None:
    required = {name for name, field in kind.model_fields.items() if field.is_required()}

    assert required <= {"kind", "path"}


# The JSON Schema

SCHEMA = TypeAdapter(Experiment).json_schema()


def objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if value.get("type") == "object" and "properties" in value:
            yield value
        for inner in value.values():
            yield from objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from objects(inner)


def test_that_the_schema_is_plain_json() -> None:
    assert json.loads(json.dumps(SCHEMA, allow_nan=False)) == SCHEMA


def test_that_the_schema_describes_every_field_and_refuses_others() -> None:
    found = list(objects(SCHEMA))

    assert len(found) == len(list(every_model()))
    for each in found:
        assert each["additionalProperties"] is False
        for name, field in each["properties"].items():
            # Words that are the same as those of the model itself stand there alone.
            model = SCHEMA["$defs"].get(field.get("$ref", "").rsplit("/", 1)[-1], {})
            words = {**model, **field}
            assert name == "kind" or (words["title"] and words["description"])


def test_that_every_reference_of_the_schema_leads_somewhere() -> None:
    text = json.dumps(SCHEMA)
    names = {part.split('"')[0] for part in text.split('"#/$defs/')[1:]}

    assert names <= set(SCHEMA["$defs"])


def test_that_unions_of_the_schema_are_told_apart_by_kind() -> None:
    for name, union in (("dataset", DATASETS), ("method", METHODS), ("student", MODELS)):
        field = SCHEMA["properties"][name]
        assert field["discriminator"]["propertyName"] == "kind"
        assert len(field["oneOf"]) == len(union)


# Kinds from other packages


class FakeEntry:
    def __init__(self, found: Any) -> None:
        self.name = "theirs"
        self.found, self.value = found, "theirs:thing"

    def load(self) -> Any:
        return self.found


def test_that_another_package_adds_a_kind_by_an_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spec_base, "entry_points", lambda group: [FakeEntry(METHODS[0]), FakeEntry(MODELS[0])])

    assert installed_kinds(METHODS[0].__mro__[1]) == (METHODS[0],)


@pytest.mark.parametrize("thing", [3, dict, "text"])
@pytest.mark.may_log("is no spec class")
def test_that_an_entry_point_that_names_no_spec_class_costs_itself_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, thing: Any
) -> None:
    monkeypatch.setattr(spec_base, "entry_points", lambda group: [FakeEntry(thing), FakeEntry(METHODS[0])])

    assert installed_kinds(KindSpec) == (METHODS[0],)
    assert "theirs:thing" in caplog.text


def test_that_every_shipped_sample_is_an_experiment() -> None:
    from kdstudio.runs.resources import resource

    samples = sorted(Path(resource("experiments")).glob("*.yaml"))
    for sample in samples:
        try:
            loads(sample.read_text(encoding="utf-8"), file=sample.name, base=sample.parent)
        except SpecError as error:
            pytest.fail(str(error))
    assert samples
