"""The building blocks that paint themselves from theme roles: text, cards, tiles, pills, bars, banners.

No stylesheets: each block asks the theme for its colours when it paints, and so follows a change of theme at once.
"""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Slot
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPalette, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from kdstudio.gui.icons import pixmap
from kdstudio.gui.plain_tips import plain_tip
from kdstudio.gui.presenter import shown
from kdstudio.gui.theme import GAP, RADIUS, SPACE, TINT, Role, TextRole, theme

NO_BREAK = "\N{NO-BREAK SPACE}"


class Text(QLabel):
    """A label with a place in the type scale and a colour by role."""

    def __init__(
        self,
        text: str = "",
        scale: TextRole = "body",
        role: Role = "text",
        parent: QWidget | None = None,
        *,
        wrap: bool = False,
    ) -> None:
        super().__init__(parent)
        self._said = text
        self._scale, self._role = scale, role
        self.setTextFormat(Qt.TextFormat.PlainText)  # names and messages come from people and files
        self.setForegroundRole(QPalette.ColorRole.WindowText)  # Qlementine gives labels that come late another one
        self.setWordWrap(wrap)
        theme().changed.connect(self._dress)
        self._dress()

    def setText(self, text: str) -> None:
        self._said = text
        super().setText(shown(text))

    def set_role(self, role: Role) -> None:
        """Show the text in another colour."""
        if role != self._role:
            self._role = role
            self._dress()

    def set_scale(self, scale: TextRole) -> None:
        """Show the text in another place of the type scale."""
        if scale != self._scale:
            self._scale = scale
            self._dress()

    @Slot()
    def _dress(self) -> None:
        self.setFont(theme().font(self._scale))
        palette = self.palette()
        large = self._scale in ("number", "figure", "title")  # which can be read in any role's own colour
        colour = theme().color(self._role) if large else theme().ink(self._role)
        for kind in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text):
            palette.setColor(kind, colour)
        self.setPalette(palette)
        self._show_again()

    def _show_again(self) -> None:
        """Show the same words in the font, and to the audience, of now."""
        super().setText(shown(self._said))


