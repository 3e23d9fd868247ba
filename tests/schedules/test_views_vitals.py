"""Log vitals through the pages: saved, graded, refused with a sentence, asked once, never twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.test import Client

from dosing_portal.kernel.models import AuditEntry
from patients.models import Intervention, Observation, ToxicityEvent
from protocols.rules.values import InterventionKind
from schedules.models import Alert, MonitoringCheck, Page
from schedules.services import alerts
from tests.factories import AT, ObservationFactory, PatientFactory, StaffFactory
from tests.schedules.bedside import text, typed, url
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
    """A dose eight hours ago, a check due now, the nurse at the keyboard."""
    ward = Ward.dosed()
    ward.at = NOW
    client.force_login(ward.nurse)
    return ward


def save(client: Client, ward: Ward, **answers: Any) -> Any:
    return client.post(url("vitals", ward.patient), typed(**answers))


def only() -> Observation:
    return Observation.objects.get()


# --- saving -----------------------------------------------------------------------------------------------


def test_a_quiet_reading_is_saved_graded_and_completes_its_check(client: Client, ward: Ward) -> None:
    response = save(client, ward)
    row = only()
    assert (response.status_code, response["Location"]) == (302, url("vitals-outcome", ward.patient, row.pk))
    assert (row.temperature, row.systolic, row.spo2, row.location) == (Decimal("36.8"), 124, 97, "home")
    assert (row.taken_at, row.recorded_at, row.recorded_by) == (NOW, NOW, ward.nurse)
    assert row.note == "Checked: room air, no vasopressor, alert"
    assert MonitoringCheck.objects.get(observation=row).due_at == NOW
    page = text(client.get(response["Location"]))
    assert "Saved 22:32." in page
    assert "entered by N. Brandt RN. Check of 22:32 is done." in page
    assert "No CRS criteria met at 22:32. Next check 06:32, in 8 h." in page
    assert "Nobody: this reading raised no alert." in page


def test_a_fever_gives_grade_1_an_event_and_a_page(client: Client, ward: Ward) -> None:
    response = save(client, ward, temperature="38,4")
    event = ToxicityEvent.objects.get()
    assert (event.toxicity, event.max_grade, event.opened_at) == ("crs", 1, NOW)
    assert Page.objects.filter(alert__kind=Alert.Kind.FEVER).count() == 1
    page = text(client.get(response["Location"]))
    assert "CRS grade 1" in page
    assert "fever 38.4 °C (38.0 °C or more)" in page
    assert "What to do now" in page
    assert "Tell the patient or caregiver to come in now" in page
    assert "Call back at once when" in page
    assert f"/events/{event.pk}/" in page


def test_a_fever_alone_is_asked_about_once_and_then_at_least_grade_1(client: Client, ward: Ward) -> None:
    alone: dict[str, Any] = dict.fromkeys(
        ("systolic", "diastolic", "spo2", "heart_rate", "respiratory_rate", "attested", "ice"), None
    )
    refused = save(client, ward, temperature="38.4", **alone)
    assert refused.status_code == 422
    page = text(refused)
    assert "Not saved. 3 answers need you" in page
    assert "Everything you typed is still here." in page
    assert 'value="38.4"' in page
    assert "CRS at least grade 1" in page
    assert not Observation.objects.exists()
    asked = [f"{name}=asked" for name in ("systolic", "spo2", "oxygen")]
    assert all(f'name="confirmed" value="{key}"' in page for key in asked)
    response = save(client, ward, temperature="38.4", confirmed=asked, **alone)
    assert response.status_code == 302
    assert only().not_measured == dict.fromkeys(("systolic", "spo2", "oxygen"), "no reason given")
    page = text(client.get(response["Location"]))
    assert "CRS at least grade 1" in page
    assert "Missing:</strong> blood pressure, SpO2, oxygen device" in page


def test_a_wrong_unit_is_a_question_with_its_answer_as_a_button(client: Client, ward: Ward) -> None:
    page = text(save(client, ward, temperature="101.5"))
    assert "101.5 °C is not possible. Is that 101.5 °F, which is 38.6 °C?" in page
    assert 'name="confirmed" value="temperature=101.5=F">Yes, 101.5 °F</button>' in page
    assert "CRS cannot grade" in page
    assert "temperature is in question" in page
    assert save(client, ward, temperature="101.5", confirmed="temperature=101.5=F").status_code == 302
    row = only()
    assert (row.temperature, row.temperature_unit) == (Decimal("101.5"), "F")
    assert ToxicityEvent.objects.get().max_grade == 1


def test_the_impossible_is_refused_beside_its_field_and_nothing_is_stored(client: Client, ward: Ward) -> None:
    refused = save(client, ward, spo2="196")
    assert refused.status_code == 422
    assert "SpO2 196 % is not possible." in text(refused)
    assert 'aria-invalid="true"' in text(refused)
    assert not Observation.objects.exists()
    assert not AuditEntry.objects.filter(action="vitals.log").exists()


def test_a_future_time_is_refused(client: Client, ward: Ward) -> None:
    refused = save(client, ward, when="earlier", taken_day="20-Nov-2026", taken_time="22:31")
    assert refused.status_code == 422
    assert "This time lies in the future." in text(refused)
    assert not Observation.objects.exists()


def test_a_time_before_the_first_dose_is_fine_and_grades_what_follows(client: Client, ward: Ward) -> None:
    response = save(client, ward, when="earlier", taken_day="19-Nov-2026", taken_time="13:00")
    assert response.status_code == 302
    assert only().taken_at == AT - timedelta(minutes=92)


def test_a_late_entry_is_placed_at_its_own_time(client: Client, ward: Ward) -> None:
    save(client, ward, temperature="37.9", client_key=str(uuid4()))
    save(client, ward, temperature="38.6", when="earlier", taken_day="19-Nov-2026", taken_time="20:00")
    event = ToxicityEvent.objects.get()
    assert event.opened_at == AT + timedelta(hours=5, minutes=28)


def test_the_first_readings_of_a_course_are_its_baseline(client: Client) -> None:
    ward = Ward()
    ward.confirm()
    ward.start()
    client.force_login(ward.nurse)
    response = save(client, ward, systolic="131", diastolic="80")
    assert only().is_baseline
    assert "kept as the baseline" in text(client.get(response["Location"]))
    ward.at = NOW
    ward.give()
    page = text(client.get(url("vitals-new", ward.patient)))
    assert "baseline 131/80 mmHg" in page
    assert "Baseline 10 of 10 on 19-Nov-2026." in page
    save(client, ward)
    assert (
        list(Observation.objects.order_by("recorded_at", "pk").values_list("is_baseline", flat=True)).count(
            False
        )
        == 1
    )


# --- taken at home ----------------------------------------------------------------------------------------


def test_what_was_taken_at_home_is_saved_with_the_reading_and_always_alerts(
    client: Client, ward: Ward
) -> None:
    save(
        client,
        ward,
        taken=["antipyretic", "pocket"],
        antipyretic_time="20:00",
        pocket_time="21:30",
        pocket_mg="20",
        pocket_temperature="38.2",
    )
    given = {row.kind: row for row in Intervention.objects.exclude(kind=InterventionKind.PREMEDICATION)}
    assert set(given) == {"acetaminophen", "pocket_dexamethasone"}
    pocket = given["pocket_dexamethasone"]
    assert pocket.taken_at == NOW - timedelta(minutes=62)
    assert (pocket.dose_mg, pocket.temperature_before) == (Decimal(20), Decimal("38.2"))
    kinds = set(Alert.objects.values_list("kind", flat=True))
    assert kinds == {Alert.Kind.POCKET_DEXAMETHASONE, Alert.Kind.POSSIBLY_MASKED}


# --- never two rows ---------------------------------------------------------------------------------------


def test_a_double_click_makes_one_row_and_both_lead_to_it(client: Client, ward: Ward) -> None:
    key = str(uuid4())
    drug = {"taken": ["antipyretic"], "antipyretic_time": "20:00"}
    first = save(client, ward, client_key=key, **drug)
    second = save(client, ward, client_key=key, **drug)
    assert second.status_code == 302
    assert first["Location"] == second["Location"]
    assert Observation.objects.count() == 1
    assert Intervention.objects.filter(kind=InterventionKind.ACETAMINOPHEN).count() == 1
    assert AuditEntry.objects.filter(action="vitals.log").count() == 1


def test_a_saved_form_that_comes_back_changed_is_never_dropped_in_silence(client: Client, ward: Ward) -> None:
    key = str(uuid4())
    save(client, ward, client_key=key)
    again = save(client, ward, client_key=key, temperature="38.6")
    assert again.status_code == 422
    page = text(again)
    assert "This form was saved at 22:32 with other values, and nothing was added now." in page
    assert 'value="38.6"' in page
    assert key not in page
    assert Observation.objects.count() == 1


# --- no course, no protocol -------------------------------------------------------------------------------


def test_without_a_course_the_center_wide_section_judges(client: Client) -> None:
    ward = Ward()
    ward.center_wide()
    client.force_login(ward.nurse)
    assert save(client, ward, temperature="38.4").status_code == 302
    assert not only().is_baseline
    assert Alert.objects.get().because.endswith("no course is running")


def test_without_a_protocol_the_page_says_so_and_keeps_what_was_typed(client: Client) -> None:
    nurse = StaffFactory()
    patient = PatientFactory(center=nurse.center)
    client.force_login(nurse)
    assert "No active protocol." in text(client.get(url("vitals-new", patient)))
    answers = typed(temperature="38.4", attested=None, oxygen="room_air")
    refused = client.post(url("vitals", patient), answers)
    assert refused.status_code == 422
    page = text(refused)
    assert "This center has no active protocol." in page
    assert 'value="38.4"' in page
    assert not Observation.objects.exists()


# --- whose patient ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["vitals", "vitals-new"])
def test_another_center_s_patient_is_not_found(client: Client, ward: Ward, name: str) -> None:
    stranger = PatientFactory()
    assert client.get(url(name, stranger)).status_code == 404
    assert client.post(url("vitals", stranger), typed()).status_code == 404
    assert client.post(url("vitals-preview", stranger), typed()).status_code == 404
    assert not Observation.objects.exists()


def test_a_pharmacist_looks_back_and_cannot_log(client: Client, ward: Ward) -> None:
    row = ward.log().observation
    assert row is not None
    client.force_login(ward.pharmacist)
    history = client.get(url("vitals", ward.patient))
    assert history.status_code == 200
    assert "Log vitals" not in text(history)
    assert client.get(url("vitals-new", ward.patient)).status_code == 403
    assert client.post(url("vitals", ward.patient), typed()).status_code == 403
    assert client.get(url("vitals-amend", ward.patient, row.pk)).status_code == 403
    assert "Correct this entry" not in text(client.get(url("vitals-outcome", ward.patient, row.pk)))


def test_an_administrator_sees_no_vitals(client: Client, ward: Ward) -> None:
    client.force_login(ward.administrator)
    assert client.get(url("vitals", ward.patient)).status_code == 403


# --- preview ----------------------------------------------------------------------------------------------


def preview(client: Client, ward: Ward, **answers: Any) -> str:
    response = client.post(url("vitals-preview", ward.patient), typed(**answers), headers=HTMX)
    assert response.status_code == 200
    return text(response)


def test_the_preview_names_the_grade_on_the_button_and_writes_nothing(client: Client, ward: Ward) -> None:
    fragment = preview(client, ward, temperature="38.4")
    assert 'data-save-label="Save vitals, CRS grade 1"' in fragment
    assert "fever 38.4 °C (38.0 °C or more)" in fragment
    assert "Saving raises an alert and pages N. Brandt RN." in fragment
    assert 'hx-swap-oob="innerHTML:#announce">CRS grade 1: fever 38.4 °C' in fragment
    assert "<html" not in fragment
    assert not Observation.objects.exists()


def test_the_preview_of_a_part_says_at_least_and_names_no_grade(client: Client, ward: Ward) -> None:
    fragment = preview(client, ward, temperature="38.4", systolic=None, diastolic=None, spo2=None)
    assert "CRS at least grade 1" in fragment
    assert "Missing:</strong> blood pressure, SpO2" in fragment
    assert 'data-save-label="Save vitals"' in fragment


def test_the_preview_counts_what_was_taken_before_a_fever_on_record(client: Client, ward: Ward) -> None:
    ward.at = NOW - timedelta(hours=2)
    ward.log("38.5")
    fragment = preview(
        client, ward, temperature="37.2", systolic="84", taken=["antipyretic"], antipyretic_time="21:00"
    )
    assert "CRS at least grade 2" in fragment or "CRS grade 2" in fragment


def test_the_preview_of_an_empty_or_wrong_form_is_an_answer_too(client: Client, ward: Ward) -> None:
    assert "CRS cannot grade" in text(client.post(url("vitals-preview", ward.patient), {}))
    fragment = preview(client, ward, temperature="abc", spo2="900")
    assert "temperature is in question" in fragment


def test_the_preview_says_when_nobody_is_on_call(client: Client) -> None:
    ward = Ward.dosed(reachable=())
    client.force_login(ward.nurse)
    assert "Nobody is on call at its first level" in preview(client, ward, temperature="39.0")


# --- correcting -------------------------------------------------------------------------------------------


def amend(client: Client, ward: Ward, row: Observation, **answers: Any) -> Any:
    facts = typed(
        **{
            "amend_reason": "read from the wrong line",
            "when": "earlier",
            "taken_day": "19-Nov-2026",
            "taken_time": "22:32",
            **answers,
        }
    )
    return client.post(url("vitals-amend", ward.patient, row.pk), facts)


def test_a_correction_stands_instead_and_the_old_value_is_struck(client: Client, ward: Ward) -> None:
    row = ward.log("39.4").observation
    assert row is not None
    assert 'value="39.4"' in text(client.get(url("vitals-amend", ward.patient, row.pk)))
    response = amend(client, ward, row, temperature="36.9")
    now = Observation.objects.current().get()
    assert response["Location"] == url("vitals-outcome", ward.patient, now.pk)
    assert (now.amends_id, now.amend_reason, now.temperature) == (
        row.pk,
        "read from the wrong line",
        Decimal("36.9"),
    )
    history = text(client.get(url("vitals", ward.patient)))
    assert "<s>39.4</s> 36.9" in history
    assert "Corrected 19-Nov-2026 22:32, N. Brandt RN: read from the wrong line" in history
    old = text(client.get(url("vitals-outcome", ward.patient, row.pk)))
    assert "This entry was corrected." in old
    assert url("vitals-outcome", ward.patient, now.pk) in old


def test_the_preview_of_a_correction_leaves_the_old_value_out(client: Client, ward: Ward) -> None:
    row = ward.log("39.4").observation
    assert row is not None
    fragment = preview(client, ward, temperature="36.9", systolic="84", amends=str(row.pk))
    assert "CRS grade 0" in fragment
    assert "possible masked CRS" in fragment
    assert 'data-save-label="Save correction' in fragment
    assert client.post(url("vitals-preview", ward.patient), {"amends": "x"}).status_code == 404


def test_a_correction_without_a_reason_is_refused(client: Client, ward: Ward) -> None:
    row = ward.log("39.4").observation
    assert row is not None
    refused = amend(client, ward, row, amend_reason=None)
    assert refused.status_code == 422
    assert "Why do you correct this entry: Write it here" in text(refused)


def test_a_second_correction_of_the_same_row_names_who_was_first(client: Client, ward: Ward) -> None:
    row = ward.log("39.4").observation
    assert row is not None
    amend(client, ward, row, temperature="36.9")
    client.force_login(ward.second_nurse)
    refused = amend(client, ward, row, temperature="37.9")
    assert refused.status_code == 422
    assert "N. Brandt RN corrected this entry at 22:32. Correct that one instead." in text(refused)
    assert Observation.objects.count() == 2


def test_a_correction_sent_twice_is_one(client: Client, ward: Ward) -> None:
    row = ward.log("39.4").observation
    assert row is not None
    key = str(uuid4())
    first = amend(client, ward, row, client_key=key)
    second = amend(client, ward, row, client_key=key)
    assert first["Location"] == second["Location"]
    assert Observation.objects.count() == 2


# --- the outcome page -------------------------------------------------------------------------------------


def test_the_outcome_is_found_only_under_its_own_patient(client: Client, ward: Ward) -> None:
    row = ward.log().observation
    assert row is not None
    other = PatientFactory(center=ward.center)
    assert client.get(url("vitals-outcome", other, row.pk)).status_code == 404
    client.force_login(StaffFactory())
    assert client.get(url("vitals-outcome", ward.patient, row.pk)).status_code == 404


def told(client: Client, ward: Ward, row_id: UUID) -> tuple[str, str]:
    """The outcome page's own list and the address that it polls."""
    page = text(client.get(url("vitals-outcome", ward.patient, row_id)))
    [address] = [part.split('"')[0] for part in page.split('hx-get="') if "/told/" in part.split('"')[0]]
    return page, address


