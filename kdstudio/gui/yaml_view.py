"""The experiment as text that can be edited: line numbers, quiet colours, and each mistake at its own line."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import QMimeData, QPoint, QRect, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFontDatabase,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QSyntaxHighlighter,
    QTextBlock,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextLayout,
)
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QPushButton, QSizePolicy, QTextEdit, QVBoxLayout, QWidget

from kdstudio.gui.cards import Banner, Card, Painted
from kdstudio.gui.language import tr
from kdstudio.gui.plain_tips import plain_tip
from kdstudio.gui.presenter import shown, shown_values
from kdstudio.gui.private_text import PrivateText
from kdstudio.gui.theme import GAP, SPACE, theme
from kdstudio.spec import SpecError, loads
from kdstudio.spec.yaml_file import Problem

SETTLE = 150  # milliseconds after the last letter
SHOWN = 3  # mistakes that the banner names


class YamlView(Card):
    """An editor of the experiment's text.

    Signals:
        parsed: the text was edited and is an experiment; carries it.
        checked: the text was looked at, and `problems` are up to date.
        discarded: the text with mistakes is not wanted any more.
    """

    parsed = Signal(object)
    checked = Signal()
    discarded = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, margin=2 * SPACE)
        self.setObjectName("yaml.view")
        self.problems: tuple[Problem, ...] = ()
        self.base: Path | None = None
        self._entered = ""
        self.editor = YamlEdit()
        self.banner = Banner("failure", "warning")
        self.banner.setObjectName("yaml.banner")
        self.discard = QPushButton(self.tr("Revert to last valid"))
        self.discard.setObjectName("yaml.discard")
        self.discard.setToolTip(self.tr("Go back to what the form holds"))
        self.discard.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.banner.offers.addWidget(self.discard)
        self.body.setContentsMargins(1, 2 * SPACE, 1, 2 * SPACE)
        self.body.addWidget(self.editor, 1)
        held = QVBoxLayout()
        held.setContentsMargins(GAP, 0, GAP, SPACE)
        held.addWidget(self.banner)
        self.body.addLayout(held)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SETTLE)
        self._soon.timeout.connect(self.check)
        self.editor.textChanged.connect(self._soon.start)
        self.discard.clicked.connect(self.discarded)

    @property
    def text(self) -> str:
        """The text as it stands."""
        return self.editor.toPlainText()

    @property
    def untouched(self) -> bool:
        """Whether the text is the one that came from the form."""
        return self.text == self._entered

    def enter(self, text: str, base: Path) -> None:
        """Show `text`, which says what the form holds; relative paths in it are relative to `base`."""
        self._entered, self.base = text, base
        self.show_text(text)

    def show_text(self, text: str) -> None:
        """Show another text; its cursor goes to the top."""
        if text != self.text:
            self.editor.setPlainText(text)
        self._soon.stop()
        self._judge()

    @Slot()
    def check(self) -> Any:
        """The experiment that the text is now, or None; says so by a signal too."""
        self._soon.stop()
        experiment = self._judge()
        if experiment is not None:
            self.parsed.emit(experiment)
        self.checked.emit()
        return experiment

    def settle(self) -> None:
        """Check now what was typed last, if that is still to be done."""
        if self._soon.isActive():
            self.check()

    def go_to_problem(self) -> None:
        """Put the cursor to the first mistake."""
        line = next((problem.line for problem in self.problems if problem.line), 1)
        block = self.editor.document().findBlockByNumber(line - 1)
        self.editor.setTextCursor(QTextCursor(block))
        self.editor.centerCursor()
        self.editor.setFocus()

    def _judge(self) -> Any:
        experiment = None
        try:
            experiment = loads(self.text, file="the text", base=self.base)
            self.problems = ()
        except SpecError as error:
            self.problems = error.problems
        self.editor.show_problems(self.problems)
        self._say()
        return experiment

    def _say(self) -> None:
        if not self.problems:
            self.banner.say("")
            return
        count = len(self.problems)
        title = self.tr("One mistake") if count == 1 else self.tr("{0} mistakes").format(count)
        lines = [_said(problem) for problem in self.problems[:SHOWN]]
        more = [self.tr("and {0} more").format(count - SHOWN)] if count > SHOWN else []
        self.banner.say(title, "\n".join([*lines, *more]))


def _said(problem: Problem) -> str:
    place = tr("Line {0}").format(problem.line) if problem.line else tr("The text")
    return f"{place}: {problem.path}: {problem.message}" if problem.path else f"{place}: {problem.message}"


class YamlEdit(PrivateText):
    """Text with a margin. A mistake tints its line, marks the margin, and stands in words at the end of the line."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("yaml.text")
        self.setAccessibleName(self.tr("The experiment as YAML"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTabChangesFocus(True)
        self.messages: dict[int, str] = {}
        self.margin = LineMargin(self)
        self._colours = YamlColours(self.document())
        self.blockCountChanged.connect(self._make_room)
        self.updateRequest.connect(self._scroll_margin)
        theme().changed.connect(self._dress)
        self._dress()

    def show_problems(self, problems: tuple[Problem, ...]) -> None:
        """Mark each at its line; what concerns the whole text stands at the first."""
        self.messages = {}
        for problem in problems:
            line = min(max(1, problem.line or 1), self.blockCount())
            said = f"{problem.path.rpartition('.')[2]}: {problem.message}" if problem.path else problem.message
            self.messages[line] = "; ".join(filter(None, (self.messages.get(line), said)))
        self.setExtraSelections([self._tint(line) for line in self.messages])
        self.margin.update()
        self.viewport().update()

    def margin_width(self) -> int:
        """Pixels for the numbers and the marks."""
        return self.fontMetrics().horizontalAdvance("0" * max(2, len(str(self.blockCount())))) + 8 * SPACE

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return not source.hasUrls() and super().canInsertFromMimeData(source)  # a dropped file is the page's business

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        area = self.contentsRect()
        self.margin.setGeometry(QRect(area.left(), area.top(), self.margin_width(), area.height()))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        painter.setFont(theme().font("caption"))
        painter.setPen(theme().color("failure", 0.85, "text"))
        for block, area in self.visible_lines():
            said = shown(self.messages.get(block.blockNumber() + 1, ""))
            if said:
                self._annotate(painter, block, area, said)
        painter.end()

    def formats_of(self, text: str) -> "list[QTextLayout.FormatRange]":
        return _coloured(text)

    def ground_of(self, block: QTextBlock) -> QColor:
        wrong = block.blockNumber() + 1 in self.messages
        return theme().color("failure", 0.12) if wrong else super().ground_of(block)

    def _annotate(self, painter: QPainter, block: QTextBlock, area: QRectF, said: str) -> None:
        began = self.fontMetrics().horizontalAdvance(shown_values(block.text())) + self.contentOffset().x() + 6 * SPACE
        room = QRectF(began, area.top(), max(0.0, self.viewport().width() - began - GAP), area.height())
        shown = painter.fontMetrics().elidedText(said, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)

    def _tint(self, line: int) -> "QTextEdit.ExtraSelection":
        selection = QTextEdit.ExtraSelection()
        selection.format.setBackground(theme().color("failure", 0.12))
        selection.format.setProperty(QTextCharFormat.Property.FullWidthSelection, True)
        selection.cursor = QTextCursor(self.document().findBlockByNumber(line - 1))
        return selection

    @Slot()
    def _make_room(self) -> None:
        self.setViewportMargins(self.margin_width(), 0, 0, 0)

    @Slot(QRect, int)
    def _scroll_margin(self, area: QRect, moved: int) -> None:
        if moved:
            self.margin.scroll(0, moved)
        else:
            self.margin.update(0, area.y(), self.margin.width(), area.height())

    @Slot()
    def _dress(self) -> None:
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPixelSize(theme().font("body").pixelSize())
        self.setFont(font)
        self._colours.rehighlight()
        self.setExtraSelections([self._tint(line) for line in self.messages])
        self._make_room()


class LineMargin(Painted):
    """The numbers of the lines; a line with a mistake has a red mark, and the words in its tooltip."""

    def __init__(self, editor: YamlEdit) -> None:
        super().__init__(editor)
        self._editor = editor
        self.setObjectName("yaml.margin")
        self.setMouseTracking(True)

    def sizeHint(self) -> QSize:
        return QSize(self._editor.margin_width(), 0)

    def line_at(self, place: QPoint) -> int:
        """The number of the line at `place`, or 0."""
        lines = self._editor.visible_lines()
        found = (block.blockNumber() + 1 for block, area in lines if area.top() <= place.y() < area.bottom())
        return next(found, 0)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.setToolTip(plain_tip(shown(self._editor.messages.get(self.line_at(event.position().toPoint()), ""))))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._editor.font())
        for block, area in self._editor.visible_lines():
            row = QRectF(0, area.top(), self.width() - 3 * SPACE, area.height())
            self._line(painter, block.blockNumber() + 1, row)
        painter.end()

    def _line(self, painter: QPainter, number: int, row: QRectF) -> None:
        wrong = number in self._editor.messages
        if wrong:
            mark = QRectF(SPACE, row.center().y() - 6, 12, 12)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().color("failure"))
            painter.drawEllipse(mark)
            painter.setPen(theme().color("card"))
            painter.drawText(mark, Qt.AlignmentFlag.AlignCenter, "!")
        painter.setPen(theme().color("failure") if wrong else theme().color("quiet"))
        painter.drawText(row, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, str(number))


class YamlColours(QSyntaxHighlighter):
    """Names of fields in the accent's colour, comments quiet: no more, so that a mistake is what stands out."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)

    def highlightBlock(self, text: str) -> None:
        for each in _coloured(text):
            self.setFormat(each.start, each.length, each.format)


def _coloured(text: str) -> "list[QTextLayout.FormatRange]":
    """What is not plain in a line of YAML."""
    import re

    key, comment = QTextCharFormat(), QTextCharFormat()
    key.setForeground(theme().color("student", 0.85, "text"))
    comment.setForeground(theme().color("quiet"))
    names = re.finditer(r"(?:^\s*(?:- )*|[{,]\s*)([A-Za-z_][\w-]*)(?=\s*:(?:\s|$))", text)
    parts = [(found.start(1), len(found.group(1)), key) for found in names]
    hash_at = re.search(r"(?:^|\s)#", text)
    if hash_at:
        parts.append((hash_at.start(), len(text) - hash_at.start(), comment))
    return [_range(*part) for part in parts]


def _range(start: int, length: int, dress: QTextCharFormat) -> "QTextLayout.FormatRange":
    made = QTextLayout.FormatRange()
    made.start, made.length, made.format = start, length, dress
    return made
