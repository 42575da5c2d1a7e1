"""The strip of images on which teacher and student differ: from the run's artefacts, whatever state they are in."""

import json
from collections.abc import Callable

import numpy as np
import pytest
from msgspec.structs import replace
from pytestqt.qtbot import QtBot

from kdstudio.gui.pages.disagreements import (
    DisagreementsCard,
    Sample,
    SamplePicture,
    image_of,
    samples_in,
    thumbnails_in,
)
from kdstudio.gui.theme import theme
from kdstudio.runs.events import Sampled
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from tests.fakes import a_run


@pytest.fixture
def folder(home: Home) -> RunFolder:
    """A run with ten thumbnails and one artefact of two samples, the second beyond the thumbnails."""
    made = a_run(home)
    np.savez_compressed(
        made.artefacts / "validation_images.npz", images=np.arange(640, dtype=np.uint8).reshape(10, 8, 8)
    )
    shown = [
        {"image": 3, "label": 1, "teacher": [[1, 0.97], [0, 0.02]], "student": [[0, 0.61], [1, 0.3]]},
        {"image": 10, "label": 1, "teacher": [[1, 0.97]], "student": [[0, 0.61]]},
    ]
    (made.artefacts / "samples_0_40.json").write_text(json.dumps({"classes": ["nought", "one"], "samples": shown}))
    return made


SAMPLED = Sampled(stage="student", step=40, artefact="artefacts/samples_0_40.json")


def test_that_a_sample_shows_what_both_say_and_how_sure_they_are(qtbot: QtBot, folder: RunFolder) -> None:
    card = DisagreementsCard()
    qtbot.addWidget(card)
    card.show_run(folder, [SAMPLED])
    assert not card.isHidden()
    assert [picture.accessibleName() for picture in card.pictures] == ["teacher one  97 %, student nought  61 %"]


def test_that_a_sample_tells_the_soft_targets_the_truth_and_who_is_right(qtbot: QtBot, folder: RunFolder) -> None:
    card = DisagreementsCard()
    qtbot.addWidget(card)
    card.show_run(folder, [SAMPLED])
    said = card.pictures[0].toolTip().splitlines()
    assert said == ["teacher: one 97 %, nought 2 %", "student: nought 61 %, one 30 %", "true class: one"]
    (sample, _) = samples_in(folder, SAMPLED)
    assert sample.answer("teacher") == ("one", 0.97, True)
    assert sample.answer("student") == ("nought", 0.61, False)


@pytest.mark.parametrize(
    ("teacher", "student", "rows"),
    [
        ("abc", "cab", "abc"),  # the teacher's order, whatever the student's
        ("abc", "dab", "abd"),  # the student's guess is always among them
        ("ab", "ba", "ab"),
        ("a", "a", "a"),
    ],
)
def test_that_the_classes_in_question_are_the_students_guess_and_the_teachers_likeliest(
    teacher: str, student: str, rows: str
) -> None:
    guesses = [{name: 0.6 / 2**rank for rank, name in enumerate(names)} for names in (teacher, student)]
    sample = Sample(image=0, label=None, teacher=guesses[0], student=guesses[1])
    assert "".join(sample.rows) == rows


def test_that_bars_are_as_long_as_a_class_is_likely_in_the_colours_of_both(qtbot: QtBot, folder: RunFolder) -> None:
    picture = SamplePicture()
    qtbot.addWidget(picture)
    sample = Sample(image=0, label="a", teacher={"a": 0.9, "b": 0.1}, student={"b": 0.6, "a": 0.4})
    picture.show_sample(sample, np.zeros((8, 8), dtype=np.uint8))
    picture.resize(320, picture.sizeHint().height())
    image = picture.grab().toImage()
    lengths = {}
    for role in ("teacher", "student"):
        colour = theme().color(role).name()
        rows = [sum(image.pixelColor(x, y).name() == colour for x in range(60, 320)) for y in range(48)]
        lengths[role] = sorted({length for length in rows if length > 20}, reverse=True)
    assert lengths["teacher"][0] / lengths["teacher"][-1] == pytest.approx(9, rel=0.1)
    assert lengths["student"][0] / lengths["student"][-1] == pytest.approx(1.5, rel=0.05)


