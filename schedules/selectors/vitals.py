"""What the log-vitals page and the history show: who judges, the baseline, the readings before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import JSONObject
from django.shortcuts import get_object_or_404

from dosing_portal.kernel.models import Staff
from patients.models import Attribution, Intervention, Observation, ToxicityGrading
from protocols import selectors as protocols
from protocols.rules.spec import ProtocolSpec
from schedules.selectors.boards import Asked, Listed
from schedules.selectors.chips import Chip, chip_of
from schedules.selectors.heads import Head

LAST = 3
"""Readings shown beside the form."""


@dataclass(frozen=True, slots=True)
class Before:
    """What was measured before: the baseline, if one is on record, and the newest readings.

    The baseline of the ICE test may be a row of its own.
    """

    baseline: Observation | None
    last: tuple[Observation, ...]
    ice_baseline: Observation | None = None


def judging(head: Head) -> ProtocolSpec | None:
    """The protocol that will grade: that of the course in force, else the center-wide section, else none.

    No statement with a course in force, at most two without.
    """
    if head.spec is not None and head.in_force:
        return head.spec
    version = protocols.center_wide_version(head.patient.center_id)
    return None if version is None else protocols.spec(version.pk)


def before(patient_id: UUID) -> Before:
    """Two statements, however long the history is."""
    rows = Observation.objects.current().filter(patient_id=patient_id)
    baselines = tuple(rows.filter(is_baseline=True).order_by("-taken_at"))
    vital_signs = rows.filter(neurologic_only=False)
    return Before(
        baseline=next((row for row in baselines if not row.neurologic_only), None),
        last=tuple(vital_signs.order_by("-taken_at", "-recorded_at")[:LAST]),
        ice_baseline=next((row for row in baselines if row.ice_score() is not None), None),
    )


def observation_for(staff: Staff, patient_id: UUID, observation_id: UUID) -> Observation:
    """One reading of a patient of the person's center, as it was stored; otherwise 404."""
    rows = Observation.objects.select_related("recorded_by", "amended_by__recorded_by")
    return get_object_or_404(rows, pk=observation_id, patient_id=patient_id, center_id=staff.center_id)


def intervention_for(staff: Staff, patient_id: UUID, intervention_id: UUID) -> Intervention:
    """One thing given to a patient of the person's center; otherwise 404."""
    rows = Intervention.objects.select_related("recorded_by")
    return get_object_or_404(rows, pk=intervention_id, patient_id=patient_id, center_id=staff.center_id)


# --- history ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PastReading:
    """A reading that stands, how it was graded, and what stood in its place before, newest first."""

    row: Observation
    crs: Chip | None
    icans: Chip | None
    earlier: tuple[Observation, ...] = ()


def history(patient_id: UUID, asked: Asked) -> Listed[PastReading]:
    """A page of readings, newest first, each with its corrections: two statements."""
    rows = (
        Observation.objects.current()
        .filter(patient_id=patient_id)
        .select_related("recorded_by")
        .annotate(graded=_suggested())
        .order_by("-taken_at", "-recorded_at")
    )
    page = asked.cut(rows)
    replaced = _replaced(patient_id)
    return asked.listed(page, (_past(row, replaced) for row in page))


def readings_between(patient_id: UUID, start: datetime, end: datetime) -> tuple[PastReading, ...]:
    """Every reading of a span, oldest first, each with its corrections: two statements."""
    named = Attribution.objects.filter(observation=OuterRef("pk")).exclude(cause="")
    rows = (
        Observation.objects.current()
        .filter(patient_id=patient_id, taken_at__gte=start, taken_at__lte=end)
        .select_related("recorded_by")
        .annotate(graded=_suggested(), other_cause=Exists(named))
        .order_by("taken_at", "recorded_at")
    )
    replaced = _replaced(patient_id)
    return tuple(_past(row, replaced) for row in rows)


def with_suggestions(rows: QuerySet[Observation]) -> QuerySet[Any]:
    """Readings with what the rules said of them, in the same statement; read by ``icans_chip``."""
    return rows.annotate(graded=_suggested())


def icans_chip(row: Any) -> Chip | None:
    graded = {item["toxicity"]: item for item in row.graded}
    return _chip("icans", graded.get("icans"))


def _suggested() -> ArraySubquery:
    """The suggested gradings of a reading, oldest first; an annotation."""
    rows = ToxicityGrading.objects.filter(observation=OuterRef("pk"), kind=ToxicityGrading.Kind.SUGGESTED)
    fields = JSONObject(toxicity="toxicity", at_least="at_least", missing="missing", cannot="cannot_grade")
    return ArraySubquery(rows.order_by("id").values(json=fields))


def _replaced(patient_id: UUID) -> Mapping[UUID, Observation]:
    rows = Observation.objects.filter(patient_id=patient_id, amended_by__isnull=False)
    return {row.pk: row for row in rows.select_related("recorded_by")}


def _past(row: Any, replaced: Mapping[UUID, Observation]) -> PastReading:
    graded = {item["toxicity"]: item for item in row.graded}
    earlier = tuple(_chain(row, replaced))
    return PastReading(row, _chip("crs", graded.get("crs")), _chip("icans", graded.get("icans")), earlier)


def _chain(row: Observation, replaced: Mapping[UUID, Observation]) -> Iterable[Observation]:
    while row.amends_id is not None:
        row = replaced[row.amends_id]
        yield row


def _chip(toxicity: str, stored: Mapping[str, Any] | None) -> Chip | None:
    if stored is None:
        return None
    text = "cannot grade" if stored["cannot"] else "at least grade" if stored["missing"] else "grade"
    return chip_of(toxicity, text, stored["at_least"])


def given(patient_id: UUID, newest: int = 50) -> tuple[Intervention, ...]:
    """What was given or taken, newest first, with entries that were taken back: one statement."""
    rows = Intervention.objects.filter(patient_id=patient_id, never_given=False)
    return tuple(rows.select_related("recorded_by", "amended_by__recorded_by").order_by("-taken_at")[:newest])
