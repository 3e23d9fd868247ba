"""What a patient was given or took: recorded once, or taken back with a reason."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import api_view, permission_classes
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from dosing_portal.kernel import clock
from dosing_portal.kernel.api import (
    KEY,
    PAGE,
    Strict,
    allowed_to,
    choices_of,
    key_of,
    page_of,
    read,
    signed_in,
)
from dosing_portal.kernel.permissions import Permission
from patients import selectors as people
from patients.errors import AlreadyRecorded
from patients.models import Place, Purpose
from patients.services.interventions import Given
from protocols.rules.values import InterventionKind
from schedules.selectors.api_records import intervention_answer, interventions_of
from schedules.selectors.vitals import intervention_for
from schedules.services import monitoring, treatments


class InterventionOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    patient = serializers.UUIDField()
    kind = serializers.CharField()
    drug = serializers.CharField(allow_blank=True)
    taken_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    recorded_by = serializers.CharField()
    dose_mg = serializers.DecimalField(max_digits=7, decimal_places=2, allow_null=True)
    volume_ml = serializers.DecimalField(max_digits=7, decimal_places=1, allow_null=True)
    route = serializers.CharField(allow_blank=True)
    purpose = serializers.CharField()
    place = serializers.CharField(allow_blank=True)
    arithmetic = serializers.ListField(child=serializers.CharField())
    let_pass = serializers.ListField(child=serializers.CharField())
    override_reason = serializers.CharField(allow_blank=True)
    note = serializers.CharField(allow_blank=True)


class InterventionsOut(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    page = serializers.IntegerField()
    interventions = InterventionOut(many=True)


class InterventionIn(Strict):
    kind = serializers.ChoiceField(choices=choices_of(InterventionKind))
    drug = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")
    taken_at = serializers.DateTimeField(required=False)
    dose_mg = serializers.DecimalField(max_digits=7, decimal_places=2, min_value=0, required=False)
    volume_ml = serializers.DecimalField(max_digits=7, decimal_places=1, min_value=0, required=False)
    route = serializers.CharField(max_length=20, required=False, allow_blank=True, default="")
    purpose = serializers.ChoiceField(Purpose.choices, required=False, default=Purpose.TREATMENT)
    place = serializers.ChoiceField(Place.choices, required=False, allow_blank=True, default="")
    override_reason = serializers.CharField(max_length=250, required=False, allow_blank=True, default="")
    note = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for name in ("dose_mg", "volume_ml"):
            if attrs.get(name) == 0:
                raise ValidationError({name: ["Write more than 0, or leave it out."]})
        return attrs


class TakeBackIn(Strict):
    reason = serializers.CharField(max_length=300)


@extend_schema(
    operation_id="interventions_list",
    methods=["GET"],
    summary="What stands as given to a patient, newest first, 50 a page",
    parameters=[PAGE],
    responses=InterventionsOut,
)
@extend_schema(
    operation_id="interventions_create",
    methods=["POST"],
    summary="Record what a patient was given or took; grading follows at once",
    parameters=[KEY],
    request=InterventionIn,
    responses={201: InterventionOut, 200: InterventionOut},
)
@api_view(["GET", "POST"])
@permission_classes([allowed_to(Permission.VIEW_PATIENT, writing=Permission.LOG_VITALS)])
def interventions(request: Request, patient_id: uuid.UUID) -> Response:
    staff = signed_in(request)
    if request.method == "GET":
        return Response(InterventionsOut(interventions_of(staff, patient_id, page_of(request))).data)
    people.patient_for(staff, patient_id)
    key, said, at = key_of(request), read(InterventionIn, request.data), clock.now()
    facts = {name: said.get(name, nothing) for name, nothing in _NOTHING.items()}
    given = Given(kind=InterventionKind(said["kind"]), **facts)
    try:
        outcome = treatments.give(
            patient_id=patient_id,
            given=given,
            taken_at=said.get("taken_at", at),
            client_key=key,
            by=staff,
            at=at,
        )
    except AlreadyRecorded as known:
        return _known(known.row, patient_id)
    assert outcome.intervention is not None  # noqa: S101 - give always makes one
    found = InterventionOut(intervention_answer(outcome.intervention)).data
    return Response(found, status=status.HTTP_201_CREATED)


_NOTHING: dict[str, Any] = {
    "drug": "",
    "dose_mg": None,
    "volume_ml": None,
    "route": "",
    "note": "",
    "purpose": Purpose.TREATMENT,
    "place": "",
    "override_reason": "",
}


def _known(row: Any, patient_id: uuid.UUID) -> Response:
    """The answer of the first time; a key of another patient's entry is a mistake, not a repeat."""
    if row.patient_id != patient_id:
        raise ValidationError({"Idempotency-Key": ["This key saved an entry of another patient."]})
    return Response(InterventionOut(intervention_answer(row)).data)


@extend_schema(
    operation_id="interventions_take_back",
    summary="Say that an entry was wrong and nothing was given",
    parameters=[KEY],
    request=TakeBackIn,
    responses={200: InterventionOut},
)
@api_view(["POST"])
@permission_classes([allowed_to(Permission.LOG_VITALS)])
def intervention_take_back(request: Request, patient_id: uuid.UUID, intervention_id: uuid.UUID) -> Response:
    staff = signed_in(request)
    intervention_for(staff, patient_id, intervention_id)
    key, said = key_of(request), read(TakeBackIn, request.data)
    try:
        outcome = monitoring.take_back_intervention(
            intervention_id=intervention_id, reason=said["reason"], client_key=key, by=staff, at=clock.now()
        )
    except AlreadyRecorded as known:
        return Response(InterventionOut(intervention_answer(known.row)).data)  # type: ignore[arg-type]
    assert outcome.intervention is not None  # noqa: S101 - taking back always makes a row
    return Response(InterventionOut(intervention_answer(outcome.intervention)).data)
