"""The page New experiment: preview, remedies, text, undo, drafts, presets, files, and what a click starts."""

import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from kdstudio.gui.command_line import command
from kdstudio.gui.drafts import recent_files
from kdstudio.gui.main_window import MainWindow
from kdstudio.gui.pages.new_experiment import NewExperimentPage
from kdstudio.gui.pages.sheet import YAML
from kdstudio.gui.presets import presets
from kdstudio.gui.uses import use_of
from kdstudio.runs.home import Home
from kdstudio.runs.resources import resource
from kdstudio.runs.sample_experiments import sample_experiments
from kdstudio.runs.settings import Settings, write_settings
from kdstudio.spec import loads
from tests.fakes import EXPERIMENT, a_told_run
from tests.gui.form_fields import field, retype

SAMPLE = resource("experiments") / "digits-first-look.yaml"
MakePage = Callable[[], NewExperimentPage]


@pytest.fixture
def page(new_page: NewExperimentPage) -> NewExperimentPage:
    return new_page


# Undo


def test_that_undo_and_redo_walk_through_the_edits_by_keys_and_buttons(qtbot: QtBot, window: MainWindow) -> None:
    window.show_page("new")
    page = window.new_page
    page.check()
    retype(page, "method.temperature", "3")
    page.change({"method.alpha": 0.25})
    window.actions_by_id["edit.undo"].trigger()
    assert page.values()["method"]["alpha"] == 0.9
    qtbot.mouseClick(page.tools.undo, Qt.MouseButton.LeftButton)
    assert page.values()["method"]["temperature"] == 4.0
    assert not page.tools.undo.isEnabled()
    assert page.tools.undo.toolTip() == "Nothing to undo"
    window.actions_by_id["edit.redo"].trigger()
    window.actions_by_id["edit.redo"].trigger()
    assert (page.values()["method"]["temperature"], page.values()["method"]["alpha"]) == (3.0, 0.25)


def test_that_letters_typed_one_after_the_other_are_one_step(page: NewExperimentPage) -> None:
    for text in ("1", "12", "123"):
        retype(page, "training.batch_size", text)
    page.history.undo()
    assert page.values()["training"]["batch_size"] == 128
    assert page.history.undoable is None
    page.history.redo()
    assert page.values()["training"]["batch_size"] == 123


# Text


def to_text(page: NewExperimentPage) -> None:
    page.detail.choose(YAML)
    page.sheet.set_detail(YAML)


def test_that_text_and_form_say_the_same_both_ways(page: NewExperimentPage) -> None:
    page.change({"method.temperature": 2.5})
    to_text(page)
    assert loads(page.yaml.text) == page.experiment()
    page.yaml.editor.setPlainText(page.yaml.text.replace("temperature: 2.5", "temperature: 7"))
    page.yaml.check()
    page.detail.choose(0)
    page.sheet.set_detail(0)
    assert field(page, "method.temperature").editor.value() == 7.0


def test_that_a_mistake_is_marked_at_its_line_and_the_text_is_kept(page: NewExperimentPage) -> None:
    to_text(page)
    wrong = "kind: classification\n# mine\nmethod: {kind: soft-targets, temprature: 3}\n"
    page.yaml.editor.setPlainText(wrong)
    page.yaml.check()
    assert "did you mean temperature" in page.yaml.editor.messages[3]
    assert page.start_button.text() == "Go to line 3"
    assert page.summary.problems.isHidden()  # the line and the text's own banner say it
    page.detail.choose(0)
    page.sheet.set_detail(0)
    assert page.detail.chosen == YAML
    assert page.yaml.text == wrong
    page.yaml.discard.click()
    assert loads(page.yaml.text) == page.experiment()


@pytest.mark.parametrize("wrong", ["# mine\nkind: classification\ntraining: {steps: some}\n", "kind: [\n# lost?\n"])
def test_that_other_settings_leave_text_with_mistakes_as_it_is(page: NewExperimentPage, home: Home, wrong: str) -> None:
    to_text(page)
    page.yaml.editor.setPlainText(wrong)  # and nobody has looked at it yet
    write_settings(home, Settings(device="cpu", threads=3))
    page.take_settings()
    assert page.yaml.text == wrong
    page.new()
    assert page.values()["compute"]["threads"] == 3


