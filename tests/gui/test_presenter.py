"""What an audience sees of paths: their last part, everywhere; and what the program keeps of them: everything."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QMessageBox,
    QPlainTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from kdstudio.gui import asking, file_dialogs
from kdstudio.gui.asking import TrainingRun
from kdstudio.gui.editors import PathEditor, TextEditor
from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.pages import discarding
from kdstudio.gui.pages.configuration import Configuration
from kdstudio.gui.pages.log_view import LogView
from kdstudio.gui.presenter import masked_values
from kdstudio.gui.private_text import PrivateText
from kdstudio.gui.theme import theme
from kdstudio.gui.yaml_view import YamlEdit
from kdstudio.runs.home import Home
from kdstudio.spec import load
from tests.fakes import a_told_run

pytestmark = pytest.mark.gui


@pytest.fixture
def audience() -> Iterator[None]:
    theme().present(True)
    yield
    theme().present(False)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A folder of images in a place that is nobody's business."""
    for name in ("cats", "dogs"):
        folder = tmp_path / "secret place" / "pets" / name
        folder.mkdir(parents=True)
        (folder / "1.png").write_bytes(b"")
    return tmp_path / "secret place" / "pets"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/srv/My Data/b c/cats and dogs", "…/cats and dogs"),
        (r"C:\Users\Jane Doe\pictures", "…/pictures"),
        ("  path: ~/secret x/cats", "  path: …/cats"),
        ("dataset: {kind: image-folder, path: /a b/c, size: 64}", "dataset: {kind: image-folder, path: …/c, size: 64}"),
        ("path: '/a/b/c'\nsize: 64", "path: '…/c'\nsize: 64"),
        ("path: /srv/it's, mine/b c/cats", "path: …/cats"),
        ("path: '/srv/it''s, mine/b c/cats'", "path: '…/cats'"),
        ("/srv/it's, mine/b c/cats", "…/cats"),
        ("{path: '/srv/a, b/cats', size: 64}", "{path: '…/cats', size: 64}"),
        ("path: '/one'", "path: '/one'"),
        ("path: /srv/cats # as at home", "path: …/cats # as at home"),
        ("train", "train"),
        ("/one", "/one"),
        ("title: a / b", "title: a / b"),
    ],
)
def test_that_a_path_with_spaces_is_masked_where_it_is_a_value(text: str, expected: str) -> None:
    assert masked_values(text) == expected


FOLDED = {
    "plain": "dataset:\n  path: /srv/secret a/b c\n    d/my cats\n  size: 64\n",
    "on the next line": "dataset:\n  path:\n    /srv/secret a/b c\n    d/my cats\n  size: 64\n",
    "block": "dataset:\n  path: >-\n    /srv/secret a/b c\n    d/my cats\n  size: 64\n",
    "single quotes": "dataset:\n  path: '/srv/secret a/b c\n    d/my cats'\n  size: 64\n",
    "double quotes": 'dataset:\n  path: "/srv/secret a/b c\n    d/my cats"\n  size: 64\n',
    "flow": "dataset: {kind: image-folder, path: /srv/secret a/b c\n    d/my cats, size: 64}\n",
    "flow in quotes": "dataset: {path: '/srv/secret a/b c\n    d/my cats', size: 64}\n",
    "an item": "files:\n- path: ~/secret a/b c\n    d/my cats\n- path: other\nsize: 64\n",
    "on a drive": "path: C:\\secret a\\b c\n  d\\my cats\nsize: 64\n",
    "in braces of many lines": "dataset: {\n  kind: idx,\n  path: /srv/secret a/b c/d/my cats\n}\nsize: 64\n",
    "with a comma and an apostrophe": "dataset:\n  path: /srv/secret's, a/b c,\n    d/my cats\n  size: 64\n",
    "the last part": "path: /srv/secret a/b c/d/my\n  cats\nsize: 64\n",
}


@pytest.mark.parametrize("text", FOLDED.values(), ids=FOLDED)
def test_that_a_path_folded_over_lines_is_masked_whole(text: str) -> None:
    hidden = masked_values(text)
    assert not [part for part in ("srv", "secret", "b c", "d/", "d\\") if part in hidden], hidden
    assert "…/my cats" in hidden
    assert hidden.count("\n") == text.count("\n")
    assert "size: 64" in hidden


def test_that_lines_that_follow_a_path_stay() -> None:
    text = "dataset:\n  path: /srv/cats\n  size: 64\n  # a note\nteacher: {kind: mlp}\nfiles:\n- /srv/a/b\n- c\nseeds: [0,\n  1]\n"
    assert masked_values(text) == text.replace("/srv/cats", "…/cats").replace("/srv/a/b", "…/b")


def picture(widget: QWidget, text: str) -> QImage:
    set_text = getattr(widget, "setPlainText", None) or widget.set_value  # type: ignore[attr-defined]
    set_text(text)
    return widget.grab().toImage()


SHIFTED = "\u2028"
ONE, OTHER = "/srv/ada/cats", "/opt/bob/cats"


