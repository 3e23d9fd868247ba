"""What a regimen file must agree on with itself, beyond the shape of each part.

A hole or an overlap between two restart rows, a dose id that no schedule has, a band out of order: each is an
error of the file, found when it is read and never when a patient waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from protocols.documents import Where
from protocols.library.preparation_document import BandTableText
from protocols.library.regimen_document import RegimenText
from protocols.library.schedule_document import RestartRowText, ScheduleText
from protocols.rules.regimen import AS_SCHEDULED, DoseKind, RestartAction

Complaint = tuple[Where, str]


def problems_of(text: RegimenText, plain: Any) -> tuple[Complaint, ...]:
    """Everything in a regimen that contradicts itself: where, and what."""
    return (
        *_citations(plain, set(text.sources)),
        *_unique("id", ((("schedules", i, "id"), s.id) for i, s in enumerate(text.schedules))),
        *_one_default(text),
        *(found for i, one in enumerate(text.schedules) for found in _schedule(("schedules", i), one)),
        *_shared_dose_ids(text),
        *_bands(text),
    )


def _citations(plain: Any, known: set[str], where: Where = ()) -> Iterator[Complaint]:
    if isinstance(plain, dict):
        for key, value in plain.items():
            if key in ("source", "verified_by", "further_sources"):
                yield from _unknown_sources(value, known, (*where, key))
            else:
                yield from _citations(value, known, (*where, key))
    elif isinstance(plain, tuple):
        for index, value in enumerate(plain):
            yield from _citations(value, known, (*where, index))


def _unknown_sources(cited: Any, known: set[str], where: Where) -> Iterator[Complaint]:
    several = isinstance(cited, tuple)
    for index, citation in enumerate(cited if several else (cited,)):
        if citation is not None and citation["id"] not in known:
            place = (*where, index, "id") if several else (*where, "id")
            yield place, f"{citation['id']} is not listed under sources"


def _unique(word: str, placed: Iterable[tuple[Where, str]]) -> Iterator[Complaint]:
    seen: set[str] = set()
    for where, value in placed:
        if value in seen:
            yield where, f"the {word} {value} stands twice"
        seen.add(value)


def _one_default(text: RegimenText) -> Iterator[Complaint]:
    defaults = sum(schedule.is_default for schedule in text.schedules)
    if defaults != 1:
        yield ("schedules",), f"exactly one schedule is the default one, not {defaults}"


# --- one schedule -----------------------------------------------------------------------------------


def _schedule(where: Where, schedule: ScheduleText) -> Iterator[Complaint]:
    table = (*where, "dose_table", "doses")
    known = [dose.id for dose in schedule.dose_table.doses]
    yield from _unique("dose", (((*table, i, "id"), dose) for i, dose in enumerate(known)))
    yield from _dose_order(table, schedule)
    for i, switch in enumerate(schedule.frequency_switches):
        for key, dose in (("from_dose", switch.from_dose), ("to_dose", switch.to_dose)):
            if dose is not None:
                yield from _unknown((*where, "frequency_switches", i, key), (dose,), known)
    rows = schedule.restart_after_delay.rows
    place = (*where, "restart_after_delay", "rows")
    for i, row in enumerate(rows):
        yield from _restart_row((*place, i), row, known)
    yield from _coverage(place, rows, known)


def _dose_order(table: Where, schedule: ScheduleText) -> Iterator[Complaint]:
    earlier: list[str] = []
    for i, dose in enumerate(schedule.dose_table.doses):
        interval = dose.interval_from_previous
        if interval is not None and interval.previous_dose not in earlier:
            place = (*table, i, "interval_from_previous", "previous_dose")
            yield place, f"{interval.previous_dose} is not a dose before {dose.id}"
        if interval is None and earlier and dose.kind in (DoseKind.FIRST_TREATMENT, DoseKind.TREATMENT):
            yield (*table, i), f"{dose.id} needs interval_from_previous"
        earlier.append(dose.id)


def _restart_row(where: Where, row: RestartRowText, known: Sequence[str]) -> Iterator[Complaint]:
    yield from _unknown((*where, "last_dose"), row.last_dose, known)
    if row.next_dose != AS_SCHEDULED:
        yield from _unknown((*where, "next_dose"), (row.next_dose,), known)
    elif row.action is not RestartAction.CONTINUE:
        yield (*where, "next_dose"), f"{AS_SCHEDULED} goes with the action continue only"
    if row.action is RestartAction.REPEAT and row.last_dose != (row.next_dose,):
        yield (*where, "next_dose"), "a repeat gives the last dose again"
    low, high = row.days_since_last.min_inclusive, row.days_since_last.max_inclusive
    if low is not None and high is not None and low > high:
        yield (*where, "days_since_last"), f"{low} days to {high} days is empty"


def _coverage(place: Where, rows: Sequence[RestartRowText], known: Sequence[str]) -> Iterator[Complaint]:
    """No day of a last dose may match two rows, or fall between two rows."""
    for dose in known:
        own = [(row, index) for index, row in enumerate(rows) if dose in row.last_dose]
        own.sort(key=lambda pair: _first_day(pair[0]))
        for (before, _), (after, index) in pairwise(own):
            end, start = before.days_since_last.max_inclusive, after.days_since_last.min_inclusive
            where = (*place, index, "days_since_last")
            if end is None or start is None or start <= end:
                yield where, f"{after.id} overlaps {before.id} after {dose}"
            elif start > end + 1:
                yield where, f"hole after {dose}, days {end + 1} to {start - 1}: {before.id}, then {after.id}"


def _first_day(row: RestartRowText) -> int:
    first = row.days_since_last.min_inclusive
    return -1 if first is None else first


def _unknown(where: Where, doses: Iterable[str], known: Iterable[str]) -> Iterator[Complaint]:
    for dose in doses:
        if dose not in known:
            yield where, f"no dose has the id {dose}"


# --- shared by all schedules ------------------------------------------------------------------------


def _shared_dose_ids(text: RegimenText) -> Iterator[Complaint]:
    known = {dose.id for schedule in text.schedules for dose in schedule.dose_table.doses}
    for i, rule in enumerate(text.pretreatment.regimen.rules):
        yield from _unknown(("pretreatment", "regimen", "rules", i, "applies_to"), rule.applies_to, known)
    for i, block in enumerate(text.monitoring):
        for j, row in enumerate(block.per_dose):
            yield from _unknown(("monitoring", i, "per_dose", j, "dose"), row.dose, known)
    for i, vial in enumerate(text.preparation.vials.items):
        yield from _unknown(("preparation", "vials", "items", i, "use"), vial.use, known)


def _bands(text: RegimenText) -> Iterator[Complaint]:
    if text.preparation.weight_bands is None:
        return
    strengths = {vial.strength for vial in text.preparation.vials.items}
    for i, table in enumerate(text.preparation.weight_bands.tables):
        where: Where = ("preparation", "weight_bands", "tables", i)
        if table.vial and table.vial not in strengths:
            yield (*where, "vial"), f"no vial is printed {table.vial}"
        yield from _band_rows((*where, "rows"), table)


def _band_rows(where: Where, table: BandTableText) -> Iterator[Complaint]:
    for index, (before, after) in enumerate(pairwise(table.rows), start=1):
        if after.kg[0] != before.kg[1] + 1:
            yield (*where, index), f"the band after {before.kg[1]} kg starts at {before.kg[1] + 1} kg"
