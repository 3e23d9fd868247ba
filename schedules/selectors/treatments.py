"""What a dose in an event stands on: weight, doses so far, the toxicity, the center's settings.

The page shows it before saving, the service asks it again under the patient's lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Q

from dosing_portal.kernel.models import Center, Staff
from patients.models import Intervention, Patient, Place, Purpose, ToxicityEvent, WeightMeasurement
from protocols.rules import treatment
from protocols.rules.spec import ProtocolSpec
from protocols.rules.treatment import (
    AntipyreticAnswer,
    Caution,
    Count,
    EarlierDose,
    Limit,
    TocilizumabAnswer,
    Total,
)
from protocols.rules.treatment_settings import DrugRegime
from protocols.rules.values import InterventionKind, Source, Toxicity
from schedules.models import ResponseStep, TreatmentCourse, TreatmentDue

LOOK_AROUND = timedelta(hours=48)
"""How far around a dose other drugs than tocilizumab are read: more than the day that is counted."""
TOCILIZUMAB = (InterventionKind.TOCILIZUMAB, InterventionKind.TOCILIZUMAB_PROPHYLAXIS)
COUNTED = (*treatment.STEROIDS, InterventionKind.ACETAMINOPHEN, InterventionKind.PREMEDICATION)
NEVER_WAS = (ToxicityEvent.State.ATTRIBUTED, ToxicityEvent.State.JOINED)
PREMEDICATED = {
    "acetaminophen": InterventionKind.ACETAMINOPHEN,
    "dexamethasone": InterventionKind.DEXAMETHASONE,
    "methylprednisolone": InterventionKind.METHYLPREDNISOLONE,
}


@dataclass(frozen=True, slots=True)
class Drugs:
    """What is known of one patient when a drug is given at ``at``. Times are the center's."""

    spec: ProtocolSpec
    center: Center
    at: datetime
    weight: WeightMeasurement | None
    earlier: tuple[EarlierDose, ...]
    events: tuple[ToxicityEvent, ...]  # open at that time, oldest first

    @property
    def weight_age_days(self) -> int | None:
        return None if self.weight is None else (self.at.date() - self.weight.measured_on).days

    def event(self, toxicity: Toxicity) -> ToxicityEvent | None:
        return next((event for event in self.events if event.toxicity == toxicity), None)


@dataclass(frozen=True, slots=True)
class Look:
    """What stands beside a dose before it is saved, whatever the drug.

    ``mg`` is what the arithmetic proposes, ``None`` where it proposes nothing. ``ask`` is a question that
    saving asks once: the weight that is too old.
    """

    kind: str
    mg: Decimal | None = None
    arithmetic: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    cautions: tuple[Caution, ...] = ()
    because: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()
    earliest_at: datetime | None = None
    ask: str = ""
    disagreement: str = ""
    source: Source | None = None
    confirmed: bool = True

    @property
    def shows(self) -> bool:
        return bool(self.arithmetic or self.because or self.counts or self.cautions)


def drugs_of(
    patient: Patient, spec: ProtocolSpec, center: Center, at: datetime, except_key: UUID | None = None
) -> Drugs:
    """Three statements: weight, doses, open events. ``except_key``: a repeated send is not before itself."""
    local = center.local(at)
    events = ToxicityEvent.objects.filter(
        Q(closed_at__isnull=True) | Q(closed_at__gte=at), patient=patient, opened_at__lte=at
    ).exclude(state__in=NEVER_WAS)
    weights = WeightMeasurement.objects.filter(patient=patient, measured_on__lte=local.date())
    return Drugs(
        spec=spec,
        center=center,
        at=local,
        weight=weights.first(),
        earlier=tuple(earlier_doses(doses_around(patient.pk, at, except_key), spec, center)),
        events=tuple(events.order_by("opened_at")),
    )


def doses_around(patient_id: UUID, at: datetime, except_key: UUID | None = None) -> Sequence[Intervention]:
    """Every tocilizumab on record, and what counts in the day around a time. One statement."""
    near = Q(kind__in=COUNTED, taken_at__gt=at - LOOK_AROUND, taken_at__lt=at + LOOK_AROUND)
    rows = Intervention.objects.current().filter(near | Q(kind__in=TOCILIZUMAB), patient_id=patient_id)
    rows = rows.select_related("recorded_by").order_by("taken_at", "recorded_at")
    return [row for row in rows if row.client_key != except_key]