def test_that_the_same_answers_are_not_called_disagreements(qtbot: QtBot, folder: RunFolder) -> None:
    same = {"image": 3, "label": 1, "teacher": [[1, 0.9]], "student": [[1, 0.6]]}
    other = {"image": 4, "label": 1, "teacher": [[1, 0.9]], "student": [[0, 0.6]]}
    card = DisagreementsCard()
    qtbot.addWidget(card)
    card.resize(800, 150)
    for samples, title, count in (
        ([other, same], "Most confident disagreements", 1),
        ([same, same], "No disagreements", 2),
    ):
        (folder.path / SAMPLED.artefact).write_text(json.dumps({"classes": ["nought", "one"], "samples": samples}))
        card.show_run(folder, [replace(SAMPLED, seed=count)])
        assert card.title.text().startswith(title)
        assert sum(not picture.isHidden() for picture in card.pictures) == count


def test_that_the_strip_hides_until_there_is_a_sample_and_for_another_run(qtbot: QtBot, folder: RunFolder) -> None:
    card = DisagreementsCard()
    qtbot.addWidget(card)
    card.show_run(folder, [])
    assert card.isHidden()
    card.show_run(folder, [SAMPLED])
    card.show_run(None, [])
    assert card.isHidden()


def test_that_the_strip_comes_back_when_it_was_out_of_view(qtbot: QtBot, folder: RunFolder) -> None:
    card = DisagreementsCard()
    qtbot.addWidget(card)
    card.show_run(folder, [SAMPLED])
    card.hide()  # another part of the page is looked at
    card.show_run(folder, [SAMPLED])
    assert not card.isHidden()


def no_images(folder: RunFolder) -> None:
    (folder.artefacts / "validation_images.npz").unlink()


def empty_images(folder: RunFolder) -> None:
    (folder.artefacts / "validation_images.npz").write_bytes(b"")


def garbled_images(folder: RunFolder) -> None:
    path = folder.artefacts / "validation_images.npz"
    whole = bytearray(path.read_bytes())
    whole[60:80] = bytes(20)  # the archive is in order, what is packed in it is not
    path.write_bytes(whole)


def images_packed_by_the_future(folder: RunFolder) -> None:
    path = folder.artefacts / "validation_images.npz"
    whole = path.read_bytes()
    place = whole.index(b"PK\x01\x02") + 10  # how it is packed, in the list at the end
    path.write_bytes(whole[:place] + b"\x63" + whole[place + 1 :])


def torn_images(folder: RunFolder) -> None:
    (folder.artefacts / "validation_images.npz").write_bytes(b"PK\x03\x04 torn")


def pickled_images(folder: RunFolder) -> None:
    np.savez(folder.artefacts / "validation_images.npz", images=np.array([object()], dtype=object), allow_pickle=True)


def torn_samples(folder: RunFolder) -> None:
    (folder.path / SAMPLED.artefact).write_text('{"classes": ["a"], "samples": [{"image": ')


def samples_of_another_shape(folder: RunFolder) -> None:
    (folder.path / SAMPLED.artefact).write_text(
        '{"classes": ["a"], "samples": [{"image": 0, "teacher": [], "student": 7}]}'
    )


DAMAGES = [
    no_images, empty_images, garbled_images, images_packed_by_the_future, torn_images, pickled_images, torn_samples,
    samples_of_another_shape,
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_that_damaged_artefacts_leave_the_strip_hidden(
    qtbot: QtBot, folder: RunFolder, damage: Callable[[RunFolder], None]
) -> None:
    damage(folder)
    card = DisagreementsCard()
    qtbot.addWidget(card)
    card.show_run(folder, [SAMPLED])
    assert card.isHidden()


def test_that_an_artefact_outside_the_run_is_not_read(folder: RunFolder) -> None:
    outside = folder.path.parent / "elsewhere.json"
    outside.write_text((folder.path / SAMPLED.artefact).read_text())
    assert samples_in(folder, Sampled(step=1, artefact="../elsewhere.json")) == []


def test_that_grey_and_colour_thumbnails_keep_their_pixels(folder: RunFolder) -> None:
    images = thumbnails_in(folder)
    assert images is not None
    assert image_of(images[3]).pixelColor(2, 1).red() == images[3][1, 2]
    colour = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    assert image_of(colour).pixelColor(6, 4).getRgb()[:3] == tuple(colour[4, 6])


def test_that_a_narrow_strip_shows_fewer_pictures(qtbot: QtBot, folder: RunFolder) -> None:
    many = {"image": 3, "label": 1, "teacher": [[1, 0.9]], "student": [[0, 0.6]]}
    (folder.path / SAMPLED.artefact).write_text(json.dumps({"classes": ["nought", "one"], "samples": [many] * 8}))
    card = DisagreementsCard()
    qtbot.addWidget(card)
    card.resize(1200, 150)
    card.show()
    card.show_run(folder, [SAMPLED])
    assert sum(picture.isVisible() for picture in card.pictures) == 5
    card.resize(420, 150)
    assert sum(picture.isVisible() for picture in card.pictures) == 1
