"""What may be given in an event, and what has been: tocilizumab, acetaminophen, steroids.

Every door asks here: an answer holds the arithmetic, the doses so far, when the next one may come, and the
limits that a dose would cross, each as a sentence of what is true now and who recorded it. Times are told in
the zone in which they are given; hours are elapsed hours. Whether a limit may be let pass, and by whom, is
the caller's to decide: here nothing is silent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from protocols.rules.treatment_settings import AntipyreticRule, TocilizumabRule
from protocols.rules.values import InterventionKind, Source, elapsed_hours

DAY = timedelta(hours=24)
SIX_WEEKS = timedelta(weeks=6)
TOCILIZUMAB = (InterventionKind.TOCILIZUMAB, InterventionKind.TOCILIZUMAB_PROPHYLAXIS)
STEROIDS = (
    InterventionKind.DEXAMETHASONE,
    InterventionKind.POCKET_DEXAMETHASONE,
    InterventionKind.METHYLPREDNISOLONE,
)


@dataclass(frozen=True, slots=True)
class EarlierDose:
    """One dose on record: milligrams, when it was true, who recorded it, and what it was for."""

    kind: InterventionKind
    at: datetime
    mg: Decimal | None = None
    by: str = ""
    purpose: str = "treatment"

    @property
    def prophylactic(self) -> bool:
        return self.kind is InterventionKind.TOCILIZUMAB_PROPHYLAXIS or self.purpose == "prophylaxis"


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit that a dose would cross. ``cosign``: a physician needs a pharmacist's signature as well."""

    rule: str
    sentence: str
    source: Source | None
    confirmed: bool
    cosign: bool = False


@dataclass(frozen=True, slots=True)
class Caution:
    """What to think of before giving it. It never stops anybody."""

    sentence: str
    source: Source | None
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Count:
    """How many doses of one cap are on record; ``at_most`` is ``None`` where the center applies none."""

    words: str
    found: int
    at_most: int | None


@dataclass(frozen=True, slots=True)
class Asked:
    """One tocilizumab dose in question: when, for which weight, in which event.

    ``weight_age_days`` counts to the day of the dose; ``event_opened_at`` is ``None`` outside an event.
    """

    at: datetime
    weight_kg: Decimal | None = None
    weight_age_days: int | None = None
    weight_max_age_days: int | None = None
    event_opened_at: datetime | None = None
    has_crs: bool = True
    has_icans: bool = False


@dataclass(frozen=True, slots=True)
class TocilizumabAnswer:
    """The dose by weight, what is on record, and what stands against another one.

    ``exact_mg`` is what the arithmetic gives after the cap; ``mg`` is that, rounded where the center rounds.
    Both are ``None`` where ``refused`` or ``weigh`` says why; ``earliest_at`` without a dose so far.
    """

    exact_mg: Decimal | None
    mg: Decimal | None
    arithmetic: tuple[str, ...]
    refused: str
    weigh: str
    given: tuple[EarlierDose, ...]
    prophylactic: tuple[EarlierDose, ...]
    counts: tuple[Count, ...]
    earliest_at: datetime | None
    limits: tuple[Limit, ...]
    cautions: tuple[Caution, ...]
    because: tuple[str, ...]
    disagreement: str
    source: Source | None
    confirmed: bool


# --- tocilizumab ------------------------------------------------------------------------------------------


def tocilizumab(asked: Asked, earlier: Iterable[EarlierDose], rule: TocilizumabRule) -> TocilizumabAnswer:
    """What a treatment dose would be and cross. Source: the center's tocilizumab settings."""
    known = sorted((dose for dose in earlier if dose.kind in TOCILIZUMAB), key=lambda dose: dose.at)
    treated = tuple(dose for dose in known if not dose.prophylactic)
    prophylactic = tuple(dose for dose in known if dose.prophylactic)
    counted = tuple(known) if rule.prophylactic_counts else treated
    exact, mg, arithmetic, refused, weigh = _by_weight(asked, rule)
    counts, over = _counts(asked, counted, rule)
    soon = _too_soon(asked.at, counted, rule)
    earliest = _later(counted[-1].at, rule.min_interval_hours, asked.at) if counted else None
    mark = rule.provenance
    return TocilizumabAnswer(
        exact_mg=exact,
        mg=mg,
        arithmetic=arithmetic,
        refused=refused,
        weigh=weigh,
        given=treated,
        prophylactic=prophylactic,
        counts=counts,
        earliest_at=earliest,
        limits=tuple(Limit(name, sentence, mark.source, mark.confirmed) for name, sentence in (*soon, *over)),
        cautions=_cautions(asked, treated, prophylactic, rule),
        because=tuple(_told(dose, asked.at) for dose in reversed(counted)),
        disagreement=rule.disagreement,
        source=mark.source,
        confirmed=mark.confirmed,
    )


