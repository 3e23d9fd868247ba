"""A grading in the words of the components: chip, because, what is missing, source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from patients.models import ToxicityGrading
from protocols.rules.values import Grading
from schedules.selectors.chips import Chip
from schedules.views.rows import missing_words

MISSING_LINE = "missing: "


@dataclass(frozen=True, slots=True)
class SourceWords:
    """The argument ``source`` of ``components/because.html``."""

    title: str
    section: str = ""
    revision: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Graded:
    """One grade with why it stands."""

    chip: Chip
    lines: tuple[str, ...]
    missing: tuple[str, ...]
    source: SourceWords | None
    review: bool = False
    confirmed: bool = True

    @property
    def certain(self) -> bool:
        return not self.chip.cannot and not self.chip.at_least

    @property
    def met(self) -> bool:
        """Some criterion of the toxicity is met."""
        return bool(self.chip.grade)

    @property
    def short(self) -> str:
        """The first two reasons beside a small chip: ICE 10 of 10, alert."""
        return ", ".join(self.lines[:2])


def of_rule(grading: Grading) -> Graded:
    """What the rules say, not stored yet."""
    source = grading.source
    return Graded(
        chip=Chip(
            grading.toxicity.upper(),
            None if grading.cannot_grade else grading.at_least,
            at_least=bool(grading.missing),
            cannot=grading.cannot_grade,
        ),
        lines=_measured(grading.because),
        missing=tuple(missing_words(grading.missing)),
        source=SourceWords(source.title, source.section, source.revision, source.url) if source else None,
        review=grading.review,
        confirmed=grading.confirmed,
    )


def of_row(row: ToxicityGrading) -> Graded:
    """What the rules said when it was stored."""
    text = row.source.get("text", "")
    return Graded(
        chip=Chip(
            row.toxicity.upper(),
            None if row.cannot_grade else row.at_least,
            at_least=bool(row.missing),
            cannot=row.cannot_grade,
        ),
        lines=_measured(row.because),
        missing=tuple(missing_words(row.missing)),
        source=SourceWords(text, url=row.source.get("url", "")) if text else None,
        review=row.review,
        confirmed=row.source.get("confirmed", True),
    )


def _measured(because: Iterable[str]) -> tuple[str, ...]:
    """Without the line of what is missing: the component has one of its own."""
    return tuple(line for line in because if not line.startswith(MISSING_LINE))
