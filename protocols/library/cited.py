"""Rules that cite several readings: how far each source was read, and what that makes of a rule.

Grading, management and practice files carry no status of their own: a source says how much of it was read,
and the weakest honest mark follows from that: nothing can lose its mark by a forgotten word.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from protocols.documents import Names, StrictRecord, Where, Whole
from protocols.rules.values import Provenance, Source, Status

Confirmed = Mapping[tuple[str, str], str]
"""(block id, content hash) to who confirmed exactly that content, and against what."""


class Read(StrEnum):
    """How much of a source was read."""

    TABLE = "table"
    ABSTRACT = "abstract"
    EXCERPT = "excerpt"
    RECALLED = "recalled"  # known content, not read again
    NONE = "none"  # our own proposal


class CitedSource(StrictRecord):
    """One publication, listed once in a file under its id."""

    title: str
    year: Whole
    section: str
    url: str
    read: Annotated[Read, Field(strict=False)]
    read_note: str = ""
    caution: str = ""

    def source(self, source_id: str) -> Source:
        return Source(source_id, self.title, self.section, str(self.year), self.url)


class Cited(StrictRecord):
    """A rule, with the ids of the sources that it rests on, the leading one first."""

    source: Names = Field(min_length=1)
    notes: str = ""

    def content_hash(self) -> str:
        """A hash of what the file says in this rule, whatever its layout."""
        content = json.dumps(self.model_dump(mode="json", exclude_unset=True), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()


def status_of(reads: Iterable[Read]) -> Status:
    """The mark that a rule deserves. Our own proposal in it makes the whole rule ours."""
    kinds = tuple(reads)
    if Read.NONE in kinds:
        return Status.DESIGN
    read = sum(kind is not Read.RECALLED for kind in kinds)
    if not read:
        return Status.RECALLED
    return Status.VERIFIED if read > 1 else Status.SINGLE_SOURCE


@dataclass(slots=True)
class Citations:
    """Turns the rules of one file into provenance, and remembers the hash of each.

    ``prefix`` opens every block id: ``grading`` makes ``grading/crs/fever``. The sources of a rule must be
    listed in its file; ``unknown_sources`` finds those that are not before this is used.
    """

    prefix: str
    sources: Mapping[str, CitedSource]
    confirmed: Confirmed = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)

    def provenance(self, block_id: str, rule: Cited) -> Provenance:
        """The provenance of a rule. Raises ``ValueError`` when its id is taken."""
        full_id = f"{self.prefix}/{block_id}"
        if full_id in self.hashes:
            raise ValueError(f"two rules share the id {full_id}")
        content = self.hashes[full_id] = rule.content_hash()
        leading = self.leading(rule)
        return Provenance(
            block=full_id,
            status=self.status(rule),
            source=self.source(leading),
            verified_by=tuple(self.source(other) for other in rule.source if other != leading),
            notes=rule.notes,
            confirmed_by=self.confirmed.get((full_id, content), ""),
        )

    def status(self, rule: Cited) -> Status:
        return status_of(self.sources[source_id].read for source_id in rule.source)

    def leading(self, rule: Cited) -> str:
        """The source to name first: the first one cited that is not merely recalled, else the first."""
        known = (one for one in rule.source if self.sources[one].read is not Read.RECALLED)
        return next(known, rule.source[0])

    def source_of(self, rule: Cited) -> Source:
        """The source to name where only one can be named."""
        return self.source(self.leading(rule))

    def source(self, source_id: str) -> Source:
        return self.sources[source_id].source(source_id)


def rules_of(value: Any, where: tuple[str, ...] = ()) -> Iterator[tuple[str, Cited]]:
    """Every rule of a file that cites sources, with its place as an id: ``crs/fever``, ``crs_actions/1``."""
    if isinstance(value, tuple):
        for number, item in enumerate(value, start=1):
            yield from rules_of(item, (*where, str(getattr(item, "id", number))))
    elif isinstance(value, StrictRecord):
        if isinstance(value, Cited):
            yield "/".join(where), value
        for name in type(value).model_fields:
            yield from rules_of(getattr(value, name), (*where, name))


def unknown_sources(plain: Any, known: Iterable[str], where: Where = ()) -> Iterator[tuple[Where, str]]:
    """Where a document cites a source that it does not list."""
    names = set(known)
    if isinstance(plain, dict):
        for key, value in plain.items():
            if key == "source":
                cited = (value,) if isinstance(value, str) else value
                for name in sorted(set(cited) - names):
                    yield (*where, key), f"{name} is not listed under sources"
            else:
                yield from unknown_sources(value, names, (*where, key))
    elif isinstance(plain, tuple):
        for index, value in enumerate(plain):
            yield from unknown_sources(value, names, (*where, index))
