"""YAML as plain data, within limits: a text of a few lines can otherwise expand to billions of values.

PyYAML's own safe loader runs no code, but it follows aliases of aliases of aliases, nests as deep as the stack, and makes
whole numbers of any length. Every YAML text that the program did not write in the same moment is read through here.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from kdstudio.spec.regular_files import read_text

MOST_BYTES = 1_000_000
MOST_NODES = 10_000
"""Values, keys, lists and mappings, each counted as often as an alias repeats it."""
MOST_DEPTH = 50
MOST_DIGITS = 300
# What PyYAML lets through when a value does not fit its tag ("!!bool maybe", "!!int ''", an impossible date).
PYYAML_MAY_RAISE = (ValueError, TypeError, AttributeError, LookupError, OverflowError)
UNREADABLE = (yaml.YAMLError, RecursionError, *PYYAML_MAY_RAISE)
"""All that reading text as YAML may raise."""


class YamlLimit(yaml.MarkedYAMLError):
    """The text is YAML, but beyond what the program reads; `problem` and `problem_mark` say what and where."""

    def __init__(self, problem: str, mark: "yaml.Mark | None") -> None:
        super().__init__(None, None, problem, mark)


class PlainLoader(yaml.SafeLoader):
    """PyYAML's safe loader with limits on size, depth, aliases and digits."""

    def __init__(self, text: str) -> None:
        if len(text) > MOST_BYTES:
            raise YamlLimit(f"the text is longer than {MOST_BYTES:,} characters", None)
        super().__init__(text)
        self._depth = self._nodes = 0
        self._measured: dict[int, tuple[int, int]] = {}  # node's id -> nodes in it, levels in it, aliases expanded

    def compose_node(self, parent: Any, index: Any) -> Any:
        """The next node, as PyYAML composes it, measured."""
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent):
            return super().compose_node(parent, index)
        self._depth, self._nodes = self._depth + 1, self._nodes + 1
        if self._nodes > MOST_NODES:
            raise YamlLimit(f"holds more than {MOST_NODES:,} values", event.start_mark)
        if self._depth > MOST_DEPTH:
            raise YamlLimit(f"nested more than {MOST_DEPTH} levels deep", event.start_mark)
        node = super().compose_node(parent, index)
        self._depth -= 1
        self._measure(node)
        return node

    def _measure(self, node: yaml.Node) -> None:
        size, depth = 1, 0
        for child in _children(node):
            if id(child) not in self._measured:
                raise YamlLimit("an alias may not contain itself", node.start_mark)
            inside, levels = self._measured[id(child)]
            size, depth = size + inside, max(depth, levels)
        if size > MOST_NODES:
            raise YamlLimit(f"its aliases stand for more than {MOST_NODES:,} values", node.start_mark)
        if depth >= MOST_DEPTH:
            raise YamlLimit(f"nested more than {MOST_DEPTH} levels deep", node.start_mark)
        self._measured[id(node)] = size, depth + 1

    def construct_number(self, node: yaml.ScalarNode) -> Any:
        """A whole number or a fraction of a length that people write."""
        if isinstance(node, yaml.ScalarNode) and len(node.value) > MOST_DIGITS:
            raise YamlLimit(f"a number of {len(node.value):,} characters", node.start_mark)
        whole = node.tag.endswith(":int")
        return self.construct_yaml_int(node) if whole else self.construct_yaml_float(node)

    def construct_text(self, node: yaml.ScalarNode) -> str:
        """A text that can be written again: an escape such as "\\ud800" alone is half a character."""
        text: str = self.construct_yaml_str(node)
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            raise YamlLimit("a text holds half of a character, an escape from \\ud800 to \\udfff", node.start_mark)
        return text


PlainLoader.add_constructor("tag:yaml.org,2002:int", PlainLoader.construct_number)
PlainLoader.add_constructor("tag:yaml.org,2002:float", PlainLoader.construct_number)
PlainLoader.add_constructor("tag:yaml.org,2002:str", PlainLoader.construct_text)


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for pair in node.value:
            yield from pair
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def compose(text: str) -> Any:
    """The node that `text` is; None where it is empty.

    Raises:
        yaml.YAMLError: it is no YAML, or beyond the limits (YamlLimit); and others of UNREADABLE.
    """
    loader = PlainLoader(text)
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


def construct(root: yaml.Node) -> Any:
    """The plain data below `root`.

    Raises:
        yaml.YAMLError: a value does not fit its tag; and others of UNREADABLE.
    """
    loader = PlainLoader("")
    try:
        return loader.construct_document(root)
    finally:
        loader.dispose()


def read_yaml(text: str) -> Any:
    """The plain data that `text` says; None where it is empty.

    Raises:
        UNREADABLE: it is no YAML, or beyond the limits.
    """
    root = compose(text)
    return construct(root) if root is not None else None


def read_yaml_file(path: Path) -> Any:
    """The plain data in the file at `path`; None where it is empty.

    Raises:
        OSError: it cannot be read, or is no regular file of at most MOST_BYTES.
        UNREADABLE: it is no YAML, or beyond the limits.
    """
    return read_yaml(read_text(path, limit=MOST_BYTES))


__all__ = [
    "MOST_BYTES", "MOST_DEPTH", "MOST_NODES", "PYYAML_MAY_RAISE", "PlainLoader", "UNREADABLE", "YamlLimit", "compose",
    "construct", "read_yaml", "read_yaml_file",
]  # fmt: skip
