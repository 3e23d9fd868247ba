"""A grade as boards and banners show it: one chip, and whether a person has confirmed it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F, OuterRef, Q, Subquery

from patients.models import ToxicityEvent, ToxicityGrading
from protocols.rules.values import Toxicity
from schedules.models import CourseStatus

CANNOT = "cannot grade"
AT_LEAST = "at least"


@dataclass(frozen=True, slots=True)
class Chip:
    """The arguments of ``components/grade_chip.html``. A grade that is not known is never 0."""

    toxicity: str
    grade: int | None
    at_least: bool = False
    cannot: bool = False

    @property
    def words(self) -> str:
        """'CRS at least grade 2', the words of the chip itself."""
        if self.cannot:
            return f"{self.toxicity} {CANNOT}"
        return f"{self.toxicity} {'at least ' if self.at_least else ''}grade {self.grade}"


def chip_of(toxicity: str, text: str, grade: int | None) -> Chip | None:
    """The chip of a stored grading, from the words of ``values.Grading.text``; ``None`` without one."""
    if text == CANNOT:
        return Chip(toxicity.upper(), None, cannot=True)
    if grade is None or "grade" not in text:
        return None
    return Chip(toxicity.upper(), grade, at_least=text.startswith(AT_LEAST))


def status_chips(status: CourseStatus) -> tuple[Chip, ...]:
    """What the last reading was graded, the worse toxicity first, CRS first of equals."""
    found = (
        chip_of(Toxicity.CRS, status.crs_text, status.crs_grade),
        chip_of(Toxicity.ICANS, status.icans_text, status.icans_grade),
    )
    return tuple(sorted((chip for chip in found if chip), key=lambda chip: -(chip.grade or 0)))


@dataclass(frozen=True, slots=True)
class Standing:
    """The grade of an event as it stands: confirmed by a person, or still a suggestion of the rules."""

    chip: Chip | None
    suggested: Chip | None
    confirmed: bool


def answered_suggestion(event: str = "pk") -> Subquery:
    """Which suggested grade a person looked at last when confirming the event; an annotation."""
    confirmed = ToxicityGrading.objects.filter(event=OuterRef(event), kind=ToxicityGrading.Kind.CONFIRMED)
    return Subquery(confirmed.order_by("-id").values("suggested_grade")[:1])


def unconfirmed(answered: str = "answered") -> Q:
    """Events whose suggestion nobody has looked at since it changed. Needs the annotation above."""
    moved = ~Q(**{answered: F("current_grade")})
    return Q(confirmed_at__isnull=True) | moved | Q(current_text=CANNOT)


def standing(event: ToxicityEvent, answered: int | None) -> Standing:
    """A confirmation stands as long as the suggestion it answered does, and a grade can be given at all."""
    suggested = chip_of(event.toxicity, event.current_text, event.current_grade)
    holds = event.confirmed_grade is not None and answered == event.current_grade
    certain = event.declared if suggested is None else not suggested.cannot
    if holds and certain:
        return Standing(Chip(event.label, event.confirmed_grade), suggested, confirmed=True)
    return Standing(suggested, suggested, confirmed=False)
