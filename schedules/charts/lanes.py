"""Lanes over the panels (checks, drugs given) and grade ribbons under them."""

from collections.abc import Iterable, Iterator

from schedules.charts import drawing as d
from schedules.charts import marks
from schedules.charts.axis import TimeAxis
from schedules.charts.drawing import Svg, text, text_width
from schedules.charts.inputs import Given, GivenKind, GradeBlock, VitalsChartInput
from schedules.charts.layout import Layout, Rows

FIRST_ROW = frozenset({GivenKind.PREMEDICATION, GivenKind.ANTIPYRETIC})
NARROW_BLOCK = 14
RIBBON = 17
BLOCKS: dict[int | None, d.Attributes] = {
    None: {"fill": d.GREY_WASH, "stroke": d.INK_3, "stroke_dasharray": "3 2"},
    0: {"fill": "#fff", "stroke": d.LINE_2},
    1: {"fill": d.AMBER_MARK, "stroke": d.AMBER},
    2: {"fill": d.RED_WASH, "stroke": d.RED, "stroke_width": 2},
    3: {"fill": d.RED, "stroke": d.RED},
    4: {"fill": d.RED_DEEP, "stroke": d.RED_DEEP},
    5: {"fill": "#000", "stroke": "#000"},
}


DARK = frozenset({3, 4, 5})
"""Grades whose block is dark, so that its words are white."""


def draw_lanes(chart: VitalsChartInput, axis: TimeAxis, rows: Rows, layout: Layout) -> Iterator[Svg]:
    yield from _checks(chart, axis, rows.checks + 8, layout)
    yield text(0, rows.given[0] + 12, "Given", size=11, fill=d.INK_3)
    first = [item for item in chart.given if item.kind in FIRST_ROW]
    second = [item for item in chart.given if item.kind not in FIRST_ROW]
    for items, top in zip((first, second), rows.given, strict=True):
        yield from _given(items, axis, top + 9, layout)


def _checks(chart: VitalsChartInput, axis: TimeAxis, y: float, layout: Layout) -> Iterator[Svg]:
    yield text(0, y + 4, "Checks", size=11, fill=d.INK_3)
    for window in chart.windows:
        left, right = axis.clamped(window.start), axis.clamped(window.end)
        if right - left < 1:
            continue
        yield d.box(left, y - 6, right - left, 12, rx=3, fill="#fff", stroke=d.LINE_2)
        if window.words and not layout.narrow and right + 6 + text_width(window.words, 11) <= layout.width:
            yield text(right + 6, y + 4, window.words, size=11, fill=d.INK_2, halo=True)
    for check in chart.checks:
        if axis.holds(check.due_at):
            yield marks.check(axis.x(check.due_at), y, check.state)


def _given(items: list[Given], axis: TimeAxis, y: float, layout: Layout) -> Iterator[Svg]:
    """Marks in one row. Words stand between a mark and the next one, where they fit."""
    shown = [item for item in items if axis.holds(item.at)]
    ends = [*(axis.x(item.at) - 10 for item in shown[1:]), float(layout.width)]
    for item, end in zip(shown, ends, strict=False):  # an empty row has an end and no mark
        x = axis.x(item.at)
        words = next((w for w in (item.words, item.short) if w and x + 12 + text_width(w, 11) <= end), "")
        if words:
            yield text(x + 12, y + 4, words, size=11, fill=d.INK_2, halo=True)
        yield marks.given(x, y, item.kind, due=item.due)


def draw_ribbon(
    name: str, blocks: Iterable[GradeBlock], axis: TimeAxis, top: float, layout: Layout
) -> Iterator[Svg]:
    """One block per grading. Narrow blocks are told in words at the right end of the ribbon."""
    title = name if layout.narrow else f"{name} grade"
    yield text(0, top + 13, title, size=11, fill=d.INK_3)
    told: list[str] = []
    end = axis.left
    for block in blocks:
        left, right = axis.clamped(block.start), axis.clamped(block.end)
        if axis.x(block.end) < axis.left or axis.x(block.start) > axis.right:
            continue
        width = max(right - left, 3)
        yield d.box(left, top, width, RIBBON, **BLOCKS[block.grade])
        end = max(end, left + width)
        if width >= NARROW_BLOCK:
            yield from _block_words(block, left, width, top, name)
        else:
            told.append(f"{_short(block)} at {block.start:%H:%M}")
    words = ", ".join(told)
    if words:
        room = layout.width - end - 8
        short = ", then ".join(word.split(" at ")[0] for word in told)
        kept = words if text_width(words, bold=True) <= room else short
        yield text(end + 6, top + 13, kept, bold=True, halo=True)


def _block_words(block: GradeBlock, left: float, width: float, top: float, name: str) -> Iterator[Svg]:
    told = [f"grade {_short(block)}", _short(block)]
    if block.grade == 0:
        told.insert(0, f"grade 0, no {name} criteria met")
    if block.grade is None:
        told = ["cannot grade", "?"]
    words = next((words for words in told if text_width(words, 11) <= width - 8), told[-1])
    fill = "#fff" if block.grade in DARK else d.INK
    yield text(left + 5, top + 13, words, size=11, fill=fill)


def _short(block: GradeBlock) -> str:
    if block.grade is None:
        return "?"
    return f"at least {block.grade}" if block.at_least else str(block.grade)
