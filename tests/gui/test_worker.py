"""The worker and the controller with real processes and real files: start, follow, pause, stop, resume, die, close."""

import time
from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from kdstudio.gui import training_worker
from kdstudio.gui.run_controller import RunController
from kdstudio.gui.training_worker import BATCH, Folded, TrainingWorker, drained, pieces
from kdstudio.runs import fold_cache
from kdstudio.runs.events import AnyEvent
from kdstudio.runs.folder import Request, RunFolder, Status
from kdstudio.runs.follow import News
from kdstudio.runs.home import Home
from kdstudio.runs.launch import new_run, starting
from kdstudio.runs.state import RunState, State
from kdstudio.spec import Experiment, loads
from tests.fakes import EXPERIMENT, a_run, a_story, a_told_run, resumed
from tests.gui.player import Player


@pytest.fixture
def experiment() -> Experiment:
    return loads(EXPERIMENT)


def until(qtbot: QtBot, condition: Callable[[], bool]) -> None:
    qtbot.waitUntil(condition, timeout=15_000)


def carried_out(worker: TrainingWorker) -> None:
    """Run a worker to its end; a QThread that is forgotten at work aborts the interpreter."""
    worker.start()
    try:
        assert worker.wait(60_000)
    finally:
        worker.leave()
        worker.wait()


def whole() -> dict[str, object]:
    state = RunState()
    state.apply_all(a_story())
    return state.timeless()


def test_that_a_started_run_is_followed_to_its_end(
    qtbot: QtBot, controller: RunController, experiment: Experiment
) -> None:
    with qtbot.waitSignal(controller.opened):
        assert controller.start(experiment)
    assert controller.active
    until(qtbot, lambda: not controller.active)
    assert controller.status.state is State.COMPLETED
    assert controller.state.timeless() == whole()
    assert controller.title == "Digits of a test"


def test_that_a_finished_run_is_replayed_whole(qtbot: QtBot, controller: RunController, home: Home) -> None:
    folder = a_told_run(home)
    controller.open(folder)
    until(qtbot, lambda: controller.state.outcome == "completed")
    assert controller.state.timeless() == whole()
    until(qtbot, lambda: not controller.active)
    assert not controller.resumable


def test_that_a_run_that_somebody_else_started_is_followed(
    qtbot: QtBot, controller: RunController, home: Home, player: Player, experiment: Experiment
) -> None:
    folder = new_run(experiment, home)
    player.habits = ("hold=student",)
    player(folder, home)
    until(qtbot, lambda: folder.status().state is State.RUNNING)
    controller.open(folder)
    assert controller.active
    (folder.path / "go").touch()
    until(qtbot, lambda: controller.status.state is State.COMPLETED and not controller.active)
    assert controller.state.timeless() == whole()


def test_that_pause_is_shown_at_once_and_resume_goes_on_in_a_new_attempt(
    qtbot: QtBot, controller: RunController, player: Player, experiment: Experiment
) -> None:
    player.pace = 0.02
    controller.start(experiment)
    until(qtbot, lambda: controller.state.events > 5)
    controller.pause()
    assert controller.asked == "pause"
    until(qtbot, lambda: controller.status.state is State.PAUSED and not controller.active)
    assert controller.asked is None
    assert controller.resumable
    player.pace = 0.0
    controller.resume()
    assert controller.active
    assert controller.status.state is State.QUEUED
    until(qtbot, lambda: controller.status.state is State.COMPLETED)
    assert controller.status.attempt == 2


def test_that_stop_beats_a_pause_that_was_asked_for_before(
    qtbot: QtBot, controller: RunController, player: Player, experiment: Experiment
) -> None:
    player.pace = 0.02
    controller.start(experiment)
    controller.pause()
    controller.stop()
    until(qtbot, lambda: not controller.active)
    assert controller.status.state is State.STOPPED


