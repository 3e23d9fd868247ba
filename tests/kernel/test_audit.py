"""An audit entry stands or falls with its change, and keeps what was meant."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import transaction

from dosing_portal.kernel import audit
from dosing_portal.kernel.models import AuditEntry, Role
from tests.factories import AT, StaffFactory

KEY = UUID("00000000-0000-4000-8000-000000000001")


@pytest.mark.django_db(transaction=True)
def test_an_entry_outside_the_transaction_of_its_change_is_refused() -> None:
    staff = StaffFactory()
    with pytest.raises(audit.AuditOutsideTransaction, match=r"staff\.change"):
        audit.record("staff.change", staff, by=staff, at=AT)
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_entry_is_gone_with_its_change() -> None:
    staff = StaffFactory()
    with transaction.atomic():
        audit.record("staff.change", staff, by=staff, at=AT)
        transaction.set_rollback(True)
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
def test_who_when_what_and_of_whom() -> None:
    staff = StaffFactory()
    audit.record("staff.change", staff, by=staff, at=AT, reason="Night cover", patient_id=KEY)
    entry = AuditEntry.objects.get()
    assert (entry.by, entry.at, entry.center, entry.reason) == (staff, AT, staff.center, "Night cover")
    assert (entry.target_type, entry.target_id, entry.patient_id) == ("kernel.staff", str(staff.pk), KEY)


@pytest.mark.django_db
def test_values_keep_their_text() -> None:
    staff = StaffFactory()
    after = {
        "dose": Decimal("0.30"),
        "at": AT,
        "day": date(2026, 11, 19),
        "key": KEY,
        "who": staff,
        "role": Role.NURSE,
        "days": (0, 1),
        "none": None,
        "flag": True,
        "nested": {"low": Decimal("1.5")},
    }
    entry = audit.record("staff.change", staff, by=staff, at=AT, after=after)
    entry.refresh_from_db()
    assert entry.after == {
        "dose": "0.30",
        "at": "2026-11-19T19:32:00+00:00",
        "day": "2026-11-19",
        "key": str(KEY),
        "who": str(staff.pk),
        "role": "nurse",
        "days": [0, 1],
        "none": None,
        "flag": True,
        "nested": {"low": "1.5"},
    }
    assert entry.before == {}
