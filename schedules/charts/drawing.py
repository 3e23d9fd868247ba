"""SVG as text, with presentation attributes only: the content policy allows no inline style."""

from collections.abc import Iterable
from decimal import Decimal
from html import escape

INK = "#14202e"
INK_2 = "#3f4c5a"
INK_3 = "#5b6775"
LINE = "#d8dee5"
LINE_2 = "#7e8a97"
ACCENT = "#1b4f9c"
STAIR = "#dbe7f6"
HATCH = "#8fb0dd"
RED = "#b4141e"
RED_INK = "#8e0e17"
RED_WASH = "#fdedee"
RED_DEEP = "#3a0508"
AMBER = "#8a5200"
AMBER_MARK = "#f0ae2e"
AMBER_WASH = "#fff5e0"
GREEN = "#1a6a3b"
GREY_WASH = "#eef1f4"
GREY_LINE = "#b6bfc9"

Attribute = float | str | None
Attributes = dict[str, Attribute]

LETTER_WIDTH = 0.56
"""Mean width of a letter in ems, on the generous side: a label that is left out is still in the table."""


class Svg(str):
    """Markup whose texts are already escaped. Templates print it as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


def _written(value: float | str | Decimal) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else escape(str(value))


def element(name: str, /, *children: Svg, **attributes: Attribute) -> Svg:
    """One element. An attribute's underscore becomes a hyphen; None leaves the attribute out."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_written(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    inner = "".join(children)
    return Svg(f"<{name}{given}>{inner}</{name}>" if inner else f"<{name}{given}/>")


def group(children: Iterable[Svg], **attributes: Attribute) -> Svg:
    return element("g", Svg("".join(children)), **attributes)


def line(x1: float, y1: float, x2: float, y2: float, **attributes: Attribute) -> Svg:
    return element("line", x1=float(x1), y1=float(y1), x2=float(x2), y2=float(y2), **attributes)


def box(x: float, y: float, width: float, height: float, **attributes: Attribute) -> Svg:
    return element(
        "rect", x=float(x), y=float(y), width=float(max(width, 0)), height=float(height), **attributes
    )


def path(d: str, **attributes: Attribute) -> Svg:
    return element("path", d=d, **attributes)


def text(
    x: float,
    y: float,
    words: str,
    *,
    size: int = 12,
    fill: str = INK,
    bold: bool = False,
    anchor: str | None = None,
    halo: bool = False,
) -> Svg:
    """Words at a point. With `halo` a 4 px white edge keeps them legible over lines."""
    return element(
        "text",
        Svg(escape(words)),
        x=float(x),
        y=float(y),
        font_size=size,
        fill=fill,
        font_weight="650" if bold else None,
        text_anchor=anchor,
        stroke="#fff" if halo else None,
        stroke_width=4 if halo else None,
        stroke_linejoin="round" if halo else None,
        paint_order="stroke" if halo else None,
    )


def text_width(words: str, size: int = 12, *, bold: bool = False) -> float:
    """About how wide the words will be, in px. Fonts differ, so it errs on the wide side."""
    return len(words) * size * LETTER_WIDTH * (1.08 if bold else 1.0)


def drawing(width: int, height: int, name: str, children: Iterable[Svg]) -> Svg:
    """A whole picture with its one-sentence name for people who do not see it."""
    return element(
        "svg",
        Svg("".join(children)),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height}",
        role="img",
        aria_label=name,
        font_family="Inter, Segoe UI, Roboto, Liberation Sans, system-ui, sans-serif",
    )
