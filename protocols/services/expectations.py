"""Compares what a case expects with what a rule answered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from protocols.rules.values import IceScore
from protocols.services.case_types import Answer, CaseError, Path

_NUMBER = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*([A-Za-z%]*)")
_UNITS = {"mg": "mg", "band_mg": "mg", "ml": "ml", "band_ml": "ml"}
_ABOUT_THE_ANSWER = ("refused", "unconfirmed")
_OR_ALIKE = re.compile(r"\s+or\s+(equivalent|similar)\b.*")
_ALSO_CALLED = {
    "flow": "flow_lpm",
    "oxygen.flow_lpm": "flow_lpm",
    "oxygen.device": "oxygen",
    "device": "oxygen",
    "blood_pressure": "systolic",
    **dict.fromkeys(IceScore.ITEMS, "ice"),
}
"""Other names for an input that is missing; a missing item makes the whole test missing."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """``differences`` in words; ``excused``: something expected lies where the record gives no answer."""

    differences: tuple[str, ...]
    excused: bool


def compare(expect: Mapping[str, Any], answer: Answer) -> Comparison:
    """Every key of ``expect`` against the answer. Raises ``CaseError`` for a key that is not the kind's."""
    about = {"refused": answer.refused, "unconfirmed": answer.unconfirmed}
    got = {**answer.got, **about}
    differences = []
    excused = False
    for key, wanted in expect.items():
        if key not in got:
            known = ", ".join(sorted(got))
            raise CaseError(("expect", key), f"is not a key of this kind; they are {known}")
        if matches(wanted, got[key], key, ("expect", key)):
            continue
        if _not_covered(key, answer):
            excused = True
        else:
            differences.append(f"{key}: expected {in_words(wanted)}, got {in_words(got[key])}")
    return Comparison(tuple(differences), excused)


def _not_covered(key: str, answer: Answer) -> bool:
    if key in _ABOUT_THE_ANSWER:
        return False
    return key in answer.uncovered or (answer.refused and not answer.uncovered)


def matches(wanted: Any, got: Any, key: str, at: Path) -> bool:
    """Whether one value is what was expected."""
    if isinstance(got, dict):
        return _dict_matches(wanted, got, key, at)
    if isinstance(got, tuple):
        several = () if wanted is None else wanted if isinstance(wanted, tuple) else (wanted,)
        return {_comparable(item, key) for item in several} == {_comparable(item, key) for item in got}
    if isinstance(wanted, tuple | dict):
        return False
    return _comparable(wanted, key) == _comparable(got, key)


def _dict_matches(wanted: Any, got: dict[str, Any], key: str, at: Path) -> bool:
    if not isinstance(wanted, dict):
        return False
    for name, value in wanted.items():
        if name not in got:
            raise CaseError((*at, name), f"is not known here; there are {', '.join(sorted(got))}")
        if not matches(value, got[name], key, (*at, name)):
            return False
    return True


def _comparable(value: Any, key: str) -> tuple[type, Any]:
    """A value with its type: true is not the number 1."""
    canonical = _canonical(value, key)
    return type(canonical), canonical


def _canonical(value: Any, key: str) -> Any:
    """A value in the form in which it is compared: numbers as decimals, names without case or spaces."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | Decimal):
        return Decimal(value)
    text = str(value).strip()
    if text in ("true", "false"):
        return text == "true"
    number = _NUMBER.fullmatch(text)
    if number and number[2].lower() in ("", _unit(key)):
        return Decimal(number[1])
    return _name(text.casefold(), key)


def _name(text: str, key: str) -> str:
    """A name as it is compared: spaces do not matter, nor does what the label adds to the name of a drug."""
    if key == "drugs":
        text = _OR_ALIKE.sub("", text)
    name = re.sub(r"[\s_]+", "_", text)
    if key == "missing":
        name = _ALSO_CALLED.get(name, name)
    return name.replace("_", "")


def _unit(key: str) -> str:
    return "h" if "hours" in key else _UNITS.get(key, "")


def in_words(value: Any) -> str:
    """A value as a line of text shows it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(in_words(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {in_words(item)}' for name, item in value.items())}}}"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def jsonable(value: Any) -> Any:
    """A value as JSON can carry it: decimals and text that reads as a number or a flag become that."""
    if isinstance(value, Mapping):
        return {str(name): jsonable(item) for name, item in value.items()}
    if isinstance(value, tuple):
        return [jsonable(item) for item in value]
    if isinstance(value, str) and not value.strip():
        return value
    plain = _canonical(value, "")
    if isinstance(plain, Decimal):
        return int(plain) if plain == plain.to_integral_value() else float(plain)
    return value if isinstance(value, str) and not isinstance(plain, bool) else plain
