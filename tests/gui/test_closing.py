"""The question that closing the window asks while runs are training: it names all of them, and its buttons do what they say."""

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from kdstudio.gui import asking, main_window
from kdstudio.gui.asking import Closing, TrainingRun, ask_on_close
from kdstudio.gui.main_window import MainWindow
from kdstudio.runs.events import Note, StepLogged
from kdstudio.runs.home import Home
from kdstudio.runs.launch import new_run
from kdstudio.runs.state import State
from kdstudio.spec import loads
from tests.e2e.processes import AtWork
from tests.fakes import a_process_at_work, a_run, until

LONG = """
kind: classification
title: Trains for an hour
dataset: {kind: digits, labelled: 0.2}
teacher: {kind: mlp, hidden: [16]}
student: {kind: mlp, hidden: [8]}
teacher_training: {steps: 2000000}
training: {steps: 2000000}
compute: {device: cpu, threads: 1}
seeds: [0]
"""


class Answer:
    """Presses a button of the question that stops a person, and keeps what it said."""

    def __init__(self, button: str) -> None:
        self.button = button
        self.said: list[str] = []

    def __call__(self, box: QMessageBox) -> int:
        self.said.append(f"{box.text()} {box.informativeText()}")
        next(button for button in box.buttons() if button.text().replace("&", "") == self.button).click()
        return 0


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Answer]:
    def press(button: str) -> Answer:
        made = Answer(button)
        monkeypatch.setattr(QMessageBox, "exec", lambda box: made(box))
        monkeypatch.setattr(main_window, "ask_on_close", asking.ask_on_close)
        return made

    return press


@pytest.mark.timeout(300)
def test_that_closing_names_two_runs_left_by_an_earlier_window_and_stop_and_save_stops_both(
    qtbot: QtBot, home: Home, answer: Callable[[str], Answer]
) -> None:
    first, second = (new_run(loads(LONG), home) for _ in range(2))
    with AtWork(first, home) as one:
        one.until(lambda event: isinstance(event, StepLogged))
        with AtWork(second, home) as other:
            other.until(lambda event: isinstance(event, Note) and event.code == "waiting-for-device")
            assert until(lambda: second.status().code == "waiting-for-device"), "lists say what it waits for"
            stops_both(qtbot, home, answer)
            assert [run.end() for run in (one, other)] == [130, 130]
    assert [folder.status().state for folder in (first, second)] == [State.STOPPED, State.STOPPED]
    assert any(first.checkpoints.iterdir()), "it saved"


def stops_both(qtbot: QtBot, home: Home, answer: Callable[[str], Answer]) -> None:
    window = MainWindow(home)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: window.pages.count() > 0 and window.controller.active)
    question = answer("Stop and save")
    assert not window.close()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert question.said[0].startswith("2 runs are still training: “Trains for an hour” (")
    assert question.said[0].count("Trains for an hour") == 2


def test_that_closing_names_a_run_that_was_started_in_a_terminal_while_the_window_was_open(
    qtbot: QtBot, window: MainWindow, home: Home, answer: Callable[[str], Answer]
) -> None:
    elsewhere = a_run(home)
    question = answer("Cancel")
    with a_process_at_work(elsewhere):
        window.lobby.feed.refresh()
        qtbot.waitUntil(lambda: window.lobby.begun == [elsewhere])
        assert not window.close()
    assert question.said[0].startswith("“Digits of a test” is still training.")


@pytest.mark.parametrize(
    ("button", "meant"),
    [("Leave them running", Closing.LEAVE), ("Stop and save", Closing.STOP), ("Cancel", Closing.CANCEL)],
)
def test_that_each_button_of_the_question_means_what_it_says(
    window: MainWindow, answer: Callable[[str], Answer], button: str, meant: Closing
) -> None:
    question = answer(button)
    runs = [TrainingRun(title="A", done=0.344), TrainingRun(title="A")]
    assert ask_on_close(window, runs) is meant
    assert question.said == [
        "2 runs are still training: “A” (34 %), “A”. Runs continue in the background and reappear when you reopen the window."
    ]


def test_that_many_runs_are_counted_where_their_names_would_fill_the_screen(
    window: MainWindow, answer: Callable[[str], Answer]
) -> None:
    question = answer("Cancel")
    ask_on_close(window, [TrainingRun(title=f"Run {number}") for number in range(30)])
    assert question.said[0].startswith("30 runs are still training: “Run 0”, ")
    assert "“Run 7”, 22 more." in question.said[0]
