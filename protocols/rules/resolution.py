"""When an event counts as resolved: no fever without antipyretic, pressure and oxygen without help, ICE back.

A pure look at the timeline as of one time. What nobody measured is not known, and not known is not met. A
cause that a physician named for an axis takes that axis out, and the device a patient wears at home is no
extra oxygen. Hours are elapsed hours. Source: the center's own rule (``spec.center.care.resolution``), with
the limits of the grading consensus.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from protocols.rules import crs, icans
from protocols.rules.spec import ProtocolSpec
from protocols.rules.values import (
    Axis,
    Baseline,
    Entry,
    EntryKind,
    InterventionKind,
    OxygenDevice,
    OxygenReason,
    Provenance,
    Toxicity,
    elapsed_hours,
)

LOWERS_FEVER = frozenset(
    {InterventionKind.ACETAMINOPHEN, InterventionKind.NSAID, InterventionKind.PREMEDICATION}
)
"""Premedication holds an antipyretic and a steroid (management record), whatever the center's brand."""
_NEVER = datetime.min.replace(tzinfo=UTC)
ALSO_MASKS = frozenset({InterventionKind.PREMEDICATION, InterventionKind.TOCILIZUMAB_PROPHYLAXIS})


class Met(StrEnum):
    MET = "met"
    NOT_MET = "not met"
    NOT_KNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that "resolved" asks for. ``waits_until``: nothing is wrong, only its hours are not over."""

    id: str
    words: str
    state: Met
    because: str
    waits_until: datetime | None = None

    @property
    def met(self) -> bool:
        return self.state is Met.MET

    @property
    def text(self) -> str:
        return f"{self.words}: {self.because}" if self.because else self.words


@dataclass(frozen=True, slots=True)
class MaskingDrug:
    """A drug that may hide a sign, with the elapsed hours since."""

    kind: InterventionKind
    at: datetime
    hours: Decimal


@dataclass(frozen=True, slots=True)
class Resolution:
    """What is met, what is not, and what the signing physician must see beside it."""

    conditions: tuple[Condition, ...]
    masking: tuple[MaskingDrug, ...]
    provenance: Provenance

    @property
    def met(self) -> bool:
        return all(condition.met for condition in self.conditions)

    @property
    def blocking(self) -> tuple[Condition, ...]:
        """Abnormal or not known now: nobody can sign."""
        return tuple(c for c in self.conditions if not c.met and c.waits_until is None)

    @property
    def waiting(self) -> tuple[Condition, ...]:
        """Only time is missing: a physician may sign with a reason."""
        return tuple(c for c in self.conditions if c.waits_until is not None)


class _Look(NamedTuple):
    """One time at which the timeline is looked at, for one event."""

    at: datetime
    readings: Sequence[Entry]  # since the event opened, the newest first
    entries: Sequence[Entry]  # everything until ``at``
    spec: ProtocolSpec
    baseline: Baseline


def resolution(
    entries: Iterable[Entry],
    *,
    toxicity: Toxicity,
    opened_at: datetime,
    at: datetime,
    spec: ProtocolSpec,
    baseline: Baseline | None = None,
) -> Resolution:
    """What "resolved" asks for, as of ``at``, of an event that opened at ``opened_at``.

    The order of ``entries`` does not matter; later ones than ``at`` are not read. ``baseline`` is the
    patient's own ICE before the first dose; without one the whole score is asked for. Raises ``ValueError``
    for a time without a zone.
    """
    known = sorted(
        (entry for entry in entries if entry.at is not None and _utc(entry.at) <= _utc(at)), key=_place
    )
    readings = [entry for entry in known if entry.vitals is not None and _when(entry) >= _utc(opened_at)]
    look = _Look(_utc(at), readings[::-1], known, spec, baseline or Baseline())
    asked = [_afebrile(look), _pressure(look), _oxygen(look), _ice(look)]
    signs = _neurologic(look)
    if toxicity is Toxicity.ICANS or signs.state is Met.NOT_MET:
        asked.append(signs)
    return Resolution(tuple(asked), _masking(look), spec.center.care.resolution.provenance)


# --- fever ------------------------------------------------------------------------------------------------


def _afebrile(look: _Look) -> Condition:
    rule, fever = look.spec.center.care.resolution, _axis(look, "fever")
    words = f"afebrile for {rule.afebrile_hours:f} h without antipyretic"
    last = _newest(look.readings, lambda entry: fever(entry).known)
    if last is None:
        return Condition("afebrile", words, Met.NOT_KNOWN, "no temperature since the event opened")
    if fever(last).present:
        return Condition("afebrile", words, Met.NOT_MET, _ago(fever(last).because, last, look))
    start, because = _fever_free_from(look)
    if start is None:
        return Condition("afebrile", words, Met.MET, _ago(fever(last).because, last, look))
    over = start + timedelta(hours=float(rule.afebrile_hours))
    if look.at < over:
        return Condition("afebrile", words, Met.NOT_MET, because, waits_until=over)
    if _when(last) < over:
        late = f"the last temperature is of {_length(_when(last), look.at)} ago, before those hours were over"
        return Condition("afebrile", words, Met.NOT_KNOWN, late)
    return Condition("afebrile", words, Met.MET, f"{because}; {_ago(fever(last).because, last, look)}")


def _fever_free_from(look: _Look) -> tuple[datetime | None, str]:
    """The last fever or the last antipyretic, whichever is later."""
    fever = _axis(look, "fever")
    newest_first = look.entries[::-1]
    hot = _newest(newest_first, lambda entry: entry.vitals is not None and fever(entry).present)
    drug = _newest(newest_first, lambda entry: entry.intervention in LOWERS_FEVER)
    ends = [
        (_when(entry), name) for entry, name in ((hot, "fever"), (drug, _name(drug))) if entry is not None
    ]
    if not ends:
        return None, ""
    start, name = max(ends)
    return start, f"last {name} {_length(start, look.at)} ago"


def _name(drug: Entry | None) -> str:
    return "" if drug is None else str(drug.intervention).replace("_", " ")


# --- pressure and oxygen ----------------------------------------------------------------------------------


def _pressure(look: _Look) -> Condition:
    words, axis = "off vasopressor, pressure not low", _axis(look, "hypotension")
    last = _newest(look.readings, lambda entry: axis(entry).known)
    if last is None:
        return Condition("vasopressor", words, Met.NOT_KNOWN, "no blood pressure since the event opened")
    state = Met.NOT_MET if axis(last).present else Met.MET
    return Condition("vasopressor", words, state, _ago(axis(last).because, last, look))


def _oxygen(look: _Look) -> Condition:
    words, axis = "off extra oxygen, saturation not low", _axis(look, "hypoxia")
    last = _newest(look.readings, lambda entry: axis(entry).known)
    if last is None:
        missing = "saturation or oxygen device not known since the event opened"
        return Condition("oxygen", words, Met.NOT_KNOWN, missing)
    helped = axis(last).present or _on_extra_oxygen(last)
    return Condition(
        "oxygen", words, Met.NOT_MET if helped else Met.MET, _ago(axis(last).because, last, look)
    )


def _on_extra_oxygen(entry: Entry) -> bool:
    """A device counts here whatever it is for, except the one worn at home and one with another cause."""
    oxygen = entry.vitals.oxygen if entry.vitals else None
    if oxygen is None or oxygen.device is OxygenDevice.ROOM_AIR or entry.cause_of(Axis.HYPOXIA):
        return False
    return oxygen.reason is not OxygenReason.BASELINE


# --- neurologic -------------------------------------------------------------------------------------------


def _ice(look: _Look) -> Condition:
    words = "ICE back at baseline"
    last = _newest(look.readings, lambda entry: icans.read_domains(entry, look.spec.icans).ice.known)
    if last is None:
        return Condition("ice", words, Met.NOT_KNOWN, "no complete ICE since the event opened")
    reading = icans.read_domains(last, look.spec.icans).ice
    score = last.vitals.ice.score if last.vitals and last.vitals.ice else None
    own = look.baseline.ice
    wanted = look.spec.icans.ice_maximum if own is None else own
    because = f"{reading.because}, baseline {'not on record' if own is None else own}"
    if last.cause_of(Axis.ICE) is not None:
        return Condition("ice", words, Met.MET, _ago(reading.because, last, look))
    state = Met.MET if score is not None and score >= wanted else Met.NOT_MET
    return Condition("ice", words, state, _ago(because, last, look))


def _neurologic(look: _Look) -> Condition:
    """Alert, and no seizure, weakness or raised pressure at the last reading that looked for them."""
    words = "alert, no neurologic sign"

    def domains(entry: Entry) -> icans.IcansDomains:
        return icans.read_domains(entry, look.spec.icans)

    last = _newest(look.readings, lambda entry: domains(entry).consciousness.known)
    if last is None:
        return Condition("neurologic", words, Met.NOT_KNOWN, "consciousness not known since the event opened")
    others = [domain for domain in domains(last)[1:] if domain.because]
    state = Met.NOT_MET if any(domain.at_least for domain in others) else Met.MET
    return Condition(
        "neurologic", words, state, _ago("; ".join(domain.because for domain in others), last, look)
    )


# --- what may hide a sign ---------------------------------------------------------------------------------


def _masking(look: _Look) -> tuple[MaskingDrug, ...]:
    """Every drug of the look-back that may hide fever, the newest first."""
    since = look.at - timedelta(hours=float(look.spec.center.care.resolution.masking_look_back_hours))
    kinds = look.spec.crs.masking_drugs | ALSO_MASKS
    return tuple(
        MaskingDrug(entry.intervention, _when(entry), elapsed_hours(_when(entry), look.at))
        for entry in reversed(look.entries)
        if entry.kind is EntryKind.INTERVENTION
        and entry.intervention is not None
        and entry.intervention in kinds
        and _when(entry) >= since
    )


# --- times ------------------------------------------------------------------------------------------------


def _axis(look: _Look, name: str) -> Callable[[Entry], crs.AxisReading]:
    def read(entry: Entry) -> crs.AxisReading:
        reading: crs.AxisReading = getattr(crs.read_axes(entry, look.spec.crs), name)
        return reading

    return read


def _newest(newest_first: Sequence[Entry], wanted: Callable[[Entry], bool]) -> Entry | None:
    return next((entry for entry in newest_first if wanted(entry)), None)


def _place(entry: Entry) -> tuple[datetime, int, int, str]:
    return _when(entry), entry.order, entry.turn, entry.ref


def _when(entry: Entry) -> datetime:
    """The time of an entry; those without one are not read here."""
    return _NEVER if entry.at is None else _utc(entry.at)


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError(f"the time {at} has no zone")
    return at.astimezone(UTC)


def _ago(because: str, entry: Entry, look: _Look) -> str:
    return f"{because}, {_length(_when(entry), look.at)} ago"


def _length(start: datetime, end: datetime) -> str:
    hours, minutes = divmod(int((end - start).total_seconds()) // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
