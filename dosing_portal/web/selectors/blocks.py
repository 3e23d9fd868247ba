"""Blocks of the published record that the center's active protocols rest on, and who confirmed them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any
from uuid import UUID

from protocols import library
from protocols.documents import StrictRecord
from protocols.library import standards
from protocols.library.cited import Cited, Confirmed
from protocols.library.standards import StandardRule
from protocols.models import BlockConfirmation, ProtocolVersion
from protocols.rules.regimen import Regimen
from protocols.rules.values import Provenance
from protocols.selectors import confirmed_blocks

NEWEST = 2**62
STANDARDS = {"grading": "Grading of CRS and ICANS", "management": "Management by grade"}
NOT_SAID = {"id", "source", "notes"}
VOUCHES_FOR = {
    "dose_table": ("doses",),
    "regimen": ("rules", "stop_rule"),
    "required_again": ("again",),
    "vials_provenance": ("vials",),
    "bands_provenance": ("bands",),
}
"""Trust marks that speak for some fields of their owner; every other one speaks for all of it."""


@dataclass(frozen=True, slots=True)
class BlockView:
    """One block as a pharmacist compares it with the prescribing information."""

    provenance: Provenance
    says: tuple[str, ...]

    @property
    def id(self) -> str:
        return self.provenance.block

    @property
    def status_label(self) -> str:
        return self.provenance.status.replace("_", " ")


@dataclass(frozen=True, slots=True)
class RecordBlocks:
    """The blocks of one product or one standard, as far as they wait for a pharmacist."""

    prefix: str
    name: str
    open: tuple[BlockView, ...]
    live: int
    compared_with: str = "revision of the prescribing information"


def waiting_blocks(center_id: UUID) -> tuple[RecordBlocks, ...]:
    """For each product of an active protocol: the blocks that are not live yet. Two statements."""
    slugs = (
        ProtocolVersion.objects.active()
        .filter(protocol__center_id=center_id)
        .exclude(protocol__regimen="")
        .order_by("protocol__regimen")
        .values_list("protocol__regimen", flat=True)
        .distinct()
    )
    confirmed = confirmed_blocks(center_id, NEWEST)
    return tuple(_blocks(library.load(slug, confirmed)) for slug in slugs)


def waiting_rules(center_id: UUID) -> tuple[RecordBlocks, ...]:
    """The rules of grading and management that hold for every drug and are not live yet. One statement."""
    confirmed = confirmed_blocks(center_id, NEWEST)
    return tuple(_rules(prefix, name, confirmed) for prefix, name in STANDARDS.items())


def _rules(prefix: str, name: str, confirmed: Confirmed) -> RecordBlocks:
    views = [
        BlockView(_mark(found, confirmed), tuple(_rule_says(found.rule))) for found in standards.rules(prefix)
    ]
    waiting = tuple(view for view in views if not view.provenance.confirmed)
    return RecordBlocks(prefix, name, waiting, len(views) - len(waiting), "publication and its edition")


def _mark(found: StandardRule, confirmed: Confirmed) -> Provenance:
    return Provenance(
        block=found.id,
        status=found.status,
        source=found.source,
        verified_by=found.also,
        notes=found.rule.notes,
        confirmed_by=confirmed.get((found.id, found.content_hash), ""),
    )


def _rule_says(rule: Cited) -> Iterator[str]:
    """The fields of a rule in words; its sources and notes stand below."""
    for name, content in rule:
        if name not in NOT_SAID and content not in (None, (), ""):
            yield f"{name.replace('_', ' ')}: {_plain_text(content)}"


def _plain_text(content: Any) -> str:
    if isinstance(content, StrictRecord):
        return ", ".join(f"{name.replace('_', ' ')} {_plain_text(part)}" for name, part in content if part)
    if isinstance(content, tuple):
        return "; ".join(_plain_text(item) for item in content)
    return _text(content)


def confirmed(center_id: UUID) -> Iterable[BlockConfirmation]:
    """What was confirmed, by whom, against which revision; newest first."""
    return (
        BlockConfirmation.objects.filter(center_id=center_id).select_related("confirmed_by").order_by("-pk")
    )


def _blocks(regimen: Regimen) -> RecordBlocks:
    views = {view.id: view for view in _views(regimen)}.values()
    waiting = tuple(view for view in views if not view.provenance.confirmed)
    return RecordBlocks(regimen.slug, regimen.product.generic, waiting, len(views) - len(waiting))


def _views(value: Any) -> Iterator[BlockView]:
    """Every part of the record that carries a trust mark."""
    if isinstance(value, tuple | Mapping):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _views(item)
    elif is_dataclass(value) and not isinstance(value, Provenance):
        for field in fields(value):
            content = getattr(value, field.name)
            if isinstance(content, Provenance):
                yield BlockView(content, tuple(_says(value, VOUCHES_FOR.get(field.name))))
            else:
                yield from _views(content)


def _says(value: Any, names: tuple[str, ...] | None = None) -> Iterator[str]:
    """The fields of a part of the record in words; what it does not say is left out."""
    for field in fields(value):
        content = getattr(value, field.name)
        wanted = field.name in names if names else field.name not in {"id", "provenance"}
        if wanted and content not in (None, (), ""):
            yield f"{field.name.replace('_', ' ')}: {_text(content)}"


def _text(content: Any) -> str:
    if isinstance(content, tuple):
        return "; ".join(_text(item) for item in content)
    if isinstance(content, bool):
        return "yes" if content else "no"
    if is_dataclass(content) and type(content).__str__ is object.__str__:
        return ", ".join(_says(content))
    return str(content)
