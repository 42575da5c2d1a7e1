"""What test data said of one run is never shown with another, and reading it holds nobody up."""

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from kdstudio.gui.pages import results as results_page
from kdstudio.gui.pages.confusion import Outcome, outcome_of
from kdstudio.gui.pages.results import Results
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from tests.fakes import a_told_run

pytestmark = pytest.mark.gui


def a_tested_run(home: Home, *labels: int) -> RunFolder:
    """A run whose student takes every test image for class 0; `labels` are their true ones."""
    folder = a_told_run(home)
    folder.artefacts.mkdir(exist_ok=True)
    sure = np.tile([2.0, 0.0], (len(labels), 1))
    np.savez(folder.artefacts / "test_outputs.npz", labels=np.array(labels), classes=np.array(["A", "B"]), student=sure)
    return folder


class Slow:
    """Reads the first run that it is asked for when it is let go, and others at once."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self._held: RunFolder | None = None

    def __call__(self, folder: RunFolder) -> Outcome | None:
        if self._held is None:
            self._held = folder
            assert self.go.wait(60)
        return outcome_of(folder)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    made = Slow()
    monkeypatch.setattr(results_page, "outcome_of", made)
    yield made
    made.go.set()


@pytest.fixture
def results(qtbot: QtBot, slow: Slow) -> Iterator[Results]:
    made = Results()
    qtbot.addWidget(made)
    made.show()
    yield made
    slow.go.set()
    made.shutdown()


def all_read(qtbot: QtBot, results: Results) -> None:
    """Wait until no reading is under way any more."""
    qtbot.waitUntil(lambda: not results.findChildren(results_page.Reading), timeout=10_000)


def test_that_answers_that_come_late_are_not_shown_with_a_run_that_has_none(
    qtbot: QtBot, results: Results, slow: Slow, home: Home
) -> None:
    results.show_run(a_tested_run(home, 0, 1), tested=True)
    results.show_run(a_told_run(home), tested=False)
    slow.go.set()
    all_read(qtbot, results)
    assert results.outcome is None
    assert not results.matrix.isVisible()
    assert results.waiting.text().startswith("Test images are used once")


def test_that_another_run_does_not_wait_for_the_answers_of_the_one_before(
    qtbot: QtBot, results: Results, slow: Slow, home: Home
) -> None:
    held, other = a_tested_run(home, 0, 1), a_tested_run(home, 1, 1, 1)
    results.show_run(held, tested=True)
    before = time.monotonic()
    with qtbot.waitSignal(results.ready, timeout=10_000):
        results.show_run(other, tested=True)
        assert time.monotonic() - before < 30, "the held one is let go of after a minute"
    slow.go.set()
    all_read(qtbot, results)
    assert results.outcome is not None
    assert results.outcome.labels.tolist() == [1, 1, 1]


def test_that_a_run_that_comes_back_into_view_is_shown_once_it_is_read(
    qtbot: QtBot, results: Results, slow: Slow, home: Home
) -> None:
    held = a_tested_run(home, 0, 1)
    results.show_run(held, tested=True)
    results.show_run(None, tested=False)
    results.show_run(held, tested=True)
    slow.go.set()
    all_read(qtbot, results)
    assert results.outcome is not None
    assert results.matrix.isVisible()


@pytest.mark.parametrize("damage", [b"", b"PK"])
def test_that_damaged_answers_are_said_to_be_damaged(
    qtbot: QtBot, results: Results, slow: Slow, home: Home, damage: bytes
) -> None:
    folder = a_tested_run(home, 0, 1)
    (folder.artefacts / "test_outputs.npz").write_bytes(damage)
    slow.go.set()
    with qtbot.waitSignal(results.ready):
        results.show_run(folder, tested=True)
    assert "missing or damaged" in results.waiting.text()


def test_that_damaged_thumbnails_leave_the_answers(qtbot: QtBot, results: Results, slow: Slow, home: Home) -> None:
    folder = a_tested_run(home, 0, 1)
    (folder.artefacts / "test_images.npz").write_bytes(b"")
    slow.go.set()
    with qtbot.waitSignal(results.ready):
        results.show_run(folder, tested=True)
    assert results.matrix.isVisible()
    assert results.gallery.pictures == []
