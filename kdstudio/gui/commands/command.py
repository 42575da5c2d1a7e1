"""What a command is: its line in the list, what it does, and what it lets people choose from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """A command: `id` is "part.name"; `group` separates it from the command above when it differs.

    Attributes:
        submenu: the menu within `menu` that it stands in.
        place: the object name of the one widget in which its keys mean it; "" for the whole window.
        checkable: it is on or off.
        one_of: those of the same name exclude each other.
        offers: it lets people choose: in the menus it is a menu of its own, in the palette a second list.
    """

    id: str
    title: str
    menu: str
    shortcut: str = ""
    group: int = 0
    submenu: str = ""
    place: str = ""
    checkable: bool = False
    one_of: str = ""
    offers: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """One of the things that a command lets people choose from.

    Attributes:
        tip: what its title does not say.
        why_not: why it cannot be chosen now, "" when it can.
        on: whether it is on; None for what is neither on nor off.
    """

    title: str
    does: Callable[[], object]
    tip: str = ""
    why_not: str = ""
    on: bool | None = None


def always() -> str:
    """Nothing stands in the way."""
    return ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Deed:
    """What stands behind a command.

    Attributes:
        does: carries it out. A page that it concerns comes into view first: nobody changes what they do not see.
        offers: what there is to choose from, where it is a command that lets choose.
        why_not: why it cannot be carried out now, "" when it can; None when the page's own action says so.
        on: whether it is on, where it is checkable.
    """

    does: Callable[[], object] = always
    offers: Callable[[], Sequence[Offer]] | None = None
    why_not: Callable[[], str | None] = always
    on: Callable[[], bool] | None = None


def plain(title: str) -> str:
    """`title` without its mnemonic and its dots."""
    return title.replace("&&", "\0").replace("&", "").replace("\0", "&").removesuffix("...")
