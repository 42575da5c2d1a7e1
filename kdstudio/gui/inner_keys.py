"""The keys that mean something inside one part of a page, while it has the focus: beside the commands in the list under F1.

No command stands behind them, since they mean nothing elsewhere. Each is pressed in a test, and does what is said here.
"""

from dataclasses import dataclass

from PySide6.QtGui import QKeySequence

from kdstudio.gui.language import looked_up


@dataclass(frozen=True, slots=True)
class InnerKey:
    """What some keys do in a part of a page.

    Attributes:
        part: where they do it.
        presses: each alone, by the names that QKeySequence knows.
        does: what.
    """

    part: str
    presses: tuple[str, ...]
    does: str

    @property
    def title(self) -> str:
        """The line in the list: "Plot: zoom in"."""
        return f"{looked_up(self.part)}: {looked_up(self.does)}"

    @property
    def name(self) -> str:
        """What is searched."""
        return self.title

    @property
    def keys(self) -> str:
        """The keys, as the platform writes them."""
        return ", ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in self.presses)


INNER_KEYS = (
    InnerKey("Plot", ("+",), "zoom in"),
    InnerKey("Plot", ("-",), "zoom out"),
    InnerKey("Plot", ("Left", "Right"), "move along the axis"),
    InnerKey("Plot", ("0", "Home"), "show everything"),
    InnerKey("Name of a curve", ("Space",), "hide the curve, or show it"),
    InnerKey("Confusion matrix", ("Left", "Right", "Up", "Down"), "go to another cell, and show its images"),
    InnerKey("Table", ("Up", "Down"), "go to another row"),
    InnerKey("Table", ("PgUp", "PgDown"), "go to another page of rows"),
    InnerKey("Table of runs", ("Shift+Up", "Shift+Down"), "choose one more"),
    InnerKey("Table of runs", ("Ctrl+A",), "choose all"),
    InnerKey("Row of words", ("Left", "Right"), "choose another"),
    InnerKey("Card or line", ("Return", "Space"), "press it"),
    InnerKey("Number", ("Up", "Down"), "one step more, or less"),
    InnerKey("Slider", ("Left", "Right"), "one step less, or more"),
    InnerKey("Slider", ("Home", "End"), "to its beginning, or its end"),
    InnerKey("List to pick from", ("Up", "Down", "PgUp", "PgDown"), "go to another choice"),
    InnerKey("List to pick from", ("Return",), "take it"),
    InnerKey("Command palette", ("Up", "Down", "PgUp", "PgDown"), "go to another command"),
    InnerKey("Command palette", ("Tab", "Shift+Tab"), "go to the next command, or back"),
    InnerKey("Command palette", ("Return",), "run it"),
    InnerKey("Command palette", ("Esc",), "close it"),
    InnerKey("Help", ("Esc",), "close it"),
    InnerKey("Tour", ("Right", "Return", "Space"), "next step"),
    InnerKey("Tour", ("Left",), "previous step"),
    InnerKey("Tour", ("Esc",), "skip the rest"),
    InnerKey("Stage mode", ("1", "2", "3"), "show accuracy, agreement or loss"),
    InnerKey("Stage mode", ("Left", "Right", "PgUp", "PgDown"), "previous plot, next plot"),
    InnerKey("Stage mode", ("Space",), "replay the run, or pause"),
    InnerKey("Stage mode", ("Esc",), "leave it"),
)
