"""A strip of validation images on which teacher and student differ most surely, renewed at each evaluation.

Beside each image stand bars: how likely teacher and student think the classes in question. What the teacher gives to classes
other than its guess is what a student can learn from it beyond a label.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRectF, QSize, Qt, Slot
from PySide6.QtGui import QFontMetrics, QImage, QPainter, QPainterPath, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from kdstudio.gui.cards import Card, Elided, Painted, Text
from kdstudio.gui.language import looked_up, tr
from kdstudio.gui.plain_tips import plain_tip
from kdstudio.gui.theme import GAP, SPACE, Role, theme
from kdstudio.runs.artefacts import artefact_path
from kdstudio.runs.events import Sampled
from kdstudio.runs.files import read_json
from kdstudio.runs.folder import RunFolder
from kdstudio.spec.regular_files import MIB

WHO: tuple[Role, Role] = ("teacher", "student")

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST = 24  # images that are shown of one evaluation, and classes of a prediction; a run keeps 12, and 3
LONGEST = 200  # letters of a class's name
SIDE = 48  # pixels of a picture, at least; it is as high as its bars
LINE = 14  # pixels of a line of small type, for which the other lengths are meant
BARS = 3  # classes that have bars
NAME = 76  # pixels of a class name before its bars, at most
TRACK = 90  # pixels of a bar that stands for certainty, at least


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """One image: its place among the thumbnails, its class where that is known, and the top guesses of both, each with its
    probability, the likeliest first."""

    image: int
    label: str | None
    teacher: dict[str, float]
    student: dict[str, float]

    @property
    def differs(self) -> bool:
        """Whether the two answers are different ones."""
        return next(iter(self.teacher)) != next(iter(self.student))

    @property
    def rows(self) -> list[str]:
        """The classes in question: the student's guess and the teacher's likeliest, as the teacher ranks them."""
        guess = next(iter(self.student))
        kept = [name for name in self.teacher if name != guess][: BARS - 1]
        return [*(name for name in self.teacher if name in kept or name == guess), *([] if guess in self.teacher else [guess])]

    def answer(self, who: str) -> tuple[str, float, bool]:
        """What teacher or student says: the class, how likely, and whether it is right."""
        guesses = self.teacher if who == "teacher" else self.student
        name, chance = next(iter(guesses.items()))
        return name, chance, name == self.label


def samples_in(folder: RunFolder, sampled: Sampled) -> list[Sample]:
    """What the artefact of `sampled` holds; nothing where it is missing, damaged, or points outside the run."""
    path = artefact_path(folder, sampled.artefact)
    values = read_json(path, limit=MIB) if path is not None else None
    if values is None:
        return []
    try:
        names = [str(name)[:LONGEST] for name in values["classes"]]
        return [
            Sample(
                image=_whole(each["image"]),
                label=_name(each.get("label"), names),
                teacher=_guesses(each["teacher"], names),
                student=_guesses(each["student"], names),
            )
            for each in values["samples"][:MOST]
        ]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return []


def _whole(number: Any) -> int:
    if type(number) is not int or number < 0:
        raise ValueError(f"{number!r} is no place")
    return number


def _probability(number: Any) -> float:
    value = float(number)
    if not 0.0 <= value <= 1.001:  # the engine rounds
        raise ValueError(f"{value} is no probability")
    return value


def _guesses(guesses: Any, names: list[str]) -> dict[str, float]:
    found = {names[_whole(number)]: _probability(chance) for number, chance in guesses[:MOST]}
    if not found:
        raise ValueError("no guess")
    return found


def _name(label: Any, names: list[str]) -> str | None:
    return names[label] if isinstance(label, int) and 0 <= label < len(names) else None


def thumbnails_in(folder: RunFolder) -> "NDArray[np.uint8] | None":
    """The validation images, uint8 [n, h, w] or [n, h, w, 3]; None where there are none that can be read."""
    from kdstudio.gui.pages.confusion import images_in

    return images_in(folder.artefacts / "validation_images.npz")


class SamplePicture(Painted):
    """One image with what both say of it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self._sample: Sample | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_sample(self, sample: Sample, pixels: "NDArray[np.uint8]") -> None:
        """Show `sample`, whose thumbnail is `pixels`."""
        self._image, self._sample = image_of(pixels), sample
        self.setAccessibleName(", ".join(_said(sample, who) for who in ("teacher", "student")))
        self.setAccessibleDescription(_in_full(sample))
        self.setToolTip(plain_tip(_in_full(sample)))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        line = QFontMetrics(theme().font("caption")).height()
        return QSize(self.wanted_width, _side(line) + 2 * line + SPACE)

    @property
    def wanted_width(self) -> int:
        """Of the image, the names of its classes, and bars that can be compared."""
        metrics = QFontMetrics(theme().font("caption"))
        rows = self._sample.rows if self._sample is not None else []
        names = _names(metrics, rows) if rows else 0
        return _side(metrics.height()) + 2 * SPACE + names + SPACE + 2 + TRACK * metrics.height() // LINE

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._sample is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme().font("caption"))
        line = painter.fontMetrics().height()
        side = _side(line)
        clip = QPainterPath()
        clip.addRoundedRect(QRectF(0, 0, side, side), 4, 4)
        painter.setClipPath(clip)
        painter.drawImage(QRectF(0, 0, side, side), self._image)  # not smoothed: eight pixels should look like eight pixels
        painter.setClipping(False)
        self._paint_bars(painter, self._sample, QRectF(side + 2 * SPACE, 0, self.width() - side - 2 * SPACE, side))
        for number, who in enumerate(WHO):
            painter.setPen(theme().color(who, 0.85, "text"))
            place = QRectF(0, side + SPACE + number * line, self.width(), line)
            right = self._sample.answer(who)[2]
            text = _said(self._sample, who) + ("  \N{CHECK MARK}" if right else "")
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, self.width())
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
        painter.end()

    def _paint_bars(self, painter: QPainter, sample: Sample, area: QRectF) -> None:
        """A pair of bars for each class in question, the teacher's above the student's, over a track that is 100 per cent."""
        metrics, rows = painter.fontMetrics(), sample.rows
        names = _names(metrics, rows)
        height = area.height() / BARS
        thick = (height - 6) / 2
        track = area.adjusted(names + SPACE + 2, 0, -1, 0)
        for number, name in enumerate(rows):
            top = area.top() + number * height
            painter.setPen(theme().color("quiet"))
            shown = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, names)
            place = QRectF(area.left(), top, names, height)
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, shown)
            painter.fillRect(QRectF(track.left(), top + 2, track.width(), 2 * thick + 1), theme().color("raised"))
            for who, guesses, y in (("teacher", sample.teacher, top + 2), ("student", sample.student, top + 3 + thick)):
                if name in guesses:
                    wide = max(2.0, guesses[name] * track.width())
                    painter.fillRect(QRectF(track.left(), y, wide, thick), theme().color(who))  # type: ignore[arg-type]


