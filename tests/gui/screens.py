"""Grabs every page of a window over a fixed home: `python tests/gui/screens.py FOLDER light|dark [presenter]`.

A program of its own, since a scale (QT_SCALE_FACTOR) is for a whole process. The run in it is a told one, and the preview's
desk a fake, so that the same code gives the same pictures.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
ROOT = Path(__file__).resolve().parent.parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from PySide6.QtCore import Qt  # noqa: E402
from PySide6.QtGui import QImage  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

import kdstudio.spec  # noqa: E402, F401  (pydantic before app-model)
from kdstudio.gui import desk_client  # noqa: E402
from kdstudio.gui.main_window import MainWindow  # noqa: E402
from kdstudio.gui.pages.run import CONFIGURATION, CURVES, LOG, TESTED  # noqa: E402
from kdstudio.gui.pages.runs import OVERLAY, QUEUE  # noqa: E402
from kdstudio.gui.preferences import dress  # noqa: E402
from kdstudio.gui.run_controller import RunController  # noqa: E402
from kdstudio.gui.tables.columns import PLACES  # noqa: E402
from kdstudio.runs.events import RunEnded  # noqa: E402
from kdstudio.runs.folder import RunFolder  # noqa: E402
from kdstudio.runs.home import Home  # noqa: E402
from kdstudio.runs.settings import Settings, read_settings, write_settings  # noqa: E402
from kdstudio.spec import loads  # noqa: E402
from tests.fakes import EXPERIMENT, a_story, a_tested_run, a_told_run, until  # noqa: E402
from tests.gui.desks import FakeDesk, data, memory, networks  # noqa: E402
from tests.gui.digits import sample_pictures, sampled, write_artefacts  # noqa: E402
from tests.gui.player import Player  # noqa: E402

SIZE = (1360, 860)
FEW = [40, 38, 41, 39, 42, 40, 37, 41, 38, 40]  # training images of each class
UNLIKE = [402, 12, 388, 395, 41, 377, 391, 19, 384, 390]
TIME = {"seconds": 50.0, "steps": 270, "device": "cpu", "threads": 1}
LONG = 60.0  # seconds that anything may take to come into view


def waited(condition: object) -> None:
    """Let the window work until `condition` holds."""

    def holds() -> bool:
        QTest.qWait(20)
        return bool(condition())  # type: ignore[operator]

    assert until(holds, LONG), condition


def named(title: str) -> str:
    """The experiment, by another name."""
    return EXPERIMENT.replace("Digits of a test", title)


def opened(home: Home, launcher: Player) -> MainWindow:
    """A window, with its first page."""
    window = MainWindow(home, RunController(home, launcher))
    window.resize(*SIZE)
    window.show()
    waited(lambda: window.pages.count() > 0)
    return window


def furnished(home: Home, launcher: Player) -> MainWindow:
    """A window with a finished run and nothing on its way."""
    story = sampled(a_story())
    run = a_tested_run(home, story=story)
    write_artefacts(run, story)
    window = opened(home, launcher)
    brought(window, run)
    window.new_page.show_experiment(loads(EXPERIMENT))
    return window


def brought(window: MainWindow, run: RunFolder) -> None:
    """Bring an ended run into view, with all that there is of it."""
    window.open_run(run)
    waited(lambda: not window.controller.active and window.controller.state.outcome is not None)
    waited(lambda: window.controller._worker is None)


def answered(window: MainWindow, desk: FakeDesk, *, short: bool = False) -> None:
    """Answer what the preview has asked last; `short`: that memory is, and that classes are of very different sizes."""
    client = window.new_page.feed.desk
    waited(lambda: desk.last > 0)
    QTest.qWait(250)
    waited(lambda: not client._settle.isActive())
    while desk.last in desk.cancelled:  # it waits for the end of what nobody wants any more
        cancelled = desk.last
        desk.say(cancelled=True)
        waited(lambda cancelled=cancelled: desk.last > cancelled)  # type: ignore[misc]
    warning = {"code": "imbalance", "most": max(UNLIKE), "fewest": min(UNLIKE)}
    known = facts(UNLIKE, warning) if short else facts(FEW)
    fits = memory("tight", 6.9, 8.0) if short else memory("fits")
    for part, value in (("networks", networks()), ("data", known), ("memory", fits), ("time", TIME)):
        desk.say(part=part, values=value)
    desk.say()
    waited(lambda: client._asked is None)


def facts(counts: list[int], *warnings: dict[str, Any]) -> dict[str, Any]:
    """The desk's part "data" of real digits."""
    classes = [str(number) for number in range(len(counts))]
    shown = {"classes": classes, "input": [1, 8, 8], "samples": sample_pictures()}
    return {**data(counts, list(warnings)), **shown}


def settled(window: MainWindow) -> QImage:
    """The window once it looks the same twice: what fades in has come, what is drawn by turns has had its turn."""
    page = window.run_page
    waited(lambda: not page._stale or not page.isVisible())  # what has its turn next may be out of view
    before = QImage()
    for _ in range(20):
        QTest.qWait(100)
        now = window.grab().toImage()
        if now == before:
            break
        before = now
    return before


