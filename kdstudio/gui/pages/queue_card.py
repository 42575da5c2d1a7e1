"""The queue as people see and order it."""

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPersistentModelIndex, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from kdstudio.gui.buttons import IconButton, Switch
from kdstudio.gui.cards import Card, Text
from kdstudio.gui.commands.menus import own_actions
from kdstudio.gui.plain_tips import plain_tip
from kdstudio.gui.queue import RunQueue
from kdstudio.gui.theme import GAP, SPACE

KEY = Qt.ItemDataRole.UserRole


class WaitingLine(QStyledItemDelegate):
    """A line as wide as the list: a long title gives way, and is whole in the tooltip."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(0, option.fontMetrics.height() + 4 * SPACE)


class QueueCard(Card):
    """A switch, the runs that wait, and what moves them.

    Args:
        actions: those of the window that it stands in; without a window it has its own.
    """

    def __init__(
        self, queue: RunQueue, actions: dict[str, QAction] | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("runs.queue.card")
        self._queue = queue
        self._filling = False
        self._dropped = QTimer(self)  # the list is in the middle of a drop when it says that rows have moved
        self._dropped.setSingleShot(True)
        self.switch = Switch()
        self.switch.setObjectName("queue.switch")
        self.switch.setAccessibleName(self.tr("Run the queue"))
        self.state = Text("", "body", "quiet", wrap=True)
        self.state.setObjectName("queue.state")
        self.list = QListWidget()
        self.list.setObjectName("queue.list")
        self.list.setAccessibleName(self.tr("Runs in the queue"))
        self.list.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.list.setFrameShape(QListWidget.Shape.NoFrame)
        self.list.setItemDelegate(WaitingLine(self.list))
        self.list.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)  # it scrolls, not the card
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.up = IconButton(self.tr("Up"), "up", "queue.up")
        self.down = IconButton(self.tr("Down"), "down", "queue.down")
        self.out = IconButton(self.tr("Remove"), "close", "queue.out")
        self.next = IconButton(self.tr("Start next run"), "play", "queue.next")
        self.does = {"queue.up": self._up, "queue.down": self._down, "queue.out": self._out}
        self.actions_by_id = actions or own_actions(self, self.does, dict(self.does))
        self._arrange()
        self._connect()
        self._show()

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(GAP)
        name = Text(self.tr("Run the &queue"), "heading")
        name.setBuddy(self.switch)
        head.addWidget(name)
        head.addWidget(self.switch)
        head.addWidget(self.state, 1)
        head.addWidget(self.next)
        self.body.addLayout(head)
        said = self.tr(
            "Runs start one at a time on each device, from top to bottom. The queue ends when this window closes; runs that "
            "wait stay queued, and you can start them from here."
        )
        self.body.addWidget(Text(said, "caption", "quiet", wrap=True))
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(self.list, 1)
        buttons = QVBoxLayout()
        buttons.setSpacing(SPACE)
        for button in (self.up, self.down, self.out):
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)  # all as wide as the widest
            buttons.addWidget(button)
        buttons.addStretch(1)
        row.addLayout(buttons)
        self.body.addLayout(row, 1)

    def _connect(self) -> None:
        self._queue.changed.connect(self._show)
        self.switch.toggled.connect(self._queue.switch)
        self.next.clicked.connect(self._queue.start_next)
        self.list.currentRowChanged.connect(self._allow)
        self.list.model().rowsMoved.connect(self._moved)
        self._dropped.timeout.connect(self._dragged)
        self.up.clicked.connect(self._up)
        self.down.clicked.connect(self._down)
        self.out.clicked.connect(self._out)
        for name in self.does:
            self.list.addAction(self.actions_by_id[name])

    def _moved(self, *_: object) -> None:
        self._dropped.start()

    @Slot()
    def _show(self) -> None:
        chosen = self._chosen()
        self._filling = True
        self.list.clear()
        for number, run in enumerate(self._queue.waiting, start=1):
            item = QListWidgetItem(f"{number}.  {run.title}")
            item.setData(KEY, run.key)
            item.setToolTip(plain_tip(f"{run.title}\n{run.folder.path.name}"))
            self.list.addItem(item)
            if run.key == chosen:
                self.list.setCurrentItem(item, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self._filling = False
        self.switch.setChecked(self._queue.on)
        self.state.setText(self._words())
        self.next.setVisible(self._queue.waits_for_paused)
        self._allow()

    def _words(self) -> str:
        queue, waiting = self._queue, self._queue.waiting
        fill = self.tr("Press Queue on New experiment, or choose runs in the table and add them to the queue.")
        if not queue.on:
            off = self.tr("Queue is off: runs will not start.")
            return off if waiting else self.tr("Queue is off and empty. {0}").format(fill)
        if queue.at_work:
            return self.tr("Running: {0}").format(", ".join(f"“{run.title}”" for run in queue.at_work))
        holder = queue.holds(waiting[0]) if waiting else ""
        if queue.waits_for_paused:
            return self.tr("Waiting for “{0}”, which is paused. Resume it, or start the next run.").format(holder)
        if holder:
            return self.tr("Waiting for “{0}” to end").format(holder)
        return self.tr("Queue is on") if waiting else self.tr("Queue is on and empty. {0}").format(fill)

    @Slot()
    def _allow(self) -> None:
        place, count = self.list.currentRow(), self.list.count()
        none = self.tr("Choose a run in the queue first")
        for name, button, allowed, why in (
            ("queue.up", self.up, place > 0, none if place < 0 else self.tr("It is already the first")),
            ("queue.down", self.down, 0 <= place < count - 1, none if place < 0 else self.tr("It is already the last")),
            ("queue.out", self.out, place >= 0, none),
        ):
            for each in (button, self.actions_by_id[name]):
                each.setEnabled(allowed)
                each.setToolTip("" if allowed else why)

    def _chosen(self) -> str | None:
        item = self.list.currentItem()
        return str(item.data(KEY)) if item is not None else None

    @Slot()
    def _dragged(self) -> None:
        self._queue.order([str(self.list.item(row).data(KEY)) for row in range(self.list.count())])

    @Slot()
    def _up(self) -> None:
        chosen = self._chosen()
        if chosen:
            self._queue.move(chosen, -1)

    @Slot()
    def _down(self) -> None:
        chosen = self._chosen()
        if chosen:
            self._queue.move(chosen, 1)

    @Slot()
    def _out(self) -> None:
        chosen = self._chosen()
        if chosen:
            self._queue.remove(chosen)
