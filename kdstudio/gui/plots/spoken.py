"""A curve in words: "student 94.0 % and level; best 94.2 % at epoch 7". Pure text out of numbers."""

from kdstudio.gui.language import tr
from kdstudio.gui.plots.curves import Axis
from kdstudio.gui.plots.options import Floats
from kdstudio.runs.outlook import clock

RECENT = 0.25  # the last part of a curve, which says where it is going
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
LEVEL = 0.02  # of the whole range: what moves less is level


def trend(values: Floats) -> str:
    """Where the end of a curve is going: rising, falling, level; "" for what is too short to tell."""
    if len(values) < 4:
        return ""
    span = float(values.max() - values.min())
    tail = values[-max(2, round(RECENT * len(values))) :]
    half = max(1, len(tail) // 2)
    change = float(tail[-half:].mean() - tail[:half].mean())
    if span == 0 or abs(change) <= LEVEL * span:
        return "level"
    return "rising" if change > 0 else "falling"


def place(axis: Axis, value: float) -> str:
    """A value on the x axis: "step 1,200", "epoch 3.5", "0:38"."""
    if axis == "time":
        return clock(value)
    return tr("epoch {0}").format(f"{value:.1f}") if axis == "epoch" else tr("step {0}").format(f"{value:,.0f}")


def worded(value: float, unit: str) -> str:
    """A value on the y axis."""
    return f"{value:.1f} {unit}" if unit else figure(value)


def figure(value: float) -> str:
    """A number in three figures; what is tiny or huge as a power of ten: 7.1×10⁻⁶."""
    if value == 0 or 1e-3 <= abs(value) < 999.5:
        return f"{value:.3g}"
    if 999.5 <= abs(value) < 99_999.5:
        return f"{value:,.0f}"
    number, _, power = f"{value:.1e}".partition("e")
    raised = f"10{str(int(power)).translate(RAISED)}"
    return raised if number == "1.0" else f"{number.removesuffix('.0')}×{raised}"


def described(label: str, axis: Axis, unit: str, xs: Floats, values: Floats, *, low_is_good: bool) -> str:
    """One curve in words: its newest value, where it is going, and its best."""
    going = {"rising": tr("{0} {1} and rising"), "falling": tr("{0} {1} and falling"), "level": tr("{0} {1} and level")}
    said = going.get(trend(values), "{0} {1}").format(label, worded(float(values[-1]), unit))
    if len(values) < 2:
        return said
    best = place(axis, float(xs[int(values.argmin() if low_is_good else values.argmax())]))
    return (tr("{0}; lowest at {1}") if low_is_good else tr("{0}; best at {1}")).format(said, best)
