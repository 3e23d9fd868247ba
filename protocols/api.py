"""The calculators as JSON: grade, restart, dose. No patient, nothing saved."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from dosing_portal.kernel.api import Strict, allowed_to, read, signed_in
from dosing_portal.kernel.permissions import Permission
from protocols import selectors
from protocols.api_readings import ReadingIn
from protocols.library import UnknownRegimenError
from protocols.library.standards import shipped_spec
from protocols.rules import dosing, stepup, triage, vitals
from protocols.rules.regimen import Regimen, Schedule, UnknownDoseError, UnknownScheduleError
from protocols.rules.values import Entry, EntryKind, InterventionKind, Temperature, VitalSigns
from protocols.rules.window import DaysSince, days_between

LONGEST_DAYS = 3650


class OfScheduleIn(Strict):
    regimen = serializers.CharField(max_length=40)
    schedule = serializers.CharField(max_length=40, required=False)


class RestartIn(OfScheduleIn):
    """Whole calendar days, or both times: then the center's zone counts the days."""

    last_dose = serializers.CharField(max_length=20)
    days_since = serializers.IntegerField(min_value=0, max_value=LONGEST_DAYS, required=False)
    last_given = serializers.DateTimeField(required=False)
    planned = serializers.DateTimeField(required=False)


class RestartOut(serializers.Serializer[Any]):
    verdict = serializers.CharField()
    action = serializers.CharField()
    next_dose = serializers.CharField(allow_null=True)
    premedication = serializers.BooleanField(allow_null=True)
    caution = serializers.BooleanField()
    because = serializers.ListField(child=serializers.CharField())
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment] # a field of that name
    confirmed = serializers.BooleanField()


class DoseIn(OfScheduleIn):
    dose = serializers.CharField(max_length=20)
    weight_kg = serializers.DecimalField(max_digits=6, decimal_places=2, min_value=1, required=False)
    vials = serializers.ListField(child=serializers.CharField(max_length=40), required=False, max_length=10)
    product = serializers.CharField(max_length=60, required=False)


class DoseOut(serializers.Serializer[Any]):
    mg = serializers.DecimalField(max_digits=12, decimal_places=6, allow_null=True)
    ml = serializers.DecimalField(max_digits=12, decimal_places=6, allow_null=True)
    band_mg = serializers.DecimalField(max_digits=12, decimal_places=6, allow_null=True)
    band_ml = serializers.DecimalField(max_digits=12, decimal_places=6, allow_null=True)
    vials_needed = serializers.IntegerField(allow_null=True)
    injections = serializers.IntegerField(allow_null=True)
    accept = serializers.BooleanField()
    objections = serializers.ListField(child=serializers.CharField())
    refused = serializers.ListField(child=serializers.CharField())
    because = serializers.ListField(child=serializers.CharField())
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment] # a field of that name
    confirmed = serializers.BooleanField()


def _chosen(request: Request, asked: dict[str, Any]) -> tuple[Regimen, Schedule]:
    """The record asked about, with what the center confirmed. Raises ``ValidationError`` beside the name."""
    try:
        regimen = selectors.regimen_for(signed_in(request), asked["regimen"])
        return regimen, regimen.schedule(asked.get("schedule"))
    except UnknownRegimenError as error:
        raise ValidationError({"regimen": [str(error)]}) from error
    except UnknownScheduleError as error:
        raise ValidationError({"schedule": [str(error)]}) from error


@extend_schema(
    operation_id="calculators_restart",
    summary="What to give after so many days",
    request=RestartIn,
    responses=RestartOut,
)
@api_view(["POST"])
@permission_classes([allowed_to(Permission.USE_CALCULATORS)])
def restart(request: Request) -> Response:
    asked = read(RestartIn, request.data)
    regimen, schedule = _chosen(request, asked)
    since = _since(request, asked)
    try:
        answer = stepup.restart(regimen, schedule, asked["last_dose"], since)
    except UnknownDoseError as error:
        raise ValidationError({"last_dose": [str(error)]}) from error
    return Response(RestartOut(answer).data)


def _since(request: Request, asked: dict[str, Any]) -> DaysSince:
    given, planned = asked.get("last_given"), asked.get("planned")
    if given is not None and planned is not None:
        if planned < given:
            raise ValidationError({"planned": ["The next dose lies before the last one."]})
        return days_between(given, planned, signed_in(request).center.zone)
    if "days_since" not in asked:
        raise ValidationError({"days_since": ["Send days_since, or last_given and planned."]})
    return DaysSince(asked["days_since"])


@extend_schema(
    operation_id="calculators_dose",
    summary="Amount, volume and vials of a dose, with the arithmetic",
    request=DoseIn,
    responses=DoseOut,
)
@api_view(["POST"])
@permission_classes([allowed_to(Permission.USE_CALCULATORS)])
def dose(request: Request) -> Response:
    asked = read(DoseIn, request.data)
    regimen, schedule = _chosen(request, asked)
    try:
        answer = dosing.prepare(
            regimen,
            schedule,
            asked["dose"],
            asked.get("weight_kg"),
            vials=tuple(asked.get("vials", ())),
            product=asked.get("product"),
        )
    except UnknownDoseError as error:
        raise ValidationError({"dose": [str(error)]}) from error
    return Response(DoseOut(answer).data)


# --- grade --------------------------------------------------------------------------------------------


class GradeIn(ReadingIn):
    """``waived``: earlier in this event there was a fever, and then a drug that hides it."""

    waived = serializers.BooleanField(required=False, default=False)


class GradeOut(serializers.Serializer[Any]):
    toxicity = serializers.CharField()
    text = serializers.CharField()
    grade = serializers.IntegerField(allow_null=True)
    at_least = serializers.IntegerField()
    missing = serializers.ListField(child=serializers.CharField())
    cannot_grade = serializers.BooleanField()
    review = serializers.BooleanField()
    because = serializers.ListField(child=serializers.CharField())
    source = serializers.CharField(allow_null=True)  # type: ignore[assignment] # a field of that name
    confirmed = serializers.BooleanField()


class FindingOut(serializers.Serializer[Any]):
    rule = serializers.CharField()
    severity = serializers.IntegerField()
    because = serializers.CharField()


class GradesOut(serializers.Serializer[Any]):
    gradings = GradeOut(many=True)
    findings = FindingOut(many=True)


@extend_schema(
    operation_id="calculators_grade",
    summary="CRS and ICANS of one set of observations, standing alone",
    request=GradeIn,
    responses=GradesOut,
)
@api_view(["POST"])
@permission_classes([allowed_to(Permission.USE_CALCULATORS)])
def grade(request: Request) -> Response:
    form = GradeIn(data=request.data)
    form.is_valid(raise_exception=True)
    version = selectors.center_wide_version(signed_in(request).center_id)
    spec = selectors.spec(version.pk) if version else shipped_spec()
    reading = form.vitals(form.validated_data)
    timeline = [Entry(EntryKind.VITALS, vitals=reading)]
    if form.validated_data["waived"]:
        fever = VitalSigns(temperature=Temperature(spec.crs.fever_c))
        hides = Entry(EntryKind.INTERVENTION, intervention=InterventionKind.ACETAMINOPHEN)
        timeline = [Entry(EntryKind.VITALS, vitals=fever), hides, *timeline]
    assessment = triage.assess(timeline, spec)
    gradings = [found for found in (assessment.crs, assessment.icans) if found is not None]
    findings = vitals.findings(reading, spec.center.limits, None)
    return Response(GradesOut({"gradings": gradings, "findings": findings}).data)
