"""A window on a desktop that answers: a session bus with a tray, notifications, and the choice between light and dark.

Run as a program inside `dbus-run-session -- xvfb-run`; says as one line of JSON what desktop and window made of each other.
The desktop is a thread that speaks the protocols; the window is the real one, on Qt's own platform theme.
"""

import json
import sys
import tempfile
import threading
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from jeepney import DBusAddress, HeaderFields, Message, MessageType, new_error, new_method_return, new_signal
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection

ROOT = Path(__file__).resolve().parent.parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import QApplication, QSystemTrayIcon  # noqa: E402

import kdstudio.spec  # noqa: E402, F401  (pydantic before app-model)
from kdstudio.gui.endings import Desktop  # noqa: E402
from kdstudio.gui.main_window import MainWindow  # noqa: E402
from kdstudio.gui.preferences import dress  # noqa: E402
from kdstudio.gui.theme import roles_of, theme  # noqa: E402
from kdstudio.runs.home import Home  # noqa: E402
from kdstudio.runs.settings import Settings  # noqa: E402
from tests.fakes import a_told_run, until  # noqa: E402

NAMES = ("org.kde.StatusNotifierWatcher", "org.freedesktop.Notifications", "org.freedesktop.portal.Desktop")
SETTINGS = DBusAddress("/org/freedesktop/portal/desktop", interface="org.freedesktop.portal.Settings")
SCHEMES = {"dark": 1, "light": 2}  # as the portal counts


class ADesktop(threading.Thread):
    """Answers what is asked of a desktop. `notified` are (title, text); `tray` are those who have put a sign there."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.notified: list[tuple[str, str]] = []
        self.tray: list[str] = []
        self._bus = open_dbus_connection(bus="SESSION")
        for name in NAMES:
            self._bus.send_and_get_reply(message_bus.RequestName(name))
        self._scheme = 0
        self._wanted: SimpleQueue[int] = SimpleQueue()

    def choose(self, scheme: str) -> None:
        """What a person does in the desktop's settings."""
        self._wanted.put(SCHEMES[scheme])

    def run(self) -> None:
        while True:
            self._change()
            try:
                message = self._bus.receive(timeout=0.05)
            except TimeoutError:
                continue
            if message.header.message_type == MessageType.method_call:
                self._bus.send(self._answer(message))

    def _change(self) -> None:
        try:
            self._scheme = self._wanted.get_nowait()
        except Empty:
            return
        body = ("org.freedesktop.appearance", "color-scheme", ("u", self._scheme))
        self._bus.send(new_signal(SETTINGS, "SettingChanged", "ssv", body))

    def _answer(self, message: Message) -> Message:
        member, body = message.header.fields[HeaderFields.member], message.body
        answers: dict[str, tuple[str, tuple[Any, ...]]] = {
            "Get": ("v", (("b", True),)),  # is there a tray? there is
            "Read": ("v", (("v", ("u", self._scheme)),)),
            "ReadOne": ("v", (("u", self._scheme),)),
            "ReadAll": ("a{sa{sv}}", ({"org.freedesktop.appearance": {"color-scheme": ("u", self._scheme)}},)),
            "GetCapabilities": ("as", (["body"],)),
            "GetServerInformation": ("ssss", ("a desktop", "tests", "1", "1.2")),
            "Notify": ("u", (1,)),
        }
        if member == "Notify":
            self.notified.append((body[3], body[4]))
        if member == "RegisterStatusNotifierItem":
            self.tray.append(body[0])
            return new_method_return(message)
        if member not in answers:
            return new_error(message, "org.freedesktop.DBus.Error.UnknownMethod")
        return new_method_return(message, *answers[member])


def waited(condition: Any) -> bool:
    def holds() -> bool:
        QTest.qWait(20)
        return bool(condition())

    return until(holds)


def main() -> None:
    """Do what a person does, and say what came of it."""
    desktop = ADesktop()
    desktop.start()
    application = QApplication([])
    said: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        home = Home.locate(Path(folder) / "home")
        dress(home, Settings(theme="system"))
        window = MainWindow(home)
        window.show()
        waited(lambda: window.pages.count() > 0)
        window.open_run(a_told_run(home))
        waited(lambda: not window.controller.active and window.controller.state.outcome == "completed")
        for scheme in ("dark", "light"):
            desktop.choose(scheme)
            said[scheme] = waited(lambda scheme=scheme: theme().scheme == scheme)
            said[f"{scheme} ground"] = seen(window) == roles_of(scheme).ground
            said[f"{scheme} plot"] = plotted(window) == roles_of(scheme).card
        window.preferences.change(theme="light")
        desktop.choose("dark")
        said["heard"] = waited(lambda: application.styleHints().colorScheme().name == "Dark")
        said["own choice"] = theme().scheme
        said["tray"] = QSystemTrayIcon.isSystemTrayAvailable()
        told = Desktop(window)
        said["said"] = told.say("Completed: Digits", "The teacher's help is worth +7.7 points.")
        waited(lambda: desktop.notified)
        said["notified"], said["signs"] = desktop.notified, len(desktop.tray)
        told.close()
        window.shutdown()
        window.hide()
    print(json.dumps(said))


def seen(window: MainWindow) -> str:
    """The colour of the window's ground."""
    return window.grab().toImage().pixelColor(window.navigation.width() + 6, window.height() - 6).name()


def plotted(window: MainWindow) -> str:
    """The colour that the accuracy plot stands on."""
    plot = window.run_page.accuracy
    return plot.grab().toImage().pixelColor(plot.width() // 2, 4).name()


if __name__ == "__main__":
    main()
