"""The ICE test at the bedside: asked point by point, with the baseline, previewed, saved once, corrected."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client

from patients.models import Observation, ToxicityEvent
from protocols.rules import ice
from schedules.models import Alert, CourseStatus, MonitoringCheck, Page, ResponseStep
from tests.factories import AT, ObservationFactory, PatientFactory, StaffFactory
from tests.schedules.bedside import text, url
from tests.statements import statements
from tests.ward import Ward

pytestmark = pytest.mark.django_db
NOW = AT + timedelta(hours=8)
HTMX = {"HX-Request": "true"}


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


def answers(**changed: Any) -> dict[str, Any]:
    """A whole test with every point correct and nothing else found; ``None`` leaves an answer out."""
    whole: dict[str, Any] = {
        "client_key": str(uuid4()),
        "turn": "0",
        "how": "bedside",
        **dict.fromkeys(ice.POINTS, "correct"),
        "consciousness": "alert",
        "neurologic": "none",
        "when": "now",
    }
    return {name: value for name, value in (whole | changed).items() if value is not None}


def save(client: Client, ward: Ward, **changed: Any) -> Any:
    return client.post(url("ice-new", ward.patient), answers(**changed))


def newest() -> Observation:
    return Observation.objects.order_by("-recorded_at", "-taken_at")[0]


# --- saving -----------------------------------------------------------------------------------------------


def test_a_whole_test_is_one_observation_of_the_neurologic_part(client: Client, ward: Ward) -> None:
    response = save(client, ward)
    row = Observation.objects.get()
    assert response["Location"] == url("vitals-outcome", ward.patient, row.pk)
    assert (row.ice_score(), row.ice_objects, row.consciousness) == (10, 3, "alert")
    assert (row.neurologic_only, row.temperature, row.oxygen_device) == (True, None, "")
    assert row.note == "At the bedside; objects: clock, pen, button"
    page = text(client.get(response["Location"]))
    assert "ICE test saved" in page
    assert "No ICANS criteria met at 22:32." in page
    assert "CRS cannot be graded" not in page


def test_a_lost_sentence_opens_icans_grade_1_without_a_fever_and_pages(client: Client, ward: Ward) -> None:
    response = save(client, ward, sentence="wrong", attention="wrong", object2="wrong")
    event = ToxicityEvent.objects.get()
    assert (event.toxicity, event.max_grade, event.opened_at) == ("icans", 1, NOW)
    assert Page.objects.filter(alert__kind=Alert.Kind.NEUROLOGIC).count() == 1
    page = text(client.get(response["Location"]))
    assert "ICANS grade 1" in page
    assert "ICE 7 of 10" in page


def test_an_ice_test_does_no_check_of_vital_signs_and_leaves_the_last_ones_standing(
    client: Client, ward: Ward
) -> None:
    ward.log("38.6", systolic=84)
    alert = ward.alert()
    done = MonitoringCheck.objects.filter(state="done").count()
    with time_machine.travel(NOW + timedelta(minutes=20), tick=False):
        save(client, ward)
    status = CourseStatus.objects.get()
    assert (status.systolic, status.crs_grade, status.ice_score) == (84, 2, 10)
    assert (status.reading_at, status.worst_grade) == (NOW, 2)
    assert set(status.past_limits) == {"fever", "hypotension"}
    assert MonitoringCheck.objects.filter(state="done").count() == done
    assert not ResponseStep.objects.filter(event__toxicity="crs", observation__neurologic_only=True).exists()
    alert.refresh_from_db()
    assert alert.state == Alert.State.OPEN


def test_an_incomplete_test_is_no_score_and_keeps_its_reason(client: Client, ward: Ward) -> None:
    left_out = {"sentence": "not_tested", "attention": None, "not_tested_reason": "asleep or sedated"}
    response = save(client, ward, consciousness="awakens_spontaneously", **left_out)
    row = newest()
    assert (row.ice_score(), row.ice_sentence, row.ice_attention) == (None, None, None)
    assert row.not_measured == {"ice": "asleep or sedated"}
    page = text(client.get(response["Location"]))
    assert "ICANS at least grade 1" in page
    assert "Missing: ICE" in page.replace("</strong>", "")


def test_a_test_before_the_first_dose_is_the_baseline_and_hides_none(client: Client) -> None:
    ward = Ward()
    ward.confirm()
    ward.start()
    client.force_login(ward.nurse)
    assert "this test is kept as the baseline" in text(client.get(url("ice-new", ward.patient)))
    assert save(client, ward, sentence="wrong").status_code == 302
    assert newest().is_baseline
    page = text(client.get(url("ice-new", ward.patient)))
    assert "baseline not correct" in page
    assert "Baseline 9 of 10." in page


def test_a_baseline_ice_and_a_baseline_pressure_may_be_two_rows(client: Client, ward: Ward) -> None:
    about = {"patient": ward.patient, "recorded_by": ward.nurse, "is_baseline": True}
    none = dict.fromkeys([f"ice_{name}" for name in ("year", "month", "city", "hospital", "objects")])
    ObservationFactory(taken_at=AT - timedelta(hours=3), systolic=160, **about, **none)
    ObservationFactory(
        taken_at=AT - timedelta(hours=2), neurologic_only=True, systolic=None, ice_attention=False, **about
    )
    ward.log("36.8", systolic=120)
    assert {alert.kind for alert in Alert.objects.all()} == {"worsening"}
    page = text(client.get(url("vitals-new", ward.patient)))
    assert "baseline 160/76 mmHg" in page
    assert "Baseline 9 of 10" in page


# --- refused ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"object3": None}, "Naming counts as one: answer all three objects, or leave out all three"),
        ({"how": "phone"}, "By phone naming and writing cannot be seen, so a call gives no ICE score"),
        ({"neurologic": "seizure"}, "Say which seizure: the grade depends on it"),
        (
            {**dict.fromkeys(ice.POINTS), "consciousness": None},
            "Nothing is answered. Tap what was tested, or how awake the patient is.",
        ),
        ({"when": "earlier", "taken_time": "23:50", "taken_day": "today"}, "This time lies in the future"),
    ],
)
def test_an_answer_that_cannot_stand_gets_a_sentence_and_nothing_is_stored(
    client: Client, ward: Ward, changed: dict[str, Any], sentence: str
) -> None:
    response = save(client, ward, **changed)
    assert response.status_code == 422
    assert sentence in text(response)
    assert "Everything you typed is still here." in text(response)
    assert not Observation.objects.exists()


def test_by_phone_what_can_be_heard_is_saved_and_is_no_score(client: Client, ward: Ward) -> None:
    unseen = dict.fromkeys((*ice.OBJECTS, "sentence"), "not_tested")
    assert save(client, ward, how="phone", **unseen).status_code == 302
    assert newest().ice_score() is None


def test_the_same_form_twice_is_one_test(client: Client, ward: Ward) -> None:
    once = answers(attention="wrong")
    first = client.post(url("ice-new", ward.patient), once)
    again = client.post(url("ice-new", ward.patient), once)
    assert first["Location"] == again["Location"]
    assert Observation.objects.count() == 1
    changed = client.post(url("ice-new", ward.patient), {**once, "sentence": "wrong"})
    assert changed.status_code == 422
    assert "saved before with other answers" in text(changed)
    assert Observation.objects.count() == 1


def test_only_who_logs_vitals_and_only_at_the_own_center(client: Client, ward: Ward) -> None:
    client.force_login(ward.pharmacist)
    assert client.get(url("ice-new", ward.patient)).status_code == 403
    client.force_login(StaffFactory())
    for name in ("ice-new", "ice-preview"):
        assert client.post(url(name, ward.patient), answers()).status_code == 404
    client.force_login(ward.nurse)
    row = ObservationFactory(patient=ward.patient, recorded_by=ward.nurse, neurologic_only=True)
    elsewhere = PatientFactory(center=ward.center, registered_by=ward.nurse)
    assert client.get(url("ice-amend", elsewhere, row.pk)).status_code == 404


# --- the page ---------------------------------------------------------------------------------------------


def test_the_objects_change_from_test_to_test_and_stay_while_one_is_asked(client: Client, ward: Ward) -> None:
    assert ">Clock<" in text(client.get(url("ice-new", ward.patient)))
    save(client, ward)
    page = text(client.get(url("ice-new", ward.patient)))
    assert ">Key<" in page
    assert ">Clock<" not in page
    refused = text(save(client, ward, turn="0", object1=None))
    assert ">Clock<" in refused


def test_the_baseline_stands_beside_each_point_and_the_total(client: Client, ward: Ward) -> None:
    ObservationFactory(
        patient=ward.patient,
        recorded_by=ward.nurse,
        is_baseline=True,
        taken_at=AT - timedelta(hours=3),
        ice_sentence=False,
    )
    page = text(client.get(url("ice-new", ward.patient)))
    assert page.count("baseline correct") == 6
    assert page.count("baseline 3 of 3") == 3
    assert "baseline not correct" in page
    shown = text(client.post(url("ice-preview", ward.patient), answers(attention="wrong"), headers=HTMX))
    assert "ICE 9 of 10; baseline 9 on 19-Nov-2026" in shown
    assert "ICANS grade 1" in shown.replace("</strong>", "")


def test_without_a_baseline_the_page_says_so(client: Client, ward: Ward) -> None:
    page = text(client.get(url("ice-new", ward.patient)))
    assert "No baseline ICE test on record." in page
    assert "Next ICE due 22:32" in page


def test_the_preview_names_what_is_missing_and_writes_nothing(client: Client, ward: Ward) -> None:
    part = answers(sentence=None, attention="not_tested", consciousness="awakens_spontaneously")
    shown = text(client.post(url("ice-preview", ward.patient), part, headers=HTMX))
    assert "ICE incomplete: sentence, attention not tested" in shown
    assert "at least grade 1" in shown
    assert not Observation.objects.exists()


def test_the_preview_of_an_earlier_fever_pages_nobody_for_a_good_test(client: Client, ward: Ward) -> None:
    ward.log("38.6")
    shown = text(client.post(url("ice-preview", ward.patient), answers(), headers=HTMX))
    assert "Saving raises an alert" not in shown
    assert 'data-save-label="Save ICE test, ICANS grade 0"' in shown


def test_a_correction_stands_instead_of_the_test(client: Client, ward: Ward) -> None:
    save(client, ward, sentence="wrong")
    row = newest()
    page = text(client.get(url("ice-amend", ward.patient, row.pk)))
    assert 'value="wrong" id="id_sentence_1" checked' in page.replace('checked=""', "checked")
    taken = {"when": "earlier", "taken_time": "22:32", "taken_day": "19-Nov-2026"}
    given = answers(**taken)
    refused = client.post(url("ice-amend", ward.patient, row.pk), given)
    assert refused.status_code == 422
    response = client.post(
        url("ice-amend", ward.patient, row.pk), {**given, "amend_reason": "read the wrong line"}
    )
    assert response.status_code == 302
    now = Observation.objects.current().get()
    assert (now.ice_score(), now.neurologic_only, now.amends_id) == (10, True, row.pk)
    assert ToxicityEvent.objects.get().state == "attributed"
    assert client.get(url("vitals-amend", ward.patient, now.pk))["Location"] == url(
        "ice-amend", ward.patient, now.pk
    )


def test_the_page_asks_a_fixed_number_of_statements(client: Client, ward: Ward) -> None:
    client.get(url("ice-new", ward.patient))
    with statements() as few:
        client.get(url("ice-new", ward.patient))
    for hours in range(1, 8):
        ObservationFactory(patient=ward.patient, recorded_by=ward.nurse, taken_at=AT + timedelta(hours=hours))
    with statements() as many:
        client.get(url("ice-new", ward.patient))
    assert len(many) == len(few)
    assert len(many) <= 12
