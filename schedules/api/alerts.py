"""Alerts: what nobody has answered, "I have this", and done."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.request import Request
from rest_framework.response import Response

from dosing_portal.kernel import clock
from dosing_portal.kernel.api import Strict, allowed_to, read, signed_in
from dosing_portal.kernel.permissions import Permission
from schedules.selectors.api import alert_answer, open_alerts
from schedules.services import alerts


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


class ResolveIn(Strict):
    reason = serializers.CharField(max_length=300)


@extend_schema(
    operation_id="alerts_list",
    summary="Alerts of the center that are not resolved",
    responses=AlertOut(many=True),
)
@api_view(["GET"])
@permission_classes([allowed_to(Permission.VIEW_BOARDS)])
def alert_list(request: Request) -> Response:
    return Response(AlertOut(open_alerts(signed_in(request)), many=True).data)


@extend_schema(operation_id="alerts_read", summary="One alert", responses=AlertOut)
@api_view(["GET"])
@permission_classes([allowed_to(Permission.VIEW_BOARDS)])
def alert(request: Request, alert_id: uuid.UUID) -> Response:
    return Response(AlertOut(alert_answer(signed_in(request), alert_id)).data)


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


@extend_schema(
    operation_id="alerts_resolve",
    summary="Say what was done about an alert that somebody has",
    request=ResolveIn,
    responses=AlertOut,
)
@api_view(["POST"])
@permission_classes([allowed_to(Permission.ACKNOWLEDGE_ALERT)])
def alert_resolve(request: Request, alert_id: uuid.UUID) -> Response:
    answer = alert_answer(signed_in(request), alert_id)
    said = read(ResolveIn, request.data)
    alerts.resolve(alert_id=answer.id, reason=said["reason"], by=signed_in(request), at=clock.now())
    return Response(AlertOut(alert_answer(signed_in(request), alert_id)).data)