def _said(sample: Sample, who: "Role") -> str:
    name, chance, _ = sample.answer(who)
    return f"{looked_up(who)} {name}  {100 * chance:.0f} %"


def _in_full(sample: Sample) -> str:
    """All guesses of both, and the truth, in lines."""
    lines = [
        f"{looked_up(who)}: {', '.join(f'{name} {100 * chance:.0f} %' for name, chance in guesses.items())}"
        for who, guesses in (("teacher", sample.teacher), ("student", sample.student))
    ]
    return "\n".join([*lines, *([tr("true class: {0}").format(sample.label)] if sample.label is not None else [])])


def _side(line: int) -> int:
    """How high a picture is beside bars whose text is `line` high."""
    return max(SIDE, BARS * line)


def _names(metrics: QFontMetrics, rows: list[str]) -> int:
    """The width of the names before the bars."""
    return min(NAME * metrics.height() // LINE, max(metrics.horizontalAdvance(name) for name in rows) + 2)


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
        head.setSpacing(GAP)
        head.addWidget(self.title)
        said = self.tr("validation images, updated at each evaluation; bars: probabilities of teacher and student")
        head.addWidget(Elided(said, "caption", "quiet"), 3)
        self.body.addLayout(head)
        self._row = QHBoxLayout()
        self._row.setSpacing(2 * GAP)
        self._row.addStretch(1)  # few pictures stand at the left, together
        self.body.addLayout(self._row)
        self.pictures: list[SamplePicture] = []
        self._count = 0
        theme().changed.connect(self._fit)
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
            self.setVisible(self._count > 0)  # another part of the page may have been in view meanwhile
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
        most_confident, closest = self.tr("Most confident disagreements"), self.tr("No disagreements; least similar answers")
        self.title.setText(most_confident if differing else closest)
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

    @Slot()
    def _fit(self) -> None:
        """As many pictures as there is room for; they share it, and few keep to the left."""
        shown = self.pictures[: self._count]
        wide = max((picture.wanted_width for picture in shown), default=1)
        room = max(1, (self.width() - 8 * SPACE + 2 * GAP) // (wide + 2 * GAP))
        for number, picture in enumerate(self.pictures):
            picture.setMaximumWidth(round(1.4 * wide))
            picture.setVisible(number < min(room, self._count))


__all__ = ["DisagreementsCard", "Sample", "SamplePicture", "image_of", "samples_in", "thumbnails_in"]
