"""What surrounds the pages: where the window was, one of it for a home, drops, and first steps."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, QRect, QSize, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from kdstudio.gui import theme as theme_module
from kdstudio.gui.app import Housekeeper
from kdstudio.gui.carried import carried_path
from kdstudio.gui.geometry import FILE, LEAST, TITLE, first, restored
from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.run_controller import RunController
from kdstudio.gui.single_instance import SingleInstance
from kdstudio.gui.theme import theme
from kdstudio.opening import _print_folder
from kdstudio.runs.files import read_json
from kdstudio.runs.home import Home
from kdstudio.runs.settings import read_settings
from kdstudio.spec import load, loads
from tests.fakes import EXPERIMENT, a_told_run
from tests.gui.player import Player

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLE = ROOT / "resources" / "experiments" / "digits-few-labels.yaml"
SCREEN = QRect(0, 0, 1920, 1080)


# Where the window was


def test_that_a_window_comes_back_where_it_was(open_window: Callable[[], MainWindow], home: Home) -> None:
    first = open_window()
    first.setGeometry(40, 44, 760, 580)
    first.resize(first.minimumSize())
    first.close()
    kept = read_json(home.root / FILE)
    assert kept is not None
    assert kept["maximized"] is False
    second = open_window()
    assert second.geometry().topLeft() == QPoint(kept["x"], kept["y"])


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (QRect(100, 100, 1360, 860), QRect(100, 100, 1360, 860)),
        (QRect(2500, 200, 1000, 700), None),  # the second screen has gone
        (QRect(-3000, -3000, 1000, 700), None),
        (QRect(100, -600, 1000, 700), None),  # its title cannot be grasped
        (QRect(900, 300, 1360, 860), QRect(560, 220, 1360, 860)),  # its right and lower edge were beyond the screen's
        (QRect(0, 0, 5000, 4000), QRect(0, TITLE, 1920, 1080 - TITLE)),
    ],
)
def test_that_a_place_off_the_screens_is_moved_onto_one(was: QRect, becomes: QRect | None) -> None:
    values = {"x": was.x(), "y": was.y(), "width": was.width(), "height": was.height()}
    place = restored(values, [SCREEN])
    assert place is not None
    assert becomes is None or place == becomes
    assert SCREEN.contains(place.adjusted(0, -TITLE, 0, 0)), "its title too"


def test_that_the_smallest_window_fits_on_a_screen_shown_at_200_percent(window: MainWindow) -> None:
    assert QRect(0, 0, 800, 500).contains(QRect(QPoint(0, TITLE), window.minimumSize()))


def test_that_a_window_opens_whole_on_a_screen_shown_at_200_percent() -> None:
    """1600 x 1000 pixels, 40 of the 500 logical ones taken by a panel; the size kept in a home is that of a larger screen."""
    screen = QRect(0, 40, 800, 460)
    values = {"x": 100, "y": 80, "width": 1360, "height": 860}
    for place in (restored(values, [screen]), first(QSize(1360, 860), screen)):
        assert place is not None
        assert screen.contains(place.adjusted(0, -TITLE, 0, 0))
        assert place.width() >= LEAST.width()


@pytest.mark.parametrize("values", [None, [], {}, {"x": 1}, {"x": "1", "y": 0, "width": 5, "height": 5},
                                    {"x": 0, "y": 0, "width": -5, "height": 5}])  # fmt: skip
def test_that_a_place_that_makes_no_sense_is_none(values: object) -> None:
    assert restored(values, [SCREEN]) is None
    assert restored({"x": 0, "y": 0, "width": 5, "height": 5}, []) is None


# One window for a home


def test_that_a_second_claim_on_a_home_is_refused_until_the_first_is_released(qapp: object, home: Home) -> None:
    first, second = SingleInstance(home), SingleInstance(home)
    assert first.claim()
    assert not second.claim()
    first.release()
    assert second.claim()
    second.release()


def test_that_a_later_start_hands_over_its_experiment_and_hears_which_run_began(
    qtbot: QtBot, window: MainWindow, player: Player
) -> None:
    player.pace = 0.05
    keeper = Housekeeper(QApplication.instance(), window)  # type: ignore[arg-type]
    assert keeper.answer({}) == {"started": ""}
    assert keeper.answer({"file": "/no/such/file.yaml", "start": True}) == {"started": ""}
    reply = keeper.answer({"file": str(SAMPLE), "start": True})
    folder = window.controller.folder
    assert folder is not None
    assert reply == {"started": str(folder.path)}
    assert folder.experiment() == load(SAMPLE)
    window.controller.stop()
    qtbot.waitUntil(lambda: not window.controller.active, timeout=15_000)
    keeper.deleteLater()


FIRST = """
import sys, pathlib
from PySide6.QtCore import QTimer
from kdstudio.gui import app
from kdstudio.runs.home import Home
class Keeper(app.Housekeeper):
    def answer(self, request):
        reply = super().answer(request)
        QTimer.singleShot(50, self._window.close)
        return reply
    def _open(self):
        super()._open()
        print("listening", flush=True)
