"""The sheet of a dose in words: what blocks it, what was found in order, how the amount came about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse

from dosing_portal.kernel.templatetags.clinical import day, dose, hhmm, quantity
from protocols.answers import dose_name, in_labels, route_name
from protocols.rules import monitoring
from protocols.rules.premedication import PremedicationAnswer
from schedules.selectors import plans
from schedules.selectors.boards import Drug, drug_of
from schedules.selectors.decisions import EventLock
from schedules.selectors.sheet import Basis, DoseSheet, Objection, Override, Remedy
from schedules.views.rows import Status

WHO_MAY = {
    Override.NOBODY: "Nobody can override this.",
    Override.PHYSICIAN_AND_PHARMACIST: "A physician and a pharmacist may, with a reason.",
    Override.PHYSICIAN: "A physician may, with a reason.",
    Override.REASON: "Give it with a reason.",
}
BASIS_WORDS = {Basis.BAND: "printed weight band", Basis.FORMULA: "formula"}


@dataclass(frozen=True, slots=True)
class Blocker:
    """One row on amber: why, who may override it, and the button that removes it."""

    title: str
    why: str
    url: str
    action: str


@dataclass(frozen=True, slots=True)
class Passed:
    """One line with the fact that passed it."""

    title: str
    fact: str


@dataclass(frozen=True, slots=True)
class Offered:
    """One amount that the record offers."""

    basis: str
    words: str
    vials: str


@dataclass(frozen=True, slots=True)
class Looser:
    """Where the center departs from the label's setting, and who approved that."""

    title: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class DosePage:
    """The arguments of the templates ``schedules/_dose_*.html``."""

    name: str
    drug: Drug
    route: str
    blockers: tuple[Blocker, ...]
    passed: tuple[Passed, ...]
    looser: Looser | None
    stopped: bool
    asks_reason: bool
    asks_delay: bool
    asks_typed: bool
    offered: tuple[Offered, ...]
    arithmetic: tuple[str, ...]
    source: str
    confirmed: bool
    weight: str
    asked: tuple[str, ...]
    drugs: tuple[Passed, ...]
    drugs_span: str
    drugs_words: str
    drugs_confirmed: bool
    seen: str
    button: str

    @property
    def done(self) -> str:
        """3 of 5: how many items are in order."""
        return f"{len(self.passed)} of {len(self.passed) + len(self.blockers)}"

    @property
    def status(self) -> Status:
        count = len(self.blockers)
        return Status("blocked", f"Blocked by {count}") if count else Status("ready", "Ready")

    @property
    def not_ready(self) -> str:
        return f"Not ready: {len(self.blockers)} blocker{'s' if len(self.blockers) > 1 else ''}"


def dose_page(sheet: DoseSheet) -> DosePage:
    """Everything the page shows of a sheet. What the form itself asks for is no blocker yet."""
    waiting = tuple(found for found in sheet.objections if not _asked_by_form(sheet, found))
    unclear = bool(sheet.amount.refused or sheet.amount.objections) and not _weight_is_missing(sheet)
    offered = () if unclear else tuple(_offered(sheet))
    drug = drug_of(sheet.course, sheet.spec)
    blockers = tuple(_blocker(sheet, found) for found in waiting)
    stopped = any(found.override is Override.NOBODY for found in waiting)
    seen = offered[0].words if len(offered) == 1 else ""
    return DosePage(
        name=dose_name(sheet.dose),
        drug=drug,
        route=route_name(sheet.dose.route),
        blockers=blockers,
        passed=tuple(_passed(sheet, {found.field for found in waiting} | {f.title for f in waiting})),
        looser=_looser(sheet),
        stopped=stopped,
        asks_reason=bool(waiting),
        asks_delay=any(found.title == "Window" for found in waiting),
        asks_typed=unclear,
        offered=offered,
        arithmetic=tuple(in_labels(line, sheet.schedule) for line in sheet.amount.because),
        source=sheet.amount.source,
        confirmed=sheet.amount.confirmed,
        weight=_weight(sheet),
        asked=tuple(one.sentence for one in sheet.carried.conditions),
        drugs=tuple(_drugs(sheet.premedication)),
        drugs_span=_span_words(sheet.premedication, approximate=sheet.regimen.pretreatment.approximate),
        drugs_words="; ".join(in_labels(line, sheet.schedule) for line in sheet.premedication.because),
        drugs_confirmed=sheet.premedication.confirmed,
        seen=seen,
        button=f"Record {drug.generic} {seen} given" if seen else f"Record {dose_name(sheet.dose)} given",
    )


def _asked_by_form(sheet: DoseSheet, found: Objection) -> bool:
    """What the form asks for by itself: premedication that nobody typed yet, conditions not ticked yet."""
    if found.field == "conditions":
        return True
    return found.field == "premedicated_at" and sheet.premedicated_at is None


def _weight_is_missing(sheet: DoseSheet) -> bool:
    return sheet.by_weight and sheet.weight is None


# --- readiness --------------------------------------------------------------------------------------------


def _blocker(sheet: DoseSheet, found: Objection) -> Blocker:
    url, action = _remedy(sheet, found)
    unconfirmed = " Unconfirmed." if found.unconfirmed else ""
    why = f"{found.sentence}{unconfirmed} {WHO_MAY[found.override]}"
    return Blocker(found.title, why, url, action)


