"""Changing an experiment's text as a person would: only what has changed, with comments, order and layout as they were.

Values are replaced where they stand, by the positions that the parser gives, so that all other characters stay the same
ones. What is added comes to the end of its part. A text in which that cannot be done (a changed part is shared through an
alias) is written anew; either way the result is read again and compared before it is handed out.
"""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import BaseModel

from kdstudio.spec.base import Spec, models_in, plain
from kdstudio.spec.experiment import Experiment
from kdstudio.spec.plain_yaml import UNREADABLE, compose
from kdstudio.spec.yaml_file import SpecError, TextDumper, loads, problems_of, to_yaml

Values = Mapping[str, Any]
Model = type[BaseModel]


def edited(text: str, old: Values, new: Values, *, base: Path | None = None) -> str:
    """`text`, so that it says `new`; what is not said in it and at its default stays unsaid.

    Args:
        text: YAML that says `old`.
        old: a whole experiment as plain data.
        new: another one, right or wrong.
        base: the folder that relative paths in `text` are relative to.
    """
    try:
        root = compose(text)
        if isinstance(root, yaml.MappingNode):
            splices = _Splices(text, root)
            splices.change(root, Experiment, old, new)
            made = splices.result()
            if _says(made, new, base):
                return made
    except (_Shared, *UNREADABLE):
        pass
    return brief(new)


def brief(values: Values) -> str:
    """An experiment as short text: its kinds, and what is not at its default."""
    return to_yaml(_rounded(_unlike_defaults(Experiment, values)))


class _Shared(Exception):
    """A part that would have to change stands in more than one place of the text, through an alias."""


class _Splice(NamedTuple):
    start: int
    end: int
    text: str


class _Splices:
    """What is to be put into a text, and where."""

    def __init__(self, text: str, root: yaml.Node) -> None:
        self._text = text
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._made: list[_Splice] = []
        self._shared = _shared(root)

    def result(self) -> str:
        """The text with everything put in."""
        text = self._text
        for splice in sorted(self._made, key=lambda splice: splice.start, reverse=True):
            text = text[: splice.start] + splice.text + text[splice.end :]
        return text

    def change(self, node: yaml.MappingNode, model: Model, old: Values, new: Values) -> None:
        """Make `node`, which is of `model` and says `old`, say `new`."""
        if id(node) in self._shared:
            raise _Shared
        stands = {str(key.value): (key, value) for key, value in node.value}
        added: dict[str, Any] = {}
        for was, name in _moved(model, old, new):
            if was in stands:  # steps: 3000 becomes epochs: 40, in the same place
                key, value = stands.pop(was)
                stands[name] = (key, value)
                self._made.append(_Splice(key.start_mark.index, key.end_mark.index, name))
                self._replace(value, new[name])
        moved = {name for pair in _moved(model, old, new) for name in pair}
        for name, value in new.items():
            if old.get(name) == value or (name in moved and name in stands) or name not in model.model_fields:
                continue
            inside = _inside(model, name, value)
            if name not in stands:
                if value is not None:
                    added[name] = _unlike_defaults(inside, value) if inside is not None else value
            elif inside is not None:
                self._change_part(stands[name][1], inside, old[name], value)
            else:
                self._replace(stands[name][1], value, indent=node.start_mark.column)
        self._add(node, added)

    def _change_part(self, node: yaml.Node, model: Model, old: Any, new: Values) -> None:
        if not isinstance(node, yaml.MappingNode):
            self._replace(node, _unlike_defaults(model, new))
        elif old.get("kind") == new.get("kind"):
            self.change(node, model, old, new)
        else:
            self._replace_kind(node, model, new)

    def _replace_kind(self, node: yaml.MappingNode, model: Model, new: Values) -> None:
        """Another kind has other fields: those that it shares and that stood there stay."""
        stood = {str(key.value) for key, _ in node.value}
        wanted = {**_unlike_defaults(model, new), **{name: value for name, value in new.items() if name in stood}}
        ordered = {name: wanted[name] for name in (*("kind",), *model.model_fields) if name in wanted}
        if node.flow_style:
            self._replace(node, ordered)
            return
        if id(node) in self._shared:
            raise _Shared
        indent = f"\n{' ' * node.start_mark.column}"
        lines = indent.join(f"{name}: {_inline(value)}" for name, value in ordered.items())
        self._made.append(_Splice(node.start_mark.index, _end(node), lines))

    def _replace(self, node: yaml.Node, value: Any, *, indent: int = -1) -> None:
        if any(id(each) in self._shared for each in _walk(node)):
            raise _Shared
        start, end, text = node.start_mark.index, _end(node), _inline(value)
        before = " " if start > 0 and self._text[start - 1] == ":" else ""  # "steps:" with nothing behind it
        if isinstance(node, yaml.SequenceNode) and not node.flow_style and node.start_mark.column == indent:
            before = " "  # "- 1" may stand right below its key, "[1]" may not
        after = "\n" if self._text[start:end].endswith("\n") else ""  # a text in a block of lines
        self._made.append(_Splice(start, end, f"{before}{text}{after}"))

    def _add(self, node: yaml.MappingNode, added: Values) -> None:
        if not added:
            return
        pairs = [f"{name}: {_inline(value)}" for name, value in added.items()]
        at = _end(node.value[-1][1]) if node.value else node.end_mark.index - 1
        if node.flow_style:
            said = ", ".join(pairs)
            self._made.append(_Splice(at, at, f", {said}" if node.value else said))
            return
        indent = " " * node.value[0][0].start_mark.column
        if at == 0 or self._text[at - 1] != "\n":
            line = self._text.find("\n", at)
            at = len(self._text) if line < 0 else line - self._text.endswith("\r", 0, line)
            self._made.append(_Splice(at, at, "".join(f"{self._newline}{indent}{pair}" for pair in pairs)))
        else:
            self._made.append(_Splice(at, at, "".join(f"{indent}{pair}{self._newline}" for pair in pairs)))


