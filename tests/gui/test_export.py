"""A plot as a file: points as CSV, a picture as PNG or SVG, written whole or not at all."""

import contextlib
import csv
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from kdstudio.gui.pages.run import RunPage
from kdstudio.gui.plots import plot_menu
from kdstudio.gui.plots.board import Board
from kdstudio.gui.plots.export import HEAD, cut, cut_to_view
from kdstudio.gui.theme import theme
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from tests.fakes import a_story, a_told_run
from tests.gui.plot_hand import choose

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def page(home: Home, open_run_page: Callable[[RunFolder], RunPage]) -> RunPage:
    return open_run_page(a_told_run(home))


@pytest.fixture
def board(page: RunPage) -> Board:
    return page.board


@pytest.fixture
def wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Where an export of a kind goes."""
    monkeypatch.setattr(plot_menu, "pick_export", lambda parent, name, kind: str(tmp_path / f"{name}.{kind}"))
    return lambda kind: tmp_path / f"validation-accuracy.{kind}"


def test_that_a_csv_file_holds_every_point_as_the_series_have_it(
    qtbot: QtBot, board: Board, wanted: Callable[[str], Path]
) -> None:
    choose(qtbot, board.accuracy, "csv")
    with wanted("csv").open(newline="", encoding="utf-8") as file:
        head, *rows = list(csv.reader(file))
    assert tuple(head) == HEAD
    assert rows[0] == ["teacher", "", "", "", "", "97.0"]
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for label, seed, step, epoch, seconds, value in rows[1:]:
        found.setdefault((label, seed), []).append((float(step), float(value)))
        assert float(epoch) == pytest.approx(float(step) / 8)
        assert float(seconds) >= 0
    assert set(found) == {(who, seed) for who in ("baseline", "student") for seed in ("0", "1", "2", "mean")}
    for curve in board.accuracy.picture.curves:
        steps, values = curve.series.arrays()
        points = found[curve.label, curve.key.rpartition(".")[2]]
        assert points == list(zip(steps.tolist(), (100 * values).tolist(), strict=True))


def test_that_a_png_file_shows_the_card_at_twice_its_size_in_its_colours(
    qtbot: QtBot, board: Board, wanted: Callable[[str], Path]
) -> None:
    choose(qtbot, board.accuracy, "png")
    image = QImage(str(wanted("png")))
    assert image.size() == board.accuracy.size() * 2
    seen = {image.pixelColor(x, y).name() for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)}
    assert {theme().color(role).name() for role in ("student", "teacher", "card")} <= seen
    assert board.accuracy.menu.isVisible()
    assert thickness(image) >= 2 * thickness(board.accuracy.grab().toImage())


def thickness(image: QImage) -> int:
    """The longest run of the student's colour down the middle of a picture of the accuracy plot."""
    colour, longest, run = theme().color("student").name(), 0, 0
    for y in range(image.height() // 4, image.height()):
        run = run + 1 if image.pixelColor(image.width() // 2, y).name() == colour else 0
        longest = max(longest, run)
    return longest


WITHOUT_ASSERTS = """
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
app = QApplication([])
from kdstudio.gui.plots.curve_plot import CurvePlot
from kdstudio.gui.plots.export import write_png
plot = CurvePlot("Loss", "plot")
plot.resize(300, 200)
write_png(plot, Path(sys.argv[1]))
"""


def test_that_a_png_file_is_whole_where_python_leaves_asserts_out(tmp_path: Path) -> None:
    file = tmp_path / "plot.png"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-O", "-c", WITHOUT_ASSERTS, str(file)],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not QImage(str(file)).isNull()


def test_that_an_svg_file_is_the_card_with_words_for_those_who_cannot_see_it(
    qtbot: QtBot, board: Board, wanted: Callable[[str], Path]
) -> None:
    choose(qtbot, board.accuracy, "svg")
    root = ElementTree.fromstring(wanted("svg").read_text(encoding="utf-8"))
    named = {child.tag.rpartition("}")[2]: child.text for child in root}
    assert root.attrib["viewBox"] == f"0 0 {board.accuracy.width()} {board.accuracy.height()}"
    assert named["title"] == "Validation accuracy"
    assert named["desc"] == board.accuracy.summary
    words = " ".join(element.text or "" for element in root.iter() if element.tag.endswith("text"))
    assert "baseline" in words
    assert "higher with the teacher" in words


def test_that_in_an_svg_file_no_curve_runs_beyond_the_axes(
    home: Home, open_run_page: Callable[[RunFolder], RunPage]
) -> None:
    page = open_run_page(a_told_run(home, a_story(seeds=(0,), steps=200)))
    plot = page.accuracy
    curve = plot.items["student.validation.accuracy.0"].raw
    whole = curve.getData()[1].copy()
    low, high = plot.plot.view.viewRange()[1]
    assert whole[0] < low  # the first leap, cut off on the screen
    with cut_to_view(plot):
        assert low <= curve.getData()[1].min()
        assert curve.getData()[1].max() <= high
    assert np.array_equal(curve.getData()[1], whole)


@pytest.mark.parametrize(
    ("ys", "points"),
    [
        ((5, 5, 5), [(1, 5), (1.5, 5), (2, 5)]),  # it ends where the box ends
        ((-30, 10, 10), [(1.25, 0), (1.5, 10), (2, 10)]),  # it begins where it enters
        ((0, 20, 0), [(1, 10), (1.5, 10), (2, 10)]),  # beyond the edge it keeps to it
        ((20, 20, 20), []),
    ],
)
def test_that_a_curve_is_cut_where_it_leaves_the_box(ys: tuple[float, ...], points: list[tuple[float, float]]) -> None:
    xs, values = cut(np.array([0.5, 1.5, 2.5]), np.array(ys, float), (1.0, 2.0), (0.0, 10.0))
    assert list(zip(xs.tolist(), values.tolist(), strict=True)) == points


def test_that_an_export_that_cannot_be_written_is_said(
    qtbot: QtBot, page: RunPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plot_menu, "pick_export", lambda *_: str(tmp_path / "no folder" / "plot.svg"))
    with qtbot.waitSignal(page.said) as said:
        choose(qtbot, page.accuracy, "svg")
    title, detail = said.args
    assert title == "The plot could not be exported"
    assert "No such file" in detail


@contextlib.contextmanager
def no_room_for(size: int) -> Iterator[None]:
    """While the block lasts no file of this process can grow beyond `size` bytes, as on a full disk."""
    resource = pytest.importorskip("resource")
    kept, heard = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, kept[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, kept)
        signal.signal(signal.SIGXFSZ, heard)


@pytest.mark.parametrize("kind", ["png", "svg", "csv"])
def test_that_a_full_disk_is_said_and_leaves_the_export_of_before(
    qtbot: QtBot, page: RunPage, wanted: Callable[[str], Path], kind: str
) -> None:
    choose(qtbot, page.accuracy, kind)
    before = wanted(kind).read_bytes()
    with no_room_for(500), qtbot.waitSignal(page.said) as said:
        choose(qtbot, page.accuracy, kind)
    assert said.args[0] == "The plot could not be exported"
    assert wanted(kind).read_bytes() == before
    assert list(wanted(kind).parent.glob("*.part")) == []
