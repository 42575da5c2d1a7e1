"""The queue: off until it is switched on, one run at a time per device, in the order that people give it."""

import shutil
from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.pages.queue_card import KEY, QueueCard
from kdstudio.gui.pages.runs import QUEUE
from kdstudio.gui.queue import RunQueue
from kdstudio.gui.tables.columns import PLACES
from kdstudio.runs import lost
from kdstudio.runs.files import write_json
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.library import Library
from kdstudio.runs.state import State
from kdstudio.spec import loads
from tests.fakes import EXPERIMENT, a_process_at_work, a_run, a_story, a_told_run
from tests.gui.player import Player


class Starter:
    """Pretends to start runs: says when, and ends them when the test says so."""

    def __init__(self) -> None:
        self.started: list[RunFolder] = []

    def __call__(self, folder: RunFolder) -> None:
        self.started.append(folder)

    def end(self, state: str = "completed", code: str | None = None) -> None:
        folder = self.started[-1]
        write_json(folder.status_file, {"state": state, "attempt": 1, "code": code})


@pytest.fixture
def starter() -> Starter:
    return Starter()


@pytest.fixture
def queue(qapp: object, starter: Starter) -> RunQueue:
    return RunQueue(starter)


def filled(queue: RunQueue, home: Home, *devices: str) -> list[RunFolder]:
    folders = [a_run(home) for _ in devices]
    for number, (folder, device) in enumerate(zip(folders, devices, strict=True)):
        assert queue.add(folder, f"run {number}", device)
    return folders


def test_that_nothing_starts_while_it_is_off(queue: RunQueue, starter: Starter, home: Home) -> None:
    filled(queue, home, "cpu", "cpu")
    queue.look()
    assert starter.started == []
    assert not queue.on


def test_that_the_next_starts_when_the_one_at_work_ends(queue: RunQueue, starter: Starter, home: Home) -> None:
    folders = filled(queue, home, "cpu", "cpu")
    queue.switch(True)
    queue.look()
    assert starter.started == folders[:1]
    starter.end()
    queue.look()
    assert starter.started == folders
    queue.shutdown()


def test_that_each_device_has_its_own_turn_and_auto_waits_for_all(
    queue: RunQueue, starter: Starter, home: Home
) -> None:
    cpu, cuda, auto = filled(queue, home, "cpu", "cuda:0", "auto")
    queue.switch(True)
    assert starter.started == [cpu, cuda]
    assert queue.holds(queue.waiting[0]) == "run 0"
    for folder in (cpu, cuda):
        write_json(folder.status_file, {"state": "completed", "attempt": 1})
        queue.look()
    assert starter.started == [cpu, cuda, auto]
    queue.shutdown()


def test_that_a_run_at_work_elsewhere_in_the_home_is_waited_for(qapp: object, starter: Starter, home: Home) -> None:
    other = a_run(home, text=EXPERIMENT.replace("Digits of a test", "Somebody else's"))
    library = Library(home)
    queue = RunQueue(starter, library.rows)
    filled(queue, home, "auto")
    with a_process_at_work(other):
        queue.switch(True)
        assert starter.started == []
        assert queue.holds(queue.waiting[0]) == "Somebody else's"
    queue.look()
    assert len(starter.started) == 1
    queue.shutdown()


def test_that_runs_are_moved_taken_out_and_never_doubled(queue: RunQueue, home: Home) -> None:
    a, b, c = filled(queue, home, "cpu", "cpu", "cpu")
    assert not queue.add(a, "again")
    queue.move(c.path.name, -1)
    assert [run.folder for run in queue.waiting] == [a, c, b]
    queue.move(a.path.name, -5)
    queue.remove(c.path.name)
    assert [run.folder for run in queue.waiting] == [a, b]
    assert c.status().state is State.QUEUED


def test_that_a_run_and_its_copy_both_wait(queue: RunQueue, home: Home) -> None:
    run = a_run(home)
    copy = RunFolder(shutil.copytree(run.path, run.path.with_name(f"20260101-000000_copy_{run.id}")))
    assert queue.add(run, "one") and queue.add(copy, "its copy")
    queue.move(copy.path.name, -1)
    queue.remove(run.path.name)
    assert [each.folder for each in queue.waiting] == [copy]


