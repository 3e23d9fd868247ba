"""The whole API against its own document: whatever a client sends, it is answered and never breaks."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
import requests
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.authtoken.models import Token

from dosing_portal.kernel.models import Staff
from patients.models import Intervention
from schedules.models import Alert
from tests.factories import InterventionFactory
from tests.ward import Ward

DOOR = "token_create"  # its throttle would answer in place of the rest; tests/web/test_sign_in.py tries it
EXAMPLES = 12


@cache
def operations() -> dict[str, Any]:
    """Every operation of the API by its id, as its own document describes it."""
    document = Client().get("/api/v1/schema/", headers={"Accept": "application/json"}).json()
    schema = schemathesis.openapi.from_dict(document)
    found: list[Any] = [result.ok() for result in schema.get_all_operations()]  # type: ignore[union-attr]
    return {operation.definition.raw["operationId"]: operation for operation in found}


NAMES = (
    "alerts_acknowledge",
    "alerts_list",
    "alerts_read",
    "alerts_resolve",
    "calculators_dose",
    "calculators_grade",
    "calculators_restart",
    "courses_end",
    "courses_list",
    "courses_read",
    "courses_start",
    "courses_what_if",
    "doses_administer",
    "events_attribute",
    "events_close",
    "events_confirm",
    "events_list",
    "events_read",
    "interventions_create",
    "interventions_list",
    "interventions_take_back",
    "patients_create",
    "patients_list",
    "patients_read",
    "patients_weigh",
    "vitals_create",
)


@pytest.mark.django_db
def test_the_list_is_the_whole_api() -> None:
    assert sorted({*operations()} - {DOOR}) == list(NAMES)


@pytest.fixture
def things() -> tuple[Staff, dict[str, str]]:
    """A physician, and one real thing of her center for each name in an address."""
    ward = Ward.dosed()
    outcome = ward.log("38.4")
    given_now: Intervention = InterventionFactory(patient=ward.patient, recorded_by=ward.nurse)
    return ward.physician, {
        "patient_id": str(ward.patient.pk),
        "course_id": str(ward.course.pk),
        "event_id": str(outcome.events[0].pk),
        "alert_id": str(Alert.objects.filter(patient=ward.patient)[0].pk),
        "intervention_id": str(given_now.pk),
        "ordinal": "2",
    }


def sent(case: Any, key: str) -> Any:
    """The case through Django's own client, so that every call stands in the transaction of the test."""
    request = case.as_transport_kwargs(base_url="http://testserver")
    url = requests.Request(request["method"], request["url"], params=request.get("params")).prepare().url
    body = request.get("json", request.get("data"))
    own = {name: value for name, value in request["headers"].items() if value.isascii()}
    return Client(raise_request_exception=False).generic(
        request["method"],
        str(url).removeprefix("http://testserver"),
        data=b"" if body is None else json.dumps(body).encode(),
        content_type="application/json",
        headers={**own, "Authorization": f"Token {key}"},
    )


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_is_sent_breaks_it(name: str, things: tuple[Staff, dict[str, str]]) -> None:
    staff, real = things
    operation = operations()[name]
    key = Token.objects.get_or_create(user=staff)[0].key

    @given(case=operation.as_strategy(), of_ours=st.booleans())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=[*HealthCheck],
    )
    def try_it(case: Any, of_ours: bool) -> None:
        if of_ours:
            case.path_parameters = {
                part: real.get(part, sent) for part, sent in (case.path_parameters or {}).items()
            }
        answer = sent(case, key)
        assert answer.status_code < 500, answer.content

    try_it()
