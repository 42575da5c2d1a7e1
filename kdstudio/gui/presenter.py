"""What an audience must not read: while presenter mode is on, paths are shown by their last part alone.

Nothing here changes a text. Labels show another one, and what can be edited paints another one: what is saved, started,
copied or read aloud is as it was.
"""

import re
from pathlib import Path

from kdstudio.gui.theme import theme

# An absolute path of two parts or more, on any system; "16/32/64" and "https://" are none. A folder may have spaces in it.
_WORD = r"[^\\/\s:;,\"'<>|()]+"
_PATH = re.compile(rf"(?<![\w…/\\.~])(?:[A-Za-z]:[\\/]|[~…]?[\\/])(?:{_WORD}(?: {_WORD}){{0,2}}[\\/])+({_WORD[:-1]}*)")
_ROOT = r"(?:[A-Za-z]:[\\/]|~?[\\/])"
# The same as the whole of a line, as the value of the field that a line begins with, and as that of a field in braces: then
# its parts may have spaces in them, and commas where no other field can follow.
_VALUES = (
    re.compile(rf"^([ \t]*['\"]?){_ROOT}[^\n]*[\\/](?=[^\\/\n])", re.MULTILINE),
    re.compile(rf"^([ ]*(?:- )*[\w-]+:[ \t]+['\"]?){_ROOT}(?:(?! \#)[^\n])*[\\/](?=[^\\/\n])", re.MULTILINE),
    re.compile(rf"([{{,\s][\w-]+:[ \t]+['\"]?){_ROOT}[^,}}\n]*[\\/](?=[^\\/\n])"),
)
# YAML may fold a value over several lines: in quotes up to the closing one; plain, or after ">" or "|", while lines are
# indented deeper than the name of their field and are no fields or items themselves.
_ON = r"(?:\n[ \t]*(?=\n))*\n{indent}(?![\w-]+:(?:\s|$)|- |\#)"  # a line that goes on with the value
_FOLDED = (
    re.compile(rf"(?<![^\s,{{\[])'(?:{_ROOT}(?:[^']|'')*)'"),
    re.compile(rf'(?<![^\s,{{\[])"(?:{_ROOT}(?:\\.|[^"\\])*)"', re.DOTALL),
    re.compile(
        rf"^(?P<name>(?P<in>[ ]*)(?:- )*[\w-]+:(?:[ ]+[>|][-+\d]*)?)(?P<value>(?:[ ]+|{_ON.format(indent='(?P=in)[ ]+')})"
        rf"{_ROOT}[^\n]*(?:{_ON.format(indent='(?P=in)[ ]+')}[^\n]+)+)",
        re.MULTILINE,
    ),
    re.compile(rf"(?P<name>[{{,]\s*[\w-]+:)(?P<value>\s+{_ROOT}[^,}}\n]*(?:(?!\n\s*[\w-]+:\s)\n[^,}}\n]*)+)"),
)


def masked(text: str, roots: tuple[str, ...] = ()) -> str:
    """`text` with each absolute path cut down to its last part.

    Args:
        roots: folders that are cut down wherever they stand, whatever their names contain.
    """
    person = str(Path.home())
    for root in roots:
        if root != person and len(root) > 1:
            text = text.replace(root, f"…/{Path(root).name}")
    if len(person) > 1:
        text = text.replace(person, "…")
    return _PATH.sub(r"…/\1", text)


def masked_values(text: str) -> str:
    """`text`, which is a path or lines of YAML, with each path cut down to its last part.

    It has as many lines as before: of a path that is folded over several, the first says all.
    """
    for folded in _FOLDED:
        text = folded.sub(_unfolded, text)
    for value in _VALUES:
        text = value.sub(r"\1…/", text)
    return masked(text)


def _unfolded(found: "re.Match[str]") -> str:
    """A value of several lines on its first one, cut down, and so one in quotes; as it was where it has no parts."""
    named = "name" in found.re.groupindex
    name, value = (found["name"], found["value"]) if named else ("", found[0])
    mark, lines = "" if named else value[0], value.count("\n")
    said = " ".join(value.strip(mark + " \n").split()).rstrip("\\/")
    parts = [part for part in re.split(r"[\\/]", said) if part not in ("", "~") and not re.fullmatch("[A-Za-z]:", part)]
    if not lines and len(parts) < 2:
        return found[0]
    return f"{name}{' ' if named else ''}{mark}…/{parts[-1] if parts else ''}{mark}" + "\n" * lines


def shown(text: str) -> str:
    """`text` as the window may show it now."""
    return masked(text, theme().private) if theme().presenter else text


def shown_values(text: str) -> str:
    """`text`, which is a path or lines of YAML, as the window may show it now."""
    return masked_values(text) if theme().presenter else text