def typed_limits(typed: Decimal, answer: TocilizumabAnswer, rule: TocilizumabRule) -> tuple[Limit, ...]:
    """What an amount in mg crosses by itself: the cap, the arithmetic, or that there is no arithmetic."""
    mark = rule.provenance

    def limit(name: str, sentence: str, *, cosign: bool = False) -> Limit:
        return Limit(name, sentence, mark.source, mark.confirmed, cosign)

    if typed > rule.max_mg:
        return (
            limit("over_cap", f"{_plain(typed)} mg is over the cap of {_plain(rule.max_mg)} mg", cosign=True),
        )
    if answer.exact_mg is None:
        return (limit("no_arithmetic", answer.refused or answer.weigh, cosign=True),)
    apart = abs(typed - answer.exact_mg) / answer.exact_mg * 100
    if apart > rule.round_within_percent:
        words = (
            f"{_plain(typed)} mg is {_plain(apart.quantize(Decimal(1)))} % off the arithmetic: "
            f"{answer.arithmetic[0]}"
        )
        return (limit("off_arithmetic", words),)
    return ()


def _by_weight(
    asked: Asked, rule: TocilizumabRule
) -> tuple[Decimal | None, Decimal | None, tuple[str, ...], str, str]:
    per_kg = f"{_plain(rule.mg_per_kg)} mg/kg, cap {_plain(rule.max_mg)} mg"
    weight = asked.weight_kg
    if weight is None:
        return None, None, (per_kg,), "", "No weight on record: weigh the patient, the dose goes by weight"
    if weight < rule.min_weight_kg:
        refused = (
            f"{_plain(weight)} kg is under {_plain(rule.min_weight_kg)} kg: another dose holds, ask pharmacy"
        )
        return None, None, (per_kg,), refused, ""
    exact = rule.mg_per_kg * weight
    spelled = f"{_plain(rule.mg_per_kg)} mg/kg x {_plain(weight)} kg = {_plain(exact)} mg"
    if exact > rule.max_mg:
        exact = rule.max_mg
        lines = [f"{spelled}, over the cap: {_plain(rule.max_mg)} mg"]
    else:
        lines = [f"{spelled}, cap {_plain(rule.max_mg)} mg"]
    rounded, said = _rounded(exact, rule)
    lines += said
    return exact, rounded, tuple(lines), "", _stale(asked)


def _stale(asked: Asked) -> str:
    age, most = asked.weight_age_days, asked.weight_max_age_days
    if age is None or most is None or age <= most:
        return ""
    return f"The weight is {age} days old, at most {most} days count here: weigh the patient, or confirm it"


def _rounded(exact: Decimal, rule: TocilizumabRule) -> tuple[Decimal, list[str]]:
    """Rounded half up to the center's step, when that stays within its percentage and under the cap."""
    step = rule.round_to_mg
    if step is None:
        return exact, []
    near = (exact / step).quantize(Decimal(1), ROUND_HALF_UP) * step
    if near == exact:
        return exact, []
    apart = abs(near - exact) / exact * 100
    if near > rule.max_mg or apart > rule.round_within_percent:
        return exact, [f"not rounded to {_plain(step)} mg: that would leave the center's limits"]
    return near, [f"rounded to {_plain(step)} mg by the center: {_plain(near)} mg, exact {_plain(exact)} mg"]