def test_who_has_been_told_is_polled_and_quiet_while_nothing_changes(client: Client, ward: Ward) -> None:
    row = ward.log("38.4").observation
    assert row is not None
    page, address = told(client, ward, row.pk)
    assert "N. Brandt RN</strong> nurse on call" in page
    assert "E-mail on its way" in page
    assert "Only if unanswered at 22:47: physician on call." in page
    assert client.get(address, headers=HTMX).status_code == 204


def test_a_delivered_page_waits_a_failed_one_gives_the_phone(client: Client, ward: Ward) -> None:
    row = ward.log("38.4").observation
    assert row is not None
    _, address = told(client, ward, row.pk)
    Page.objects.update(delivered_at=NOW - timedelta(minutes=3))
    fragment = text(client.get(address, headers=HTMX))
    assert "E-mail delivered 22:29" in fragment
    assert "waiting 3 min" in fragment
    Page.objects.update(delivered_at=None, failed_at=NOW, last_error="no such mailbox")
    fragment = text(client.get(address, headers=HTMX))
    assert "E-mail failed 22:32: no such mailbox" in fragment
    assert 'href="tel:555-0142"' in fragment


def test_who_has_this_is_read_out_once(client: Client, ward: Ward) -> None:
    row = ward.log("38.4").observation
    assert row is not None
    _, address = told(client, ward, row.pk)
    alerts.acknowledge(alert_id=ward.alert().pk, by=ward.physician, at=NOW, via="portal")
    fragment = text(client.get(address, headers=HTMX))
    assert "has this, 22:32" in fragment
    assert 'hx-swap-oob="innerHTML:#announce">Dr. K. Okafor has this</p>' in fragment
    page, _ = told(client, ward, row.pk)
    assert "hx-swap-oob" not in page.split('id="told"')[1].split("</section>")[0]


