"""Tocilizumab in milligrams: what is counted, given since, and reserved for everybody in a window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Subquery

from dosing_portal.kernel.models import Center
from patients.models import Intervention, Patient, Place, WeightMeasurement
from protocols import selectors as protocols
from protocols.models import StockCount
from protocols.rules import stock
from protocols.rules.stock import Level, Reserve
from protocols.rules.treatment_settings import TocilizumabRule
from protocols.rules.values import InterventionKind
from schedules.models import CourseStatus

CLINIC = ""
GIVEN_HERE = frozenset({"", Place.CLINIC})
Used = dict[str, list[tuple[datetime, Decimal]]]
TOCILIZUMAB = (InterventionKind.TOCILIZUMAB, InterventionKind.TOCILIZUMAB_PROPHYLAXIS)


@dataclass(frozen=True, slots=True)
class Held:
    """One place with its newest count and its level."""

    level: Level
    count: StockCount | None
    vials_short: int | None
    vials_for: tuple[str, ...]  # whole vials for one dose of each weight that is reserved


@dataclass(frozen=True, slots=True)
class ReservedFor:
    patient: Patient
    reserve: Reserve
    hospital: str


@dataclass(frozen=True, slots=True)
class Stock:
    """The clinic first, then the named hospitals; and for whom how much is reserved."""

    places: tuple[Held, ...]
    reserved: tuple[ReservedFor, ...]
    rule: TocilizumabRule | None

    @property
    def short(self) -> tuple[Held, ...]:
        return tuple(held for held in self.places if not held.level.enough)


def hospital_of(patient: Patient, center: Center) -> str:
    """Northfield General: the name without how far it is; the center's own site where none is named."""
    return (patient.nearest_ed or center.emergency_site).partition(",")[0].strip()


def stock_of(center: Center, at: datetime) -> Stock:
    """Five statements with those of the cached protocol, however many patients are in a window."""
    version = protocols.center_wide_version(center.pk)
    rule = protocols.spec(version.pk).center.care.tocilizumab if version is not None else None
    counts = _counts(center)
    if rule is None:
        return Stock((), (), None)
    reserved = tuple(
        ReservedFor(row.patient, stock.reserve(row.weight_kg, rule), hospital_of(row.patient, center))
        for row in _in_window(center, at)
    )
    names = {CLINIC: CLINIC}
    for name in (*(one.hospital for one in reserved), *(count.place for count in counts)):
        names.setdefault(_key(name), name)
    given = _given_since(center, counts, rule)
    today = center.local(at).date()
    places = tuple(_held(key, name, counts, reserved, given, today) for key, name in names.items())
    return Stock(places, reserved, rule)


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()


def _counts(center: Center) -> Sequence[StockCount]:
    """The newest count of each place, also where its name was typed differently."""
    rows = StockCount.objects.filter(center=center).select_related("counted_by")
    newest: dict[str, StockCount] = {}
    for row in rows.order_by("place", "-counted_at").distinct("place"):
        held = newest.get(_key(row.place))
        if held is None or held.counted_at < row.counted_at:
            newest[_key(row.place)] = row
    return tuple(newest.values())


def _in_window(center: Center, at: datetime) -> Any:
    weights = WeightMeasurement.objects.filter(patient=OuterRef("patient"))
    rows = CourseStatus.objects.filter(center=center, window_ends_at__gt=at).select_related("patient")
    return rows.annotate(weight_kg=Subquery(weights.values("kg")[:1])).order_by("window_ends_at", "pk")


def _given_since(center: Center, counts: Sequence[StockCount], rule: TocilizumabRule) -> Used:
    """Doses since the oldest count that stands, by the place whose vials they used."""
    if not counts:
        return {}
    since = min(count.counted_at for count in counts)
    rows = Intervention.objects.current().filter(center=center, kind__in=TOCILIZUMAB, taken_at__gt=since)
    used: Used = {}
    for row in rows.select_related("patient"):
        place = CLINIC if row.place in GIVEN_HERE else _key(hospital_of(row.patient, center))
        mg = rule.max_mg if row.dose_mg is None else row.dose_mg  # unknown is not nothing
        used.setdefault(place, []).append((row.taken_at, mg))
    return used


def _held(
    key: str,
    name: str,
    counts: Sequence[StockCount],
    reserved: Sequence[ReservedFor],
    given: Used,
    today: Any,
) -> Held:
    count = next((row for row in counts if _key(row.place) == key), None)
    mine = [one for one in reserved if key == CLINIC or _key(one.hospital) == key]
    used = sum((mg for at, mg in given.get(key, ()) if count and at > count.counted_at), Decimal(0))
    counted = None if count is None else [(count.mg, count.expires_on)]
    level = stock.level(name, counted, used, [one.reserve for one in mine], today)
    vial_mg = count.vial_mg if count else None
    doses = dict.fromkeys(one.reserve.each_mg for one in mine)
    vials_for = tuple(
        f"{stock.vials(mg, vial_mg)} vials for {mg.normalize():,f} mg" for mg in doses if vial_mg
    )
    short = level.short
    return Held(level, count, stock.vials(short, vial_mg) if short else None, vials_for)
