"""People as facts: find one, register one, weigh one."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import api_view, permission_classes
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from dosing_portal.kernel import clock
from dosing_portal.kernel.api import PAGE, Strict, allowed_to, page_of, read, signed_in
from dosing_portal.kernel.permissions import Permission
from patients import selectors
from patients.facts import PersonFacts
from patients.forms.person import PersonFields
from patients.models import Patient
from patients.services import registration


class WeightOut(serializers.Serializer[Any]):
    kg = serializers.DecimalField(max_digits=6, decimal_places=2)
    measured_on = serializers.DateField()


class PatientOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    mrn = serializers.CharField()
    family_name = serializers.CharField()
    given_name = serializers.CharField()
    birth_date = serializers.DateField()
    sex = serializers.CharField()
    allergy_status = serializers.CharField()
    allergies = serializers.CharField(allow_blank=True)
    code_status = serializers.CharField()
    phone = serializers.CharField(allow_blank=True)
    nearest_ed = serializers.CharField(allow_blank=True)
    weight = WeightOut(allow_null=True)


class PatientsOut(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    page = serializers.IntegerField()
    patients = PatientOut(many=True)


class PatientIn(Strict):
    mrn = serializers.CharField(max_length=40)
    family_name = serializers.CharField(max_length=80)
    given_name = serializers.CharField(max_length=80)
    birth_date = serializers.DateField()
    sex = serializers.ChoiceField(choices=Patient.Sex.choices)
    allergy_status = serializers.ChoiceField(choices=Patient.AllergyStatus.choices)
    allergies = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    code_status = serializers.ChoiceField(choices=Patient.CodeStatus.choices)
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    nearest_ed = serializers.CharField(max_length=160, required=False, allow_blank=True, default="")


class WeightIn(Strict):
    value = serializers.DecimalField(max_digits=6, decimal_places=2, min_value=1)
    unit = serializers.ChoiceField(choices=["kg", "lb"])
    measured_on = serializers.DateField()


@extend_schema(
    operation_id="patients_list",
    methods=["GET"],
    summary="Patients of the center by name, 50 a page",
    parameters=[OpenApiParameter("q", str, OpenApiParameter.QUERY, description="Name or MRN."), PAGE],
    responses=PatientsOut,
)
@extend_schema(
    operation_id="patients_create",
    methods=["POST"],
    summary="Register a patient; the MRN is unique in the center",
    request=PatientIn,
    responses={201: PatientOut},
)
@api_view(["GET", "POST"])
@permission_classes([allowed_to(Permission.VIEW_PATIENT, writing=Permission.REGISTER_PATIENT)])
def patients(request: Request) -> Response:
    staff = signed_in(request)
    if request.method == "POST":
        saved = registration.register(facts=_facts(request), by=staff, at=clock.now())
        found = PatientOut(selectors.person_answer(staff, saved.pk)).data
        return Response(found, status=status.HTTP_201_CREATED)
    listed = selectors.people_answer(staff, request.query_params.get("q", ""), page_of(request))
    return Response(PatientsOut(listed).data)


def _facts(request: Request) -> PersonFacts:
    """The body under the rules of the page's form: what must go together, and what no person can have."""
    given = read(PatientIn, request.data)
    center = signed_in(request).center
    form = PersonFields(given, center=center, at=clock.now())
    if not form.is_valid():
        raise ValidationError({name: [str(line) for line in lines] for name, lines in form.errors.items()})
    return form.facts()


@extend_schema(operation_id="patients_read", summary="One patient", responses=PatientOut)
@api_view(["GET"])
@permission_classes([allowed_to(Permission.VIEW_PATIENT)])
def patient(request: Request, patient_id: uuid.UUID) -> Response:
    return Response(PatientOut(selectors.person_answer(signed_in(request), patient_id)).data)


@extend_schema(
    operation_id="patients_weigh",
    summary="Append a weight with its day",
    request=WeightIn,
    responses={201: PatientOut},
)
@api_view(["POST"])
@permission_classes([allowed_to(Permission.REGISTER_PATIENT)])
def weights(request: Request, patient_id: uuid.UUID) -> Response:
    staff = signed_in(request)
    selectors.patient_for(staff, patient_id)
    given = read(WeightIn, request.data)
    registration.record_weight(patient_id=patient_id, by=staff, at=clock.now(), **given)
    found = PatientOut(selectors.person_answer(staff, patient_id)).data
    return Response(found, status=status.HTTP_201_CREATED)
