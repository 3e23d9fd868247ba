"""What was given in an event and what is ordered, in words: newest first, totals, what is due and late."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse

from dosing_portal.kernel.models import Staff
from dosing_portal.kernel.permissions import Permission, may
from dosing_portal.kernel.templatetags.clinical import age, distance, dose, hhmm, hours, moment, quantity
from patients.models import Intervention, Purpose, ToxicityEvent
from protocols.rules.treatment import EarlierDose
from protocols.rules.values import InterventionKind
from schedules.models import TreatmentDue
from schedules.selectors.given import GivenInEvent, Ordered
from schedules.selectors.treatments import total_words

SHOWN = 4
"""Due rows of one order on the page; the rest is counted."""
WAIVED = "Fever is no longer needed to grade"
MASKED = "possible masked CRS, physician review"


@dataclass(frozen=True, slots=True)
class GivenLine:
    at: datetime
    words: str
    note: str
    grading: str = ""


@dataclass(frozen=True, slots=True)
class DueLine:
    """One thing to do for an order, with where it is recorded."""

    at: datetime
    words: str
    clock: str
    late: bool
    action: str = ""
    url: str = ""
    leave_out: str = ""


@dataclass(frozen=True, slots=True)
class OrderLine:
    words: str
    note: str
    amounts: tuple[str, ...]
    source: str
    confirmed: bool
    stopped: str
    due: tuple[DueLine, ...]
    more: int
    stop_url: str


@dataclass(frozen=True, slots=True)
class GivenWords:
    """The arguments of ``schedules/_event_given.html``."""

    lines: tuple[GivenLine, ...]
    tocilizumab: tuple[str, ...]
    prophylactic: tuple[str, ...]
    totals: tuple[str, ...]
    orders: tuple[OrderLine, ...]
    record_url: str
    order_url: str


def given_words(found: GivenInEvent, staff: Staff, at: datetime) -> GivenWords:
    event = found.event
    treated = [one for one in found.tocilizumab if not one.prophylactic]
    is_open = event.state in {ToxicityEvent.State.OPEN, ToxicityEvent.State.MASKED}
    query = urlencode({"event": str(event.pk)})
    return GivenWords(
        lines=tuple(_line(row, found) for row in found.given),
        tocilizumab=tuple(_so_far(one, at) for one in treated) or ("none on record",),
        prophylactic=tuple(_so_far(one, at) for one in found.tocilizumab if one.prophylactic),
        totals=tuple(_totals(found)),
        orders=tuple(_order(one, staff, at) for one in found.orders),
        record_url=(
            f"{reverse('schedules:intervention-new', args=[event.patient_id])}?{query}"
            if may(staff, Permission.LOG_VITALS)
            else ""
        ),
        order_url=(
            reverse("schedules:treatment-new", args=[event.pk])
            if is_open and may(staff, Permission.ORDER_TREATMENT)
            else ""
        ),
    )


def _line(row: Intervention, found: GivenInEvent) -> GivenLine:
    place = f", {row.get_place_display().lower()}" if row.place else ""
    note = f"recorded by {row.recorded_by.name}{place}"
    if row.let_pass:
        note = f"{note}; passed: {'; '.join(row.let_pass)}. Reason: {row.override_reason}"
    grading = WAIVED if row.pk == found.waived else MASKED if row.pk in found.masking else ""
    return GivenLine(row.taken_at, _given(row), note, grading)


def _given(row: Intervention) -> str:
    parts = [row.drug or row.get_kind_display()]
    if row.dose_mg is not None:
        parts.append(dose(row.dose_mg))
    if row.volume_ml is not None:
        parts.append(quantity(row.volume_ml, "mL"))
    said = [" ".join(parts), *([row.route] if row.route else [])]
    if row.kind == InterventionKind.TOCILIZUMAB_PROPHYLAXIS:
        said.append("prophylactic")
    elif row.purpose != Purpose.TREATMENT:
        said.append(row.get_purpose_display().lower())
    return ", ".join(said)


def _so_far(one: EarlierDose, at: datetime) -> str:
    amount = dose(one.mg) if one.mg is not None else "mg not recorded"
    return f"{amount}, {moment(one.at)}, {hours(at - one.at)} ago"


def _totals(found: GivenInEvent) -> Iterable[str]:
    for total in found.steroids:
        yield total_words(total)
    tablets = found.acetaminophen
    if tablets is not None and (tablets.in_24_hours_mg or tablets.unknown):
        at_least = "at least " if tablets.unknown else ""
        yield (
            f"acetaminophen in 24 h: {at_least}{dose(tablets.in_24_hours_mg)} of at most "
            f"{dose(tablets.max_mg_per_day)}, premedication and home doses with it"
        )


# --- orders -----------------------------------------------------------------------------------------------


def _order(one: Ordered, staff: Staff, at: datetime) -> OrderLine:
    order = one.order
    note = f"{order.ordered_by.name} {moment(order.ordered_at)}; {one.done} done"
    if order.let_pass:
        note = f"{note}; {'; '.join(order.let_pass)}. Reason: {order.reason}"
    stopped = ""
    if order.stopped_by is not None:
        stopped = f"stopped {moment(order.stopped_at)}, {order.stopped_by.name}: {order.stop_reason}"
    stops = order.stopped_at is None and one.open and may(staff, Permission.ORDER_TREATMENT)
    return OrderLine(
        words=order.words,
        note=note,
        amounts=tuple(order.arithmetic),
        source=order.source,
        confirmed=order.confirmed,
        stopped=stopped,
        due=tuple(_due(row, staff, at) for row in one.open[:SHOWN]),
        more=max(len(one.open) - SHOWN, 0),
        stop_url=reverse("schedules:treatment-stop", args=[order.pk]) if stops else "",
    )


def _due(row: TreatmentDue, staff: Staff, at: datetime) -> DueLine:
    late = row.due_at <= at
    clock = f"{age(row.due_at, at)} overdue" if late else distance(row.due_at, at)
    records = may(staff, Permission.LOG_VITALS)
    action, url = _action(row) if records else ("", "")
    return DueLine(
        at=row.due_at,
        words=due_name(row),
        clock=f"{hhmm(row.due_at)}, {clock}",
        late=late,
        action=action,
        url=url,
        leave_out=reverse("schedules:treatment-leave-out", args=[row.pk]) if records else "",
    )


def due_name(row: TreatmentDue) -> str:
    """dexamethasone 10 mg, or ICE and neurologic check."""
    if row.what == TreatmentDue.What.NEURO_CHECK:
        return "ICE and neurologic check"
    taper = "taper: " if row.what == TreatmentDue.What.TAPER else ""
    amount = f" {dose(row.dose_mg)}" if row.dose_mg is not None else ""
    return f"{taper}{row.order.kind.replace('_', ' ')}{amount}"


def _action(row: TreatmentDue) -> tuple[str, str]:
    if row.what == TreatmentDue.What.NEURO_CHECK:
        return "ICE test", reverse("schedules:ice-new", args=[row.patient_id])
    address = reverse("schedules:intervention-new", args=[row.patient_id])
    return "Record given", f"{address}?{urlencode({'due': str(row.pk)})}"
