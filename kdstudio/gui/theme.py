"""The one visual language: colours by role, a type scale, a spacing grid, for Qlementine and for Fusion alike.

The hex values stand in `resources/themes/*.json` alone; widgets ask for roles. `Theme.changed` tells those who paint
themselves that the answers are other ones now.
"""

import json
import os
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Literal, TypeAlias

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QFont, QFontInfo, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QStyle, QStyleFactory

from kdstudio.runs.resources import resource

Role: TypeAlias = Literal[
    "teacher", "student", "baseline", "agreement", "failure", "ground", "card", "raised", "border", "text", "quiet", "on_accent",
    "run1", "run2", "run3", "run4", "run5", "run6", "run7", "run8",
]  # fmt: skip
RUN_ROLES: tuple[Role, ...] = ("run1", "run2", "run3", "run4", "run5", "run6", "run7", "run8")
TextRole: TypeAlias = Literal["title", "heading", "body", "strong", "caption", "eyebrow", "number", "figure"]

SPACE = 4  # the grid: every gap and margin is a multiple of it
GAP = 3 * SPACE
PRESENTING = 1.35  # how much larger everything is for an audience
MARGIN = 6 * SPACE
RADIUS = 12.0
GROUNDS: tuple[Role, ...] = ("card", "ground", "raised")
TINT = 0.17  # of a role's colour, under words in its ink
READABLE = 4.5  # WCAG 2 contrast of words of usual size, at least
SEEN = 3.0  # the same of what is no text

# Size against body text, and weight.
_SCALE: dict[TextRole, tuple[float, QFont.Weight]] = {
    "title": (1.70, QFont.Weight.Bold),
    "heading": (1.16, QFont.Weight.Bold),
    "body": (1.0, QFont.Weight.Normal),
    "strong": (1.0, QFont.Weight.DemiBold),
    "caption": (0.86, QFont.Weight.Normal),
    "eyebrow": (0.80, QFont.Weight.Bold),
    "number": (1.85, QFont.Weight.Bold),
    "figure": (1.46, QFont.Weight.Bold),
}


class Choice(StrEnum):
    """What a person may choose; the scheme in force is light or dark."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, kw_only=True, slots=True)
class Roles:
    """A colour for each role, as "#rrggbb"."""

    teacher: str
    student: str
    baseline: str
    agreement: str
    failure: str
    ground: str
    card: str
    raised: str
    border: str
    text: str
    quiet: str
    on_accent: str
    run1: str  # the colours of runs laid over one another: safe for colour-blind eyes, and never without a line of their own
    run2: str
    run3: str
    run4: str
    run5: str
    run6: str
    run7: str
    run8: str


def roles_of(scheme: str) -> Roles:
    """The roles of "light" or "dark", from its theme file."""
    values = json.loads(resource("themes", f"{scheme}.json").read_text(encoding="utf-8"))["roles"]
    return Roles(**{field.name: values[field.name] for field in fields(Roles)})


def blended(colour: QColor, ground: QColor, share: float) -> QColor:
    """`share` of `colour` on `ground`, opaque: alpha would cost the plots their fast path."""
    mix = [
        round(share * over + (1.0 - share) * under)
        for over, under in zip(colour.getRgb()[:3], ground.getRgb()[:3], strict=True)  # type: ignore[index]
    ]
    return QColor(*mix)


def contrast(one: QColor, other: QColor) -> float:
    """How far two colours are apart, as WCAG 2 counts: 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: QColor) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (colour.redF(), colour.greenF(), colour.blueF())
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


