"""CRS and ICANS events: read them, confirm a grade, name another cause, close."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.request import Request
from rest_framework.response import Response

from dosing_portal.kernel import clock
from dosing_portal.kernel.api import PAGE, Strict, allowed_to, choices_of, page_of, read, signed_in
from dosing_portal.kernel.permissions import Permission
from protocols.rules.values import Axis
from schedules.api.gradings import GradingOut
from schedules.selectors.api_records import event_answer, events_answer
from schedules.selectors.event import event_for
from schedules.services import events as services
from schedules.services import monitoring


class EventOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    patient = serializers.UUIDField()
    toxicity = serializers.CharField()
    sequence = serializers.IntegerField()
    state = serializers.CharField()
    opened_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    closing_allowed_from = serializers.DateTimeField(allow_null=True)
    last_dose = serializers.CharField(allow_blank=True)
    onset_hours = serializers.FloatField(allow_null=True)
    duration_hours = serializers.FloatField(allow_null=True)
    current = serializers.CharField(allow_blank=True)
    max_grade = serializers.IntegerField()
    confirmed_grade = serializers.IntegerField(allow_null=True)
    confirmed_by = serializers.CharField(allow_null=True)
    revision = serializers.IntegerField()
    gradings = GradingOut(many=True)


class EventsOut(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    page = serializers.IntegerField()
    events = EventOut(many=True)


class ConfirmIn(Strict):
    """``revision`` is the one that was read: a grade is never confirmed on an event that changed since."""

    grade = serializers.IntegerField(min_value=0, max_value=5)
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    revision = serializers.IntegerField(min_value=0, max_value=2**31 - 1)


class AttributeIn(Strict):
    """An empty cause takes an attribution back. Limits keep alarming whatever is said here."""

    axis = serializers.ChoiceField(choices=choices_of(Axis))
    cause = serializers.CharField(max_length=60, allow_blank=True)
    reason = serializers.CharField(max_length=300)


class CloseIn(Strict):
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    revision = serializers.IntegerField(min_value=0, max_value=2**31 - 1)


@extend_schema(
    operation_id="events_list",
    summary="Events of the center, 50 a page: open ones worst first, or those that are over",
    parameters=[OpenApiParameter("over", bool, OpenApiParameter.QUERY), PAGE],
    responses=EventsOut,
)
@api_view(["GET"])
@permission_classes([allowed_to(Permission.VIEW_BOARDS)])
def event_list(request: Request) -> Response:
    over = request.query_params.get("over", "") in {"1", "true"}
    return Response(EventsOut(events_answer(signed_in(request), settled=over, page=page_of(request))).data)


@extend_schema(operation_id="events_read", summary="One event with its gradings", responses=EventOut)
@api_view(["GET"])
@permission_classes([allowed_to(Permission.VIEW_BOARDS)])
def event(request: Request, event_id: uuid.UUID) -> Response:
    return Response(EventOut(event_answer(signed_in(request), event_id)).data)


@extend_schema(
    operation_id="events_confirm",
    summary="Confirm the suggested grade, or set another one with a reason",
    request=ConfirmIn,
    responses=EventOut,
)
@api_view(["POST"])
@permission_classes([allowed_to(Permission.CONFIRM_GRADE)])
def event_confirm(request: Request, event_id: uuid.UUID) -> Response:
    staff = signed_in(request)
    event_for(staff, event_id)
    said = read(ConfirmIn, request.data)
    services.confirm(
        event_id=event_id,
        grade=said["grade"],
        reason=said["reason"],
        seen_revision=said["revision"],
        by=staff,
        at=clock.now(),
    )
    return Response(EventOut(event_answer(staff, event_id)).data)


@extend_schema(
    operation_id="events_attribute",
    summary="Name another cause for one axis of an event",
    request=AttributeIn,
    responses=EventOut,
)
@api_view(["POST"])
@permission_classes([allowed_to(Permission.ATTRIBUTE_CAUSE)])
def event_attribute(request: Request, event_id: uuid.UUID) -> Response:
    staff = signed_in(request)
    event_for(staff, event_id)
    said = read(AttributeIn, request.data)
    monitoring.attribute_cause(
        event_id=event_id,
        axis=Axis(said["axis"]),
        cause=said["cause"],
        reason=said["reason"],
        by=staff,
        at=clock.now(),
    )
    return Response(EventOut(event_answer(staff, event_id)).data)


@extend_schema(
    operation_id="events_close", summary="Close an event that is over", request=CloseIn, responses=EventOut
)
@api_view(["POST"])
@permission_classes([allowed_to(Permission.CLOSE_EVENT)])
def event_close(request: Request, event_id: uuid.UUID) -> Response:
    staff = signed_in(request)
    event_for(staff, event_id)
    said = read(CloseIn, request.data)
    services.close(
        event_id=event_id, seen_revision=said["revision"], reason=said["reason"], by=staff, at=clock.now()
    )
    return Response(EventOut(event_answer(staff, event_id)).data)