def earlier_doses(rows: Iterable[Intervention], spec: ProtocolSpec, center: Center) -> Iterable[EarlierDose]:
    """Rows as the rules read them. Premedication is told as the drugs that the record names for it."""
    for row in rows:
        dose = EarlierDose(
            InterventionKind(row.kind),
            center.local(row.taken_at),
            row.dose_mg,
            row.recorded_by.name,
            _purpose(row),
        )
        if row.kind != InterventionKind.PREMEDICATION:
            yield dose
            continue
        for kind, mg in premedication_mg(spec).items():
            yield replace(dose, kind=kind, mg=mg, purpose="premedication")


def _purpose(row: Intervention) -> str:
    if row.purpose == Purpose.TREATMENT and (
        row.place == Place.HOME or row.kind == InterventionKind.POCKET_DEXAMETHASONE
    ):
        return "at home"
    return row.purpose


def premedication_mg(spec: ProtocolSpec) -> dict[InterventionKind, Decimal | None]:
    """The counted drugs of the record's premedication, each with the most that the record names."""
    found: dict[InterventionKind, Decimal | None] = {}
    if spec.regimen is None:
        return found
    for rule in spec.regimen.pretreatment.rules:
        for drug in rule.drugs:
            kind = PREMEDICATED.get(drug.name.lower())
            if kind is None:
                continue
            known = [mg for mg in (found.get(kind), drug.mg_max, drug.mg_min) if mg is not None]
            found[kind] = max(known, default=None)
    return found


# --- one look, whatever the drug --------------------------------------------------------------------------


def look(drugs: Drugs, kind: str, mg: Decimal | None = None) -> Look:
    """What a dose of this kind would be and cross; ``mg`` is what was typed, ``None`` while nothing is."""
    if kind == InterventionKind.TOCILIZUMAB:
        return _tocilizumab(drugs, mg)
    if kind == InterventionKind.TOCILIZUMAB_PROPHYLAXIS:
        answer = tocilizumab_answer(drugs)
        return replace(_tocilizumab(drugs, None), limits=_typed(mg, answer, drugs))
    if kind == InterventionKind.ACETAMINOPHEN:
        return _acetaminophen(drugs, mg)
    return _regime(drugs, kind)


def tocilizumab_answer(drugs: Drugs) -> TocilizumabAnswer:
    weight, opened = drugs.weight, None
    event = drugs.event(Toxicity.CRS) or drugs.event(Toxicity.ICANS)
    if event is not None:
        opened = drugs.center.local(event.opened_at)
    asked = treatment.Asked(
        at=drugs.at,
        weight_kg=weight.kg if weight else None,
        weight_age_days=drugs.weight_age_days,
        weight_max_age_days=drugs.spec.center.dose_rules.weight_max_age_days,
        event_opened_at=opened,
        has_crs=drugs.event(Toxicity.CRS) is not None,
        has_icans=drugs.event(Toxicity.ICANS) is not None,
    )
    return treatment.tocilizumab(asked, drugs.earlier, drugs.spec.center.care.tocilizumab)


def _typed(mg: Decimal | None, answer: TocilizumabAnswer, drugs: Drugs) -> tuple[Limit, ...]:
    return () if mg is None else treatment.typed_limits(mg, answer, drugs.spec.center.care.tocilizumab)


def _tocilizumab(drugs: Drugs, mg: Decimal | None) -> Look:
    answer = tocilizumab_answer(drugs)
    counts = tuple(_count_words(count) for count in answer.counts)
    stops = tuple(text for text in (answer.refused, answer.weigh) if text)
    return Look(
        kind=InterventionKind.TOCILIZUMAB,
        mg=answer.mg,
        arithmetic=(*answer.arithmetic, *stops),
        limits=(*answer.limits, *_typed(mg, answer, drugs)),
        cautions=answer.cautions,
        because=answer.because,
        counts=counts,
        earliest_at=answer.earliest_at,
        ask=answer.weigh if answer.mg is not None else "",
        disagreement=answer.disagreement,
        source=answer.source,
        confirmed=answer.confirmed,
    )


def _count_words(count: Count) -> str:
    most = "" if count.at_most is None else f" of at most {count.at_most}"
    return f"{count.words}: {count.found}{most}"


def acetaminophen_answer(drugs: Drugs, mg: Decimal | None = None) -> AntipyreticAnswer:
    return treatment.acetaminophen(drugs.at, mg, drugs.earlier, drugs.spec.center.care.antipyretic)


