"""One editor for each type that a field of the experiment can have; each holds exactly what it was given.

What a person types is handed on as it is, also when it is wrong: the spec is the judge, and its words stand beside the
field. An editor therefore never rounds, clips or silently replaces anything.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml
from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence, QPaintEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from kdstudio.gui.buttons import Switch
from kdstudio.gui.edge import Line, PartLine, paint_edge
from kdstudio.gui.language import looked_up
from kdstudio.gui.private_text import PrivateLine
from kdstudio.gui.theme import SPACE
from kdstudio.spec.models import RUN_PREFIX
from kdstudio.spec.plain_yaml import UNREADABLE, read_yaml

WHOLE = re.compile(r"-?[0-9]{1,300}")  # a whole number, as Python reads it
LARGEST = 1e300  # from which on no arrow steps: where floating point ends


class _LeavesUndo(QObject):
    """Lets the window's undo and redo have their keys in a line of text too: the line's own would know its letters alone.
    And lets the page have what is dropped."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
            return False
        ours = event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo)
        if ours:
            event.ignore()
        return ours


_leaves_undo: list[_LeavesUndo] = []


def leave_undo(focus: QWidget) -> None:
    """Give the keys of undo and redo, and what is dropped, from the line of text in `focus` to the page."""
    if not _leaves_undo:
        _leaves_undo.append(_LeavesUndo())
    line = focus if isinstance(focus, QLineEdit) else focus.findChild(QLineEdit)
    if isinstance(line, QLineEdit):
        line.setAcceptDrops(False)
        line.installEventFilter(_leaves_undo[0])


class Editor(QWidget):
    """What all editors have in common: a value in, a value out, and the widget that takes the focus."""

    changed = Signal()

    def __init__(self, focus: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.focus = focus  # no focus proxy: Tab would stop at it where the editor stands among its siblings
        leave_undo(focus)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE)
        row.addWidget(focus)

    def value(self) -> Any:
        """The value as plain data."""
        raise NotImplementedError

    def set_value(self, value: Any) -> None:
        """Show `value`, plain data."""
        raise NotImplementedError

    def setFocus(self, *reason: Qt.FocusReason) -> None:
        """Give the focus to the part that takes it."""
        self.focus.setFocus(*reason)

    def stops(self) -> list[QWidget]:
        """What Tab stops at, in order."""
        return [self.focus]

    def said(self) -> str:
        """The value in words."""
        value = self.value()
        return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

    @Slot()
    def _report(self) -> None:
        self.changed.emit()


class TextEditor(Editor):
    """A line of text; no text is `empty`. What nobody touched is given back as it came: a line cannot show every text."""

    def __init__(self, *, empty: str | None = "") -> None:
        self._line, self._empty = PrivateLine(), empty
        self._given: tuple[str, str | None] = ("", empty)
        super().__init__(self._line)
        self._line.setPlaceholderText(self.tr("none") if empty is None else "")
        self._line.textChanged.connect(self._report)

    def suggest(self, text: str) -> None:
        """Say what holds while the line is empty."""
        self._line.setPlaceholderText(text)

    def value(self) -> str | None:
        shown, given = self._given
        text = self._line.text()
        return given if text == shown else text or self._empty

    def set_value(self, value: Any) -> None:
        self._line.setText("" if value is None else str(value))
        self._line.setCursorPosition(0)
        self._given = (self._line.text(), self._empty if value is None else str(value))


class ChoiceEditor(Editor):
    """One of a few words."""

    def __init__(self, words: Sequence[Any]) -> None:
        assert words, "a combo box is never empty"
        self._words, self._combo = list(words), QuietCombo()
        self._combo.addItems([str(word) for word in words])
        super().__init__(self._combo)
        self._combo.currentIndexChanged.connect(self._report)

    def value(self) -> Any:
        return self._words[self._combo.currentIndex()]

    def set_value(self, value: Any) -> None:
        if value in self._words:
            self._combo.setCurrentIndex(self._words.index(value))


