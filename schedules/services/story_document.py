"""A story file: a night told line by line, checked before anything is played."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from protocols.documents import Document, DocumentError, Where, read
from protocols.services.case_types import CaseError
from protocols.services.grading_cases import reading_of
from protocols.rules.values import Axis, InterventionKind, Toxicity, VitalSigns

ACTS = ("gave", "dose", "vitals", "acknowledge", "confirm", "attribute", "close")
WITH = {
    "gave": {"dose_mg"},
    "dose": set(),
    "vitals": {"gave"},
    "acknowledge": set(),
    "confirm": {"reason"},
    "attribute": {"reason"},
    "close": {"reason"},
}
ALWAYS = {"at", "by", "late", "recorded_at"}
TOP = {"title", "timezone", "weight_kg", "regimen", "schedule", "protocol", "timeline", "until"}
LIMITS = ("fever_c", "systolic", "spo2", "heart_rate")


@dataclass(frozen=True, slots=True)
class Act:
    """One line of the timeline. ``recorded_at`` is later than ``at`` for a late entry."""

    at: datetime
    recorded_at: datetime
    kind: str
    by: str
    line: int
    dose: str = ""
    vitals: VitalSigns | None = None
    gave: tuple[InterventionKind, ...] = ()
    dose_mg: Decimal | None = None
    attributed: tuple[tuple[Axis, str], ...] = ()
    toxicity: Toxicity | None = None
    grade: int | None = None
    reason: str = ""
    which: str = "oldest"


@dataclass(frozen=True, slots=True)
class Overrides:
    """What a story may change of the protocol; ``None`` keeps the story default."""

    limits: Mapping[str, Decimal] = field(default_factory=dict)
    check_hours: Decimal | None = None
    grace_minutes: int | None = None
    rungs: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    title: str
    zone: ZoneInfo
    weight_kg: Decimal | None
    regimen: str
    schedule: str | None
    overrides: Overrides
    acts: tuple[Act, ...]
    until: datetime


def load(path: Path) -> Story:
    """The story in a file. Raises ``DocumentError`` naming file, line and what is wrong."""
    return parse(read(path))


def parse(document: Document) -> Story:
    """A story from a document that was read. Raises ``DocumentError``."""
    try:
        return _Reader(document).story()
    except CaseError as problem:
        raise DocumentError([document.problem(problem.path, problem.what)]) from problem


class _Reader:
    """Turns plain text into a story; every complaint names its place."""

    def __init__(self, document: Document) -> None:
        self.document = document

    def story(self) -> Story:
        plain = self.document.plain
        if not isinstance(plain, dict):
            raise CaseError((), "a story is a mapping with title, regimen and timeline")
        _only(plain, TOP, ())
        zone = self._zone(_needed(plain, "timezone", ()))
        acts = tuple(
            self._act(item, ("timeline", number))
            for number, item in enumerate(_needed(plain, "timeline", ()) or ())
        )
        until = plain.get("until")
        last = max((act.recorded_at for act in acts), default=None)
        if until is None and last is None:
            raise CaseError(("timeline",), "a story needs a timeline or an until")
        weight = plain.get("weight_kg")
        return Story(
            title=plain.get("title") or "",
            zone=zone,
            weight_kg=None if weight is None else number_of(weight, ("weight_kg",)),
            regimen=_needed(plain, "regimen", ()),
            schedule=plain.get("schedule"),
            overrides=self._overrides(plain.get("protocol") or {}),
            acts=acts,
            until=moment(until, ("until",)) if until else last,  # type: ignore[arg-type]
        )

    @staticmethod
    def _zone(name: str) -> ZoneInfo:
        if name not in available_timezones():
            raise CaseError(("timezone",), f"{name} is not a time zone")
        return ZoneInfo(name)

    def _overrides(self, plain: Mapping[str, Any]) -> Overrides:
        _only(plain, {"limits", "check_hours", "grace_minutes", "rungs"}, ("protocol",))
        limits = plain.get("limits") or {}
        _only(limits, set(LIMITS), ("protocol", "limits"))
        hours, grace = plain.get("check_hours"), plain.get("grace_minutes")
        return Overrides(
            limits={k: number_of(v, ("protocol", "limits", k)) for k, v in limits.items()},
            check_hours=None if hours is None else number_of(hours, ("protocol", "check_hours")),
            grace_minutes=None if grace is None else int(number_of(grace, ("protocol", "grace_minutes"))),
            rungs=tuple(
                self._rung(rung, ("protocol", "rungs", number))
                for number, rung in enumerate(plain.get("rungs") or ())
            ),
        )

    @staticmethod
    def _rung(plain: Mapping[str, Any], where: Where) -> tuple[str, int]:
        _only(plain, {"role", "minutes"}, where)
        role = _needed(plain, "role", where).removesuffix("_on_call")
        if role not in {"nurse", "physician", "director"}:
            raise CaseError((*where, "role"), f"unknown role {role}: nurse, physician or director")
        return role, int(number_of(_needed(plain, "minutes", where), (*where, "minutes")))

    def _act(self, plain: Mapping[str, Any], where: Where) -> Act:
        if not isinstance(plain, dict):
            raise CaseError(where, "each line of the timeline is a mapping with at and one act")
        kind = self._kind(plain, where)
        _only(plain, ALWAYS | {kind} | WITH[kind], where)
        at = moment(_needed(plain, "at", where), (*where, "at"))
        recorded = plain.get("recorded_at")
        recorded_at = moment(recorded, (*where, "recorded_at")) if recorded else at
        if recorded_at < at:
            raise CaseError((*where, "recorded_at"), "recorded before it was taken")
        facts = getattr(self, f"_read_{kind}")(plain, where)
        return Act(
            at=at,
            recorded_at=recorded_at,
            kind=kind,
            by=plain.get("by") or "",
            line=self.document.problem(where, "").line,
            reason=plain.get("reason") or "as the story tells",
            **facts,
        )

    @staticmethod
    def _kind(plain: Mapping[str, Any], where: Where) -> str:
        kinds = [name for name in ACTS if name in plain]
        if "vitals" in kinds:
            kinds = [name for name in kinds if name != "gave"]
        if len(kinds) != 1:
            raise CaseError(
                where, f"one act a line, of {', '.join(ACTS)}; here: {', '.join(kinds) or 'none'}"
            )
        return kinds[0]

    def _read_gave(self, plain: Mapping[str, Any], where: Where) -> dict[str, Any]:
        mg = plain.get("dose_mg")
        return {
            "gave": self._gave(plain["gave"], (*where, "gave")),
            "dose_mg": None if mg is None else number_of(mg, (*where, "dose_mg")),
        }

    @staticmethod
    def _gave(plain: Any, where: Where) -> tuple[InterventionKind, ...]:
        names = plain if isinstance(plain, tuple) else (plain,)
        try:
            return tuple(InterventionKind(name) for name in names)
        except ValueError as error:
            raise CaseError(where, str(error)) from error

    @staticmethod
    def _read_dose(plain: Mapping[str, Any], where: Where) -> dict[str, Any]:
        return {"dose": plain["dose"]}

    def _read_vitals(self, plain: Mapping[str, Any], where: Where) -> dict[str, Any]:
        given = dict(plain["vitals"])
        gave = tuple(
            kind
            for source, place in ((given.pop("gave", None), "vitals"), (plain.get("gave"), "gave"))
            if source
            for kind in self._gave(source, (*where, place))
        )
        try:
            vitals, attributed = reading_of(given)
        except CaseError as problem:
            raise CaseError((*where, "vitals", *problem.path), problem.what) from problem
        return {"vitals": vitals, "attributed": attributed, "gave": gave}

    @staticmethod
    def _read_acknowledge(plain: Mapping[str, Any], where: Where) -> dict[str, Any]:
        return {"which": plain["acknowledge"]}

    @staticmethod
    def _read_confirm(plain: Mapping[str, Any], where: Where) -> dict[str, Any]:
        confirm = plain["confirm"]
        _only(confirm, {"toxicity", "grade"}, (*where, "confirm"))
        return {
            "toxicity": _toxicity(confirm, (*where, "confirm")),
            "grade": int(number_of(_needed(confirm, "grade", where), (*where, "confirm", "grade"))),
        }

    @staticmethod
    def _read_attribute(plain: Mapping[str, Any], where: Where) -> dict[str, Any]:
        pairs = plain["attribute"]
        try:
            return {"attributed": tuple((Axis(axis), cause or "") for axis, cause in pairs.items())}
        except ValueError as error:
            raise CaseError((*where, "attribute"), str(error)) from error

    @staticmethod
    def _read_close(plain: Mapping[str, Any], where: Where) -> dict[str, Any]:
        close = plain["close"]
        _only(close, {"toxicity"}, (*where, "close"))
        return {"toxicity": _toxicity(close, (*where, "close"))}


def _toxicity(plain: Mapping[str, Any], where: Where) -> Toxicity:
    try:
        return Toxicity(_needed(plain, "toxicity", where))
    except ValueError as error:
        raise CaseError((*where, "toxicity"), str(error)) from error


def _only(plain: Mapping[str, Any], known: set[str], where: Where) -> None:
    for key in plain:
        if key not in known:
            raise CaseError((*where, key), f"unknown key {key}; known here: {', '.join(sorted(known))}")


def _needed(plain: Mapping[str, Any], key: str, where: Where) -> Any:
    if key not in plain:
        raise CaseError(where, f"{key} is missing")
    return plain[key]


def moment(text: Any, where: Where) -> datetime:
    """An aware time. Raises ``CaseError``."""
    try:
        at = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        raise CaseError(where, f"{text} is not a time like 2026-04-06T09:30:00-04:00") from None
    if at.tzinfo is None:
        raise CaseError(where, f"{text} has no zone: write its offset, such as -04:00")
    return at


def number_of(text: Any, where: Where) -> Decimal:
    try:
        return Decimal(str(text))
    except ArithmeticError:
        raise CaseError(where, f"{text} is not a number") from None
