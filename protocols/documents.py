"""The one way that a YAML document becomes values: library files, protocols and worked cases.

Scalars are read as text, so 0.10 stays exact and a key is never a boolean; the model of the document turns
text into numbers. Everything unknown, missing or malformed is an error that names file, line, key and what is
wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Where = tuple[str | int, ...]
"""A place in a document: keys and list positions from the top."""

UNKNOWN_KEY = "is not a known key"

_CORE_TAG = re.compile(r"tag:yaml\.org,2002:(str|int|float|bool|null|timestamp|map|seq)")
_NULL_TAG = "tag:yaml.org,2002:null"
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_WHOLE = re.compile(r"[+-]?\d+")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a document."""

    name: str
    line: int
    key: str
    what: str

    def __str__(self) -> str:
        place = f"{self.name}:{self.line}"
        return f"{place}: {self.key}: {self.what}" if self.key else f"{place}: {self.what}"


class DocumentError(Exception):
    """A document that cannot be used. Carries every problem found, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True)
class Document:
    """A document read as plain values: ``dict`` with text keys, ``tuple``, text, ``None``; and its lines."""

    name: str
    plain: Any
    lines: Mapping[Where, int]

    def line_of(self, where: Where) -> int:
        """The line of this place, or of the nearest place around it."""
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where, 1)

    def problem(self, where: Where, what: str) -> Problem:
        return Problem(self.name, self.line_of(where), dotted(where), what)


def dotted(where: Where) -> str:
    """``cases[2].given.dose`` for a place in a document."""
    text = ""
    for part in where:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


# --- reading ----------------------------------------------------------------------------------------


def read(path: Path) -> Document:
    """The document in this file. Raises ``DocumentError``; ``OSError`` where the file cannot be opened."""
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise DocumentError([Problem(str(path), 1, "", "the file is not UTF-8 text")]) from error
    return read_text(text, name=str(path))


def read_text(text: str, *, name: str) -> Document:
    """The document in this text; ``name`` stands in its error messages."""
    try:
        node = YAML(typ="rt", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise DocumentError([Problem(name, line, "", str(error.problem or error.context))]) from error
    except YAMLError as error:
        raise DocumentError([Problem(name, 1, "", str(error))]) from error
    if node is None:
        raise DocumentError([Problem(name, 1, "", "the file is empty")])
    reader = _Reader(name)
    plain = reader.plain(node, ())
    return Document(name, plain, reader.lines)


class _Reader:
    """Turns composed nodes into plain values, remembering on which line each stands."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[Where, int] = {}
        self._seen: set[int] = set()

    def plain(self, node: Node, where: Where) -> Any:
        self.lines.setdefault(where, _line(node))
        if not _CORE_TAG.fullmatch(str(node.tag)):
            raise self._error(node, where, f"the tag {node.tag} is not allowed")
        if not isinstance(node, ScalarNode) and id(node) in self._seen:
            raise self._error(node, where, "an alias is not allowed: write the value out")
        self._seen.add(id(node))
        if isinstance(node, MappingNode):
            return self._mapping(node, where)
        if isinstance(node, SequenceNode):
            return tuple(self.plain(item, (*where, index)) for index, item in enumerate(node.value))
        return None if str(node.tag) == _NULL_TAG else str(node.value)

    def _mapping(self, node: MappingNode, where: Where) -> dict[str, Any]:
        plain: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                raise self._error(key_node, where, "a key must be one word")
            key = str(key_node.value)
            if key in plain:
                raise self._error(key_node, (*where, key), "the key stands twice")
            self.lines[(*where, key)] = _line(key_node)
            plain[key] = self.plain(value_node, (*where, key))
        return plain

    def _error(self, node: Node, where: Where, what: str) -> DocumentError:
        return DocumentError([Problem(self.name, _line(node), dotted(where), what)])


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


# --- field types: text as written -> value ------------------------------------------------------------


def _number(value: object) -> object:
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            hint = ", with a point" if "," in value else ""
            raise ValueError(f"must be a decimal number{hint}, not {value!r}")
        return Decimal(value)
    return value


def _whole(value: object) -> object:
    if isinstance(value, str):
        if not _WHOLE.fullmatch(value):
            raise ValueError(f"must be a whole number, not {value!r}")
        return int(value)
    return value


def _flag(value: object) -> object:
    if isinstance(value, str):
        if value not in ("true", "false"):
            raise ValueError(f"must be true or false, not {value!r}")
        return value == "true"
    return value


def _day(value: object) -> object:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise ValueError(f"must be a date like 2026-04-06, not {value!r}") from error
    return value


def _moment(value: object) -> object:
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError as error:
            raise ValueError(f"must be a time like 2026-04-06T09:30:00-04:00, not {value!r}") from error
        if moment.tzinfo is None:
            raise ValueError(f"must say its offset, like 2026-04-06T09:30:00-04:00, not {value!r}")
        return moment
    return value


def one_or_more(value: object) -> object:
    """A single value as the list of it, for a field that takes one or several."""
    return (value,) if isinstance(value, str | dict) else value


Number = Annotated[Decimal, BeforeValidator(_number)]
Whole = Annotated[int, BeforeValidator(_whole)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Day = Annotated[date, BeforeValidator(_day)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
Names = Annotated[tuple[str, ...], BeforeValidator(one_or_more)]
"""One name or a list of names."""


class StrictRecord(BaseModel):
    """A part of a document: frozen, nothing unknown, nothing coerced that was not asked for.

    An enum is written ``Annotated[Kind, Field(strict=False)]``: text in the file, a member here.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


Record = TypeVar("Record", bound=BaseModel)


def parse(document: Document, model: type[Record], *, at: Where = ()) -> Record:
    """The document, or its part ``at`` a place, as a value of ``model``. Raises ``DocumentError``."""
    plain = document.plain
    for part in at:
        plain = plain[part]
    try:
        return model.model_validate(plain)
    except ValidationError as error:
        raise DocumentError(
            document.problem((*at, *where), what) for where, what in validation_problems(error)
        ) from error


def load(path: Path, model: type[Record]) -> Record:
    """The document in this file as a value of ``model``. Raises ``DocumentError``."""
    return parse(read(path), model)


def validation_problems(error: ValidationError) -> tuple[tuple[Where, str], ...]:
    """Where and what, in plain words, for each failure of a model."""
    return tuple((tuple(entry["loc"]), _words(dict(entry))) for entry in error.errors())


def _words(entry: dict[str, Any]) -> str:
    kind = entry["type"]
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return UNKNOWN_KEY
    if kind == "value_error":
        return str(entry["ctx"]["error"])
    written = entry.get("input")
    if written is None:
        return "must have a value"
    message = str(entry["msg"])
    shown = f", not {written!r}" if isinstance(written, str) else ""
    return f"{message[0].lower()}{message[1:]}{shown}"
