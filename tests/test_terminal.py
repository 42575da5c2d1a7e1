"""A run's progress where nobody watches: plain lines on stderr, one for each thing worth knowing."""

import pytest

from kdstudio.runs.events import AnyEvent, Note, RunEnded, StageEnded, StageStarted
from kdstudio.runs.state import RunState
from kdstudio.terminal import Watcher
from tests.fakes import a_story


def told(events: list[AnyEvent], capsys: pytest.CaptureFixture[str]) -> str:
    """What is said of `events`, on stderr alone."""
    state = RunState()
    with Watcher() as watcher:
        for event in events:
            state.apply(event)
            watcher(event, state)
    said = capsys.readouterr()
    assert said.out == ""
    assert "\x1b" not in said.err
    return said.err


def test_that_each_stage_is_one_line_with_its_last_accuracy(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line for line in told(a_story(seeds=(0, 1)), capsys).splitlines() if not line.startswith("  ")]
    assert [line.split(":")[0] for line in lines] == [
        "Teacher", "Teacher check", "Teacher's outputs", "Baseline, seed 0", "Student, seed 0", "Baseline, seed 1",
        "Student, seed 1", "Test",
    ]  # fmt: skip
    assert lines[0] == "Teacher: accuracy 97.0 %"
    assert lines[4] == "Student, seed 0: accuracy 90.0 %, agreement 90.0 %"


def test_that_a_note_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    about = {"teacher": 0.5, "baseline": 0.75}
    said = told([Note(level="warning", code="teacher-not-better", parameters=about, stage="baseline", seed=0)], capsys)
    assert "teacher reaches 50.0 %, the same student without it 75.0 %" in said


def test_that_what_was_there_already_is_said_to_be(capsys: pytest.CaptureFixture[str]) -> None:
    events = [StageStarted(stage="teacher", planned=0, unit="steps"), StageEnded(stage="teacher", reused=True)]
    assert told([*events], capsys) == "Teacher (reused)\n"


def test_that_a_failure_is_told_with_cause_and_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    parameters = {"term": "labels", "step": 7, "stage": "student"}
    said = told([RunEnded(outcome="failed", code="not-a-number", parameters=parameters)], capsys)
    assert said.startswith("Failed. The loss is no longer a number.")
    assert 'term "labels"' in said
    assert "Lower the learning rate" in said


def test_that_a_code_of_a_newer_version_is_still_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert "solar-flare" in told([Note(level="info", code="solar-flare")], capsys)


class _Screen:
    """A stderr that somebody watches."""

    def __init__(self) -> None:
        self.text = ""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        pass

    @property
    def encoding(self) -> str:
        return "utf-8"


def test_that_somebody_who_watches_sees_a_bar_and_the_same_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = _Screen()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    state = RunState()
    with Watcher() as watcher:
        for event in a_story(seeds=(0,)):
            state.apply(event)
            watcher(event, state)
    assert capsys.readouterr().out == ""
    assert "\x1b" in screen.text
    for line in ("Teacher: accuracy 97.0 %", "Student, seed 0: accuracy 90.0 %"):
        assert line in screen.text
