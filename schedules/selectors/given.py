"""What was given in one event and what is ordered: four statements, however long the event lasts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Prefetch, Q, Subquery
from django.shortcuts import get_object_or_404

from dosing_portal.kernel.models import Center, Staff
from patients.models import Attribution, Intervention, Observation, ToxicityEvent
from patients.selectors import graded_as
from protocols.rules import treatment
from protocols.rules.spec import ProtocolSpec
from protocols.rules.treatment import AntipyreticAnswer, EarlierDose, Total
from protocols.rules.values import Axis, Toxicity
from schedules.models import TreatmentDue, TreatmentOrder
from schedules.selectors.treatments import doses_around, earlier_doses

TEMPERATURES = 500
"""Readings of one event in which its first fever is looked for."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """One order with what it still asks for, the soonest first."""

    order: TreatmentOrder
    open: tuple[TreatmentDue, ...]
    done: int
    last: TreatmentDue | None  # the newest dose given for it


@dataclass(frozen=True, slots=True)
class GivenInEvent:
    """``waived``: the drug since which no fever is needed to grade; ``masking``: those before any fever."""

    event: ToxicityEvent
    given: tuple[Intervention, ...]
    waived: UUID | None
    masking: frozenset[UUID]
    tocilizumab: tuple[EarlierDose, ...]
    steroids: tuple[Total, ...]
    acetaminophen: AntipyreticAnswer | None
    orders: tuple[Ordered, ...]


def given_in(
    event: ToxicityEvent,
    given: Iterable[Intervention],
    spec: ProtocolSpec | None,
    center: Center,
    at: datetime,
) -> GivenInEvent:
    """``given`` is what stands on record since the event opened, as the page has read it."""
    rows = tuple(given)
    waived, masking = _waiver(event, rows, spec)
    drugs: tuple[EarlierDose, ...] = ()
    if spec is not None:
        drugs = tuple(earlier_doses(doses_around(event.patient_id, at), spec, center))
    local = center.local(at)
    return GivenInEvent(
        event=event,
        given=rows,
        waived=waived,
        masking=masking,
        tocilizumab=tuple(dose for dose in drugs if dose.kind in treatment.TOCILIZUMAB)[::-1],
        steroids=treatment.steroid_totals(local, drugs),
        acetaminophen=(
            treatment.acetaminophen(local, None, drugs, spec.center.care.antipyretic) if spec else None
        ),
        orders=orders_of(event),
    )


def _waiver(
    event: ToxicityEvent, given: tuple[Intervention, ...], spec: ProtocolSpec | None
) -> tuple[UUID | None, frozenset[UUID]]:
    """The first masking drug after the first fever of a CRS event, and those before any fever."""
    if spec is None or event.toxicity != Toxicity.CRS:
        return None, frozenset()
    hiding = [row for row in given if graded_as(row) in spec.crs.masking_drugs]
    if not hiding:
        return None, frozenset()
    fever_at = first_fever(event, spec.crs.fever_c)
    after = [row for row in hiding if fever_at is not None and row.taken_at >= fever_at]
    first = min(after, key=lambda row: row.taken_at, default=None)
    before = frozenset(row.pk for row in hiding if fever_at is None or row.taken_at < fever_at)
    return (first.pk if first else None), before


def first_fever(event: ToxicityEvent, fever_c: Decimal) -> datetime | None:
    """When a fever of this event was first read that nobody attributed to another cause. One statement."""
    cause = Attribution.objects.filter(observation=OuterRef("pk"), axis=Axis.FEVER).order_by("-id")
    rows: Any = (
        Observation.objects.current()
        .filter(patient_id=event.patient_id, taken_at__gte=event.opened_at, temperature__isnull=False)
        .annotate(other_cause=Subquery(cause.values("cause")[:1]))
        .filter(Q(other_cause__isnull=True) | Q(other_cause=""))
        .order_by("taken_at")[:TEMPERATURES]
    )
    for row in rows:
        temperature = row.vitals().temperature
        if temperature is not None and temperature.celsius >= fever_c:
            found: datetime = row.taken_at
            return found
    return None


# --- orders -----------------------------------------------------------------------------------------------


def orders_of(event: ToxicityEvent) -> tuple[Ordered, ...]:
    """The orders of an event, newest first, each with its rows. Two statements."""
    rows = TreatmentOrder.objects.filter(event=event).select_related("ordered_by", "stopped_by")
    due = TreatmentDue.objects.select_related("settled_by", "given").order_by("due_at", "number")
    rows = rows.prefetch_related(Prefetch("due", queryset=due)).order_by("-ordered_at")
    return tuple(_ordered(order) for order in rows)


def _ordered(order: TreatmentOrder) -> Ordered:
    rows = list(order.due.all())
    given = [row for row in rows if row.given_id is not None]
    return Ordered(
        order=order,
        open=tuple(row for row in rows if row.state == TreatmentDue.State.OPEN),
        done=sum(row.state == TreatmentDue.State.DONE for row in rows),
        last=given[-1] if given else None,
    )


def order_for(staff: Staff, order_id: UUID) -> TreatmentOrder:
    """One order of the person's center; otherwise 404."""
    rows = TreatmentOrder.objects.select_related("event", "patient", "ordered_by", "stopped_by")
    return get_object_or_404(rows, pk=order_id, center_id=staff.center_id)


def due_for(staff: Staff, due_id: UUID) -> TreatmentDue:
    """One due row of the person's center; otherwise 404."""
    rows = TreatmentDue.objects.select_related("order__event", "patient")
    return get_object_or_404(rows, pk=due_id, center_id=staff.center_id)
