"""Every word of the window reaches a translator: a language of brackets, made by Qt's own tools, must be all that is seen."""

import ast
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel
from PySide6.QtCore import Qt, QTranslator
from PySide6.QtGui import QAction, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QTableView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from kdstudio.gui import catalogue
from kdstudio.gui.help import KeyCap
from kdstudio.gui.language import headline, headline_of
from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.plots.canvas import Canvas
from kdstudio.runs.home import Home
from kdstudio.runs.library import read_row
from kdstudio.runs.sample_experiments import sample_experiments
from kdstudio.spec import Experiment, models_in
from tests.fakes import a_story, a_told_run
from tests.gui import screens
from tests.gui.desks import FakeDesk
from tests.gui.player import Player
from tests.gui.test_accessibility import failed, naming_a_preset, short_of_memory

ONE = (
    "setText", "setToolTip", "setWindowTitle", "setAccessibleName", "setAccessibleDescription", "setPlaceholderText",
    "setInformativeText", "setStatusTip", "addAction", "addMenu", "addItem", "addButton", "addTab", "QLabel", "QPushButton",
    "QAction", "Text", "Elided", "IconButton", "PrimaryButton", "Tile", "show_state", "KeyCap", "CopyButton", "SizeBars",
)  # fmt: skip
SHOWING = {**dict.fromkeys(ONE, 1), **dict.fromkeys(("say", "show_message", "set_text", "show_value", "SettingRow"), 2)}
CUT = re.compile(r"(\w[\w ,]*)…")
WORD = re.compile(r"[A-Za-z][A-Za-z'-]+")
OPEN, CLOSE = "\N{MATHEMATICAL LEFT WHITE SQUARE BRACKET}", "\N{MATHEMATICAL RIGHT WHITE SQUARE BRACKET}"


