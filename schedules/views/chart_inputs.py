"""Facts of a stretch as what the charts draw, and as the table that stands for the picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby, pairwise

from dosing_portal.kernel.models import Center
from dosing_portal.kernel.templatetags.clinical import dose, hours, moment
from patients.models import Intervention, Observation
from protocols.rules import vitals as limits_rule
from protocols.rules.spec import ProtocolSpec
from protocols.rules.values import Baseline, InterventionKind
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
    Span,
    VitalsChartInput,
)
from schedules.models import MonitoringCheck, PlannedDose
from schedules.selectors.chart import CourseLine
from schedules.selectors.chips import Chip
from schedules.selectors.vitals import PastReading

K = InterventionKind
MARKS = {
    K.PREMEDICATION: GivenKind.PREMEDICATION,
    K.ACETAMINOPHEN: GivenKind.ANTIPYRETIC,
    K.NSAID: GivenKind.ANTIPYRETIC,
    K.TOCILIZUMAB: GivenKind.TOCILIZUMAB,
    K.TOCILIZUMAB_PROPHYLAXIS: GivenKind.TOCILIZUMAB,
    K.DEXAMETHASONE: GivenKind.DEXAMETHASONE,
    K.METHYLPREDNISOLONE: GivenKind.DEXAMETHASONE,
    K.POCKET_DEXAMETHASONE: GivenKind.POCKET_DEXAMETHASONE,
}
LOWERING = frozenset(MARKS) - {K.TOCILIZUMAB, K.TOCILIZUMAB_PROPHYLAXIS}
"""Antipyretics and steroids, premedication among them: after these a temperature may be lowered."""
PAST = {
    "fever": Measure.TEMPERATURE,
    "hypotension": Measure.SYSTOLIC,
    "worsening": Measure.SYSTOLIC,
    "hypoxia": Measure.SPO2,
}
ROOM_AIR = "room_air"


def vitals_input(
    line: CourseLine, spec: ProtocolSpec | None, center: Center, at: datetime
) -> VitalsChartInput:
    """Everything under the staircase. Without a protocol there are no lines, and no value is past one."""
    return VitalsChartInput(
        readings=tuple(_reading(past, line, spec, center) for past in line.readings),
        checks=tuple(Check(center.local(check.due_at), _check_state(check)) for check in line.checks),
        given=tuple(_given(row, center) for row in line.given if K(row.kind) in MARKS),
        doses=tuple(
            center.local(row.administration.given_at)
            for row in line.doses
            if row.state == PlannedDose.State.GIVEN
        ),
        windows=tuple(_windows(line, center, at)),
        crs=_ribbon(line.readings, "crs", center, at),
        icans=_ribbon(line.readings, "icans", center, at),
        events=tuple(
            Span(center.local(event.opened_at), center.local(event.ended_at or at)) for event in line.events
        ),
        limits=_limits(line, spec),
        fahrenheit=center.temperature_unit == "F",
    )


def hidden_for(spec: ProtocolSpec | None) -> timedelta:
    """How long a drug may lower a temperature: the center's setting; nothing is said without one."""
    return timedelta(hours=float(spec.center.masked_hours)) if spec else timedelta(0)


def _limits(line: CourseLine, spec: ProtocolSpec | None) -> ChartLimits:
    baseline = line.baseline.systolic if line.baseline else None
    if spec is None:
        return ChartLimits(baseline_systolic=baseline)
    limits = spec.center.limits
    return ChartLimits(limits.fever_c, int(limits.systolic), int(limits.spo2), baseline)


# --- readings ---------------------------------------------------------------------------------------------


def _reading(past: PastReading, line: CourseLine, spec: ProtocolSpec | None, center: Center) -> Reading:
    row = past.row
    vitals = row.vitals()
    return Reading(
        taken_at=center.local(row.taken_at),
        temperature=vitals.temperature.celsius if vitals.temperature else None,
        systolic=row.systolic,
        diastolic=row.diastolic,
        spo2=row.spo2,
        past=past_limits(row, line.baseline, spec),
        lowered=is_lowered(row, line.given, spec),
        on_oxygen=_on_oxygen(row),
        other_cause=getattr(row, "other_cause", False),
    )


def past_limits(
    row: Observation, baseline: Observation | None, spec: ProtocolSpec | None
) -> frozenset[Measure]:
    """Which values of a reading are past one of the center's limits, by the rule that alarms."""
    if spec is None:
        return frozenset()
    before = Baseline(systolic=baseline.systolic) if baseline else None
    found = limits_rule.findings(row.vitals(), spec.center.limits, before)
    return frozenset(PAST[finding.rule] for finding in found if finding.rule in PAST)


def is_lowered(row: Observation, given: Iterable[Intervention], spec: ProtocolSpec | None) -> bool:
    """An antipyretic or a steroid was taken within the center's hours before this reading."""
    reach = hidden_for(spec)
    return any(
        timedelta(0) <= row.taken_at - drug.taken_at <= reach for drug in given if K(drug.kind) in LOWERING
    )


def _on_oxygen(row: Observation) -> bool:
    return bool(row.oxygen_device) and row.oxygen_device != ROOM_AIR


# --- lanes and ribbons ------------------------------------------------------------------------------------


def _check_state(check: MonitoringCheck) -> CheckState:
    if check.state == MonitoringCheck.State.DONE:
        return CheckState.DONE
    return CheckState.MISSED if check.missed_at else CheckState.DUE


def _given(row: Intervention, center: Center) -> Given:
    name = row.drug or K(row.kind).replace("_", " ")
    taken = center.local(row.taken_at)
    mg = f" {dose(row.dose_mg)}" if row.dose_mg is not None else ""
    prophylaxis = ", prophylaxis" if row.kind == K.TOCILIZUMAB_PROPHYLAXIS else ""
    mark = MARKS[K(row.kind)]
    name = "tocilizumab" if mark is GivenKind.TOCILIZUMAB else name
    words = name if mark is GivenKind.PREMEDICATION else f"{name}{mg}{prophylaxis} {taken:%H:%M}"
    return Given(taken, mark, words, short=f"{taken:%H:%M}")


def _windows(line: CourseLine, center: Center, at: datetime) -> Iterable[MonitoringSpan]:
    for number, window in enumerate(line.windows):
        start, end = center.local(window.starts_at), center.local(window.ends_at)
        following = line.windows[number + 1 :]
        end = min(end, center.local(following[0].starts_at)) if following else end
        words = f"{hours(window.ends_at - window.starts_at)} window ends {moment(window.ends_at)}"
        yield MonitoringSpan(start, end, "" if following or window.ends_at < at else words)


def _ribbon(
    readings: Sequence[PastReading], name: str, center: Center, at: datetime
) -> tuple[GradeBlock, ...]:
    """Each grade from its reading to the next one; equal neighbors are one block."""
    graded = [(past.row.taken_at, chip) for past in readings if (chip := getattr(past, name)) is not None]
    if not graded:
        return ()
    last = max(at, graded[-1][0] + timedelta(minutes=1))
    blocks = [(start, end, chip) for (start, chip), (end, _) in pairwise([*graded, (last, graded[-1][1])])]
    merged = (list(same) for _, same in groupby(blocks, key=lambda block: block[2]))
    return tuple(_block(same, center) for same in merged)


def _block(same: list[tuple[datetime, datetime, Chip]], center: Center) -> GradeBlock:
    chip = same[0][2]
    grade = None if chip.cannot else chip.grade
    return GradeBlock(center.local(same[0][0]), center.local(same[-1][1]), grade, at_least=chip.at_least)