def test_that_a_completed_run_does_not_wait(queue: RunQueue, home: Home) -> None:
    assert not queue.add(a_told_run(home), "done")


def test_that_a_failure_that_the_next_would_meet_too_stops_it(
    qtbot: QtBot, queue: RunQueue, starter: Starter, home: Home
) -> None:
    filled(queue, home, "cpu", "cpu")
    queue.switch(True)
    starter.end("failed", "disk-full")
    with qtbot.waitSignal(queue.said) as said:
        queue.look()
    assert "run 0" in said.args[0]
    assert not queue.on
    assert len(starter.started) == 1


def test_that_a_run_that_a_full_disk_has_ended_stops_it(
    qtbot: QtBot, queue: RunQueue, starter: Starter, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(queue, home, "cpu", "cpu")
    queue.switch(True)
    killed = starter.started[0]
    write_json(killed.status_file, {"state": "running", "attempt": 1, "pid": 2**22 + 1, "host": "here"})
    monkeypatch.setattr(lost, "disk_is_full", lambda folder: folder == killed)
    with qtbot.waitSignal(queue.said):
        queue.look()
    assert not queue.on
    assert len(starter.started) == 1


def test_that_a_run_that_this_window_has_just_started_is_waited_for(qapp: object, starter: Starter, home: Home) -> None:
    mine = [a_run(home, text=f"{EXPERIMENT}compute: {{device: cpu}}\n".replace("Digits of a test", "Started by hand"))]
    queue = RunQueue(starter, here=lambda: mine)
    filled(queue, home, "cpu", "cuda:0")
    queue.switch(True)
    assert [run.title for run in queue.at_work] == ["run 1"]  # on another device
    assert queue.holds(queue.waiting[0]) == "Started by hand"
    mine.clear()
    queue.look()
    assert len(starter.started) == 2
    queue.shutdown()


def test_that_another_one_to_wait_for_is_told(qtbot: QtBot, starter: Starter, home: Home) -> None:
    mine = [a_run(home, text=EXPERIMENT.replace("Digits of a test", title)) for title in ("The first", "The second")]
    queue = RunQueue(starter, here=lambda: mine)
    card = QueueCard(queue)
    qtbot.addWidget(card)
    filled(queue, home, "cpu")
    queue.switch(True)
    assert card.state.text() == "Waiting for “The first” to end"
    mine.pop(0)
    queue.look()
    assert card.state.text() == "Waiting for “The second” to end"
    queue.shutdown()


def test_that_a_run_is_called_as_people_call_it_by_now(
    qtbot: QtBot, queue: RunQueue, starter: Starter, home: Home
) -> None:
    """In the list, in the sentences, and in what is said when the queue stops; one that nobody has renamed keeps its name."""
    first, second, third = filled(queue, home, "cpu", "cpu", "cpu")
    card = QueueCard(queue)
    qtbot.addWidget(card)
    queue.switch(True)
    card.list.setCurrentRow(1)
    names = {first: "At work by another name", second: "Waits by another name"}
    queue.take_names(lambda folder: names.get(folder, ""))
    assert [card.list.item(row).text() for row in range(2)] == ["1.  Waits by another name", "2.  run 2"]
    assert card.list.item(0).toolTip() == f"Waits by another name\n{second.path.name}"
    assert card.list.currentItem().data(KEY) == third.path.name, "what was chosen still is"
    assert card.state.text() == "Running: “At work by another name”"
    assert queue.holds(queue.waiting[0]) == "At work by another name"
    changes: list[str] = []
    queue.changed.connect(lambda: changes.append("changed"))
    queue.take_names(lambda folder: names.get(folder, ""))
    assert changes == [], "the same names are no news"
    starter.end("failed", "disk-full")
    with qtbot.waitSignal(queue.said) as said:
        queue.look()
    assert said.args[0] == "The queue stopped after “At work by another name”"


def test_that_a_rename_in_the_table_reaches_the_queue(
    qtbot: QtBot, open_window: Callable[[], MainWindow], home: Home
) -> None:
    window = open_window()
    for _ in range(2):
        window.lobby.enqueue(loads(EXPERIMENT))
    page, queue = window.runs_page, window.lobby.queue
    qtbot.waitUntil(lambda: page.model.rowCount() == 2)
    here = queue.waiting[1].folder
    row = page.model.place_of(str(here.path))
    assert page.model.setData(page.model.index(row, PLACES["title"]), "Another name")
    qtbot.waitUntil(lambda: page.queue_card.list.item(1).text() == "2.  Another name")
    assert [run.title for run in queue.waiting] == ["Digits of a test", "Another name"]
    here.set_about(replace(here.about(), name="A third one"))  # by the command line
    qtbot.waitUntil(lambda: page.queue_card.list.item(1).text() == "2.  A third one", timeout=10_000)


def test_that_a_run_in_view_is_gone_on_with_in_view(
    qtbot: QtBot, open_window: Callable[[], MainWindow], home: Home, player: Player
) -> None:
    window = open_window()
    player.habits = ("hold=student",)
    paused = a_told_run(home, a_story()[:20])
    window.open_run(paused)
    qtbot.waitUntil(lambda: window.controller.resumable)
    assert window.lobby.queue.add(paused, "paused")
    window.lobby.queue.switch(True)
    qtbot.waitUntil(lambda: window.controller.active)
    assert window.controller.folder == paused
    qtbot.waitUntil(lambda: window.controller.status.state is State.RUNNING, timeout=15_000)
    window.controller.stop()
    qtbot.waitUntil(lambda: not window.controller.active, timeout=15_000)


def at_work(qtbot: QtBot, window: MainWindow) -> RunFolder:
    """Start a run by hand that trains until it is asked to end."""
    window.start_experiment(loads(EXPERIMENT))
    qtbot.waitUntil(lambda: window.controller.status.state is State.RUNNING)
    assert window.controller.folder is not None
    return window.controller.folder


def offered(window: MainWindow, text: str) -> QPushButton:
    """The button of the window's message that says `text`."""
    return next(each for each in window.message.findChildren(QPushButton) if each.text() == text and each.isVisible())


def test_that_a_paused_run_is_continued_before_the_queue_starts_the_next(
    qtbot: QtBot, window: MainWindow, player: Player
) -> None:
    player.habits = ("hold=student",)
    run = at_work(qtbot, window)
    window.lobby.enqueue(loads(EXPERIMENT))
    waiting, queue = window.lobby.queue.waiting[0].folder, window.lobby.queue
    assert window.message.detail == "Queue is off: runs will not start."
    qtbot.mouseClick(offered(window, "Start queue"), Qt.MouseButton.LeftButton)
    assert queue.on
    window.show_page("run")
    qtbot.mouseClick(window.run_page.controls.pause, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.message.title == f"The queue waits for “{run.called}”")
    queue.look()
    assert (run.status().state, waiting.status().state) == (State.PAUSED, State.QUEUED)
    assert len(player.processes) == 1, "the next one was not started"
    qtbot.mouseClick(window.run_page.controls.resume, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: run.status().attempt == 2 and window.controller.status.state is State.RUNNING)
    queue.look()
    assert queue.holds(queue.waiting[0]) == run.called
    assert not queue.waits_for_paused
    (run.path / "go").touch()
    player.habits = ()
    qtbot.waitUntil(lambda: waiting.status().state is State.COMPLETED)
    assert run.status().state is State.COMPLETED
    qtbot.waitUntil(lambda: not window.controller.active)


def test_that_the_next_run_starts_although_one_is_paused_where_people_say_so(
    qtbot: QtBot, window: MainWindow, player: Player
) -> None:
    player.habits = ("hold=student",)
    run = at_work(qtbot, window)
    window.lobby.enqueue(loads(EXPERIMENT))
    queue, card = window.lobby.queue, window.runs_page.queue_card
    waiting = queue.waiting[0].folder
    queue.switch(True)
    window.controller.pause()
    qtbot.waitUntil(lambda: queue.waits_for_paused)
    assert card.state.text() == f"Waiting for “{run.called}”, which is paused. Resume it, or start the next run."
    window.show_page("runs")
    window.runs_page.show_below(QUEUE)
    player.habits = ()
    qtbot.mouseClick(card.next, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: waiting.status().state is State.COMPLETED)
    assert run.status().state is State.PAUSED
    qtbot.waitUntil(lambda: not queue.at_work and not window.controller.active)


def test_that_the_edge_of_every_page_says_whether_runs_wait_and_switches_the_queue(
    qtbot: QtBot, window: MainWindow, player: Player
) -> None:
    sign = window.navigation.queue
    assert not sign.isVisible()
    buttons = [QRect(each.geometry()) for each in window.navigation.buttons.values()]
    window.show_page("new")
    window.lobby.enqueue(loads(EXPERIMENT))
    assert sign.isVisible()
    assert (sign.title.whole, sign.words.whole) == ("Queue is off", "1 run waits")
    assert [each.geometry() for each in window.navigation.buttons.values()] == buttons
    folder = window.lobby.queue.waiting[0].folder
    qtbot.mouseClick(sign.switch, Qt.MouseButton.LeftButton)
    assert window.lobby.queue.on and sign.title.whole == "Queue is on"
    qtbot.waitUntil(lambda: folder.status().state is State.COMPLETED)
    qtbot.mouseClick(sign, Qt.MouseButton.LeftButton, pos=sign.title.geometry().center())
    assert window.pages.currentWidget() is window.runs_page
    assert window.runs_page.queue_card.isVisible()
    qtbot.waitUntil(lambda: not window.controller.active)
    qtbot.mouseClick(sign.switch, Qt.MouseButton.LeftButton)
    assert not sign.isVisible() and not window.lobby.queue.on


def test_that_any_other_failure_does_not_stop_it(queue: RunQueue, starter: Starter, home: Home) -> None:
    filled(queue, home, "cpu", "cpu")
    queue.switch(True)
    starter.end("failed", "not-a-number")
    queue.look()
    assert len(starter.started) == 2
    queue.shutdown()


def test_that_it_says_what_closing_means(queue: RunQueue, home: Home) -> None:
    filled(queue, home, "cpu", "cpu", "cpu")
    assert queue.farewell == ""
    queue.switch(True)
    assert "2 runs" in queue.farewell
    queue.shutdown()


def test_that_the_card_orders_by_buttons_and_keys_and_says_why_not(qtbot: QtBot, queue: RunQueue, home: Home) -> None:
    a, b = filled(queue, home, "cpu", "cpu")
    card = QueueCard(queue)
    qtbot.addWidget(card)
    card.show()
    assert card.up.toolTip() == "Choose a run in the queue first"
    card.list.setCurrentRow(1)
    qtbot.mouseClick(card.up, Qt.MouseButton.LeftButton)
    assert [run.folder for run in queue.waiting] == [b, a]
    assert card.list.currentRow() == 0
    assert card.up.toolTip() == "It is already the first"
    card.list.setFocus()
    qtbot.waitUntil(card.list.hasFocus)
    qtbot.keyClick(card.list, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert [run.folder for run in queue.waiting] == [a, b]
    qtbot.keyClick(card.list, Qt.Key.Key_Delete)
    assert [run.folder for run in queue.waiting] == [a]
    assert "ends when this window closes" in card.findChildren(type(card.state))[-1].text()


def test_that_the_switch_in_the_window_runs_one_after_the_other(
    qtbot: QtBot, open_window: Callable[[], MainWindow], home: Home, player: Player
) -> None:
    window = open_window()
    for _ in range(2):
        window.lobby.enqueue(loads(EXPERIMENT))
    folders = [run.folder for run in window.lobby.queue.waiting]
    window.show_page("runs")
    window.runs_page.show_below(QUEUE)
    window.runs_page.queue_card.switch.setChecked(True)
    assert window.lobby.queue.on
    qtbot.waitUntil(lambda: folders[1].status().state is State.COMPLETED, timeout=30_000)
    assert folders[0].status().state is State.COMPLETED
    assert len(player.processes) == 2
    qtbot.waitUntil(lambda: not window.controller.active, timeout=10_000)


def test_that_a_long_title_gives_way_and_the_card_says_how_to_fill_it(qtbot: QtBot, queue: RunQueue, home: Home) -> None:
    card = QueueCard(queue)
    qtbot.addWidget(card)
    card.resize(500, 260)
    card.show()
    assert "New experiment" in card.state.text()
    assert queue.add(a_run(home), "A long title " * 30)
    assert card.list.visualItemRect(card.list.item(0)).width() <= card.list.viewport().width()
    assert "A long title" in card.list.item(0).toolTip()
    assert len({button.width() for button in (card.up, card.down, card.out)}) == 1
