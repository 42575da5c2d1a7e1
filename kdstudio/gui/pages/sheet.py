"""What an experiment is written on: a form of cards, simple or whole, or the same as text. One of them is in view."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter
from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import QStackedWidget, QWidget

from kdstudio.gui.buttons import Segments
from kdstudio.gui.document import Document, plain_values
from kdstudio.gui.next_step import mistakes, mistakes_in_text, next_step, next_step_in_text
from kdstudio.gui.pages.form_board import FormBoard
from kdstudio.gui.pages.page import scrolling
from kdstudio.gui.theme import GAP
from kdstudio.gui.yaml_view import YamlView
from kdstudio.runs.home import Home
from kdstudio.spec import EXPERIMENTS, Experiment, SpecError, loads, problems_of
from kdstudio.spec.yaml_file import to_yaml

SIMPLE, ADVANCED, YAML = range(3)

_ADAPTER: TypeAdapter[Any] = TypeAdapter(Experiment)


class Sheet(QStackedWidget):
    """The sheet; `detail` chooses how it is shown.

    Args:
        blank: the experiment with nothing changed, plain data.
        document: the file that it belongs to.

    Signals:
        edited: a person has changed a field.
        turned: it is shown another way, or the text says something else.
        refused: a preset could not be kept; carries the reason.
    """

    edited = Signal()
    turned = Signal()
    refused = Signal(str)

    def __init__(self, blank: Mapping[str, Any], document: Document, home: Home, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._blank, self._document = blank, document
        self._sought = ""
        self.board = FormBoard(EXPERIMENTS[0], blank, home)
        self.form = scrolling(self.board, "new.scroll")
        self.yaml = YamlView()
        self.detail = Segments((self.tr("Simple"), self.tr("Advanced"), self.tr("YAML")), "detail")
        for view in (self.form, self.yaml):
            self.addWidget(view)
        self.board.changed.connect(self.edited)
        self.board.refused.connect(self.refused)
        self.detail.group.idClicked.connect(self.set_detail)
        self.yaml.parsed.connect(self._take_text)
        self.yaml.checked.connect(self.turned)
        self.yaml.discarded.connect(self._discard_text)

    # What it holds

    def values(self) -> dict[str, Any]:
        """The experiment as the form holds it: plain data, right or wrong."""
        return self.board.values()

    def text(self) -> str:
        """The experiment as YAML, right or wrong."""
        return self.yaml.text if self.shows_text and not self.yaml.untouched else self._form_text()

    def made(self, values: Mapping[str, Any]) -> Any:
        """The experiment that `values` are, its paths absolute: it will be read elsewhere."""
        return _ADAPTER.validate_python(values, context={"base": self._document.base})

    def settle(self) -> None:
        """Take in what was typed last."""
        if self.shows_text:
            self.yaml.settle()

    @property
    def shows_text(self) -> bool:
        """Whether the text is in view."""
        return self.detail.chosen == YAML

    @property
    def wrong_text(self) -> bool:
        """Whether text is in view that is no experiment."""
        return self.shows_text and bool(self.yaml.problems)

    def mistakes(self, values: dict[str, Any]) -> dict[str, str]:
        """What is wrong with it, by path."""
        if self.wrong_text:
            return mistakes_in_text(self.yaml.problems)
        return mistakes(values, self.board.rows(), self._document.base)

    def next_step(self, problems: Mapping[str, str]) -> str:
        """What is to be done next, in words."""
        if self.wrong_text:
            return next_step_in_text(self.yaml.problems)
        return next_step(problems, self.board.row(next(iter(problems), "")))

    # Filling it

    def fill(self, values: Mapping[str, Any]) -> None:
        """Hold `values`, shown as before."""
        self.board.fill(values)
        if self.shows_text:
            self._enter_text()

    def show_text(self, text: str) -> None:
        """Show text that is no experiment yet, as text."""
        self.detail.choose(YAML)
        self.setCurrentWidget(self.yaml)
        self.yaml.enter("", self._document.base)
        self.yaml.show_text(text)

    def show_form(self) -> None:
        """Show the form, whatever the text says."""
        if self.shows_text:
            self.detail.choose(SIMPLE)
            self.setCurrentWidget(self.form)

    def restore(self, text: str) -> None:
        """Hold `text` again: as values where the form simply gives it back, else as text, with its comments or mistakes."""
        values = plain_values(text)
        self.fill(values or {})
        if self._form_text() in (text, to_yaml(values)):
            return
        try:
            self.fill(loads(text, base=self._document.base).model_dump(mode="json"))
            self._document.pair(self.values(), text)
        except SpecError:
            self.fill(self._blank)
            self.show_text(text)

    # Looking at it

    @Slot(int)
    def set_detail(self, number: int) -> None:
        """Show the simple form, the whole one, or the text. Text that is no experiment is not left behind."""
        if number == YAML:
            if self.currentWidget() is not self.yaml:
                self._enter_text()
        elif self._leaves_text():
            self.setCurrentWidget(self.form)
            self.board.set_advanced(number == ADVANCED)
        else:
            self.detail.choose(YAML)
            self.yaml.go_to_problem()
            return
        self.turned.emit()

    def go_to(self, path: str) -> None:
        """Put the focus into the field at `path`, showing it if it is an advanced one."""
        row = self.board.row(path)
        if row is None:
            return
        if row.isHidden() or self.shows_text:
            self.detail.choose(ADVANCED if row.isHidden() else SIMPLE)
            self.set_detail(self.detail.chosen)
        row.editor.setFocus()
        self._sought = path
        QTimer.singleShot(0, self._reveal)  # when what has just come into view has its place

    @Slot()
    def _reveal(self) -> None:
        """Scroll to the field that was gone to last."""
        row = self.board.row(self._sought)
        if row is not None and not self.shows_text:
            self.form.ensureWidgetVisible(row, 0, GAP)

    def go_to_problem(self, problems: Mapping[str, str]) -> None:
        """Put the focus to the first of `problems`, in the form or in the text."""
        if self.wrong_text:
            self.yaml.go_to_problem()
            return
        row = next((row for row in self.board.rows() if row.troubled(problems)), None)
        if row is not None:
            self.go_to(row.path)

    def _form_text(self) -> str:
        values = self.values()
        return self._document.text(values, None if problems_of(values) else self.made(values))

    def _enter_text(self) -> None:
        self.yaml.enter(self._form_text(), self._document.base)
        self.setCurrentWidget(self.yaml)

    def _leaves_text(self) -> bool:
        """Whether the form can take over from the text."""
        if self.currentWidget() is not self.yaml:
            return True
        self.yaml.settle()
        return not self.yaml.problems or self.yaml.untouched

    @Slot(object)
    def _take_text(self, experiment: Any) -> None:
        """The text is an experiment: the form takes it."""
        self.board.fill(experiment.model_dump(mode="json"))
        self._document.pair(self.values(), self.yaml.text)

    @Slot()
    def _discard_text(self) -> None:
        self._enter_text()
        self.turned.emit()


__all__ = ["ADVANCED", "SIMPLE", "YAML", "Sheet"]
