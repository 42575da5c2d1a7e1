"""What a table offers to be sorted by: the keyboard's way to a click on the head of a column."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from kdstudio.gui.commands.command import Offer
from kdstudio.gui.language import tr

Column = TypeVar("Column")


def sorting(
    columns: Iterable[tuple[Column, str]], sorted_by: tuple[Column, bool], sort: Callable[[Column], object]
) -> list[Offer]:
    """An offer for each of `columns` (what it is to the table, and its title).

    Args:
        sorted_by: the column in force, and whether the largest is first.
        sort: sorts by a column; by the one in force, the other way round.
    """
    now, descending = sorted_by
    down, up = (
        tr("Sorted from high to low; choose again to reverse"),
        tr("Sorted from low to high; choose again to reverse"),
    )
    tip = down if descending else up

    def by(column: Column) -> Callable[[], object]:
        return lambda: sort(column)

    return [
        Offer(title=title, does=by(column), on=column == now, tip=tip if column == now else "")
        for column, title in columns
    ]