def _acetaminophen(drugs: Drugs, mg: Decimal | None) -> Look:
    answer = acetaminophen_answer(drugs, mg)
    at_least = "at least " if answer.unknown else ""
    count = (
        f"in 24 h: {at_least}{answer.in_24_hours_mg.normalize():,f} mg of at most "
        f"{answer.max_mg_per_day.normalize():,f} mg, premedication and home doses with it"
    )
    return Look(
        kind=InterventionKind.ACETAMINOPHEN,
        limits=answer.limits,
        cautions=answer.cautions,
        because=answer.because,
        counts=(count,),
        earliest_at=answer.earliest_at,
        source=answer.source,
        confirmed=answer.confirmed,
    )


def _regime(drugs: Drugs, kind: str) -> Look:
    """The center's regimes of this drug, those that fit the open events; and the steroid total so far."""
    mine = [regime for regime in drugs.spec.center.care.regimes if regime.kind == kind]
    fits = [regime for regime in mine if any(_fits(event, regime) for event in drugs.events)]
    offered = fits or mine
    amounts = {regime.phases[0].mg for regime in fits}
    mark = offered[0].provenance if offered else None
    totals = treatment.steroid_totals(drugs.at, drugs.earlier) if kind in treatment.STEROIDS else ()
    return Look(
        kind=kind,
        mg=amounts.pop() if len(amounts) == 1 else None,
        arithmetic=tuple(f"{regime.words} ({regime.route})" for regime in offered),
        counts=tuple(total_words(total) for total in totals),
        source=mark.source if mark else None,
        confirmed=mark.confirmed if mark else True,
    )


def _fits(event: ToxicityEvent, regime: DrugRegime) -> bool:
    return event.toxicity in regime.toxicities and not grades_of(event).isdisjoint(regime.grades)


def grades_of(event: ToxicityEvent) -> frozenset[int]:
    """What the event has reached by rule, and what a physician confirmed: a later rise may wait for one."""
    confirmed: set[int] = set() if event.confirmed_grade is None else {event.confirmed_grade}
    return frozenset({event.max_grade, *confirmed})


def total_words(total: Total) -> str:
    """dexamethasone in 24 h: at least 36 mg, 3 doses, take-home included."""
    at_least = "at least " if total.unknown else ""
    doses = f"{total.doses} {'dose' if total.doses == 1 else 'doses'}"
    return f"{total.drug} in 24 h: {at_least}{total.mg.normalize():,f} mg, {doses}, take-home included"


# --- where the form comes from ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """For what a drug is recorded: an emergency action or a due dose, with the event to return to."""

    kind: str = ""
    mg: Decimal | None = None
    event_id: UUID | None = None
    due_id: UUID | None = None


def wanted(staff: Staff, patient_id: UUID, asked: Mapping[str, str]) -> Wanted:
    """What the address asks for (``kind``, ``step``, ``due``, ``event``); what is not hers is left out."""
    kind = asked.get("kind", "")
    due_id, step_id, event_id = (as_uuid(asked.get(name, "")) for name in ("due", "step", "event"))
    if due_id is not None:
        rows = TreatmentDue.objects.select_related("order").filter(center_id=staff.center_id)
        due = rows.filter(pk=due_id, patient_id=patient_id).first()
        if due is not None:
            return Wanted(due.order.kind, due.dose_mg, due.order.event_id, due.pk)
    if step_id is not None:
        step = ResponseStep.objects.filter(
            pk=step_id, patient_id=patient_id, center_id=staff.center_id
        ).first()
        if step is not None:
            return Wanted(kind or step.intervention, None, step.event_id)
    if event_id is not None and not (
        ToxicityEvent.objects.visible_to(staff).filter(pk=event_id, patient_id=patient_id).exists()
    ):
        event_id = None
    return Wanted(kind, None, event_id)


def as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def begins(patient_id: UUID, center: Center) -> tuple[tuple[datetime, str], ...]:
    """What an entry before it is asked about: the open event, and the course. Two statements."""
    found: list[tuple[datetime, str]] = []
    event = ToxicityEvent.objects.open().filter(patient_id=patient_id).order_by("opened_at").first()
    if event is not None:
        opened = center.local(event.opened_at)
        words = f"This is before the {event.label} event opened, {opened:%d-%b-%Y %H:%M}."
        found.append((event.opened_at, words))
    course = TreatmentCourse.objects.filter(patient_id=patient_id).order_by("started_at").first()
    if course is not None:
        started = center.local(course.started_at)
        found.append((course.started_at, f"This is before the course began, {started:%d-%b-%Y %H:%M}."))
    return tuple(found)
