"""Protocol versions as the frozen specification that the rules read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from dosing_portal.kernel.models import Staff
from protocols import library
from protocols.documents import Document
from protocols.library.protocol_document import block_hashes, build
from protocols.models import BlockConfirmation, Protocol, ProtocolVersion
from protocols.rules.regimen import Regimen
from protocols.rules.spec import ProtocolSpec

CENTER_WIDE = "center-wide"


def spec(version_id: UUID, confirmations: int | None = None) -> ProtocolSpec:
    """The specification of one version with the confirmations of its center.

    ``confirmations`` is the id of the center's newest confirmation when the caller knows it: then nothing
    is asked of the database once the version was read before. Neither a version nor a confirmation ever
    changes, so the answer is kept.
    """
    if confirmations is None:
        confirmations = newest_confirmation(version_id)
    return _spec(version_id, confirmations)


def newest_confirmation(version_id: UUID) -> int:
    """The id of the newest confirmation of the version's center; 0 when it has none."""
    of_center = BlockConfirmation.objects.filter(center__protocol__versions=version_id)
    return of_center.order_by("-id").values_list("id", flat=True).first() or 0


@lru_cache(maxsize=256)
def _spec(version_id: UUID, confirmations: int) -> ProtocolSpec:
    version = ProtocolVersion.objects.select_related("protocol").get(pk=version_id)
    document = Document(name=str(version), plain=frozen(version.document), lines={})
    # The center's own section needs no further word: two people drafted and activated it.
    own = {pair: str(version) for pair in block_hashes(document).items() if pair[0].startswith("center/")}
    confirmed = {**own, **confirmed_blocks(version.protocol.center_id, confirmations)}
    return build(document, confirmed, slug=version.protocol.slug, version=str(version.number))


def confirmed_blocks(center_id: UUID, up_to: int) -> Mapping[tuple[str, str], str]:
    """(block id, content hash) to who confirmed it against which revision."""
    rows = BlockConfirmation.objects.filter(center_id=center_id, pk__lte=up_to).select_related("confirmed_by")
    return {(row.block, row.content_hash): _whose_word(row) for row in rows}


def _whose_word(row: BlockConfirmation) -> str:
    sample = "SAMPLE: " if row.sample else ""
    return f"{sample}{row.confirmed_by.name}, {row.revision}"


def frozen(plain: Any) -> Any:
    """Stored JSON as the plain form of ``protocols.documents``: tuples for lists."""
    match plain:
        case dict():
            return {key: frozen(value) for key, value in plain.items()}
        case list() | tuple():
            return tuple(frozen(item) for item in plain)
        case _:
            return plain


def spec_for(name: str) -> ProtocolSpec:
    """The specification named ``slug@version`` (any center's), for the command line.

    Raises ``ProtocolVersion.DoesNotExist``.
    """
    slug, _, number = name.partition("@")
    version = ProtocolVersion.objects.get(protocol__slug=slug, number=int(number or 1))
    return spec(version.pk)


def center_wide_version(center_id: UUID) -> ProtocolVersion | None:
    """The version that judges a patient without a course."""
    return (
        ProtocolVersion.objects.active()
        .filter(protocol__center_id=center_id, protocol__regimen="")
        .select_related("protocol")
        .first()
    )


@dataclass(frozen=True, slots=True)
class PublishedSchedule:
    """One schedule of the library, as a calculator offers it."""

    key: str  # slug/schedule
    name: str


def published_schedules() -> Sequence[PublishedSchedule]:
    """Every schedule of every product of the library, products by name, the default schedule first."""
    regimens = [library.load(slug) for slug in library.slugs()]
    return tuple(
        PublishedSchedule(f"{regimen.slug}/{schedule.id}", f"{regimen.name}, {schedule.label}")
        for regimen in regimens
        for schedule in sorted(regimen.schedules, key=lambda schedule: not schedule.is_default)
    )


def regimen_for(staff: Staff, slug: str) -> Regimen:
    """A product's record with what the person's center confirmed of it. Raises ``UnknownRegimenError``."""
    newest = BlockConfirmation.objects.filter(center_id=staff.center_id).order_by("-id").values_list("id")
    up_to = next((row[0] for row in newest[:1]), 0)
    return library.load(slug, confirmed_blocks(staff.center_id, up_to) if up_to else {})


@dataclass(frozen=True, slots=True)
class ActiveProtocol:
    """One protocol that a course can be started on."""

    version_id: UUID
    name: str
    slug: str
    number: int
    regimen: str
    schedule: str
    active_since: date | None


def startable(staff: Staff) -> Sequence[ActiveProtocol]:
    """The active protocols of the person's center, for one regimen and schedule each."""
    versions = (
        ProtocolVersion.objects.visible_to(staff)
        .active()
        .exclude(protocol__regimen="")
        .select_related("protocol")
        .order_by("protocol__name")
    )
    return tuple(
        ActiveProtocol(
            version_id=version.pk,
            name=version.protocol.name,
            slug=version.protocol.slug,
            number=version.number,
            regimen=version.protocol.regimen,
            schedule=version.protocol.schedule,
            active_since=version.activated_at.date() if version.activated_at else None,
        )
        for version in versions
    )


def protocols_of(staff: Staff) -> Sequence[Protocol]:
    return tuple(Protocol.objects.visible_to(staff).order_by("name"))
