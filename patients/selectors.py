"""Reads of a patient's facts: the person, and the timeline that the rules grade."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q
from django.db.models.functions import JSONObject
from django.shortcuts import get_object_or_404

from dosing_portal.kernel.models import Staff
from patients.models import (
    Attribution,
    Intervention,
    Observation,
    Patient,
    ToxicityGrading,
    WeightMeasurement,
)
from protocols.rules.values import Axis, Entry, EntryKind, InterventionKind

READING, GIVEN, DOSE = 0, 1, 2  # the order of entries of one minute: readings, then what was given


def patient_for(staff: Staff, patient_id: UUID) -> Patient:
    """The patient, if the person's center may see them; otherwise 404."""
    return get_object_or_404(Patient.objects.visible_to(staff), pk=patient_id)


def latest_weight(patient_id: UUID) -> WeightMeasurement | None:
    return WeightMeasurement.objects.filter(patient_id=patient_id).first()


@dataclass(frozen=True, slots=True)
class Timeline:
    """The rows of a span and the same as entries for the rules, in no particular order."""

    observations: tuple[Observation, ...]
    interventions: tuple[Intervention, ...]
    baseline: Observation | None
    entries: tuple[Entry, ...]

    def observation(self, ref: str) -> Observation | None:
        return next((row for row in self.observations if str(row.pk) == ref), None)


def timeline(patient_id: UUID, since: datetime) -> Timeline:
    """Everything current since an instant, and the baseline whenever it was taken: two statements.

    Attributions and the last stored grading of each toxicity come with their observation.
    """
    rows = tuple(
        Observation.objects.current()
        .filter(Q(taken_at__gte=since) | Q(is_baseline=True), patient_id=patient_id)
        .annotate(
            attributed=ArraySubquery(
                Attribution.objects.filter(observation=OuterRef("pk"))
                .order_by("id")
                .values(json=JSONObject(axis="axis", cause="cause"))
            ),
            graded=ArraySubquery(
                ToxicityGrading.objects.filter(observation=OuterRef("pk"), kind="suggested")
                .order_by("id")
                .values(
                    json=JSONObject(
                        toxicity="toxicity",
                        at_least="at_least",
                        missing="missing",
                        cannot_grade="cannot_grade",
                        review="review",
                        event="event_id",
                        because="because",
                    )
                )
            ),
        )
        .order_by(F("taken_at"), F("recorded_at"))
    )
    given = tuple(
        Intervention.objects.current().filter(patient_id=patient_id, taken_at__gte=since).order_by("taken_at")
    )
    recent = tuple(row for row in rows if row.taken_at >= since)
    baselines = [row for row in rows if row.is_baseline]
    return Timeline(
        observations=recent,
        interventions=given,
        baseline=baselines[-1] if baselines else None,
        entries=entries_of(recent, given),
    )


def entries_of(observations: Iterable[Observation], given: Iterable[Intervention]) -> tuple[Entry, ...]:
    """Rows as the values that the rules read."""
    readings = tuple(observation_entry(row) for row in observations)
    drugs = tuple(
        Entry(
            kind=EntryKind.INTERVENTION,
            at=row.taken_at,
            intervention=InterventionKind(row.kind),
            order=GIVEN,
            ref=str(row.pk),
        )
        for row in given
    )
    return readings + drugs


def observation_entry(row: Observation) -> Entry:
    causes = {item["axis"]: item["cause"] for item in getattr(row, "attributed", ())}
    return Entry(
        kind=EntryKind.VITALS,
        at=row.taken_at,
        vitals=row.vitals(),
        attributed=tuple((Axis(axis), cause) for axis, cause in causes.items() if cause),
        order=READING,
        ref=str(row.pk),
    )
