"""Order a regime for an event, taper or stop it, leave a dose out; what the event page shows of drugs."""

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

from patients.models import ToxicityEvent
from patients.services.interventions import Given
from protocols.rules.values import InterventionKind
from schedules.models import TreatmentDue, TreatmentOrder
from schedules.services import treatments
from tests.factories import InterventionFactory, PatientFactory, ToxicityEventFactory
from tests.schedules.bedside import text
from tests.ward import Ward, standing

pytestmark = pytest.mark.django_db


def feverish() -> Ward:
    ward = Ward.dosed()
    ward.later(hours=20)
    ward.log("38.6", systolic=84)
    ward.later(minutes=10)
    return ward


@pytest.fixture(scope="module")
def in_event(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Ward]:
    with standing(django_db_blocker, feverish) as ward:
        yield ward


@pytest.fixture
def ward(in_event: Ward, db: None, client: Client) -> Iterator[Ward]:
    """CRS grade 2 opened ten minutes ago; the physician is signed in."""
    ward = deepcopy(in_event)
    client.force_login(ward.physician)
    with time_machine.travel(ward.at, tick=False):
        yield ward


def page(client: Client, ward: Ward) -> str:
    event = ToxicityEvent.objects.get(patient=ward.patient)
    return text(client.get(reverse("schedules:event", args=[event.pk])))


def order(client: Client, ward: Ward, regime: str = "dexamethasone_12h", **answers: Any) -> Any:
    event = ToxicityEvent.objects.get(patient=ward.patient)
    facts = {"client_key": str(uuid4()), "regime": regime, **answers}
    return client.post(reverse("schedules:treatment-new", args=[event.pk]), facts)


def stop(client: Client, row: TreatmentOrder, **answers: Any) -> Any:
    facts = {"client_key": str(uuid4()), **answers}
    return client.post(reverse("schedules:treatment-stop", args=[row.pk]), facts)


def test_what_fits_the_grade_comes_first_with_amounts_and_sources(client: Client, ward: Ward) -> None:
    event = ToxicityEvent.objects.get(patient=ward.patient)
    form = text(client.get(reverse("schedules:treatment-new", args=[event.pk])))
    assert "10 mg every 12 h until stopped: 20 mg a day" in form
    assert form.index("every 12 h, IV") < form.index("(not named for this grade)")
    assert "Gastric protection" in form


def test_an_order_stands_on_the_event_with_what_is_due(client: Client, ward: Ward) -> None:
    assert order(client, ward)["Location"].endswith("#event-given")
    shown = page(client, ward)
    assert "Dexamethasone 10 mg every 12 h, IV" in shown
    assert "Record given" in shown
    assert "ICE and neurologic check" in shown
    assert "Taper or stop" in shown


def test_another_grade_s_regime_is_refused_until_its_reason_is_written(client: Client, ward: Ward) -> None:
    refused = order(client, ward, "methylprednisolone_taper")
    assert refused.status_code == 422
    said = "The center names this for CRS grade 4; this is CRS grade 2. Write why it is ordered."
    assert said in text(refused)
    assert order(client, ward, "methylprednisolone_taper", reason="shock").status_code == 302


def test_a_nurse_orders_nothing_and_sees_what_is_due(client: Client, ward: Ward) -> None:
    order(client, ward)
    client.force_login(ward.nurse)
    assert order(client, ward).status_code == 403
    shown = page(client, ward)
    assert "Record given" in shown
    assert "Order a regime" not in shown
    assert "Taper or stop" not in shown


def test_the_due_dose_prefills_its_form_and_leads_back_to_the_event(client: Client, ward: Ward) -> None:
    order(client, ward)
    client.force_login(ward.nurse)
    due = TreatmentDue.objects.filter(what="dose").earliest("due_at")
    address = f"{reverse('schedules:intervention-new', args=[ward.patient.pk])}?due={due.pk}"
    form = text(client.get(address))
    assert 'value="10' in form
    facts = {"client_key": str(uuid4()), "kind": "dexamethasone", "dose_mg": "10", "when": "now"}
    event = ToxicityEvent.objects.get(patient=ward.patient)
    assert client.post(address, facts)["Location"] == f"/events/{event.pk}/"
    due.refresh_from_db()
    assert due.state == TreatmentDue.State.DONE
    second = client.post(address, {**facts, "client_key": str(uuid4())})
    assert "N. Brandt RN recorded this dose at" in text(second)