@pytest.fixture(scope="module")
def language(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A translation in which each text stands in brackets, as lrelease makes it of what lupdate found."""
    source = tmp_path_factory.mktemp("language") / "brackets.ts"
    catalogue.write(source)
    tree = ET.parse(source)
    for message in tree.iter("message"):
        translation, text = message.find("translation"), message.findtext("source")
        assert translation is not None
        translation.text = f"{OPEN}{text}{CLOSE}"
        translation.attrib.clear()
    tree.write(source, encoding="utf-8", xml_declaration=True)
    compiled = source.with_suffix(".qm")
    tool = Path(sys.executable).with_name("pyside6-lrelease")
    subprocess.run([tool, source, "-qm", compiled], check=True, capture_output=True)
    return compiled


@pytest.fixture
def brackets(qapp: QApplication, language: Path) -> Iterator[None]:
    translator = QTranslator()
    assert translator.load(str(language))
    qapp.installTranslator(translator)
    yield
    qapp.removeTranslator(translator)


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What is painted, letter by letter."""
    seen: set[str] = set()
    draw: Any = QPainter.drawText

    def drawing(painter: QPainter, *said: Any) -> Any:
        seen.update(each for each in said if isinstance(each, str))
        return draw(painter, *said)

    monkeypatch.setattr(QPainter, "drawText", drawing)
    return seen


def texts_of(window: MainWindow) -> Iterator[tuple[str, str]]:
    """What `window` says, and where."""
    yield "window", window.windowTitle()
    for action in (each for each in window.findChildren(QAction) if each.objectName()):  # pyqtgraph's are never seen
        yield f"action {action.objectName()}", action.text()
        yield f"action {action.objectName()}", action.toolTip()
    for widget in window.findChildren(QWidget):
        if widget.isVisible() and not isinstance(widget, KeyCap):
            where = f"{type(widget).__name__} {widget.objectName()}"
            for text in texts_in(widget):
                yield where, text


def texts_in(widget: QWidget) -> Iterator[str]:
    yield from (widget.toolTip(), widget.accessibleName(), widget.accessibleDescription())
    if isinstance(widget, QLabel | QAbstractButton):
        yield widget.text()
    if isinstance(widget, QLineEdit):
        yield widget.placeholderText()
    if isinstance(widget, QComboBox):
        yield from (widget.itemText(number) for number in range(widget.count()))
    if isinstance(widget, QListWidget):
        yield from (widget.item(number).text() for number in range(widget.count()))
    if isinstance(widget, Canvas):
        yield from (widget.bottom.labelText, widget.left.labelText)
    if isinstance(widget, QTableView):
        model = widget.model()
        for section in range(model.columnCount()):
            for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
                yield str(model.headerData(section, Qt.Orientation.Horizontal, role) or "")


def offered(window: MainWindow) -> Iterator[tuple[str, str]]:
    """What the menus let people choose from, and what is said of it."""
    for identity, action in window.actions_by_id.items():
        menu = action.menu()
        if menu is not None:
            menu.aboutToShow.emit()  # type: ignore[attr-defined]
            for offer in menu.actions():  # type: ignore[attr-defined]
                yield from ((identity, offer.text()), (identity, offer.toolTip()))


def bare(text: str) -> str:
    """What of `text` stands outside of brackets; an ellipsis may have taken the last ones."""
    left, depth = "", 0
    for letter in text:
        depth += (letter == OPEN) - (letter == CLOSE)
        if depth <= 0 and letter != CLOSE:
            left += letter
            depth = 0
    return left


def kinds() -> Iterator[str]:
    """What YAML files call things, and the window too: kinds and choices of the spec."""
    yield from ("cpu", "cuda", "mps")
    for model in models_below(Experiment):
        for info in model.model_fields.values():
            for part in (info.annotation, *get_args(info.annotation)):
                yield from (str(word) for word in get_args(part) if get_origin(part) is Literal)


def models_below(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for info in model.model_fields.values():
        for inner in models_in(info.annotation):
            yield from models_below(inner)


NAMES = (
    "KD Studio", "Digits of a test", "One that fails", "One at work", "A wider student", "A colder temperature", "CPU",
    *(sample.title for sample in sample_experiments()),
)  # fmt: skip
MISTAKE = "dataset.validation: must be less than 1, not 7"  # the spec says mistakes in English
DATA = re.compile("|".join((
    r"[\d.]+ [kMGT]?B\b",
    r"/\S+",  # a path
    r"\b\d{8}-\d{6}_[\w-]*…?",  # the name of a run's folder
    r"\bclass \d",
    r"\b\w+: [\w-]+ to [\w-]+, soft targets",  # the name that an experiment without a title has: the same in window and file
    *(rf"\b{re.escape(kind)}\b(?:, [a-z ]+ [\d.]+)*(?:, \w*…)?" for kind in sorted(set(kinds()), key=len, reverse=True)),
    *map(re.escape, (*NAMES, MISTAKE, MISTAKE.partition(".")[2])),
)))  # fmt: skip


def words_in(text: str) -> list[str]:
    """The words of `text` that are in no brackets, and are neither names nor numbers with their units."""
    left = DATA.sub(" ", bare(text))
    return WORD.findall(CUT.sub(lambda cut: "" if any(name.startswith(cut[1]) for name in NAMES) else cut[1], left))


def untranslated(window: MainWindow, painted: set[str]) -> set[str]:
    """What is seen now, and would be English in any language."""
    painted.clear()
    window.grab()
    said = [*texts_of(window), *(("painted", text) for text in painted if not keys(text))]
    return {f"{where}: {text!r}" for where, text in said if words_in(text)}


def keys(text: str) -> bool:
    """Whether `text` are keys, which Qt names."""
    return not QKeySequence(text).isEmpty() and QKeySequence(text)[0].key() != Qt.Key.Key_unknown


def test_that_all_that_is_seen_of_a_run_can_be_translated(
    brackets: None, qtbot: QtBot, home: Home, painted: set[str], desks: list[FakeDesk]
) -> None:
    player = Player(0.0, "hold=student")
    window = screens.furnished(home, player)
    qtbot.addWidget(window)
    wrong: set[str] = set()
    try:
        for view in screens.views(window, desks[-1]):
            wrong |= {f"{view}: {each}" for each in untranslated(window, painted)}
        wrong |= {f"menu: {identity}: {text!r}" for identity, text in offered(window) if words_in(text)}
    finally:
        window.shutdown()
        player.end()
    assert not wrong, "\n".join(sorted(wrong))


def test_that_all_that_is_seen_before_the_first_run_can_be_translated(
    brackets: None, window: MainWindow, painted: set[str]
) -> None:
    wrong = {f"{view}: {each}" for view in screens.empty_views(window) for each in untranslated(window, painted)}
    assert not wrong, "\n".join(sorted(wrong))


@pytest.mark.parametrize("state", [short_of_memory, naming_a_preset, failed], ids=lambda each: each.__name__)
def test_that_all_that_is_seen_in_other_states_can_be_translated(
    brackets: None, window: MainWindow, qtbot: QtBot, painted: set[str], state: Callable[[MainWindow, QtBot], None]
) -> None:
    state(window, qtbot)
    QApplication.processEvents()
    wrong = untranslated(window, painted)
    assert not wrong, "\n".join(sorted(wrong))


def calls() -> Iterator[tuple[str, ast.Call, str, str]]:
    """Every call in the window's sources: where, the call, the name of what is called, and the class around it."""
    for path in sorted(Path(catalogue.GUI).rglob("*.py")):
        classes: list[tuple[ast.AST, str]] = [(ast.parse(path.read_text(encoding="utf-8")), "")]
        while classes:
            node, around = classes.pop()
            around = node.name if isinstance(node, ast.ClassDef) else around
            classes += [(child, around) for child in ast.iter_child_nodes(node)]
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                yield f"{path.name}:{node.lineno}", node, name, around


def test_that_lupdate_finds_each_text_in_the_context_that_is_asked_for(language: Path) -> None:
    listed = {
        (context.findtext("name"), message.findtext("source"))
        for context in ET.parse(language.with_suffix(".ts")).iter("context")
        for message in context.iter("message")
    }
    wrong = []
    for where, call, name, around in calls():
        if name == "tr":
            of_object = isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "self"
            text = call.args[0].value if isinstance(call.args[0], ast.Constant) else None
            if (around if of_object else "", text) not in listed or ast.unparse(call.func) not in ("tr", "self.tr"):
                wrong.append(f"{where}: {ast.unparse(call)}")
    assert not wrong, "\n".join(wrong)


def test_that_what_is_shown_is_no_text_of_the_source() -> None:
    wrong = [
        f"{where}: {ast.unparse(call)}"
        for where, call, name, _ in calls()
        if any(WORD.search(text) for each in shown_by(call, name) for text in literals(each) if text not in NAMES)
    ]
    assert not wrong, "\n".join(wrong)


def shown_by(call: ast.Call, name: str) -> list[ast.expr]:
    """Those arguments of a call that people see."""
    return call.args if name == "drawText" else call.args[: SHOWING.get(name, 0)]


def literals(node: ast.AST) -> Iterator[str]:
    """The texts in an argument, but not those that are asked for in a language, or are an argument of something else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    if isinstance(node, ast.JoinedStr | ast.IfExp | ast.BoolOp | ast.BinOp):
        parts = (node.body, node.orelse) if isinstance(node, ast.IfExp) else ast.iter_child_nodes(node)
        for part in parts:
            yield from literals(part)


@pytest.mark.parametrize("how", [{}, {"gain": 0.0}, {"baseline": False}, {"seeds": (0,)}])
def test_that_the_headline_of_a_row_is_in_the_language_of_the_window(brackets: None, home: Home, how: dict[str, Any]) -> None:
    row = read_row(a_told_run(home, a_story(**how)))
    assert row.headline
    assert headline_of(row).count(OPEN) > 1  # of the help, and of what the student keeps
    assert not WORD.search(bare(headline_of(row)))
    assert headline_of(replace(row, headline=None)) == ""


def test_that_the_headline_of_a_later_version_is_told_as_it_is(brackets: None) -> None:
    assert headline({"headline": "Nobody knows."}) == "Nobody knows."
