"""The staircase: treads in time, risers at the dose, equal heights ("dose steps, not to scale")."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from schedules.charts import drawing as d
from schedules.charts import marks
from schedules.charts.axis import TimeAxis
from schedules.charts.drawing import Svg, group, line, path, text, text_width
from schedules.charts.inputs import Stair, StaircaseInput, StairState, Window
from schedules.charts.layout import NOW_PILL, WIDE

LABEL_HEIGHT = 48
GUTTER = WIDE.gutter
RISER = 46
EDGES: dict[StairState, d.Attributes] = {
    StairState.GIVEN: {"stroke": d.ACCENT, "stroke_width": 2.2},
    StairState.PLANNED: {"stroke": d.ACCENT, "stroke_width": 2, "stroke_dasharray": "2 4"},
    StairState.HELD: {"stroke": d.INK_3, "stroke_width": 2, "stroke_dasharray": "6 4"},
    StairState.SKIPPED: {"stroke": d.GREY_LINE, "stroke_width": 2},
}


@dataclass(frozen=True, slots=True)
class Tread:
    """One stair with its place: from its dose to the next one that counts."""

    stair: Stair
    left: float
    right: float
    top: float


def hatches(prefix: str) -> Svg:
    """The two hatchings, rising and falling, under ids that are this drawing's own."""
    return d.element(
        "defs",
        _hatch(f"{prefix}-running", d.HATCH, "M0 8L8 0M-2 2L2-2M6 10L10 6"),
        _hatch(f"{prefix}-held", d.LINE_2, "M0 0L8 8M-2 6L2 10M6-2L10 2"),
    )


def _hatch(name: str, color: str, strokes: str) -> Svg:
    stroke = path(strokes, stroke=color, stroke_width=0.8)
    return d.element("pattern", stroke, id=name, width=8, height=8, patternUnits="userSpaceOnUse")


def treads(course: StaircaseInput, axis: TimeAxis, bottom: float) -> tuple[Tread, ...]:
    """Places every stair that reaches into the span. Risers shrink where a long course would not fit."""
    highest = max((stair.level for stair in course.stairs), default=1)
    riser = min(RISER, (bottom - NOW_PILL - LABEL_HEIGHT - 4) / highest)
    following = [*(stair.at for stair in course.stairs[1:]), axis.span.end]
    placed = (
        Tread(stair, axis.clamped(stair.at), axis.clamped(until), bottom - stair.level * riser)
        for stair, until in zip(course.stairs, following, strict=True)
    )
    return tuple(tread for tread in placed if tread.right - tread.left >= 1)


def draw(course: StaircaseInput, axis: TimeAxis, bottom: float, now: datetime, prefix: str) -> Svg:
    placed = treads(course, axis, bottom)
    parts: list[Svg] = [line(axis.left, bottom, axis.right, bottom, stroke=d.LINE_2, stroke_width=1)]
    for number, tread in enumerate(placed):
        below = placed[number - 1].top if number else bottom
        parts += _body(tread, axis, bottom, now, prefix)
        parts += _edge(tread, below if below > tread.top else bottom, axis, now)
    parts += _repeats(course, placed, bottom)
    highest = min((tread.top for tread in placed), default=bottom)
    labels = [_label_at(tread, axis, highest=tread.top <= highest) for tread in placed]
    for tread, label in zip(placed, labels, strict=True):
        parts += _inside(tread, axis, bottom, [other for other in labels if other])
        parts += _label(tread, label, now) if label else ()
    return group(parts)


def _body(tread: Tread, axis: TimeAxis, bottom: float, now: datetime, prefix: str) -> Iterator[Svg]:
    height, present = bottom - tread.top, axis.clamped(now)
    if tread.stair.state is StairState.GIVEN:
        done = min(tread.right, max(present, tread.left))
        yield d.box(tread.left, tread.top, done - tread.left, height, fill=d.STAIR)
        yield d.box(done, tread.top, tread.right - done, height, fill=f"url(#{prefix}-running)")
    elif tread.stair.state is StairState.HELD:
        yield d.box(tread.left, tread.top, tread.right - tread.left, height, fill=f"url(#{prefix}-held)")


def _edge(tread: Tread, foot: float, axis: TimeAxis, now: datetime) -> Iterator[Svg]:
    edge = EDGES[tread.stair.state]
    if axis.holds(tread.stair.at):
        yield line(tread.left, foot, tread.left, tread.top, **edge)
    done = (
        min(max(axis.clamped(now), tread.left), tread.right)
        if tread.stair.state is StairState.GIVEN
        else tread.right
    )
    yield line(tread.left, tread.top, done, tread.top, **edge)
    yield line(done, tread.top, tread.right, tread.top, **EDGES[StairState.PLANNED])
    if tread.stair.state is StairState.SKIPPED:
        yield line(tread.left + 6, foot - 6, tread.right - 6, tread.top + 6, stroke=d.INK_3, stroke_width=1.5)


