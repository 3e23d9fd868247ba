"""The stock page: counted, given since, reserved, short; one line on a dose; one finding on Today."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from dosing_portal.kernel.models import AuditEntry
from patients.services.interventions import Given
from protocols.models import StockCount
from protocols.rules.values import InterventionKind
from schedules.selectors.stock import stock_of
from tests.factories import StockCountFactory
from tests.schedules.bedside import text
from tests.ward import Ward, standing

pytestmark = pytest.mark.django_db


def watched() -> Ward:
    ward = Ward.dosed()
    ward.center_wide()
    return ward


@pytest.fixture(scope="module")
def in_window(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Ward]:
    with standing(django_db_blocker, watched) as ward:
        yield ward


@pytest.fixture
def ward(in_window: Ward, db: None, client: Client) -> Iterator[Ward]:
    """One patient of 72.4 kg is in a window; 1,158.4 mg are reserved for her."""
    ward = deepcopy(in_window)
    ward.later(hours=2)
    client.force_login(ward.pharmacist)
    with time_machine.travel(ward.at, tick=False):
        yield ward


def count(client: Client, **answers: Any) -> Any:
    facts = {
        "place": "clinic",
        "product": "tocilizumab 400 mg in 20 mL",
        "mg": "800",
        "vial_mg": "400",
        **answers,
    }
    return client.post(reverse("schedules:stock"), facts)


def test_what_is_reserved_here_and_at_the_named_hospital_is_short_until_counted(
    client: Client, ward: Ward
) -> None:
    page = text(client.get(reverse("schedules:stock")))
    assert "Tocilizumab here: 1,158.4 mg reserved, not counted" in page
    assert "Tocilizumab Sample General Hospital: 1,158.4 mg reserved, not counted" in page
    assert "2 x 579.2 mg (8 mg/kg x 72.4 kg)" in page


def test_a_count_says_what_is_short_in_mg_and_vials(client: Client, ward: Ward) -> None:
    assert count(client).status_code == 302
    page = text(client.get(reverse("schedules:stock")))
    assert "800 mg counted at the clinic." in page
    assert "1,158.4 mg reserved, 800 mg left, short by 358.4 mg (1 vial)" in page
    assert "2 vials for 579.2 mg" in page
    assert AuditEntry.objects.get(action="stock.count").by == ward.pharmacist


def test_a_dose_given_since_the_count_is_subtracted_where_it_was_given(client: Client, ward: Ward) -> None:
    for place in ("", "Sample General Hospital"):
        StockCountFactory(center=ward.center, place=place, mg=Decimal(1600), counted_at=ward.at)
    ward.later(hours=1)
    given = Given(InterventionKind.TOCILIZUMAB, dose_mg=Decimal(580), place="ward")
    ward.took(InterventionKind.TOCILIZUMAB, given=given)
    clinic, hospital = stock_of(ward.center, ward.at).places
    assert (clinic.level.left, hospital.level.left) == (Decimal(1600), Decimal(1020))
    assert (clinic.level.enough, hospital.level.enough) == (True, False)


def test_a_dose_without_its_mg_is_subtracted_as_the_cap(ward: Ward) -> None:
    StockCountFactory(center=ward.center, counted_at=ward.at)
    ward.later(hours=1)
    ward.took(InterventionKind.TOCILIZUMAB)
    assert stock_of(ward.center, ward.at).places[0].level.left == Decimal(800)


def test_the_newest_count_of_a_place_stands_and_another_center_s_is_not_seen(ward: Ward) -> None:
    StockCountFactory()
    StockCountFactory(center=ward.center, mg=Decimal(400), counted_at=ward.at - timedelta(days=1))
    StockCountFactory(center=ward.center, mg=Decimal(2000), counted_at=ward.at)
    clinic = stock_of(ward.center, ward.at).places[0]
    assert clinic.level.counted == Decimal(2000)


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"mg": ""}, "Answer this"),
        ({"mg": "-400"}, "greater than or equal to"),
        ({"mg": "900"}, "900 mg is no whole number of 400 mg vials"),
        ({"place": "other"}, "Write the name of the hospital"),
        ({"product": ""}, "Write it here"),
    ],
)
def test_a_refused_count_keeps_what_was_typed(
    client: Client, ward: Ward, answers: dict[str, str], sentence: str
) -> None:
    refused = count(client, **{"expires_on": "01-Mar-2027", **answers})
    assert refused.status_code == 422
    assert sentence in text(refused)
    assert 'value="01-Mar-2027"' in text(refused)
    assert not StockCount.objects.exists()


def test_a_double_click_is_one_count(client: Client, ward: Ward) -> None:
    for _ in range(2):
        assert count(client).status_code == 302
    assert StockCount.objects.count() == 1


def test_today_and_the_dose_say_what_is_at_hand(client: Client, ward: Ward) -> None:
    client.force_login(ward.nurse)
    assert "/settings/stock/finding/" in text(client.get("/"))
    finding = text(client.get(reverse("schedules:stock-finding")))
    assert "Tocilizumab here: 1,158.4 mg reserved, not counted" in finding
    page = text(client.get(reverse("schedules:dose-administer", args=[ward.course.pk, 2])))
    assert "Tocilizumab for this patient: 2 x 579.2 mg (8 mg/kg x 72.4 kg)." in page
    assert "here: 1,158.4 mg reserved, not counted; Sample General Hospital:" in page


def test_nothing_short_is_no_finding(client: Client, ward: Ward) -> None:
    for place in ("", "Sample General Hospital"):
        StockCountFactory(center=ward.center, place=place, counted_at=ward.at)
    assert text(client.get(reverse("schedules:stock-finding"))) == ""


def test_the_stock_is_read_in_a_fixed_number_of_statements(
    ward: Ward, django_assert_max_num_queries: Any
) -> None:
    StockCountFactory(center=ward.center, counted_at=ward.at)
    stock_of(ward.center, ward.at)  # a protocol version is read once a process
    with django_assert_max_num_queries(5):
        stock_of(ward.center, ward.at)


def test_an_administrator_does_not_count(client: Client, ward: Ward) -> None:
    client.force_login(ward.administrator)
    assert client.get(reverse("schedules:stock")).status_code == 403