def test_that_a_file_keeps_its_comments_while_nothing_is_changed(page: NewExperimentPage, tmp_path: Path) -> None:
    text = "# why\nkind: classification  # the only one\n"
    (tmp_path / "a.yaml").write_text(text)
    assert page.open_file(tmp_path / "a.yaml")
    to_text(page)
    assert page.yaml.text == text
    assert page.subtitle.whole == "a.yaml"
    assert recent_files(page.home) == [tmp_path / "a.yaml"]
    page.change({"method.alpha": 0.5})
    assert page.subtitle.whole == "a.yaml, edited"
    page.save_to(tmp_path / "b.yaml")
    assert loads((tmp_path / "b.yaml").read_text()) == page.experiment()
    assert page.subtitle.whole == "b.yaml"


COMMENTED = """# What I want to know.
kind: classification  # the only one
training: {steps: 3000, learning_rate: 3e-3}  # long
method:
  kind: soft-targets
  temperature: 3  # as in the paper
"""


def test_that_an_edited_file_keeps_its_comments_its_order_and_what_it_leaves_out(page: NewExperimentPage, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(COMMENTED)
    page.open_file(file)
    page.change({"training.epochs": 40.0, "method.temperature": 2.0, "method.alpha": 0.5})
    wanted = COMMENTED.replace("steps: 3000", "epochs: 40").replace("temperature: 3  # as in the paper\n", (
        "temperature: 2  # as in the paper\n  alpha: 0.5\n"
    ))  # fmt: skip
    to_text(page)
    assert page.yaml.text == wanted
    page.history.undo()
    assert page.text() == COMMENTED
    page.history.redo()
    page.save_to(file)
    assert file.read_text() == wanted
    page.new()
    assert "paper" not in page.text()


def test_that_comments_live_through_a_mistake_and_a_crash(make_new_page: MakePage, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(COMMENTED)
    crashed = make_new_page()
    crashed.open_file(file)
    retype(crashed, "method.temperature", "warm")
    assert crashed.text() == COMMENTED.replace("temperature: 3", "temperature: warm")
    retype(crashed, "method.temperature", "2")
    crashed.keep_draft()
    crashed.hide()
    restored = make_new_page()
    assert restored.text() == COMMENTED.replace("temperature: 3", "temperature: 2")


# Drafts


@pytest.mark.parametrize("text", ["kind: classification\nmethod: {kind: soft-targets, alpha: 0.5}\n", "kind: [\n# lost?\n"])
def test_that_what_was_not_saved_is_there_after_a_crash(make_new_page: MakePage, text: str) -> None:
    crashed = make_new_page()
    to_text(crashed)
    crashed.yaml.editor.setPlainText(text)
    crashed.yaml.check()
    crashed.keep_draft()
    crashed.hide()
    restored = make_new_page()
    assert restored.banner.title == "Unsaved draft restored"
    to_text(restored)
    assert restored.yaml.text == text
    restored.discard_draft.click()
    assert restored.values() == restored._blank
    assert make_new_page().banner.title == ""


def test_that_half_filled_in_fields_are_restored_too(make_new_page: MakePage) -> None:
    crashed = make_new_page()
    crashed.change({"dataset": {"kind": "idx"}, "training.learning_rate": "fast"})
    crashed.keep_draft()
    restored = make_new_page()
    assert restored.values() == crashed.values()
    assert restored.start_button.text() == "Fix 2 fields"


@pytest.mark.parametrize("button", ["start", "queue"])
def test_that_an_experiment_that_became_a_run_leaves_no_draft_and_one_that_could_not_does(
    qtbot: QtBot, window: MainWindow, home: Home, button: str
) -> None:
    window.show_page("new")
    page, draft = window.new_page, home.root / "draft.yaml"
    page.change({"method.alpha": 0.5})
    page.keep_draft()
    taken = home.runs.rename(home.root / "elsewhere")
    home.runs.write_text("in the way of every run")
    qtbot.mouseClick(getattr(page.summary, button), Qt.MouseButton.LeftButton)
    assert window.message.isVisible()
    page.keep_draft()
    assert "alpha: 0.5" in draft.read_text()
    home.runs.unlink()
    taken.rename(home.runs)
    window.show_page("new")
    qtbot.mouseClick(getattr(page.summary, button), Qt.MouseButton.LeftButton)
    assert not draft.exists()
    page.keep_draft()
    assert not draft.exists()
    window.controller.stop()
    qtbot.waitUntil(lambda: not window.controller.active, timeout=15_000)


# Cards


def test_that_a_preset_is_named_in_place_applied_and_removed(page: NewExperimentPage, home: Home) -> None:
    card = page.cards[3]
    page.change({"method.temperature": 2.0})
    next(each for each in card.presets_menu().actions() if each.objectName() == "save").trigger()
    QTest.keyClicks(card.naming.line, "Warm & soft")
    card.naming.save.click()
    assert [preset.name for preset in presets(home, "Method")] == ["Warm & soft"]
    page.change({"method.temperature": 9.0})
    card.presets_menu().actions()[0].trigger()
    assert page.values()["method"]["temperature"] == 2.0
    card._remover(presets(home, "Method")[0])()
    assert presets(home, "Method") == []


def test_that_the_badge_counts_what_differs_and_resets_it(page: NewExperimentPage) -> None:
    card = page.cards[3]
    assert all(each.badge.isHidden() for each in page.cards)
    page.change({"method.temperature": 2.0, "method.alpha": 0.1})
    assert card.badge.text() == "2 changed"
    next(each for each in card.changes_menu().actions() if each.objectName() == "reset").trigger()
    page.check()
    assert page.values() == page._blank
    assert card.badge.isHidden()


def test_that_a_kind_is_found_by_a_word_of_its_description(qtbot: QtBot, page: NewExperimentPage) -> None:
    picker = page.cards[1].forms["teacher"].picker  # type: ignore[union-attr]
    picker.showPopup()
    assert picker.list is not None
    QTest.keyClicks(picker.list.search, "relu")
    QTest.keyClick(picker.list.search, Qt.Key.Key_Return)
    assert page.values()["teacher"]["kind"] == "mlp"


# Files and folders


def test_that_what_is_dropped_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "idx").mkdir()
    (tmp_path / "idx" / "train-images-idx3-ubyte.gz").touch()
    (tmp_path / "pictures" / "cat").mkdir(parents=True)
    (tmp_path / "pictures" / "cat" / "1.PNG").touch()
    (tmp_path / "a.yaml").touch()
    assert use_of(tmp_path / "idx").dataset["kind"] == "idx"
    assert use_of(tmp_path / "pictures").dataset["kind"] == "image-folder"
    assert use_of(tmp_path / "a.yaml").file == tmp_path / "a.yaml"
    assert "neither" in use_of(tmp_path / "idx" / "train-images-idx3-ubyte.gz").refusal


def test_that_a_dropped_folder_becomes_the_dataset(page: NewExperimentPage, tmp_path: Path) -> None:
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "1.png").touch()
    page.take_dropped(tmp_path)
    assert page.values()["dataset"]["path"] == str(tmp_path)
    assert page.values()["dataset"]["kind"] == "image-folder"


