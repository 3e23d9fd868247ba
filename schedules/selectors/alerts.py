"""One alert: where it stands, what happened to it, who was told. And the page behind a signed link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404

from dosing_portal.kernel.models import Staff
from schedules.models import Alert, AlertEvent, Page
from schedules.models.alert import AlertQuerySet
from schedules.selectors.boards import Level, level_of, newest_confirmation, paged_people, spec_of


@dataclass(frozen=True, slots=True)
class HeldAlert:
    """An alert with the level of its call tree that it stands on."""

    alert: Alert
    level: Level


@dataclass(frozen=True, slots=True)
class AlertPage:
    """One alert with its history and everybody who was told, newest first."""

    held: HeldAlert
    history: tuple[AlertEvent, ...]
    pages: tuple[Page, ...]

    @property
    def alert(self) -> Alert:
        return self.held.alert


def _alerts(center_id: UUID) -> AlertQuerySet:
    return (
        Alert.objects.filter(center_id=center_id)
        .select_related("patient", "event", "check_missed", "acknowledged_by", "resolved_by")
        .annotate(paged=paged_people(), newest_confirmation=newest_confirmation(center_id))
    )


def _held(row: Any) -> HeldAlert:
    return HeldAlert(row, level_of(row, spec_of(row.protocol_version_id, row), row.paged))


def alert_page(staff: Staff, alert_id: UUID) -> AlertPage:
    """The page of one alert of the person's center; otherwise 404. Three statements."""
    row: Any = get_object_or_404(_alerts(staff.center_id), pk=alert_id)
    history = AlertEvent.objects.filter(alert=row).select_related("by").order_by("-id")
    pages = Page.objects.filter(alert=row).select_related("recipient").order_by("-created_at", "channel")
    return AlertPage(_held(row), tuple(history), tuple(pages))


def alert_for(staff: Staff, alert_id: UUID) -> Alert:
    """One alert of the person's center; otherwise 404."""
    return get_object_or_404(Alert.objects.visible_to(staff).select_related("patient"), pk=alert_id)


def unresolved_of(staff: Staff, patient_id: UUID) -> tuple[HeldAlert, ...]:
    """A patient's unresolved alerts: those that nobody has first, then the worst. One statement."""
    rows = _alerts(staff.center_id).unresolved().filter(patient_id=patient_id)
    return tuple(_held(row) for row in rows.order_by("-state", "-severity", "raised_at"))


def page_answered(page_id: UUID) -> Page:
    """The page behind a link, with its alert and the person it was sent to. Raises ``Page.DoesNotExist``."""
    rows = Page.objects.select_related(
        "recipient__center", "alert__patient", "alert__acknowledged_by", "alert__resolved_by"
    )
    return rows.get(pk=page_id)