def _moved(model: Model, old: Values, new: Values) -> list[tuple[str, str]]:
    """(the field that was given, the one that is given now) of each group of fields that exclude one another."""
    found = []
    for group in model.one_of if issubclass(model, Spec) else ():
        was, now = (next((name for name in group.fields if values.get(name) is not None), "") for values in (old, new))
        if was and now and was != now:
            found.append((was, now))
    return found


def _inside(model: Model, name: str, value: Any) -> Model | None:
    """The model of a field that holds fields itself."""
    if not isinstance(value, Mapping):
        return None
    models = list(models_in(model.model_fields[name].annotation))
    if len(models) == 1:
        return models[0]
    return next((each for each in models if each.model_fields["kind"].annotation.__args__[0] == value.get("kind")), None)  # type: ignore[union-attr]


def _unlike_defaults(model: Model, values: Values) -> dict[str, Any]:
    """Of `values`, the kinds and what is not at its default."""
    kept: dict[str, Any] = {}
    groups = {name: group for group in (model.one_of if issubclass(model, Spec) else ()) for name in group.fields}
    for name in sorted(values, key=lambda name: name != "kind"):
        value = values[name]
        if name in groups:
            default = groups[name].default
            if value is not None and (name, value) != default:
                kept[name] = value
            continue
        if name not in model.model_fields:
            kept[name] = value
            continue
        info = model.model_fields[name]
        inside = _inside(model, name, value)
        if inside is not None:
            below = _unlike_defaults(inside, value)
            if below:
                kept[name] = below
        elif info.is_required() or value != plain(info.get_default(call_default_factory=True)):
            kept[name] = value
    return kept


def _says(text: str, values: Values, base: Path | None) -> bool:
    """Whether `text` says `values`: the same experiment, or the same mistakes."""
    problems = {problem.path for problem in problems_of(values)}
    try:
        read = loads(text, base=base)
    except SpecError as error:
        return {problem.path for problem in error.problems} == problems
    return not problems and bool(read == Experiment.model_validate(values, context={"base": base}))


def _inline(value: Any) -> str:
    """`value` in one line, as it may stand between braces too."""
    text: str = yaml.dump(
        {"x": _rounded(value)}, Dumper=TextDumper, default_flow_style=True, allow_unicode=True, width=math.inf, sort_keys=False
    )
    return text.strip().removeprefix("{x:").removesuffix("}").strip()


def _rounded(value: Any) -> Any:
    """Whole numbers without the point that a field for any number gives them."""
    if isinstance(value, Mapping):
        return {name: _rounded(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value


def _walk(node: yaml.Node) -> Iterator[yaml.Node]:
    yield node
    for part in node.value if isinstance(node, yaml.CollectionNode) else ():
        for each in part if isinstance(part, tuple) else (part,):
            yield from _walk(each)


def _shared(root: yaml.Node) -> set[int]:
    """The nodes that stand in more than one place."""
    seen: set[int] = set()
    twice: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            twice.add(id(node))
            continue
        seen.add(id(node))
        for part in node.value if isinstance(node, yaml.CollectionNode) else ():
            waiting.extend(part if isinstance(part, tuple) else (part,))
    return twice


def _end(node: yaml.Node) -> int:
    """Where `node` ends in the text; the parser lets parts in lines of their own end where the next thing begins."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.index)


__all__ = ["brief", "edited"]
