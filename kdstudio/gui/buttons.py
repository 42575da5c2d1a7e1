"""Buttons: the one that matters, the quiet ones, and the navigation's. Each says what it does in words."""

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QColor, QFocusEvent, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from kdstudio.gui.cards import rounded
from kdstudio.gui.icons import icon, pixmap
from kdstudio.gui.theme import SPACE, TINT, Role, theme


class IconButton(QPushButton):
    """A push button with one of our icons, tinted anew when the theme changes."""

    def __init__(self, text: str, icon_name: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._icon = icon_name
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self._dress)
        self._dress()

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        height = max(hint.height(), 34)
        return QSize(hint.width() + 3 * SPACE if self.text() else height, height)

    @Slot()
    def _dress(self) -> None:
        self.setFont(theme().font("strong"))
        self.setIcon(icon(self._icon, "text"))


class _Drawn(QAbstractButton):
    """A button that paints itself; its focus ring is for the keyboard alone."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self._by_keyboard = False
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme().changed.connect(self._repaint_in_new_colours)

    @Slot()
    def _repaint_in_new_colours(self) -> None:
        self.updateGeometry()
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        keys = (
            Qt.FocusReason.TabFocusReason,
            Qt.FocusReason.BacktabFocusReason,
            Qt.FocusReason.ShortcutFocusReason,
        )
        self._by_keyboard = event.reason() in keys
        super().focusInEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() in (
            QEvent.Type.HoverEnter,
            QEvent.Type.HoverLeave,
            QEvent.Type.Enter,
            QEvent.Type.Leave,
        ):
            self.update()
        return super().event(event)

    def _ring(self, painter: QPainter, radius: float) -> None:
        if self.hasFocus() and self._by_keyboard:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme().color("student", 0.75), 2.0))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), radius, radius)


class Pressable(_Drawn):
    """A surface with parts of its own that is pressed as a whole, by mouse, Space or Enter: to a screen reader a button."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def sizeHint(self) -> QSize:
        layout = self.layout()
        return layout.totalSizeHint() if layout is not None else super().sizeHint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)


class PrimaryButton(_Drawn):
    """The one thing to do next, in the accent colour. While it cannot be done its text says why.

    Args:
        icon_name: the sign beside its text; then it is no larger than an IconButton.
    """

    def __init__(self, text: str, name: str, parent: QWidget | None = None, *, icon_name: str = "") -> None:
        super().__init__(text, parent)
        self.setObjectName(name)
        self._icon = icon_name
        self._leads = True
        wide = QSizePolicy.Policy.Fixed if icon_name else QSizePolicy.Policy.Expanding
        self.setSizePolicy(wide, QSizePolicy.Policy.Fixed)
        if icon_name:
            self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(theme().font("strong"))
        wide, high = metrics.horizontalAdvance(self.text()) + 12 * SPACE, metrics.height()
        return QSize(wide + 6 * SPACE, max(34, high + 4 * SPACE)) if self._icon else QSize(wide, high + 6 * SPACE)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._fill())
        painter.drawRoundedRect(QRectF(self.rect()), 8, 8)
        ink: Role = "on_accent" if self._leads else "text"
        painter.setPen(theme().color(ink) if self.isEnabled() else theme().color("quiet"))
        painter.setFont(theme().font("strong"))
        shown = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width() - 6 * SPACE)
        words = self.rect()
        if self._icon:
            words.setLeft(6 * SPACE)
            left = (self.width() - painter.fontMetrics().horizontalAdvance(shown)) // 2 - 3 * SPACE
            sign = pixmap(self._icon, ink, 16, self.devicePixelRatioF())
            painter.drawPixmap(left, (self.height() - 16) // 2, sign)
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, shown)
        if self.hasFocus() and self._by_keyboard:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme().color(ink), 2.0))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(3, 3, -3, -3), 6, 6)
        painter.end()

    @property
    def leads(self) -> bool:
        """Whether it is the thing to do next; else it looks as every other button."""
        return self._leads

    def lead(self, leads: bool) -> None:
        """Stand out, or step back where something else comes first."""
        if leads != self._leads:
            self._leads = leads
            self.update()

    def _fill(self) -> QColor:
        if not self.isEnabled():
            return theme().color("raised")
        if not self._leads:
            share = 0.16 if self.isDown() else 0.10 if self.underMouse() else 0.0
            return theme().color("text", share, "raised")
        if self.isDown():
            return theme().color("student", 0.80, "text")
        return theme().color("student", 0.90, "text") if self.underMouse() else theme().color("student")


