"""A story file: a night told line by line, checked before anything is played."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, model_validator

from protocols import library
from protocols.documents import (
    Document,
    DocumentError,
    Flag,
    Moment,
    Names,
    Number,
    StrictRecord,
    Whole,
    read,
)
from protocols.documents import parse as parse_document
from protocols.rules.values import Axis, InterventionKind, Toxicity, VitalSigns
from protocols.services.grading_cases import ReadingGiven

TOLD = "as the story tells"


# --- the file -----------------------------------------------------------------------------------------


def _known_interventions(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if name not in set(InterventionKind):
            raise ValueError(f"{name} is not a known intervention")
    return names


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name} is not a time zone")
    return name


def _known_regimen(slug: str) -> str:
    if slug not in library.slugs():
        raise ValueError(f"the library has no regimen {slug}; it has {', '.join(library.slugs())}")
    return slug


def _role(name: str) -> str:
    role = name.removesuffix("_on_call")
    if role not in {"nurse", "physician", "director"}:
        raise ValueError(f"{name} is no level of the call tree: nurse, physician or director")
    return role


Interventions = Annotated[Names, AfterValidator(_known_interventions)]


class StoryReading(ReadingGiven):
    """Vital signs, and what was given right after them."""

    gave: Interventions = ()


class ConfirmText(StrictRecord):
    toxicity: Annotated[Toxicity, Field(strict=False)]
    grade: Annotated[Whole, Field(ge=0, le=5)]


class CloseText(StrictRecord):
    toxicity: Annotated[Toxicity, Field(strict=False)]


ACTS = ("vitals", "gave", "dose", "acknowledge", "confirm", "attribute", "close")


class LineText(StrictRecord):
    """One line of the timeline: when, and exactly one act. Readings may carry what was given after them."""

    at: Moment
    recorded_at: Moment | None = None
    late: Flag = False
    by: str = ""
    reason: str = TOLD
    vitals: StoryReading | None = None
    gave: Interventions = ()
    dose_mg: Number | None = None
    dose: str | None = None
    acknowledge: str | None = None
    confirm: ConfirmText | None = None
    attribute: dict[Annotated[Axis, Field(strict=False)], str | None] | None = None
    close: CloseText | None = None

    @model_validator(mode="after")
    def _one_act(self) -> LineText:
        named = [name for name in ACTS if getattr(self, name)]
        if len(named) != 1 and named != ["vitals", "gave"]:
            raise ValueError(f"one act a line, of {', '.join(ACTS)}; here: {', '.join(named) or 'none'}")
        if self.recorded_at is not None and self.recorded_at < self.at:
            raise ValueError("recorded_at is before at")
        return self

    @property
    def kind(self) -> str:
        return next(name for name in ACTS if getattr(self, name))


class LimitsText(StrictRecord):
    fever_c: Number | None = None
    systolic: Number | None = None
    spo2: Number | None = None
    heart_rate: Number | None = None


class RungText(StrictRecord):
    role: Annotated[str, AfterValidator(_role)]
    minutes: Annotated[Whole, Field(ge=0)]


class Overrides(StrictRecord):
    """What a story may change of the protocol; what it leaves out keeps the story default."""

    limits: LimitsText = LimitsText()
    check_hours: Annotated[Number | None, Field(gt=0)] = None
    grace_minutes: Annotated[Whole | None, Field(ge=0)] = None
    rungs: tuple[RungText, ...] = ()


class StoryText(StrictRecord):
    title: str = ""
    timezone: Annotated[str, AfterValidator(_known_zone)]
    weight_kg: Annotated[Number | None, Field(gt=0)] = None
    regimen: Annotated[str, AfterValidator(_known_regimen)]
    schedule: str | None = None
    protocol: Overrides = Overrides()
    timeline: Annotated[tuple[LineText, ...], Field(min_length=1)]
    until: Moment | None = None


# --- the story ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Act:
    """One act with its two times: when it was so, and when it was recorded."""

    at: datetime
    recorded_at: datetime
    kind: str
    by: str = ""
    line: int = 0
    reason: str = TOLD
    dose: str = ""
    vitals: VitalSigns | None = None
    gave: tuple[InterventionKind, ...] = ()
    dose_mg: Decimal | None = None
    attributed: tuple[tuple[Axis, str], ...] = ()
    toxicity: Toxicity | None = None
    grade: int | None = None
    which: str = "oldest"


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
    text = parse_document(document, StoryText)
    _refuse_unknown_names(document, text)
    acts = tuple(
        _act(line, _recorded_at(text, number), document.problem(("timeline", number), "").line)
        for number, line in enumerate(text.timeline)
    )
    return Story(
        title=text.title,
        zone=ZoneInfo(text.timezone),
        weight_kg=text.weight_kg,
        regimen=text.regimen,
        schedule=text.schedule,
        overrides=text.protocol,
        acts=acts,
        until=text.until or max(act.recorded_at for act in acts),
    )


def _refuse_unknown_names(document: Document, text: StoryText) -> None:
    """Schedule and dose ids are the regimen's to know."""
    regimen = library.load(text.regimen)
    known = {schedule.id: schedule for schedule in regimen.schedules}
    if text.schedule is not None and text.schedule not in known:
        what = f"{text.regimen} has no schedule {text.schedule}; it has {', '.join(known)}"
        raise DocumentError([document.problem(("schedule",), what)])
    doses = {dose.id for dose in regimen.schedule(text.schedule).doses}
    problems = [
        document.problem(("timeline", number, "dose"), f"{line.dose} is no dose of this schedule")
        for number, line in enumerate(text.timeline)
        if line.dose is not None and line.dose not in doses
    ]
    if problems:
        raise DocumentError(problems)


def _recorded_at(text: StoryText, number: int) -> datetime:
    """A late line without its own time was recorded when the lines around it had happened."""
    line = text.timeline[number]
    if line.recorded_at is not None or not line.late:
        return line.recorded_at or line.at
    before = [other.at for other in text.timeline[:number] if other.at > line.at]
    after = [other.at for other in text.timeline[number + 1 :] if other.at > line.at]
    return max(before, default=min(after, default=text.until or line.at))


def _act(line: LineText, recorded_at: datetime, number: int) -> Act:
    reading = line.vitals
    gave = (*(reading.gave if reading else ()), *line.gave)
    return Act(
        at=line.at,
        recorded_at=recorded_at,
        kind=line.kind,
        by=line.by,
        line=number,
        reason=line.reason,
        dose=line.dose or "",
        vitals=reading.vitals() if reading else None,
        gave=tuple(InterventionKind(name) for name in gave),
        dose_mg=line.dose_mg,
        attributed=_attributed(line),
        toxicity=_toxicity(line),
        grade=line.confirm.grade if line.confirm else None,
        which=line.acknowledge or "oldest",
    )


def _attributed(line: LineText) -> tuple[tuple[Axis, str], ...]:
    if line.attribute is not None:
        return tuple((axis, cause or "") for axis, cause in line.attribute.items())
    return line.vitals.attributed if line.vitals else ()


def _toxicity(line: LineText) -> Toxicity | None:
    named = line.confirm or line.close
    return named.toxicity if named else None
