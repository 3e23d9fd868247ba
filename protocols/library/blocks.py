"""Blocks of the published record: a fact, how far it can be trusted, and where it was read.

Every block has an id like ``elranatamab/standard/restart/elr-r1`` that never changes, and a content hash. A
pharmacist confirms exactly that content: an edited block has another hash and is unconfirmed again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field, model_validator

from protocols.documents import StrictRecord
from protocols.library.cited import Confirmed
from protocols.rules.values import Provenance, Source, Status


class SourceText(StrictRecord):
    """One document that was read, listed once in a file under its id."""

    title: str
    revision: str
    url: str
    kind: str = ""


class Citation(StrictRecord):
    """A place in one of the file's sources."""

    id: str
    section: str


class Block(StrictRecord):
    """The trust mark that every fact block of a library file carries."""

    status: Annotated[Status, Field(strict=False)]
    source: Citation | None
    verified_by: tuple[Citation, ...] = ()
    further_sources: tuple[Citation, ...] = ()
    notes: str = ""

    @model_validator(mode="after")
    def _status_has_its_sources(self) -> Block:
        if (self.source is None) != (self.status is Status.NOT_FOUND):
            raise ValueError("a source is left empty only when, and always when, the status is not_found")
        if self.status is Status.VERIFIED and not self.verified_by:
            raise ValueError("status verified needs a second text under verified_by")
        return self

    def content_hash(self) -> str:
        """A hash of what the file says in this block, whatever its layout."""
        content = json.dumps(self.model_dump(mode="json", exclude_unset=True), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()


class UnknownSourceError(LookupError):
    """A block cites a source that its file does not list."""


@dataclass(slots=True)
class Ledger:
    """Turns the blocks of one file into provenance, and remembers the hash of each.

    ``confirmed`` maps (block id, content hash) to who confirmed exactly that content.
    """

    prefix: str
    sources: Mapping[str, SourceText]
    confirmed: Confirmed = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)

    def provenance(self, block_id: str, block: Block) -> Provenance:
        """The provenance of a block. Raises ``ValueError`` when its id is taken, ``UnknownSourceError``."""
        full_id = f"{self.prefix}/{block_id}"
        if full_id in self.hashes:
            raise ValueError(f"two blocks share the id {full_id}")
        content_hash = block.content_hash()
        self.hashes[full_id] = content_hash
        return Provenance(
            block=full_id,
            status=block.status,
            source=None if block.source is None else self._source(block.source),
            verified_by=tuple(self._source(cited) for cited in block.verified_by),
            notes=block.notes,
            confirmed_by=self.confirmed.get((full_id, content_hash), ""),
        )

    def _source(self, cited: Citation) -> Source:
        text = self.sources.get(cited.id)
        if text is None:
            raise UnknownSourceError(f"{cited.id} is not among the sources of {self.prefix}")
        return Source(cited.id, text.title, cited.section, text.revision, text.url)
