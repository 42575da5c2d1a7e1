"""A card with live curves: pyqtgraph drawn by the house rule, a legend of our own, and words while it is empty.

The house rule (measured, see the design's traps): a noisy raw curve has width 1, a dim but opaque colour and no
antialiasing; its debiased moving average lies on top with width 2, opaque, no antialiasing. Short smooth curves (the
evaluations) may be antialiased: that costs with the number of points, and they have few.
"""

import math
from typing import Any

from PySide6.QtCore import QRectF, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from kdstudio.gui.cards import Card, Elided, Text
from kdstudio.gui.plots.band import BandItem
from kdstudio.gui.plots.bracket import Bracket
from kdstudio.gui.plots.canvas import Canvas
from kdstudio.gui.plots.curves import Band, Curve, Gap, Level, Line, Picture
from kdstudio.gui.plots.drawn import Between, Drawn, Stack, pen_of
from kdstudio.gui.plots.legend import Legend
from kdstudio.gui.plots.options import Options
from kdstudio.gui.plots.plot_menu import PlotMenu
from kdstudio.gui.plots.readout import Readout
from kdstudio.gui.plots.spoken import described, place, worded
from kdstudio.gui.theme import GAP, SPACE, Role, theme

FEW_LEVELS = 3  # of which the pointer reads each
BEFORE = 0.34  # of a curve, beside which there are words
STYLES: dict[Line, Qt.PenStyle] = {
    "solid": Qt.PenStyle.SolidLine,
    "dashed": Qt.PenStyle.DashLine,
    "dotted": Qt.PenStyle.DotLine,
    "dash-dotted": Qt.PenStyle.DashDotLine,
}