def views(window: MainWindow, desk: FakeDesk) -> Iterator[str]:
    """Bring each page, and what lies over pages, into view, and name it."""
    for page in ("home", "new", "run", "runs", "settings"):
        window.show_page(page)
        waited(lambda: window.lobby.feed.known)
        if page == "new":
            answered(window, desk)
        if page == "settings":
            waited(lambda: window.settings_page.storage.room is not None)
        yield page
    window.show_page("new")
    answered(window, desk)
    window.new_page.detail.group.button(1).click()
    yield "new-advanced"
    window.new_page.detail.group.button(2).click()
    text = window.new_page.yaml.editor
    text.setPlainText(text.toPlainText().replace("kind: digits", "kind: digits, validation: 7"))
    waited(lambda: text.messages)
    yield "new-yaml"
    window.new_page.yaml.discard.click()
    window.new_page.detail.group.button(0).click()
    asked = desk.last
    window.new_page.change({"training.batch_size": 512})
    waited(lambda: desk.last > asked)
    answered(window, desk, short=True)
    waited(lambda: window.new_page.summary.short.shown)
    yield "new-tight"
    window.new_page.history.undo()
    window.show_page("run")
    window.actions_by_id["help.curves"].trigger()
    yield "help-terms"
    window.actions_by_id["help.shortcuts"].trigger()
    yield "help-shortcuts"
    window.shell.hide_help()
    window.actions_by_id["view.palette"].trigger()
    yield "palette"
    window.shell.palette.dismiss()
    yield from views_of_a_run(window)
    yield from views_of_runs(window)


def views_of_a_run(window: MainWindow) -> Iterator[str]:
    """What else the page of a run shows: its other tabs, a replay, a failure, a run at work."""
    page, controller = window.run_page, window.controller
    window.show_page("run")
    for place, name in ((LOG, "run-log"), (CONFIGURATION, "run-configuration"), (TESTED, "run-tested")):
        page.tabs.group.button(place).click()
        waited(lambda place=place: place != TESTED or page.results.outcome is not None)  # type: ignore[misc]
        yield name
    page.tabs.group.button(CURVES).click()
    controller.start_replay()
    waited(lambda: controller.replay is not None and controller.replay.ready)
    assert controller.replay is not None
    controller.replay.pause()
    controller.replay.seek(0.6 * controller.replay.length)
    yield "run-replay"
    controller.end_replay()
    story = a_story()
    cut = next(n for n, event in enumerate(story) if (event.stage, getattr(event, "step", 0)) == ("student", 30))
    end = RunEnded(outcome="failed", code="not-a-number", parameters={"stage": "student", "step": 30, "term": "soft-targets"})
    brought(window, a_told_run(window.home, [*story[:cut], end], text=named("One that fails")))
    yield "run-failed"
    window.start_experiment(loads(named("One at work")))
    waited(lambda: controller.state.current == ("student", 0) and len(controller.state.stages[("student", 0)].history) > 2)
    yield "run-live"
    page.stop.click()
    page.sentences.stop_save.click()
    waited(lambda: not controller.active)


def views_of_runs(window: MainWindow) -> Iterator[str]:
    """What else the page of all runs shows: chosen runs over one another, and the queue."""
    window.show_page("runs")
    page = window.runs_page
    page.table.sortByColumn(PLACES["title"], Qt.SortOrder.AscendingOrder)  # by time they would stand in any order
    waited(lambda: len(page.model.shown()) == 3)
    page.table.choose({row.folder for row in page.model.shown()})
    page.show_below(OVERLAY)
    waited(lambda: page.panels.overlay is not None and len(page.panels.overlay._stories) == 3)
    yield "runs-overlay"
    for title in ("A wider student", "A colder temperature"):
        window.lobby.enqueue(loads(named(title)))
    window.message.clear()
    page.show_below(QUEUE)
    waited(lambda: len(page.model.shown()) == 5)
    yield "runs-queue"


def empty_views(window: MainWindow) -> Iterator[str]:
    """The pages of a home in which there is nothing yet."""
    for page in ("home", "run", "runs"):
        window.show_page(page)
        waited(lambda: window.lobby.feed.known)
        yield f"empty-{page}"


def main() -> None:
    """Grab them all."""
    out, scheme, presenter = Path(sys.argv[1]), sys.argv[2], "presenter" in sys.argv
    application = QApplication([])
    application.setCursorFlashTime(0)  # a caret that is there in every picture
    desk = FakeDesk()
    desk_client.open_desk = lambda home: desk  # type: ignore[assignment,return-value]
    with tempfile.TemporaryDirectory() as folder:
        home = Home.locate(Path(folder) / "home")
        write_settings(home, Settings(theme=scheme, presenter=presenter))
        dress(home, read_settings(home))
        player = Player(0.0, "hold=student")
        for made, seen in ((furnished, lambda window: views(window, desk)), (opened, empty_views)):
            window = made(home, player)
            for name in seen(window):
                settled(window).save(str(out / f"{name}.png"))
            window.shutdown()
            window.hide()
            home = Home.locate(Path(folder) / "another")
            write_settings(home, Settings(theme=scheme, presenter=presenter))
        player.end()
    application.quit()


if __name__ == "__main__":
    main()
