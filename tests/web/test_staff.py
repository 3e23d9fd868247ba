"""Accounts: opened, changed and closed by an administrator, with the trail to show it."""

from typing import Any

import pytest
from django.test import Client

from dosing_portal.kernel.models import AuditEntry, Role, Staff
from dosing_portal.web.services import staff
from dosing_portal.web.services.refusal import Refused
from dosing_portal.web.services.staff import Person
from tests.factories import AT, PASSWORD, StaffFactory
from tests.text import text

pytestmark = pytest.mark.django_db
USERS = "/settings/users/"
NEW_PASSWORD = "another sample passphrase"


@pytest.fixture
def administrator(client: Client) -> Staff:
    person: Staff = StaffFactory(administrator=True, name="A. Silva")
    client.force_login(person)
    return person


def typed(**changes: Any) -> dict[str, Any]:
    return {
        "name": "N. Brandt RN",
        "role": "nurse",
        "email": "n@clinic.example",
        "phone": "555-0131",
        "username": "N.Brandt",
        "password": NEW_PASSWORD,
    } | changes


def test_a_new_account_can_sign_in(client: Client, administrator: Staff) -> None:
    client.post(f"{USERS}new/", typed())
    added = Staff.objects.get(username="n.brandt")
    assert (added.center, added.role) == (administrator.center, Role.NURSE)
    assert Client().post("/sign-in/", {"username": "N.Brandt", "password": NEW_PASSWORD}).status_code == 302


def test_no_password_stands_in_the_trail(client: Client, administrator: Staff) -> None:
    client.post(f"{USERS}new/", typed())
    entry = AuditEntry.objects.get(action="staff.add")
    assert entry.after["username"] == "n.brandt"
    assert NEW_PASSWORD not in str(entry.after)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"password": "short"}, "at least 12 characters"),
        ({"password": "startfinding"}, "too common"),
        ({"password": "n.brandt1234"}, "too similar"),
        ({"username": "two words"}, "Use letters, digits, dots and hyphens only"),
        ({"role": "system"}, "Select a valid choice"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_a_refused_account_is_not_half_made(
    client: Client, administrator: Staff, changes: dict[str, str], sentence: str
) -> None:
    response = client.post(f"{USERS}new/", typed(**changes))
    assert response.status_code == 422
    assert sentence in text(response)
    assert not Staff.objects.exclude(pk=administrator.pk).exists()


def test_a_user_name_is_one_persons_only(client: Client, administrator: Staff) -> None:
    StaffFactory(username="n.brandt")
    assert "This user name is taken." in text(client.post(f"{USERS}new/", typed()))


def test_a_change_keeps_before_and_after(client: Client, administrator: Staff) -> None:
    nurse = StaffFactory(center=administrator.center, name="N. Brandt RN")
    client.post(f"{USERS}{nurse.pk}/", typed(role="physician", name="Dr. N. Brandt"))
    entry = AuditEntry.objects.get(action="staff.change")
    assert (entry.before["role"], entry.after["role"]) == ("nurse", "physician")
    assert entry.after["name"] == "Dr. N. Brandt"


def test_saving_without_a_change_writes_nothing(administrator: Staff) -> None:
    nurse = StaffFactory(center=administrator.center)
    same = Person(nurse.name, nurse.role, nurse.email, nurse.phone)
    staff.change(staff_id=nurse.pk, person=same, by=administrator, at=AT)
    assert not AuditEntry.objects.exists()


def test_a_closed_account_is_out_and_may_come_back(client: Client, administrator: Staff) -> None:
    nurse = StaffFactory(center=administrator.center)
    theirs = Client()
    theirs.force_login(nurse)
    assert theirs.get("/settings/").status_code == 200
    client.post(f"{USERS}{nurse.pk}/close/")
    assert theirs.get("/settings/").status_code == 302
    client.post(f"{USERS}{nurse.pk}/reopen/")
    nurse.refresh_from_db()
    assert nurse.is_active
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "staff.close",
        "staff.reopen",
    ]


def test_nobody_closes_or_promotes_themselves(client: Client, administrator: Staff) -> None:
    StaffFactory(administrator=True, center=administrator.center)
    assert "You cannot close your own account." in text(
        client.post(f"{USERS}{administrator.pk}/close/", follow=True)
    )
    refused = client.post(f"{USERS}{administrator.pk}/", typed(role="director"))
    assert "You cannot change your own role." in text(refused)


def test_the_last_administrator_stays(administrator: Staff) -> None:
    director = StaffFactory(director=True, center=administrator.center)
    with pytest.raises(Refused, match="last administrator"):
        staff.close(staff_id=administrator.pk, by=director, at=AT)
    with pytest.raises(Refused, match="last administrator"):
        staff.change(staff_id=administrator.pk, person=Person("A", Role.NURSE), by=director, at=AT)
    StaffFactory(administrator=True, center=administrator.center, is_active=False)
    StaffFactory(administrator=True)
    with pytest.raises(Refused, match="last administrator"):
        staff.close(staff_id=administrator.pk, by=director, at=AT)
    StaffFactory(administrator=True, center=administrator.center)
    assert not staff.close(staff_id=administrator.pk, by=director, at=AT).is_active


def test_a_new_password_ends_every_session(client: Client, administrator: Staff) -> None:
    nurse = StaffFactory(center=administrator.center)
    theirs = Client()
    theirs.force_login(nurse)
    client.post(f"{USERS}{nurse.pk}/password/", {"password": NEW_PASSWORD})
    assert theirs.get("/settings/").status_code == 302
    nurse.refresh_from_db()
    assert nurse.check_password(NEW_PASSWORD)


def test_ones_own_password_needs_the_present_one(client: Client) -> None:
    nurse = StaffFactory()
    client.force_login(nurse)
    wrong = client.post("/settings/password/", {"present": "wrong", "password": NEW_PASSWORD})
    assert "This is not your present password." in text(wrong)
    assert (
        client.post("/settings/password/", {"present": PASSWORD, "password": NEW_PASSWORD}).status_code == 302
    )
    assert client.get("/settings/").status_code == 200
    nurse.refresh_from_db()
    assert nurse.check_password(NEW_PASSWORD)


def test_the_portal_itself_is_not_on_the_list(client: Client, administrator: Staff) -> None:
    portal = StaffFactory(system=True, center=administrator.center, name="Portal account")
    assert "Portal account" not in text(client.get(USERS))
    assert client.get(f"{USERS}{portal.pk}/").status_code == 404
    assert client.post(f"{USERS}{portal.pk}/reopen/").status_code == 404


def test_shortcuts_can_be_turned_off_in_a_browser(client: Client, administrator: Staff) -> None:
    client.post("/settings/shortcuts/", {"shortcuts": "off"})
    assert 'data-shortcuts="off"' in text(client.get("/settings/"))
    client.post("/settings/shortcuts/", {"shortcuts": "on"})
    assert 'data-shortcuts="off"' not in text(client.get("/settings/"))
