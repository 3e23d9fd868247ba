"""A program does what the pages do: register, plan, dose, log, answer, confirm; refused where they refuse."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from rest_framework.authtoken.models import Token

from dosing_portal.kernel import clock
from dosing_portal.kernel.models import AuditEntry, Staff
from patients.models import Intervention, Patient, ToxicityEvent
from schedules.models import Administration, TreatmentCourse
from tests.factories import PASSWORD
from tests.statements import statements
from tests.ward import Ward

pytestmark = pytest.mark.django_db
PERSON = {
    "mrn": "TEST-90001",
    "family_name": "Sample",
    "given_name": "Nora",
    "birth_date": "1958-02-03",
    "sex": "female",
    "allergy_status": "none_known",
    "code_status": "full",
}


class Program:
    """A client of the API that acts for one person."""

    def __init__(self, staff: Staff) -> None:
        self.client = Client(
            headers={"Authorization": f"Token {Token.objects.get_or_create(user=staff)[0].key}"}
        )

    def get(self, path: str, **asked: Any) -> tuple[int, Any]:
        answer = self.client.get(f"/api/v1/{path}", asked)
        return answer.status_code, answer.json()

    def post(self, path: str, body: Any = None, key: str = "") -> tuple[int, Any]:
        headers = {"Idempotency-Key": key} if key else {}
        answer = self.client.post(
            f"/api/v1/{path}", body or {}, content_type="application/json", headers=headers
        )
        return answer.status_code, answer.json()


@pytest.fixture
def ward() -> Ward:
    """The present is now: the API reads the clock."""
    return Ward.dosed(at=clock.now() - timedelta(hours=5))


@pytest.fixture
def nurse(ward: Ward) -> Program:
    return Program(ward.nurse)


@pytest.fixture
def physician(ward: Ward) -> Program:
    return Program(ward.physician)


# --- people -----------------------------------------------------------------------------------------------


def test_a_patient_is_registered_found_and_weighed(nurse: Program) -> None:
    code, made = nurse.post("patients/", PERSON)
    assert (code, made["mrn"], made["weight"]) == (201, "TEST-90001", None)
    code, weighed = nurse.post(
        f"patients/{made['id']}/weights/", {"value": "160", "unit": "lb", "measured_on": "2026-01-02"}
    )
    assert (code, weighed["weight"]) == (201, {"kg": "72.57", "measured_on": "2026-01-02"})
    assert [p["id"] for p in nurse.get("patients/", q="nora sam")[1]["patients"]] == [made["id"]]
    assert nurse.get(f"patients/{made['id']}/")[1] == weighed


def test_a_second_patient_with_the_same_mrn_is_refused_beside_the_field(nurse: Program) -> None:
    nurse.post("patients/", PERSON)
    code, said = nurse.post("patients/", PERSON)
    assert code == 400
    assert "is registered with this MRN" in said["mrn"][0]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"birth_date": "2126-01-01"}, "birth_date"),
        ({"allergy_status": "known"}, "allergies"),
        ({"sex": "unheard of"}, "sex"),
        ({"family_name": ""}, "family_name"),
        ({"nickname": "N"}, "nickname"),
    ],
)
def test_what_the_page_refuses_the_api_refuses(nurse: Program, change: dict[str, str], field: str) -> None:
    before = Patient.objects.count()
    code, said = nurse.post("patients/", PERSON | change)
    assert code == 400
    assert field in said
    assert Patient.objects.count() == before


def test_a_pharmacist_reads_people_and_registers_none(ward: Ward) -> None:
    pharmacist = Program(ward.pharmacist)
    assert pharmacist.get("patients/")[0] == 200
    assert pharmacist.post("patients/", PERSON)[0] == 403


def test_an_administrator_reads_no_patient(ward: Ward) -> None:
    assert Program(ward.administrator).get(f"patients/{ward.patient.pk}/")[0] == 403


# --- courses and doses ------------------------------------------------------------------------------------


def test_a_course_is_started_once_and_read_with_its_doses(ward: Ward, physician: Program) -> None:
    _, made = physician.post("patients/", PERSON)
    today = ward.center.local(clock.now()).date().isoformat()
    plan = {"version": str(ward.version.pk), "starts_on": today, "setting": "outpatient"}
    code, course = physician.post(f"patients/{made['id']}/courses/", plan)
    assert (code, course["state"], course["doses"][0]["dose"]) == (201, "running", "sud1")
    again, same = physician.post(f"patients/{made['id']}/courses/", plan)
    assert (again, same["id"]) == (200, course["id"])
    assert TreatmentCourse.objects.filter(patient_id=made["id"]).count() == 1


def test_a_day_is_asked_about(ward: Ward, nurse: Program) -> None:
    on = (ward.center.local(ward.at) + timedelta(days=1)).date().isoformat()
    code, answer = nurse.get(f"courses/{ward.course.pk}/what-if/", on=on)
    assert (code, answer["verdict"], answer["action"]) == (200, "too_early", "refuse")
    assert answer["because"]
    assert answer["source"]


def administering(ward: Ward, **changes: str) -> dict[str, str]:
    return {
        "given_at": clock.now().isoformat(),
        "product": "ELREXFIO",
        "vial": "44 mg/1.1 mL",
        "site": "abdomen",
        "lot": "SAMPLE-2",
        "checker_username": ward.pharmacist.username,
        "checker_password": PASSWORD,
        **changes,
    }


def test_a_dose_too_early_is_refused_and_nothing_is_stored(ward: Ward, nurse: Program) -> None:
    code, said = nurse.post(f"courses/{ward.course.pk}/doses/2/administer/", administering(ward), "k")
    assert code == 400
    assert said
    assert Administration.objects.count() == 1


def test_the_second_person_must_be_known(ward: Ward, nurse: Program) -> None:
    body = administering(ward, checker_password="wrong")
    code, said = nurse.post(f"courses/{ward.course.pk}/doses/2/administer/", body, "k")
    assert code == 400
    assert "do not belong together" in said["checker_password"][0]


def test_a_dose_is_recorded_once_whatever_is_sent_again() -> None:
    ward = Ward(at=clock.now())
    ward.confirm()
    ward.start()
    nurse = Program(ward.nurse)
    given = administering(ward, premedicated_at=(clock.now() - timedelta(minutes=90)).isoformat())
    path = f"courses/{ward.course.pk}/doses/1/administer/"
    code, course = nurse.post(path, given, "one")
    assert code == 201, course
    assert course["doses"][0]["given"]["checked_by"] == "P. Lind PharmD"
    assert nurse.post(path, given, "one")[0] == 200
    assert Administration.objects.filter(course=ward.course).count() == 1


def test_a_course_is_ended_with_a_reason(ward: Ward, nurse: Program) -> None:
    assert nurse.post(f"courses/{ward.course.pk}/end/", {"reason": " "})[0] == 400
    code, course = nurse.post(f"courses/{ward.course.pk}/end/", {"reason": "moved away"})
    assert (code, course["state"], course["end_reason"]) == (200, "ended", "moved away")


# --- events -----------------------------------------------------------------------------------------------


def test_a_fever_is_read_as_an_event_and_confirmed_once(
    ward: Ward, nurse: Program, physician: Program
) -> None:
    reading = {"temperature": {"value": "38.4", "unit": "C"}, "systolic": 118, "spo2": 97}
    nurse.post(f"patients/{ward.patient.pk}/vitals/", reading, "fever")
    listed = physician.get("events/")[1]
    assert listed["total"] == 1
    event = physician.get(f"events/{listed['events'][0]['id']}/")[1]
    assert event["gradings"]
    confirm = {"grade": 1, "revision": event["revision"], "reason": "oxygen seen in room air"}
    assert nurse.post(f"events/{event['id']}/confirm/", confirm)[0] == 403
    code, confirmed = physician.post(f"events/{event['id']}/confirm/", confirm)
    assert (code, confirmed["confirmed_grade"], confirmed["confirmed_by"]) == (200, 1, "Dr. K. Okafor")
    code, said = physician.post(f"events/{event['id']}/confirm/", confirm)
    assert (code, [*said]) == (409, ["revision"])


def test_an_event_that_goes_on_is_not_closed(ward: Ward, physician: Program) -> None:
    event = ward.log("38.4", taken_at=clock.now(), at=clock.now()).events[0]
    code, said = physician.post(f"events/{event.pk}/close/", {"revision": event.revision})
    assert code == 400
    assert said
    assert ToxicityEvent.objects.get(pk=event.pk).state == "open"


def test_another_cause_is_named_by_a_physician(ward: Ward, physician: Program) -> None:
    event = ward.log("38.4", taken_at=clock.now(), at=clock.now()).events[0]
    said = {"axis": "fever", "cause": "infection", "reason": "positive culture"}
    code, answer = physician.post(f"events/{event.pk}/attribute/", said)
    assert (code, answer["state"]) == (200, "attributed")


# --- interventions ----------------------------------------------------------------------------------------


def test_a_drug_is_recorded_once_listed_and_taken_back(ward: Ward, nurse: Program) -> None:
    path = f"patients/{ward.patient.pk}/interventions/"
    said = {"kind": "acetaminophen", "dose_mg": "650"}
    code, made = nurse.post(path, said, "drug")
    assert (code, made["dose_mg"]) == (201, "650.00")
    assert nurse.post(path, said, "drug") == (200, made)
    assert made["id"] in [item["id"] for item in nurse.get(path)[1]["interventions"]]
    code, _ = nurse.post(f"{path}{made['id']}/take-back/", {"reason": "wrong patient"}, "back")
    assert code == 200
    assert made["id"] not in [item["id"] for item in nurse.get(path)[1]["interventions"]]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "acetaminophen", "dose_mg": "0"}, "dose_mg"),
        ({"kind": "acetaminophen", "taken_at": "2126-01-01T00:00:00Z"}, "taken_at"),
        ({"kind": "aspirin of the gods"}, "kind"),
        ({"kind": "acetaminophen", "taken_at": "yesterday"}, "taken_at"),
    ],
)
def test_a_drug_that_cannot_be_is_refused(ward: Ward, nurse: Program, body: Any, field: str) -> None:
    before = Intervention.objects.count()
    code, said = nurse.post(f"patients/{ward.patient.pk}/interventions/", body, str(uuid4()))
    assert code == 400
    assert field in said
    assert Intervention.objects.count() == before


def test_a_write_needs_its_key(ward: Ward, nurse: Program) -> None:
    code, said = nurse.post(f"patients/{ward.patient.pk}/interventions/", {"kind": "nsaid"})
    assert (code, [*said]) == (400, ["Idempotency-Key"])


# --- calculators ------------------------------------------------------------------------------------------


def test_the_calculators_answer_with_because_and_source(nurse: Program) -> None:
    code, restart = nurse.post(
        "calculators/restart/", {"regimen": "teclistamab", "last_dose": "sud1", "days_since": 9}
    )
    assert (code, restart["action"]) == (200, "restart")
    code, dose = nurse.post("calculators/dose/", {"regimen": "teclistamab", "dose": "tx1", "weight_kg": "70"})
    assert (code, dose["mg"]) == (200, "105.000000")
    reading = {"temperature": {"value": "38.4", "unit": "C"}}
    code, grades = nurse.post("calculators/grade/", reading)
    assert (code, grades["gradings"][0]["text"]) == (200, "at least grade 1")
    for answer in (restart, dose, grades["gradings"][0]):
        assert answer["because"]
        assert answer["source"]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("restart", {"regimen": "nothing", "last_dose": "sud1", "days_since": 3}, "regimen"),
        ("restart", {"regimen": "teclistamab", "last_dose": "sud9", "days_since": 3}, "last_dose"),
        ("restart", {"regimen": "teclistamab", "last_dose": "sud1"}, "days_since"),
        ("dose", {"regimen": "teclistamab", "schedule": "daily", "dose": "tx1"}, "schedule"),
        ("dose", {"regimen": "teclistamab", "dose": "tx9"}, "dose"),
        ("dose", {"regimen": "teclistamab", "dose": "tx1", "weight_kg": "0"}, "weight_kg"),
    ],
)
def test_a_question_without_sense_names_its_field(nurse: Program, path: str, body: Any, field: str) -> None:
    code, said = nurse.post(f"calculators/{path}/", body)
    assert (code, [*said]) == (400, [field])


# --- cost and trace ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("patients", [1, 20])
def test_a_list_is_a_fixed_number_of_statements(ward: Ward, nurse: Program, patients: int) -> None:
    for number in range(patients):
        nurse.post("patients/", PERSON | {"mrn": f"TEST-8{number:04}"})
    nurse.get("patients/")
    with statements() as sent:
        nurse.get("patients/")
    assert len(sent) == 2, "\n".join(sent)


def test_what_a_program_writes_is_audited_like_what_a_page_writes(nurse: Program) -> None:
    nurse.post("patients/", PERSON)
    assert AuditEntry.objects.filter(action="patient.register").count() == 1
