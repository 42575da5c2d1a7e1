"""Undo and redo: what one step is, what is forgotten, and that nothing of it outlives the form."""

import gc
import weakref

import pytest
from PySide6.QtCore import QObject

from kdstudio.gui import history
from kdstudio.gui.history import STEPS, History, Values


class Form:
    """Holds values, and tells a history of each edit, as the page New experiment does."""

    def __init__(self) -> None:
        self.values: Values = {"title": "", "seeds": 3}
        self.history = History(self.show, lambda: self.values)
        self.history.note(self.values)

    def show(self, values: Values) -> None:
        self.values = values
        self.history.note(values)

    def edit(self, **changes: object) -> None:
        self.show(self.values | changes)


@pytest.fixture
def form(qapp: object, monkeypatch: pytest.MonkeyPatch) -> Form:
    monkeypatch.setattr(history, "TOGETHER", -1.0)  # each edit is a step
    return Form()


def test_that_undo_and_redo_walk_through_the_steps(form: Form) -> None:
    for seeds in (4, 5, 6):
        form.edit(seeds=seeds)
    form.history.undo()
    form.history.undo()
    assert form.values["seeds"] == 4
    form.history.redo()
    assert form.values["seeds"] == 5
    for _ in range(5):
        form.history.undo()
    assert form.values["seeds"] == 3 and form.history.undoable is None
    for _ in range(5):
        form.history.redo()
    assert form.values["seeds"] == 6 and form.history.redoable is None


def test_that_an_edit_after_undo_begins_another_future(form: Form) -> None:
    form.edit(seeds=4)
    form.history.undo()
    form.edit(seeds=5)
    assert form.history.redoable is None
    form.history.undo()
    assert form.values["seeds"] == 3


def test_that_steps_say_what_they_change(form: Form) -> None:
    form.edit(seeds=4)
    assert form.history.undoable is not None and form.history.undoable.title == "seeds"
    form.edit(seeds=5, title="five")
    assert form.history.undoable.title == "2 fields"


def test_that_letters_typed_soon_after_each_other_are_one_step(form: Form, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "TOGETHER", 60.0)
    for text in ("d", "di", "dig"):
        form.edit(title=text)
    form.edit(seeds=4)
    form.history.undo()
    assert form.values == {"title": "dig", "seeds": 3}
    form.history.undo()
    assert form.values["title"] == "" and form.history.undoable is None


def test_that_letters_typed_and_taken_back_are_no_step(form: Form, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "TOGETHER", 60.0)
    form.edit(title="d")
    form.edit(title="")
    assert form.history.undoable is None


def test_that_the_oldest_steps_are_forgotten(form: Form) -> None:
    for seeds in range(10, 10 + STEPS + 50):
        form.edit(seeds=seeds)
    for _ in range(STEPS + 50):
        form.history.undo()
    assert form.values["seeds"] == 10 + 49


def test_that_a_form_and_its_steps_can_be_collected_together(qapp: object) -> None:
    """With QUndoStack and commands in Python this ended the interpreter, one time in two."""
    for _ in range(20):
        form = Form()
        form.history.setParent(parent := QObject())
        for seeds in range(30):
            form.edit(seeds=seeds, title=str(seeds))
        gone = weakref.ref(form)
        del form, parent
        gc.collect()
        assert gone() is None
