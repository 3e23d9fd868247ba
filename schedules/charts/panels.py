"""Temperature, blood pressure and SpO2 on the shared time axis."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from schedules.charts import drawing as d
from schedules.charts import labels, marks
from schedules.charts.axis import TimeAxis, ValueScale
from schedules.charts.drawing import Svg, line, text
from schedules.charts.inputs import CheckState, Measure, Reading, VitalsChartInput
from schedules.charts.labels import Label
from schedules.charts.layout import Layout, Rows

CELSIUS_TICKS = (36, 37, 38, 39, 40)
PRESSURE_TICKS = (50, 130)
SATURATION_TICKS = (100,)
LABEL_DROP = {Measure.TEMPERATURE: -4, Measure.SYSTOLIC: 4, Measure.SPO2: 4}


@dataclass(frozen=True, slots=True)
class Panels:
    """What the three panels share."""

    chart: VitalsChartInput
    axis: TimeAxis
    layout: Layout
    rows: Rows

    @property
    def readings(self) -> tuple[Reading, ...]:
        return tuple(reading for reading in self.chart.readings if self.axis.holds(reading.taken_at))

    def grounds(self) -> Iterator[Svg]:
        """What lies under every line: fever, low saturation. Pressure has none: diastolic lives there."""
        fever, spo2 = self.chart.limits.fever, self.chart.limits.spo2
        left, width = self.axis.left, self.axis.right - self.axis.left
        if fever is not None:
            top = self.rows.temperature.top
            yield d.box(left, top, width, self.rows.temperature.y(float(fever)) - top, fill=d.AMBER_WASH)
        if spo2 is not None:
            top = self.rows.saturation.y(spo2)
            yield d.box(left, top, width, self.rows.saturation.bottom - top, fill=d.RED_WASH)

    def draw(self) -> Iterator[Svg]:
        yield from self._temperature()
        yield from self._pressure()
        yield from self._saturation()

    def _temperature(self) -> Iterator[Svg]:
        scale, fever = self.rows.temperature, self.chart.limits.fever
        ticks = [value for value in CELSIUS_TICKS if fever is None or value != fever]
        yield from self._ticks(scale, ticks)
        if not self.layout.narrow:
            yield from self._fahrenheit(scale)
        yield from self._title(scale, "Temp.", "°C")
        if fever is not None:
            words = f"fever: {degrees(fever, fahrenheit=self.chart.fahrenheit)} or more"
            yield from self._limit(scale, float(fever), f"{fever:.1f}", words, d.AMBER)
        points = [(r.taken_at, r.temperature) for r in self.readings if r.temperature is not None]
        yield from polyline(points, self.chart, self.axis, scale, 1.8)
        for reading in self.readings:
            yield from self._dot(reading, scale)
        measured = [(r, float(r.temperature)) for r in self.readings if r.temperature is not None]
        yield from self._words(Measure.TEMPERATURE, measured, scale)

    def _dot(self, reading: Reading, scale: ValueScale) -> Iterator[Svg]:
        if reading.temperature is None:
            return
        x, value = self.axis.x(reading.taken_at), float(reading.temperature)
        if side := scale.outside(value):
            words = degrees(reading.temperature, fahrenheit=self.chart.fahrenheit)
            color = d.RED_INK if Measure.TEMPERATURE in reading.past else d.INK
            yield marks.off_scale(x, scale.top, scale.bottom, side, words, color)
            return
        yield marks.temperature(x, scale.y(value), d.INK, lowered=reading.lowered)
        if reading.other_cause:
            yield marks.other_cause(x, scale.y(value))

    def _words(
        self, measure: Measure, measured: Sequence[tuple[Reading, float]], scale: ValueScale
    ) -> Iterator[Svg]:
        """The newest value and every value past its limit, in words. A value off the scale prints its own."""
        told: list[Label] = []
        for reading, value in reversed(measured):
            newest = reading is measured[-1][0]
            if scale.outside(value) or not (newest or measure in reading.past):
                continue
            color = d.RED_INK if measure in reading.past else d.INK
            y = max(scale.y(value) + LABEL_DROP[measure], scale.top + 10)
            second = f"{reading.taken_at:%H:%M}" if measure is Measure.TEMPERATURE else ""
            told.append(
                Label(self.axis.x(reading.taken_at), y, self._value_words(measure, reading), color, second)
            )
        yield from labels.draw(told, self.layout.width)

    def _value_words(self, measure: Measure, reading: Reading) -> str:
        if measure is Measure.SPO2:
            return f"{reading.spo2} %"
        if measure is Measure.SYSTOLIC or reading.temperature is None:
            return pressure_words(reading)
        return degrees(reading.temperature, fahrenheit=self.chart.fahrenheit)

    def _fahrenheit(self, scale: ValueScale) -> Iterator[Svg]:
        yield text(self.axis.right + 6, scale.top - 6, "°F", size=11, fill=d.INK_3)
        for value in CELSIUS_TICKS:
            words = f"{value * 9 / 5 + 32:.1f}".removesuffix(".0")
            yield text(self.axis.right + 6, scale.y(value) + 4, words, size=11, fill=d.INK_3)

    def _pressure(self) -> Iterator[Svg]:
        scale, limits = self.rows.pressure, self.chart.limits
        yield from self._ticks(scale, [tick for tick in PRESSURE_TICKS if tick != limits.systolic])
        yield from self._title(scale, "BP", "mmHg")
        if limits.baseline_systolic is not None:
            y = scale.y(limits.baseline_systolic)
            yield line(self.axis.left, y, self.axis.right, y, stroke=d.LINE_2, stroke_dasharray="1 3")
            if not self.layout.narrow:
                words = f"baseline {limits.baseline_systolic} mmHg"
                yield text(self.axis.right - 4, y - 4, words, size=11, fill=d.INK_3, anchor="end", halo=True)
        if limits.systolic is not None:
            words = f"systolic limit {limits.systolic} mmHg"
            yield from self._limit(scale, limits.systolic, str(limits.systolic), words, d.RED)
        for reading in self.readings:
            yield from self._bar(reading, scale)
        measured = [(r, float(r.systolic)) for r in self.readings if r.systolic is not None]
        yield from self._words(Measure.SYSTOLIC, measured, scale)

    def _bar(self, reading: Reading, scale: ValueScale) -> Iterator[Svg]:
        if reading.systolic is None:
            return
        x = self.axis.x(reading.taken_at)
        color = d.RED if Measure.SYSTOLIC in reading.past else d.INK
        if side := scale.outside(reading.systolic):
            yield marks.off_scale(x, scale.top, scale.bottom, side, pressure_words(reading), color)
            return
        lower = scale.y(reading.diastolic) if reading.diastolic is not None else None
        yield marks.pressure(x, scale.y(reading.systolic), lower, color)
        if reading.other_cause:
            yield marks.other_cause(x, lower if lower is not None else scale.y(reading.systolic))

    def _saturation(self) -> Iterator[Svg]:
        scale, limit = self.rows.saturation, self.chart.limits.spo2
        yield from self._ticks(scale, SATURATION_TICKS)
        yield from self._title(scale, "SpO2", "%")
        if limit is not None:
            yield from self._limit(scale, limit, str(limit), "", d.RED)
        points = [(r.taken_at, r.spo2) for r in self.readings if r.spo2 is not None]
        yield from polyline(points, self.chart, self.axis, scale, 1.6)
        for reading in self.readings:
            yield from self._square(reading, scale)
        measured = [(r, float(r.spo2)) for r in self.readings if r.spo2 is not None]
        yield from self._words(Measure.SPO2, measured, scale)

    def _square(self, reading: Reading, scale: ValueScale) -> Iterator[Svg]:
        if reading.spo2 is None:
            return
        x = self.axis.x(reading.taken_at)
        color = d.RED if Measure.SPO2 in reading.past else d.INK
        if side := scale.outside(reading.spo2):
            yield marks.off_scale(x, scale.top, scale.bottom, side, f"{reading.spo2} %", color)
            return
        yield marks.saturation(x, scale.y(reading.spo2), color, on_oxygen=reading.on_oxygen)
        if reading.other_cause:
            yield marks.other_cause(x, scale.y(reading.spo2))

    def _ticks(self, scale: ValueScale, values: Iterable[int]) -> Iterator[Svg]:
        for value in values:
            y = scale.y(value)
            yield line(self.axis.left, y, self.axis.right, y, stroke=d.LINE)
            yield text(self.axis.left - 6, y + 4, str(value), size=11, fill=d.INK_3, anchor="end")

    def _limit(self, scale: ValueScale, value: float, tick: str, words: str, color: str) -> Iterator[Svg]:
        y = scale.y(value)
        yield line(
            self.axis.left, y, self.axis.right, y, stroke=color, stroke_width=1.2, stroke_dasharray="5 3"
        )
        yield text(self.axis.left - 6, y + 4, tick, size=11, fill=color, anchor="end")
        if self.layout.narrow:
            yield text(self.axis.left + 6, y - 4, words, size=11, fill=color, halo=True)
        else:
            yield text(self.axis.right - 4, y - 4, words, size=11, fill=color, anchor="end", halo=True)

    def _title(self, scale: ValueScale, name: str, unit: str) -> Iterator[Svg]:
        if self.layout.narrow:
            y = scale.bottom - 4 if scale is self.rows.saturation else scale.top + 10
            yield text(self.axis.left + 6, y, f"{name} {unit}", size=11, fill=d.INK_3)
            return
        yield text(0, scale.top + 10, name, size=11, fill=d.INK_3)
        yield text(0, scale.top + 24, unit, size=11, fill=d.INK_3)


def degrees(celsius: Decimal, *, fahrenheit: bool) -> str:
    """A temperature in the center's unit, with its decimal: "38.6 °C" or "101.5 °F"."""
    return f"{celsius * 9 / 5 + 32:.1f} °F" if fahrenheit else f"{celsius:.1f} °C"