class NavButton(_Drawn):
    """An entry of the navigation: icon and name; the chosen one is tinted and bold."""

    def __init__(self, text: str, icon_name: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._icon = icon_name
        self.setObjectName(name)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setAccessibleName(text)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(160, self.fontMetrics().height() + 5 * SPACE)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if self.isChecked():
            painter.setBrush(theme().color("student", 0.15))
            painter.drawRoundedRect(QRectF(self.rect()), 8, 8)
        elif self.underMouse():
            rounded(painter, QRectF(self.rect()), "raised", radius=8)
        role: Role = "student" if self.isChecked() else "quiet"
        middle = (self.height() - 16) // 2
        painter.drawPixmap(3 * SPACE, middle, pixmap(self._icon, role, 16, self.devicePixelRatioF()))
        painter.setFont(theme().font("strong" if self.isChecked() else "body"))
        painter.setPen(theme().color("text" if self.isChecked() or self.underMouse() else "quiet"))
        area = self.rect().adjusted(3 * SPACE + 26, 0, -2 * SPACE, 0)
        shown = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
        self._ring(painter, 8)
        painter.end()


class Badge(_Drawn):
    """A small capsule with a few words that opens something: what differs, for example."""

    def __init__(self, name: str, role: Role = "student", parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._role = role
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(theme().font("caption"))
        return QSize(metrics.horizontalAdvance(self.text()) + 5 * SPACE, metrics.height() + 2 * SPACE)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color(self._role, TINT if self.underMouse() else 0.12))
        painter.drawRoundedRect(QRectF(self.rect()), self.height() / 2, self.height() / 2)
        painter.setPen(theme().ink(self._role))
        painter.setFont(theme().font("caption"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
        self._ring(painter, self.height() / 2)
        painter.end()


class SignButton(_Drawn):
    """A button that is only an icon; its name is in the tooltip and for screen readers."""

    def __init__(self, said: str, icon_name: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._icon = icon_name
        self.setObjectName(name)
        self.setAccessibleName(said)
        self.setToolTip(said)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(30, 30)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.underMouse() and self.isEnabled():
            rounded(painter, QRectF(self.rect()), "raised", radius=6)
        role: Role = "text" if self.underMouse() and self.isEnabled() else "quiet"
        painter.setOpacity(1.0 if self.isEnabled() else 0.45)
        painter.drawPixmap(7, 7, pixmap(self._icon, role, 16, self.devicePixelRatioF()))
        painter.setOpacity(1.0)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._ring(painter, 6)
        painter.end()


class Switch(_Drawn):
    """On or off: a filled track with its knob at the right, or an outlined one with its knob at the left."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        high = self.fontMetrics().height() + SPACE + 2
        return QSize(round(1.8 * high), high)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        on, strong = self.isChecked(), self.isEnabled()
        outline = theme().color("student" if on else "quiet", 1.0 if strong else 0.4)
        track = QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5)
        painter.setPen(QPen(outline, 1.5))
        painter.setBrush(outline if on else theme().color("raised" if self.underMouse() and strong else "card"))
        painter.drawRoundedRect(track, track.height() / 2, track.height() / 2)
        side = track.height() - (6 if on else 8)
        knob = QRectF(0, 0, side, side)
        middle = track.height() / 2
        knob.moveCenter(QPointF(track.right() - middle if on else track.left() + middle, track.center().y()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color("on_accent") if on else outline)
        painter.drawEllipse(knob)
        if theme().fallback:  # Qlementine puts a frame around it
            self._ring(painter, self.height() / 2)
        painter.end()


class _Segment(_Drawn):
    """One choice of a segmented control."""

    def __init__(self, text: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setObjectName(name)
        self.setCheckable(True)
        self.setAccessibleName(text)

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self.text()) + 7 * SPACE, metrics.height() + 3 * SPACE)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if self.isChecked():
            painter.setBrush(theme().color("student"))
            painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
        painter.setFont(theme().font("strong" if self.isChecked() else "body"))
        painter.setPen(theme().color("on_accent" if self.isChecked() else "text" if self.underMouse() else "quiet"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
        if self.hasFocus() and self._by_keyboard:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme().color("on_accent" if self.isChecked() else "student"), 2.0))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(2, 2, -2, -2), 5, 5)
        painter.end()


class Segments(QWidget):
    """A choice between a few words, all in view. `group` tells which was clicked, by number from 0."""

    def __init__(self, words: tuple[str, ...], name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        row = QHBoxLayout(self)
        row.setContentsMargins(3, 3, 3, 3)
        row.setSpacing(2)
        self.group = QButtonGroup(self)
        for number, word in enumerate(words):
            segment = _Segment(word, f"{name}.{number}", self)
            self.group.addButton(segment, number)
            row.addWidget(segment)
        self.group.button(0).setChecked(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def chosen(self) -> int:
        """The number of the chosen word."""
        return self.group.checkedId()

    def choose(self, number: int) -> None:
        """Choose a word by number."""
        self.group.button(number).setChecked(True)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        rounded(painter, QRectF(self.rect()), "raised", "border", 8)
        painter.end()
