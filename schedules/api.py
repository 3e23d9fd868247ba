"""The JSON edge: vitals and acknowledgements, through the same services as the pages."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, cast

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers, status
from rest_framework.decorators import api_view, permission_classes
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dosing_portal.kernel import clock
from dosing_portal.kernel.models import Staff
from dosing_portal.kernel.permissions import Permission, may
from patients.errors import AlreadyRecorded, FactRefused
from patients.models import Patient
from patients.services.observations import ReadingContext
from protocols.rules import values
from schedules.errors import NoProtocol
from schedules.selectors.api import alert_answer, open_alerts, saved_reading
from schedules.services import alerts, monitoring

BATCH_LIMIT = 100
SMALL = 32767  # what a column holds; what is possible in a person is the protocol's to say
_KEYS = uuid.UUID("6b1f7f8a-6a41-4a0e-8b8e-0f8f4f1d9a10")  # namespace of keys that are not UUIDs themselves


def allowed_to(permission: Permission) -> type[BasePermission]:
    """A permission class of the one table; the walk over every route reads ``permission``."""

    class Allowed(BasePermission):
        def has_permission(self, request: Request, _view: APIView) -> bool:
            return bool(request.user.is_authenticated and may(request.user, permission))

    Allowed.__name__ = f"AllowedTo{permission.name.title().replace('_', '')}"
    Allowed.permission = permission  # type: ignore[attr-defined]
    return Allowed


def signed_in(request: Request) -> Staff:
    """Who asks: the permission of the view let nobody else through."""
    return cast("Staff", request.user)


# --- what comes in ------------------------------------------------------------------------------------


def _choices(names: type[StrEnum]) -> list[str]:
    return [item.value for item in names]


class TemperatureField(serializers.Serializer[Any]):
    value = serializers.DecimalField(max_digits=5, decimal_places=2)
    unit = serializers.ChoiceField(choices=_choices(values.TemperatureUnit))


class OxygenField(serializers.Serializer[Any]):
    device = serializers.ChoiceField(choices=_choices(values.OxygenDevice))
    flow_lpm = serializers.DecimalField(
        max_digits=4, decimal_places=1, min_value=0, required=False, allow_null=True
    )
    reason = serializers.ChoiceField(choices=_choices(values.OxygenReason), required=False, allow_null=True)


class IceField(serializers.Serializer[Any]):
    """Each item of the ICE test; an item left out was not tested."""

    year = serializers.BooleanField(required=False, allow_null=True, default=None)
    month = serializers.BooleanField(required=False, allow_null=True, default=None)
    city = serializers.BooleanField(required=False, allow_null=True, default=None)
    hospital = serializers.BooleanField(required=False, allow_null=True, default=None)
    objects = serializers.IntegerField(
        min_value=0, max_value=3, required=False, allow_null=True, default=None
    )
    command = serializers.BooleanField(required=False, allow_null=True, default=None)
    sentence = serializers.BooleanField(required=False, allow_null=True, default=None)
    attention = serializers.BooleanField(required=False, allow_null=True, default=None)


class Strict(serializers.Serializer[Any]):
    """A key that nobody knows is an error, not a value lost in silence."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = set(data) - set(self.fields) if isinstance(data, Mapping) else set()
        if unknown:
            raise ValidationError({name: ["Unknown key."] for name in sorted(unknown)})
        return super().to_internal_value(data)