def test_a_reading_under_masking_asks_for_a_physician(client: Client, ward: Ward) -> None:
    row = ward.log("36.9", systolic=84).observation
    assert row is not None
    page = text(client.get(url("vitals-outcome", ward.patient, row.pk)))
    assert "Possible masked CRS." in page
    assert f'href="/alerts/{ward.alert(Alert.Kind.HYPOTENSION).pk}/">Open the alert' in page
    assert "No CRS criteria met" not in page


def test_a_reading_that_cannot_be_graded_says_so_and_what_is_next(client: Client, ward: Ward) -> None:
    row = ward.log(None, systolic=None, spo2=None).observation
    assert row is not None
    page = text(client.get(url("vitals-outcome", ward.patient, row.pk)))
    assert "CRS cannot be graded. Missing: temperature, blood pressure, SpO2." in page
    assert "Log vitals again" in page


def test_an_action_that_was_recorded_is_done_with_time_and_name(client: Client, ward: Ward) -> None:
    row = ward.log("38.4").observation
    assert row is not None
    ward.took(InterventionKind.ACETAMINOPHEN)
    page = text(client.get(url("vitals-outcome", ward.patient, row.pk)))
    assert "Done 22:32" in page
    assert "N. Brandt RN, in time" in page


# --- statements -------------------------------------------------------------------------------------------