app.Housekeeper = Keeper
print(app.run_window(Home.locate()), flush=True)
"""
SECOND = (
    "from kdstudio.runs.home import Home; from kdstudio.gui.app import run_window; raise SystemExit(run_window(Home.locate()))"
)


def test_that_a_second_program_raises_the_first_window_and_ends_well(home: Home) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    first = subprocess.Popen([sys.executable, "-c", FIRST], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert first.stdout is not None
        assert first.stdout.readline() == "listening\n"
        done = subprocess.run([sys.executable, "-c", SECOND], env=environment, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout) == (0, "")
        assert done.stderr == "A window of this home is open already; it has been brought to the front.\n"
        assert first.communicate(timeout=60)[0] == "0\n"
    finally:
        first.kill()
        first.wait()


def test_that_the_command_line_is_told_which_run_was_started(
    qtbot: QtBot, window: MainWindow, player: Player, capsys: pytest.CaptureFixture[str]
) -> None:
    player.pace = 0.05
    keeper = Housekeeper(QApplication.instance(), window)  # type: ignore[arg-type]
    keeper.on_started = _print_folder
    assert window.open_file(SAMPLE)
    keeper._start()
    folder = window.controller.folder
    assert folder is not None
    assert capsys.readouterr().out.splitlines()[-1] == str(folder.path.absolute())
    window.controller.stop()
    qtbot.waitUntil(lambda: not window.controller.active, timeout=15_000)
    keeper.deleteLater()


# What is dropped on it


def drop(window: MainWindow, *paths: Path) -> bool:
    """Drag `paths` over the window and drop them; whether they were taken."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, buttons, keys)
    enter.setAccepted(False)
    QApplication.sendEvent(window, enter)
    if not enter.isAccepted():
        return False
    event = QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, buttons, keys)
    QApplication.sendEvent(window, event)
    return event.isAccepted()


def test_that_a_dropped_experiment_fills_the_form(window: MainWindow) -> None:
    window.show_page("runs")
    assert drop(window, SAMPLE)
    assert window.pages.currentWidget() is window.new_page
    assert window.new_page.experiment() == load(SAMPLE)


def test_that_a_dropped_folder_of_images_becomes_the_dataset(window: MainWindow, tmp_path: Path) -> None:
    for name in ("cats", "dogs"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        (tmp_path / "pets" / name / "1.png").touch()
    assert drop(window, tmp_path / "pets")
    assert window.pages.currentWidget() is window.new_page
    dataset = window.new_page.values()["dataset"]
    assert (dataset["kind"], dataset["path"]) == ("image-folder", str(tmp_path / "pets"))


def test_that_a_dropped_run_is_opened(qtbot: QtBot, window: MainWindow, home: Home) -> None:
    run = a_told_run(home)
    assert drop(window, run.path)
    assert window.controller.folder == run
    qtbot.waitUntil(lambda: not window.controller.active)


def test_that_other_things_are_not_taken(window: MainWindow, tmp_path: Path) -> None:
    picture, other = tmp_path / "picture.png", tmp_path / "other.yaml"
    picture.touch()
    other.touch()
    assert not drop(window, picture)
    assert not drop(window, tmp_path / "gone.yaml")
    assert not drop(window, other, SAMPLE)
    web = QMimeData()
    web.setUrls([QUrl("https://example.org/a.yaml")])
    assert carried_path(web) is None


# First steps


def test_that_the_first_steps_are_shown_until_they_are_closed_for_good(
    qtbot: QtBot, open_window: Callable[[], MainWindow], home: Home
) -> None:
    first = open_window()
    qtbot.waitUntil(lambda: first.navigation.hint is not None)
    hint = first.navigation.hint
    assert hint is not None
    qtbot.mouseClick(hint.close_button, Qt.MouseButton.LeftButton)
    assert first.navigation.hint is None
    assert read_settings(home).tour_seen
    second = open_window()
    QApplication.processEvents()
    assert second.navigation.hint is None


# The theme of the system


def test_that_the_window_follows_the_systems_theme_and_a_choice_of_ones_own_does_not(
    qtbot: QtBot, window: MainWindow, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.open_run(a_told_run(home))
    qtbot.waitUntil(lambda: not window.controller.active)
    window.preferences.change(theme="system")
    monkeypatch.setattr(theme_module, "_system_scheme", lambda: "dark")
    theme()._follow_system()
    assert theme().scheme == "dark"
    plot = window.run_page.accuracy
    corner = plot.grab().toImage().pixelColor(plot.width() // 2, plot.height() - 30)
    assert corner.lightness() < 80
    window.preferences.change(theme="light")
    theme()._follow_system()
    assert theme().scheme == "light"


def test_that_a_resize_reaches_what_floats(window: MainWindow) -> None:
    window.actions_by_id["view.palette"].trigger()
    for size in (window.minimumSize(), window.minimumSize() * 1.4):
        window.resize(size)
        QApplication.sendEvent(window, QEvent(QEvent.Type.LayoutRequest))
        middle = window.shell.palette.geometry().center().x()
        assert abs(middle - window.width() // 2) < 3


def test_that_a_controller_is_watched_only_once_it_is_there(qapp: object, home: Home, qtbot: QtBot) -> None:
    window = MainWindow(home)
    qtbot.addWidget(window)
    assert window.shell.endings is None
    assert isinstance(window.controller, RunController)
    assert window.shell.endings is not None
    window.shutdown()


def test_that_new_experiment_begins_anew_and_undo_brings_back_what_was_there(window: MainWindow) -> None:
    window.new_page.show_experiment(loads(EXPERIMENT))
    window.show_page("runs")
    window.actions_by_id["file.new"].trigger()
    assert window.pages.currentWidget() is window.new_page
    assert window.new_page.experiment() != loads(EXPERIMENT)
    window.actions_by_id["edit.undo"].trigger()
    assert window.new_page.experiment() == loads(EXPERIMENT)
