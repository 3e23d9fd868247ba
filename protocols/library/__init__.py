"""The published record: one file a product under ``regimens/``. Adding a file adds a drug.

Nothing here is a recommendation by itself. Each block says how far it can be trusted, and a center's
pharmacist confirms blocks by id and content hash.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from protocols.documents import Document, DocumentError, parse, read
from protocols.documents import load as load_document
from protocols.library.blocks import Ledger
from protocols.library.cited import Confirmed
from protocols.library.consistency import problems_of
from protocols.library.readiness_document import ReadinessText
from protocols.library.regimen_document import RegimenText
from protocols.rules.readiness import ReadinessRules
from protocols.rules.regimen import Regimen

HERE = Path(__file__).parent
REGIMENS = HERE / "regimens"


class UnknownRegimenError(LookupError):
    """A slug that no file of the library has."""


def slugs(folder: Path = REGIMENS) -> tuple[str, ...]:
    """The products of the library, by the names of their files."""
    return tuple(sorted(path.stem for path in folder.glob("*.yaml")))


def load(slug: str, confirmed: Confirmed | None = None, folder: Path = REGIMENS) -> Regimen:
    """The regimen of this slug; ``confirmed`` maps (block id, content hash) to who confirmed that content.

    Raises ``UnknownRegimenError`` and, for a file with an error, ``DocumentError``.
    """
    return _load(slug, tuple(sorted((confirmed or {}).items())), folder)[0]


def block_hashes(slug: str, folder: Path = REGIMENS) -> Mapping[str, str]:
    """The id and content hash of every block of a regimen: what a confirmation refers to."""
    return _load(slug, (), folder)[1]


@cache
def readiness_rules() -> ReadinessRules:
    """The conditions before a dose that the library suggests to a center."""
    return load_document(HERE / "readiness.yaml", ReadinessText).build()


@cache
def _load(
    slug: str, confirmed: tuple[tuple[tuple[str, str], str], ...], folder: Path
) -> tuple[Regimen, Mapping[str, str]]:
    if slug not in slugs(folder):
        raise UnknownRegimenError(f"the library has no regimen {slug!r}; it has {', '.join(slugs(folder))}")
    document, text = _text(slug, folder)
    ledger = Ledger(prefix=slug, sources=text.sources, confirmed=dict(confirmed))
    try:
        regimen = text.build(ledger)
    except ValueError as error:
        raise DocumentError([document.problem((), str(error))]) from error
    return regimen, MappingProxyType(ledger.hashes)


@cache
def _text(slug: str, folder: Path) -> tuple[Document, RegimenText]:
    document = read(folder / f"{slug}.yaml")
    text = parse(document, RegimenText)
    problems = [document.problem(where, what) for where, what in problems_of(text, document.plain)]
    if text.regimen != slug:
        problems.append(document.problem(("regimen",), f"the file is named {slug}"))
    if problems:
        raise DocumentError(problems)
    return document, text