def test_a_quiet_save_takes_at_most_twelve_statements_sign_in_included(client: Client, ward: Ward) -> None:
    ward.at = NOW - timedelta(hours=7)
    ward.log()
    data = typed()
    with statements() as sent:
        assert client.post(url("vitals", ward.patient), data).status_code == 302
    assert len(sent) <= 12, "\n".join(sent)


def test_an_event_that_opens_and_pages_takes_at_most_eighteen(client: Client, ward: Ward) -> None:
    ward.at = NOW - timedelta(hours=7)
    ward.log()
    data = typed(temperature="38.4")
    with statements() as sent:
        assert client.post(url("vitals", ward.patient), data).status_code == 302
    assert ToxicityEvent.objects.count() == 1
    assert len(sent) <= 18, "\n".join(sent)


@pytest.mark.parametrize("earlier", [5, 60])
def test_the_form_and_the_preview_cost_the_same_after_any_history(
    client: Client, ward: Ward, earlier: int
) -> None:
    for number in range(earlier):
        ObservationFactory(
            patient=ward.patient, taken_at=AT + timedelta(minutes=number), recorded_by=ward.nurse
        )
    client.get(url("vitals-new", ward.patient))
    with statements() as sent:
        client.get(url("vitals-new", ward.patient))
    assert len(sent) == 7, "\n".join(sent)
    with statements() as sent:
        client.post(url("vitals-preview", ward.patient), typed())
    assert len(sent) == 6, "\n".join(sent)