@pytest.mark.parametrize("make", [PathEditor, lambda: TextEditor(empty=None)])
def test_that_a_line_paints_no_more_of_a_path_than_its_last_part(
    qtbot: QtBot, audience: None, make: Callable[[], TextEditor]
) -> None:
    editor = make()
    qtbot.addWidget(editor)
    editor.resize(500, 40)
    assert picture(editor, ONE) == picture(editor, OTHER)
    assert picture(editor, ONE) != picture(editor, "/opt/bob/dogs")
    assert editor.value() == "/opt/bob/dogs"
    theme().present(False)
    assert picture(editor, ONE) != picture(editor, OTHER)


def test_that_a_masked_line_shows_all_to_who_edits_it_and_the_edit_counts(qtbot: QtBot, audience: None) -> None:
    editor = PathEditor()
    qtbot.addWidget(editor)
    editor.set_value("/srv/ada/cats")
    editor.show()
    line = editor._line
    editor.activateWindow()
    line.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(line.hasFocus)
    assert line.painted == "…/cats"  # to come by with Tab is not to edit
    QTest.keyClick(line, Qt.Key.Key_End)
    assert line.painted == "/srv/ada/cats"
    QTest.keyClicks(line, "/kittens")
    assert editor.value() == "/srv/ada/cats/kittens"
    line.clearFocus()
    assert line.painted == "…/kittens"


def test_that_text_paints_no_more_of_a_path_than_its_last_part(qtbot: QtBot, audience: None) -> None:
    for view in (YamlEdit(), PrivateText()):
        qtbot.addWidget(view)
        view.resize(500, 200)
        view.grab()  # the style dresses it at the first sight
        texts = [f"kind: folder\npath: {path}\nnote: {path} and more" for path in (ONE, OTHER)]
        assert picture(view, texts[0]) == picture(view, texts[1])
        assert view.toPlainText() == texts[1]
        folded = [f"kind: folder\npath: {path} of\n  {place}/here\nsize: 3" for path, place in ((ONE, "ada"), (OTHER, "bob"))]
        assert picture(view, folded[0]) == picture(view, folded[1])
        theme().present(False)
        assert picture(view, texts[0]) != picture(view, texts[1])
        theme().present(True)


LINES = {
    "in braces": ["a: {", "  kind: idx,", "  path: {}", "}", "size: 3"],
    "after Shift+Return": ["one", SHIFTED, "two", "path: {}", "end: 3"],
    "between Shift+Return": ["one", SHIFTED, "{}", SHIFTED, "two", "end: 3"],
}


@pytest.mark.parametrize("lines", LINES.values(), ids=LINES)
def test_that_each_line_is_painted_where_it_stands(qtbot: QtBot, audience: None, lines: list[str]) -> None:
    seen = []
    for view, path in ((PrivateText(), ONE), (QPlainTextEdit(), "…/cats")):
        qtbot.addWidget(view)
        view.resize(500, 400)
        for before, line in pairwise(["", *lines]):
            if line != SHIFTED:
                shift = Qt.KeyboardModifier.ShiftModifier if before == SHIFTED else Qt.KeyboardModifier.NoModifier
                if before:
                    QTest.keyClick(view, Qt.Key.Key_Return, shift)
                view.insertPlainText(line.replace("{}", path))
        view.grab()  # the style dresses it at the first sight
        seen.append(view.grab().toImage())
    assert seen[0] == seen[1]


def test_that_what_is_started_saved_and_copied_is_the_whole_path(
    window: MainWindow, audience: None, secret: Path, tmp_path: Path
) -> None:
    page = window.new_page
    window.show_page("new")
    page.take_dropped(secret)
    page.detail.group.button(2).click()
    page.yaml.check()
    page.detail.group.button(0).click()
    assert page.experiment().dataset.path == secret
    page.save_to(tmp_path / "kept.yaml")
    assert load(tmp_path / "kept.yaml").dataset.path == secret  # type: ignore[union-attr]
    page.copy_yaml()
    assert str(secret) in QGuiApplication.clipboard().text()


def said(place: QWidget) -> Iterator[str]:
    """Every word that can be read in `place` by looking or pointing at it."""
    for widget in (place, *place.findChildren(QWidget)):
        yield from (widget.toolTip(), widget.windowTitle())
        if isinstance(widget, QLabel | QAbstractButton):
            yield widget.text()
    for action in place.findChildren(QAction):
        yield from (action.text(), action.toolTip())


def test_that_no_word_of_the_window_tells_where_anything_lies(
    qtbot: QtBot, window: MainWindow, audience: None, home: Home, secret: Path
) -> None:
    a_told_run(home)
    page = window.new_page
    page.take_dropped(secret)
    page.save_to(secret / "experiment.yaml")
    (secret / "broken.yaml").write_text("kind: nothing\n")
    page.change({"training.epochs": -1.0, "dataset.path": str(secret / "gone")})
    menus: list[QMenu] = [page.tools.menu(), page.cards[0].changes_menu(), page.cards[0].presets_menu()]
    for name in ("home", "new", "runs", "settings"):
        window.show_page(name)
        qtbot.wait(20)
    window.open_file(secret / "broken.yaml")
    window.show_message("The experiment could not be saved", f"{secret / 'x.yaml'}: no room")
    hidden = ("secret place", str(home.root.parent))
    told = [text for place in (window, *menus) for text in said(place)]
    assert any("experiment.yaml" in text for text in told)  # the recent file is offered, by its name
    assert not [text for text in told if any(part in text for part in hidden)]


