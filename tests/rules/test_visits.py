"""What the signs asked at visits mean for the next dose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.rules import visits
from protocols.rules.treatment_settings import VisitItem
from protocols.rules.values import Provenance, Severity, Source, Status
from protocols.rules.visits import Answered, Standing

DOSE = datetime(2026, 11, 10, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MARK = Provenance("visit_items/x", Status.DESIGN, Source("design", "Proposal"), confirmed_by="SAMPLE")
UNREAD = Provenance("visit_items/y", Status.RECALLED, Source("label", "Label"))


def item(
    name: str = "mouth",
    *,
    grade: int | None = 3,
    ungraded: bool = False,
    urgent: bool = False,
    mark: Provenance = MARK,
) -> VisitItem:
    return VisitItem(name, "Dry mouth", "Call the dietitian", (), grade, ungraded, mark, urgent)


def standing(asked: VisitItem, answer: Answered | None, last: datetime | None = DOSE) -> visits.ItemStanding:
    answers = {} if answer is None else {asked.id: answer}
    return visits.review((asked,), answers, last_dose_at=last)[0]


SINCE, BEFORE = DOSE + 24 * HOUR, DOSE - 24 * HOUR


@pytest.mark.parametrize(
    ("asked", "answer", "expected", "because"),
    [
        (item(), None, Standing.NOT_ASKED, "never asked"),
        (item(), Answered(False, BEFORE), Standing.NOT_ASKED, "not asked since the last dose"),
        (item(), Answered(False, DOSE), Standing.NOT_ASKED, "not asked since the last dose"),
        (item(), Answered(False, SINCE), Standing.CLEAR, "absent"),
        (item(), Answered(True, SINCE), Standing.PRESENT, "present, not graded"),
        (item(), Answered(True, SINCE, 2), Standing.PRESENT, "present, CTCAE grade 2"),
        (item(), Answered(True, SINCE, 3), Standing.HOLD, "present, CTCAE grade 3 (holds from grade 3)"),
        (item(), Answered(True, SINCE, 4), Standing.HOLD, "present, CTCAE grade 4 (holds from grade 3)"),
        (item(ungraded=True), Answered(True, SINCE), Standing.HOLD, "present, no grade yet"),
        (item(ungraded=True), Answered(True, SINCE, 2), Standing.PRESENT, "present, CTCAE grade 2"),
        (item(grade=None), Answered(True, SINCE, 5), Standing.PRESENT, "present, CTCAE grade 5"),
        (item(), Answered(True, BEFORE, 3), Standing.HOLD, "present, CTCAE grade 3 (holds from grade 3)"),
        (item(), Answered(True, BEFORE, 1), Standing.NOT_ASKED, "not asked since the last dose"),
    ],
)  # fmt: skip
def test_an_item_before_the_next_dose(
    asked: VisitItem, answer: Answered | None, expected: Standing, because: str
) -> None:
    found = standing(asked, answer)
    assert (found.standing, found.because) == (expected, f"Dry mouth: {because}")


def test_before_the_first_dose_nothing_has_to_be_asked_but_what_holds_holds() -> None:
    assert standing(item(), None, None).standing is Standing.CLEAR
    assert standing(item(ungraded=True), Answered(True, BEFORE), None).standing is Standing.HOLD


def test_every_standing_names_its_source_and_whether_it_is_confirmed() -> None:
    assert (standing(item(), None).source, standing(item(), None).confirmed) == (str(MARK.source), True)
    assert standing(item(mark=UNREAD), None).confirmed is False


@pytest.mark.parametrize(
    ("asked", "grade", "expected"),
    [
        (item(), None, Severity.NONE),
        (item(), 2, Severity.NONE),
        (item(), 3, Severity.LOOK_SOON),
        (item(ungraded=True), None, Severity.LOOK_SOON),
        (item(urgent=True), None, Severity.ACT_NOW),
        (item(urgent=True), 1, Severity.ACT_NOW),
    ],
)
def test_who_must_look_at_a_present_sign(asked: VisitItem, grade: int | None, expected: Severity) -> None:
    assert visits.severity(asked, grade) is expected


graded = st.one_of(st.none(), st.integers(1, 5))


@given(st.integers(1, 4), st.booleans(), st.integers(1, 4), st.integers(1, 4))
def test_a_worse_grade_never_lets_a_dose_pass_that_a_milder_one_holds(
    limit: int, ungraded: bool, mild: int, more: int
) -> None:
    asked = item(grade=limit, ungraded=ungraded)
    worse = min(mild + more, 5)
    if visits.hold_reason(asked, mild):
        assert visits.hold_reason(asked, worse)


@given(st.booleans(), graded, st.integers(-100, 100))
def test_what_was_not_asked_since_the_dose_is_never_clear(
    present: bool, grade: int | None, hours: int
) -> None:
    answer = Answered(present, DOSE + hours * HOUR, grade if present else None)
    found = standing(item(ungraded=True), answer).standing
    assert (found is Standing.CLEAR) == (not present and hours > 0)


@pytest.mark.parametrize(
    ("first", "now", "percent"),
    [
        ("80.0", "76.0", "-5.0"),
        ("80", "80", "0.0"),
        ("61.3", "58.2", "-5.1"),
        (None, "80", None),
        ("80", None, None),
    ],
)
def test_the_weight_since_the_first_dose(first: str | None, now: str | None, percent: str | None) -> None:
    kg = [None if value is None else Decimal(value) for value in (first, now)]
    found = visits.weight_change_percent(*kg)
    assert found == (None if percent is None else Decimal(percent))


def test_holds_and_what_was_not_asked_are_found_apart() -> None:
    asked = (item("a", ungraded=True), item("b"), item("c"))
    rows = visits.review(asked, {"a": Answered(True, SINCE), "c": Answered(False, SINCE)}, last_dose_at=DOSE)
    assert [row.item.id for row in visits.holds(rows)] == ["a"]
    assert [row.item.id for row in visits.not_asked(rows)] == ["b"]
