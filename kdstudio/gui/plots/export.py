"""A plot as a file: PNG at twice its size on the screen, SVG of the same card, CSV of the numbers, every point."""

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PySide6.QtCore import QBuffer, QIODevice, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgGenerator

from kdstudio.gui.plots.curve_plot import CurvePlot
from kdstudio.gui.plots.curves import MEAN, Curve
from kdstudio.gui.plots.options import Floats
from kdstudio.runs.files import write_whole

SCALE = 2.0
HEAD = ("curve", "seed", "step", "epoch", "seconds", "value")


def write_png(plot: CurvePlot, path: Path) -> None:
    """Raises:
    OSError: it cannot be written.
    """
    image = QImage(plot.size() * SCALE, QImage.Format.Format_ARGB32)
    image.setDevicePixelRatio(SCALE)
    image.fill(Qt.GlobalColor.transparent)
    plot.enlarge(SCALE)
    try:
        _render(plot, image)
    finally:
        plot.enlarge(1.0)
    buffer = _buffer()
    saved = image.save(buffer, "PNG")  # type: ignore[call-overload]
    assert saved, "it goes into memory"
    write_whole(path, bytes(buffer.data().data()))


def write_svg(plot: CurvePlot, path: Path) -> None:
    """Raises:
    OSError: it cannot be written.
    """
    buffer = _buffer()  # a generator that writes to a file would not say that it cannot
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(QSize(plot.width(), plot.height()))
    generator.setViewBox(QRect(0, 0, plot.width(), plot.height()))
    generator.setTitle(plot.title.whole)
    generator.setDescription(plot.summary)
    with cut_to_view(plot):
        _render(plot, generator)
    write_whole(path, bytes(buffer.data().data()))


def _buffer() -> QBuffer:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    return buffer


@contextmanager
def cut_to_view(plot: CurvePlot) -> Iterator[None]:
    """An SVG knows no clipping: what runs beyond the axes is cut off before it is painted, and put back."""
    (left, right), (low, high) = plot.plot.view.viewRange()
    curves = [item for drawn in plot.items.values() for item in (drawn.raw, drawn.average) if item is not None]
    bands = [edge for band in plot.bands.values() for edge in band.edges]
    items = [*curves, *plot.stack.edges, *plot.between.edges, *bands]
    whole = [item.getData() for item in items]
    for item, (xs, ys) in zip(items, whole, strict=True):
        if xs is not None and len(xs):
            item.setData(*cut(xs, ys, (left, right), (low, high)))
    try:
        yield
    finally:
        for item, (xs, ys) in zip(items, whole, strict=True):
            if xs is not None:
                item.setData(xs, ys)


def cut(xs: Floats, ys: Floats, across: tuple[float, float], up: tuple[float, float]) -> tuple[Floats, Floats]:
    """What of a curve lies in a box, with points where it enters and leaves; between those it keeps to the edge."""
    ends = [x for x in across if xs[0] < x < xs[-1]]
    inside = np.union1d(xs[(xs >= across[0]) & (xs <= across[1])], ends)
    values = np.interp(inside, xs, ys)
    for bound in up:
        beyond = values - bound
        at = np.flatnonzero(beyond[:-1] * beyond[1:] < 0)
        share = beyond[at] / (beyond[at] - beyond[at + 1])
        crossed = inside[at] + share * (inside[at + 1] - inside[at])
        inside = np.insert(inside, at + 1, crossed)
        values = np.insert(values, at + 1, bound)
    near = np.flatnonzero((values >= up[0]) & (values <= up[1]))
    kept = slice(near[0], near[-1] + 1) if len(near) else slice(0, 0)
    return inside[kept], np.clip(values[kept], *up)


def write_csv(plot: CurvePlot, path: Path) -> None:
    """One line a point, of the curves that are shown and of other seeds; in the units of the plot, not smoothed.

    Raises:
        OSError: it cannot be written.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEAD)
    for level in plot.picture.levels:
        writer.writerow([level.label, "", "", "", "", repr(level.value)])
    for curve in (*plot.picture.curves, *plot.picture.areas):
        writer.writerows(_rows(curve))
    write_whole(path, text.getvalue().encode())


def _rows(curve: Curve) -> list[list[str]]:
    steps, values = curve.series.arrays()
    seed = curve.key.rpartition(".")[2]
    columns = [curve.pace.along(axis, steps).tolist() if curve.pace.knows(axis) else None for axis in ("epoch", "time")]
    return [
        [
            curve.label, seed if seed == MEAN or seed.lstrip("-").isdigit() else "", f"{step:.0f}",
            *(f"{column[number]:.6g}" if column else "" for column in columns), repr(value * curve.scale),
        ]
        for number, (step, value) in enumerate(zip(steps.tolist(), values.tolist(), strict=True))
    ]  # fmt: skip


def _render(plot: CurvePlot, device: QImage | QSvgGenerator) -> None:
    """The card without its menu."""
    plot.menu.hide()
    plot.show_cross(None)
    painter = QPainter(device)
    plot.render(painter, QPoint())
    painter.end()
    plot.menu.show()


WRITERS: dict[str, Callable[[CurvePlot, Path], None]] = {"png": write_png, "svg": write_svg, "csv": write_csv}
