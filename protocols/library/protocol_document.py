"""A protocol: one document that holds the published record it rests on and the center's own settings.

The record is written into the document, so an edition that was activated reads the same for ever, whatever a
later release of the library says. A document without a regimen is the center-wide section, which judges a
patient without a course.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

from protocols.documents import Document, DocumentError, StrictRecord, parse, read
from protocols.library.blocks import Ledger
from protocols.library.center_document import CenterText
from protocols.library.cited import Citations, Confirmed
from protocols.library.consistency import problems_of
from protocols.library.grading_document import GradingText
from protocols.library.regimen_document import RegimenText
from protocols.library.standards import FOLDER, parse_cited
from protocols.rules.regimen import Regimen, Schedule, UnknownScheduleError
from protocols.rules.spec import ProtocolSpec

RECORD = "protocol"
_FIRST = "default"


class ProtocolText(StrictRecord):
    """The frame of the document; its parts are read one by one, each with its own complaints."""

    record: Literal["protocol"]
    schedule: str | None
    regimen: dict[str, Any] | None
    grading: dict[str, Any]
    center: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Parts:
    """A document read and built, with the content hash of every block in it."""

    spec: ProtocolSpec
    hashes: Mapping[str, str]


def build(document: Document, confirmed: Confirmed | None = None, *, slug: str, version: str) -> ProtocolSpec:
    """The specification that the rules read. Raises ``DocumentError``.

    ``confirmed`` maps (block id, content hash) to who confirmed exactly that content: an edited block is
    unconfirmed again.
    """
    return _read(document, confirmed or {}, slug, version).spec


def block_hashes(document: Document) -> Mapping[str, str]:
    """The id and content hash of every block of a protocol: what a confirmation refers to."""
    return MappingProxyType(dict(_read(document, {}, _FIRST, _FIRST).hashes))


def from_library(regimen: str | None, schedule: str | None) -> Document:
    """A first draft: the library's record with the center settings that we ship.

    ``schedule`` left out is the regimen's default one. Its ``plain`` can be stored as JSON. Raises
    ``DocumentError`` where a file has an error, ``OSError`` where there is none of that name.
    """
    plain = {
        "record": RECORD,
        "regimen": None if regimen is None else _plain(f"regimens/{regimen}.yaml"),
        "schedule": schedule,
        "grading": _plain("grading.yaml"),
        "center": _plain("center_defaults.yaml"),
    }
    return Document(name=regimen or "center-wide", plain=plain, lines={})


@cache
def _plain(name: str) -> Any:
    return read(FOLDER / name).plain


def default_spec(
    regimen: str | None = None, schedule: str | None = None, confirmed: Confirmed | None = None
) -> ProtocolSpec:
    """The specification of ``from_library``: the published record as it stands, our settings unadopted."""
    return build(from_library(regimen, schedule), confirmed, slug=regimen or "center-wide", version=_FIRST)


def _read(document: Document, confirmed: Confirmed, slug: str, version: str) -> _Parts:
    frame = parse(document, ProtocolText)
    hashes: dict[str, str] = {}
    regimen = _regimen(document, confirmed, hashes) if frame.regimen is not None else None
    grading = parse_cited(document, GradingText, at=("grading",))
    center = parse_cited(document, CenterText, at=("center",))
    standard = Citations("grading", grading.sources, confirmed, hashes)
    local = center.grading.build()
    spec = ProtocolSpec(
        slug=slug,
        version=version,
        regimen=regimen,
        schedule=None if regimen is None else _schedule(document, regimen, frame.schedule),
        crs=grading.crs.spec(standard, local),
        icans=grading.icans.spec(standard, local),
        center=center.spec(Citations("center", center.sources, confirmed, hashes)),
    )
    return _Parts(spec, hashes)


def _regimen(document: Document, confirmed: Confirmed, hashes: dict[str, str]) -> Regimen:
    text = parse(document, RegimenText, at=("regimen",))
    problems = [
        document.problem(("regimen", *where), what)
        for where, what in problems_of(text, document.plain["regimen"])
    ]
    if problems:
        raise DocumentError(problems)
    ledger = Ledger(prefix=text.regimen, sources=text.sources, confirmed=confirmed, hashes=hashes)
    try:
        return text.build(ledger)
    except ValueError as error:
        raise DocumentError([document.problem(("regimen",), str(error))]) from error


def _schedule(document: Document, regimen: Regimen, schedule_id: str | None) -> Schedule:
    try:
        return regimen.schedule(schedule_id)
    except UnknownScheduleError as error:
        raise DocumentError([document.problem(("schedule",), str(error))]) from error
