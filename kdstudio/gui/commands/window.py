"""What the commands of the window do: pages, files from outside, the home and what lies in it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from kdstudio.gui.commands.command import Deed, Offer

if TYPE_CHECKING:
    from kdstudio.gui.main_window import MainWindow


class WindowDeeds:
    """Files, storage, pages."""

    def __init__(self, window: "MainWindow") -> None:
        self._window = window

    def deeds(self) -> dict[str, Deed]:
        """What each command does, by id."""
        window = self._window
        pages = {f"view.{name}": Deed(does=self._to(name)) for name in ("home", "new", "run", "runs", "settings")}
        return pages | {
            "view.stage": Deed(does=window.stage.toggle, on=lambda: window.stage.on),
            "file.open": Deed(does=window.open_yaml),
            "file.save": Deed(does=window.save_yaml),
            "file.save-as": Deed(does=lambda: window.save_yaml(True)),
            "file.images": Deed(does=lambda: window.lobby.home_page.folder.click()),
            "file.home": Deed(does=self._show_home),
            "file.choose-home": Deed(does=self._choose_home, why_not=self._home_is_fixed),
            "file.clear": Deed(offers=self._storage),
            "file.close": Deed(does=window.close),
        }

    def _to(self, name: str) -> Callable[[], None]:
        return lambda: self._window.show_page(name)

    def _show_home(self) -> None:
        self._window.show_folder(self._window.home.root)

    def _choose_home(self) -> None:
        self._window.show_page("settings")
        self._window.settings_page.home.choose()

    def _home_is_fixed(self) -> str:
        from kdstudio.gui.pages.home_choice import why_fixed

        return why_fixed(self._window.home)

    def _storage(self) -> list[Offer]:
        from kdstudio.gui.pages.clearing import PARTS

        card = self._window.settings_page.storage
        return [Offer(title=f"{card.title(part)}...", does=self._clearing(part)) for part in PARTS]

    def _clearing(self, part: str) -> Callable[[], None]:
        def clear() -> None:
            self._window.show_page("settings")
            self._window.settings_page.storage.clear(part)

        return clear
