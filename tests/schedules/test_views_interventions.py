"""What was given or taken: it counts in grading from its own time on, and a wrong entry is taken back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client

from dosing_portal.kernel.models import AuditEntry
from patients.models import Intervention, ToxicityEvent
from patients.services.interventions import Given
from protocols.rules.values import InterventionKind
from schedules.models import Alert
from tests.factories import AT, PatientFactory
from tests.schedules.bedside import text, url
from tests.ward import Ward

pytestmark = pytest.mark.django_db
NOW = AT + timedelta(hours=8)


@pytest.fixture(autouse=True)
def eight_hours_after_the_dose() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ward(client: Client) -> Ward:
    ward = Ward.dosed()
    ward.at = NOW
    client.force_login(ward.nurse)
    return ward


def record(client: Client, ward: Ward, **answers: Any) -> Any:
    facts = {"client_key": str(uuid4()), "kind": "acetaminophen", "dose_mg": "650", "when": "now", **answers}
    return client.post(url("intervention-new", ward.patient), facts)


def given(kind: str = "acetaminophen") -> Intervention:
    return Intervention.objects.current().get(kind=kind)


def test_what_was_given_is_recorded_with_its_time_and_amount(client: Client, ward: Ward) -> None:
    earlier = {"when": "earlier", "taken_day": "today", "taken_time": "21:30"}
    response = record(client, ward, kind="levetiracetam", dose_mg="750,5", route="oral", **earlier)
    assert response["Location"] == f"{url('vitals', ward.patient)}#given"
    row = given("levetiracetam")
    assert (row.dose_mg, row.route, row.drug) == (Decimal("750.5"), "oral", "levetiracetam")
    assert row.taken_at == NOW - timedelta(minutes=62)
    page = text(client.get(url("vitals", ward.patient)))
    assert "Levetiracetam, 19-Nov-2026 21:30, is recorded." in page
    assert "750.5 mg" in page


def test_an_antipyretic_without_a_fever_on_record_leads_to_its_alert(client: Client, ward: Ward) -> None:
    alert_page = record(client, ward)["Location"]
    assert alert_page == f"/alerts/{Alert.objects.get(kind=Alert.Kind.POSSIBLY_MASKED).pk}/"


def test_a_double_click_makes_one_row(client: Client, ward: Ward) -> None:
    key = str(uuid4())
    for _ in range(2):
        assert record(client, ward, client_key=key).status_code == 302
    assert Intervention.objects.filter(kind="acetaminophen").count() == 1


def test_after_a_fever_it_leads_back_to_the_event_and_waives_fever(client: Client, ward: Ward) -> None:
    ward.at = NOW - timedelta(hours=1)
    ward.log("38.4")
    event = ToxicityEvent.objects.get()
    assert record(client, ward)["Location"] == f"/events/{event.pk}/"
    ward.at = NOW + timedelta(minutes=30)
    ward.log("37.0", systolic=84)
    event.refresh_from_db()
    assert event.max_grade == 2


def test_pocket_dexamethasone_asks_for_the_temperature_before_and_always_alerts(
    client: Client, ward: Ward
) -> None:
    asked = record(client, ward, kind="pocket_dexamethasone", dose_mg="20")
    assert asked.status_code == 422
    assert "Write the temperature before it was taken, if there is one." in text(asked)
    response = record(client, ward, kind="pocket_dexamethasone", dose_mg="20", temperature_before="38,2")
    alert = Alert.objects.get(kind=Alert.Kind.POCKET_DEXAMETHASONE)
    assert response["Location"].startswith("/alerts/")
    assert given("pocket_dexamethasone").temperature_before == Decimal("38.2")
    assert alert.state == Alert.State.OPEN


def test_pocket_dexamethasone_without_a_temperature_is_one_answer_away(client: Client, ward: Ward) -> None:
    answers = {"kind": "pocket_dexamethasone", "confirmed": "temperature_before=asked"}
    assert record(client, ward, **answers).status_code == 302


def test_tocilizumab_shows_rule_weight_and_cap(client: Client, ward: Ward) -> None:
    page = text(client.get(url("intervention-new", ward.patient), {"kind": "tocilizumab"}))
    assert '<option value="tocilizumab" selected>' in page
    assert "8 mg/kg x 72.4" in page
    assert "= 579.2 mg, cap 800 mg" in page


def test_tocilizumab_needs_its_dose_and_more_than_computed_is_asked_about(client: Client, ward: Ward) -> None:
    missing = record(client, ward, kind="tocilizumab", dose_mg="")
    assert "Write the dose in mg: later doses are counted by it" in text(missing)
    refused = record(client, ward, kind="tocilizumab", dose_mg="800")
    assert refused.status_code == 422
    said = "800 mg is 38 % off the arithmetic: 8 mg/kg x 72.4 kg = 579.2 mg, cap 800 mg. A physician may let"
    assert said in text(refused)
    assert record(client, ward, kind="tocilizumab", dose_mg="580").status_code == 302
    assert given("tocilizumab").arithmetic == ["8 mg/kg x 72.4 kg = 579.2 mg, cap 800 mg"]


def test_too_soon_says_who_gave_what_and_a_nurse_learns_who_may_let_it_pass(
    client: Client, ward: Ward
) -> None:
    ward.at = NOW - timedelta(hours=3)
    ward.took(InterventionKind.TOCILIZUMAB, given=Given(InterventionKind.TOCILIZUMAB, dose_mg=Decimal(580)))
    refused = record(client, ward, kind="tocilizumab", dose_mg="580", override_reason="worse", note="bed 4")
    page = text(refused)
    assert refused.status_code == 422
    assert "N. Brandt RN recorded 580 mg at 19:32, 3 h ago; earliest 20-Nov-2026 03:32." in page
    assert "A physician may let this pass with a reason: Dr. K. Okafor" in page
    assert 'value="bed 4"' in page
    assert Intervention.objects.filter(kind="tocilizumab").count() == 1


def test_a_physician_lets_a_limit_pass_with_a_reason_that_stays(client: Client, ward: Ward) -> None:
    ward.at = NOW - timedelta(hours=3)
    ward.took(InterventionKind.TOCILIZUMAB, given=Given(InterventionKind.TOCILIZUMAB, dose_mg=Decimal(580)))
    client.force_login(ward.physician)
    asked = record(client, ward, kind="tocilizumab", dose_mg="580")
    assert "Write why it passes, or change the dose" in text(asked)
    passed = record(client, ward, kind="tocilizumab", dose_mg="580", override_reason="grade 4, shock")
    assert passed.status_code == 302
    row = Intervention.objects.filter(kind="tocilizumab").latest("recorded_at")
    assert row.override_reason == "grade 4, shock"
    assert row.let_pass == ["N. Brandt RN recorded 580 mg at 19:32, 3 h ago; earliest 20-Nov-2026 03:32"]
    assert AuditEntry.objects.get(action="intervention.override").reason == "grade 4, shock"


def test_a_dose_over_the_cap_needs_a_pharmacist_beside_the_physician(client: Client, ward: Ward) -> None:
    ward.pharmacist.set_password("sample-only")
    ward.pharmacist.save()
    client.force_login(ward.physician)
    over = {"kind": "tocilizumab", "dose_mg": "960", "override_reason": "120 kg, advised"}
    asked = record(client, ward, **over)
    assert asked.status_code == 422
    assert "A pharmacist signs this with you" in text(asked)
    wrong = {"cosigner_name": ward.nurse.username, "cosigner_password": "nothing"}
    assert record(client, ward, **over, **wrong).status_code == 422
    signed = {"cosigner_name": ward.pharmacist.username, "cosigner_password": "sample-only"}
    assert record(client, ward, **over, **signed).status_code == 302
    assert given("tocilizumab").override_reason == "120 kg, advised (with P. Lind PharmD)"


def test_what_was_taken_at_home_is_never_barred_and_asked_about_once(client: Client, ward: Ward) -> None:
    ward.at = NOW - timedelta(hours=2)
    ward.took(
        InterventionKind.ACETAMINOPHEN, given=Given(InterventionKind.ACETAMINOPHEN, dose_mg=Decimal(650))
    )
    asked = record(client, ward, place="home", dose_mg="1000")
    assert asked.status_code == 422
    assert "N. Brandt RN recorded 650 mg at 20:32, 2 h ago" in text(asked)
    kept = record(client, ward, place="home", dose_mg="1000", confirmed="kind=home")
    assert kept.status_code == 302
    assert "taken at home" in Intervention.objects.latest("recorded_at").override_reason


def test_an_old_weight_is_asked_about_once(client: Client, ward: Ward) -> None:
    with time_machine.travel(NOW + timedelta(days=40), tick=False):
        client.force_login(ward.nurse)
        asked = record(client, ward, kind="tocilizumab", dose_mg="580")
        assert "The weight is 40 days old, at most 30 days count here" in text(asked)
        kept = record(client, ward, kind="tocilizumab", dose_mg="580", confirmed="dose_mg=weight")
        assert kept.status_code == 302


def test_an_entry_before_the_event_is_placed_at_its_own_time_and_asked_about_once(
    client: Client, ward: Ward
) -> None:
    ward.at = NOW - timedelta(hours=1)
    ward.log("38.4")
    earlier = {"when": "earlier", "taken_day": "today", "taken_time": "21:00"}
    asked = record(client, ward, **earlier)
    assert "This is before the CRS event opened, 19-Nov-2026 21:32. It is placed at its own time." in text(
        asked
    )
    kept = record(client, ward, **earlier, confirmed="taken_time=20261120T0200=before")
    assert kept.status_code == 302
    assert given().taken_at == NOW - timedelta(minutes=92)


def test_the_look_swaps_with_what_is_typed_and_stores_nothing(client: Client, ward: Ward) -> None:
    facts = {"client_key": str(uuid4()), "kind": "tocilizumab", "dose_mg": "900", "when": "now"}
    look = text(client.post(url("intervention-look", ward.patient), facts))
    assert "8 mg/kg x 72.4 kg = 579.2 mg, cap 800 mg" in look
    assert "900 mg is over the cap of 800 mg" in look
    assert "In 24 h: 0 of at most 3" in look
    assert "Sources disagree on the ceiling" in look
    assert "Source" in look
    assert not Intervention.objects.filter(kind="tocilizumab").exists()


def test_prophylaxis_before_a_dose_is_told_apart_and_does_not_count(client: Client, ward: Ward) -> None:
    facts = {"kind": "tocilizumab", "dose_mg": "580", "purpose": "prophylaxis"}
    assert record(client, ward, **facts).status_code == 302
    assert given("tocilizumab_prophylaxis").dose_mg == Decimal(580)
    look = client.post(
        url("intervention-look", ward.patient),
        {"client_key": str(uuid4()), "kind": "tocilizumab", "when": "now"},
    )
    assert "Prophylactic tocilizumab apart: N. Brandt RN recorded 580 mg" in text(look)
    assert "In total: 0 of at most 4" in text(look)


def test_recorded_for_an_event_it_leads_back_to_that_event(client: Client, ward: Ward) -> None:
    ward.at = NOW - timedelta(hours=1)
    ward.log("38.4")
    event = ToxicityEvent.objects.get()
    address = f"{url('intervention-new', ward.patient)}?event={event.pk}"
    facts = {"client_key": str(uuid4()), "kind": "levetiracetam", "dose_mg": "500", "when": "now"}
    assert client.post(address, facts)["Location"] == f"/events/{event.pk}/"


def test_fluids_need_their_volume(client: Client, ward: Ward) -> None:
    refused = record(client, ward, kind="fluids", dose_mg="")
    assert "Write how many mL" in text(refused)
    record(client, ward, kind="fluids", dose_mg="", volume_ml="500", route="IV")
    assert given("fluids").volume_ml == Decimal(500)


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"kind": ""}, "Answer this"),
        ({"when": "earlier", "taken_day": "19-Nov-2026", "taken_time": "23:59"}, "lies in the future"),
        ({"when": "earlier", "taken_day": "01-Jan-1950", "taken_time": "10:00"}, "was born on 08-Mar-1959"),
        ({"dose_mg": "-5"}, "greater than or equal to"),
        ({"temperature_before": "101.3"}, "Is that 101.3 °F, which is 38.5 °C?"),
    ],
)
def test_a_refusal_keeps_what_was_typed_and_stores_nothing(
    client: Client, ward: Ward, answers: dict[str, str], sentence: str
) -> None:
    refused = record(client, ward, note="after the call", **answers)
    assert refused.status_code == 422
    assert sentence in text(refused)
    assert 'value="after the call"' in text(refused)
    assert not Intervention.objects.filter(kind="acetaminophen").exists()


def test_another_center_s_patient_is_not_found(client: Client, ward: Ward) -> None:
    stranger = PatientFactory()
    assert client.post(url("intervention-new", stranger), {"kind": "oxygen"}).status_code == 404


def test_without_a_protocol_nothing_is_stored_and_the_page_says_why(client: Client) -> None:
    patient = PatientFactory()
    client.force_login(patient.registered_by)
    refused = client.post(
        url("intervention-new", patient), {"client_key": str(uuid4()), "kind": "oxygen", "when": "now"}
    )
    assert refused.status_code == 422
    assert "This center has no active protocol." in text(refused)
    assert not Intervention.objects.exists()


# --- taking back ------------------------------------------------------------------------------------------


def take_back(client: Client, ward: Ward, row: Intervention, **answers: Any) -> Any:
    facts = {"client_key": str(uuid4()), "reason": "wrong patient", **answers}
    return client.post(url("intervention-take-back", ward.patient, row.pk), facts)


def test_a_wrong_entry_is_taken_back_and_what_followed_is_graded_again(client: Client, ward: Ward) -> None:
    ward.at = NOW - timedelta(hours=2)
    ward.log("38.4")
    ward.later(minutes=10)
    row = ward.took(InterventionKind.ACETAMINOPHEN).intervention
    assert row is not None
    ward.later(minutes=30)
    ward.log("37.0", systolic=84)
    assert ToxicityEvent.objects.get().max_grade == 2
    response = take_back(client, ward, row)
    assert response["Location"] == f"{url('vitals', ward.patient)}#given"
    assert ToxicityEvent.objects.get().max_grade == 1
    page = text(client.get(url("vitals", ward.patient)))
    assert "<s><strong>" in page
    assert "Taken back 19-Nov-2026 22:32, N. Brandt RN: wrong patient" in page
    assert AuditEntry.objects.get(action="intervention.take_back").reason == "wrong patient"


def test_taking_back_needs_a_reason_and_happens_once(client: Client, ward: Ward) -> None:
    row = ward.took(InterventionKind.OXYGEN).intervention
    assert row is not None
    assert take_back(client, ward, row, reason="").status_code == 422
    for _ in range(2):
        assert take_back(client, ward, row).status_code == 302
    assert Intervention.objects.filter(amends=row).count() == 1
    assert "This entry had been taken back already." in text(client.get(url("vitals", ward.patient)))


def test_an_entry_is_taken_back_only_under_its_own_patient(client: Client, ward: Ward) -> None:
    row = ward.took(InterventionKind.OXYGEN).intervention
    assert row is not None
    other = PatientFactory(center=ward.center)
    address = url("intervention-take-back", other, row.pk)
    assert client.get(address).status_code == 404
    client.force_login(ward.pharmacist)
    assert client.get(url("intervention-take-back", ward.patient, row.pk)).status_code == 403
