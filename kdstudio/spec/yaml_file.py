"""An experiment as YAML text and back, with errors that name file, line, field and the nearest right key."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError

from kdstudio.spec.base import models_in
from kdstudio.spec.changes import rivals, set_field
from kdstudio.spec.experiment import Experiment
from kdstudio.spec.plain_yaml import MOST_BYTES, PYYAML_MAY_RAISE, UNREADABLE, YamlLimit, compose, construct, read_yaml
from kdstudio.spec.regular_files import read_text

Loc = tuple[str | int, ...]
_ADAPTER: TypeAdapter[Any] = TypeAdapter(Experiment)


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing that is wrong: where (`file`, `line` from 1, `path` as in "method.temperature") and what."""

    file: str
    line: int | None
    path: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line is not None else self.file
        said = f"{place} {self.path}: {self.message}" if self.path else f"{place}: {self.message}"
        return " ".join(said.split())  # one line, whatever was written in a key


class SpecError(ValueError):
    """The text is not an experiment; `problems` lists every reason found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


def loads(text: str, *, file: str = "experiment", base: Path | None = None, changes: Sequence[str] = ()) -> Experiment:
    """The experiment that `text` describes.

    Args:
        text: YAML.
        file: what errors call it.
        base: the folder that relative paths are relative to; None leaves them as they are.
        changes: "training.epochs=3", applied before anything is checked.

    Raises:
        SpecError: it is not YAML, or not an experiment.
    """
    try:
        root = _compose(text, file)
        values = _construct(root, file)
    except SpecError:
        raise
    except RecursionError:
        raise _one(file, None, "not an experiment: it is nested hundreds of levels deep") from None
    except PYYAML_MAY_RAISE as error:
        raise _one(file, None, f"not valid YAML: {error}") from None
    touched: list[Loc] = []
    for change in changes:
        touched.append(_change(values, change, touched))
    try:
        return _ADAPTER.validate_python(values, context={"base": base})
    except ValidationError as error:
        raise SpecError(list(_problems(error, values, root, file, touched))) from None


def load(path: Path, *, changes: Sequence[str] = ()) -> Experiment:
    """The experiment in the file at `path`; relative paths in it are relative to its folder.

    Raises:
        SpecError: there is no such file, or it is not an experiment.
    """
    try:
        text = read_text(path, limit=MOST_BYTES)
        base = path.resolve().parent
    except (OSError, RuntimeError) as error:  # RuntimeError: links that lead in a circle
        why = error.strerror if isinstance(error, OSError) else error
        raise _one(str(path), None, f"cannot be read ({why}); check the path") from None
    except UnicodeDecodeError:
        raise _one(str(path), None, "is not UTF-8 text; an experiment is a YAML file") from None
    return loads(text, file=path.name, base=base, changes=changes)


def dump(experiment: BaseModel) -> str:
    """The whole experiment as YAML, every default written out; `loads` gives the same experiment back."""
    return to_yaml(_kind_first(experiment.model_dump(mode="json")))


class TextDumper(yaml.SafeDumper):
    """Writes every text so that it is read as it was."""

    def _text(self, text: str) -> yaml.ScalarNode:
        # In plain and single-quoted text these would be read as line ends; between double quotes they are escaped.
        style = '"' if any(character in text for character in "\r\x85\u2028\u2029\ufeff") else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)


TextDumper.add_representer(str, TextDumper._text)


def to_yaml(values: Any) -> str:
    """Plain data as YAML for people: its own order, its own letters."""
    return yaml.dump(values, Dumper=TextDumper, sort_keys=False, allow_unicode=True, default_flow_style=None, width=100)


def problems_of(values: Mapping[str, Any]) -> tuple[Problem, ...]:
    """What is wrong with `values` (plain data, as a form holds it); empty when it is an experiment."""
    try:
        _ADAPTER.validate_python(values)
    except ValidationError as error:
        return tuple(_problems(error, dict(values), None, "experiment", ()))
    return ()


def _compose(text: str, file: str) -> yaml.MappingNode:
    try:
        root = compose(text)
    except YamlLimit as error:
        raise _beyond(file, error) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise _one(file, line, f"not valid YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise _one(file, None, f"not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(root, yaml.MappingNode):
        raise _one(file, None, 'an experiment is a list of "field: value" lines, beginning with "kind: classification"')
    return root


def _construct(root: yaml.MappingNode, file: str) -> dict[str, Any]:
    """The plain data below `root`. A key given twice is an error: YAML would silently take the last."""
    _refuse_doubles(root, file, ())
    try:
        values: dict[str, Any] = construct(root)
    except YamlLimit as error:
        raise _beyond(file, error) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise _one(file, line, f"not valid YAML: {error.problem}") from None
    return values


def _beyond(file: str, limit: YamlLimit) -> SpecError:
    return _one(file, limit.problem_mark.line + 1 if limit.problem_mark else None, str(limit.problem))


def _refuse_doubles(
    node: yaml.Node, file: str, loc: Loc, above: tuple[int, ...] = (), seen_nodes: set[int] | None = None
) -> None:
    if id(node) in above:
        raise _one(file, node.start_mark.line + 1, "an alias may not contain itself")
    seen_nodes = set() if seen_nodes is None else seen_nodes
    if id(node) in seen_nodes:  # aliases of aliases of aliases are visited once, not a billion times
        return
    seen_nodes.add(id(node))
    above = (*above, id(node))
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            name = str(key.value)
            if name in seen:
                where = ".".join(map(str, (*loc, name)))
                raise SpecError([Problem(file=file, line=key.start_mark.line + 1, path=where,
                                         message=f"given twice; it stands in line {seen[name]} too")])  # fmt: skip
            seen[name] = key.start_mark.line + 1
            _refuse_doubles(value, file, (*loc, name), above, seen_nodes)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            _refuse_doubles(value, file, (*loc, number), above, seen_nodes)


def _change(values: dict[str, Any], change: str, touched: Sequence[Loc]) -> Loc:
    """Apply one "a.b=value" to `values`, after those that touched `touched`; the location that it touched."""
    name, equals, text = change.partition("=")
    change = " ".join(change.split())
    keys = tuple(name.strip().split("."))
    if not equals or not all(keys):
        raise _one("--set", None, f'"{change}": write it as field=value, for example training.epochs=3')
    try:
        value = read_yaml(text)
    except UNREADABLE:
        raise _one("--set", None, f'"{change}": the value is not valid YAML') from None
    rival = next((rival for rival in rivals(".".join(keys)) if tuple(rival.split(".")) in touched), None)
    if rival is not None and value is not None:
        raise _one("--set", None, f'"{change}": {rival} is set too; keep one of them')
    try:
        set_field(values, keys, value)
    except ValueError as error:
        raise _one("--set", None, f'"{change}": {error} holds a value, not fields') from None
    return keys


def _problems(
    error: ValidationError, values: dict[str, Any], root: yaml.MappingNode | None, file: str, touched: Sequence[Loc]
) -> Iterator[Problem]:
    messages: dict[Loc, list[str]] = {}
    kinds: set[Loc] = set()  # where it is the kind that is wrong
    details = error.errors(include_url=False)
    for detail in details:
        below = any(each["loc"][:-1] == detail["loc"] for each in details)
        if detail["type"] == "too_short" and below:
            continue  # what is too short is only what is left without the wrong items
        loc, model = _walk(detail["loc"], values)
        if detail["type"] == "union_tag_invalid":
            kinds.add(loc)
        messages.setdefault(loc, []).append(_words(dict(detail), loc, model))
    for loc, said in messages.items():
        named = (*loc, "kind") if loc in kinds else loc
        by_hand = any(named[: len(keys)] == keys for keys in touched)
        line = _line(root, loc) if root is not None and not by_hand else None
        where = ".".join(str(part) for part in loc)
        yield Problem(file="--set" if by_hand else file, line=line, path=where, message=", and ".join(said))


def _walk(loc: Loc, values: Any) -> tuple[Loc, type[BaseModel] | None]:
    """`loc` without the union tags that pydantic adds, and the model that holds its last field."""
    plain: list[str | int] = []
    model: type[BaseModel] | None = Experiment
    holder: type[BaseModel] | None = Experiment
    here = values
    for part in loc:
        tagged = isinstance(here, dict) and here.get("kind") == part and part not in here
        if model is None and tagged:
            continue
        if model is not None and tagged and part not in model.model_fields:
            continue
        if isinstance(part, str) and not isinstance(here, dict):
            break  # the name of a type that pydantic tried, below the field
        plain.append(part)
        holder = model
        if isinstance(here, dict):
            here = here.get(str(part))
            field = model.model_fields.get(str(part)) if model is not None else None
            model = _model_in(field.annotation, here) if field is not None else None
        elif isinstance(here, list | tuple) and isinstance(part, int) and part < len(here):
            here, model = here[part], None
    return tuple(plain), holder


def _model_in(annotation: Any, value: Any) -> type[BaseModel] | None:
    """The model that `value` was checked against, out of the union (or the one model) in `annotation`."""
    models = list(models_in(annotation))
    if len(models) == 1:
        return models[0]
    kind = value.get("kind") if isinstance(value, dict) else None
    return next((model for model in models if kind in get_args(model.model_fields["kind"].annotation)), None)


def _words(detail: dict[str, Any], loc: Loc, model: type[BaseModel] | None) -> str:
    """One plain sentence for one of pydantic's errors."""
    kind, context = detail["type"], detail.get("ctx", {})
    name = str(loc[-1]) if loc else ""
    if kind == "extra_forbidden":
        return f"unknown field{_nearest(name, list(model.model_fields) if model else [])}"
    if kind == "missing":
        return "missing; it has no default"
    if kind == "union_tag_not_found":
        kinds = _kinds_of(model.model_fields[name].annotation) if model and name in model.model_fields else []
        return f"has no kind; give one of {', '.join(kinds)}"
    if kind == "union_tag_invalid":
        return _not_one_of(f"kind '{context['tag']}'", str(context["tag"]), _listed(context["expected_tags"]))
    if kind == "literal_error":
        return _not_one_of(_short(detail["input"]), str(detail["input"]), _listed(context["expected"]))
    if kind == "string_pattern_mismatch" and model:
        return f"{_short(detail['input'])} is none of these: {model.model_fields[name].description}"
    if kind == "value_error":
        return str(context["error"])
    given = detail["input"]
    shown = f", not {_short(given)}" if given != "" and isinstance(given, str | int | float | bool | type(None)) else ""
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        kinds = _kinds_of(model.model_fields[name].annotation) if model and name in model.model_fields else []
        example = given if given in kinds else next(iter(kinds), None)
        return f"needs fields{f', as in {name}: {{kind: {example}}}' if example else ''}{shown}"
    if kind == "too_short":
        return f"needs at least {context['min_length']}"
    if kind in _NEEDS:
        return f"needs {_NEEDS[kind]}{shown}"
    if kind in _BOUNDS:
        words, bound = _BOUNDS[kind]
        return f"must be {words} {context[bound]:g}{shown}"
    message = detail["msg"]
    return f"{message[0].lower()}{message[1:]}{shown}"


