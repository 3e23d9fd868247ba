"""Accounts of a center: open one, change it, close it, give it a new password. Nothing is deleted."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from rest_framework.authtoken.models import Token

from dosing_portal.kernel import audit
from dosing_portal.kernel.models import Role, Staff
from dosing_portal.web.services.refusal import Refused


@dataclass(frozen=True, slots=True)
class Person:
    """What an account says of its person."""

    name: str
    role: str
    email: str = ""
    phone: str = ""


def _person(staff: Staff) -> Person:
    return Person(staff.name, staff.role, staff.email, staff.phone)


@transaction.atomic
def add(*, username: str, person: Person, password: str, by: Staff, at: datetime) -> Staff:
    """Open an account at the center of ``by``. Raises ``Refused`` when the user name is taken."""
    staff = Staff(center_id=by.center_id, username=username.lower(), **asdict(person))
    staff.set_password(password)
    try:
        with transaction.atomic():
            staff.save(force_insert=True)
    except IntegrityError as error:
        raise Refused("username", "This user name is taken. Choose another one.") from error
    audit.record("staff.add", staff, by=by, at=at, after={"username": staff.username} | asdict(person))
    return staff


@transaction.atomic
def change(*, staff_id: UUID, person: Person, by: Staff, at: datetime) -> Staff:
    """Change name, role or how to reach somebody.

    Raises ``Refused`` for one's own role, and for the role of the last administrator.
    """
    staff = _colleague(staff_id, by)
    before = _person(staff)
    if person == before:
        return staff
    if person.role != before.role:
        if staff.pk == by.pk:
            raise Refused("role", "You cannot change your own role. Ask another administrator.")
        _keep_an_administrator(staff, "role")
    for name, value in asdict(person).items():
        setattr(staff, name, value)
    staff.save(update_fields=list(asdict(person)))
    audit.record("staff.change", staff, by=by, at=at, before=asdict(before), after=asdict(person))
    return staff


@transaction.atomic
def close(*, staff_id: UUID, by: Staff, at: datetime) -> Staff:
    """Close an account: its sessions end with their next request, its API token and shifts count no more.

    Raises ``Refused`` for one's own account and for the last administrator's.
    """
    staff = _colleague(staff_id, by)
    if staff.pk == by.pk:
        raise Refused(None, "You cannot close your own account. Ask another administrator.")
    if staff.is_active:
        _keep_an_administrator(staff, None)
        _set_active(staff, by=by, at=at, active=False)
        Token.objects.filter(user=staff).delete()
    return staff


@transaction.atomic
def reopen(*, staff_id: UUID, by: Staff, at: datetime) -> Staff:
    """Let somebody sign in again with the password they had."""
    staff = _colleague(staff_id, by)
    if not staff.is_active:
        _set_active(staff, by=by, at=at, active=True)
    return staff


@transaction.atomic
def set_password(*, staff_id: UUID, password: str, by: Staff, at: datetime) -> Staff:
    """Give an account a new password, one's own too. Every session and API token that it had ends."""
    staff = _colleague(staff_id, by)
    staff.set_password(password)
    staff.save(update_fields=["password"])
    Token.objects.filter(user=staff).delete()
    audit.record("staff.password", staff, by=by, at=at)
    return staff


def _set_active(staff: Staff, *, by: Staff, at: datetime, active: bool) -> None:
    staff.is_active = active
    staff.save(update_fields=["is_active"])
    action = "staff.reopen" if active else "staff.close"
    audit.record(action, staff, by=by, at=at, before={"active": not active}, after={"active": active})


def _colleague(staff_id: UUID, by: Staff) -> Staff:
    """The locked account of a person of the same center; raises ``Staff.DoesNotExist``."""
    people = Staff.objects.people().select_for_update(of=("self",))
    staff: Staff = people.get(pk=staff_id, center_id=by.center_id)
    return staff


def _keep_an_administrator(staff: Staff, field: str | None) -> None:
    """Somebody must be able to open these pages tomorrow."""
    if staff.role != Role.ADMINISTRATOR or not staff.is_active:
        return
    administrators = Staff.objects.filter(
        center_id=staff.center_id, role=Role.ADMINISTRATOR, is_active=True
    ).select_for_update(of=("self",))
    if len(administrators) == 1:
        raise Refused(field, "This is the last administrator. Make somebody else one first.")
