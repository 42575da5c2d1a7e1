"""What an audience must not read: while presenter mode is on, paths are shown by their last part alone."""

import re
from pathlib import Path

from kdstudio.gui.theme import theme

# An absolute path of two parts or more, on any system; "16/32/64" and "https://" are none.
_PATH = re.compile(r"(?<![\w…/\\.~])(?:[A-Za-z]:[\\/]|~?[\\/])(?:[^\\/\s:;,\"'<>|()]+[\\/])+([^\\/\s:;,\"'<>|()]*)")


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


def shown(text: str) -> str:
    """`text` as the window may show it now."""
    return masked(text, theme().private) if theme().presenter else text
