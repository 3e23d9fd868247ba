"""The files of the library that hold for every drug: grading, management, practice, published results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

from protocols.documents import Document, DocumentError, StrictRecord, Where, parse, read
from protocols.library.center_document import CenterText
from protocols.library.cited import Citations, Cited, rules_of, unknown_sources
from protocols.library.grading_document import GradingText
from protocols.library.management_document import ManagementText
from protocols.library.practice_document import OutpatientText, PublishedResultsText
from protocols.rules.spec import ProtocolSpec
from protocols.rules.values import Source, Status

FOLDER = Path(__file__).parent

Standard = TypeVar("Standard", bound=StrictRecord)


def parse_cited(document: Document, model: type[Standard], *, at: Where = ()) -> Standard:
    """The document, or its part ``at`` a place, every cited source being listed. Raises ``DocumentError``."""
    text = parse(document, model, at=at)
    plain = document.plain
    for part in at:
        plain = plain[part]
    problems = [
        document.problem((*at, *where), what)
        for where, what in unknown_sources(plain, plain.get("sources", ()))
    ]
    if problems:
        raise DocumentError(problems)
    return text


@cache
def grading() -> GradingText:
    """The grading consensus as we ship it. Raises ``DocumentError`` for a file with an error."""
    return parse_cited(read(FOLDER / "grading.yaml"), GradingText)


@cache
def center_defaults() -> CenterText:
    """The center settings as we ship them. Raises ``DocumentError`` for a file with an error."""
    return parse_cited(read(FOLDER / "center_defaults.yaml"), CenterText)


@cache
def shipped_spec() -> ProtocolSpec:
    """The grading consensus with the center settings that we ship, adopted by nobody and without a drug.

    What answers a question that names no protocol: a worked case, a calculator.
    """
    consensus, center = grading(), center_defaults()
    local = center.grading.build()
    citations = Citations("grading", consensus.sources)
    return ProtocolSpec(
        slug="shipped",
        version="default",
        regimen=None,
        schedule=None,
        crs=consensus.crs.spec(citations, local),
        icans=consensus.icans.spec(citations, local),
        center=center.spec(Citations("center", center.sources)),
    )


@cache
def management() -> ManagementText:
    """What is done at each grade, and who says so. Raises ``DocumentError`` for a file with an error."""
    return parse_cited(read(FOLDER / "management.yaml"), ManagementText)


@dataclass(frozen=True, slots=True)
class StandardRule:
    """One rule of a file that holds for every drug, with the hash that a confirmation refers to."""

    id: str
    rule: Cited
    content_hash: str
    status: Status
    source: Source
    also: tuple[Source, ...]


@cache
def rules(prefix: str) -> tuple[StandardRule, ...]:
    """Every rule of the grading or the management file, under the ids that its marks carry.

    Empty for another prefix. Raises ``DocumentError`` for a file with an error.
    """
    files: Mapping[str, Callable[[], GradingText | ManagementText]] = {
        "grading": grading,
        "management": management,
    }
    if prefix not in files:
        return ()
    text = files[prefix]()
    citations = Citations(prefix, text.sources)
    return tuple(_standard(citations, f"{prefix}/{place}", rule) for place, rule in rules_of(text))


def _standard(citations: Citations, block: str, rule: Cited) -> StandardRule:
    leading = citations.leading(rule)
    return StandardRule(
        id=block,
        rule=rule,
        content_hash=rule.content_hash(),
        status=citations.status(rule),
        source=citations.source(leading),
        also=tuple(citations.source(other) for other in rule.source if other != leading),
    )


@cache
def outpatient() -> OutpatientText:
    """What outpatient programs ask for and do. Raises ``DocumentError`` for a file with an error."""
    return parse_cited(read(FOLDER / "outpatient.yaml"), OutpatientText)


@cache
def published_results() -> PublishedResultsText:
    """Published cohorts to compare with. Raises ``DocumentError`` for a file with an error."""
    return parse(read(FOLDER / "published_results.yaml"), PublishedResultsText)
