"""Pictures of a course and its vitals, as SVG. Pure: no Django, no clock; `now` is an argument."""

from schedules.charts.course import Chart, course_chart, describe, narrow_vitals_chart
from schedules.charts.drawing import Svg
from schedules.charts.inputs import (
    ChartLimits,
    Check,
    CheckState,
    Given,
    GivenKind,
    GradeBlock,
    Measure,
    MonitoringSpan,
    Reading,
    Setting,
    Span,
    SparklineInput,
    Stair,
    StaircaseInput,
    StairState,
    VitalsChartInput,
    Window,
)
from schedules.charts.sparkline import sparkline

__all__ = [
    "Chart",
    "ChartLimits",
    "Check",
    "CheckState",
    "Given",
    "GivenKind",
    "GradeBlock",
    "Measure",
    "MonitoringSpan",
    "Reading",
    "Setting",
    "Span",
    "SparklineInput",
    "Stair",
    "StairState",
    "StaircaseInput",
    "Svg",
    "VitalsChartInput",
    "Window",
    "course_chart",
    "describe",
    "narrow_vitals_chart",
    "sparkline",
]