_NEEDS = {
    "string_type": "text (put it in quotes)",
    "tuple_type": "a list, as in [1, 2]",
    "path_type": "a path",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
}


_BOUNDS = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}


def _short(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    text = str(int(value)) if whole else repr(value)
    return text if len(text) <= 60 else f"{text[:50]}..."


def _listed(expected: str) -> list[str]:
    return [part.strip("' ") for part in str(expected).replace(" or ", ",").split(",")]


def _kinds_of(annotation: Any) -> list[str]:
    models = [model for model in models_in(annotation) if "kind" in model.model_fields]
    return [str(get_args(model.model_fields["kind"].annotation)[0]) for model in models]


def _not_one_of(shown: str, given: str, known: list[str]) -> str:
    close = get_close_matches(given, known, n=1, cutoff=0.6) if given not in known else []
    return f"{shown} is not one of {', '.join(known)}" + (f"; did you mean {close[0]}?" if close else "")


def _nearest(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; the fields here are {', '.join(known)}" if known and len(known) <= 8 else ""


def _line(root: yaml.Node, loc: Loc) -> int:
    """The line, from 1, of the deepest part of `loc` that the text has."""
    node, line = root, root.start_mark.line + 1
    for part in loc:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == str(part)), None)
            if found is None:
                return line
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line


def _kind_first(value: Any) -> Any:
    if isinstance(value, dict):
        order = sorted(value, key=lambda key: key != "kind")
        return {key: _kind_first(value[key]) for key in order}
    if isinstance(value, list):
        return [_kind_first(item) for item in value]
    return value


def _one(file: str, line: int | None, message: str) -> SpecError:
    return SpecError([Problem(file=file, line=line, path="", message=message)])
