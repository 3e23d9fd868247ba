"""Take the published record and our defaults into a center's own protocol, and confirm blocks of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from dosing_portal.kernel import audit
from dosing_portal.kernel.models import Role, Staff
from protocols import library
from protocols.library import protocol_document, standards
from protocols.models import BlockConfirmation, Protocol, ProtocolVersion
from protocols.selectors import CENTER_WIDE


class AdoptionRefused(Exception):
    """An adoption or confirmation that the rules of the house do not allow."""


@dataclass(frozen=True, slots=True)
class Confirming:
    """One block that a pharmacist compared with the prescribing information of this revision."""

    block: str
    revision: str
    sample: bool = False


@transaction.atomic
def adopt(
    *,
    regimen: str,
    schedule: str | None,
    by: Staff,
    second: Staff,
    at: datetime,
    center_section: dict[str, Any] | None = None,
) -> ProtocolVersion:
    """Make the center's protocol for one schedule, drafted by one person and activated by another.

    ``schedule`` left out is the regimen's default one.
    ``center_section`` replaces the shipped default settings. Raises ``AdoptionRefused`` when both are one
    person or the center has this protocol already, ``UnknownRegimenError`` and ``UnknownScheduleError``.
    """
    chosen = library.load(regimen).schedule(schedule)
    document = _compose(regimen, chosen.id, center_section)
    name = f"{library.load(regimen).product.generic}, {chosen.label}"
    return _activate(
        f"{regimen}-{chosen.id}".replace("_", "-"), name, regimen, chosen.id, document, by, second, at
    )


@transaction.atomic
def adopt_center_wide(
    *, by: Staff, second: Staff, at: datetime, center_section: dict[str, Any] | None = None
) -> ProtocolVersion:
    """Make the center-wide section: call parameters and call tree for a patient without a course."""
    document = _compose(None, None, center_section)
    return _activate(CENTER_WIDE, "Center-wide", "", "", document, by, second, at)


def _compose(
    regimen: str | None, schedule: str | None, center_section: dict[str, Any] | None
) -> dict[str, Any]:
    document: dict[str, Any] = thawed(protocol_document.from_library(regimen, schedule).plain)
    if center_section is not None:
        document["center"] = center_section
    return document


def thawed(plain: Any) -> Any:
    """A document's plain form as JSON keeps it: lists for tuples."""
    match plain:
        case dict():
            return {key: thawed(value) for key, value in plain.items()}
        case tuple() | list():
            return [thawed(item) for item in plain]
        case _:
            return plain


def _activate(
    slug: str,
    name: str,
    regimen: str,
    schedule: str,
    document: dict[str, Any],
    by: Staff,
    second: Staff,
    at: datetime,
) -> ProtocolVersion:
    if by.pk == second.pk:
        raise AdoptionRefused("A second, different person activates a protocol.")
    if Protocol.objects.visible_to(by).filter(slug=slug).exists():
        raise AdoptionRefused(f"The center has the protocol {slug} already.")
    protocol = Protocol.objects.create(
        center_id=by.center_id, slug=slug, name=name, regimen=regimen, schedule=schedule
    )
    version = ProtocolVersion.objects.create(
        protocol=protocol,
        number=1,
        state=ProtocolVersion.State.ACTIVE,
        document=document,
        content_hash=content_hash(document),
        drafted_at=at,
        drafted_by=by,
        activated_at=at,
        activated_by=second,
    )
    audit.record(
        "protocol.activate",
        version,
        by=second,
        at=at,
        after={"protocol": slug, "version": 1, "drafted_by": by.name, "hash": version.content_hash},
    )
    return version


def content_hash(document: dict[str, Any]) -> str:
    """The fingerprint of a document, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


@transaction.atomic
def confirm_block(*, confirming: Confirming, by: Staff, at: datetime) -> BlockConfirmation:
    """A pharmacist confirms one block of the library as it stands, against a named revision.

    A block of a product's record, or a rule of the grading or the management file.

    Raises ``AdoptionRefused`` for another role, an unknown block, no revision, or a second confirmation.
    """
    if by.role != Role.PHARMACIST:
        raise AdoptionRefused("A pharmacist confirms blocks of the record.")
    if not confirming.revision.strip():
        raise AdoptionRefused("Name the revision of the prescribing information you compared with.")
    known = _hashes(confirming.block.split("/")[0])
    if confirming.block not in known:
        raise AdoptionRefused(f"The library has no block {confirming.block}.")
    row, made = BlockConfirmation.objects.get_or_create(
        center_id=by.center_id,
        block=confirming.block,
        content_hash=known[confirming.block],
        defaults={
            "revision": confirming.revision,
            "sample": confirming.sample,
            "confirmed_at": at,
            "confirmed_by": by,
        },
    )
    if not made:
        raise AdoptionRefused("This block is confirmed already.")
    audit.record(
        "block.confirm",
        row,
        by=by,
        at=at,
        after={"block": row.block, "revision": row.revision, "hash": row.content_hash},
    )
    return row


def _hashes(prefix: str) -> Mapping[str, str]:
    """Block id to content hash, of a product's record or of a file that holds for every drug."""
    if prefix in library.slugs():
        return library.block_hashes(prefix)
    return {found.id: found.content_hash for found in standards.rules(prefix)}