def _counts(
    asked: Asked, counted: Sequence[EarlierDose], rule: TocilizumabRule
) -> tuple[tuple[Count, ...], list[tuple[str, str]]]:
    """Every cap with what is on record. The dose in question would be one more in each."""
    opened = asked.event_opened_at
    in_event = [dose for dose in counted if opened is not None and dose.at >= opened]
    tables = (
        ("max_in_24_hours", "in 24 h", _around(counted, asked.at, DAY), rule.max_in_24_hours),
        ("max_per_event", "in this event", in_event, rule.max_per_event),
        ("max_in_6_weeks", "in 6 weeks", _around(counted, asked.at, SIX_WEEKS), rule.max_in_6_weeks),
        ("max_total", "in total", counted, rule.max_total),
    )
    counts, over = [], []
    for name, words, found, at_most in tables:
        counts.append(Count(words, len(found), at_most))
        if at_most is not None and len(found) >= at_most:
            last = _told(found[-1], asked.at) if found else ""
            over.append((name, f"{len(found)} doses {words} are on record, at most {at_most}. {last}"))
    return tuple(counts), over


def _around(counted: Sequence[EarlierDose], at: datetime, length: timedelta) -> Sequence[EarlierDose]:
    """The fullest span of that length around the dose in question: a late entry has later ones."""
    now = at.astimezone(UTC)
    best: Sequence[EarlierDose] = ()
    for start in (now, *(dose.at.astimezone(UTC) for dose in counted)):
        if not start <= now < start + length:
            continue
        inside = [dose for dose in counted if start <= dose.at.astimezone(UTC) < start + length]
        best = max(best, inside, key=len)
    return best


def _too_soon(at: datetime, counted: Sequence[EarlierDose], rule: TocilizumabRule) -> list[tuple[str, str]]:
    close = [dose for dose in counted if abs(elapsed_hours(dose.at, at)) < rule.min_interval_hours]
    if not close:
        return []
    nearest = min(close, key=lambda dose: abs(elapsed_hours(dose.at, at)))
    earliest = _later(counted[-1].at, rule.min_interval_hours, at)
    return [("too_soon", f"{_told(nearest, at)}; earliest {_clock(earliest, at)}")]


def _cautions(
    asked: Asked, treated: Sequence[EarlierDose], prophylactic: Sequence[EarlierDose], rule: TocilizumabRule
) -> tuple[Caution, ...]:
    mark = rule.provenance
    said = []
    if asked.has_icans and not asked.has_crs and rule.not_for:
        said.append(rule.not_for)
    if asked.has_icans and treated and rule.repeated_with_icans:
        said.append(rule.repeated_with_icans)
    if prophylactic:
        counts = "they count towards the caps" if rule.prophylactic_counts else "not counted towards the caps"
        told = "; ".join(_told(dose, asked.at) for dose in reversed(prophylactic))
        said.append(f"Prophylactic tocilizumab apart: {told}; {counts}")
    return tuple(Caution(sentence, mark.source, mark.confirmed) for sentence in said)


# --- acetaminophen ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AntipyreticAnswer:
    """Milligrams in 24 h with premedication and home doses, when the next may come, what a dose crosses.

    ``unknown`` doses are on record without their milligrams: the total is at least ``in_24_hours_mg``.
    """

    in_24_hours_mg: Decimal
    unknown: int
    max_mg_per_day: Decimal
    earliest_at: datetime | None
    limits: tuple[Limit, ...]
    cautions: tuple[Caution, ...]
    because: tuple[str, ...]
    source: Source | None
    confirmed: bool


def acetaminophen(
    at: datetime, mg: Decimal | None, earlier: Iterable[EarlierDose], rule: AntipyreticRule
) -> AntipyreticAnswer:
    """What another acetaminophen dose would cross; ``mg`` is ``None`` while nothing is typed.

    Premedication, home and ward doses count together. Source: the center's antipyretic settings.
    """
    known = sorted(
        (dose for dose in earlier if dose.kind is InterventionKind.ACETAMINOPHEN), key=lambda dose: dose.at
    )
    day = _heaviest(known, at)
    total = sum((dose.mg for dose in day if dose.mg is not None), Decimal(0))
    unknown = sum(dose.mg is None for dose in day)
    mark = rule.provenance
    found: list[tuple[str, str]] = []
    close = [dose for dose in known if abs(elapsed_hours(dose.at, at)) < rule.min_interval_hours]
    earliest = _later(known[-1].at, rule.min_interval_hours, at) if known else None
    if close and earliest is not None:
        nearest = min(close, key=lambda dose: abs(elapsed_hours(dose.at, at)))
        found.append(("too_soon", f"{_told(nearest, at)}; earliest {_clock(earliest, at)}"))
    if mg is not None and total + mg > rule.max_mg_per_day:
        found.append(
            (
                "max_mg_per_day",
                f"{_plain(total)} mg in 24 h with premedication and home doses; {_plain(mg)} mg more is "
                f"{_plain(total + mg)} mg, at most {_plain(rule.max_mg_per_day)} mg a day",
            )
        )
    cautions = (f"{unknown} of these doses without mg: the total is at least this much",) if unknown else ()
    return AntipyreticAnswer(
        in_24_hours_mg=total,
        unknown=unknown,
        max_mg_per_day=rule.max_mg_per_day,
        earliest_at=earliest,
        limits=tuple(Limit(name, words, mark.source, mark.confirmed) for name, words in found),
        cautions=tuple(Caution(words, mark.source, mark.confirmed) for words in cautions),
        because=tuple(_told(dose, at) for dose in reversed(day)),
        source=mark.source,
        confirmed=mark.confirmed,
    )