def _remedy(sheet: DoseSheet, found: Objection) -> tuple[str, str]:
    match found.remedy:
        case Remedy.WEIGH:
            return reverse("schedules:weight-new", args=[sheet.course.patient_id]), "Enter weight"
        case Remedy.REPLAN:
            return reverse("schedules:course-replan", args=[sheet.course.pk]), "Plan again"
        case Remedy.EVENT:
            event = found.about
            if event is None:
                return "", ""
            return f"{reverse('schedules:event', args=[event.pk])}#next-dose", f"Open {event.label}"
        case Remedy.VISIT:
            return reverse("schedules:visit-new", args=[sheet.course.patient_id]), "Review this visit"
        case _:
            return "", ""


def _passed(sheet: DoseSheet, against: set[str]) -> Iterator[Passed]:
    """The items that nothing speaks against, each with its fact."""
    if not against & {"Window", "dose", "given_at", "Too early"}:
        yield Passed("Window", _window(sheet))
    if "event" not in against:
        yield Passed("CRS and ICANS", _events(sheet))
    if sheet.by_weight and "weight" not in against:
        yield Passed("Weight", _weight(sheet))
    if sheet.premedicated_at is not None and "premedicated_at" not in against:
        yield Passed("Premedication in time", _premedicated(sheet))


def _window(sheet: DoseSheet) -> str:
    planned = sheet.planned
    if sheet.last is None:
        return f"first dose of the course, planned {day(planned.planned_on)}"
    span = ""
    if planned.earliest_on and planned.latest_on:
        span = f", window {day(planned.earliest_on)} to {day(planned.latest_on)}"
    return f"day {sheet.days} after {sheet.last.label.lower()}{span}"


def _events(sheet: DoseSheet) -> str:
    if not sheet.events:
        return "no open event" if sheet.last is None else "none since the last dose"
    return "; ".join(_decided(found) for found in sheet.locks)


def _decided(found: EventLock) -> str:
    """CRS grade 2 resolved; Dr. Okafor decided on 20-Nov-2026."""
    by = f"; {found.signed.by} decided on {day(found.signed.at)}" if found.signed else ""
    return f"{found.name} resolved{by}"


def _weight(sheet: DoseSheet) -> str:
    """64.2 kg, 2 days old, 0.4 kg up since the last dose."""
    if sheet.weight is None or sheet.weight_age is None:
        return "no weight on record" if sheet.by_weight else "not needed for this dose"
    words = f"{quantity(sheet.weight.kg, 'kg')}, {_days_old(sheet.weight_age)}"
    before = sheet.last.weight_kg if sheet.last else None
    if before is None or before == sheet.weight.kg:
        return words
    change = sheet.weight.kg - before
    return f"{words}, {quantity(abs(change), 'kg')} {'up' if change > 0 else 'down'} since the last dose"


def _days_old(days: int) -> str:
    return "of today" if days == 0 else f"{days} day{'s' if days > 1 else ''} old"


def _premedicated(sheet: DoseSheet) -> str:
    given = hhmm(sheet.premedicated_at)
    span = sheet.dose_span
    return f"{given}; dose from {hhmm(span[0])} to {hhmm(span[1])}" if span else given


# --- dose, premedication, setting -------------------------------------------------------------------------


def _offered(sheet: DoseSheet) -> Iterator[Offered]:
    vial = sheet.amount.vial
    for basis, amount in sheet.choices.items():
        number = amount.vials or 0
        vials = f"{number} vial{'s' if number > 1 else ''} of {vial.strength}" if vial and number else ""
        yield Offered(BASIS_WORDS[basis], amount.words, vials)


def _drugs(answer: PremedicationAnswer) -> Iterator[Passed]:
    for drug in answer.drugs:
        bounds = answer.mg_of(drug)
        amount = "as the center has it"
        if bounds is not None:
            low, high = bounds
            amount = dose(low) if low == high else f"{dose(low)} to {dose(high)}"
        routes = " or ".join(route_name(route) for route in drug.routes)
        other = ", or equivalent" if drug.or_equivalent else ""
        yield Passed(drug.name, ", ".join(part for part in (amount, routes) if part) + other)


def _span_words(answer: PremedicationAnswer, *, approximate: bool) -> str:
    if not answer.drugs:
        return ""
    hours = answer.hours_before
    if hours is None:
        return "each drug at its own time before"
    low, high = hours
    words = f"{quantity(low, 'h')} before" if low == high else f"{low:f} to {quantity(high, 'h')} before"
    return f"about {words}" if approximate else words


def _looser(sheet: DoseSheet) -> Looser | None:
    """The label has this dose in hospital, the plan gives it to an outpatient."""
    label = monitoring.label_setting(sheet.regimen, sheet.schedule, sheet.planned.dose)
    if sheet.planned.setting != plans.OUTPATIENT or not plans.asks_hospital(label):
        return None
    version = sheet.course.protocol_version
    approved = version.activated_by.name if version.activated_by else "nobody"
    mark = "" if label.confirmed else " (unconfirmed)"
    return Looser(
        "Outpatient: looser than the label",
        (
            ("Label", f"{plans.in_words(label)}{mark}"),
            (str(version), sheet.planned.get_setting_display()),
            ("Approved", f"{version.drafted_by.name}, {approved}, {day(version.activated_at)}"),
        ),
    )