class ListedEditor(Editor):
    """One of the texts that are known to fit. Whatever else a file says is one of the choices too.

    Args:
        usual: (text, what it is called) of what can always be chosen.

    Signals:
        opening: the list is about to drop down; what is offered may be renewed.
    """

    opening = Signal()

    def __init__(self, usual: Sequence[tuple[str, str]]) -> None:
        assert usual, "a combo box is never empty"
        self._usual = [(text, looked_up(called)) for text, called in usual]
        self._combo = _OpeningCombo()
        for text, called in self._usual:
            self._combo.addItem(called, text)
        super().__init__(self._combo)
        self._combo.opening.connect(self.opening)
        self._combo.currentIndexChanged.connect(self._report)

    def offer(self, more: Sequence[tuple[str, str]]) -> None:
        """Let people choose among `more` too; what is chosen stays, and is no edit."""
        chosen = self.value()
        entries = [*self._usual, *(each for each in more if each[0] not in dict(self._usual))]
        if chosen not in dict(entries):
            entries.append((chosen, self.called(chosen)))
        if entries == [(self._combo.itemData(row), self._combo.itemText(row)) for row in range(self._combo.count())]:
            return
        self._combo.blockSignals(True)
        for row, (text, called) in enumerate(entries):  # in place: a combo box is never empty
            if row == self._combo.count():
                self._combo.addItem(called, text)
            self._combo.setItemText(row, called)
            self._combo.setItemData(row, text)
        while self._combo.count() > len(entries):
            self._combo.removeItem(self._combo.count() - 1)
        self._combo.setCurrentIndex([text for text, _ in entries].index(chosen))
        self._combo.blockSignals(False)

    def called(self, text: str) -> str:
        """What a text is called that nobody has offered."""
        return text

    def value(self) -> Any:
        return self._combo.currentData()

    def set_value(self, value: Any) -> None:
        text = "" if value is None else value
        row = self._combo.findData(text)
        if row < 0:
            self._combo.addItem(self.called(str(text)), text)
            row = self._combo.count() - 1
        self._combo.setCurrentIndex(row)

    def said(self) -> str:
        return self._combo.currentText()


class WeightsEditor(ListedEditor):
    """Where weights come from: trained here, the student of a run, or a file."""

    def __init__(self, usual: Sequence[tuple[str, str]]) -> None:
        super().__init__(usual)
        self.browse = QPushButton(self.tr("File..."))
        self.browse.setObjectName("browse")
        self.browse.setAccessibleName(self.tr("Choose a file with weights"))
        self.browse.clicked.connect(self._browse)
        layout = self.layout()
        assert isinstance(layout, QHBoxLayout)
        layout.setStretch(0, 1)
        layout.addWidget(self.browse)

    def called(self, text: str) -> str:
        run = text.startswith(RUN_PREFIX)
        return self.tr("Student of run {0}").format(text.removeprefix(RUN_PREFIX)) if run else Path(text).name or text

    def stops(self) -> list[QWidget]:
        return [self.focus, self.browse]

    @Slot()
    def _browse(self) -> None:
        chosen = choose_weights(self, self.tr("Choose a file with weights"))
        if chosen:
            self.set_value(chosen)


class SwitchEditor(Editor):
    """On or off."""

    def __init__(self) -> None:
        self._switch = Switch()
        super().__init__(self._switch)
        self.setMinimumHeight(self.fontMetrics().height() + 4 * SPACE)  # as high as a line of text beside it
        self.layout().setAlignment(self._switch, Qt.AlignmentFlag.AlignLeft)  # type: ignore[union-attr]
        self._switch.toggled.connect(self._report)

    def value(self) -> bool:
        return self._switch.isChecked()

    def set_value(self, value: Any) -> None:
        self._switch.setChecked(bool(value))


class NumbersEditor(Editor):
    """Whole numbers in a row, as in "64, 32"; an empty line is an empty row."""

    def __init__(self) -> None:
        self._line = Line()
        super().__init__(self._line)
        self._line.setPlaceholderText(self.tr("none"))
        self._line.textChanged.connect(self._report)

    def value(self) -> list[Any]:
        parts = self._line.text().replace(",", " ").replace(";", " ").split()
        return [int(part) if WHOLE.fullmatch(part) else part for part in parts]

    def set_value(self, value: Any) -> None:
        self._line.setText(", ".join(str(part) for part in value or ()))


class PathEditor(TextEditor):
    """A folder: typed, or picked. An empty path would be this program's own folder, so it is None."""

    def __init__(self) -> None:
        super().__init__(empty=None)
        self._line.setPlaceholderText(self.tr("Choose a folder"))
        self.browse = QPushButton(self.tr("Browse..."))
        self.browse.setObjectName("browse")
        self.browse.setAccessibleName(self.tr("Browse for a folder"))
        self.browse.clicked.connect(self._browse)
        layout = self.layout()
        assert layout is not None
        layout.addWidget(self.browse)

    def stops(self) -> list[QWidget]:
        return [self.focus, self.browse]

    @Slot()
    def _browse(self) -> None:
        chosen = choose_folder(self, self.tr("Choose a folder"), self._line.text())
        if chosen:
            self._line.setText(chosen)


