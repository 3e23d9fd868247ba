"""The whole picture: staircase, lanes, panels and ribbons over one time axis."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from schedules.charts import drawing as d
from schedules.charts import lanes, staircase
from schedules.charts.axis import TimeAxis
from schedules.charts.drawing import Svg, drawing, line, text
from schedules.charts.inputs import Measure, Reading, Span, StaircaseInput, StairState, VitalsChartInput
from schedules.charts.layout import NARROW, NOW_PILL, WIDE, Layout, Rows, plan_rows
from schedules.charts.panels import Panels, degrees


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn picture, with the sentence that stands for it."""

    markup: Svg
    name: str


def course_chart(
    span: Span,
    now: datetime,
    *,
    course: StaircaseInput | None,
    vitals: VitalsChartInput,
    prefix: str = "wide",
) -> Chart:
    """Staircase and vitals beside a side column, 832 px wide. Without a course only the vitals are drawn.

    ``prefix`` starts the ids inside the drawing: two drawings on one page need two.
    """
    return _draw(span, now, course, vitals, WIDE, prefix)


def narrow_vitals_chart(
    span: Span, now: datetime, *, vitals: VitalsChartInput, prefix: str = "narrow"
) -> Chart:
    """Vitals for a phone, 326 px wide; the course stands beside it as a list."""
    return _draw(span, now, None, vitals, NARROW, prefix)


def describe(span: Span, vitals: VitalsChartInput) -> str:
    """One sentence: "Temperature rose from 37.0 to 38.6 °C in 24 h; systolic fell to 84 mmHg"."""
    readings = [reading for reading in vitals.readings if span.start <= reading.taken_at <= span.end]
    if not readings:
        return "No readings in this span"
    parts = [_temperature_words(readings, vitals), _systolic_words(readings), _spo2_words(readings)]
    return "; ".join(part for part in parts if part)


def _temperature_words(readings: list[Reading], vitals: VitalsChartInput) -> str:
    measured = [(r.taken_at, r.temperature) for r in readings if r.temperature is not None]
    if not measured:
        return "Temperature missing"
    (start, first), (end, last) = measured[0], measured[-1]
    words = degrees(last, fahrenheit=vitals.fahrenheit)
    if len(measured) == 1:
        return f"Temperature {words}"
    if first == last:
        return f"Temperature stayed at {words}"
    moved = "rose" if last > first else "fell"
    hours = round((end.timestamp() - start.timestamp()) / 3600)
    before = degrees(first, fahrenheit=vitals.fahrenheit).split()[0]
    return f"Temperature {moved} from {before} to {words} in {hours} h"


def _systolic_words(readings: list[Reading]) -> str:
    measured = [r for r in readings if r.systolic is not None]
    if not measured:
        return "blood pressure missing"
    last = measured[-1]
    return f"systolic {'fell to ' if Measure.SYSTOLIC in last.past else ''}{last.systolic} mmHg"


def _spo2_words(readings: list[Reading]) -> str:
    measured = [r for r in readings if r.spo2 is not None]
    return f"SpO2 {measured[-1].spo2} %" if measured else "SpO2 missing"


def _draw(
    span: Span,
    now: datetime,
    course: StaircaseInput | None,
    vitals: VitalsChartInput,
    layout: Layout,
    prefix: str,
) -> Chart:
    icans = any(block.grade != 0 for block in vitals.icans)
    has_lanes = bool(vitals.checks or vitals.given or vitals.windows)
    rows = plan_rows(staircase=course is not None, lanes=has_lanes, ribbons=2 if icans else 1)
    axis = TimeAxis(span, layout.left, layout.right)
    name = describe(span, vitals)
    panels = Panels(vitals, axis, layout, rows)
    parts = [
        staircase.hatches(prefix),
        *panels.grounds(),
        *_events(vitals, axis, rows),
        *_grid(axis, rows),
        *_dose_lines(course, vitals, axis, rows),
        *_now_line(now, axis, rows),
    ]
    if course is not None:
        parts += _stairs(course, axis, rows, now, prefix)
    parts += panels.draw()
    if has_lanes:
        parts += lanes.draw_lanes(vitals, axis, rows, layout)
    parts += lanes.draw_ribbon("CRS", vitals.crs, axis, rows.ribbons[0], layout)
    if icans:
        parts += lanes.draw_ribbon("ICANS", vitals.icans, axis, rows.ribbons[1], layout)
    parts += _now_pill(now, axis, layout)
    return Chart(drawing(layout.width, rows.height, name, parts), name)


def _stairs(course: StaircaseInput, axis: TimeAxis, rows: Rows, now: datetime, prefix: str) -> Iterator[Svg]:
    yield staircase.draw(course, axis, rows.stairs_bottom, now, prefix)
    for number, words in enumerate(("Dose steps", "not to scale")):
        yield text(0, rows.stairs_bottom - 24 + 13 * number, words, size=11, fill=d.INK_3)


def _grid(axis: TimeAxis, rows: Rows) -> Iterator[Svg]:
    hours = axis.hours()
    for at in (tick.at for tick in hours) if hours else axis.midnights():
        yield line(axis.x(at), rows.plot_top, axis.x(at), rows.dates - 12, stroke=d.LINE)
    for tick in hours or axis.days():
        x = axis.day_middle(tick.at) if tick.centered else axis.x(tick.at)
        if axis.left + 12 <= x <= axis.right - 8:
            yield text(x, rows.dates, tick.label, size=11, fill=d.INK_2, anchor="middle")


def _events(vitals: VitalsChartInput, axis: TimeAxis, rows: Rows) -> Iterator[Svg]:
    for event in vitals.events:
        left, right = axis.clamped(event.start), axis.clamped(event.end)
        if right > left:
            top = rows.temperature.top
            yield d.box(left, top, right - left, rows.saturation.bottom - top, fill=d.RED, fill_opacity=0.1)


def _dose_lines(
    course: StaircaseInput | None, vitals: VitalsChartInput, axis: TimeAxis, rows: Rows
) -> Iterator[Svg]:
    given = {stair.at for stair in course.stairs if stair.state is StairState.GIVEN} if course else set()
    for at in sorted(given | set(vitals.doses)):
        if axis.holds(at):
            yield line(
                axis.x(at), rows.stairs_bottom, axis.x(at), rows.dates - 12, stroke=d.ACCENT, stroke_width=1.5
            )


def _now_line(now: datetime, axis: TimeAxis, rows: Rows) -> Iterator[Svg]:
    if axis.holds(now):
        yield line(axis.x(now), NOW_PILL, axis.x(now), rows.dates - 12, stroke=d.INK, stroke_width=1.8)


def _now_pill(now: datetime, axis: TimeAxis, layout: Layout) -> Iterator[Svg]:
    if not axis.holds(now):
        return
    x = min(max(axis.x(now), 36), layout.width - 36)
    yield d.box(x - 35, 0, 70, NOW_PILL, rx=3, fill=d.INK)
    yield text(x, 13, f"now {now:%H:%M}", size=11, bold=True, fill="#fff", anchor="middle")
