"""Visits: every late sign asked, saved once, told to a specialist, and holding the next dose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client

from dosing_portal.kernel.models import AuditEntry
from patients.models import ToxicityEvent, VisitAnswer, VisitReview
from protocols.rules.visits import Standing
from schedules.models import Alert, Page
from schedules.selectors import doses
from schedules.selectors.objections import objections
from schedules.selectors.sheet import Asked, DoseSheet, Override
from schedules.selectors.visits import newest_answers, weight_since
from tests.factories import AT, StaffFactory, VisitAnswerFactory, VisitReviewFactory, WeightMeasurementFactory
from tests.schedules.bedside import text, url
from tests.statements import statements
from tests.ward import Ward

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NOW = AT + 3 * DAY


@pytest.fixture(autouse=True)
def three_days_after_the_dose() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ward(client: Client) -> Ward:
    """Elranatamab: everybody is asked for late neurologic signs, IEC-HS signs and infection."""
    ward = Ward.dosed()
    ward.at = NOW
    client.force_login(ward.nurse)
    return ward


def answers(**changed: Any) -> dict[str, Any]:
    whole = {
        "client_key": str(uuid4()),
        "late_neurologic": "absent",
        "iec_hs_signs": "absent",
        "infection": "absent",
        "when": "now",
    }
    return {name: value for name, value in (whole | changed).items() if value is not None}


def save(client: Client, ward: Ward, **changed: Any) -> Any:
    return client.post(url("visit-new", ward.patient), answers(**changed))


def stored() -> dict[str, tuple[bool, int | None]]:
    return {row.item: (row.present, row.grade) for row in VisitAnswer.objects.all()}


# --- saving -----------------------------------------------------------------------------------------------


def test_absent_is_saved_and_tells_nobody(client: Client, ward: Ward) -> None:
    response = save(client, ward)
    assert response["Location"] == url("visits", ward.patient)
    assert stored() == dict.fromkeys(("late_neurologic", "iec_hs_signs", "infection"), (False, None))
    row = VisitReview.objects.get()
    assert (row.regimen, row.asked_at, row.asked_by) == ("elranatamab", NOW, ward.nurse)
    assert not Alert.objects.exists()
    assert AuditEntry.objects.get(action="visit.review").after["answers"]["infection"] == "absent"


def test_untouched_is_not_asked_and_no_row(client: Client, ward: Ward) -> None:
    save(client, ward, infection=None, iec_hs_signs="not_asked")
    assert set(stored()) == {"late_neurologic"}
    page = text(client.get(url("visits", ward.patient)))
    assert "Not asked: New or returning fever, bleeding, falling counts; Signs of infection" in page


@pytest.mark.parametrize("sign", ["late_neurologic", "iec_hs_signs"])
def test_an_urgent_sign_calls_a_specialist_at_once_and_grades_nothing(
    client: Client, ward: Ward, sign: str
) -> None:
    save(client, ward, **{sign: "present"})
    alert = Alert.objects.get()
    assert (alert.kind, alert.severity) == (Alert.Kind.LATE_SIGN, 2)
    assert ": present. " in alert.because
    assert ("neurology" in alert.because) == (sign == "late_neurologic")
    assert Page.objects.filter(alert=alert).count() == 1
    assert not ToxicityEvent.objects.exists()


def test_an_infection_is_looked_at_soon_and_a_mild_one_tells_nobody(client: Client, ward: Ward) -> None:
    save(client, ward, infection="present", infection_grade="1", infection_note="runny nose")
    assert not Alert.objects.exists()
    assert stored()["infection"] == (True, 1)
    save(client, ward, infection="present")
    assert Alert.objects.get().severity == 1


def test_several_signs_are_one_alert_as_urgent_as_the_worst(client: Client, ward: Ward) -> None:
    save(client, ward, infection="present", late_neurologic="present")
    alert = Alert.objects.get()
    assert alert.severity == 2
    assert alert.because.index("Facial palsy") < alert.because.index("Signs of infection")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (dict.fromkeys(("late_neurologic", "iec_hs_signs", "infection")), "Nothing was asked."),
        ({"infection_grade": "2"}, "A grade is chosen. Say that the sign is present, or empty the grade"),
        ({"infection_note": "cough"}, "A finding is written. Say that the sign is present, or empty it"),
        ({"when": "earlier", "taken_day": "today", "taken_time": "23:58"}, "This time lies in the future"),
    ],
)
def test_what_cannot_stand_is_refused_with_a_sentence(
    client: Client, ward: Ward, changed: dict[str, Any], sentence: str
) -> None:
    refused = save(client, ward, **changed)
    assert refused.status_code == 422
    assert sentence in text(refused)
    assert not VisitReview.objects.exists()


def test_the_same_form_twice_is_one_review_and_one_alert(client: Client, ward: Ward) -> None:
    once = answers(late_neurologic="present")
    for _ in range(2):
        assert client.post(url("visit-new", ward.patient), once).status_code == 302
    assert VisitReview.objects.count() == Alert.objects.count() == Page.objects.count() == 1


def test_who_may_review_and_who_may_look(client: Client, ward: Ward) -> None:
    client.force_login(ward.pharmacist)
    assert client.get(url("visits", ward.patient)).status_code == 200
    assert client.get(url("visit-new", ward.patient)).status_code == 403
    client.force_login(StaffFactory())
    assert client.post(url("visit-new", ward.patient), answers()).status_code == 404
    assert not VisitReview.objects.exists()


# --- the pages --------------------------------------------------------------------------------------------


def test_talquetamab_is_asked_for_mouth_weight_skin_and_nails(client: Client) -> None:
    ward = Ward(regimen="talquetamab", schedule="every_2_weeks")
    ward.confirm()
    ward.start()
    client.force_login(ward.nurse)
    page = text(client.get(url("visit-new", ward.patient)))
    for name in ("mouth", "weight_loss", "skin", "nails", "late_neurologic", "iec_hs_signs", "infection"):
        assert f'name="{name}"' in page


def test_nobody_else_is_asked_for_them(client: Client, ward: Ward) -> None:
    assert 'name="mouth"' not in text(client.get(url("visit-new", ward.patient)))


def test_the_weight_stands_beside_that_of_the_first_dose(client: Client, ward: Ward) -> None:
    WeightMeasurementFactory(
        patient=ward.patient,
        kg=Decimal("68.8"),
        measured_on=ward.center.local(NOW).date(),
        recorded_at=NOW,
        recorded_by=ward.nurse,
    )
    assert weight_since(ward.patient.pk, ward.center).change_percent == Decimal("-5.0")
    page = text(client.get(url("visit-new", ward.patient)))
    assert "68.8 kg on 22-Nov-2026, 5.0 % less than 72.4 kg at the first dose." in page


def test_the_newest_answer_to_each_item_stands_whatever_the_visit(ward: Ward) -> None:
    about = {"patient": ward.patient, "asked_by": ward.nurse}
    first = VisitReviewFactory(asked_at=AT, **about)
    second = VisitReviewFactory(asked_at=AT + DAY, **about)
    VisitAnswerFactory(visit=first, item="infection", present=True, grade=3)
    VisitAnswerFactory(visit=first, item="late_neurologic")
    VisitAnswerFactory(visit=second, item="infection")
    found = newest_answers(ward.patient.pk)
    assert (found["infection"].present, found["infection"].at) == (False, AT + DAY)
    assert found["late_neurologic"].at == AT
    assert newest_answers(ward.patient.pk, until=AT)["infection"].present


def test_the_page_of_visits_asks_a_fixed_number_of_statements(client: Client, ward: Ward) -> None:
    save(client, ward)
    client.get(url("visits", ward.patient))
    with statements() as few:
        client.get(url("visits", ward.patient))
    for _ in range(5):
        save(client, ward, infection="present", infection_grade="1")
    client.get(url("visits", ward.patient))
    with statements() as many:
        client.get(url("visits", ward.patient))
    assert len(many) == len(few) <= 12


# --- the next dose ----------------------------------------------------------------------------------------


def sheet(ward: Ward) -> DoseSheet:
    ward.course.center = ward.center
    planned = doses.next_planned(ward.course)
    assert planned is not None
    return doses.sheet(course=ward.course, planned=planned, asked=Asked(NOW), at=NOW)


def against(page: DoseSheet) -> dict[str, Override]:
    late = {"Late sign present", "Late signs not asked"}
    return {found.title: found.override for found in objections(page, NOW) if found.title in late}


def test_during_step_up_nobody_must_have_asked_but_a_sign_holds(client: Client, ward: Ward) -> None:
    assert against(sheet(ward)) == {}
    save(client, ward, late_neurologic="present")
    assert against(sheet(ward)) == {"Late sign present": Override.PHYSICIAN}
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        save(client, ward)
        assert against(replace(sheet(ward), visit=())) == {}


def test_after_step_up_signs_not_asked_since_the_dose_hold_until_a_physician_lets_it_pass(ward: Ward) -> None:
    found = sheet(ward)
    assert {row.standing for row in found.visit} == {Standing.CLEAR}
    late = replace(found, visit=tuple(replace(row, standing=Standing.NOT_ASKED) for row in found.visit))
    assert against(late) == {"Late signs not asked": Override.PHYSICIAN}
    sentence = next(o.sentence for o in objections(late, NOW) if o.title == "Late signs not asked")
    assert "Facial palsy" in sentence
