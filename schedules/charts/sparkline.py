"""The last 24 h of temperature as a small line; decoration, since the value stands beside it in words."""

from schedules.charts import drawing as d
from schedules.charts.axis import TimeAxis, ValueScale
from schedules.charts.drawing import Svg, element
from schedules.charts.inputs import SparklineInput, VitalsChartInput
from schedules.charts.panels import polyline

WIDTH, HEIGHT = 200, 32
LOW, HIGH = 36.0, 40.0


def sparkline(trend: SparklineInput) -> Svg:
    """36 to 40 °C, the fever line, and the last point. Hidden from screen readers."""
    axis = TimeAxis(trend.span, 4, WIDTH - 4)
    scale = ValueScale(LOW, HIGH, 3, HEIGHT - 3)
    points = [(at, value) for at, value in trend.points if axis.holds(at)]
    parts: list[Svg] = []
    if trend.fever is not None:
        y = scale.y(float(trend.fever))
        parts.append(element("rect", width=WIDTH, height=y, fill=d.AMBER_WASH))
        parts.append(element("path", d=f"M0 {y:g}h{WIDTH}", stroke=d.AMBER, stroke_dasharray="4 3"))
    parts += polyline(points, VitalsChartInput(gap=trend.gap), axis, scale, 1.6)
    if points:
        at, value = points[-1]
        parts.append(element("circle", cx=axis.x(at), cy=scale.y(float(value)), r=3, fill=d.INK))
    return element(
        "svg",
        Svg("".join(parts)),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        class_="sparkline",
        aria_hidden="true",
    )
