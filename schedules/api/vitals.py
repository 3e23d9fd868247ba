"""Vital signs in, graded: one reading or a batch, through the same service as the page."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import api_view, permission_classes
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from dosing_portal.kernel import clock
from dosing_portal.kernel.api import allowed_to, client_key, signed_in
from dosing_portal.kernel.permissions import Permission
from patients.errors import AlreadyRecorded, FactRefused
from patients.models import Patient
from patients.services.observations import ReadingContext
from protocols.api_readings import ReadingIn
from protocols.rules import values
from schedules.api.alerts import AlertOut
from schedules.api.gradings import GradingOut
from schedules.errors import NoProtocol
from schedules.selectors.api import saved_reading
from schedules.services import monitoring

BATCH_LIMIT = 100


class VitalsIn(ReadingIn):
    """One set of observations of a patient. What is left out was not measured."""

    taken_at = serializers.DateTimeField(required=False)
    location = serializers.ChoiceField(
        choices=["home", "clinic", "ed", "hospital"], required=False, allow_blank=True, default=""
    )
    reported_by = serializers.ChoiceField(
        choices=["staff", "patient", "caregiver"], required=False, default="staff"
    )
    idempotency_key = serializers.CharField(max_length=100, required=False)


# --- what goes out ------------------------------------------------------------------------------------


class VitalsOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    patient = serializers.UUIDField()
    taken_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    crs = GradingOut(allow_null=True)
    icans = GradingOut(allow_null=True)
    findings = serializers.ListField(child=serializers.CharField())
    events = serializers.ListField(child=serializers.UUIDField())
    alerts = AlertOut(many=True)


# --- vitals -------------------------------------------------------------------------------------------


@extend_schema(
    operation_id="vitals_create",
    summary="Save one set of vital signs, or a batch",
    request=VitalsIn,
    responses={201: VitalsOut, 200: VitalsOut},
    parameters=[
        OpenApiParameter(
            "Idempotency-Key",
            str,
            OpenApiParameter.HEADER,
            description="Required for one reading. The same key saves once and answers the same.",
        )
    ],
    description=(
        "A JSON object is one reading. A JSON list is a batch of up to 100, oldest first: each item names "
        "its own idempotency_key, is saved by itself, and is answered in its place with its own status."
    ),
)
@api_view(["POST"])
@permission_classes([allowed_to(Permission.LOG_VITALS)])
def vitals(request: Request, patient_id: uuid.UUID) -> Response:
    if isinstance(request.data, list):
        return _batch(request, patient_id, request.data)
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key:
        raise ValidationError({"Idempotency-Key": ["Send this header: the same key never saves twice."]})
    code, body = _save(request, patient_id, request.data, key)
    return Response(body, status=code)


def _batch(request: Request, patient_id: uuid.UUID, items: Sequence[Any]) -> Response:
    if not items or len(items) > BATCH_LIMIT:
        raise ValidationError({"batch": [f"Send 1 to {BATCH_LIMIT} readings."]})
    return Response([_answer(request, patient_id, item) for item in items], status=status.HTTP_200_OK)


def _answer(request: Request, patient_id: uuid.UUID, item: Any) -> dict[str, Any]:
    """One reading of a batch: an error is answered in its place and stops no other."""
    key = item.get("idempotency_key", "") if isinstance(item, Mapping) else ""
    if not key:
        body: Any = {"idempotency_key": ["Each reading of a batch needs its own key."]}
        return {"status": status.HTTP_400_BAD_REQUEST, "body": body}
    try:
        code, body = _save(request, patient_id, item, str(key))
    except ValidationError as error:
        code, body = status.HTTP_400_BAD_REQUEST, error.detail
    return {"status": code, "body": body}


def _save(request: Request, patient_id: uuid.UUID, data: Any, key: str) -> tuple[int, Any]:
    form = VitalsIn(data=data)
    form.is_valid(raise_exception=True)
    facts, at = form.validated_data, clock.now()
    reading = form.vitals(facts)
    if reading == values.VitalSigns():
        raise ValidationError({"vitals": ["Nothing was measured: send at least one value."]})
    try:
        outcome = monitoring.log_vitals(
            patient_id=patient_id,
            vitals=reading,
            context=ReadingContext(location=facts["location"], reported_by=facts["reported_by"]),
            taken_at=facts.get("taken_at", at),
            client_key=client_key(key),
            by=signed_in(request),
            at=at,
        )
    except Patient.DoesNotExist:
        raise Http404 from None
    except AlreadyRecorded as known:
        return _known(known.row, patient_id)
    except FactRefused as refused:
        raise ValidationError({refused.field: [refused.sentence]}) from refused
    except NoProtocol as missing:
        raise ValidationError({"protocol": [str(missing)]}) from missing
    assert outcome.observation is not None  # noqa: S101 - log_vitals always makes one
    return status.HTTP_201_CREATED, VitalsOut(saved_reading(outcome.observation.pk)).data


def _known(row: Any, patient_id: uuid.UUID) -> tuple[int, Any]:
    """The answer of the first time; a key of another patient's reading is a mistake, not a repeat."""
    if row.patient_id != patient_id:
        raise ValidationError({"Idempotency-Key": ["This key saved a reading of another patient."]})
    return status.HTTP_200_OK, VitalsOut(saved_reading(row.pk)).data
