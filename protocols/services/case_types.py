"""The shapes that every kind of worked case shares: what a runner is given and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from protocols.documents import UNKNOWN_KEY, validation_problems
from protocols.rules.regimen import Regimen, Schedule
from protocols.rules.spec import ProtocolSpec

Path = tuple[str | int, ...]
"""Where in a case a value stands: keys and list positions, for example ("given", 0, "temperature")."""


class CaseError(Exception):
    """A case that cannot be run: an unknown key, unit or id. ``path`` is relative to the case."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(what)
        self.path = path
        self.what = what


@dataclass(frozen=True, slots=True)
class CaseContext:
    """What the case is asked of: a regimen of the library, or one version of a center's protocol.

    ``spec`` is set for a protocol only; ``regimen`` and ``schedule`` are set whenever either names one.
    """

    regimen: Regimen | None = None
    schedule: Schedule | None = None
    spec: ProtocolSpec | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rule answered.

    ``got`` has every key that ``expect`` may name for the kind, ``None`` where there is no value: a key of
    ``expect`` that is not in it is an error of the case file. Numbers are ``Decimal`` or ``int``, names are
    text, lists are tuples. ``unconfirmed``: a block behind the answer is not confirmed. ``refused``: the
    record does not cover the question; ``uncovered`` limits that to some keys.
    """

    got: Mapping[str, Any]
    because: tuple[str, ...]
    source: str
    unconfirmed: bool = False
    refused: bool = False
    uncovered: tuple[str, ...] = field(default=())


Given = TypeVar("Given", bound=BaseModel)


def read_given(model: type[Given], given: Any, at: Path = ("given",)) -> Given:
    """``given``, or a part of it, as a value of ``model``. Raises ``CaseError``."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        # A misspelt key is also a missing one: the misspelling is what helps.
        problems = validation_problems(error)
        where, what = min(problems, key=lambda problem: problem[1] != UNKNOWN_KEY)
        raise CaseError((*at, *where), what) from error


Runner = Callable[[CaseContext, Any], Answer]
"""Runs one case: context and ``given`` as plain YAML.

In ``given`` a mapping is a ``dict`` with text keys, a sequence is a ``tuple`` and every scalar is text as
written, or ``None``; ``protocols.documents`` has the field types that turn text into numbers. A runner raises
``CaseError`` for anything that it does not know.
"""
