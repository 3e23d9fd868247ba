"""The YAML loader: text stays exact, and every error has its line."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import Field

from protocols.documents import (
    Day,
    Document,
    DocumentError,
    Flag,
    Moment,
    Names,
    Number,
    StrictRecord,
    Whole,
    dotted,
    load,
    parse,
    read,
    read_text,
)


class Color(StrEnum):
    RED = "red"


class Inner(StrictRecord):
    amount: Number
    days: Whole | None = None


class Outer(StrictRecord):
    name: str
    inner: tuple[Inner, ...] = ()
    fine: Flag = False
    names: Names = ()
    color: Annotated[Color | None, Field(strict=False)] = None
    day: Day | None = None
    at: Moment | None = None


def document(text: str) -> Document:
    return read_text(text, name="sample.yaml")


def outer(text: str) -> Outer:
    return parse(document(text), Outer)


def complaints(text: str) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        outer(text)
    return [str(problem) for problem in caught.value.problems]


def test_scalars_are_text_until_the_model_asks_for_more() -> None:
    assert document("a: 0.10\nb: 012\nc: yes\nd: 2026-04-06\ne: ~\nf: '~'").plain == {
        "a": "0.10",
        "b": "012",
        "c": "yes",
        "d": "2026-04-06",
        "e": None,
        "f": "~",
    }


def test_keys_are_never_booleans() -> None:
    assert set(document("no: 1\non: 2\ntrue: 3\n1: 4").plain) == {"no", "on", "true", "1"}


def test_numbers_are_exact() -> None:
    read_ = outer("name: x\ninner:\n- {amount: 0.10}\n- {amount: 12, days: 3}")
    assert read_.inner[0].amount.as_tuple() == Decimal("0.10").as_tuple()
    assert read_.inner[1].days == 3


def test_the_other_field_types() -> None:
    whole = outer(
        "name: x\nfine: true\nnames: one\ncolor: red\nday: 2026-04-06\nat: 2026-04-06T09:30:00-04:00"
    )
    assert (whole.fine, whole.names, whole.color, whole.day) == (True, ("one",), Color.RED, date(2026, 4, 6))
    assert whole.at == datetime(2026, 4, 6, 9, 30, tzinfo=timezone(timedelta(hours=-4)))
    assert outer("name: x\nnames: [one, two]").names == ("one", "two")


MOMENT = "2026-04-06T09:30:00-04:00"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("inner:\n- amount: 1,5", "2: inner[0].amount: must be a decimal number, with a point, not '1,5'"),
        ("inner:\n- {amount: NaN}", "2: inner[0].amount: must be a decimal number, not 'NaN'"),
        ("inner:\n- amount: 1\n  days: 1.5", "3: inner[0].days: must be a whole number, not '1.5'"),
        ("fine: yes", "1: fine: must be true or false, not 'yes'"),
        ("color: blue", "1: color: input should be 'red', not 'blue'"),
        ("day: 6.4.2026", "1: day: must be a date like 2026-04-06, not '6.4.2026'"),
        ("at: 2026-04-06T09:30:00", f"1: at: must say its offset, like {MOMENT}, not '2026-04-06T09:30:00'"),
        ("at: noon", f"1: at: must be a time like {MOMENT}, not 'noon'"),
        ("\nnmae: y", "2: nmae: is not a known key"),
        ("inner: []\nname: null", "2: name: must have a value"),
        ("- a", "1: input should be a valid dictionary or instance of Outer"),
    ],
)
def test_a_value_that_does_not_fit_names_line_and_key(text: str, complaint: str) -> None:
    whole = text if "name" in text or text.startswith("-") else f"{text}\nname: x"
    assert complaints(whole) == [f"sample.yaml:{complaint}"]


def test_what_is_missing_is_told_at_the_line_around_it() -> None:
    assert complaints("inner: []") == ["sample.yaml:1: name: is missing"]
    assert complaints("name: x\ninner:\n- {days: 1}") == ["sample.yaml:3: inner[0].amount: is missing"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("name: x\nname: y", "sample.yaml:2: name: the key stands twice"),
        ("inner: &a [1]\nnames: *a", "sample.yaml:1: names: an alias is not allowed: write the value out"),
        ("name: !color x", "sample.yaml:1: name: the tag !color is not allowed"),
        ("name: [x", "sample.yaml:1: expected ',' or ']', but got '<stream end>'"),
        ("name: x\n---\nname: y", "sample.yaml:2: but found another document"),
        ("? [a]\n: b", "sample.yaml:1: a key must be one word"),
        ("", "sample.yaml:1: the file is empty"),
    ],
)
def test_text_that_is_no_plain_document_names_its_line(text: str, complaint: str) -> None:
    assert complaints(text) == [complaint]


def test_all_problems_are_told_at_once_in_the_order_of_the_file() -> None:
    lines = [line.split(":")[1] for line in complaints("fine: no\nbad: 1\ninner:\n- amount: x")]
    assert lines == ["1", "1", "2", "4"]


def test_a_part_of_a_document_is_told_by_its_whole_path() -> None:
    whole = document("cases:\n- amount: 1\n- amount: x")
    assert parse(whole, Inner, at=("cases", 0)).amount == 1
    with pytest.raises(DocumentError, match=r"sample.yaml:3: cases\[1\].amount"):
        parse(whole, Inner, at=("cases", 1))


def test_a_place_without_a_line_has_the_line_around_it() -> None:
    assert document("a:\n  b: 1").line_of(("a", "b", "c", 4)) == 2


def test_a_path_reads_as_people_write_it() -> None:
    assert dotted(("cases", 2, "given", "dose")) == "cases[2].given.dose"


def test_a_file_is_named_in_its_errors(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text("name: x\nfine: 1\n")
    with pytest.raises(DocumentError, match=r"wrong.yaml:2: fine: must be true or false"):
        load(path, Outer)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "image.yaml"
    path.write_bytes(b"\xff\xd8")
    with pytest.raises(DocumentError, match="not UTF-8"):
        read(path)