class VitalsIn(Strict):
    """One set of observations. What is left out was not measured."""

    taken_at = serializers.DateTimeField(required=False)
    temperature = TemperatureField(required=False, allow_null=True)
    systolic = serializers.IntegerField(min_value=0, max_value=SMALL, required=False, allow_null=True)
    diastolic = serializers.IntegerField(min_value=0, max_value=SMALL, required=False, allow_null=True)
    heart_rate = serializers.IntegerField(min_value=0, max_value=SMALL, required=False, allow_null=True)
    respiratory_rate = serializers.IntegerField(min_value=0, max_value=SMALL, required=False, allow_null=True)
    spo2 = serializers.IntegerField(min_value=0, max_value=100, required=False, allow_null=True)
    hypotension = serializers.BooleanField(required=False, allow_null=True, default=None)
    hypoxia = serializers.BooleanField(required=False, allow_null=True, default=None)
    oxygen = OxygenField(required=False, allow_null=True)
    vasopressors = serializers.ListField(
        child=serializers.CharField(max_length=30), required=False, max_length=6
    )
    ice = IceField(required=False, allow_null=True)
    consciousness = serializers.ChoiceField(
        choices=_choices(values.Consciousness), required=False, allow_null=True
    )
    seizure = serializers.ChoiceField(choices=_choices(values.Seizure), required=False, default="none")
    motor = serializers.ChoiceField(choices=_choices(values.Motor), required=False, default="none")
    raised_pressure = serializers.ChoiceField(
        choices=_choices(values.RaisedPressure), required=False, default="none"
    )
    symptoms = serializers.ListField(
        child=serializers.CharField(max_length=30), required=False, max_length=20
    )
    location = serializers.ChoiceField(
        choices=["home", "clinic", "ed", "hospital"], required=False, allow_blank=True, default=""
    )
    reported_by = serializers.ChoiceField(
        choices=["staff", "patient", "caregiver"], required=False, default="staff"
    )
    idempotency_key = serializers.CharField(max_length=100, required=False)

    def vitals(self, data: Mapping[str, Any]) -> values.VitalSigns:
        temperature, oxygen = data.get("temperature"), data.get("oxygen")
        ice, consciousness = data.get("ice"), data.get("consciousness")
        return values.VitalSigns(
            temperature=values.Temperature(temperature["value"], values.TemperatureUnit(temperature["unit"]))
            if temperature
            else None,
            oxygen=values.Oxygen(
                values.OxygenDevice(oxygen["device"]),
                oxygen.get("flow_lpm"),
                values.OxygenReason(oxygen["reason"]) if oxygen.get("reason") else None,
            )
            if oxygen
            else None,
            ice=values.IceScore(**ice) if ice and any(item is not None for item in ice.values()) else None,
            consciousness=values.Consciousness(consciousness) if consciousness else None,
            seizure=values.Seizure(data["seizure"]),
            motor=values.Motor(data["motor"]),
            raised_pressure=values.RaisedPressure(data["raised_pressure"]),
            vasopressors=tuple(data.get("vasopressors", ())),
            symptoms=tuple(data.get("symptoms", ())),
            **{name: data.get(name) for name in _PLAIN},
        )


_PLAIN = ("systolic", "diastolic", "heart_rate", "respiratory_rate", "spo2", "hypotension", "hypoxia")


# --- what goes out ------------------------------------------------------------------------------------


class GradingOut(serializers.Serializer[Any]):
    text = serializers.CharField()
    grade = serializers.IntegerField(allow_null=True)
    at_least = serializers.IntegerField()
    missing = serializers.ListField(child=serializers.CharField())
    cannot_grade = serializers.BooleanField()
    review = serializers.BooleanField()
    because = serializers.ListField(child=serializers.CharField())
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment] # a field of that name


class AlertOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    patient = serializers.UUIDField()
    kind = serializers.CharField()
    severity = serializers.CharField()
    because = serializers.CharField()
    state = serializers.CharField()
    raised_at = serializers.DateTimeField()
    rung = serializers.IntegerField()
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    acknowledged_by = serializers.CharField(allow_null=True)


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


def client_key(key: str) -> uuid.UUID:
    """A client's key as the UUID that the database holds unique."""
    try:
        return uuid.UUID(key)
    except ValueError:
        return uuid.uuid5(_KEYS, key)


# --- alerts -------------------------------------------------------------------------------------------


@extend_schema(
    operation_id="alerts_list",
    summary="Alerts of the center that are not resolved",
    responses=AlertOut(many=True),
)
@api_view(["GET"])
@permission_classes([allowed_to(Permission.VIEW_BOARDS)])
def alert_list(request: Request) -> Response:
    return Response(AlertOut(open_alerts(signed_in(request)), many=True).data)


@extend_schema(
    operation_id="alerts_acknowledge",
    summary="Say “I have this”",
    request=inline_serializer("Nothing", {}),
    responses=AlertOut,
    description="Idempotent: a second person is answered with who has it.",
)
@api_view(["POST"])
@permission_classes([allowed_to(Permission.ACKNOWLEDGE_ALERT)])
def alert_acknowledge(request: Request, alert_id: uuid.UUID) -> Response:
    answer = alert_answer(signed_in(request), alert_id)
    alerts.acknowledge(alert_id=answer.id, by=signed_in(request), at=clock.now(), via="api")
    return Response(AlertOut(alert_answer(signed_in(request), alert_id)).data)


for _view, _permission in (
    (vitals, Permission.LOG_VITALS),
    (alert_list, Permission.VIEW_BOARDS),
    (alert_acknowledge, Permission.ACKNOWLEDGE_ALERT),
):
    _view.permission = _permission  # type: ignore[union-attr]  # what the walk over every route reads
