"""A strip of validation images on which teacher and student differ most surely, renewed at each evaluation."""

import json
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter, QPainterPath, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from kdstudio.gui.cards import Card, Painted, Text
from kdstudio.gui.theme import GAP, SPACE, Role, theme
from kdstudio.runs.events import Sampled
from kdstudio.runs.folder import RunFolder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIDE = 48  # pixels of a picture
WIDTH = 116  # pixels of a picture with its words


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """One image: its place among the thumbnails, and the top guess of both, with its probability."""

    image: int
    teacher: tuple[str, float]
    student: tuple[str, float]

    @property
    def differs(self) -> bool:
        """Whether the two answers are different ones."""
        return self.teacher[0] != self.student[0]


def samples_in(folder: RunFolder, sampled: Sampled) -> list[Sample]:
    """What the artefact of `sampled` holds; nothing where it is missing, damaged, or points outside the run."""
    path = (folder.path / sampled.artefact).resolve()
    if not path.is_relative_to(folder.path.resolve()):
        return []
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        names = [str(name) for name in values["classes"]]
        return [
            Sample(
                image=int(each["image"]),
                teacher=_guess(each["teacher"], names),
                student=_guess(each["student"], names),
            )
            for each in values["samples"]
        ]
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return []


def _guess(guesses: Any, names: list[str]) -> tuple[str, float]:
    number, chance = guesses[0]
    return names[int(number)], float(chance)


def thumbnails_in(folder: RunFolder) -> "NDArray[np.uint8] | None":
    """The validation images, uint8 [n, h, w] or [n, h, w, 3]; None where there are none that can be read."""
    import numpy as np

    try:
        # opened here: numpy forgets to close a file that is no archive
        with (folder.artefacts / "validation_images.npz").open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            images = file["images"]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None
    grey, colour = images.ndim == 3, images.ndim == 4 and images.shape[3] == 3
    return images if images.dtype == np.uint8 and (grey or colour) else None


class SamplePicture(Painted):
    """One image with what both say of it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self._lines: tuple[tuple[str, Role], ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMaximumWidth(2 * WIDTH)

    def show_sample(self, sample: Sample, pixels: "NDArray[np.uint8]") -> None:
        """Show `sample`, whose thumbnail is `pixels`."""
        self._image = image_of(pixels)
        said = [(who, *guess) for who, guess in (("teacher", sample.teacher), ("student", sample.student))]
        texts = [f"{who} {name}  {100 * chance:.0f} %" for who, name, chance in said]
        self._lines = ((texts[0], "teacher"), (texts[1], "student"))
        self.setAccessibleName(", ".join(texts))
        self.setToolTip("\n".join(texts))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, SIDE + 2 * QFontMetrics(theme().font("caption")).height() + 2 * SPACE)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        area = QRectF((self.width() - SIDE) / 2, 0, SIDE, SIDE)
        clip = QPainterPath()
        clip.addRoundedRect(area, 4, 4)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipPath(clip)
        painter.drawImage(area, self._image)  # not smoothed: eight pixels should look like eight pixels
        painter.setClipping(False)
        painter.setFont(theme().font("caption"))
        metrics = painter.fontMetrics()
        for number, (text, role) in enumerate(self._lines):
            painter.setPen(theme().color(role, 0.85, "text"))
            line = QRectF(0, SIDE + SPACE + number * metrics.height(), self.width(), metrics.height())
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, self.width())
            painter.drawText(line, Qt.AlignmentFlag.AlignCenter, shown)
        painter.end()


def image_of(pixels: "NDArray[np.uint8]") -> QImage:
    """A QImage with pixels of its own."""
    height, width = pixels.shape[:2]
    kind = QImage.Format.Format_Grayscale8 if pixels.ndim == 2 else QImage.Format.Format_RGB888
    data = pixels.tobytes()
    return QImage(data, width, height, len(data) // height, kind).copy()


class DisagreementsCard(Card):
    """The strip. It hides until there is something to show."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("run.disagreements")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._folder: RunFolder | None = None
        self._images: NDArray[np.uint8] | None = None
        self._shown: Sampled | None = None
        head = QHBoxLayout()
        self.title = Text("", "strong")
        head.addWidget(self.title, 1)
        head.addWidget(Text(self.tr("validation images, renewed at each evaluation"), "caption", "quiet"))
        self.body.addLayout(head)
        self._row = QHBoxLayout()
        self._row.setSpacing(GAP)
        self._row.addStretch(1)  # few pictures stand at the left, together
        self.body.addLayout(self._row)
        self.pictures: list[SamplePicture] = []
        self._count = 0
        self.hide()

    def show_run(self, folder: RunFolder | None, samples: list[Sampled]) -> None:
        """Show the newest of `samples`; files are read only when there is a newer one."""
        newest = samples[-1] if samples else None
        if folder != self._folder:
            self._folder, self._images, self._shown = folder, None, None
        if folder is None or newest is None:
            self.hide()
            return
        if newest is self._shown:
            return
        self._shown = newest
        if self._images is None:
            self._images = thumbnails_in(folder)
        images = self._images
        found = samples_in(folder, newest) if images is not None else []
        self._show([each for each in found if images is not None and 0 <= each.image < len(images)])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _show(self, samples: list[Sample]) -> None:
        """Where the answers differ; where none does, those on which the two are furthest apart, and the title says so."""
        differing = [sample for sample in samples if sample.differs]
        surest, closest = self.tr("Surest disagreements"), self.tr("The same answers; here they are furthest apart")
        self.title.setText(surest if differing else closest)
        samples = differing or samples
        while len(self.pictures) < len(samples):
            self.pictures.append(SamplePicture(self))
            self._row.insertWidget(len(self.pictures) - 1, self.pictures[-1], 100)
        for picture, sample in zip(self.pictures, samples, strict=False):
            assert self._images is not None
            picture.show_sample(sample, self._images[sample.image])
        self._count = len(samples)
        self.setVisible(bool(samples))
        self._fit()

    def _fit(self) -> None:
        """As many pictures as there is room for."""
        room = max(1, (self.width() - 8 * SPACE + GAP) // (WIDTH + GAP))
        for number, picture in enumerate(self.pictures):
            picture.setVisible(number < min(room, self._count))


__all__ = ["DisagreementsCard", "SamplePicture", "image_of", "samples_in", "thumbnails_in"]