class Elided(Text):
    """One line of text; where the room ends it is said in fewer words, or ends in an ellipsis, and the whole stands in its
    tooltip."""

    def __init__(
        self, text: str = "", scale: TextRole = "body", role: Role = "text", parent: QWidget | None = None
    ) -> None:
        self._whole = text
        self._briefer: tuple[str, ...] = ()
        super().__init__(text, scale, role, parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.set_text(text)

    @property
    def whole(self) -> str:
        """The text, uncut."""
        return self._whole

    @property
    def elided(self) -> bool:
        """Whether even its fewest words have no room."""
        return self.text() not in [shown(form) for form in (self._whole, *self._briefer)]

    def _show_again(self) -> None:  # not a slot of its own: one that is overridden outlives its widget
        self._cut()

    @property
    def fewest(self) -> str:
        """The text in as few words as it has."""
        return self._briefer[-1] if self._briefer else self._whole

    @property
    def least_width(self) -> int:
        """Pixels that its fewest words take."""
        return self.fontMetrics().horizontalAdvance(shown(self.fewest)) + 2

    def set_text(self, text: str, *briefer: str) -> None:
        """Show `text`, or the first of `briefer` that fits where it does not, or as much of the last as fits."""
        self._whole = " ".join(text.split())
        self._briefer = briefer
        self._cut()

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        return QSize(self.fontMetrics().horizontalAdvance(self._whole) + 2, hint.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(2 * self.fontMetrics().height(), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._cut()

    def _cut(self) -> None:
        whole, room, metrics = shown(self._whole), max(0, self.width()), self.fontMetrics()
        forms = [whole, *(shown(form) for form in self._briefer)]
        fits = next((form for form in forms if metrics.horizontalAdvance(form) <= room), None)
        cut = metrics.elidedText(forms[-1], Qt.TextElideMode.ElideRight, room) if fits is None else fits
        if cut != self.text():
            self.setText(cut)
        self.setToolTip(plain_tip(whole) if cut != whole else "")
        self.setAccessibleName(whole)


class Painted(QWidget):
    """A widget that paints itself from roles, and again when they change."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme().changed.connect(self._repaint_in_new_colours)

    @Slot()
    def _repaint_in_new_colours(self) -> None:
        self.update()


def rounded(painter: QPainter, area: QRectF, fill: Role, border: Role | None = None, radius: float = RADIUS) -> None:
    """A rounded box in the colours of two roles, sharp on every scale."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(theme().color(fill))
    painter.setPen(QPen(theme().color(border), 1.0) if border else Qt.PenStyle.NoPen)
    painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)


class Card(QFrame):
    """A rounded surface on the quiet ground. Put things into `body`."""

    def __init__(self, parent: QWidget | None = None, *, margin: int = 4 * SPACE) -> None:
        super().__init__(parent)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(margin, margin - SPACE, margin, margin)
        self.body.setSpacing(2 * SPACE)
        theme().changed.connect(self._repaint_in_new_colours)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        rounded(painter, QRectF(self.rect()), "card", "border")
        painter.end()

    @Slot()
    def _repaint_in_new_colours(self) -> None:
        self.update()


class Tile(Card):
    """One number that carries a part of the message: what it is, how much, and what to compare it with.

    Args:
        briefly: the title where there is little room.
    """

    def __init__(self, title: str, role: Role = "text", parent: QWidget | None = None, *, briefly: str = "") -> None:
        super().__init__(parent)
        self._title = Elided("", "eyebrow", "quiet")
        self._title.set_text(title.upper(), (briefly or title).upper())
        self._number = Text("", "number", role)
        self._note = Elided("", "caption", "quiet")
        self.body.setSpacing(SPACE // 2)
        for part in (self._title, self._number, self._note):
            self.body.addWidget(part)
        self.setAccessibleName(title)
        self.show_value("", "")

    def show_value(self, number: str, note: str, role: Role | None = None, *, briefly: Sequence[str] = ()) -> None:
        """Show `number` and `note`, or the first of `briefly` that fits; no number is a dash."""
        self._number.setText(number or "–")
        self._note.set_text(note, *briefly)
        if role is not None:
            self._number.set_role(role)
        known = number or self.tr("not known yet")
        self.setAccessibleDescription(f"{known}. {note}")

    def set_low(self, low: bool) -> None:
        """Take less height, with the same words."""
        self._number.set_scale("figure" if low else "number")
        sides, ends = (3 * SPACE, 2 * SPACE) if low else (4 * SPACE, 4 * SPACE)
        self.body.setContentsMargins(sides, 2 * SPACE if low else 3 * SPACE, sides, ends)
        self.body.setSpacing(0 if low else SPACE // 2)

    @property
    def number(self) -> str:
        """What the tile says now."""
        return self._number.text()

    @property
    def note(self) -> str:
        """What the tile says beneath its number."""
        return self._note.whole


class Pill(Painted):
    """A short word in a tinted capsule: a state. The word says it, the colour helps."""

    def __init__(self, text: str = "", role: Role = "student", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text, self._role = text, role
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def text(self) -> str:
        """The word."""
        return self._text

    def show_state(self, text: str, role: Role) -> None:
        """Show another word."""
        if (text, role) != (self._text, self._role):
            self._text, self._role = text, role
            self.setAccessibleName(text)
            self.setVisible(bool(text))
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(theme().font("strong"))
        return QSize(metrics.horizontalAdvance(self._text) + 6 * SPACE, metrics.height() + 2 * SPACE)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color(self._role, TINT))
        painter.drawRoundedRect(QRectF(self.rect()), self.height() / 2, self.height() / 2)
        painter.setPen(theme().ink(self._role))
        painter.setFont(theme().font("strong"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._text)
        painter.end()


class Bar(Painted):
    """A thin bar of progress; a fraction of None is an empty one."""

    def __init__(self, role: Role = "student", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fraction, self._role = 0.0, role
        self.setFixedHeight(6)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def fraction(self) -> float:
        """How full it is, 0 to 1."""
        return self._fraction

    def show_fraction(self, fraction: float | None, role: Role | None = None) -> None:
        """Fill it to `fraction`."""
        kept = min(1.0, max(0.0, fraction or 0.0))
        if kept != self._fraction or role not in (None, self._role):
            self._fraction, self._role = kept, role or self._role
            self.setAccessibleDescription(f"{100 * kept:.0f} %")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        area, radius = QRectF(self.rect()), self.height() / 2
        painter.setBrush(theme().color("border", 0.7, "ground"))
        painter.drawRoundedRect(area, radius, radius)
        if self._fraction > 0:
            area.setWidth(max(self.height(), area.width() * self._fraction))
            painter.setBrush(theme().color(self._role))
            painter.drawRoundedRect(area, radius, radius)
        painter.end()


class Banner(Painted):
    """A tinted box that says something worth reading, in place and never in the way. Buttons go into `offers`."""

    def __init__(
        self, role: Role = "teacher", icon: str = "warning", parent: QWidget | None = None, *, scale: TextRole = "strong"
    ) -> None:
        super().__init__(parent)
        self._role, self._icon, self._scale = role, icon, scale
        row = QHBoxLayout(self)
        row.setContentsMargins(11 * SPACE, GAP, 4 * SPACE, GAP)
        row.setSpacing(GAP)
        words = QVBoxLayout()
        words.setSpacing(SPACE // 2)
        self._title = Text("", scale, wrap=True)
        self._detail = Text("", "body", wrap=True)
        for part in (self._title, self._detail):
            part.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            words.addWidget(part)
        row.addLayout(words, 1)
        self.steps = QHBoxLayout()  # a row of buttons below the words
        self.steps.setSpacing(2 * SPACE)
        self.steps.addStretch(0)  # an empty row would be no wider than nothing, and the words with it
        words.addLayout(self.steps)
        self.offers = QHBoxLayout()
        row.addLayout(self.offers)
        self.hide()

    @property
    def title(self) -> str:
        """Its first line."""
        return self._title.text().replace(NO_BREAK, " ")

    @property
    def detail(self) -> str:
        """Its other lines."""
        return self._detail.text()

    def set_low(self, low: bool, *, tight: bool = False) -> None:
        """Take less height, with the same words, in smaller type where it is `tight`."""
        self._title.set_scale("strong" if tight else self._scale)
        self._detail.set_scale("caption" if tight else "body")
        ends = SPACE + SPACE // 2 if tight else 2 * SPACE if low else GAP
        self.layout().setContentsMargins(11 * SPACE, ends, 4 * SPACE, ends)  # type: ignore[union-attr]

    def say(self, title: str, detail: str = "", role: Role | None = None, icon: str | None = None) -> None:
        """Show these words; no words hide it."""
        self._role, self._icon = role or self._role, icon or self._icon
        if (title, detail) != (self.title, self.detail):
            self._title.setText(title.replace(" %", f"{NO_BREAK}%"))
            self._detail.setText(detail)
            self._detail.setVisible(bool(detail))
            self.setAccessibleName(f"{title}. {detail}")
        self.setVisible(bool(title))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme().color(self._role, 0.35, "ground"), 1.0))
        painter.setBrush(theme().color(self._role, 0.12, "ground"))
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(box, RADIUS - 2, RADIUS - 2)
        sign = pixmap(self._icon, self._role, 18, self.devicePixelRatioF())
        painter.drawPixmap(4 * SPACE, self._first_line() - 9, sign)
        painter.end()

    def _first_line(self) -> int:
        """The middle of the title's first line, which the sign stands beside."""
        title = self._title
        spare = title.height() - title.heightForWidth(title.width())
        return title.y() + max(0, spare) // 2 + title.fontMetrics().height() // 2
