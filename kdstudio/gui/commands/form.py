"""What the commands of the page New experiment do: its file, its form, its presets, and how the experiment is started."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kdstudio.gui.commands.command import Deed, Offer
from kdstudio.gui.language import looked_up, tr

if TYPE_CHECKING:
    from kdstudio.gui.main_window import MainWindow
    from kdstudio.gui.pages.form_card import FormCard
    from kdstudio.gui.pages.new_experiment import NewExperimentPage
    from kdstudio.gui.presets import Preset
    from kdstudio.runs.sample_experiments import Sample

DETAILS = ("simple", "advanced", "yaml")


class FormDeeds:
    """The form, and what becomes of it."""

    def __init__(self, window: "MainWindow") -> None:
        self._window = window

    def deeds(self) -> dict[str, Deed]:
        """What each command does, by id."""
        details = {f"form.{name}": self._detail(number) for number, name in enumerate(DETAILS)}
        return details | {
            "file.new": Deed(does=lambda: self._page().new()),
            "file.recent": Deed(offers=self._recent, why_not=self._nothing_recent),
            "file.sample": Deed(offers=self._samples),
            "edit.undo": Deed(does=lambda: self._page().history.undo(), why_not=self._nothing_to_undo),
            "edit.redo": Deed(does=lambda: self._page().history.redo(), why_not=self._nothing_to_redo),
            "edit.copy-yaml": Deed(does=lambda: self._page().copy_yaml(), why_not=self._missing),
            "edit.copy-command": Deed(does=lambda: self._page().copy_command(), why_not=self._missing),
            "edit.preset": Deed(offers=self._presets, why_not=self._no_preset),
            "edit.keep-preset": Deed(offers=self._cards_to_keep),
            "edit.forget-preset": Deed(offers=self._presets_to_forget, why_not=self._no_preset),
            "edit.changed": Deed(offers=self._changed, why_not=self._unchanged),
            "edit.reset": Deed(offers=self._cards_to_reset, why_not=self._unchanged),
            "run.start": Deed(does=self._start),
            "run.queue": Deed(does=self._queue),
            "run.sample": Deed(offers=self._samples_to_start),
        }

    def _page(self) -> "NewExperimentPage":
        """The page, in view."""
        self._window.show_page("new")
        return self._window.new_page

    def _form(self) -> "NewExperimentPage":
        """The page, in view with its form and not its text, unless that is no experiment."""
        page = self._page()
        if page.detail.chosen == DETAILS.index("yaml"):
            page.detail.group.button(DETAILS.index("simple")).click()
        return page

    def _detail(self, number: int) -> Deed:
        return Deed(does=lambda: self._page().detail.group.button(number).click(), on=lambda: self._shown_detail() == number)

    def _shown_detail(self) -> int:
        page = self._window.made("new")
        return int(page.detail.chosen) if page is not None else 0

    # Starting

    def _start(self) -> None:
        """From another page the form is only shown, so that nobody starts what they do not see."""
        seen = self._seen
        page = self._page()
        if seen:
            page.start()

    def _queue(self) -> None:
        """The same."""
        seen = self._seen
        page = self._page()
        if seen:
            page.queue()

    @property
    def _seen(self) -> bool:
        return self._window.pages.currentWidget() is self._window.made("new")

    # Files

    def _recent(self) -> list[Offer]:
        from kdstudio.gui.drafts import recent_files
        from kdstudio.gui.presenter import shown

        files = recent_files(self._window.home)
        return [Offer(title=path.name, tip=shown(str(path)), does=self._opening(path)) for path in files]

    def _nothing_recent(self) -> str:
        from kdstudio.gui.drafts import any_recent_files

        return "" if any_recent_files(self._window.home) else tr("No file has been opened or saved yet")

    def _samples(self) -> list[Offer]:
        return [
            Offer(title=sample.title, tip=looked_up(sample.shows), does=self._opening(sample.path))
            for sample in _all_samples()
        ]

    def _samples_to_start(self) -> list[Offer]:
        def starting(path: Path) -> Callable[[], None]:
            return lambda: self._window.lobby.start_sample(path)

        return [
            Offer(title=sample.title, tip=looked_up(sample.shows), does=starting(sample.path))
            for sample in _all_samples()
        ]

    def _opening(self, path: Path) -> Callable[[], object]:
        return lambda: self._window.open_file(path)

    # Undo and copies

    def _nothing_to_undo(self) -> str:
        page = self._window.made("new") if self._seen else None
        if page is None:
            return tr("Open New experiment first: its form can be undone")
        return "" if page.history.undoable else tr("There is nothing to undo")

    def _nothing_to_redo(self) -> str:
        page = self._window.made("new") if self._seen else None
        if page is None:
            return tr("Open New experiment first: its form can be undone")
        return "" if page.history.redoable else tr("There is nothing to redo")

    def _missing(self) -> str:
        page = self._window.made("new")
        return tr("Something is still missing in the form") if page is not None and page.problems else ""

    # Presets, and what differs from the defaults

    def _no_preset(self) -> str:
        from kdstudio.gui.presets import any_presets

        return "" if any_presets(self._window.home) else tr("No preset has been saved yet")

    def _presets(self) -> list[Offer]:
        return [
            Offer(title=_of(card, preset.name), does=self._applying(card.title, preset)) for card, preset in self._kept()
        ]

    def _presets_to_forget(self) -> list[Offer]:
        def forgetting(card: "FormCard", preset: "Preset") -> Callable[[], None]:
            return lambda: card.forget(preset)

        return [Offer(title=_of(card, preset.name), does=forgetting(card, preset)) for card, preset in self._kept()]

    def _kept(self) -> "list[tuple[FormCard, Preset]]":
        from kdstudio.gui.presets import presets

        cards = self._window.new_page.cards
        return [(card, preset) for card in cards for preset in presets(self._window.home, card.name)]

    def _applying(self, title: str, preset: "Preset") -> Callable[[], None]:
        return lambda: self._card(title).apply(preset)

    def _cards_to_keep(self) -> list[Offer]:
        def keeping(title: str) -> Callable[[], None]:
            return lambda: self._card(title).naming.ask()

        return [Offer(title=f"{card.title}...", does=keeping(card.title)) for card in self._window.new_page.cards]

    def _unchanged(self) -> str:
        page = self._window.made("new")
        if page is None:
            return tr("Open New experiment first")
        return "" if any(card.changes() for card in page.cards) else tr("Every field is at its default")

    def _changed(self) -> list[Offer]:
        def going(path: str) -> Callable[[], None]:
            return lambda: self._form().go_to(path)

        return [
            Offer(title=_of(card, row.field.title), does=going(row.path))
            for card in self._window.new_page.cards
            for row in card.changes()
        ]

    def _cards_to_reset(self) -> list[Offer]:
        def resetting(title: str) -> Callable[[], None]:
            return lambda: self._card(title).reset()

        cards: Sequence[FormCard] = [card for card in self._window.new_page.cards if card.changes()]
        return [Offer(title=card.title, does=resetting(card.title)) for card in cards]

    def _card(self, title: str) -> "FormCard":
        """The card, in view."""
        page = self._form()
        card = next(card for card in page.cards if card.title == title)
        page.sheet.form.ensureWidgetVisible(card)
        return card


def _of(card: "FormCard", name: str) -> str:
    return f"{card.title}: {name}"


def _all_samples() -> "list[Sample]":
    from kdstudio.runs.sample_experiments import sample_experiments

    return sample_experiments()
