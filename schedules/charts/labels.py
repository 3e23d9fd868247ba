"""Words beside marks: the newest wins, older ones that would overlap stay in the table."""

from collections.abc import Iterable
from dataclasses import dataclass

from schedules.charts.drawing import INK_3, Svg, text, text_width

LINE_HEIGHT = 24


@dataclass(frozen=True, slots=True)
class Label:
    """Words for the point (x, y); `second` stands smaller on the next line."""

    x: float
    y: float
    words: str
    color: str
    second: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    label: Label
    left: float
    width: float

    def meets(self, other: "Placed") -> bool:
        across = self.left < other.left + other.width and other.left < self.left + self.width
        return across and abs(self.label.y - other.label.y) < LINE_HEIGHT


def place(labels: Iterable[Label], right: float) -> list[Placed]:
    """Newest first: beside the point at its right, at its left where the picture ends, or not at all."""
    placed: list[Placed] = []
    for label in labels:
        width = max(text_width(label.words, bold=True), text_width(label.second, 11))
        left = label.x + 8 if label.x + 8 + width <= right else label.x - 8 - width
        candidate = Placed(label, left, width)
        if not any(candidate.meets(other) for other in placed):
            placed.append(candidate)
    return placed


def draw(labels: Iterable[Label], right: float) -> Iterable[Svg]:
    for spot in place(labels, right):
        after = spot.left > spot.label.x
        x, anchor = (spot.left, None) if after else (spot.label.x - 8, "end")
        yield text(
            x, spot.label.y, spot.label.words, fill=spot.label.color, bold=True, halo=True, anchor=anchor
        )
        if spot.label.second:
            yield text(x, spot.label.y + 13, spot.label.second, size=11, fill=INK_3, halo=True, anchor=anchor)
