"""An invented course in grade 2 CRS, a restarted one, and a trend: the gallery's pictures."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from schedules.charts import (
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
    course_chart,
    narrow_vitals_chart,
    sparkline,
)

ZONE = ZoneInfo("America/New_York")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE)


NOW = at(19, 14, 32)
FEVER = frozenset({Measure.TEMPERATURE})
STAIRS = (
    Stair(
        "Step-up dose 1",
        "4.5 mg, 0.45 mL",
        StairState.GIVEN,
        "given Mon 16-Nov 09:40",
        at(16, 9, 40),
        1,
        Setting.HOSPITAL,
        "in hospital 48 h",
    ),
    Stair(
        "Step-up dose 2",
        "22 mg, 2.2 mL",
        StairState.GIVEN,
        "given Wed 18-Nov 10:05",
        at(18, 10, 5),
        2,
        Setting.OUTPATIENT,
        "outpatient",
    ),
    Stair(
        "First treatment dose",
        "108 mg, 1.2 mL",
        StairState.HELD,
        "HELD: CRS not resolved",
        at(20, 10),
        3,
        Setting.HOSPITAL,
        "in hospital 48 h",
        Window(at(20, 0), at(22, 23), "window 20 to 22-Nov", at(25, 23), "to 25-Nov if toxicity"),
    ),
)
RESTARTED = (
    STAIRS[0],
    Stair(
        "Step-up dose 2",
        "22 mg",
        StairState.SKIPPED,
        "missed, restarted",
        at(18, 10),
        2,
        repeated_by=2,
    ),
    Stair("Step-up dose 1", "4.5 mg", StairState.PLANNED, "planned Fri 20-Nov", at(20, 10), 1),
)
READINGS = tuple(
    Reading(at(day, hour, minute), Decimal(temperature), systolic, diastolic, spo2, past, lowered)
    for day, hour, minute, temperature, systolic, diastolic, spo2, past, lowered in (
        (16, 8, 30, "36.6", 130, 78, 98, frozenset(), False),
        (16, 13, 0, "36.7", 128, 74, 98, frozenset(), True),
        (16, 22, 0, "37.0", 126, 74, 97, frozenset(), False),
        (17, 8, 0, "37.2", 124, 72, 97, frozenset(), False),
        (17, 18, 0, "36.9", 128, 76, 98, frozenset(), False),
        (18, 4, 0, "36.7", 128, 76, 98, frozenset(), False),
        (18, 9, 30, "36.6", 130, 78, 98, frozenset(), True),
        (18, 14, 0, "36.8", 129, 75, 98, frozenset(), False),
        (18, 22, 0, "37.0", 124, 72, 97, frozenset(), False),
        (19, 6, 0, "37.3", 122, 70, 97, frozenset(), False),
        (19, 10, 0, "37.7", 118, 68, 96, frozenset(), False),
        (19, 13, 50, "38.4", 112, 66, 96, FEVER, False),
        (19, 14, 20, "38.6", 84, 52, 94, FEVER | {Measure.SYSTOLIC}, True),
    )
)
CHECK_TIMES = (
    *(at(16, 22), at(17, 8), at(17, 18), at(18, 4), at(18, 14), at(18, 22), at(19, 2), at(19, 6), at(19, 10)),
    *(at(19, 14), at(19, 18), at(19, 22), at(20, 2), at(20, 6)),
)
MISSED = at(19, 2)


def _state(due: datetime) -> CheckState:
    if due == MISSED:
        return CheckState.MISSED
    return CheckState.DUE if due > NOW else CheckState.DONE


VITALS = VitalsChartInput(
    readings=READINGS,
    checks=tuple(Check(due, _state(due)) for due in CHECK_TIMES),
    given=(
        Given(at(16, 8, 30), GivenKind.PREMEDICATION, "premedication"),
        Given(at(16, 8, 50), GivenKind.TOCILIZUMAB, "tocilizumab 579 mg, prophylaxis"),
        Given(at(18, 8, 40), GivenKind.PREMEDICATION, "premedication"),
        Given(at(19, 13, 58), GivenKind.ANTIPYRETIC, "acetaminophen 13:58", short="A 13:58"),
        Given(at(19, 14, 50), GivenKind.TOCILIZUMAB, "tocilizumab due 14:50", due=True, short="T due 14:50"),
    ),
    windows=(
        MonitoringSpan(at(16, 9, 40), at(18, 9, 40)),
        MonitoringSpan(at(18, 10, 5), at(20, 10, 5), "48 h window ends 20-Nov 10:05"),
    ),
    crs=(
        GradeBlock(at(16, 9, 40), at(19, 13, 50), 0),
        GradeBlock(at(19, 13, 50), at(19, 14, 20), 1),
        GradeBlock(at(19, 14, 20), NOW, 2),
    ),
    events=(Span(at(19, 13, 50), NOW),),
    limits=ChartLimits(fever=Decimal("38.0"), systolic=90, spo2=92, baseline_systolic=126),
)
VITALS_ROWS = (
    {
        "taken": "19-Nov-2026 14:20",
        "temperature": "38.6 (101.5)",
        "pressure": "84/52",
        "spo2": "94",
        "pulse": "112",
        "grade": "CRS grade 2",
        "by": "N. Brandt RN",
        "mark": "may be lowered",
        "past": ("temperature", "pressure"),
    },
    {
        "taken": "19-Nov-2026 10:00",
        "temperature": "37.7 (99.9)",
        "pressure": "118/68",
        "spo2": "",
        "pulse": "92",
        "grade": "CRS cannot grade",
        "by": "A. Silva RN",
        "past": (),
        "struck": {
            "field": "temperature",
            "text": "36.7",
            "note": "typing error, corrected by A. Silva RN, 10:06",
        },
    },
)


def course_samples() -> dict[str, Any]:
    week, day = Span(at(15, 14), at(21, 14)), Span(at(18, 15), at(19, 18))
    restarted = course_chart(
        week, NOW, course=StaircaseInput(RESTARTED), vitals=VitalsChartInput(), prefix="restarted"
    )
    trend = SparklineInput(
        Span(NOW - timedelta(hours=24), NOW),
        tuple((r.taken_at, r.temperature) for r in READINGS if r.temperature is not None),
        fever=VITALS.limits.fever,
    )
    return {
        "wide": course_chart(week, NOW, course=StaircaseInput(STAIRS, "then weekly"), vitals=VITALS),
        "narrow": narrow_vitals_chart(day, NOW, vitals=VITALS),
        "phone": narrow_vitals_chart(day, NOW, vitals=VITALS, prefix="phone"),
        "restarted": restarted,
        "stairs": STAIRS,
        "vitals_rows": VITALS_ROWS,
        "trend": sparkline(trend),
    }
