"""What can be done with chosen runs, and why not: for the buttons, the context menu, the keyboard and the palette."""

from collections.abc import Callable, Sequence

from PySide6.QtGui import QAction

from kdstudio.gui.commands.command import plain
from kdstudio.gui.commands.listed import COMMANDS
from kdstudio.gui.language import tr
from kdstudio.gui.plain_tips import plain_tip
from kdstudio.runs.library import Row
from kdstudio.runs.state import State


def _any(rows: Sequence[Row]) -> str:
    return "" if rows else tr("Choose a run first")


def _one(rows: Sequence[Row]) -> str:
    return "" if len(rows) == 1 else tr("Choose one run") if rows else _any(rows)


def _idle(rows: Sequence[Row]) -> str:
    busy = [row.title for row in rows if row.begun]
    return _any(rows) or (tr("“{0}” is running: stop it first").format(busy[0]) if busy else "")


def _resumable(rows: Sequence[Row]) -> str:
    return _one(rows) or why_not_resumed(rows[0])


def _queued(rows: Sequence[Row]) -> str:
    reasons = [why_not_resumed(row) for row in rows]
    return _any(rows) or ("" if not all(reasons) else reasons[0])


def _nothing(rows: Sequence[Row]) -> str:
    return ""


def why_not_resumed(row: Row) -> str:
    """Why the run cannot be started or gone on with, "" when it can."""
    if row.problem.startswith("experiment.yaml"):
        return tr("It cannot start: its {0}").format(row.problem.split(";")[0])
    if row.state == State.COMPLETED:
        return tr("It is completed. Use it as a new experiment to train longer")
    return tr("It is already running") if row.begun else ""


WHY_NOT: dict[str, Callable[[Sequence[Row]], str]] = {
    "runs.open": _one,
    "runs.resume": _resumable,
    "runs.duplicate": _one,
    "runs.queue": _queued,
    "runs.overlay": _any,
    "runs.rename": _one,
    "runs.tags": _any,
    "runs.notes": _one,
    "runs.folder": _one,
    "runs.export": _nothing,
    "runs.delete": _idle,
}
RUN_COMMANDS = tuple(command for command in COMMANDS if command.id in WHY_NOT)


def allow(actions: dict[str, QAction], rows: Sequence[Row]) -> None:
    """Enable what can be done with `rows`, and let the others say why not."""
    for identity, why_not in WHY_NOT.items():
        why = why_not(rows)
        actions[identity].setEnabled(not why)
        actions[identity].setToolTip(plain_tip(why or plain(actions[identity].text())))
