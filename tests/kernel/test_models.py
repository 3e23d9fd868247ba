"""The center's clock and units, and who its staff are."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from pytest_django import DjangoAssertNumQueries

from dosing_portal.kernel import clock
from dosing_portal.kernel.models import Center, Role, Staff
from tests.factories import AT, CenterFactory, ClosedDayFactory, StaffFactory


def test_the_wall_clock_of_a_center() -> None:
    assert f"{CenterFactory.build().local(AT):%H:%M %Z}" == "14:32 EST"
    assert f"{CenterFactory.build(time_zone='Asia/Kolkata').local(AT):%d %H:%M}" == "20 01:02"


def test_now_is_aware_and_in_utc() -> None:
    assert clock.now().tzname() == "UTC"


def test_a_time_zone_must_exist() -> None:
    with pytest.raises(ValidationError, match="is not a time zone"):
        CenterFactory.build(time_zone="Mars/Olympus").clean_fields()


@pytest.mark.parametrize(
    ("name", "initials"),
    [("N. Brandt RN", "NB"), ("Dr. K. Okafor", "KO"), ("Ada Sample", "AS"), ("Ada", "A"), ("", "")],
)
def test_initials(name: str, initials: str) -> None:
    assert StaffFactory.build(name=name).initials == initials


@pytest.mark.django_db
def test_a_center_has_one_account_of_its_own() -> None:
    center = CenterFactory()
    StaffFactory(system=True, center=center)
    with pytest.raises(IntegrityError, match="one_system_account_a_center"):
        StaffFactory(system=True, center=center)


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [{"role": "visitor"}, {"role": ""}])
def test_nobody_has_a_role_that_is_not_on_the_list(wrong: dict[str, str]) -> None:
    with pytest.raises(IntegrityError, match="staff_role_known"):
        StaffFactory(**wrong)


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [{"temperature_unit": "K"}, {"time_zone": ""}])
def test_what_a_center_cannot_be(wrong: dict[str, str]) -> None:
    with pytest.raises(IntegrityError):
        CenterFactory(**wrong)


@pytest.mark.django_db
def test_a_day_is_closed_once_a_center() -> None:
    closed = ClosedDayFactory()
    with pytest.raises(IntegrityError, match="closed_day_once_a_center"):
        ClosedDayFactory(center=closed.center, day=closed.day)


@pytest.mark.django_db
def test_people_come_with_their_center_in_one_statement(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    username = StaffFactory().username
    with django_assert_num_queries(1):
        assert Staff.objects.get_by_natural_key(username).center.name


@pytest.mark.django_db
def test_people_are_without_the_portal_and_without_other_centers() -> None:
    nurse = StaffFactory()
    StaffFactory(system=True, center=nurse.center)
    StaffFactory()
    assert list(Staff.objects.of(nurse.center).people()) == [nurse]
    assert StaffFactory.build(system=True).is_system
    assert {role for role in Role if not StaffFactory.build(role=role).is_system} == set(Role) - {Role.SYSTEM}


def test_rows_name_themselves() -> None:
    assert str(Center(name="Northfield")) == "Northfield"
    assert str(ClosedDayFactory.build(day=date(2026, 11, 26), reason="Holiday")) == "26-Nov-2026 Holiday"