# --- history ----------------------------------------------------------------------------------------------


def test_the_history_has_fifty_a_page_in_a_fixed_number_of_statements(client: Client, ward: Ward) -> None:
    for number in range(60):
        ObservationFactory(
            patient=ward.patient, taken_at=AT + timedelta(minutes=number), recorded_by=ward.nurse
        )
    client.get(url("vitals", ward.patient))
    with statements() as sent:
        page = client.get(url("vitals", ward.patient))
    assert text(page).count("<tr id=") == 50
    assert "60 readings" in text(page)
    assert len(sent) == 8, "\n".join(sent)
    second = text(client.get(url("vitals", ward.patient), {"page": "2"}))
    assert second.count("<tr id=") == 10
    assert "Page 2 of 2" in second
    assert "?page=1" in second


def test_the_history_marks_what_was_not_measured(client: Client, ward: Ward) -> None:
    save(client, ward, spo2=None, spo2_missing="device failed", ice=None)
    page = text(client.get(url("vitals", ward.patient)))
    assert "Not measured: SpO2: device failed" in page
    assert "not assessed" in page


def test_a_temperature_in_the_other_unit_says_that_it_was_converted(client: Client, ward: Ward) -> None:
    save(client, ward, temperature="101.5", confirmed="temperature=101.5=F")
    assert "38.6 (from 101.5 °F)" in text(client.get(url("vitals", ward.patient)))
