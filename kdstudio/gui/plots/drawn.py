"""What is on the canvas for one curve, a stack of areas, the space between two: made once, given new data when there are new."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from kdstudio.gui.plots.canvas import Canvas
from kdstudio.gui.plots.curves import Curve, Line
from kdstudio.gui.plots.legend import AREA_SHARE
from kdstudio.gui.plots.options import Floats, Options, averaged
from kdstudio.gui.theme import Role, theme
from kdstudio.runs.series import thinned

POINTS = 2000  # more than a plot has pixels
DASHED_POINTS = 1000  # still more; a wide broken line takes twice the time of a solid one
EARLY = 0.08  # the first part of a curve, in which everybody learns the obvious, may leave the picture
FEW = 300  # up to so many points a curve may be antialiased and wide
DOT = 3.5  # widths of a line, of a curve that is one point so far: a line needs two
HAIR = 1e-6  # of a step: how long that line is; at no length at all Qt draws nothing
BETWEEN_SHARE = 0.13  # of its role's colour between two curves
EMPTY = np.zeros(0)


@dataclass(slots=True)
class Drawn:
    """One curve: its raw line, its average where it is noisy, and what both show."""

    raw: Any
    average: Any
    mark: tuple[object, ...] = ()
    xs: Floats = field(default_factory=lambda: EMPTY)
    ys: Floats = field(default_factory=lambda: EMPTY)  # what the eye follows and the legend reads out, in its own unit
    low: float = 0.0
    high: float = 0.0

    def take(self, curve: Curve, options: Options, *, whole: bool) -> None:
        """Show what `curve` holds now. `whole`: its beginning too must be in the picture."""
        mark = (curve.series, len(curve.series), curve.series.last, curve.pace.epochs, options)
        if mark == self.mark:
            return
        self.mark = mark
        steps, values = curve.series.arrays()
        values = values * curve.scale
        self.xs, self.ys = curve.pace.along(options.axis, steps), values
        raw = _transformed(self.xs, values, options.logarithmic)
        self.raw.setData(*visible(raw[0], raw[1]))
        if len(raw[1]):
            self.low = float(np.min(raw[1])) if whole else lowest(raw[1])
            self.high = float(np.max(raw[1]))
        if self.average is not None:
            smooth = options.smoothing > 0
            self.ys = averaged(values, options.smoothing) if smooth else values
            average = _transformed(self.xs, self.ys, options.logarithmic) if smooth else (EMPTY, EMPTY)
            self.average.setData(*visible(average[0], average[1], POINTS if curve.line == "solid" else DASHED_POINTS))

    def at(self, x: float) -> float | None:
        """The value at the point nearest to `x`."""
        if not len(self.xs):
            return None
        place = int(np.searchsorted(self.xs, x))
        near = [each for each in (place - 1, place) if 0 <= each < len(self.xs)]
        return float(self.ys[min(near, key=lambda each: abs(self.xs[each] - x))])

    def lowest_since(self, x: float) -> float:
        """The lowest value from `x` on."""
        return float(min(np.interp(x, self.xs, self.ys), np.min(self.ys[self.xs >= x], initial=np.inf)))

    def dress(self, curve: Curve, width: float, options: Options, *, hair: float = 1.0) -> None:
        """Take on pens by the house rule: raw noise is thin, dim, solid and not antialiased, what lies on top is wide."""
        few, alone = len(curve.series) <= FEW, len(curve.series) == 1
        dim = curve.noisy and options.smoothing > 0
        share = 0.38 if dim else 0.45 if curve.weak and not curve.live else 1.0
        thin = curve.noisy or curve.weak or not few
        colour = theme().color(curve.role, share)
        broken = not dim if curve.noisy else few  # what the eye follows: of a noisy curve the average, where it has one
        pen = pen_of(colour, hair if thin else width, curve.line if broken else "solid")
        _put_pen(self.raw, _dot(colour, width) if alone else pen, few and not curve.weak)
        self.raw.setZValue(1 if curve.noisy else 3 if curve.live else 2 if curve.weak else 4)
        if self.average is not None:
            strong = theme().color(curve.role)
            _put_pen(self.average, _dot(strong, width) if alone else pen_of(strong, width, curve.line), few)
            self.average.setZValue(5)

    def show(self, shown: bool) -> None:
        """Show or hide it."""
        for item in (self.raw, self.average):
            if item is not None:
                item.setVisible(shown)

    def remove_from(self, canvas: Canvas) -> None:
        """Take it off `canvas`."""
        for item in (self.raw, self.average):
            if item is not None:
                canvas.remove(item)


class Stack:
    """Areas on top of one another: `FillBetweenItem`s between curves without a pen."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._edges: list[Any] = []
        self._fills: dict[str, Any] = {}
        self._mark: tuple[object, ...] = ()
        self.xs: Floats = EMPTY
        self.parts: dict[str, Floats] = {}

    def show_areas(self, areas: tuple[Curve, ...], options: Options, off: set[str]) -> None:
        """Show `areas`, the first at the bottom, without those whose label is in `off`."""
        self._fit(areas)
        mark = (*((area.series, len(area.series), area.series.last) for area in areas), options.axis)
        if mark != self._mark:
            self._mark = mark
            self._take(areas, options)
        for area in areas:
            fill = self._fills[area.label]
            fill.setBrush(theme().color(area.role, AREA_SHARE))
            fill.setVisible(area.label not in off)

    @property
    def edges(self) -> list[Any]:
        """The curves without a pen between which the areas lie."""
        return self._edges

    def at(self, x: float) -> dict[str, float]:
        """The parts at the point nearest to `x`."""
        if not len(self.xs):
            return {}
        place = int(np.argmin(np.abs(self.xs - x)))
        return {label: float(values[place]) for label, values in self.parts.items()}

    def _take(self, areas: tuple[Curve, ...], options: Options) -> None:
        arrays = [area.series.arrays() for area in areas]
        count = min((len(steps) for steps, _ in arrays), default=0)
        self.parts = {area.label: area.scale * values[:count] for area, (_, values) in zip(areas, arrays, strict=True)}
        self.xs = areas[0].pace.along(options.axis, arrays[0][0][:count]) if areas else EMPTY
        height = np.zeros(count)
        for number, edge in enumerate(self._edges):
            if number:
                height = height + self.parts[areas[number - 1].label]
            edge.setData(self.xs, height)

    def _fit(self, areas: tuple[Curve, ...]) -> None:
        if [area.label for area in areas] == list(self._fills):
            return
        for item in (*self._fills.values(), *self._edges):
            self._canvas.remove(item)
        self._edges = [self._canvas.curve() for _ in range(len(areas) + 1 if areas else 0)]
        for edge in self._edges:
            edge.setPen(None)
        self._fills = {
            area.label: self._canvas.area(self._edges[number], self._edges[number + 1])
            for number, area in enumerate(areas)
        }
        self._mark = ()


