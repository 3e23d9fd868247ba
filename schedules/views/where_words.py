"""Where the patient is, in words: the place, what is awaited, whom to ring, who has accepted her."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from dosing_portal.kernel.models import Center, Staff
from dosing_portal.kernel.permissions import Permission, may
from dosing_portal.kernel.templatetags.clinical import age, distance, hhmm, moment
from patients.models import Call, HandOff, Observation, Patient, Place, Whereabouts
from patients.models.observation import Location
from protocols.rules.placement import CarePrompt
from protocols.rules.spec import ProtocolSpec
from schedules.rules import call_back
from schedules.selectors.whereabouts import HERS, WhereFacts

NEXT: dict[Place | None, tuple[Place, ...]] = {
    None: (Place.HOME, Place.ON_THE_WAY, Place.CLINIC, Place.EMERGENCY),
    Place.HOME: (Place.ON_THE_WAY, Place.EMERGENCY),
    Place.ON_THE_WAY: (Place.ON_THE_WAY,),
    Place.CLINIC: (Place.ON_THE_WAY, Place.WARD),
    Place.EMERGENCY: (Place.WARD, Place.INTENSIVE_CARE),
    Place.WARD: (Place.INTENSIVE_CARE, Place.HOME),
    Place.INTENSIVE_CARE: (Place.WARD,),
}
"""The usual next moves; every other one stands on the page behind "Another place"."""
SEEN_AT = {
    Location.HOME: Place.HOME,
    Location.CLINIC: Place.CLINIC,
    Location.ED: Place.EMERGENCY,
    Location.HOSPITAL: Place.WARD,
}
AT_HOME = frozenset({None, Place.HOME, Place.ON_THE_WAY})
"""Where a call back is the only way to see her."""


@dataclass(frozen=True, slots=True)
class Move:
    """One next move: a tap that saves it, or, on the way, a form that asks for the time."""

    place: str
    label: str
    facility: str = ""
    asks: bool = False
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the grades ask of the place."""

    title: str
    because: str
    source: str
    confirmed: bool
    consider: bool


@dataclass(frozen=True, slots=True)
class Number:
    """Somebody to ring in one tap. ``party``: the outcome of the call is one more tap."""

    name: str
    role: str
    phone: str
    party: str = ""


@dataclass(frozen=True, slots=True)
class CallLine:
    at: datetime
    words: str
    note: str


@dataclass(frozen=True, slots=True)
class HandOffWords:
    """Who owns her now. ``waits``: nobody has answered yet."""

    id: UUID
    title: str
    words: str
    owner: str
    phone: str
    waits: bool
    ours: bool


@dataclass(frozen=True, slots=True)
class WhereWords:
    """The whole card."""

    place: str
    since: str
    with_whom: str
    expected: str
    late: bool
    elsewhere: str
    seen: Move | None
    prompts: tuple[Prompt, ...]
    moves: tuple[Move, ...]
    earlier: tuple[str, ...]
    numbers: tuple[Number, ...]
    waiting: str
    call_back: str
    no_answer: str
    next_try: str
    calls: tuple[CallLine, ...]
    hand_off: HandOffWords | None
    may_record: bool


def where_words(facts: WhereFacts, spec: ProtocolSpec | None, staff: Staff, at: datetime) -> WhereWords:
    """The card of one patient for the person who looks at it."""
    now, records = facts.now, may(staff, Permission.RECORD_WHEREABOUTS)
    missed = _unanswered_last(facts)
    rule = spec.center.care.calls if spec else None
    again = missed.called_at + timedelta(minutes=rule.try_again_minutes) if missed and rule else None
    return WhereWords(
        place=place_words(now) if now else "Not recorded",
        since=_since(now) if now else _last_said(facts.last_reading),
        with_whom=now.with_whom if now else "",
        expected=_expected(now, at) if now else "",
        late=bool(now and facts.arrival and now.expected_at and now.expected_at < at),
        elsewhere=_elsewhere(facts.elsewhere),
        seen=_seen(facts.elsewhere) if records else None,
        prompts=tuple(_prompt(prompt) for prompt in facts.prompts),
        moves=_moves(facts, staff.center) if records else (),
        earlier=tuple(f"{place_words(row)}, {moment(row.since)}" for row in facts.earlier),
        numbers=_numbers(facts, staff.center),
        waiting=_waiting(facts, at),
        call_back=_call_back(facts),
        no_answer=rule.no_answer if missed and rule else "",
        next_try=_next_try(again, at),
        calls=tuple(_call(call) for call in facts.calls),
        hand_off=hand_off_words(facts.hand_off, facts.patient) if facts.hand_off else None,
        may_record=records,
    )


# --- the place --------------------------------------------------------------------------------------------


def place_words(row: Whereabouts) -> str:
    """Ward, 6 North. On the way to Northfield General (emergency department)."""
    if row.place != Place.ON_THE_WAY:
        return f"{row.get_place_display()}, {row.facility}" if row.facility else row.get_place_display()
    goal = Place(row.destination).label.lower()
    return f"On the way to {row.facility} ({goal})" if row.facility else f"On the way: {goal}"


def _since(row: Whereabouts) -> str:
    return f"since {moment(row.since)}, recorded by {row.recorded_by.name}"


def _last_said(read: Observation | None) -> str:
    if read is None:
        return "Nobody has said where the patient is."
    return f"The reading of {moment(read.taken_at)} was taken at: {read.get_location_display()}."


def _expected(row: Whereabouts, at: datetime) -> str:
    """expected 15:10, in 12 min; expected 15:10, 20 min late."""
    if row.expected_at is None:
        return ""
    late = row.expected_at < at
    left = f"{age(row.expected_at, at)} late" if late else distance(row.expected_at, at)
    return f"expected {hhmm(row.expected_at)}, {left}"