def _heaviest(known: Sequence[EarlierDose], at: datetime) -> Sequence[EarlierDose]:
    """The day around the dose in question with the most milligrams."""
    now = at.astimezone(UTC)
    best: Sequence[EarlierDose] = ()
    for start in (now, *(dose.at.astimezone(UTC) for dose in known)):
        if start <= now < start + DAY:
            inside = [dose for dose in known if start <= dose.at.astimezone(UTC) < start + DAY]
            best = max(best, inside, key=_weight_of_day)
    return best


def _weight_of_day(doses: Sequence[EarlierDose]) -> tuple[Decimal, int]:
    return sum((dose.mg for dose in doses if dose.mg is not None), Decimal(0)), len(doses)


# --- totals -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Total:
    """Milligrams of one drug in the last 24 h; ``unknown`` doses are on record without theirs."""

    drug: str
    mg: Decimal
    doses: int
    unknown: int


def steroid_totals(at: datetime, earlier: Iterable[EarlierDose]) -> tuple[Total, ...]:
    """Each steroid of the last 24 h: take-home, premedication, second-drug and ward doses together."""
    given = list(earlier)
    found = []
    for drug, kinds in (
        ("dexamethasone", STEROIDS[:2]),
        ("methylprednisolone", STEROIDS[2:]),
    ):
        doses = [dose for dose in given if dose.kind in kinds and _in_last_day(dose.at, at)]
        if doses:
            mg = sum((dose.mg for dose in doses if dose.mg is not None), Decimal(0))
            found.append(Total(drug, mg, len(doses), sum(dose.mg is None for dose in doses)))
    return tuple(found)


def _in_last_day(then: datetime, at: datetime) -> bool:
    return timedelta(0) <= at.astimezone(UTC) - then.astimezone(UTC) < DAY


# --- words ------------------------------------------------------------------------------------------------


def _told(dose: EarlierDose, at: datetime) -> str:
    """Dr. K. Okafor recorded 580 mg at 14:10, 3 h ago."""
    amount = f"{_plain(dose.mg)} mg" if dose.mg is not None else "a dose without mg"
    for_what = f" ({dose.purpose.replace('_', ' ')})" if dose.purpose not in {"treatment", ""} else ""
    hours = elapsed_hours(dose.at, at)
    apart = f"{_span(abs(hours))} {'ago' if hours >= 0 else 'later'}"
    who = f"{dose.by} recorded {amount}" if dose.by else f"{amount} on record"
    return f"{who}{for_what} at {_clock(dose.at, at)}, {apart}"


def _span(hours: Decimal) -> str:
    """Minutes under an hour, hours under three days, days after; cut off, never rounded up."""
    if hours < 1:
        return f"{int(hours * 60)} min"
    return f"{int(hours)} h" if hours < 72 else f"{int(hours / 24)} days"  # noqa: PLR2004 - of wording only


def _clock(moment: datetime, at: datetime) -> str:
    """14:10 on the same day, else with the day; in the zone of ``at``."""
    local = moment.astimezone(at.tzinfo)
    return f"{local:%H:%M}" if local.date() == at.date() else f"{local:%d-%b-%Y %H:%M}"


def _later(moment: datetime, hours: Decimal, at: datetime) -> datetime:
    later = moment.astimezone(UTC) + timedelta(seconds=int(hours * 3600))
    return later.astimezone(at.tzinfo)


def _plain(value: Decimal) -> str:
    """1,160 and 579.2: no trailing zero, no exponent, commas from a thousand."""
    return f"{value.normalize():,f}"