def _repeats(course: StaircaseInput, placed: tuple[Tread, ...], bottom: float) -> Iterator[Svg]:
    """An arrow from a skipped or restarted dose to the stair that repeats the step."""
    places = {id(tread.stair): tread for tread in placed}
    for stair in course.stairs:
        target = course.stairs[stair.repeated_by] if stair.repeated_by is not None else None
        start, end = places.get(id(stair)), places.get(id(target))
        if start is None or end is None:
            continue
        x1, y1, x2, y2 = start.right - 36, start.top + 12, end.left - 3, (end.top + bottom) / 2
        bend = f"C{x1 + 26:.1f} {y1:.1f} {x2 - 30:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
        yield path(f"M{x1:.1f} {y1:.1f}{bend}m-6-5l6 5-6 5", fill="none", stroke=d.INK, stroke_width=1.6)


@dataclass(frozen=True, slots=True)
class Box:
    """Room that words take: their left end, their right end, the line of the first and of the last."""

    left: float
    right: float
    top: float
    bottom: float

    def meets(self, left: float, right: float, y: float) -> bool:
        return left < self.right and right > self.left and self.top - 12 < y < self.bottom + 12


def _label_at(tread: Tread, axis: TimeAxis, *, highest: bool) -> Box | None:
    """Where name, amount and state stand over the tread; nowhere without room, for the list has them all."""
    stair = tread.stair
    lines = ((stair.label, True), (stair.amount, False), (stair.state_words, False))
    needed = max(text_width(words, bold=bold) for words, bold in lines) + 18
    x, y = tread.left + 6, tread.top - 36
    if tread.right >= axis.right - 1:
        end = axis.right + GUTTER - needed
        x = min(x, end) if highest else x
        fits = x <= end
    else:
        fits = tread.right - tread.left >= needed
    return Box(x, x + needed, y, y + 30) if fits else None


def _label(tread: Tread, place: Box, now: datetime) -> Iterator[Svg]:
    stair, x, y = tread.stair, place.left, place.top
    late = stair.state is StairState.PLANNED and stair.at < now
    yield text(x, y, stair.label, bold=True, halo=True)
    yield text(x, y + 15, stair.amount, fill=d.INK_2, halo=True)
    yield marks.stair_state(x, y + 26, stair.state, late=late)
    yield text(x + 17, y + 30, stair.state_words, fill=_state_color(stair.state, late=late), halo=True)


def _state_color(state: StairState, *, late: bool) -> str:
    if late:
        return d.RED_INK
    return {StairState.GIVEN: d.INK, StairState.HELD: d.AMBER}.get(state, d.INK_2)


def _inside(tread: Tread, axis: TimeAxis, bottom: float, labels: Sequence[Box]) -> Iterator[Svg]:
    stair = tread.stair
    if stair.setting and stair.state is not StairState.SKIPPED:
        width = 28 + text_width(stair.setting_words)
        if tread.right - tread.left >= width + 4:
            yield d.box(tread.left + 4, bottom - 26, width, 20, fill="#fff", fill_opacity=0.8)
            yield marks.setting(tread.left + 8, bottom - 9, stair.setting)
            yield text(tread.left + 30, bottom - 11, stair.setting_words, fill=d.INK_2)
    if stair.window:
        yield from _window(stair.window, axis, tread.top + (bottom - tread.top) * 0.32, labels)


def _window(window: Window, axis: TimeAxis, y: float, labels: Sequence[Box]) -> Iterator[Svg]:
    """A bracket from earliest to latest: amber where open only for a reaction, an arrow past the axis."""
    left, right = axis.clamped(window.earliest), axis.clamped(window.latest)
    if left >= axis.right - 1:
        return
    yield path(f"M{left:.1f} {y - 5:.1f}v10m0-5H{right:.1f}", stroke=d.INK, stroke_width=1.5, fill="none")
    words = [window.words]
    last = window.latest
    if window.latest_in_reaction:
        last, until = window.latest_in_reaction, axis.clamped(window.latest_in_reaction)
        yield line(right, y, until, y, stroke=d.AMBER_MARK, stroke_width=5)
        yield line(right, y, until, y, stroke=d.AMBER, stroke_width=1)
        words.append(window.reaction_words)
    end = axis.clamped(last)
    closing = f"M{end - 6:.1f} {y - 5:.1f}l6 5-6 5" if not axis.holds(last) else f"M{end:.1f} {y - 5:.1f}v10"
    yield path(closing, stroke=d.INK, stroke_width=1.5, fill="none")
    for number, sentence in enumerate(filter(None, words)):
        line_y, width = y - 8 + number * 22, text_width(sentence, 11)
        taken = [label.right for label in labels if label.meets(left + 4, left + 4 + width, line_y)]
        x = min(max([left + 4, *taken]), axis.right - width)
        yield text(x, line_y, sentence, size=11, fill=d.INK_2, halo=True)
