"""Laboratory results through the browser: both units of a count, what is refused or asked, corrections."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from dosing_portal.kernel.models import AuditEntry
from patients.models import LabResult
from tests.factories import AT, LabResultFactory
from tests.schedules.boards import BoardWard
from tests.schedules.pages import words
from tests.ward import standing

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def prepared(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Any:
    def build() -> BoardWard:
        with time_machine.travel(AT, tick=False):
            ward = BoardWard()
            ward.watched()
        return ward

    with standing(django_db_blocker, build) as ward:
        yield ward


@pytest.fixture
def ward(prepared: BoardWard, client: Client, db: None) -> Iterator[BoardWard]:
    with time_machine.travel(AT, tick=False):
        ward = deepcopy(prepared)
        client.force_login(ward.nurse)
        yield ward


def url(ward: BoardWard) -> str:
    return reverse("schedules:laboratory", args=[ward.patient.pk])


def typed(**answers: str) -> dict[str, str]:
    return {"client_key": str(uuid4()), "when": "now", **answers}


def stored() -> list[tuple[str, Decimal]]:
    return list(LabResult.objects.order_by("analyte").values_list("analyte", "value"))


def test_results_are_kept_in_one_unit_whatever_they_were_typed_in(client: Client, ward: BoardWard) -> None:
    facts = typed(anc="850", platelets="120000", count_unit="cells/mm3", hemoglobin="9.4")
    answer = client.post(url(ward), facts, follow=True)
    assert stored() == [
        ("anc", Decimal("0.85")),
        ("hemoglobin", Decimal("9.4")),
        ("platelets", Decimal(120)),
    ]
    text = words(answer.content)
    assert "The results are recorded." in text
    assert "0.85 x10^9/L" in text
    assert AuditEntry.objects.filter(action="laboratory.record").count() == 1


def test_a_count_that_fits_the_other_unit_is_a_question(client: Client, ward: BoardWard) -> None:
    facts = typed(anc="850", count_unit="10^9/L")
    answer = client.post(url(ward), facts)
    assert answer.status_code == 422
    text = words(answer.content)
    assert "Is that 850 cells/mm3, which is 0.85 10^9/L?" in text
    assert stored() == []
    client.post(url(ward), {**facts, "confirmed": "anc=850=cells/mm3"})
    assert stored() == [("anc", Decimal("0.85"))]


def test_a_count_without_its_unit_is_asked_for_it(client: Client, ward: BoardWard) -> None:
    answer = client.post(url(ward), typed(anc="0.85"))
    assert "Say in which unit the counts are" in words(answer.content)
    assert stored() == []


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({}, "Write at least one result"),
        ({"hemoglobin": "94"}, "is not possible"),
        ({"ferritin": "120", "when": "earlier", "taken_time": "23:00"}, "This time lies in the future."),
    ],
)
def test_what_cannot_be_is_refused_and_kept(
    client: Client, ward: BoardWard, facts: dict[str, str], sentence: str
) -> None:
    answer = client.post(url(ward), typed(**{"taken_day": "19-Nov-2026", **facts}))
    assert answer.status_code == 422
    assert sentence in words(answer.content)
    assert stored() == []


def test_the_same_form_sent_twice_is_one_result(client: Client, ward: BoardWard) -> None:
    facts = typed(ferritin="1200")
    for _ in range(2):
        assert client.post(url(ward), facts).status_code == 302
    assert stored() == [("ferritin", Decimal(1200))]


def test_a_correction_keeps_what_stood_before(client: Client, ward: BoardWard) -> None:
    before = LabResultFactory(patient=ward.patient, value="8.5", taken_at=AT - timedelta(hours=2))
    page = reverse("schedules:laboratory-amend", args=[ward.patient.pk, before.pk])
    assert 'value="8.5"' in client.get(page).content.decode()
    facts = typed(anc="0.85", count_unit="10^9/L")
    refused = client.post(page, facts)
    assert refused.status_code == 422
    client.post(page, {**facts, "amend_reason": "point in the wrong place"})
    assert [row.value for row in LabResult.objects.current()] == [Decimal("0.85")]
    text = client.get(url(ward)).content.decode()
    assert "<s>8.5" in text.replace("\u00a0", " ")
    assert "point in the wrong place" in text


def test_a_second_correction_is_told_of_the_first(client: Client, ward: BoardWard) -> None:
    before = LabResultFactory(patient=ward.patient, value="8.5", taken_at=AT - timedelta(hours=2))
    page = reverse("schedules:laboratory-amend", args=[ward.patient.pk, before.pk])
    facts = {"anc": "0.85", "count_unit": "10^9/L", "amend_reason": "typed wrongly"}
    client.post(page, typed(**facts))
    answer = client.post(page, typed(**facts))
    assert "N. Brandt RN corrected this result at 14:32." in words(answer.content)


def test_a_pharmacist_may_not_record_results(client: Client, ward: BoardWard) -> None:
    client.force_login(ward.pharmacist)
    assert client.get(url(ward)).status_code == 403
