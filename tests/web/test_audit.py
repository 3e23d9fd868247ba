"""The audit page: newest first, fifty a page, filtered, never across centers."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from dosing_portal.kernel.models import Staff
from dosing_portal.web.selectors.audit import SUBJECTS, Change, Filters, audit_page, changes
from tests.factories import AT, AuditEntryFactory, PatientFactory, StaffFactory
from tests.text import text

pytestmark = pytest.mark.django_db
AUDIT = "/settings/audit/"


@pytest.fixture
def director(client: Client) -> Staff:
    person: Staff = StaffFactory(director=True, name="Dr. Haddad")
    client.force_login(person)
    return person


def test_before_and_after_stand_side_by_side(client: Client, director: Staff) -> None:
    AuditEntryFactory(
        by=director, before={"temperature_unit": "C"}, after={"temperature_unit": "F"}, reason="New devices"
    )
    page = text(client.get(AUDIT))
    assert "<dt>temperature unit</dt><dd><s>C</s> F</dd>" in page
    assert "because New devices" in page
    assert "19-Nov-2026 14:32" in page


def test_fifty_a_page_in_two_statements(
    director: Staff, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    patient = PatientFactory(center=director.center)
    made = [AuditEntryFactory(by=director, patient_id=patient.pk).pk for _ in range(120)]
    with django_assert_num_queries(2):
        first = audit_page(director.center_id, Filters())
        assert {line.entry.by.name for line in first.lines} == {"Dr. Haddad"}
    second = audit_page(director.center_id, Filters(), older_than=first.older_than)
    third = audit_page(director.center_id, Filters(), older_than=second.older_than)
    shown = [line.entry.pk for page in (first, second, third) for line in page.lines]
    assert shown == made[::-1]
    assert [len(first.lines), len(second.lines), len(third.lines)] == [50, 50, 20]
    assert third.older_than is None


def test_exactly_fifty_are_one_page(director: Staff) -> None:
    for _ in range(50):
        AuditEntryFactory(by=director)
    assert audit_page(director.center_id, Filters()).older_than is None


def test_the_trail_of_another_center_is_not_read(client: Client, director: Staff) -> None:
    stranger = AuditEntryFactory(by__name="Stranger").by
    assert "Stranger" not in text(client.get(AUDIT))
    response = client.get(AUDIT, {"person": str(stranger.pk)})
    assert response.status_code == 422
    theirs = PatientFactory(mrn="TEST-00999")
    assert "No patient of your center has this MRN." in text(client.get(AUDIT, {"mrn": theirs.mrn}))


def test_filters_narrow_the_trail(client: Client, director: Staff) -> None:
    patient = PatientFactory(center=director.center, mrn="TEST-00417")
    nurse = StaffFactory(center=director.center, name="N. Brandt RN")
    AuditEntryFactory(by=director, action="center.change", at=AT - timedelta(days=9))
    AuditEntryFactory(by=director, action="shift.add")
    AuditEntryFactory(by=nurse, action="vitals.log", patient_id=patient.pk)

    def shown(**query: str) -> list[str]:
        page = text(client.get(AUDIT, query))
        return re.findall(r'data-label="What"><span><strong>([^<]+)</strong>', page)

    assert shown() == ["Vitals: log", "Shift: add", "Center: change"]
    assert shown(mrn="test-00417") == ["Vitals: log"]
    assert shown(person=str(nurse.pk)) == ["Vitals: log"]
    assert shown(action="shift") == ["Shift: add"]
    assert shown(last_day="11-Nov-2026") == ["Center: change"]
    assert shown(first_day="19-Nov-2026", last_day="19-Nov-2026") == ["Vitals: log", "Shift: add"]


def test_the_next_page_keeps_the_filters(client: Client, director: Staff) -> None:
    for _ in range(51):
        AuditEntryFactory(by=director, action="shift.add")
    page = text(client.get(AUDIT, {"action": "shift"}))
    url = re.search(r'href="(\?[^"]+)"', page)
    assert url is not None
    older = text(client.get(AUDIT + url[1].replace("&amp;", "&")))
    assert older.count('data-label="What"') == 1
    assert "Newest" in older


@pytest.mark.parametrize("nonsense", ["-1", "x", "9" * 40, "1;drop"])
def test_a_page_that_cannot_be_is_the_first(client: Client, director: Staff, nonsense: str) -> None:
    AuditEntryFactory(by=director)
    assert client.get(AUDIT, {"older_than": nonsense}).status_code == 200


def test_what_was_typed_in_a_filter_stays(client: Client, director: Staff) -> None:
    response = client.get(AUDIT, {"first_day": "11/19/26"})
    assert response.status_code == 422
    assert 'value="11/19/26"' in text(response)


def test_values_of_every_kind_are_written_out() -> None:
    before = {"active": True, "days": [0, 1], "note": None}
    after = {"active": False, "days": [], "where": {"site": "A", "phone": None}}
    assert changes(before, after) == (
        Change("active", "yes", "no"),
        Change("days", "0, 1", ""),
        Change("note", "", ""),
        Change("where", "", "site: A, phone: "),
    )


def test_the_filter_knows_every_subject_that_the_code_records() -> None:
    root = Path(settings.BASE_DIR)
    code = [
        file.read_text()
        for app in ("dosing_portal", "protocols", "patients", "schedules")
        for file in (root / app).rglob("*.py")
    ]
    recorded = {
        found for text in code for found in re.findall(r'audit\.record\(\s*"([a-z_]+)\.[a-z_]+"', text)
    }
    assert recorded - set(SUBJECTS) == set()
