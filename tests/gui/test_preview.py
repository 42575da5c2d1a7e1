"""The preview beside the form: what the desk says of an experiment, and what can be done about it."""

import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from kdstudio.gui.desk_client import AGAIN
from kdstudio.gui.pages.new_experiment import NewExperimentPage
from tests.gui.desks import FakeDesk, data, memory, networks
from tests.gui.form_fields import field, retype


@pytest.fixture
def page(new_page: NewExperimentPage) -> NewExperimentPage:
    return new_page


def test_that_the_preview_shows_what_the_desk_says(qtbot: QtBot, page: NewExperimentPage, desk: FakeDesk) -> None:
    warning = {"code": "imbalance", "most": 90, "fewest": 3}
    desk.say(part="networks", values=networks(1000, 250))
    desk.say(part="data", values=data([3, 90] * 50, [warning], colour=True))
    desk.say(part="memory", values=memory("fits"))
    desk.say(part="time", values={"seconds": 50.0, "steps": 270, "device": "cpu", "threads": 1})
    desk.say()
    card = page.summary
    qtbot.waitUntil(lambda: card.facts["Time"].whole == "about 50 s")
    assert [card.parameters.length(row) for row in (0, 1)] == [1.0, 0.25]
    assert len(card.counts.counts) == 100
    assert len(card.samples.images) == 14
    assert not card.samples.images[0].isNull()
    assert card.facts["Memory"].whole == "fits: 2.1 of 8.6 GB"
    assert [notice.title for notice in card.warnings.shown] == ["The classes are of very different sizes"]
    assert "90" in card.warnings.shown[0].detail


@pytest.mark.parametrize("two_passes", [True, False])
def test_that_the_preview_says_where_a_step_of_the_student_takes_two_passes(
    qtbot: QtBot, page: NewExperimentPage, desk: FakeDesk, two_passes: bool
) -> None:
    desk.say(
        part="time", values={"seconds": 50.0, "steps": 270, "device": "cpu", "threads": 1, "two_passes": two_passes}
    )
    desk.say()
    qtbot.waitUntil(lambda: page.summary.facts["Steps"].whole == "270 for each, equal")
    assert page.summary.two_passes.isVisible() == two_passes


def test_that_an_edit_cancels_the_old_question_and_asks_the_new_one_alone(
    qtbot: QtBot, page: NewExperimentPage, desk: FakeDesk
) -> None:
    desk.say(part="networks", values=networks())
    qtbot.waitUntil(lambda: page.summary.parameters.length(1) == 0.25)
    for text in ("1", "2", "3"):
        retype(page, "method.temperature", text)
    qtbot.waitUntil(lambda: desk.cancelled == [1])
    assert desk.last == 1
    desk.say(cancelled=True)
    qtbot.waitUntil(lambda: desk.last == 2)
    assert desk.asked[2]["method"]["temperature"] == 3.0


def test_that_a_desk_that_dies_is_asked_again_and_at_last_given_up(
    qtbot: QtBot, page: NewExperimentPage, desk: FakeDesk
) -> None:
    for number in range(1, AGAIN + 2):
        qtbot.waitUntil(lambda number=number: desk.last == number)
        desk.say(failed="desk-gone")
    qtbot.waitUntil(lambda: [each.title for each in page.summary.warnings.shown] == ["The preview stopped"])
    assert desk.last == AGAIN + 1
    assert page.start_button.text() == "Start"  # a preview is no condition


def test_that_damaged_data_stands_beside_its_field_until_it_is_looked_at_again(
    qtbot: QtBot, page: NewExperimentPage, desk: FakeDesk, tmp_path: Path
) -> None:
    page.change({"dataset": {"kind": "idx", "path": str(tmp_path)}})
    desk.say(cancelled=True)
    qtbot.waitUntil(lambda: desk.last == 2)
    desk.say(failed="file-corrupt", parameters={"path": "x", "why": "cut short", "field": "dataset.path"})
    qtbot.waitUntil(lambda: field(page, "dataset.path").problem == "X: cut short.")
    assert page.start_button.text() == "Fix: Folder"
    qtbot.mouseClick(page.start_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: desk.last == 3)


def test_that_what_will_not_fit_is_said_in_the_pill_and_takes_no_time(
    qtbot: QtBot, page: NewExperimentPage, desk: FakeDesk
) -> None:
    card = page.summary
    card.show_part("memory", memory("wont-fit", 20.0))
    card.show_part("time", {"seconds": 50.0, "steps": 270, "device": "cpu", "threads": 1})
    assert (card.pill.text, card.facts["Time"].whole) == ("Won't fit", "–")
    card.show_part("memory", memory("fits"))
    assert card.pill.text == "Ready"


@pytest.mark.parametrize(("teaching", "paths"), [(False, 1), (True, 2)])
def test_that_a_remedy_changes_the_form_and_can_be_undone(
    qtbot: QtBot, page: NewExperimentPage, desk: FakeDesk, teaching: bool, paths: int
) -> None:
    desk.say(part="memory", values=memory("wont-fit", 9, 8, teaching=teaching))
    qtbot.waitUntil(lambda: bool(page.summary.short.shown))
    assert page.summary.short.shown[0].title == "It won't fit into memory"
    button = page.summary.findChild(QPushButton, "preview.memory.0")
    assert isinstance(button, QPushButton)
    assert button.text() == "Halve the batch size"
    button.click()
    qtbot.waitUntil(lambda: page.values()["training"]["batch_size"] == 64)
    sizes = [page.values()[name]["batch_size"] for name in ("training", "teacher_training")]
    assert sizes.count(64) == paths and sizes[0] == 64
    page.history.undo()
    assert page.values()["training"]["batch_size"] == 128


def test_that_a_hidden_page_asks_nothing(qtbot: QtBot, page: NewExperimentPage, desk: FakeDesk) -> None:
    page.hide()
    page.change({"method.temperature": 2.0})
    assert desk.cancelled == [1]
    desk.say(cancelled=True)
    qtbot.waitUntil(lambda: not page.feed.desk._poll.isActive())
    assert desk.last == 1


@pytest.mark.timeout(300)
def test_that_a_real_desk_previews_the_digits_within_a_moment_of_an_edit(
    real_desk: None, qtbot: QtBot, page: NewExperimentPage
) -> None:
    card = page.summary
    qtbot.waitUntil(lambda: card.facts["Time"].whole != "–", timeout=60_000)
    assert len(card.samples.images) == 14
    before, desk = card.parameters.shown[1][2], page.feed.desk
    qtbot.waitUntil(lambda: desk._asked is None)
    process = desk._desk._process  # type: ignore[attr-defined]
    began = time.perf_counter()
    page.change({"student.hidden": [64]})
    qtbot.waitUntil(lambda: card.parameters.shown[1][2] != before, timeout=10_000)
    assert time.perf_counter() - began < 20.0  # 0.2 s on a machine with nothing else to do
    assert desk._desk._process is process, "the one that was warm has answered"  # type: ignore[attr-defined]
    page.shutdown()
