"""What the commands of the run in view do. Those with a button on its page forward to it: there is one way to do a thing."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from kdstudio.gui import run_rules
from kdstudio.gui.commands.command import Deed, Offer
from kdstudio.gui.language import looked_up, tr
from kdstudio.gui.replay import SPEEDS

if TYPE_CHECKING:
    from kdstudio.gui.main_window import MainWindow
    from kdstudio.gui.pages.run import RunPage
    from kdstudio.gui.run_controller import RunController
    from kdstudio.results.suggestions import Suggestion

PARTS = ("curves", "tested", "log", "configuration")


class RunDeeds:
    """The run, its replay, and the parts of its page."""

    def __init__(self, window: "MainWindow") -> None:
        self._window = window

    def deeds(self) -> dict[str, Deed]:
        """What each command does, by id."""
        rule, window = self._rule, self._window
        parts = {f"part.{name}": self._part(number) for number, name in enumerate(PARTS)}
        return parts | {
            "run.pause": Deed(does=lambda: window.controller.pause(), why_not=rule(run_rules.pause)),
            "run.resume": Deed(does=self._resume, why_not=rule(run_rules.resume)),
            "run.stop": Deed(does=lambda: self._page().stop.click(), why_not=rule(run_rules.stop)),
            "run.save": Deed(does=lambda: window.controller.save_now(), why_not=rule(run_rules.save)),
            "run.evaluate": Deed(does=lambda: window.controller.evaluate_now(), why_not=rule(run_rules.evaluate)),
            "run.suggestions": Deed(offers=self._suggestions, why_not=rule(run_rules.suggest)),
            "run.longer": Deed(does=lambda: self._page().sentences.longer.click(), why_not=rule(run_rules.longer)),
            "run.duplicate": Deed(does=window.duplicate, why_not=rule(run_rules.duplicate)),
            "run.mend": Deed(does=lambda: self._page().sentences.mend.click(), why_not=rule(run_rules.mend)),
            "run.compare": Deed(does=lambda: self._page().sentences.compare.click(), why_not=rule(run_rules.anything)),
            "run.copy-diagnostics": Deed(does=self._copy_diagnostics, why_not=rule(run_rules.anything)),
            "run.copy-configuration": Deed(does=self._copy_configuration, why_not=rule(run_rules.anything)),
            "run.folder": Deed(does=lambda: self._page().sentences.folder.click(), why_not=rule(run_rules.anything)),
            "replay.start": Deed(does=self._replay, why_not=rule(run_rules.start_replay)),
            "replay.play": Deed(does=self._play, why_not=rule(run_rules.replay)),
            "replay.speed": Deed(offers=self._speeds, why_not=rule(run_rules.replay)),
            "replay.end": Deed(does=lambda: self._page().replay_bar.end.click(), why_not=rule(run_rules.replay)),
        }

    def _rule(self, rule: "Callable[[RunController], str]") -> Callable[[], str]:
        return lambda: rule(self._window.controller)

    def _page(self) -> "RunPage":
        """The page, in view."""
        self._window.show_page("run")
        return self._window.run_page

    def _part(self, number: int) -> Deed:
        return Deed(does=lambda: self._show_part(number), on=lambda: self._shown_part() == number)

    def _show_part(self, number: int) -> "RunPage":
        page = self._page()
        page.tabs.group.button(number).click()
        return page

    def _shown_part(self) -> int:
        page = self._window.made("run")
        return int(page.tabs.chosen) if page is not None else 0

    def _resume(self) -> None:
        self._page()
        self._window.controller.resume()

    def _copy_diagnostics(self) -> None:
        """The button says that it has copied them, but is only there for a run that failed."""
        button = self._page().sentences.copy
        button.click()
        if not button.isVisible():
            self._window.show_message(tr("Diagnostics copied"), role="agreement")

    def _copy_configuration(self) -> None:
        page = self._show_part(PARTS.index("configuration"))
        page.configuration.copy.click()

    def _suggestions(self) -> list[Offer]:
        from kdstudio.gui import suggested
        from kdstudio.runs.state import State
        from kdstudio.runs.summary import summarise

        run = self._window.controller
        done = run.status.state is State.COMPLETED and run.state.outcome == "completed"
        summary = summarise(run.state, run.title) if done else None

        def offering(suggestion: "Suggestion") -> Callable[[], None]:
            return lambda: self._page().offer(suggestion)

        return [
            Offer(title=each.text(looked_up), does=offering(each), tip=each.reason(looked_up))
            for each in suggested.everything(run, summary)
        ]

    def _replay(self) -> None:
        self._page()
        self._window.controller.start_replay()

    def _play(self) -> None:
        replay, bar = self._window.controller.replay, self._page().replay_bar
        if replay is not None:
            (bar.pause if replay.playing else bar.play).click()

    def _speeds(self) -> list[Offer]:
        def going(number: int) -> Callable[[], None]:
            return lambda: self._page().replay_bar.speed.group.button(number).click()

        replay = self._window.controller.replay
        now = None if replay is None else "fit" if replay.fitted else replay.speed
        speeds = [(tr("Fit into 20 seconds"), "fit"), *((f"×{speed}", speed) for speed in SPEEDS)]
        return [Offer(title=title, does=going(number), on=speed == now) for number, (title, speed) in enumerate(speeds)]