def a_folder_of_images(tmp_path: Path) -> Path:
    (tmp_path / "Cats & dogs" / "cat").mkdir(parents=True)
    (tmp_path / "Cats & dogs" / "cat" / "1.png").touch()
    return tmp_path / "Cats & dogs"


def test_that_an_own_folder_of_images_begins_a_new_experiment_called_like_it(
    page: NewExperimentPage, tmp_path: Path
) -> None:
    folder = a_folder_of_images(tmp_path)
    page.open_file(SAMPLE)
    page.change({"compute.threads": 3, "parent": "abc"})
    page.take(use_of(folder))
    fresh = loads("kind: classification").model_dump(mode="json")
    dataset = page.values()["dataset"]
    assert (page.values()["title"], dataset["path"], dataset["labelled"]) == ("Cats & dogs", str(folder), 1.0)
    assert page.values()["compute"]["threads"] == 3
    same = ("teacher", "student", "method", "training", "teacher_training", "seeds", "baseline", "parent", "group")
    assert {name: page.values()[name] for name in same} == {name: fresh[name] for name in same}
    assert page.document.file is None and "sample" not in page.subtitle.whole


def test_that_undo_brings_back_what_a_folder_of_images_replaced_and_its_file(page: NewExperimentPage, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(EXPERIMENT)
    page.open_file(mine)
    before = page.values()
    page.take(use_of(a_folder_of_images(tmp_path)))
    page.history.undo()
    assert page.values() == before
    assert (page.document.target, page.subtitle.whole) == (mine, "mine.yaml")
    page.history.redo()
    assert page.values()["dataset"]["kind"] == "image-folder"
    assert page.document.target is None


def test_that_undo_of_opening_a_file_does_not_leave_the_old_form_over_the_new_file(page: NewExperimentPage, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(EXPERIMENT)
    page.check()
    page.open_file(mine)
    page.history.undo()
    assert page.document.target is None  # Save would have written the empty form over it


@pytest.mark.parametrize("button", ["start", "queue"])
def test_that_an_edited_file_is_called_edited_until_it_is_saved(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, button: str
) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(EXPERIMENT)
    window.show_page("new")
    page = window.new_page
    page.open_file(mine)
    assert page.subtitle.whole == "mine.yaml"
    page.change({"method.alpha": 0.5})
    qtbot.mouseClick(getattr(page.summary, button), Qt.MouseButton.LeftButton)
    page.check()
    assert page.subtitle.whole == "mine.yaml, edited"
    page.save_to(mine)
    assert page.subtitle.whole == "mine.yaml"
    window.controller.stop()
    qtbot.waitUntil(lambda: not window.controller.active, timeout=15_000)


@pytest.mark.parametrize(("name", "taken"), [("folder", True), ("a.yaml", True), ("a.zip", False), ("gone.yaml", False)])
def test_that_what_cannot_be_used_is_refused_at_the_border_and_not_after_the_drop(
    page: NewExperimentPage, tmp_path: Path, name: str, taken: bool
) -> None:
    (tmp_path / "folder").mkdir()
    for file in ("a.yaml", "a.zip"):
        (tmp_path / file).touch()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / name))])
    enter = QDragEnterEvent(
        QPoint(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    enter.setAccepted(False)
    QApplication.sendEvent(page, enter)
    assert (enter.isAccepted(), page.hint.isVisible()) == (taken, taken)


def test_that_a_run_dropped_on_the_form_gives_its_experiment_and_not_its_file(page: NewExperimentPage, home: Home) -> None:
    run = a_told_run(home)
    assert use_of(run.path).run == run.path
    page.take_dropped(run.path)
    made = page.experiment()
    assert (made.title, made.parent) == ("Digits of a test (2)", run.id)
    assert made.model_copy(update={"title": "Digits of a test", "parent": None}) == loads(EXPERIMENT)
    assert page.document.file is None  # Save would write over what is frozen
    run.experiment_file.write_text("kind: classification\nmethod: {kind: soft-targets, temprature: 3}\n")
    page.take_dropped(run.path)
    assert "did you mean temperature" in page.banner.detail


def test_that_a_file_that_is_gone_is_said_and_the_form_stays(page: NewExperimentPage, tmp_path: Path) -> None:
    page.change({"title": "Mine"})
    assert not page.open_file(tmp_path / "gone.yaml")
    assert page.banner.title == "gone.yaml cannot be opened"
    assert page.values()["title"] == "Mine"
    close = page.banner.findChild(QPushButton, "new.banner.close")
    close.click()
    assert page.banner.isHidden()


def test_that_every_sample_experiment_can_be_opened_in_the_order_of_the_first_page(page: NewExperimentPage) -> None:
    menu = page.tools.menu()
    samples = next(each for each in menu.findChildren(QMenu) if each.title() == "Sample experiments")
    assert [action.text() for action in samples.actions()] == [
        sample.title.replace("&", "&&") for sample in sample_experiments()
    ]
    for action in samples.actions():
        action.trigger()
        assert page.problems == {}


# The command


def test_that_the_command_of_an_edited_file_sets_what_differs(page: NewExperimentPage, tmp_path: Path) -> None:
    file = tmp_path / "my file.yaml"
    file.write_text(EXPERIMENT + "method: {kind: soft-targets}\n")
    page.open_file(file)
    page.change({"method.alpha": 0.25})
    page.copy_command()
    words = shlex.split(QGuiApplication.clipboard().text())
    assert words[:5] == ["kdstudio", "run", str(file), "--set", "method.alpha=0.25"]


@pytest.mark.timeout(120)
@pytest.mark.skipif(sys.platform == "win32", reason="a here-document is for a POSIX shell")
def test_that_the_command_of_an_unsaved_experiment_says_it_whole(page: NewExperimentPage, tmp_path: Path) -> None:
    page.change({"title": "It's \"mine\" $HOME", "method.alpha": 0.25})
    said = command(page.experiment(), None, page.home)
    shell = f"kdstudio() {{ cat; }}\n{said}"
    done = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True)
    assert loads(done.stdout) == page.experiment()
