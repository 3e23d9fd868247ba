"""The published record as a center's own protocols, at the price of a few rows.

A composed document, and the specification built from it, are kept for the whole test run: the same regimen
has the same version id in every test, and ``protocols.selectors`` keeps a specification by that id. What
adoption itself does is tested in ``tests/protocols/test_services_adoption.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4, uuid5

from dosing_portal.kernel.models import Staff
from protocols import library
from protocols.library import protocol_document
from protocols.models import BlockConfirmation, Protocol, ProtocolVersion
from protocols.selectors import CENTER_WIDE
from protocols.services import adoption

_SAME_IN_EVERY_TEST = UUID("5f0c1c35-6a0d-4c27-9f52-0d6a4c7c0f10")


@lru_cache(maxsize=16)
def document_of(regimen: str, schedule: str) -> dict[str, Any]:
    """The whole document of one schedule with the shipped settings; empty names give the center-wide one."""
    plain = protocol_document.from_library(regimen or None, schedule or None).plain
    document: dict[str, Any] = adoption.thawed(plain)
    return document


@lru_cache(maxsize=16)
def _fingerprint(regimen: str, schedule: str) -> str:
    return adoption.content_hash(document_of(regimen, schedule))


def adopted(
    *, regimen: str = "elranatamab", schedule: str = "standard", by: Staff, second: Staff, at: datetime
) -> ProtocolVersion:
    """As ``adoption.adopt`` and ``adoption.adopt_center_wide`` (``regimen=""``), without the audit entry."""
    protocol = Protocol.objects.create(
        center_id=by.center_id,
        slug=f"{regimen}-{schedule}".replace("_", "-") if regimen else CENTER_WIDE,
        name=f"{regimen.title()}, {schedule}" if regimen else "Center-wide",
        regimen=regimen,
        schedule=schedule,
    )
    return ProtocolVersion.objects.create(
        pk=_version_id(regimen, schedule),
        protocol=protocol,
        number=1,
        state=ProtocolVersion.State.ACTIVE,
        document=document_of(regimen, schedule),
        content_hash=_fingerprint(regimen, schedule),
        drafted_at=at,
        drafted_by=by,
        activated_at=at,
        activated_by=second,
    )


def _version_id(regimen: str, schedule: str) -> UUID:
    """The same one in every test; another one for a second center of the same test."""
    usual = uuid5(_SAME_IN_EVERY_TEST, f"{regimen}/{schedule}")
    return uuid4() if ProtocolVersion.objects.filter(pk=usual).exists() else usual


def with_changes(version: ProtocolVersion, section: str, changes: Mapping[str, Any]) -> ProtocolVersion:
    """Edition 2 of a protocol: some settings of one part of the center's section are other ones."""
    center = {**version.document["center"]}
    center[section] = {**center[section], **changes}
    document = {**version.document, "center": center}
    ProtocolVersion.objects.filter(pk=version.pk).update(state=ProtocolVersion.State.RETIRED)
    return ProtocolVersion.objects.create(
        protocol=version.protocol,
        number=version.number + 1,
        state=ProtocolVersion.State.ACTIVE,
        document=document,
        content_hash=adoption.content_hash(document),
        drafted_at=version.drafted_at,
        drafted_by=version.drafted_by,
        activated_at=version.activated_at,
        activated_by=version.activated_by,
    )


def confirm_everything(*, regimen: str, by: Staff, at: datetime) -> None:
    """A pharmacist's confirmation of every block of one regimen, as ``adoption.confirm_block`` writes it.

    The first regimen of a test gets ids below zero, its own and the same in every test, so that the
    specification built with them is found again; later confirmations count from 1 in the table's sequence.
    """
    hashes = library.block_hashes(regimen)
    is_first = not BlockConfirmation.objects.exists()
    before = -1000 * (library.slugs().index(regimen) + 1)
    BlockConfirmation.objects.bulk_create(
        BlockConfirmation(
            pk=before + number if is_first else None,
            center_id=by.center_id,
            block=block,
            content_hash=content_hash,
            revision="SAMPLE 2026-03",
            sample=True,
            confirmed_at=at,
            confirmed_by=by,
        )
        for number, (block, content_hash) in enumerate(sorted(hashes.items()))
    )