def test_that_log_and_configuration_of_a_run_are_masked_and_given_back(qtbot: QtBot, home: Home, secret: Path) -> None:
    text = f"kind: classification\ntitle: Pets\ndataset: {{kind: image-folder, path: '{secret}'}}\n"
    run = a_told_run(home, text=text)
    run.log_file.write_text(f"reading {secret}/cats/1.png\n")
    log, configuration = LogView(), Configuration()
    for view in (log, configuration):
        qtbot.addWidget(view)
        view.show()
        view.show_run(run)
    assert str(secret) in configuration.text.toPlainText()
    theme().present(True)
    assert "secret place/pets" not in log.toPlainText() + configuration.text.toPlainText()
    assert "1.png" in log.toPlainText()
    assert "…/pets" in configuration.text.toPlainText()
    configuration.copy.click()
    theme().present(False)
    assert f"reading {secret}/cats/1.png" in log.toPlainText()
    assert str(secret) in configuration.text.toPlainText()


def test_that_a_question_names_no_path(
    qtbot: QtBot, audience: None, monkeypatch: pytest.MonkeyPatch, window: MainWindow
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(QMessageBox, "exec", lambda box: asked.append(box.text() + box.informativeText()))
    asking.ask_on_close(window, [TrainingRun(title="Pets of /srv/ada/secret/pets")])
    discarding.ask_to_discard(window, "Move “Pets of /srv/ada/secret/pets”?", "Used by: /srv/ada/x")
    for each in asked:
        assert "…/pets" in each
        assert "ada" not in each
    assert len(asked) == 2


DIALOGS: "list[Callable[[QWidget], str]]" = [
    lambda parent: file_dialogs.open_file(parent, "Open", "Experiment (*.yaml)"),
    lambda parent: file_dialogs.save_file(parent, "Save", "experiment.yaml", "Experiment (*.yaml)"),
    lambda parent: file_dialogs.open_folder(parent, "Choose a folder", str(Path.cwd())),
]


@pytest.mark.parametrize("ask", DIALOGS, ids=["open", "save", "folder"])
def test_that_a_file_dialog_tells_an_audience_names_and_not_where_they_lie(
    qtbot: QtBot, audience: None, secret: Path, monkeypatch: pytest.MonkeyPatch, ask: Callable[[QWidget], str]
) -> None:
    monkeypatch.chdir(secret)
    (secret / "a.yaml").touch()
    seen: list[str] = []

    def look(dialog: QFileDialog) -> int:
        dialog.setDirectory(str(secret))
        dialog.show()
        if dialog.fileMode() is QFileDialog.FileMode.ExistingFile:
            dialog.selectFile("a.yaml")
        qtbot.waitUntil(lambda: dialog.directory().path() == str(secret))
        lines = [line.text() for line in dialog.findChildren(QLineEdit) if line.isVisible()]
        boxes = [box.currentText() for box in dialog.findChildren(QComboBox) if box.isVisible()]
        seen.extend([*said_in_view(dialog), *lines, *boxes])
        dialog.hide()
        return 1

    monkeypatch.setattr(QFileDialog, "exec", look)
    parent = QWidget()
    qtbot.addWidget(parent)
    chosen = ask(parent)
    assert Path(chosen).is_relative_to(secret)
    assert not [text for text in seen if "secret place" in text or str(Path.home()) in text]
    assert any(text in ("Open", "Save", "Choose a folder") for text in seen)


def said_in_view(place: QWidget) -> Iterator[str]:
    """What can be read now in `place`."""
    yield place.windowTitle()
    for widget in place.findChildren(QWidget):
        if widget.isVisible():
            yield widget.toolTip()
            if isinstance(widget, QLabel | QAbstractButton):
                yield widget.text()


def test_that_no_dialog_for_files_is_asked_for_elsewhere() -> None:
    """The one module knows of the audience; a QFileDialog of another one would not."""
    code = Path(file_dialogs.__file__).parent
    users = {path.name for path in code.rglob("*.py") if "QFileDialog" in path.read_text(encoding="utf-8")}
    assert users == {"file_dialogs.py"}


def test_that_the_margin_of_the_text_tells_no_path_either(qtbot: QtBot, audience: None) -> None:
    view = YamlEdit()
    qtbot.addWidget(view)
    view.setPlainText("path: x\n")
    view.resize(300, 100)
    view.show()
    view.messages = {1: "there is no /srv/ada/cats"}
    QTest.mouseMove(view.margin, QPoint(3, 3))
    QTest.mouseMove(view.margin, QPoint(4, 6))
    assert view.margin.toolTip() == "there is no …/cats"
