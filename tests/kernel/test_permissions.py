"""One table says who may do what; what is not in it is denied."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from dosing_portal.kernel.models import Role
from dosing_portal.kernel.permissions import ROLE_PERMISSIONS, Permission, may, public, require
from tests.factories import StaffFactory

P = Permission
PEOPLE = [role for role in Role if role is not Role.SYSTEM]


@require(P.EDIT_STAFF)
def guarded(request: HttpRequest) -> HttpResponse:
    return HttpResponse("let in")


def asked_by(user: object, **headers: str) -> HttpRequest:
    request = RequestFactory().get("/settings/users/", headers=headers)
    request.user = user  # type: ignore[assignment]
    return request


def test_every_role_is_in_the_table_and_the_portal_itself_may_nothing() -> None:
    assert set(ROLE_PERMISSIONS) == set(Role)
    assert ROLE_PERMISSIONS[Role.SYSTEM] == frozenset()


def test_every_permission_is_held_by_somebody() -> None:
    assert frozenset().union(*ROLE_PERMISSIONS.values()) == set(P)


@pytest.mark.parametrize(
    ("permission", "holders"),
    [
        (P.CONFIRM_GRADE, {Role.PHYSICIAN, Role.DIRECTOR}),
        (P.ATTRIBUTE_CAUSE, {Role.PHYSICIAN, Role.DIRECTOR}),
        (P.CLOSE_EVENT, {Role.PHYSICIAN, Role.DIRECTOR}),
        (P.LOG_VITALS, {Role.NURSE, Role.PHYSICIAN, Role.DIRECTOR}),
        (P.ACKNOWLEDGE_ALERT, {Role.NURSE, Role.PHYSICIAN, Role.DIRECTOR}),
        (P.CONFIRM_BLOCK, {Role.PHARMACIST}),
        (P.EDIT_STAFF, {Role.ADMINISTRATOR}),
        (P.EDIT_CENTER, {Role.ADMINISTRATOR}),
        (P.EDIT_ON_CALL, {Role.ADMINISTRATOR, Role.DIRECTOR}),
        (P.VIEW_AUDIT, {Role.PHYSICIAN, Role.ADMINISTRATOR, Role.DIRECTOR}),
        (P.VIEW_PATIENT, {Role.NURSE, Role.PHYSICIAN, Role.PHARMACIST, Role.DIRECTOR}),
        (P.VIEW_SETTINGS, set(PEOPLE)),
    ],
)
def test_who_holds_what(permission: Permission, holders: set[Role]) -> None:
    assert {role for role in Role if permission in ROLE_PERMISSIONS[role]} == holders


def test_a_closed_account_and_an_unknown_role_may_nothing() -> None:
    assert may(StaffFactory.build(administrator=True), P.EDIT_STAFF)
    assert not may(StaffFactory.build(administrator=True, is_active=False), P.EDIT_STAFF)
    assert not any(may(StaffFactory.build(role="visitor"), permission) for permission in P)


def test_the_guard_lets_in_denies_and_leads_to_the_door() -> None:
    assert guarded(asked_by(StaffFactory.build(administrator=True))).content == b"let in"
    with pytest.raises(PermissionDenied):
        guarded(asked_by(StaffFactory.build()))
    stranger = guarded(asked_by(AnonymousUser()))
    assert stranger.headers["Location"] == "/sign-in/?next=/settings/users/"
    assert guarded(asked_by(AnonymousUser(), **{"HX-Request": "true"})).status_code == 401


def test_a_view_says_what_it_needs() -> None:
    assert guarded.permission is P.EDIT_STAFF  # type: ignore[attr-defined]
    assert public(lambda request: HttpResponse()).permission is None  # type: ignore[attr-defined]
