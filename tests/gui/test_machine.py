"""How busy the run's process and its device are: gauges for what there is, measured only while somebody looks."""

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.pages.machine import GIB, Machine
from kdstudio.gui.pages.run import CURVES, LOG
from kdstudio.gui.theme import theme
from kdstudio.runs.usage import Usage
from kdstudio.spec import loads
from tests.fakes import EXPERIMENT
from tests.gui.player import Player

LEFT = Qt.MouseButton.LeftButton
BUSY = Usage(cpu=0.37, memory=3 * GIB, memory_free=9 * GIB)
WITH_GPU = Usage(
    cpu=0.37, memory=3 * GIB, memory_free=9 * GIB, gpu=0.71, gpu_memory=11 * GIB, gpu_memory_total=24 * GIB
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
    assert words(machine) == ["37 %", "3.0 GiB, 9.0 GiB free"]
    machine.show_usage(WITH_GPU)
    assert words(machine) == ["37 %", "3.0 GiB, 9.0 GiB free", "71 %", "11.0 GiB of 24.0 GiB"]


def test_that_without_a_process_the_card_says_so_and_forgets_the_past(machine: Machine) -> None:
    machine.show_usage(BUSY)
    machine.show_usage(BUSY)
    machine.show_usage(None)
    assert words(machine) == []
    assert machine.note.text() == "The run is not at work on this computer"
    machine.show_usage(BUSY)
    assert list(machine.cpu._past) == [0.37]


def test_that_a_gauge_is_filled_as_high_as_its_share(machine: Machine) -> None:
    for share in (0.25, 0.75):
        for _ in range(130):
            machine.show_usage(Usage(cpu=share, memory=GIB, memory_free=GIB))
        image = machine.cpu.grab().toImage()
        tinted = theme().color("student", 0.25).name()
        column = [image.pixelColor(image.width() // 2, y).name() == tinted for y in range(image.height())]
        low = image.height() - 2 * machine.cpu.fontMetrics().height()
        assert sum(column) == pytest.approx(share * low, abs=0.2 * low)


def test_that_the_process_of_a_run_at_work_is_measured_while_its_log_is_looked_at(
    qtbot: QtBot, window: MainWindow, player: Player
) -> None:
    player.pace = 0.02
    window.start_experiment(loads(EXPERIMENT))
    page = window.run_page
    assert not page._meter.isActive()
    qtbot.mouseClick(page.tabs.group.button(LOG), LEFT)
    qtbot.waitUntil(lambda: page.machine.cpu.words.endswith("%"), timeout=15_000)
    assert page.machine.memory.words.endswith("free")
    qtbot.mouseClick(page.tabs.group.button(CURVES), LEFT)
    assert not page._meter.isActive()