def choose_weights(parent: QWidget, title: str) -> str:
    """The safetensors file that a person picks, or "". Tests put another function in its place."""
    from kdstudio.gui import file_dialogs

    return file_dialogs.open_file(parent, title, "safetensors (*.safetensors)")


def choose_folder(parent: QWidget, title: str, start: str) -> str:
    """The folder that a person picks, or "". Tests put another function in its place: a modal dialog would hang them."""
    from kdstudio.gui import file_dialogs

    return file_dialogs.open_folder(parent, title, start)


class YamlEditor(Editor):
    """The editor of last resort, for a type that nobody foresaw: its value as a line of YAML."""

    def __init__(self) -> None:
        self._line = Line()
        super().__init__(self._line)
        self._line.textChanged.connect(self._report)

    def value(self) -> Any:
        try:
            return read_yaml(self._line.text())
        except UNREADABLE:
            return self._line.text()

    def set_value(self, value: Any) -> None:
        text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10_000)
        self._line.setText(text.removesuffix("\n").removesuffix("...").strip())


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberRange:
    """What a number may be: `whole` or not, and from `low` to `high`, each of which is left out where it is open."""

    whole: bool
    low: float | None = None
    high: float | None = None
    open_low: bool = False
    open_high: bool = False


class NumberEditor(Editor):
    """A number with arrows. `empty` is what no text means, where that is allowed: None, or a word such as "auto"."""

    def __init__(self, range_of: NumberRange, *, percent: bool = False, empty: Any = ...) -> None:
        self._box = _NumberBox(range_of, percent)
        self._empty = empty
        super().__init__(self._box)
        if empty is not ...:
            self._box.lineEdit().setPlaceholderText(self.tr("none") if empty is None else str(empty))
        self._box.lineEdit().textChanged.connect(self._report)

    def value(self) -> Any:
        text = self._box.lineEdit().text().strip()
        if self._empty is not ... and text in ("", str(self._empty)):
            return self._empty
        number = self._box.number()
        return text if number is None else number

    def set_value(self, value: Any) -> None:
        unset = value is None or (self._empty is not ... and value == self._empty)
        self._box.lineEdit().setText("" if unset else self._box.shown(value))


class QuantityEditor(Editor):
    """A number and its unit. Each unit stands for a field: that of the chosen one has the number, the others have none.

    Args:
        ranges: what the number may be, by field.
        units: what each field's unit is called.
        empty: what no number means, in a word; None where there has to be one.
    """

    def __init__(self, ranges: Mapping[str, NumberRange], units: Mapping[str, str], *, empty: str | None = None) -> None:
        self._names, self._ranges = list(ranges), dict(ranges)
        self._box = _NumberBox(self._ranges[self._names[0]], percent=False)
        self._empty = empty
        super().__init__(self._box)
        self.unit = QuietCombo()
        self.unit.setObjectName("unit")
        self.unit.addItems([units[name] for name in self._names])
        self.unit.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        layout = self.layout()
        assert isinstance(layout, QHBoxLayout)
        layout.setStretch(0, 1)
        layout.addWidget(self.unit)
        if empty is not None:
            self._box.lineEdit().setPlaceholderText(empty)
        self._box.lineEdit().textChanged.connect(self._report)
        self.unit.currentIndexChanged.connect(self._change_unit)

    @property
    def chosen(self) -> str:
        """The field that the unit stands for."""
        return self._names[self.unit.currentIndex()]

    def value(self) -> dict[str, Any]:
        """The value of each field."""
        text = self._box.lineEdit().text().strip()
        if not text and self._empty is not None:
            return dict.fromkeys(self._names)
        number = self._box.number()
        return {**dict.fromkeys(self._names), self.chosen: text if number is None else number}

    def set_value(self, value: Any) -> None:
        given = value if isinstance(value, Mapping) else {}
        name = next((name for name in self._names if given.get(name) is not None), None)
        if name is not None:
            self.unit.setCurrentIndex(self._names.index(name))
        self._box.lineEdit().setText("" if name is None else self._box.shown(given[name]))

    def said(self) -> str:
        text = self._box.lineEdit().text().strip()
        return f"{text} {self.unit.currentText()}" if text else self._empty or ""

    def stops(self) -> list[QWidget]:
        return [self.focus, self.unit]

    @Slot()
    def _change_unit(self) -> None:
        self._box.hold(self._ranges[self.chosen])
        self._report()