def test_a_taper_needs_whole_steps(client: Client, ward: Ward) -> None:
    order(client, ward)
    row = TreatmentOrder.objects.get()
    refused = stop(client, row, how="taper", mg_1="4", hours_1="12")
    assert refused.status_code == 422
    assert "a step has mg, hours and days" in text(refused)
    assert 'value="4"' in text(refused)
    assert stop(client, row, how="taper", mg_1="4", hours_1="12", days_1="1").status_code == 302
    assert "Taper: 4 mg every 12 h for 1 day" in page(client, ward)


def test_stopping_without_a_taper_needs_the_physician_s_reason(client: Client, ward: Ward) -> None:
    order(client, ward)
    row = TreatmentOrder.objects.get()
    assert "Write why it stops without a taper" in text(stop(client, row, how="without"))
    assert stop(client, row, how="without", reason="one dose was enough").status_code == 302
    assert "Dr. K. Okafor: one dose was enough" in page(client, ward)
    again = text(stop(client, row, how="without", reason="again"))
    assert "Dr. K. Okafor stopped this order at" in again


def test_a_late_dose_is_left_out_with_a_reason(client: Client, ward: Ward) -> None:
    order(client, ward)
    due = TreatmentDue.objects.filter(what="dose").earliest("due_at")
    address = reverse("schedules:treatment-leave-out", args=[due.pk])
    assert client.post(address, {"client_key": str(uuid4()), "reason": ""}).status_code == 422
    assert client.post(address, {"client_key": str(uuid4()), "reason": "glucose 480"}).status_code == 302
    due.refresh_from_db()
    assert (due.state, due.reason) == (TreatmentDue.State.CANCELLED, "glucose 480")


# --- what was given ---------------------------------------------------------------------------------------


def give(ward: Ward, kind: InterventionKind, mg: str, **changes: Any) -> None:
    treatments.give(
        patient_id=ward.patient.pk,
        given=Given(kind, dose_mg=Decimal(mg), **changes),
        taken_at=ward.at,
        client_key=uuid4(),
        by=ward.nurse,
        at=ward.at,
    )


WAIVED = "Fever is no longer needed to grade"


def test_the_waiver_stands_at_the_drug_that_made_it_and_only_there(client: Client, ward: Ward) -> None:
    give(ward, InterventionKind.DEXAMETHASONE, "16", purpose="premedication")
    give(ward, InterventionKind.TOCILIZUMAB_PROPHYLAXIS, "580")
    assert WAIVED not in page(client, ward)
    ward.later(minutes=1)
    with time_machine.travel(ward.at, tick=False):
        give(ward, InterventionKind.ACETAMINOPHEN, "650")
        ward.later(minutes=1)
        give(ward, InterventionKind.TOCILIZUMAB, "580")
        shown = page(client, ward)
    assert shown.count(WAIVED) == 1
    assert shown.index("acetaminophen 650 mg") < shown.index(WAIVED)
    assert "prophylactic, apart: 580 mg" in shown


def test_totals_of_a_day_say_what_they_count(client: Client, ward: Ward) -> None:
    give(ward, InterventionKind.POCKET_DEXAMETHASONE, "20", place="home")
    give(ward, InterventionKind.DEXAMETHASONE, "10")
    give(ward, InterventionKind.ACETAMINOPHEN, "1000")
    shown = page(client, ward)
    assert "Dexamethasone in 24 h:" in shown
    assert "take-home included" in shown
    assert "of at most 3,000 mg, premedication and home doses with it" in shown
    assert "Tocilizumab so far" in shown
    assert "none on record" in shown


def test_a_drug_before_any_fever_is_possible_masking(client: Client, ward: Ward) -> None:
    masked = ToxicityEventFactory(
        patient=PatientFactory(center=ward.center),
        state=ToxicityEvent.State.MASKED,
        suspected_at=ward.at - timedelta(hours=2),
        suspected_because="low pressure without fever",
        opened_at=ward.at - timedelta(hours=2),
    )
    InterventionFactory(patient=masked.patient, taken_at=ward.at - timedelta(hours=1))
    ward.center_wide()
    shown = text(client.get(reverse("schedules:event", args=[masked.pk])))
    assert "possible masked CRS, physician review" in shown
    assert WAIVED not in shown