class Theme(QObject):
    """The theme of this program: there is one, `theme()`.

    Signals:
        changed: colours, fonts or style are other ones now.
    """

    changed = Signal()

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._qlementine: Any = _qlementine_style(app)
        self._base = 0.0
        self._inks: dict[tuple[Role, str], QColor] = {}
        self._edges: dict[str, QColor] = {}
        self._plain_font = QFont(app.font())
        self.presenter = False
        self._presenting = PRESENTING
        self.private: tuple[str, ...] = ()  # folders that presenter mode hides
        self.choice = Choice.SYSTEM
        self.scheme = ""
        self.roles = roles_of("light")
        app.styleHints().colorSchemeChanged.connect(self._follow_system)

    @property
    def fallback(self) -> bool:
        """Whether this is plain Fusion, for want of Qlementine."""
        return self._qlementine is None

    @property
    def factor(self) -> float:
        """How much larger than usual type is now, for an audience."""
        return self._presenting if self.presenter else 1.0

    def apply(self, choice: str) -> None:
        """Put `choice` (system, light, dark) into force."""
        self.choice = Choice(choice)
        scheme = _system_scheme() if self.choice is Choice.SYSTEM else str(self.choice)
        if scheme == self.scheme:
            return
        self.scheme, self.roles = scheme, roles_of(scheme)
        self._dress()
        self.changed.emit()

    def present(self, on: bool, factor: float = PRESENTING) -> None:
        """Show everything `factor` times as large and paths masked, for an audience, or as it was."""
        if (on, factor if on else self._presenting) != (self.presenter, self._presenting):
            self.presenter, self._presenting = on, factor
            self._dress()
            self.changed.emit()

    def color(self, role: Role, share: float = 1.0, on: Role = "card") -> QColor:
        """The colour of `role`; with a `share` below 1 blended into `on`."""
        colour = QColor(getattr(self.roles, role))
        return colour if share >= 1.0 else blended(colour, QColor(getattr(self.roles, on)), share)

    def ink(self, role: Role) -> QColor:
        """The colour of `role` for words of usual size: as much of it as can be read on every ground and on a tint of itself."""
        if (role, self.scheme) not in self._inks:
            self._inks[role, self.scheme] = self._readable(role)
        return self._inks[role, self.scheme]

    def _readable(self, role: Role) -> QColor:
        tints = [self.color(role, TINT, "card"), self.color(role, TINT, "ground")]
        grounds = [*(self.color(ground) for ground in GROUNDS), *(tints if role not in ("text", "quiet") else ())]
        mixes = (self.color(role, share / 20, "text") for share in range(20, -1, -1))
        return next((mix for mix in mixes if all(contrast(mix, ground) >= READABLE for ground in grounds)), self.color("text"))

    @property
    def edge(self) -> QColor:
        """The colour of an outline that is seen on every ground, and no louder than that."""
        if self.scheme not in self._edges:
            mixes = [self.color("quiet", share / 20) for share in range(8, 21)]
            seen = (mix for mix in mixes if all(contrast(mix, self.color(ground)) >= SEEN for ground in GROUNDS))
            self._edges[self.scheme] = next(seen, mixes[-1])
        return self._edges[self.scheme]

    def font(self, role: TextRole) -> QFont:
        """The font of `role`, a multiple of the program's own size."""
        factor, weight = _SCALE[role]
        font = QFont(self._app.font())
        font.setPixelSize(max(9, round(factor * self._pixels())))
        font.setWeight(weight)
        if role == "eyebrow":
            font.setLetterSpacing(QFont.SpacingType.PercentageSpacing, 103)
        return font

    def _pixels(self) -> float:
        if not self._base:
            self._base = float(QFontInfo(self._app.font()).pixelSize())
        return self._base

    def _dress(self) -> None:
        """Give the style and the palette the colours in force."""
        if self._qlementine is None:
            self._app.setFont(_larger(self._plain_font, self.factor))
        elif self.presenter:
            self._qlementine.setTheme(_large_theme(self.scheme, self.factor))
        else:
            self._qlementine.setThemeJsonPath(str(resource("themes", f"{self.scheme}.json")))
        self._base = 0.0
        self._recolour()
        if self._qlementine is not None:  # which puts a palette of its own into force at its first chance
            QTimer.singleShot(0, self, self._recolour)

    @Slot()
    def _recolour(self) -> None:
        self._app.setPalette(palette_of(self.roles))

    @Slot()
    def _follow_system(self) -> None:
        if self.choice is Choice.SYSTEM:
            self.apply(Choice.SYSTEM)


def _qlementine_style(app: QApplication) -> QStyle | None:
    """Qlementine put into force, or None: then Fusion is. KDSTUDIO_STYLE=fusion asks for Fusion."""
    try:
        if os.environ.get("KDSTUDIO_STYLE") == "fusion":
            raise ImportError
        from PySide6Qlementine import QlementineStyle
    except ImportError:
        app.setStyle(QStyleFactory.create("Fusion"))
        return None
    style: QStyle = QlementineStyle(app)
    app.setStyle(style)
    return style


def _large_theme(scheme: str, factor: float) -> Any:
    """Qlementine's theme for `scheme` with all that is measured in pixels `factor` times as large."""
    from PySide6.QtCore import QJsonDocument
    from PySide6Qlementine import Theme as QlementineTheme

    values = json.loads(resource("themes", f"{scheme}.json").read_text(encoding="utf-8"))
    for name, value in values.items():
        if name.startswith(("fontSize", "controlHeight", "iconSize")):
            values[name] = round(factor * value)
    return QlementineTheme.fromJsonDoc(QJsonDocument.fromJson(json.dumps(values).encode()))


def _larger(font: QFont, factor: float) -> QFont:
    made = QFont(font)
    made.setPixelSize(round(factor * QFontInfo(font).pixelSize()))
    return made


def _system_scheme() -> str:
    scheme = QGuiApplication.styleHints().colorScheme()
    if scheme is Qt.ColorScheme.Unknown:  # the offscreen platform, and bare window managers
        return "light"
    return "dark" if scheme is Qt.ColorScheme.Dark else "light"


def palette_of(roles: Roles) -> QPalette:
    """The palette of both styles: what Fusion paints with, and what Qlementine takes for text and grounds."""
    kind, group = QPalette.ColorRole, QPalette.ColorGroup
    colours = {
        kind.Window: roles.ground, kind.WindowText: roles.text, kind.Base: roles.card, kind.AlternateBase: roles.raised,
        kind.Text: roles.text, kind.PlaceholderText: roles.quiet, kind.Button: roles.raised, kind.ButtonText: roles.text,
        kind.BrightText: roles.quiet, kind.Highlight: roles.student, kind.HighlightedText: roles.on_accent,
        kind.Link: roles.student, kind.LinkVisited: roles.student, kind.ToolTipBase: roles.raised,
        kind.ToolTipText: roles.text, kind.Mid: roles.border, kind.Midlight: roles.raised, kind.Dark: roles.border,
        kind.Light: roles.card, kind.Accent: roles.student,
    }  # fmt: skip
    palette = QPalette()
    for role, colour in colours.items():
        palette.setColor(role, QColor(colour))
    dim = blended(QColor(roles.text), QColor(roles.card), 0.45)
    for role in (kind.WindowText, kind.Text, kind.ButtonText):
        palette.setColor(group.Disabled, role, dim)
    return palette


_current: list[Theme] = []


def theme() -> Theme:
    """The theme of the running QApplication, made at the first call."""
    if not _current:
        app = QApplication.instance()
        assert isinstance(app, QApplication), "a theme needs a QApplication"
        _current.append(Theme(app))
    return _current[0]