class Between:
    """The area between two curves, as far as both go, and how far apart they are at its end."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._edges: list[Any] = []
        self._fill: Any = None
        self._mark: tuple[object, ...] = ()
        self._settled = True
        self.end: tuple[float, float, float] | None = None  # x, and the two values there

    def show(self, low: Drawn | None, high: Drawn | None, *, settled: bool = True) -> None:
        """Show what lies between `low` and `high`, quietly until it is `settled`; None for nothing."""
        self._settled = settled
        if low is None or high is None:
            self._hide()
            return
        if (low.mark, high.mark) != self._mark:
            self._mark = (low.mark, high.mark)
            self._take(low, high)
        if self.end is None:
            return
        self._fill.setBrush(theme().color(self.role, BETWEEN_SHARE))
        self._fill.setVisible(True)

    @property
    def edges(self) -> list[Any]:
        """The curves without a pen between which the area lies."""
        return self._edges

    @property
    def role(self) -> Role:
        """Its colour: no verdict before it is settled."""
        if not self._settled:
            return "baseline"
        return "agreement" if self.apart >= 0 else "failure"

    @property
    def apart(self) -> float:
        """How far the high curve is above the low one at the end; below zero where it is not."""
        return self.end[2] - self.end[1] if self.end is not None else 0.0

    def _take(self, low: Drawn, high: Drawn) -> None:
        xs = _common(low, high)
        if len(xs) < 2:
            self._hide()
            return
        if self._fill is None:
            self._edges = [self._canvas.curve(), self._canvas.curve()]
            for edge in self._edges:
                edge.setPen(None)
            self._fill = self._canvas.area(*self._edges)
        sides = [np.interp(xs, each.xs, each.ys) for each in (low, high)]
        for edge, ys in zip(self._edges, sides, strict=True):
            edge.setData(xs, ys)
        self.end = float(xs[-1]), float(sides[0][-1]), float(sides[1][-1])

    def _hide(self) -> None:
        self.end, self._mark = None, ()
        if self._fill is not None:
            self._fill.setVisible(False)


def _common(low: Drawn, high: Drawn) -> Floats:
    """The points of both up to where the shorter one ends."""
    if not len(low.xs) or not len(high.xs):
        return EMPTY
    xs = np.union1d(low.xs, high.xs)
    return xs[(xs >= max(low.xs[0], high.xs[0])) & (xs <= min(low.xs[-1], high.xs[-1]))]


def _transformed(xs: Floats, values: Floats, logarithmic: bool) -> tuple[Floats, Floats]:
    """The points as they are painted: on a logarithmic axis those at or below zero have no place."""
    if not logarithmic:
        return xs, values
    positive = values > 0
    return xs[positive], np.log10(values[positive])


def visible(xs: Floats, values: Floats, most: int = POINTS) -> tuple[Floats, Floats]:
    """The points as a line that can be seen: not too many, and a single one as a dot."""
    return (xs[0] + np.array([0.0, HAIR]), np.repeat(values, 2)) if len(values) == 1 else thinned(xs, values, most)


def lowest(values: Floats) -> float:
    """The lowest value that must be in the picture."""
    return float(np.min(values[round(EARLY * len(values)) :])) if len(values) >= 12 else float(np.min(values))


def pen_of(colour: QColor, width: float, line: Line = "solid") -> QPen:
    """A cosmetic pen."""
    pen = QPen(colour, width)
    pen.setCosmetic(True)
    if line == "dashed":
        pen.setDashPattern([4.0, 2.5])
    elif line == "dotted":
        pen.setStyle(Qt.PenStyle.DotLine)
    elif line == "dash-dotted":
        pen.setDashPattern([6.0, 2.0, 1.0, 2.0])
    return pen


def _dot(colour: QColor, width: float) -> QPen:
    """The pen of a single point, where a line has `width`."""
    pen = pen_of(colour, DOT * width)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    return pen


def _put_pen(item: Any, pen: QPen, antialias: bool) -> None:
    if item.opts["pen"] != pen:
        item.setPen(pen)
    if item.opts["antialias"] != antialias:
        item.opts["antialias"] = antialias
        item.update()


__all__ = ["DASHED_POINTS", "FEW", "POINTS", "Between", "Drawn", "Stack", "lowest", "pen_of"]