class _NumberBox(QAbstractSpinBox):
    """A spin box over decimal text: exact both ways, also as per cent, and stepping by what the number's size suggests."""

    def __init__(self, range_of: NumberRange, percent: bool) -> None:
        super().__init__()
        self._percent = percent
        self.hold(range_of)
        line = PartLine()
        line.setObjectName("qt_spinbox_lineedit")  # as Qt calls its own: the box has the focus and the name, not its line
        self.setLineEdit(line)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def hold(self, range_of: NumberRange) -> None:
        """Step within `range_of` from now on."""
        self._whole, self._low, self._high = range_of.whole, range_of.low, range_of.high
        self._open_low, self._open_high = range_of.open_low, range_of.open_high

    def sizeHint(self) -> QSize:
        return QSize(96, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(72, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        paint_edge(self)

    def number(self) -> int | float | None:
        """The number that the text says; None where it says none."""
        text = self.lineEdit().text().strip().removesuffix("%").strip()
        try:
            decimal = Decimal(text.replace(",", ".") if text.count(",") == 1 and "." not in text else text)
        except InvalidOperation:
            return None
        if not decimal.is_finite() or decimal.adjusted() > 400:  # not a number that any field could hold
            return None
        if self._whole:
            return int(decimal) if decimal == decimal.to_integral_value() else None
        number = float(decimal / 100) if self._percent else float(decimal)
        return number if math.isfinite(number) else None

    def shown(self, value: Any) -> str:
        """`value` as text."""
        if not isinstance(value, int | float) or isinstance(value, bool):
            return str(value)
        if isinstance(value, int) and not self._percent:
            return str(value)  # a Decimal would round beyond 28 digits
        decimal = Decimal(repr(value)) * (100 if self._percent else 1)
        plain = decimal.normalize()
        small = plain and not -6 <= plain.adjusted() <= 15
        text = str(plain).lower() if small else format(plain, "f")
        return f"{text} %" if self._percent else text

    def stepBy(self, steps: int) -> None:
        value = self.number()
        if value is None:
            value = max(self._low or 0, 0 if self._whole else 0.0)
            if self._admits(value) and value:
                steps = 0
        if abs(value) > LARGEST:
            return
        step = self._step(float(value), steps)
        moved = Decimal(repr(value)) + steps * step
        bounded = self._bounded(float(moved))
        if self._admits(bounded):
            self.lineEdit().setText(self.shown(int(bounded) if self._whole else bounded))
            self.lineEdit().selectAll()

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        flags = QAbstractSpinBox.StepEnabledFlag
        return flags.StepUpEnabled | flags.StepDownEnabled

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        return QValidator.State.Acceptable, text, position  # the spec is the judge

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()  # the page scrolls, and no number changes by the way

    def _step(self, value: float, steps: int) -> Decimal:
        """A tenth of the number's own power of ten: 0.003 steps by 0.001, 128 by 10, 3 by 1."""
        if self._percent:
            return Decimal("0.01") if value > 0.01 or (steps > 0 and value >= 0.01) else Decimal("0.001")
        size = abs(value)
        power = math.floor(math.log10(size)) if size > 0 else -1
        if steps < 0 and size > 0 and math.isclose(size, 10.0**power):
            power -= 1  # 0.001 goes down to 0.0009, not to 0
        if self._whole:
            return Decimal(10) ** max(0, power - 1)
        return Decimal(10) ** (power if size < 1 else max(power - 1, -1) if size < 10 else power - 1)

    def _bounded(self, value: float) -> float:
        low = -math.inf if self._low is None else self._low
        high = math.inf if self._high is None else self._high
        return min(max(value, low), high)

    def _admits(self, value: float) -> bool:
        at_low = self._open_low and self._low is not None and value <= self._low
        at_high = self._open_high and self._high is not None and value >= self._high
        return not (at_low or at_high)


class QuietCombo(QComboBox):
    """A combo box that the wheel does not change while the page scrolls over it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        paint_edge(self)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class _OpeningCombo(QuietCombo):
    """A combo box that says when its list is about to drop down."""

    opening = Signal()

    def showPopup(self) -> None:
        self.opening.emit()
        super().showPopup()
