"""Read a whole timeline: grades entry by entry, events from opening to end, and what somebody must act on.

A fold over the entries in the order in which things happened. A late entry, an amendment and an ordinary one
are the same call: whatever they change later on is graded again by it. Nothing is graded from one reading
alone, because a fever waiver and an event reach over many.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from operator import itemgetter

from protocols.rules import crs, icans, vitals
from protocols.rules.spec import ProtocolSpec
from protocols.rules.values import (
    Assessment,
    Baseline,
    Entry,
    EntryKind,
    Finding,
    Grading,
    InterventionKind,
    Severity,
    Suspicion,
    Toxicity,
    ToxicityEpisode,
    elapsed_hours,
)

_AT_THE_SAME_MINUTE = {EntryKind.VITALS: 0, EntryKind.INTERVENTION: 1, EntryKind.DOSE: 2}
_NEVER = datetime.min.replace(tzinfo=UTC)
_KEY = itemgetter(0)
_Place = tuple[datetime, int, int, datetime, int, str]
_NO_EVENT = crs.EventSoFar()
ANSWERED_BY_ICE = frozenset({"neurologic", "grade_rise"})
"""Findings of before that an ICE test by itself answers or finds again; a fever of before stands."""


def assess(timeline: Sequence[Entry], spec: ProtocolSpec, baseline: Baseline | None = None) -> Assessment:
    """Everything the timeline says under one protocol version.

    The order of ``timeline`` does not matter, the time of its entries does; entries without a time keep
    their place and belong to one event. ``baseline`` is the patient's own pressure (mmHg) and ICE before the
    first dose. Without it a fall of pressure is measured from the first reading. Raises ``ValueError`` for a
    time without a zone. Sources: ASTCT 2019 for grades, the center's call parameters for findings.
    """
    fold = _Fold(spec, baseline or Baseline())
    for at, entry in _in_order(timeline):
        fold.add(entry, at)
    return fold.assessment()


def _in_order(timeline: Iterable[Entry]) -> list[tuple[datetime | None, Entry]]:
    """The entries as they happened, with their time in UTC.

    By minute, and within one minute readings before what was given. All arithmetic is done in UTC: two
    times of one zone subtract as wall clocks do, which is wrong on the night of a clock change.
    """
    keyed: list[tuple[_Place, datetime | None, Entry]] = []
    last = _NEVER
    for entry in timeline:
        if entry.at is None:
            keyed.append(((_minute(last), entry.order, 0, last, 0, ""), None, entry))
            continue
        if entry.at.tzinfo is None:
            raise ValueError(f"the time {entry.at} of an entry has no zone")
        last = at = entry.at.astimezone(UTC)
        rank = _AT_THE_SAME_MINUTE[entry.kind]
        keyed.append(((_minute(at), entry.order, rank, at, entry.turn, entry.ref), at, entry))
    keyed.sort(key=_KEY)
    return [(at, entry) for _, at, entry in keyed]


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


@dataclass(slots=True)
class _OpenEvent:
    """An event while the timeline is read."""

    opened: Entry
    dose: Entry | None
    abnormal: dict[str, bool] = field(default_factory=dict)  # last known state of every axis once abnormal
    gradings: list[Grading] = field(default_factory=list)
    clear: Entry | None = None  # first entry with no axis abnormal, nothing having returned since
    clear_at: datetime | None = None
    last_grade: int | None = None
    fever_on_record: bool = False
    waived: bool = False
    suspicions: tuple[Suspicion, ...] = ()


class _Events:
    """The events of one toxicity: opens, follows and ends them."""

    def __init__(self, toxicity: Toxicity, event_free_hours: Decimal) -> None:
        self.toxicity = toxicity
        self.free = timedelta(hours=float(event_free_hours))
        self.dose: Entry | None = None
        self.open: _OpenEvent | None = None
        self.ended: list[ToxicityEpisode] = []

    def end_if_over(self, at: datetime | None) -> None:
        """Nothing returned for the hours that an event needs: from here on it is over, waiver and all."""
        event = self.open
        if event is None or event.clear_at is None or at is None:
            return
        if at - event.clear_at >= self.free:
            self.ended.append(self._episode(event))
            self.open = None

    def concerns(self, grading: Grading) -> bool:
        """The entry belongs to an open event or opens one."""
        return self.open is not None or grading.criterion

    def follow(
        self, entry: Entry, at: datetime | None, grading: Grading, states: Sequence[tuple[str, bool]]
    ) -> int | None:
        """Take in one graded entry that concerns an event, with what it says of each axis.

        Returns the grade before it when the grade rose within the event.
        """
        if self.open is None:
            self.open = _OpenEvent(entry, self.dose)
        event = self.open
        event.gradings.append(grading)
        for name, abnormal in states:
            if abnormal or name in event.abnormal:
                event.abnormal[name] = abnormal
        if any(event.abnormal.values()):
            event.clear = event.clear_at = None
        elif event.clear is None:
            event.clear, event.clear_at = entry, at
        return self._rise(event, grading)

    @staticmethod
    def _rise(event: _OpenEvent, grading: Grading) -> int | None:
        if grading.cannot_grade:
            return None
        before, event.last_grade = event.last_grade, grading.at_least
        return before if before is not None and grading.at_least > before else None

    def episodes(self) -> list[ToxicityEpisode]:
        return self.ended if self.open is None else [*self.ended, self._episode(self.open)]

    def _episode(self, event: _OpenEvent) -> ToxicityEpisode:
        opened_at = event.opened.at
        ended_at = event.clear.at if event.clear else None
        dose_at = event.dose.at if event.dose else None
        return ToxicityEpisode(
            toxicity=self.toxicity,
            opened_at=opened_at,
            opened_ref=event.opened.ref,
            max_grade=max(grading.at_least for grading in event.gradings),
            current=event.gradings[-1],
            ended_at=ended_at,
            closing_allowed_from=_later(ended_at, self.free) if ended_at else None,
            onset_hours=elapsed_hours(dose_at, opened_at) if dose_at and opened_at else None,
            duration_hours=elapsed_hours(opened_at, ended_at) if opened_at and ended_at else None,
            after_dose=event.dose.dose if event.dose else None,
            gradings=tuple(event.gradings),
            suspicions=event.suspicions,
        )


def _later(at: datetime, by: timedelta) -> datetime:
    return (at.astimezone(UTC) + by).astimezone(at.tzinfo)


class _Fold:
    """What has been read of the timeline so far."""

    def __init__(self, spec: ProtocolSpec, baseline: Baseline) -> None:
        self.spec = spec
        self.baseline = baseline
        self.crs = _Events(Toxicity.CRS, spec.crs.event_free_hours)
        self.icans = _Events(Toxicity.ICANS, spec.icans.event_free_hours)
        self.dose_at: datetime | None = None
        self.masked_by: Entry | None = None
        self.masked_at: datetime | None = None
        self.suspicions: list[Suspicion] = []  # that no CRS event has answered
        self.gradings: list[Grading] = []
        self.findings: dict[str, tuple[Finding, ...]] = {}
        self.last: dict[Toxicity, Grading] = {}
        self.now: list[Finding] = []  # of the latest vital signs and of everything given since

    def add(self, entry: Entry, at: datetime | None) -> None:
        """Take in the next entry; ``at`` is its time in UTC."""
        self.crs.end_if_over(at)
        self.icans.end_if_over(at)
        if entry.kind is EntryKind.VITALS:
            still = [f for f in self.now if f.rule not in ANSWERED_BY_ICE]
            self.now = still if entry.neurologic_only else []
            self._keep(entry, self._vital_signs(entry, at))
        elif entry.kind is EntryKind.INTERVENTION:
            self._keep(entry, self._intervention(entry, at))
        else:
            self.dose_at = at
            self.crs.dose = self.icans.dose = entry

    def assessment(self) -> Assessment:
        by_opening = sorted(
            (*self.crs.episodes(), *self.icans.episodes()), key=lambda e: e.opened_at or _NEVER
        )
        return Assessment(
            gradings=tuple(self.gradings),
            episodes=tuple(by_opening),
            findings=tuple(_worst_first(self.now)),
            crs=self.last.get(Toxicity.CRS),
            icans=self.last.get(Toxicity.ICANS),
            severity=max((finding.severity for finding in self.now), default=Severity.NONE),
            findings_by_ref=self.findings,
            suspicions=tuple(self.suspicions),
        )

    def _keep(self, entry: Entry, found: list[Finding]) -> None:
        if found:
            self.now.extend(found)
            self.findings[entry.ref] = (*self.findings.get(entry.ref, ()), *_worst_first(found))

    # --- what was measured --------------------------------------------------------------------------

    def _vital_signs(self, entry: Entry, at: datetime | None) -> list[Finding]:
        signs = entry.vitals
        if signs is None:
            raise ValueError(f"entry {entry.ref} is of kind vitals and has none")
        found = list(vitals.findings(signs, self.spec.center.limits, self.baseline))
        if self.baseline.systolic is None and signs.systolic is not None:
            self.baseline = Baseline(systolic=signs.systolic, ice=self.baseline.ice)
        if not entry.neurologic_only:
            self._grade_crs(entry, at, found)
        self._grade_icans(entry, at, found)
        return found

    def _graded(self, grading: Grading) -> None:
        self.gradings.append(grading)
        self.last[grading.toxicity] = grading

    def _grade_crs(self, entry: Entry, at: datetime | None, found: list[Finding]) -> None:
        spec = self.spec.crs
        event = self.crs.open
        axes = crs.read_axes(entry, spec)
        grading = crs.grade_axes(axes, entry, self._event_so_far(event, at), spec, _hours(self.dose_at, at))
        self._graded(grading)
        if self.crs.concerns(grading):
            states = [
                (name, axis.present) for name, axis in zip(axes._fields, axes, strict=True) if axis.known
            ]
            before = self.crs.follow(entry, at, grading, states)
            self._keep_in_mind(axes)
            if before is not None:
                found.append(_rise(grading, before))
        if grading.review:
            severity = Severity.ACT_NOW if axes.unwell else Severity.LOOK_SOON
            found.append(self._possibly_masked(severity, grading.because[-1]))
            if axes.unwell:
                signs = [axis.because for axis in (axes.hypotension, axes.hypoxia) if axis.present]
                self._suspect(entry, f"{'; '.join(signs)}; no fever on record")

    def _keep_in_mind(self, axes: crs.CrsAxes) -> None:
        """What the open event needs to know of this entry; it answers every suspicion before it."""
        event = self.crs.open
        if event is None:
            return
        event.fever_on_record = event.fever_on_record or axes.fever.present
        if self.suspicions:
            event.suspicions, self.suspicions = (*event.suspicions, *self.suspicions), []

    def _suspect(self, entry: Entry, because: str) -> None:
        if self.crs.open is None:
            dose = self.crs.dose.dose if self.crs.dose else None
            source = self.spec.crs.masking_source
            self.suspicions.append(Suspicion(entry.at, entry.ref, because, source, dose))

    def _event_so_far(self, event: _OpenEvent | None, at: datetime | None) -> crs.EventSoFar:
        if event is None and self.masked_by is None:
            return _NO_EVENT
        return crs.EventSoFar(
            fever_on_record=event is not None and event.fever_on_record,
            waived=event is not None and event.waived,
            # The drug hides a fever no longer than the risk window is long.
            masked=self.masked_by is not None and self._within_risk(_hours(self.masked_at, at)),
        )

    def _grade_icans(self, entry: Entry, at: datetime | None, found: list[Finding]) -> None:
        domains = icans.read_domains(entry, self.spec.icans)
        grading = icans.grade_domains(domains, entry, self.spec.icans)
        self._graded(grading)
        if not self.icans.concerns(grading):
            return
        examined = domains.ice.known or domains.consciousness.known
        states = [
            (name, domain.at_least > 0)
            for name, domain in zip(domains._fields, domains, strict=True)
            # A seizure or weakness not mentioned is over only where somebody examined the patient for it.
            if domain.at_least or (domain.known and examined)
        ]
        before = self.icans.follow(entry, at, grading, states)
        if before is not None:
            found.append(_rise(grading, before))

    def _within_risk(self, hours: Decimal | None) -> bool:
        return hours is None or hours <= self.spec.crs.risk_window_hours

    # --- what was given -----------------------------------------------------------------------------

    def _intervention(self, entry: Entry, at: datetime | None) -> list[Finding]:
        given = entry.intervention
        if given is None:
            raise ValueError(f"entry {entry.ref} is of kind intervention and has none")
        pocket = given is InterventionKind.POCKET_DEXAMETHASONE
        found = [self._pocket_dexamethasone()] if pocket else []
        if given not in self.spec.crs.masking_drugs:
            return found
        event = self.crs.open
        if event is not None and event.fever_on_record:
            event.waived = True
            return found
        self.masked_by, self.masked_at = entry, at
        if pocket:
            self._suspect(entry, "pocket dexamethasone taken with no fever on record")
        if pocket or self._within_risk(_hours(self.dose_at, at)):
            drug = given.replace("_", " ")
            because = f"possible masked CRS: {drug} with no fever on record, physician review"
            found.append(self._possibly_masked(Severity.ACT_NOW if pocket else Severity.LOOK_SOON, because))
        return found

    def _pocket_dexamethasone(self) -> Finding:
        mark = self.spec.center.limits.provenance
        because = "pocket dexamethasone taken: a fever or a neurologic change at home"
        return Finding("pocket_dexamethasone", Severity.ACT_NOW, because, mark.source, mark.confirmed)

    def _possibly_masked(self, severity: Severity, because: str) -> Finding:
        return Finding("possibly_masked", severity, because, self.spec.crs.masking_source)


def _hours(start: datetime | None, end: datetime | None) -> Decimal | None:
    return None if start is None or end is None else elapsed_hours(start, end)


def _rise(grading: Grading, before: int) -> Finding:
    name = grading.toxicity.upper()
    because = f"{name} rose from grade {before} to {grading.text}: {'; '.join(grading.because)}"
    return Finding("grade_rise", Severity.ACT_NOW, because, grading.source, missing=grading.missing)


def _worst_first(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: -finding.severity)
