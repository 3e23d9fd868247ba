"""Courses and doses: plan one, ask what a day would bring, record a dose that two people gave and checked."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import api_view, permission_classes
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from dosing_portal.kernel import clock, door
from dosing_portal.kernel.address import client_address
from dosing_portal.kernel.api import KEY, Strict, allowed_to, choices_of, key_of, read, signed_in
from dosing_portal.kernel.models import Staff
from dosing_portal.kernel.permissions import Permission
from patients import selectors as people
from patients.errors import AlreadyRecorded
from protocols.rules.window import DelayReason
from schedules.selectors import courses as selectors
from schedules.selectors import plans
from schedules.selectors.api_records import course_answer, courses_of
from schedules.selectors.sheet import Basis, Drawn
from schedules.services import courses, dosing


class GivenOut(serializers.Serializer[Any]):
    given_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    amount_mg = serializers.DecimalField(max_digits=8, decimal_places=3)
    volume_ml = serializers.DecimalField(max_digits=7, decimal_places=3, allow_null=True)
    vial = serializers.CharField()
    vials = serializers.IntegerField()
    site = serializers.CharField()
    lot = serializers.CharField()
    given_by = serializers.CharField()
    checked_by = serializers.CharField()
    deviation_reason = serializers.CharField(allow_blank=True)
    unconfirmed = serializers.BooleanField()


class PlannedOut(serializers.Serializer[Any]):
    ordinal = serializers.IntegerField()
    dose = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment] # a field of that name
    state = serializers.CharField()
    setting = serializers.CharField()
    planned_on = serializers.DateField()
    earliest_on = serializers.DateField(allow_null=True)
    latest_on = serializers.DateField(allow_null=True)
    latest_if_reaction_on = serializers.DateField(allow_null=True)
    given = GivenOut(allow_null=True)


class CourseOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    patient = serializers.UUIDField()
    protocol = serializers.CharField()
    version = serializers.IntegerField()
    regimen = serializers.CharField()
    schedule = serializers.CharField()
    starts_on = serializers.DateField()
    state = serializers.CharField()
    ended_at = serializers.DateTimeField(allow_null=True)
    end_reason = serializers.CharField(allow_blank=True)
    doses = PlannedOut(many=True)


class StartIn(Strict):
    """``setting``: where the center gives the doses that the label has in hospital."""

    version = serializers.UUIDField()
    starts_on = serializers.DateField()
    setting = serializers.ChoiceField(choices=[plans.HOSPITAL, plans.OUTPATIENT])


class EndIn(Strict):
    reason = serializers.CharField(max_length=300)


class WhatIfOut(serializers.Serializer[Any]):
    verdict = serializers.CharField()
    action = serializers.CharField()
    next_dose = serializers.CharField(allow_null=True)
    premedication = serializers.BooleanField(allow_null=True)
    caution = serializers.BooleanField()
    because = serializers.ListField(child=serializers.CharField())
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment] # a field of that name
    confirmed = serializers.BooleanField()


class AdministerIn(Strict):
    """What was given. The second person signs with user name and password, as on the page."""

    given_at = serializers.DateTimeField()
    product = serializers.CharField(max_length=60)
    vial = serializers.CharField(max_length=40)
    site = serializers.CharField(max_length=40)
    lot = serializers.CharField(max_length=40)
    basis = serializers.ChoiceField(choices=choices_of(Basis), required=False)
    seen = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    premedicated_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    delay = serializers.ChoiceField(choices=choices_of(DelayReason), required=False)
    deviation_reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    checker_username = serializers.CharField(max_length=80)
    checker_password = serializers.CharField(max_length=128, trim_whitespace=False)


@extend_schema(
    operation_id="courses_list",
    methods=["GET"],
    summary="The courses of a patient with their doses, newest first",
    responses=CourseOut(many=True),
)
@extend_schema(
    operation_id="courses_start",
    methods=["POST"],
    summary="Start a course on an active protocol version",
    request=StartIn,
    responses={201: CourseOut, 200: CourseOut},
)
@api_view(["GET", "POST"])
@permission_classes([allowed_to(Permission.VIEW_PATIENT, writing=Permission.PLAN_COURSE)])
def patient_courses(request: Request, patient_id: uuid.UUID) -> Response:
    staff = signed_in(request)
    if request.method == "GET":
        return Response(CourseOut(courses_of(staff, patient_id), many=True).data)
    people.patient_for(staff, patient_id)
    said = read(StartIn, request.data)
    code: int = status.HTTP_201_CREATED
    try:
        course = courses.start(
            patient_id=patient_id,
            version_id=said["version"],
            starts_on=said["starts_on"],
            setting=said["setting"],
            by=staff,
            at=clock.now(),
        )
    except AlreadyRecorded as known:
        course, code = known.row, status.HTTP_200_OK  # type: ignore[assignment]
    return Response(CourseOut(course_answer(staff, course.pk)).data, status=code)


@extend_schema(operation_id="courses_read", summary="One course with its doses", responses=CourseOut)
@api_view(["GET"])
@permission_classes([allowed_to(Permission.VIEW_PATIENT)])
def course(request: Request, course_id: uuid.UUID) -> Response:
    return Response(CourseOut(course_answer(signed_in(request), course_id)).data)


@extend_schema(operation_id="courses_end", summary="End a course", request=EndIn, responses=CourseOut)
@api_view(["POST"])
@permission_classes([allowed_to(Permission.PLAN_COURSE)])
def course_end(request: Request, course_id: uuid.UUID) -> Response:
    staff = signed_in(request)
    selectors.course_for(staff, course_id)
    said = read(EndIn, request.data)
    courses.end(course_id=course_id, reason=said["reason"], by=staff, at=clock.now())
    return Response(CourseOut(course_answer(staff, course_id)).data)


@extend_schema(
    operation_id="courses_what_if",
    summary="What the record asks if the next dose is on a day",
    parameters=[OpenApiParameter("on", str, OpenApiParameter.QUERY, required=True, description="2026-11-22")],
    responses=WhatIfOut,
)
@api_view(["GET"])
@permission_classes([allowed_to(Permission.VIEW_PATIENT)])
def course_what_if(request: Request, course_id: uuid.UUID) -> Response:
    found = selectors.course_for(signed_in(request), course_id)
    on = serializers.DateField().run_validation(request.query_params.get("on", ""))
    delay = selectors.delayed(found)
    if delay is None:
        raise ValidationError({"on": ["This course has no dose given yet, or has ended."]})
    proposal = plans.after_delay(
        spec=delay.spec,
        last_dose=delay.last.dose,
        last_given_at=delay.last.given_at,
        planned_on=on,
        center=delay.center,
        setting=plans.OUTPATIENT,
    )
    return Response(WhatIfOut(proposal.answer).data)


@extend_schema(
    operation_id="doses_administer",
    summary="Record the next dose: given by one person, checked by another",
    parameters=[KEY],
    request=AdministerIn,
    responses={201: CourseOut, 200: CourseOut},
)
@api_view(["POST"])
@permission_classes([allowed_to(Permission.LOG_DOSE)])
def dose_administer(request: Request, course_id: uuid.UUID, ordinal: int) -> Response:
    staff = signed_in(request)
    planned = selectors.planned_for(staff, course_id, ordinal)
    key = key_of(request)
    said = read(AdministerIn, request.data)
    code: int = status.HTTP_201_CREATED
    try:
        dosing.give(
            course_id=planned.course_id,
            ordinal=planned.ordinal,
            given_at=said["given_at"],
            drawn=_drawn(said),
            premedicated_at=said["premedicated_at"],
            checker=_second_person(request, said),
            client_key=key,
            by=staff,
            at=clock.now(),
            deviation_reason=said["deviation_reason"],
            delay=DelayReason(said["delay"]) if "delay" in said else None,
        )
    except AlreadyRecorded:
        code = status.HTTP_200_OK
    return Response(CourseOut(course_answer(staff, course_id)).data, status=code)


def _drawn(said: dict[str, Any]) -> Drawn:
    return Drawn(
        product=said["product"],
        vial=said["vial"],
        site=said["site"],
        lot=said["lot"],
        basis=Basis(said["basis"]) if "basis" in said else None,
        seen=said["seen"],
    )


def _second_person(request: Request, said: dict[str, Any]) -> Staff:
    """Who checked the dose, slowed down as at the door. Raises ``ValidationError``."""
    answer = door.recognize(
        username=said["checker_username"],
        password=said["checker_password"],
        address=client_address(request),
        at=clock.now(),
    )
    if answer.staff is None:
        held = "Too many tries. Wait, then try again." if answer.held_until else ""
        wrong = "This user name and password do not belong together."
        raise ValidationError({"checker_password": [held or wrong]})
    return answer.staff
