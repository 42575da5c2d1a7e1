"""Grabs every page of a window over a fixed home: `python tests/gui/screens.py FOLDER light|dark [presenter]`.

A program of its own, since a scale (QT_SCALE_FACTOR) is for a whole process. The run in it is a told one, and the preview's
desk a fake, so that the same code gives the same pictures.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
ROOT = Path(__file__).resolve().parent.parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from PySide6.QtGui import QImage  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

import kdstudio.spec  # noqa: E402, F401  (pydantic before app-model)
from kdstudio.gui import desk_client  # noqa: E402
from kdstudio.gui.main_window import MainWindow  # noqa: E402
from kdstudio.gui.preferences import dress  # noqa: E402
from kdstudio.runs.home import Home  # noqa: E402
from kdstudio.runs.settings import Settings, read_settings, write_settings  # noqa: E402
from kdstudio.spec import loads  # noqa: E402
from tests.fakes import EXPERIMENT, a_told_run, until  # noqa: E402
from tests.gui.desks import FakeDesk, data, memory, networks  # noqa: E402

SIZE = (1360, 860)
LONG = 20.0  # seconds that anything may take to come into view


def waited(condition: object) -> None:
    """Let the window work until `condition` holds."""

    def holds() -> bool:
        QTest.qWait(20)
        return bool(condition())  # type: ignore[operator]

    assert until(holds, LONG), condition


def furnished(home: Home) -> MainWindow:
    """A window with a finished run and nothing on its way."""
    run = a_told_run(home)
    window = MainWindow(home)
    window.resize(*SIZE)
    window.show()
    waited(lambda: window.pages.count() > 0)
    window.open_run(run)
    waited(lambda: not window.controller.active and window.controller.state.outcome == "completed")
    waited(lambda: window.controller._worker is None)
    window.new_page.show_experiment(loads(EXPERIMENT))
    return window


def answered(desk: FakeDesk) -> None:
    """Answer what the preview has asked last."""
    waited(lambda: desk.last > 0)
    QTest.qWait(250)
    while desk.last in desk.cancelled:  # it waits for the end of what nobody wants any more
        desk.say(cancelled=True)
        QTest.qWait(250)
    for part, value in (("networks", networks()), ("data", data([40, 38, 41, 39])), ("memory", memory("fits")),
                        ("time", {"seconds": 50.0, "steps": 270, "device": "cpu", "threads": 1})):  # fmt: skip
        desk.say(part=part, values=value)
    desk.say()


def settled(window: MainWindow) -> QImage:
    """The window once it looks the same twice: what fades in has come, what is drawn by turns has had its turn."""
    before = QImage()
    for _ in range(20):
        QTest.qWait(140)
        now = window.grab().toImage()
        if now == before:
            break
        before = now
    return before


def views(window: MainWindow, desk: FakeDesk) -> Iterator[str]:
    """Bring each page, and what lies over pages, into view, and name it."""
    for page in ("home", "new", "run", "runs", "settings"):
        window.show_page(page)
        if page == "new":
            answered(desk)
        if page == "settings":
            waited(lambda: window.settings_page.storage.room is not None)
        yield page
    window.show_page("new")
    answered(desk)
    window.new_page.detail.group.button(1).click()
    yield "new-advanced"
    window.new_page.detail.group.button(2).click()
    text = window.new_page.yaml.editor
    text.setPlainText(text.toPlainText().replace("validation: 0.1", "validation: 7"))
    waited(lambda: text.messages)
    yield "new-yaml"
    window.new_page.yaml.discard.click()
    window.new_page.detail.group.button(0).click()
    window.show_page("run")
    window.actions_by_id["help.curves"].trigger()
    yield "help-terms"
    window.actions_by_id["help.shortcuts"].trigger()
    yield "help-shortcuts"
    window.shell.hide_help()
    window.actions_by_id["view.palette"].trigger()
    yield "palette"
    window.shell.palette.dismiss()


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
        window = furnished(home)
        for name in views(window, desk):
            settled(window).save(str(out / f"{name}.png"))
        window.shutdown()
        window.hide()
    application.quit()


if __name__ == "__main__":
    main()
