"""The audit trail: an explicit call in the same transaction as the change. Nothing listens in secret."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import models, transaction

from dosing_portal.kernel.models import AuditEntry, Staff


class AuditOutsideTransaction(RuntimeError):
    """The caller would have written an entry that could survive without its change."""


def _plain(value: Any) -> Any:
    """JSON-ready without losing what was meant: decimals and times keep their text."""
    match value:
        case None | bool() | int() | str():
            return value
        case datetime() | date():
            return value.isoformat()
        case models.Model():
            return str(value.pk)
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(item) for item in value]
        case _:
            return str(value)


def record(
    action: str,
    target: models.Model,
    *,
    by: Staff,
    at: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    patient_id: UUID | None = None,
) -> AuditEntry:
    """Append one audit entry for a change to ``target`` made ``by`` a named person ``at`` an instant.

    Raises ``AuditOutsideTransaction`` when no transaction is open: the change and its entry commit together.
    """
    if not transaction.get_connection().in_atomic_block:
        raise AuditOutsideTransaction(f"{action}: open a transaction around the change and its audit entry")
    return AuditEntry.objects.create(
        center_id=by.center_id,
        at=at,
        by=by,
        action=action,
        target_type=target._meta.label_lower,
        target_id=str(target.pk),
        patient_id=patient_id,
        before=_plain(before or {}),
        after=_plain(after or {}),
        reason=reason,
    )
