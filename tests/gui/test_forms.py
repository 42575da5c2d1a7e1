"""The form is the spec: every field of every kind can be set by hand, comes out, and makes the experiment it says."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from pydantic import BaseModel
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit
from pytestqt.qtbot import QtBot

from kdstudio.gui import editors
from kdstudio.gui.editors import (
    NumberEditor,
    NumberRange,
    NumbersEditor,
    PathEditor,
    QuantityEditor,
    WeightsEditor,
    YamlEditor,
)
from kdstudio.gui.fields import fields_of, kind_of
from kdstudio.gui.forms import FieldRow, KindForm, SpecForm
from kdstudio.spec import DATASETS, METHODS, MODELS, Classification, Mlp, dump, loads, models_in, problems_of
from tests.spec.strategies import EXPERIMENTS

WORDS = {
    "title": "Words",
    "weights": "run:abc",
    "device": "cpu",
    "parent": "a-run",
    "group": "a sweep",
    "path": "/data",
}
VARIANTS: dict[str, tuple[type[BaseModel], ...]] = {
    "dataset": DATASETS,
    "teacher": MODELS,
    "student": MODELS,
    "method": METHODS,
}


def leaves_of(model: type[BaseModel], path: str = "") -> Iterator[str]:
    """The path of every field that holds no other spec."""
    for field in fields_of(model):
        here = f"{path}.{field.name}".strip(".")
        if field.models:
            yield from leaves_of(field.models[0], here)
        elif not field.constant:
            yield here


def every_field() -> Iterator[tuple[dict[str, Any], str]]:
    """(an experiment's kinds, the path of a field of it), for each field of each kind."""
    whole = {"kind": "classification"}
    parts = {field.name: field for field in fields_of(Classification)}
    for name, field in parts.items():
        kinds = VARIANTS.get(name, ())
        for kind in kinds:
            yield from (({**whole, name: {"kind": kind_of(kind)}}, path) for path in leaves_of(kind, name))
        if not kinds and field.models:
            yield from ((whole, path) for path in leaves_of(field.models[0], name))
        elif not kinds and not field.constant:
            yield whole, name


def in_the_schema(
    schema: dict[str, Any], whole: dict[str, Any], path: str = "", kind: str = ""
) -> Iterator[tuple[str, str]]:
    """(path, kind of what holds it) of every field that is no constant, by the JSON schema alone."""
    for name, field in schema["properties"].items():
        options = [part for part in (field, *field.get("oneOf", ()), *field.get("anyOf", ())) if "$ref" in part]
        for option in options:
            inside = whole["$defs"][option["$ref"].rpartition("/")[2]]
            its = inside["properties"].get("kind", {}).get("const", kind)
            yield from in_the_schema(inside, whole, f"{path}.{name}".strip("."), its)
        if not options and "const" not in field:
            yield f"{path}.{name}".strip("."), kind


def test_that_the_walk_over_the_fields_leaves_none_out() -> None:
    schema = Classification.model_json_schema()
    walked = {
        (path, kinds.get(path.split(".")[0], {}).get("kind", "") if len(kinds) > 1 else "")
        for kinds, path in every_field()
    }
    assert walked == set(in_the_schema(schema, schema))
    assert len(walked) > 60


def type_into(row: FieldRow, path: str) -> Any:
    """Set the field at `path`, which `row` shows, by hand, as a person does; the value that should come of it."""
    focus = row.editor.focus  # type: ignore[union-attr]
    name = path.rpartition(".")[2]
    if isinstance(row.editor, WeightsEditor):
        row.editor.offer([("run:abc", "A run of mine (abc)")])
    if isinstance(row.editor, QuantityEditor):
        member = next(each for each in row.field.members if each.name == name)
        pick(row.editor.unit, member.unit)
        focus.lineEdit().selectAll()
        QTest.keyClicks(focus.lineEdit(), "7")
        return 7
    if isinstance(focus, QAbstractButton):
        before = focus.isChecked()
        focus.click()
        return not before
    if isinstance(focus, QComboBox):
        before, last = focus.currentIndex(), focus.currentIndex() == focus.count() - 1
        QTest.keyClick(focus, Qt.Key.Key_Up if last else Qt.Key.Key_Down)
        assert focus.currentIndex() == (before - 1 if last else before + 1)
        wanted = focus.currentData() if focus.currentData() is not None else focus.currentText()
        assert row.editor.value() == wanted
        return wanted
    line = focus.lineEdit() if isinstance(focus, QAbstractSpinBox) else focus
    assert isinstance(line, QLineEdit)
    line.selectAll()
    if isinstance(row.editor, NumberEditor):
        whole = "int" in str(row.field.info.annotation)
        QTest.keyClicks(line, "7" if whole else "25" if row.field.percent else "0.25")
        return 7 if whole else 0.25
    text = WORDS.get(name, "5, 3")
    QTest.keyClicks(line, text)
    return text if name in WORDS else [5, 3]


def pick(combo: QComboBox, text: str) -> None:
    """Choose `text` with the arrow keys."""
    number = combo.findText(text)
    assert number >= 0
    while combo.currentIndex() != number:
        QTest.keyClick(combo, Qt.Key.Key_Down if combo.currentIndex() < number else Qt.Key.Key_Up)


def find(form: SpecForm, path: str) -> FieldRow:
    return next(row for row in form.leaves() if row.covers(path))


def part_of(values: Any, path: str) -> Any:
    for name in path.split("."):
        values = values[name] if isinstance(values, dict) else getattr(values, name)
    return values


@pytest.mark.parametrize(
    ("kinds", "path"),
    [
        pytest.param(*each, id=f"{each[0].get(each[1].split('.')[0], {}).get('kind', '')}:{each[1]}")
        for each in every_field()
    ],
)
def test_that_what_is_typed_into_a_field_reaches_the_experiment(qtbot: QtBot, kinds: dict[str, Any], path: str) -> None:
    form = SpecForm(Classification, "")
    qtbot.addWidget(form)
    form.set_value(Classification.model_validate(_filled(kinds)).model_dump(mode="json"))
    form.set_advanced(True)
    row = find(form, path)
    before = row.editor.value()

    wanted = type_into(row, path)

    values = {"kind": "classification"} | form.value()
    assert wanted != before
    assert part_of(values, path) == wanted
    assert problems_of(values) == ()
    experiment = Classification.model_validate(values)
    said = part_of(experiment, path)
    assert (list(said) if isinstance(said, tuple) else str(said) if isinstance(said, Path) else said) == wanted
    assert loads(dump(experiment)) == experiment


def _filled(kinds: dict[str, Any]) -> dict[str, Any]:
    """`kinds` with what has no default filled in."""
    if kinds.get("dataset", {}).get("kind") in ("idx", "image-folder"):
        return {**kinds, "dataset": {**kinds["dataset"], "path": "/somewhere"}}
    return kinds


def test_that_no_field_needs_the_editor_of_last_resort(qtbot: QtBot) -> None:
    for name, kinds in VARIANTS.items():
        for kind in kinds:
            form = SpecForm(kind, name)
            qtbot.addWidget(form)
            assert not any(isinstance(row.editor, YamlEditor) for row in form.leaves())


def test_that_every_field_shows_a_title_and_help(qtbot: QtBot) -> None:
    form = SpecForm(Classification, "")
    qtbot.addWidget(form)
    for row in form.leaves():
        assert row.field.title
        assert row.toolTip() == row.field.help != ""
        assert row.editor.focus.accessibleName() == row.field.title  # type: ignore[union-attr]


def test_that_a_form_gives_back_the_experiment_that_it_was_given(qtbot: QtBot) -> None:
    experiment = loads(
        "kind: classification\ntitle: Long\ndataset: {kind: digits, labelled: 0.07, views: {shift: 2, crop: 0.9}}\n"
        "student: {kind: mlp, hidden: [64, 32], dropout: 0.1}\nmethod: {kind: none}\nseeds: [3, 1, 4]\n"
        "training: {minutes: 1.5, clip: 0.333, evaluate_every: {steps: 9}}\ncompute: {threads: 3}\ngroup: sweep"
    )
    form = SpecForm(Classification, "")
    qtbot.addWidget(form)
    form.set_value(experiment.model_dump(mode="json"))
    assert Classification.model_validate({"kind": "classification"} | form.value()) == experiment


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(EXPERIMENTS)
def test_that_a_form_gives_back_any_experiment_that_it_was_given(qapp: object, experiment: Classification) -> None:
    form = SpecForm(Classification, "")
    form.set_value(experiment.model_dump(mode="json"))
    values = {"kind": "classification"} | form.value()
    form.deleteLater()
    assert Classification.model_validate(values) == experiment


@pytest.mark.parametrize("number", [0.1, 0.07, 1e-05, 3.3333333333333335e-05, 0.29, 1 / 3, 5e-324, 1.7e308, 100.0, 0.0])
@pytest.mark.parametrize("percent", [False, True])
def test_that_a_number_editor_changes_no_digit(qtbot: QtBot, number: float, percent: bool) -> None:
    editor = NumberEditor(NumberRange(whole=False), percent=percent)
    qtbot.addWidget(editor)
    editor.set_value(number)
    if percent and number in (5e-324, 1.7e308):
        return  # no share is that small or large
    assert editor.value() == number


def test_that_a_whole_number_of_any_length_keeps_its_digits(qtbot: QtBot) -> None:
    editor = NumberEditor(NumberRange(whole=True))
    qtbot.addWidget(editor)
    editor.set_value(10**28 + 1)
    assert editor.value() == 10**28 + 1


def test_that_arrows_step_by_a_tenth_of_the_size_and_stay_in_bounds(qtbot: QtBot) -> None:
    editor = NumberEditor(NumberRange(whole=False, low=0.0, high=0.004, open_low=True))
    qtbot.addWidget(editor)
    seen = []
    editor.set_value(0.002)
    for key in (
        Qt.Key.Key_Up,
        Qt.Key.Key_Up,
        Qt.Key.Key_Up,
        Qt.Key.Key_Down,
        Qt.Key.Key_Down,
        Qt.Key.Key_Down,
        Qt.Key.Key_Down,
    ):
        QTest.keyClick(editor.focus, key)
        seen.append(editor.value())
    assert seen == [0.003, 0.004, 0.004, 0.003, 0.002, 0.001, 0.0009]


def test_that_words_in_a_number_field_are_handed_to_the_spec_as_they_are(qtbot: QtBot) -> None:
    form = SpecForm(Classification, "")
    qtbot.addWidget(form)
    find(form, "training.learning_rate").editor.set_value("fast")
    values = {"kind": "classification"} | form.value()
    assert [problem.path for problem in problems_of(values)] == ["training.learning_rate"]


@pytest.mark.parametrize("text", ["--5", "-", "5-", "٣", "1e3", "5" * 5000])
def test_that_what_is_no_whole_number_in_a_row_is_handed_to_the_spec_as_it_is(qtbot: QtBot, text: str) -> None:
    editor = NumbersEditor()
    qtbot.addWidget(editor)
    editor._line.setText(f"64, {text}; -5")
    assert editor.value() == [64, text, -5]


@pytest.mark.parametrize("text", ["2024-13-01", "[", "!!int ''", "!!bool maybe", "[" * 3000])
def test_that_a_line_that_is_no_yaml_is_handed_to_the_spec_as_it_is(qtbot: QtBot, text: str) -> None:
    editor = YamlEditor()
    qtbot.addWidget(editor)
    editor._line.setText(text)
    assert editor.value() == text


def test_that_an_arrow_on_a_number_too_large_for_any_field_does_no_harm(qtbot: QtBot) -> None:
    editor = NumberEditor(NumberRange(whole=True))
    qtbot.addWidget(editor)
    for text in ("1e350", "1e300"):
        editor.focus.lineEdit().setText(text)  # type: ignore[attr-defined]
        qtbot.keyClick(editor.focus, Qt.Key.Key_Up)


def test_that_an_empty_optional_number_is_none_and_an_empty_word_number_is_the_word(qtbot: QtBot) -> None:
    form = SpecForm(Classification, "")
    qtbot.addWidget(form)
    assert find(form, "training.clip").editor.value() is None
    assert find(form, "compute.threads").editor.value() == "auto"


def test_that_a_problem_stands_beside_its_field_and_shows_it_though_it_is_an_advanced_one(
    qtbot: QtBot,
) -> None:
    form = SpecForm(Classification, "")
    qtbot.addWidget(form)
    row = find(form, "training.momentum")
    assert row.isHidden()
    form.show_problems({"training.momentum": "must be smaller"})
    assert not row.isHidden()
    assert row.problem == "Must be smaller"
    form.show_problems({})
    assert row.isHidden()
    assert row.problem == ""


def test_that_advanced_fields_are_hidden_until_they_are_wanted(qtbot: QtBot) -> None:
    form = SpecForm(Classification, "")
    qtbot.addWidget(form)
    row = find(form, "dataset.test")
    assert row.isHidden()
    form.set_advanced(True)
    assert not row.isHidden()


def test_that_another_kind_keeps_what_both_share(qtbot: QtBot) -> None:
    form = KindForm(DATASETS, "dataset")
    qtbot.addWidget(form)
    form.form.rows["labelled"].editor.set_value(0.05)
    form.picker.setCurrentIndex(1)
    assert form.value()["kind"] == "idx"
    assert form.value()["labelled"] == 0.05
    assert form.blurb.text() == str(getattr(DATASETS[1], "blurb", ""))


def test_that_what_must_be_filled_in_is_missing_until_it_is(qtbot: QtBot) -> None:
    form = KindForm(DATASETS, "dataset")
    qtbot.addWidget(form)
    form.picker.setCurrentIndex(1)
    assert "path" not in form.value()
    assert [problem.path for problem in problems_of({"kind": "classification", "dataset": form.value()})] == [
        "dataset.path"
    ]


def test_that_browse_puts_the_chosen_folder_into_the_field(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(editors, "choose_folder", lambda *_: "/picked")
    editor = PathEditor()
    qtbot.addWidget(editor)
    qtbot.mouseClick(editor.browse, Qt.MouseButton.LeftButton)
    assert editor.value() == "/picked"


def test_that_every_kind_of_a_union_can_be_picked(qtbot: QtBot) -> None:
    for field in fields_of(Classification):
        models = list(models_in(field.info.annotation))
        if len(models) > 1:
            form = KindForm(models, field.name)
            qtbot.addWidget(form)
            labels = [form.picker.itemText(number) for number in range(form.picker.count())]
            assert labels == [str(getattr(model, "label", "")) for model in models]
            for number, model in enumerate(models):
                form.picker.setCurrentIndex(number)
                assert form.value()["kind"] == kind_of(model)


def test_that_the_wheel_changes_no_field_while_the_page_scrolls(qtbot: QtBot) -> None:
    form = SpecForm(Mlp, "student")
    qtbot.addWidget(form)
    for row in form.leaves():
        focus = row.editor.focus  # type: ignore[union-attr]
        assert not isinstance(focus, QAbstractSpinBox | QComboBox) or focus.focusPolicy() == Qt.FocusPolicy.StrongFocus
