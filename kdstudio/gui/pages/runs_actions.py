"""What can be done with chosen runs: each thing once, for the buttons, the context menu, the keyboard and the palette."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from kdstudio.runs.library import Row
from kdstudio.runs.state import State


@dataclass(frozen=True, kw_only=True, slots=True)
class RunCommand:
    """A thing to do; `group` separates it from the one above when it differs."""

    id: str
    title: str
    shortcut: str
    why_not: Callable[[Sequence[Row]], str]
    group: int = 0


def tr(text: str) -> str:
    """`text` in the language of the window."""
    return QCoreApplication.translate("runs", text)


def _any(rows: Sequence[Row]) -> str:
    return "" if rows else tr("Choose a run first")


def _one(rows: Sequence[Row]) -> str:
    return "" if len(rows) == 1 else tr("Choose one run") if rows else _any(rows)


def _idle(rows: Sequence[Row]) -> str:
    busy = [row.title for row in rows if is_at_work(row)]
    return _any(rows) or (tr("{0} is at work: stop it first").format(busy[0]) if busy else "")


def _resumable(rows: Sequence[Row]) -> str:
    return _one(rows) or why_not_resumed(rows[0])


def _queued(rows: Sequence[Row]) -> str:
    reasons = [why_not_resumed(row) for row in rows]
    return _any(rows) or ("" if not all(reasons) else reasons[0])


def _nothing(rows: Sequence[Row]) -> str:
    return ""


def is_at_work(row: Row) -> bool:
    """Whether a process works on the run."""
    return State(row.state).active and not (row.state == State.QUEUED and row.attempt == 0)


def why_not_resumed(row: Row) -> str:
    """Why the run cannot be started or gone on with, "" when it can."""
    if row.problem.startswith("experiment.yaml"):
        return tr("Its {0}: there is nothing to go by").format(row.problem.split(";")[0])
    if row.state == State.COMPLETED:
        return tr("It is complete. Use it as a new experiment to train longer")
    return tr("It is at work already") if is_at_work(row) else ""


RUN_COMMANDS = (
    RunCommand(id="runs.open", title="&Open", shortcut="Return", why_not=_one),
    RunCommand(id="runs.resume", title="&Resume", shortcut="Ctrl+Shift+R", why_not=_resumable),
    RunCommand(id="runs.duplicate", title="&Use as new experiment", shortcut="Ctrl+Shift+D", why_not=_one),
    RunCommand(id="runs.queue", title="Add to the &queue", shortcut="Ctrl+Shift+Q", why_not=_queued),
    RunCommand(id="runs.overlay", title="Over&lay", shortcut="Ctrl+Shift+L", why_not=_any, group=1),
    RunCommand(id="runs.rename", title="Re&name", shortcut="F2", why_not=_one, group=2),
    RunCommand(id="runs.tags", title="&Tags...", shortcut="Ctrl+Shift+T", why_not=_any, group=2),
    RunCommand(id="runs.notes", title="N&otes...", shortcut="Ctrl+Shift+N", why_not=_one, group=2),
    RunCommand(id="runs.folder", title="Open &folder", shortcut="Ctrl+Shift+O", why_not=_one, group=3),
    RunCommand(id="runs.export", title="&Export the table as CSV...", shortcut="Ctrl+Shift+E", why_not=_nothing, group=3),
    RunCommand(id="runs.delete", title="&Move to the trash...", shortcut="Delete", why_not=_idle, group=4),
)


def build_run_actions(page: QWidget, table: QWidget, does: dict[str, Callable[[], object]]) -> dict[str, QAction]:
    """An action for each command. Keys that write text elsewhere (Return, Delete) belong to the table alone."""
    actions = {}
    for command in RUN_COMMANDS:
        action = QAction(tr(command.title), page)
        action.setObjectName(command.id)
        action.setShortcut(QKeySequence(command.shortcut))
        own = "+" not in command.shortcut
        action.setShortcutContext(
            Qt.ShortcutContext.WidgetShortcut if own else Qt.ShortcutContext.WidgetWithChildrenShortcut
        )
        (table if own else page).addAction(action)
        action.triggered.connect(does[command.id])
        actions[command.id] = action
    actions["runs.open"].setShortcuts([QKeySequence(Qt.Key.Key_Return), QKeySequence(Qt.Key.Key_Enter)])
    return actions


def allow(actions: dict[str, QAction], rows: Sequence[Row]) -> None:
    """Enable what can be done with `rows`, and let the others say why not."""
    for command in RUN_COMMANDS:
        why = command.why_not(rows)
        actions[command.id].setEnabled(not why)
        actions[command.id].setToolTip(why or actions[command.id].text().replace("&", "").removesuffix("..."))
