"""How busy the run's process and its device are: gauges for what there is, measured only while somebody looks."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.pages.machine import Machine
from kdstudio.gui.pages.run import CURVES, LOG
from kdstudio.gui.theme import theme
from kdstudio.runs.usage import Usage
from kdstudio.spec import loads
from tests.fakes import EXPERIMENT
from tests.gui.player import Player

GB = 10**9
LEFT = Qt.MouseButton.LeftButton
BUSY = Usage(cpu=0.37, memory=3 * GB, memory_free=9 * GB)
WITH_GPU = Usage(
    cpu=0.37, memory=3 * GB, memory_free=9 * GB, gpu=0.71, gpu_memory=11 * GB, gpu_memory_total=24 * GB
)


@pytest.fixture
def machine(qtbot: QtBot) -> Machine:
    made = Machine()
    qtbot.addWidget(made)
    made.resize(800, 120)
    made.show()
    return made


def words(machine: Machine) -> list[str]:
    """What the gauges in view say."""
    return [gauge.accessibleDescription() for gauge in machine.gauges if gauge.isVisible()]


def test_that_a_gpu_is_shown_where_there_is_one(machine: Machine) -> None:
    machine.show_usage(BUSY)
    assert words(machine) == ["37 %", "3.0 GB, 9.0 GB free"]
    machine.show_usage(WITH_GPU)
    assert words(machine) == ["37 %", "3.0 GB, 9.0 GB free", "71 %", "11.0 GB of 24.0 GB"]


def test_that_without_a_process_the_card_says_so_and_forgets_the_past(machine: Machine) -> None:
    machine.show_usage(BUSY)
    machine.show_usage(replace(BUSY))
    assert list(machine.cpu._past) == [0.37, 0.37]
    machine.show_usage(None)
    assert words(machine) == []
    assert machine.note.text() == "The run is not running on this computer"
    machine.show_usage(BUSY)
    assert list(machine.cpu._past) == [0.37]


def test_that_a_reading_that_is_shown_again_is_no_second_one(machine: Machine) -> None:
    machine.show_usage(BUSY)
    machine.show_usage(BUSY)
    assert list(machine.cpu._past) == [0.37]


def test_that_a_gauge_is_filled_as_high_as_its_share(machine: Machine) -> None:
    for share in (0.25, 0.75):
        for number in range(130):
            machine.show_usage(Usage(cpu=share, memory=GB + number, memory_free=GB))
        image = machine.cpu.grab().toImage()
        tinted = theme().color("student", 0.25).name()
        column = [image.pixelColor(image.width() // 2, y).name() == tinted for y in range(image.height())]
        low = image.height() - 2 * machine.cpu.fontMetrics().height()
        assert sum(column) == pytest.approx(share * low, abs=0.2 * low)


def test_that_the_process_of_a_run_at_work_is_measured_while_its_log_is_looked_at(
    qtbot: QtBot, window: MainWindow, player: Player
) -> None:
    player.habits = ("hold=student",)
    window.start_experiment(loads(EXPERIMENT))
    page = window.run_page
    assert not page._meter.isActive()
    qtbot.mouseClick(page.tabs.group.button(LOG), LEFT)
    qtbot.waitUntil(lambda: page.machine.cpu.words.endswith("%"), timeout=15_000)
    assert page.machine.memory.words.endswith("free")
    qtbot.mouseClick(page.tabs.group.button(CURVES), LEFT)
    assert not page._meter.isActive()