def test_that_a_run_that_does_not_listen_is_ended_step_by_step(
    qtbot: QtBot, controller: RunController, player: Player, experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kdstudio.runs import launch

    monkeypatch.setattr(launch, "PATIENCE", 0.3)
    player.pace, player.habits = 0.02, ("deaf",)
    controller.start(experiment)
    until(qtbot, lambda: controller.state.events > 3)
    controller.stop()
    until(qtbot, lambda: not controller.active)
    assert controller.status.state is State.LOST
    assert controller.failure is not None
    assert controller.resumable


def test_that_a_process_that_dies_before_its_first_word_is_a_failure_with_its_last_words(
    qtbot: QtBot, controller: RunController, player: Player, experiment: Experiment
) -> None:
    player.habits = ("dies",)
    controller.start(experiment)
    until(qtbot, lambda: controller.status.state is State.FAILED)
    words = controller.failure
    assert words is not None
    assert "could not find its feet" in words.cause
    until(qtbot, lambda: controller.resumable)


def test_that_a_process_that_cannot_be_started_is_a_failure_in_words(
    qtbot: QtBot, home: Home, experiment: Experiment
) -> None:
    def broken(folder: RunFolder, home: Home) -> "training_worker.Process":
        raise PermissionError(13, "Permission denied", "/python")

    controller = RunController(home, broken)
    controller.start(experiment)
    until(qtbot, lambda: controller.status.state is State.FAILED)
    assert controller.failure is not None
    assert "Permission denied" in str(controller.failure)
    controller.shutdown()


def test_that_a_failed_run_names_cause_remedy_and_field(
    qtbot: QtBot, controller: RunController, player: Player, experiment: Experiment
) -> None:
    player.habits = ("fails",)
    controller.start(experiment)
    until(qtbot, lambda: controller.status.state is State.FAILED and not controller.active)
    words = controller.failure
    assert words is not None
    assert (words.title, words.field) == ("The loss is no longer a number", "training.learning_rate")
    assert '"labels"' in words.cause


def test_that_a_killed_run_is_lost_and_can_be_resumed(
    qtbot: QtBot, controller: RunController, player: Player, experiment: Experiment
) -> None:
    player.habits = ("silent",)
    controller.start(experiment)
    until(qtbot, lambda: controller.state.events > 20)
    player.end()
    until(qtbot, lambda: controller.status.state is State.LOST and not controller.active)
    assert controller.resumable


def test_that_opening_another_run_leaves_the_first_at_work(
    qtbot: QtBot, controller: RunController, home: Home, player: Player, experiment: Experiment
) -> None:
    player.habits = ("silent",)
    controller.start(experiment)
    first = controller.folder
    assert first is not None
    until(qtbot, lambda: first.alive())
    controller.open(a_told_run(home))
    until(qtbot, lambda: controller.state.outcome == "completed")
    assert first.alive()


def test_that_shutdown_ends_the_thread_and_leaves_the_run_at_work(
    qtbot: QtBot, controller: RunController, player: Player, experiment: Experiment
) -> None:
    player.habits = ("silent",)
    controller.start(experiment)
    until(qtbot, lambda: controller.state.events > 3)
    began = time.monotonic()
    controller.shutdown()
    assert time.monotonic() - began < 20.0  # the run itself would not end
    assert controller.folder is not None
    assert controller.folder.alive()


def test_that_continuing_a_run_that_somebody_else_goes_on_with_watches_it(
    qtbot: QtBot, controller: RunController, home: Home, player: Player
) -> None:
    folder = a_told_run(home, a_story()[:20])
    controller.open(folder)
    until(qtbot, lambda: controller.resumable)
    player.pace = 0.02
    elsewhere = player(folder, home)
    until(qtbot, lambda: starting(folder) is not None or folder.alive())
    controller.resume()
    until(qtbot, lambda: controller.active and controller.state.attempt == 2)
    assert player.processes == [elsewhere]
    controller.stop()
    until(qtbot, lambda: not controller.active)


def test_that_a_run_with_no_news_changes_nothing_on_the_screen(
    qtbot: QtBot, controller: RunController, player: Player, experiment: Experiment
) -> None:
    player.habits = ("hold=student",)
    controller.start(experiment)
    held = ("student", 0)
    until(qtbot, lambda: controller.state.current == held and controller.state.stages[held].step >= 20)  # its last word
    qtbot.wait(300)
    changes: list[bool] = []
    controller.changed.connect(lambda: changes.append(True))
    qtbot.wait(500)  # five looks at its files
    assert changes == []
    controller.stop()
    until(qtbot, lambda: not controller.active)


def test_that_a_home_that_cannot_be_written_refuses_a_start_in_words(
    qtbot: QtBot, controller: RunController, home: Home, experiment: Experiment
) -> None:
    home.runs.rmdir()
    home.runs.write_text("a file in its place")
    with qtbot.waitSignal(controller.refused) as said:
        assert not controller.start(experiment)
    assert said.args[0].title == "A folder cannot be written"


@pytest.mark.parametrize("damage", ["experiment.yaml", "status.json", "events.jsonl"])
def test_that_a_damaged_run_still_opens(qtbot: QtBot, controller: RunController, home: Home, damage: str) -> None:
    folder = a_told_run(home)
    (folder.path / damage).write_bytes(b"\x00{not: [")
    controller.open(folder)
    until(qtbot, lambda: not controller.active)
    assert controller.title


def test_that_much_news_comes_in_pieces_and_is_over_only_with_the_last() -> None:
    story: list[AnyEvent] = a_story(seeds=range(40), steps=100)
    assert len(story) > 2 * BATCH
    news = News(events=tuple(story), status=Status(state=State.COMPLETED, attempt=1))
    found = list(pieces(news))
    assert [piece.over for piece in found] == [False] * (len(found) - 1) + [True]
    assert [event for piece in found for event in piece.events] == story


def test_that_the_thread_folds_what_was_there_when_a_run_is_opened(qapp: object, home: Home) -> None:
    worker = TrainingWorker(a_told_run(home), home, None)
    carried_out(worker)
    (first,) = drained(worker.news)
    assert isinstance(first, Folded)
    assert first.state.timeless() == whole()
    assert first.news.over


def test_that_a_run_with_a_kept_fold_is_told_from_there_on(qapp: object, home: Home) -> None:
    folder = a_told_run(home)
    lines = folder.events_file.read_bytes().splitlines(keepends=True)
    half = len(b"".join(lines[: len(lines) // 2]))
    folded = RunState()
    folded.apply_all(a_story()[: len(lines) // 2])
    folded.parameters["kept"] = True  # by which it is known again
    fold_cache.keep(folder, folded, half)
    worker = TrainingWorker(folder, home, None)
    carried_out(worker)
    (first,) = drained(worker.news)
    assert isinstance(first, Folded)
    assert first.state.timeless() == whole()
    assert first.state.events == len(lines)
    state, known = fold_cache.kept(folder) or (RunState(), 0)
    assert known == half and state.parameters == {"kept": True}  # so few new ones are not worth another


def test_that_a_wish_to_save_or_to_evaluate_is_forgotten_when_it_has_come_true(
    qtbot: QtBot, controller: RunController, player: Player, experiment: Experiment
) -> None:
    player.pace = 0.02
    controller.start(experiment)
    until(qtbot, lambda: controller.state.events > 5)
    controller.wanted |= {Request.SAVE, Request.EVALUATE}
    until(qtbot, lambda: not controller.wanted)
    controller.stop()
    until(qtbot, lambda: not controller.active)


def test_that_usage_is_measured_only_while_somebody_looks(
    qtbot: QtBot, controller: RunController, player: Player, experiment: Experiment
) -> None:
    player.habits = ("silent",)
    controller.start(experiment)
    until(qtbot, lambda: controller.status.state is State.RUNNING)
    assert controller.usage is None
    controller.watch(True)
    until(qtbot, lambda: controller.usage is not None)
    assert controller.usage is not None
    assert controller.usage.memory > 0


@pytest.mark.may_log("following run")
def test_that_a_mistake_in_the_thread_becomes_a_failed_run_and_no_crash(
    qtbot: QtBot, controller: RunController, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(training_worker.Follower, "look", broken)
    controller.open(a_run(home))
    until(qtbot, lambda: controller.status.state is State.FAILED)
    assert controller.failure is not None
    assert "a bug" in controller.failure.cause


def test_that_a_queued_run_that_nobody_starts_is_queued_and_starts_at_a_click(
    qtbot: QtBot, controller: RunController, home: Home
) -> None:
    folder = a_run(home)
    controller.open(folder)
    assert controller.waiting and not controller.active and controller.resumable
    qtbot.wait(250)  # two looks at its files
    assert controller.waiting and controller.status.state is State.QUEUED
    controller.resume()
    assert controller.active and not controller.waiting
    until(qtbot, lambda: controller.status.state is State.COMPLETED)


def test_that_a_run_that_another_window_is_starting_is_followed_and_not_started_twice(
    qtbot: QtBot, controller: RunController, home: Home, player: Player
) -> None:
    folder, attempt = a_told_run(home, resumed(a_story(), 100)[:100]), 1
    player.habits = ("sleeps",)
    player(folder, home)
    assert starting(folder) is not None
    controller.attach()
    assert controller.folder == folder
    until(qtbot, lambda: controller.status.state is State.QUEUED)
    assert controller.active and not controller.waiting and controller.status.attempt == attempt
    controller.carry_on(folder)
    assert controller.active and len(player.processes) == 1
    player.end()
    until(qtbot, lambda: controller.status.state is State.LOST and not controller.active)
    assert starting(folder) is None
    assert controller.resumable


def test_that_a_process_that_begins_as_a_window_looks_is_followed_and_not_waited_for(
    qtbot: QtBot, controller: RunController, home: Home, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = a_run(home)
    player.habits = ("hold=student",)

    def meanwhile(asked: RunFolder) -> object:
        """Somebody's process has its first word between the two questions."""
        found = starting(asked)
        qtbot.waitUntil(lambda: asked.status().state is State.RUNNING, timeout=15_000)
        return found

    player(folder, home)
    monkeypatch.setattr(training_worker, "starting", meanwhile)
    controller.open(folder)
    until(qtbot, lambda: controller.status.state is State.RUNNING and controller.state.events > 0)