class CurvePlot(Card):
    """One plot. `show_picture` is cheap to call again: items are kept, only what they show changes.

    Args:
        title: above it, and for screen readers.
        name: its object name.
        briefly: the title where there is little room.
        unit: of the values, as in "%". A plot without one may have a logarithmic axis, and its low values are the good ones.

    Signals:
        hovered, moved, reset: as the canvas says them.
    """

    hovered = Signal(float)
    moved = Signal(float, float)
    reset = Signal()

    def __init__(
        self, title: str, name: str, unit: str = "", parent: QWidget | None = None, *, briefly: str = ""
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.unit = unit
        self.picture = Picture()
        self.options = Options()
        self._names_axis = True
        self._enlarged = 1.0
        self._read_at: float | None = None
        self.items: dict[str, Drawn] = {}
        self._lines: dict[str, Any] = {}
        self.bands: dict[str, BandItem] = {}
        self.legend, self.key = Legend(), Legend(gap=SPACE)
        self.title = Elided("", "strong")
        self.title.set_text(title, briefly or title)
        self.menu = PlotMenu(self)
        self._head()
        self.plot = Canvas()
        self.plot.setAccessibleName(title)
        self.stack, self.between = Stack(self.plot), Between(self.plot)
        self.body.addWidget(self.plot, 1)
        self.waiting = Text("", "body", "quiet", self.plot, wrap=True)
        self.waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.waiting.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.readout = Readout(self)
        self.setMinimumSize(220, 170)
        self._connect()
        self._dress()

    @property
    def summary(self) -> str:
        """What the plot shows, in words: a curve is silent."""
        said = [f"{level.label} {worded(level.value, self.unit)}" for level in self.picture.levels]
        low_is_good = not self.unit
        for curve in self.picture.curves:
            drawn = self.items.get(curve.key)
            if drawn is not None and len(drawn.ys) and not curve.weak and curve.label not in self.legend.off:
                said.append(described(
                    curve.label, self.options.axis, self.unit, drawn.xs, drawn.ys, low_is_good=low_is_good
                ))  # fmt: skip
        if self.picture.gap is not None and self.between.end is not None:
            said.append(f"{self._direction(self.picture.gap)}, {self.picture.gap.label}")
        said += [
            f"{label} {worded(float(part[-1]), self.unit)}" for label, part in self.stack.parts.items() if len(part)
        ]
        return f"{self.title.whole}: {', '.join(said)}" if said else f"{self.title.whole}: {self.waiting.text()}"

    def show_picture(self, picture: Picture) -> None:
        """Draw `picture`."""
        self.picture = picture
        self.waiting.setText("" if not picture.empty else picture.waiting)
        self.waiting.setVisible(picture.empty)
        self.plot.show_axes(not picture.empty)
        self._forget({curve.key for curve in picture.curves}, {level.label for level in picture.levels})
        for key in set(self.bands) - {band.key for band in picture.bands}:
            self.bands.pop(key).remove()
        for curve in picture.curves:
            self._draw(curve)
        for level in picture.levels:
            self._draw_level(level)
        for band in picture.bands:
            self._draw_band(band)
        self.stack.show_areas(picture.areas, self.options, self.key.off)
        self._draw_gap(picture)
        self._fit(picture)
        self.legend.show_entries(self._entries(picture))
        self.key.show_entries(self._parts(picture), {area.label: area.briefly for area in picture.areas})
        self._place_legend()
        self.plot.setAccessibleDescription(self.summary)
        self.menu.allow(not picture.empty, self.waiting.text())
        if self._read_at is not None:
            self.show_cross(self._read_at)

    def set_options(self, options: Options) -> None:
        """Show the same another way."""
        if options != self.options:
            if options.axis != self.options.axis:
                self.show_cross(None)  # the same number would be another place
            if options.axis != self.options.axis or options.logarithmic != self.options.logarithmic:
                self.plot.free = False
            self.options = options
            self._dress()

    def enlarge(self, scale: float) -> None:
        """Draw lines for a picture that is `scale` times as large as the card: they are cosmetic, and would be thin."""
        self._enlarged = scale
        self._dress()

    def show_axis_name(self, shown: bool) -> None:
        """Whether to say what x is."""
        self._names_axis = shown
        self._dress()

    def clear(self) -> None:
        """Show nothing, as before the first picture."""
        self.show_picture(Picture())

    def show_cross(self, x: float | None) -> None:
        """Read every curve at `x`, now and whenever there is more to read; None ends it."""
        self._read_at = x
        self.plot.show_cross(x if not self.picture.empty else None)
        if x is None or self.picture.empty:
            self.readout.hide()
            return
        area = QRectF(self.plot.mapFromScene(self.plot.view.sceneBoundingRect()).boundingRect())
        left = self.plot.pixel_of(x) > area.center().x()
        area.translate(self.plot.pos())
        self.readout.say(place(self.options.axis, x), self._read(x), area, left=left, low=bool(self.unit))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.waiting.setGeometry(self.plot.rect())
        self._place_legend()

    @Slot()
    def refresh(self) -> None:
        """Draw the same picture again."""
        self.show_picture(self.picture)

    def _connect(self) -> None:
        theme().changed.connect(self._dress)
        self.plot.hovered.connect(self.hovered)
        self.plot.moved.connect(self.moved)
        self.plot.reset.connect(self._reset)
        for legend in (self.legend, self.key):
            legend.toggled.connect(self.refresh)

    @Slot()
    def _reset(self) -> None:
        self.refresh()
        self.reset.emit()

    @property
    def logarithmic(self) -> bool:
        """Whether its axis is logarithmic now."""
        return self.options.logarithmic and not self.unit

    def _read(self, x: float) -> list[tuple[str, str, Role]]:
        """Label, value and role of all that is shown, at `x`; of other seeds too."""
        off, unit = self.legend.off, self.unit
        levels = [level for level in self.picture.levels if level.label not in off]
        levels = levels if len(levels) <= FEW_LEVELS else []  # they are the same everywhere
        curves = [curve for curve in self.picture.curves if curve.label not in off]
        strong = [(curve, self.items[curve.key].at(x)) for curve in curves if not curve.weak]
        parts = {label: part for label, part in self.stack.at(x).items() if label not in self.key.off}
        areas = [area for area in reversed(self.picture.areas) if area.label in parts]
        return [
            *((level.label, worded(level.value, unit), level.role) for level in levels),
            *((curve.label, worded(value, unit), curve.role) for curve, value in strong if value is not None),
            *((area.label, worded(parts[area.label], unit), area.role) for area in areas),
            *self._read_others([curve for curve in curves if curve.weak], x),
        ]

    def _read_others(self, weak: list[Curve], x: float) -> list[tuple[str, str, Role]]:
        """One line for all other seeds of a curve: from the lowest to the highest."""
        lines: list[tuple[str, str, Role]] = []
        for label in dict.fromkeys(curve.label for curve in weak):
            mine = [curve for curve in weak if curve.label == label]
            values = [value for curve in mine if (value := self.items[curve.key].at(x)) is not None]
            if values:
                low, high = worded(min(values), ""), worded(max(values), self.unit)
                said = high if min(values) == max(values) else self.tr("{0} to {1}").format(low, high)
                whole = any(curve.label == label and curve.seeds > 1 for curve in self.picture.curves)
                seeds = (self.tr("{0}, {1} seeds") if whole else self.tr("{0}, {1} more")).format(label, len(values))
                lines.append((seeds, said, mine[0].role))
        return lines

    def _place_legend(self) -> None:
        margins = self.body.contentsMargins()
        room = self.width() - margins.left() - margins.right()
        beside = room - self.title.least_width - self.menu.maximumWidth() - 2 * GAP
        below = self.legend.wish() > beside
        if below != (self._below.count() > 0):
            old, new = (self._line, self._below) if below else (self._below, self._line)
            old.removeWidget(self.legend)
            if below:
                new.addWidget(self.legend)
            else:
                new.insertWidget(1, self.legend, 0, Qt.AlignmentFlag.AlignVCenter)
        self.legend.fit(room if below else beside)
        self.key.fit(room)
        self.key.setVisible(bool(self.key.entries))

    def _head(self) -> None:
        """The legend stands at the right of the title, or below it where the card is narrow."""
        self._line = QHBoxLayout()
        self._line.setSpacing(GAP)
        self._line.addWidget(self.title, 1)
        self._line.addWidget(self.legend, 0, Qt.AlignmentFlag.AlignVCenter)
        self._line.addWidget(self.menu)
        self._below = QHBoxLayout()
        self.body.addLayout(self._line)
        self.body.addLayout(self._below)
        self.body.addWidget(self.key)

    def _forget(self, curves: set[str], levels: set[str]) -> None:
        for key in set(self.items) - curves:
            self.items.pop(key).remove_from(self.plot)
        for label in set(self._lines) - levels:
            self.plot.remove(self._lines.pop(label))

    def _draw(self, curve: Curve) -> None:
        """Curves of other seeds do not change any more: what is drawn already is only given its pens."""
        drawn = self.items.get(curve.key)
        if drawn is None:
            drawn = Drawn(raw=self.plot.curve(), average=self.plot.curve() if curve.noisy else None)
            self.items[curve.key] = drawn
        drawn.take(curve, self._own_options, whole=not self.unit)
        drawn.dress(curve, self._wide, self.options, hair=self._enlarged)
        drawn.show(curve.label not in self.legend.off)

    def _draw_band(self, band: Band) -> None:
        """The band is gone with its curves, or by itself."""
        if band.key not in self.bands:
            self.bands[band.key] = BandItem(self.plot)
        hidden = {
            band.label,
            *(curve.label for curve in self.picture.curves if curve.role == band.role),
        } & self.legend.off
        self.bands[band.key].show(band, self._own_options, shown=not hidden)

    @property
    def _own_options(self) -> Options:
        options = self.options
        return Options(axis=options.axis, smoothing=options.smoothing, logarithmic=self.logarithmic)

    @property
    def _wide(self) -> float:
        """Width 2, also where a pixel of the screen is half a pixel of ours: the pens are cosmetic."""
        return 2.0 * max(self._enlarged, self.devicePixelRatioF())

    def _draw_level(self, level: Level) -> None:
        if level.label not in self._lines:
            self._lines[level.label] = self.plot.level()
            self._lines[level.label].setZValue(3)
        line = self._lines[level.label]
        line.setPen(pen_of(theme().color(level.role), self._wide, "dotted"))
        line.setValue(level.value)
        line.setVisible(level.label not in self.legend.off)

    def _draw_gap(self, picture: Picture) -> None:
        """The space between two curves, and how much it is at its end, while both are shown."""
        shown = {curve.key for curve in picture.curves if curve.label not in self.legend.off}
        gap = picture.gap if picture.gap is not None and {picture.gap.low, picture.gap.high} <= shown else None
        low_curve, high_curve = (self.items[gap.low], self.items[gap.high]) if gap is not None else (None, None)
        self.between.show(low_curve, high_curve, settled=gap is None or gap.settled)
        if gap is None or self.between.end is None:
            self.plot.show_bracket(None)
            return
        x, low, high = self.between.end
        floor = min(self.items[key].lowest_since(x - BEFORE * x) for key in (gap.low, gap.high))
        self.plot.show_bracket(Bracket(
            x=x, low=low, high=high, floor=floor, words=self._direction(gap), detail=gap.label, role=self.between.role
        ))  # fmt: skip

    def _direction(self, gap: Gap) -> str:
        """Which way it goes. How much that is stands in a tile: two numbers for one thing would differ."""
        words = gap.higher if self.between.apart >= 0 else gap.lower
        return words if gap.settled or gap.within_noise else self.tr("{0} so far").format(words)

    def _fit(self, picture: Picture) -> None:
        """Fixed x from the plan; y around what is shown."""
        shown = [self.items[curve.key] for curve in picture.curves if curve.label not in self.legend.off]
        shown = [each for each in shown if len(each.xs)] or [each for each in self.items.values() if len(each.xs)]
        levels = [level.value for level in picture.levels if level.label not in self.legend.off]
        if not shown:
            return
        low = min([each.low for each in shown] + levels)
        high = max([each.high for each in shown] + levels)
        if picture.areas:
            low, high = 0.0, 100.0
        room = max(0.06 * (high - low), 0.5 if self.unit else 0.01)
        top = min(high + room, 101.5) if self.unit else high + room
        bottom = low - room if self.logarithmic or low < 0 else max(low - room, 0.0)
        self.plot.set_range(self._x_end(picture, shown), bottom, max(top, bottom + 1e-6))

    def _x_end(self, picture: Picture, shown: list[Drawn]) -> float:
        """The planned end where it is known in this axis, else the end of the curves."""
        reached = max((float(each.xs[-1]) for each in shown), default=1.0)
        pace = next((curve.pace for curve in picture.curves if len(curve.series)), None)
        if picture.x_end is None or pace is None or self.options.axis == "time":
            return max(reached, 1e-6)
        if self.options.axis == "epoch" and pace.epochs:
            return picture.x_end * pace.epochs
        return picture.x_end

    def _entries(self, picture: Picture) -> dict[str, tuple[Role, Qt.PenStyle, str]]:
        wanted: dict[str, tuple[Role, Qt.PenStyle, str]] = {}
        for level in picture.levels:
            wanted[level.label] = (level.role, Qt.PenStyle.DotLine, worded(level.value, self.unit))
        for curve in picture.curves:
            if not curve.weak and len(curve.series):
                newest = float(self.items[curve.key].ys[-1])
                wanted[curve.label] = (curve.role, STYLES[curve.line], worded(newest, self.unit))
        for band in picture.bands:
            wanted[band.label] = (band.role, Qt.PenStyle.NoPen, self.tr("{0} seeds").format(band.seeds))
        return wanted

    def _parts(self, picture: Picture) -> dict[str, tuple[Role, Qt.PenStyle, str]]:
        parts = self.stack.parts
        return {
            area.label: (area.role, Qt.PenStyle.NoPen, f"{parts[area.label][-1]:.0f} {self.unit}".strip())
            for area in picture.areas
            if area.label in parts and len(parts[area.label])
        }

    @Slot()
    def _dress(self) -> None:
        """Take on the colours in force."""
        words = {"step": self.tr("steps"), "epoch": self.tr("epochs"), "time": self.tr("time in this stage")}
        self.plot.bottom.show_as(seconds=self.options.axis == "time")
        self.plot.show_powers(self.logarithmic)
        self.plot.dress(words[self.options.axis] if self._names_axis else "")
        self.show_picture(self.picture)


def finite(x: float) -> float | None:
    """`x`, or None for no place at all."""
    return None if math.isnan(x) else x


__all__ = ["CurvePlot", "finite"]