def pressure_words(reading: Reading) -> str:
    lower = f"/{reading.diastolic}" if reading.diastolic is not None else " systolic"
    return f"{reading.systolic}{lower} mmHg"


def runs(
    points: Iterable[tuple[datetime, Decimal | int]], chart: VitalsChartInput
) -> list[list[tuple[datetime, Decimal | int]]]:
    """Points that may be joined: a long gap or a missed check between two of them breaks the line."""
    missed = [check.due_at.timestamp() for check in chart.checks if check.state is CheckState.MISSED]
    joined: list[list[tuple[datetime, Decimal | int]]] = []
    for point in points:
        at = point[0].timestamp()
        before = joined[-1][-1][0].timestamp() if joined else None
        limit = chart.gap.total_seconds()
        if before is None or at - before > limit or any(before < due < at for due in missed):
            joined.append([])
        joined[-1].append(point)
    return joined


def polyline(
    points: Iterable[tuple[datetime, Decimal | int]],
    chart: VitalsChartInput,
    axis: TimeAxis,
    scale: ValueScale,
    width: float,
) -> Iterator[Svg]:
    for run in runs(points, chart):
        if len(run) > 1:
            corners = " ".join(f"{axis.x(at):.1f},{scale.y(float(value)):.1f}" for at, value in run)
            yield d.element("polyline", points=corners, fill="none", stroke=d.INK, stroke_width=width)