def _elsewhere(read: Observation | None) -> str:
    if read is None:
        return ""
    where = read.get_location_display()
    return f"The reading of {hhmm(read.taken_at)} was taken at: {where}. The place was not changed by it."


def _seen(read: Observation | None) -> Move | None:
    if read is None:
        return None
    place = SEEN_AT[Location(read.location)]
    return Move(place.value, f"Now: {place.label.lower()}")


def _moves(facts: WhereFacts, center: Center) -> tuple[Move, ...]:
    arrived: tuple[Move, ...] = ()
    if facts.now is not None and facts.place is Place.ON_THE_WAY:
        goal = Place(facts.now.destination)
        arrived = (Move(goal.value, f"Arrived: {goal.label.lower()}", facts.now.facility, primary=True),)
    again = facts.place is Place.ON_THE_WAY
    usual = (_move(place, center, again=again) for place in NEXT[facts.place])
    return (*arrived, *usual)


def _move(place: Place, center: Center, *, again: bool) -> Move:
    if place is Place.ON_THE_WAY:
        return Move(place.value, "New expected time" if again else "On the way", asks=True)
    facility = center.emergency_site if place is Place.EMERGENCY else ""
    return Move(place.value, place.label, facility)


def _prompt(prompt: CarePrompt) -> Prompt:
    return Prompt(
        title=f"{prompt.sentence}.",
        because="; ".join(prompt.because),
        source=str(prompt.source or ""),
        confirmed=prompt.confirmed,
        consider=prompt.consider,
    )


# --- calls ------------------------------------------------------------------------------------------------


def _numbers(facts: WhereFacts, center: Center) -> tuple[Number, ...]:
    """The people of the patient first, then who is on call, then the emergency department."""
    own = [Number(str(facts.patient), "patient", facts.patient.phone, Call.Party.PATIENT.value)]
    near = [
        Number(
            contact.name,
            contact.relation or contact.get_kind_display().lower(),
            contact.phone,
            Call.Party.CAREGIVER.value if contact.kind == contact.Kind.CAREGIVER else "",
        )
        for contact in facts.contacts
    ]
    team = [Number(person.name, person.role_label, person.phone) for person in facts.on_call]
    site = [Number(center.emergency_site or "Emergency department", "emergency", center.emergency_phone)]
    return tuple(number for number in (*own, *near, *team, *site) if number.phone)


def _unanswered_last(facts: WhereFacts) -> Call | None:
    """The last call to her or hers, where nobody was reached."""
    hers = next((call for call in facts.calls if call.party in HERS and not call.incoming), None)
    return hers if hers is not None and hers.outcome != Call.Outcome.REACHED else None


def _next_try(again: datetime | None, at: datetime) -> str:
    if again is None:
        return ""
    return f"Try again at {hhmm(again)}, {distance(again, at)}." if again > at else "Try again now."


def _waiting(facts: WhereFacts, at: datetime) -> str:
    if facts.waiting_since is None or facts.place not in AT_HOME:
        return ""
    return f"Waits for a call back {age(facts.waiting_since, at)}, since {hhmm(facts.waiting_since)}"


def _call_back(facts: WhereFacts) -> str:
    """Called back after 12 min: asked 14:05, reached 14:17."""
    done = next(
        (call for call in facts.calls if call.asked_at and call.outcome == Call.Outcome.REACHED), None
    )
    if done is None or done.asked_at is None:
        return ""
    minutes = call_back.minutes_waited(done.asked_at, done.called_at)
    return f"Called back after {minutes} min: asked {hhmm(done.asked_at)}, reached {hhmm(done.called_at)}"


def _call(call: Call) -> CallLine:
    way = "from" if call.incoming else "to"
    who = f"{call.get_party_display().lower()}{f', {call.name}' if call.name else ''}"
    words = f"{call.get_outcome_display()}: call {way} {who}"
    note = "; ".join(part for part in (call.recorded_by.name, call.note) if part)
    return CallLine(call.called_at, words, note)


# --- hand-off ---------------------------------------------------------------------------------------------

WHOM = {Patient.Sex.FEMALE: "her", Patient.Sex.MALE: "him"}


def owner_words(patient: Patient) -> str:
    """Whose the patient is until the other team has accepted."""
    return f"You own {WHOM.get(Patient.Sex(patient.sex), 'the patient')} until they accept."


def hand_off_words(row: HandOff, patient: Patient) -> HandOffWords:
    """To whom, and who has the patient now."""
    goal = ", ".join(part for part in (row.to_whom, row.facility) if part)
    given = f"Handed to {goal} at {hhmm(row.given_at)} by {row.given_by.name}."
    if row.accepted_at is not None and row.accepted_by is not None:
        words = f"{given} Written down by {row.accepted_by.name}."
        return HandOffWords(
            row.pk,
            f"{row.accepted_name} accepted at {hhmm(row.accepted_at)}.",
            words,
            "",
            row.phone,
            False,
            False,
        )
    if row.refused_at is not None and row.refused_by is not None:
        title = f"{row.refused_name} did not accept at {hhmm(row.refused_at)}: {row.refused_reason}."
        words = f"{given} Written down by {row.refused_by.name}."
        still = owner_words(patient).replace(" until they accept", "")
        return HandOffWords(row.pk, title, words, f"{still} Hand over again.", row.phone, False, True)
    return HandOffWords(row.pk, "Accepted by nobody yet.", given, owner_words(patient), row.phone, True, True)
